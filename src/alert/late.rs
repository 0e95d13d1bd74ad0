//! Which reports are late: owed, due on a day that is past, and not here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::matter::Matter;
use crate::clock::SharedClock;
use crate::error::Result;
use crate::model::owed;
use crate::project::Project;
use crate::warehouse::{Submission, Warehouse};

/// What is late now, by what the warehouse holds: one matter for each feed, period and day on which it was due.
///
/// # Errors
/// `Unavailable` where the warehouse cannot be read.
pub async fn of_warehouse(project: &Project, clock: &SharedClock) -> Result<Vec<Matter>> {
    if project.offices.iter().all(|office| office.owes.is_empty()) {
        return Ok(Vec::new());
    }
    let submissions = match Warehouse::open_if_any(project, clock.clone()).await? {
        Some(warehouse) => warehouse.read_submissions().await?,
        None => Vec::new(),
    };
    Ok(late(project, &submissions, clock.now()))
}

/// What is late at a moment. A report that came and was refused is not: that is a matter of its own.
pub fn late(project: &Project, submissions: &[Submission], now: DateTime<Utc>) -> Vec<Matter> {
    let came: BTreeSet<(&str, &str, &str)> = submissions.iter().map(Submission::slot).collect();
    let zone = |office: &str| project.office(office).map_or(project.timezone, |office| office.timezone);
    let latest = project.offices.iter().map(|office| now.with_timezone(&office.timezone).date_naive()).max();
    let mut late: BTreeMap<(NaiveDate, String, String), Vec<String>> = BTreeMap::new();
    for report in owed(project, latest) {
        let period = report.period.to_string();
        let is_past = report.due_on < now.with_timezone(&zone(report.office)).date_naive();
        if is_past && !came.contains(&(report.office, report.feed, period.as_str())) {
            late.entry((report.due_on, report.feed.to_owned(), period)).or_default().push(report.office.to_owned());
        }
    }
    late.into_iter().map(|((due_on, feed, period), offices)| Matter::Late { feed, period, due_on, offices }).collect()
}
