//! A table made whole, a few of its parts at a time: what the engine holds in memory is of these parts alone.

use std::collections::{BTreeMap, BTreeSet};

use super::changed::{Images, Stale};
use super::values::Value;

/// Rows that are read at a time for each MiB that the engine may use, about: where each is a group of its own, with a text of
/// a few dozen bytes, they fill a fifth of the memory.
const ROWS_PER_MIB: u64 = 1_000;

/// How much of what is read may be read, in percent of it: parts that are made of the same rows read them again and again.
const MOST_READ: usize = 125;

impl Images {
    /// The parts of the table to which anything leads, in as many waves as the rows of the tables that are read ask for; nothing where one wave does.
    pub(in crate::model) fn waves(&self, rows: &BTreeMap<String, u64>, memory_mib: usize) -> Vec<Stale> {
        let most = ROWS_PER_MIB * memory_mib as u64;
        let all = self.making(self.parts());
        let tables: BTreeSet<&String> = all.needed.keys().map(|(table, _)| table).collect();
        let read: u64 = tables.into_iter().filter_map(|table| rows.get(table)).sum();
        if read <= most || all.parts.len() < 2 {
            return Vec::new();
        }
        let at_a_time = usize::try_from(all.parts.len() as u64 * most / read).unwrap_or_default().max(1);
        let parts: Vec<&Value> = all.parts.iter().collect();
        let of = |some: &[&Value]| self.making(some.iter().map(|part| (*part).clone()).collect());
        let waves: Vec<Stale> = parts.chunks(at_a_time).map(of).collect();
        if waves.iter().map(size).sum::<usize>() * 100 > size(&all) * MOST_READ { Vec::new() } else { waves }
    }
}

/// How many parts are read.
fn size(stale: &Stale) -> usize {
    stale.needed.values().map(BTreeSet::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(names: &[&str]) -> BTreeSet<Value> {
        names.iter().map(|name| Some((*name).to_owned())).collect()
    }

    /// Months of a feed that lead each to some parts of a table.
    fn images(of: &[(&str, &[&str])]) -> Images {
        let image = of.iter().map(|(month, leads_to)| (Some((*month).to_owned()), parts(leads_to))).collect();
        Images(vec![(("feeds.returns".to_owned(), "departed_on".to_owned()), image)])
    }

    fn rows(count: u64) -> BTreeMap<String, u64> {
        BTreeMap::from([("feeds.returns".to_owned(), count)])
    }

    const QUARTERS: [(&str, &[&str]); 4] = [("2022-01", &["Q1"]), ("2022-02", &["Q1"]), ("2022-04", &["Q2"]), ("2022-07", &["Q3"])];

    #[test]
    fn many_rows_are_read_in_waves_each_once() {
        let waves = images(&QUARTERS).waves(&rows(2_500_000), 1_000);
        let read: Vec<_> = waves.iter().map(|wave| (wave.parts.clone(), wave.needed.values().next().cloned().unwrap_or_default())).collect();
        let expected = [(parts(&["Q1"]), parts(&["2022-01", "2022-02"])), (parts(&["Q2"]), parts(&["2022-04"])), (parts(&["Q3"]), parts(&["2022-07"]))];
        assert_eq!(read, expected);
        assert_eq!(images(&QUARTERS).waves(&rows(1_500_000), 1_000).len(), 2, "two parts at a time");
    }

    #[test]
    fn few_rows_or_rows_that_many_parts_share_are_read_at_once() {
        assert!(images(&QUARTERS).waves(&rows(1_000_000), 1_000).is_empty());
        assert!(images(&QUARTERS).waves(&BTreeMap::new(), 1_000).is_empty());
        let shared: [(&str, &[&str]); 2] = [("2022-01", &["2022", "H1", "Q1"]), ("2022-02", &["2022", "H1", "Q1"])];
        assert!(images(&shared).waves(&rows(9_000_000), 1_000).is_empty());
    }
}
