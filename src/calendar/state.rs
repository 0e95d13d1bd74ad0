//! What has become of every report, at a moment.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::due::{Owed, owed};
use crate::project::Project;
use crate::warehouse::{Submission, SubmissionOutcome};

/// What has become of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It came by the end of its due day.
    OnTime,
    /// It came later.
    Late,
    /// It was refused, and nothing better came.
    Refused,
    /// Its due day is over, and it has not come.
    Missing,
    /// It has not come, and its due day is not over.
    NotYetDue,
    /// It has not come and need not.
    Excused,
    /// It came although none was owed, or although it was excused.
    Unowed,
}

/// A report: owed, or come though not owed.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The office.
    pub office: &'a str,
    /// The feed.
    pub feed: &'a str,
    /// The month.
    pub period: String,
    /// As it is owed; nothing where it is not.
    pub owed: Option<Owed<'a>>,
    /// What has become of it.
    pub state: State,
    /// When the first delivery came that was not refused.
    pub first_received: Option<DateTime<Utc>>,
}

impl Report<'_> {
    /// True where somebody waits for it: it is owed, not excused, its due day is over, and nothing came or was refused.
    pub fn is_lacking(&self, at: DateTime<Utc>) -> bool {
        let is_open = matches!(self.state, State::Missing | State::Refused);
        is_open && self.owed.as_ref().is_some_and(|owed| owed.excuse.is_none() && owed.is_past(at))
    }

    /// The last day on which it is in time.
    pub fn due_on(&self) -> Option<NaiveDate> {
        self.owed.as_ref().map(|owed| owed.due_on)
    }

    /// Why it need not come.
    pub fn reason(&self) -> Option<&str> {
        Some(self.owed.as_ref()?.excuse?.reason.as_str())
    }
}

/// How often something came for a report.
#[derive(Default)]
struct Came {
    first: Option<DateTime<Utc>>,
    was_refused: bool,
}

/// Every report owed for months that are over at a moment, and every other that came; by feed, office and month.
pub fn reports<'a>(project: &'a Project, submissions: &'a [Submission], at: DateTime<Utc>) -> Vec<Report<'a>> {
    let mut came: BTreeMap<(&str, &str, String), Came> = BTreeMap::new();
    for submission in submissions {
        let slot = came.entry((&submission.feed, &submission.office, submission.period.clone())).or_default();
        if submission.outcome == SubmissionOutcome::Refused {
            slot.was_refused = true;
        } else {
            slot.first = Some(slot.first.map_or(submission.received_at, |first| first.min(submission.received_at)));
        }
    }
    let mut reports: BTreeMap<(&str, &str, String), Report<'_>> = BTreeMap::new();
    for owed in owed(project, at) {
        let period = owed.period.to_string();
        let came = came.remove(&(owed.feed, owed.office, period.clone())).unwrap_or_default();
        let (office, feed) = (owed.office, owed.feed);
        let report = Report { office, feed, period: period.clone(), state: state_of(&owed, &came, at), owed: Some(owed), first_received: came.first };
        reports.insert((feed, office, period), report);
    }
    for ((feed, office, period), came) in came {
        let state = if came.first.is_some() { State::Unowed } else { State::Refused };
        let report = Report { office, feed, period: period.clone(), owed: None, state, first_received: came.first };
        reports.insert((feed, office, period), report);
    }
    reports.into_values().collect()
}

fn state_of(owed: &Owed<'_>, came: &Came, at: DateTime<Utc>) -> State {
    match (owed.excuse, came.first) {
        (Some(_), Some(_)) => State::Unowed,
        (Some(_), None) => State::Excused,
        (None, Some(first)) if first < owed.due_until => State::OnTime,
        (None, Some(_)) => State::Late,
        (None, None) if came.was_refused => State::Refused,
        (None, None) if owed.is_past(at) => State::Missing,
        (None, None) => State::NotYetDue,
    }
}

/// How many reports are in which state, with the numbers that DHIS2 makes of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Numbers {
    /// DHIS2's expected reports: owed and not excused, due or not yet.
    pub expected_reports: u32,
    /// DHIS2's actual reports: of those expected, that came and were not refused.
    pub actual_reports: u32,
    /// DHIS2's actual reports on time: of those expected, that came by the end of their due day.
    pub actual_reports_on_time: u32,
    /// DHIS2's reporting rate: actual in percent of expected, 0 to 100; nothing where none is expected.
    pub reporting_rate: Option<f64>,
    /// DHIS2's reporting rate on time, likewise.
    pub reporting_rate_on_time: Option<f64>,
    /// Of those expected, that came later.
    pub late: u32,
    /// Of those expected, that were refused and nothing better came.
    pub refused: u32,
    /// Of those expected, that have not come although their due day is over.
    pub missing: u32,
    /// Of those expected, that have not come and may still.
    pub not_yet_due: u32,
    /// Owed, but need not come, and did not.
    pub excused: u32,
}

impl Numbers {
    /// The numbers of some reports; those that came though not owed are not counted.
    pub fn of<'a>(reports: impl IntoIterator<Item = &'a Report<'a>>) -> Self {
        let mut numbers = Self::default();
        for report in reports.into_iter().filter(|report| report.owed.is_some()) {
            match report.state {
                State::OnTime => numbers.actual_reports_on_time += 1,
                State::Late => numbers.late += 1,
                State::Refused => numbers.refused += 1,
                State::Missing => numbers.missing += 1,
                State::NotYetDue => numbers.not_yet_due += 1,
                State::Excused => numbers.excused += 1,
                State::Unowed => {}
            }
        }
        numbers.actual_reports = numbers.actual_reports_on_time + numbers.late;
        numbers.expected_reports = numbers.actual_reports + numbers.refused + numbers.missing + numbers.not_yet_due;
        let rate = |part: u32| (numbers.expected_reports > 0).then(|| 100.0 * f64::from(part) / f64::from(numbers.expected_reports));
        (numbers.reporting_rate, numbers.reporting_rate_on_time) = (rate(numbers.actual_reports), rate(numbers.actual_reports_on_time));
        numbers
    }
}
