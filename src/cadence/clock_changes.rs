//! Where an expression meets local times that its zone skips or repeats, so that people are told before it happens.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::timetable::{Hours, Timetable, after_skipped, local, offset};

/// What happens to local times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Clocks go forward: they are not shown that day.
    Skipped,
    /// Clocks go back: they are shown twice.
    Repeated,
}

/// A due time in skipped or repeated local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// When the clocks change.
    pub at: DateTime<Utc>,
    /// What happens to the local time.
    pub change: Change,
    /// The first local time that the expression names there.
    pub local: NaiveDateTime,
    /// What will be done, as a clause: "it runs at 03:00 instead".
    pub outcome: String,
}

/// Offsets are looked at this often: no zone that has rules for years to come changes them twice in between.
const STRIDE: TimeDelta = TimeDelta::days(1);

/// Every time within `years` years after `from` that an expression names a skipped or repeated local time, in order. An
/// expression of every hour is about time that passes, surprises nobody, and meets none.
pub fn meetings(timetable: &Timetable, from: DateTime<Utc>, years: i64) -> Vec<Meeting> {
    if timetable.hours() == Hours::Any && is_every_hour(timetable) {
        return Vec::new();
    }
    let until = from + TimeDelta::days(366 * years);
    changes(timetable.zone(), from, until).into_iter().filter_map(|at| meeting(timetable, at)).collect()
}

fn is_every_hour(timetable: &Timetable) -> bool {
    let expression = timetable.expression();
    expression.eq_ignore_ascii_case("@hourly") || expression.split_whitespace().nth(1) == Some("*")
}

/// The instants at which the clocks of a zone change, after `from` and not after `until`.
pub fn changes(zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut found = Vec::new();
    let mut before = from;
    while before < until {
        let after = (before + STRIDE).min(until);
        if offset(before, zone) != offset(after, zone) {
            found.push(change_between(zone, before, after));
        }
        before = after;
    }
    found
}

/// The first second of the new offset, between an instant before it and one with it.
fn change_between(zone: Tz, mut before: DateTime<Utc>, mut after: DateTime<Utc>) -> DateTime<Utc> {
    let new = offset(after, zone);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if offset(middle, zone) == new { after = middle } else { before = middle }
    }
    after
}

fn meeting(timetable: &Timetable, at: DateTime<Utc>) -> Option<Meeting> {
    let zone = timetable.zone();
    let before = at.naive_utc() + offset(at - TimeDelta::seconds(1), zone);
    let after = local(at, zone);
    let change = if before < after { Change::Skipped } else { Change::Repeated };
    let last = before.max(after) - TimeDelta::seconds(1);
    let named = timetable.local_times(before.min(after), last).next()?;
    Some(Meeting { at, change, local: named, outcome: outcome(timetable, change, named) })
}

fn outcome(timetable: &Timetable, change: Change, named: NaiveDateTime) -> String {
    match (change, timetable.hours()) {
        (Change::Skipped, Hours::Any) => "it does not run then".to_owned(),
        (Change::Skipped, Hours::Named) => match after_skipped(named, timetable.zone()) {
            Some(at) => format!("it runs at {} instead", local(at, timetable.zone()).format("%H:%M")),
            None => "it does not run, since there is no such day".to_owned(),
        },
        (Change::Repeated, Hours::Any) => "it runs both times".to_owned(),
        (Change::Repeated, Hours::Named) => "it runs the first time only".to_owned(),
    }
}
