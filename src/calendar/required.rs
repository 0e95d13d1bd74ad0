//! What a release needs: no due report missing of the feeds that the project names, save those that are excused.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::state::{Report, State, reports};
use crate::project::Project;
use crate::warehouse::{Submission, UsedExcuse};

/// A report for want of which no release is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// The office.
    pub office: String,
    /// The feed.
    pub feed: String,
    /// The month.
    pub period: String,
    /// The day that was its last.
    pub due_on: NaiveDate,
    /// True where a delivery came and was refused.
    pub was_refused: bool,
}

/// The reports for want of which no release is made at a moment, by feed, office and month; none where the project requires
/// none.
pub fn lacking(project: &Project, submissions: &[Submission], at: DateTime<Utc>) -> Vec<Lacking> {
    let Some(requires) = &project.calendar.requires else { return Vec::new() };
    let stops = |report: &Report<'_>| report.owed.as_ref().is_some_and(|owed| requires.holds(owed.feed, owed.period)) && report.is_lacking(at);
    let told = |report: &Report<'_>| {
        report.due_on().map(|due_on| Lacking {
            office: report.office.to_owned(),
            feed: report.feed.to_owned(),
            period: report.period.clone(),
            due_on,
            was_refused: report.state == State::Refused,
        })
    };
    reports(project, submissions, at).iter().filter(|report| stops(report)).filter_map(told).collect()
}

impl Lacking {
    /// What it is, and what to do about it, in a sentence.
    pub fn problem(&self, project: &Project) -> String {
        let Self { office, feed, period, due_on, was_refused } = self;
        let what = if *was_refused {
            format!(
                "{feed} of {office} for {period} was refused and was due on {due_on}: no release is made without it; mend it (`rihla quarantine` shows why)"
            )
        } else {
            format!("{feed} of {office} for {period} has not come and was due on {due_on}: no release is made without it; wait for it")
        };
        let line = format!("`{office},{feed},{period},{period},REASON,APPROVER,DAY`");
        match &project.calendar.excuses_file {
            Some(file) => format!("{what}, or excuse it with a line in {file}: {line}"),
            None => format!("{what}, or excuse it: name a file with `excuses` in [calendar] of rihla.toml, with a line {line}"),
        }
    }
}

/// The excuses without which reports would be missing at a moment, each with those reports.
pub fn used_excuses(project: &Project, submissions: &[Submission], at: DateTime<Utc>) -> Vec<UsedExcuse> {
    let all = reports(project, submissions, at);
    let used = project.calendar.excuses.iter().filter_map(|excuse| {
        let is_of = |report: &&Report<'_>| report.state == State::Excused && report.owed.as_ref().is_some_and(|owed| owed.excuse == Some(excuse));
        let periods: Vec<String> = all.iter().filter(is_of).map(|report| report.period.clone()).collect();
        (!periods.is_empty()).then(|| UsedExcuse {
            office: excuse.office.as_str().to_owned(),
            feed: excuse.feed.as_str().to_owned(),
            periods,
            reason: excuse.reason.clone(),
            approver: excuse.approver.clone(),
            on: excuse.on,
        })
    });
    used.collect()
}
