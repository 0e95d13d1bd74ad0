//! Which reports are late: owed, due on a day that is past, and not here.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::matter::Matter;
use crate::calendar::{State, reports};
use crate::clock::SharedClock;
use crate::error::Result;
use crate::project::Project;
use crate::warehouse::{Submission, Warehouse};

/// What came so far; nothing of a project of which nothing is owed.
///
/// # Errors
/// `Unavailable` where the warehouse cannot be read.
pub async fn came(project: &Project, clock: &SharedClock) -> Result<Vec<Submission>> {
    if project.offices.iter().all(|office| office.owes.is_empty()) {
        return Ok(Vec::new());
    }
    match Warehouse::open_if_any(project, clock.clone()).await? {
        Some(warehouse) => warehouse.read_submissions().await,
        None => Ok(Vec::new()),
    }
}

/// What is late at a moment: one matter for each feed, period and day on which it was due. A report that came and was refused is not: that is a matter of its own; nor is one that is excused.
pub fn late(project: &Project, submissions: &[Submission], now: DateTime<Utc>) -> Vec<Matter> {
    let all = reports(project, submissions, now);
    // Offices stand in order of precedence.
    let place = |office: &str| project.offices.iter().position(|known| known.code.as_str() == office);
    let mut missing: Vec<_> = all.iter().filter(|report| report.state == State::Missing).collect();
    missing.sort_by_key(|report| place(report.office));
    let mut late: BTreeMap<(NaiveDate, String, String), Vec<String>> = BTreeMap::new();
    for report in missing {
        let Some(due_on) = report.due_on() else { continue };
        late.entry((due_on, report.feed.to_owned(), report.period.clone())).or_default().push(report.office.to_owned());
    }
    late.into_iter().map(|((due_on, feed, period), offices)| Matter::Late { feed, period, due_on, offices }).collect()
}
