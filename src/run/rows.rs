//! Two files of a released table row by row, by the columns that make a row unique.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::Float64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::protect::read_table;
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::warehouse::{Resource, RowChanges, Warehouse};

/// The column that says which period a row is of.
const PERIOD: &str = "period";

/// So many changed rows of a table and closed period are kept with their figures.
const MOST_LINES: usize = 100;

/// What a null is shown as.
const NULL: &str = "∅";

/// A row that says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowChange {
    /// The columns that make it unique, with their values.
    pub key: BTreeMap<String, String>,
    /// Its measures before; nothing where there was no such row.
    pub before: Option<BTreeMap<String, String>>,
    /// Its measures after; nothing where there is none any more.
    pub after: Option<BTreeMap<String, String>>,
}

/// How rows of a closed period differ.
#[derive(Debug, Clone, Default)]
pub struct ClosedRows {
    /// How many.
    pub rows: RowChanges,
    /// The first of them.
    pub lines: Vec<RowChange>,
    /// True where the table's key or a measure is defined otherwise, so that no figure can be held against another.
    pub is_redefined: bool,
    /// All of them, hashed.
    pub digest: Vec<u8>,
}

/// Rows of a table by their key.
struct Content {
    key: Vec<String>,
    rows: BTreeMap<Vec<String>, Row>,
}

#[derive(Default, PartialEq)]
struct Row {
    /// The measures, as texts.
    measures: Vec<String>,
    /// Everything else.
    others: Vec<String>,
}

/// How many rows are new, gone or otherwise.
///
/// # Errors
/// `Unavailable` where a file cannot be read.
pub fn count_changes(warehouse: &Warehouse, before: &Resource, after: &Resource) -> Result<RowChanges> {
    if before.schema.primary_key != after.schema.primary_key {
        return Ok(RowChanges { added: after.rihla.rows, removed: before.rihla.rows, changed: 0 });
    }
    let (before, after) = (content(warehouse, before, &BTreeSet::new())?, content(warehouse, after, &BTreeSet::new())?);
    Ok(counted(&before.rows, &after.rows, |_| true))
}

fn counted(before: &BTreeMap<Vec<String>, Row>, after: &BTreeMap<Vec<String>, Row>, is_meant: impl Fn(&Vec<String>) -> bool) -> RowChanges {
    let mut rows = RowChanges::default();
    for (key, row) in before.iter().filter(|(key, _)| is_meant(key)) {
        match after.get(key) {
            None => rows.removed += 1,
            Some(now) => rows.changed += u64::from(now != row),
        }
    }
    rows.added = after.keys().filter(|key| is_meant(key) && !before.contains_key(*key)).count() as u64;
    rows
}

/// How the figures of closed periods differ, by the place of the period in `closed`; a row is of the shortest one that
/// holds its period. Only what the earlier table states can change: a table or a measure that is new changes nothing.
///
/// # Errors
/// `Unavailable` where a file cannot be read.
pub fn closed_changes(warehouse: &Warehouse, before: &Resource, after: Option<&Resource>, closed: &[Period]) -> Result<BTreeMap<usize, ClosedRows>> {
    let Some(place) = before.schema.primary_key.iter().position(|column| column == PERIOD) else { return Ok(BTreeMap::new()) };
    let measures: BTreeSet<&str> = before.rihla.measures.keys().map(String::as_str).collect();
    let said = figures(content(warehouse, before, &measures)?);
    let period_of = |key: &Vec<String>| shortest(closed, &key[place]);
    let same = after.filter(|after| is_comparable(before, after));
    let now = match same {
        Some(after) => figures(content(warehouse, after, &measures)?),
        None => Content { key: said.key.clone(), rows: BTreeMap::new() },
    };
    let mut found: BTreeMap<usize, ClosedRows> = BTreeMap::new();
    let keys: BTreeSet<&Vec<String>> = said.rows.keys().chain(now.rows.keys()).collect();
    for key in keys {
        let (old, new) = (said.rows.get(key), now.rows.get(key));
        let Some(period) = period_of(key).filter(|_| old != new) else { continue };
        let rows = found.entry(period).or_default();
        rows.note(&said.key, key, &measures, old, new);
        rows.is_redefined = same.is_none() && after.is_some();
        if let (true, Some(after)) = (rows.is_redefined, after) {
            rows.digest.extend(after.hash.as_bytes());
        }
    }
    Ok(found)
}

impl ClosedRows {
    fn note(&mut self, columns: &[String], key: &[String], measures: &BTreeSet<&str>, before: Option<&Row>, after: Option<&Row>) {
        match (before, after) {
            (None, _) => self.rows.added += 1,
            (_, None) => self.rows.removed += 1,
            _ => self.rows.changed += 1,
        }
        let said = |row: Option<&Row>| row.map(|row| row.measures.join("\u{1f}")).unwrap_or_default();
        self.digest.extend(Sha256::digest(format!("{}\u{1e}{}\u{1e}{}", key.join("\u{1f}"), said(before), said(after))));
        if self.lines.len() < MOST_LINES {
            let cells = |row: &Row| measures.iter().map(|name| (*name).to_owned()).zip(row.measures.clone()).collect();
            let key = columns.iter().cloned().zip(key.iter().cloned()).collect();
            self.lines.push(RowChange { key, before: before.map(cells), after: after.map(cells) });
        }
    }
}

/// Only the measures of rows.
fn figures(mut content: Content) -> Content {
    content.rows.values_mut().for_each(|row| row.others.clear());
    content
}

/// True where a figure of one means what the same figure of the other means.
fn is_comparable(before: &Resource, after: &Resource) -> bool {
    let same = |(name, measure): (&String, &crate::contract::Measure)| {
        let now = after.rihla.measures.get(name);
        now.is_some_and(|now| (&now.unit, &now.date_basis, now.cumulative) == (&measure.unit, &measure.date_basis, measure.cumulative))
    };
    before.schema.primary_key == after.schema.primary_key && before.rihla.measures.iter().all(same)
}

fn shortest(closed: &[Period], period: &str) -> Option<usize> {
    let period: Period = period.parse().ok()?;
    let holding = closed.iter().enumerate().filter(|(_, closed)| closed.holds(period));
    holding.min_by_key(|(_, closed)| closed.kind()).map(|(place, _)| place)
}

fn content(warehouse: &Warehouse, table: &Resource, measures: &BTreeSet<&str>) -> Result<Content> {
    let (schema, batches) = read_table(warehouse, table)?;
    let wrong = || Error::new(Kind::Conflict, format!("a file of `{}` does not have the columns that its manifest names", table.name));
    let key = table.schema.primary_key.clone();
    let place = |name: &str| schema.index_of(name).map_err(|cause| wrong().because(cause));
    let keys: Vec<usize> = key.iter().map(|name| place(name)).collect::<Result<_>>()?;
    let figures: Vec<usize> = measures.iter().map(|name| place(name)).collect::<Result<_>>()?;
    let others: Vec<usize> = (0..schema.fields().len()).filter(|index| !keys.contains(index) && !figures.contains(index)).collect();
    let mut rows: BTreeMap<Vec<String>, Row> = BTreeMap::new();
    for batch in &batches {
        let texts: Vec<Vec<String>> = batch.columns().iter().map(texts).collect::<Result<_>>()?;
        let cells = |columns: &[usize], row: usize| columns.iter().map(|column| texts[*column][row].clone()).collect::<Vec<_>>();
        for row in 0..batch.num_rows() {
            // Where a key stands twice its rows are one, with what all of them say.
            let entry = rows.entry(cells(&keys, row)).or_default();
            entry.measures.extend(cells(&figures, row));
            entry.others.extend(cells(&others, row));
        }
    }
    Ok(Content { key, rows })
}

/// Cells as texts; twelve digits of a fraction count, since sums end differently in another order of rows.
fn texts(column: &ArrayRef) -> Result<Vec<String>> {
    let steady = |number: f64| format!("{number:.11e}").parse::<f64>().unwrap_or(number).to_string();
    if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        return Ok(numbers.iter().map(|number| number.map_or_else(|| NULL.to_owned(), steady)).collect());
    }
    let internal = |cause| Error::new(Kind::Internal, "a cell cannot be shown").because(cause);
    let formatter = ArrayFormatter::try_new(column.as_ref(), &FormatOptions::default().with_null(NULL)).map_err(internal)?;
    (0..column.len()).map(|row| formatter.value(row).try_to_string().map_err(internal)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_of_the_shortest_closed_period_that_holds_it() {
        let closed: Vec<Period> = ["2022", "2022-Q1", "2023-01"].iter().map(|text| text.parse().unwrap()).collect();
        let of = |period: &str| shortest(&closed, period);
        assert_eq!((of("2022"), of("2022-H1"), of("2022-Q1"), of("2022-02")), (Some(0), Some(0), Some(1), Some(1)));
        assert_eq!((of("2023-01"), of("2023-Q1"), of("2021"), of("all time")), (Some(2), None, None, None));
    }
}
