//! Reminders before and after the due day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;

use super::day::{at_hour, local_day};
use super::due::{Owed, of_office};
use crate::project::Project;
use crate::warehouse::{Submission, SubmissionOutcome};

/// The hour of the office's day at which a reminder falls: when people begin to work.
const HOUR: u32 = 8;

/// On which side of the due day a reminder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReminderKind {
    /// So many days before the due day, or on it.
    Before,
    /// So many days after the due day.
    After,
}

/// A reminder of a report that has not come and is not excused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reminder {
    /// The office.
    pub office: String,
    /// The feed.
    pub feed: String,
    /// The month.
    pub period: String,
    /// The last day on which the report is in time.
    pub due_on: NaiveDate,
    /// On which side of the due day it is.
    pub kind: ReminderKind,
    /// How many days from the due day.
    pub days: u32,
    /// When it falls: at eight in the morning of the office.
    pub at: DateTime<Utc>,
    /// True where the due day is over when it is given, as for one before it that is made up for late.
    pub is_overdue: bool,
}

/// The reminders that fall after `from` and not after `until`, for reports that have not come, of each report only the last:
/// those before it that nobody gave are made up for by it. A report that was only refused has not come. In order of their
/// moments, then of office, feed and month; `until` of one call is to be `from` of the next, so that each is given once.
pub fn reminders(project: &Project, submissions: &[Submission], from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Reminder> {
    let mut last: BTreeMap<(String, String, String), Reminder> = BTreeMap::new();
    for reminder in falling(project, submissions, &Falling { from, until, now: until }) {
        last.insert((reminder.office.clone(), reminder.feed.clone(), reminder.period.clone()), reminder);
    }
    sorted(last.into_values().collect())
}

/// Every reminder that falls on the office's day at a moment, or on the `days` after it, for reports that have not come so far.
pub fn coming(project: &Project, submissions: &[Submission], now: DateTime<Utc>, days: u32) -> Vec<Reminder> {
    let (margin, ahead) = (chrono::TimeDelta::days(2), chrono::TimeDelta::days(i64::from(days)));
    let all = falling(project, submissions, &Falling { from: now - margin, until: now + ahead + margin, now });
    let is_ahead = |reminder: &Reminder| {
        project.office(&reminder.office).is_some_and(|office| {
            let day = |at| local_day(office.timezone, at);
            day(now) <= day(reminder.at) && day(reminder.at) <= day(now) + Days::new(u64::from(days))
        })
    };
    sorted(all.into_iter().filter(is_ahead).collect())
}

/// The span in which reminders fall, and the moment at which they are asked for.
struct Falling {
    /// They fall after it.
    from: DateTime<Utc>,
    /// They do not fall after it.
    until: DateTime<Utc>,
    /// When they are asked for.
    now: DateTime<Utc>,
}

/// The reminders of a span, of each report in the order in which they fall.
fn falling(project: &Project, submissions: &[Submission], span: &Falling) -> Vec<Reminder> {
    let remind = &project.calendar.remind;
    let came: BTreeSet<(&str, &str, &str)> =
        submissions.iter().filter(|submission| submission.outcome != SubmissionOutcome::Refused).map(Submission::slot).collect();
    let furthest = remind.before.last().copied().unwrap_or_default();
    let mut found = Vec::new();
    for office in &project.offices {
        // The month that a reminder is about may not be over yet.
        let last = local_day(office.timezone, span.until) + Days::new(u64::from(furthest));
        for owed in of_office(project, office, last) {
            if owed.excuse.is_some() || came.contains(&(owed.office, owed.feed, owed.period.to_string().as_str())) {
                continue;
            }
            let before = remind.before.iter().rev().map(|days| (ReminderKind::Before, *days));
            let all = before.chain(remind.after.iter().map(|days| (ReminderKind::After, *days)));
            let of_report = all.filter_map(|(kind, days)| reminder(&owed, office.timezone, (kind, days), span.now));
            found.extend(of_report.filter(|reminder| span.from < reminder.at && reminder.at <= span.until));
        }
    }
    found
}

fn reminder(owed: &Owed<'_>, zone: chrono_tz::Tz, (kind, days): (ReminderKind, u32), now: DateTime<Utc>) -> Option<Reminder> {
    let far = Days::new(u64::from(days));
    let day = match kind {
        ReminderKind::Before => owed.due_on.checked_sub_days(far)?,
        ReminderKind::After => owed.due_on.checked_add_days(far)?,
    };
    let at = at_hour(zone, day, HOUR);
    Some(Reminder {
        office: owed.office.to_owned(),
        feed: owed.feed.to_owned(),
        period: owed.period.to_string(),
        due_on: owed.due_on,
        kind,
        days,
        at,
        is_overdue: owed.is_past(now.max(at)),
    })
}

fn sorted(mut reminders: Vec<Reminder>) -> Vec<Reminder> {
    reminders.sort_by(|a, b| (a.at, &a.office, &a.feed, &a.period).cmp(&(b.at, &b.office, &b.feed, &b.period)));
    reminders
}
