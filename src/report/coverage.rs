//! Which offices reported every month of a period that they owed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::cells::query;
use crate::engine::Engine;
use crate::error::Result;
use crate::period::Period;
use crate::warehouse::Reports;

/// Reports of offices for the months of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Offices that owe something in the period, with the months they lack, feed by feed.
    pub offices: BTreeMap<String, Vec<String>>,
    /// Months of the period that were not over when the newest delivery of the release was received.
    pub months_open: usize,
    /// False for tables that count no reports' content.
    pub rests_on_reports: bool,
    /// Months in the period.
    pub months: usize,
}

impl Coverage {
    /// Reads from a release's `completeness` how a period is covered by the reports that a table rests on.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn read(engine: &Engine, reports: &[Reports], period: Period, known_until: Option<NaiveDate>) -> Result<Self> {
        let quoted = |text: &String| format!("'{}'", text.replace('\'', "''"));
        let months: Vec<String> = period.months().map(|month| format!("'{month}'")).collect();
        let wanted = reports.iter().filter(|reports| !reports.offices.is_empty()).map(|reports| {
            let offices: Vec<String> = reports.offices.iter().map(quoted).collect();
            format!("(feed = {} AND office IN ({}))", quoted(&reports.feed), offices.join(", "))
        });
        let wanted: Vec<String> = wanted.collect();
        let wanted = if wanted.is_empty() { "false".to_owned() } else { wanted.join(" OR ") };
        let sql = format!(
            "SELECT office, feed, period, received FROM completeness WHERE expected = 1 AND period IN ({}) AND ({wanted}) ORDER BY office, period, feed",
            months.join(", ")
        );
        let cells = query(engine, &sql).await?;
        let months_open = period.months().filter(|month| known_until.is_none_or(|until| month.end() >= until)).count();
        let mut coverage = Self { months: months.len(), months_open, rests_on_reports: !reports.is_empty(), ..Self::default() };
        for (((office, feed), month), received) in cells.texts(0)?.into_iter().zip(cells.texts(1)?).zip(cells.texts(2)?).zip(cells.numbers(3)?) {
            let (Some(office), Some(feed), Some(month)) = (office, feed, month) else { continue };
            let lacks = coverage.offices.entry(office).or_default();
            if received != Some(1.0) {
                lacks.push(format!("{feed} {month}"));
            }
        }
        Ok(coverage)
    }

    /// Offices that reported all they owed.
    pub fn complete_offices(&self) -> BTreeSet<&str> {
        self.offices.iter().filter(|(_, lacks)| lacks.is_empty()).map(|(office, _)| office.as_str()).collect()
    }

    /// True where every office reported every month, so that figures are final.
    pub fn is_complete(&self) -> bool {
        self.months_open == 0 && self.offices.values().all(Vec::is_empty)
    }

    /// What is lacking, for people.
    pub fn lacking(&self) -> String {
        let offices = self.offices.iter().filter(|(_, lacks)| !lacks.is_empty());
        offices.map(|(office, lacks)| format!("{office} lacks {}", lacks.join(", "))).collect::<Vec<_>>().join("; ")
    }
}
