//! Which offices reported every month of a period that they owed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::cells::query;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::warehouse::Reports;

/// The released table that says which reports were owed and came.
const COMPLETENESS: &str = "completeness";

/// A report that has not come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// The feed.
    pub feed: String,
    /// The month.
    pub month: String,
}

/// Reports that an office owed for a part of the period only: it opened or closed in it, or the feed began in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The feed.
    pub feed: String,
    /// Months for which it was owed; may be 0.
    pub months: usize,
}

/// Reports of offices for the months of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Offices that owe something in the period, with the reports they lack.
    pub offices: BTreeMap<String, Vec<Lack>>,
    /// Offices that did not owe every month of every feed that the figures rest on.
    pub partial: BTreeMap<String, Vec<Part>>,
    /// Months of the period that were not over when the newest delivery of the release was received.
    pub months_open: usize,
    /// False for tables that count no reports' content.
    pub rests_on_reports: bool,
    /// Months that the figures rest on: those of the period; of cumulative figures all since case files begin.
    pub months: usize,
}

impl Coverage {
    /// Reads from a release's `completeness` how months are covered by the reports that figures rest on.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn read(engine: &Engine, reports: &[&Reports], months: &[Period], known_until: Option<NaiveDate>) -> Result<Self> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let listed: Vec<String> = months.iter().map(|month| format!("'{month}'")).collect();
        let wanted = reports.iter().filter(|reports| !reports.offices.is_empty()).map(|reports| {
            let offices: Vec<String> = reports.offices.iter().map(|office| quoted(office)).collect();
            format!("(feed = {} AND office IN ({}))", quoted(&reports.feed), offices.join(", "))
        });
        let wanted: Vec<String> = wanted.collect();
        let months_open = months.iter().filter(|month| known_until.is_none_or(|until| month.end() >= until)).count();
        let mut coverage = Self { months: months.len(), months_open, rests_on_reports: !reports.is_empty(), ..Self::default() };
        if wanted.is_empty() || listed.is_empty() {
            coverage.note_parts(reports, &BTreeMap::new());
            return Ok(coverage);
        }
        if !engine.has(COMPLETENESS) {
            return Err(Error::new(Kind::Input, format!("the release has no table `{COMPLETENESS}`, which says which reports came"))
                .hint("let a model make it, with the columns office, feed, period, expected and received"));
        }
        let sql = format!(
            "SELECT office, feed, period, received FROM {COMPLETENESS} WHERE expected = 1 AND period IN ({}) AND ({}) ORDER BY office, period, feed",
            listed.join(", "),
            wanted.join(" OR ")
        );
        let cells = query(engine, &sql).await?;
        let mut owed: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (((office, feed), month), received) in cells.texts(0)?.into_iter().zip(cells.texts(1)?).zip(cells.texts(2)?).zip(cells.numbers(3)?) {
            let (Some(office), Some(feed), Some(month)) = (office, feed, month) else { continue };
            *owed.entry((office.clone(), feed.clone())).or_default() += 1;
            let lacks = coverage.offices.entry(office).or_default();
            if received != Some(1.0) {
                lacks.push(Lack { feed, month });
            }
        }
        coverage.note_parts(reports, &owed);
        Ok(coverage)
    }

    fn note_parts(&mut self, reports: &[&Reports], owed: &BTreeMap<(String, String), usize>) {
        let closed = self.months - self.months_open;
        for reports in reports {
            for office in &reports.offices {
                let months = owed.get(&(office.clone(), reports.feed.clone())).copied().unwrap_or(0);
                let part = Part { feed: reports.feed.clone(), months };
                let parts = self.partial.entry(office.clone()).or_default();
                if months < closed && !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        self.partial.retain(|_, parts| !parts.is_empty());
    }

    /// Offices that reported every month of the period whole, so that their figures are like those of another such period.
    pub fn complete_offices(&self) -> BTreeSet<&str> {
        self.up_to_date().filter(|office| !self.partial.contains_key(*office)).collect()
    }

    /// Offices that reported all they owed, however little that is.
    pub fn up_to_date(&self) -> impl Iterator<Item = &str> {
        self.offices.iter().filter(|(_, lacks)| lacks.is_empty()).map(|(office, _)| office.as_str())
    }

    /// Offices that lack something, with what they lack.
    pub fn behind(&self) -> impl Iterator<Item = (&str, &[Lack])> {
        self.offices.iter().filter(|(_, lacks)| !lacks.is_empty()).map(|(office, lacks)| (office.as_str(), lacks.as_slice()))
    }

    /// True where every office reported every month that it owed, so that figures are final.
    pub fn is_complete(&self) -> bool {
        self.months_open == 0 && self.offices.values().all(Vec::is_empty)
    }
}
