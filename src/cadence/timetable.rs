//! When a pipeline is due: a cron expression of local times in a time zone, and the instants that it means.
//!
//! Guarantees: a due time is one UTC instant at a whole minute, and is listed once; what is due in `(after, until]` does not
//! depend on how the time was cut into such ranges. Local times that a zone skips or repeats have one stated meaning, see
//! [`Timetable`]. Refuses: seconds and years in expressions, and expressions that no day ever fits.
//!
//! The fields are matched by croner on local times that know of no clock change; what a local time means as an instant is
//! decided here, since libraries differ in it and a load must be due at the same instants in every version.

use std::fmt;

use chrono::{DateTime, DurationRound, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// The names of usual expressions, and what they stand for.
const NICKNAMES: [(&str, &str); 6] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// How far ahead the next due time is looked for, range after range. The last covers every expression of days that come: the
/// longest wait, for a 29 February on a given weekday, is 40 years where a century is no leap year.
const AHEAD_HOURS: [i64; 6] = [1, 26, 24 * 8, 24 * 40, 24 * 400, 24 * 366 * 41];

/// No zone's offset changes by more: Pacific/Apia once left a whole day out.
const MOST_OF_A_CHANGE: TimeDelta = TimeDelta::hours(25);

/// Whether an expression names its hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// It does (`6`, `8-18`, `2,14`): each is meant once a day.
    Named,
    /// It does not (`*`, `*/4`): it is about time that passes.
    Any,
}

/// A cron expression of five fields (minute, hour, day, month, weekday) in a time zone.
///
/// Where clocks go forward, local times are skipped. An expression that names its hours is then due at the first instant after
/// the skipped time if that is on the same day; several skipped times are due there together, once. A day that a zone left out
/// whole has no due times. An expression with any hour (`*`, `*/4`) is not due in skipped time.
///
/// Where clocks go back, local times are repeated. An expression that names its hours is due the first time only; one with any
/// hour is due both times.
#[derive(Debug, Clone)]
pub struct Timetable {
    expression: String,
    zone: Tz,
    cron: Cron,
    hours: Hours,
}

/// An expression and a zone tell all of it; a scheduler compares them at every step.
impl PartialEq for Timetable {
    fn eq(&self, other: &Self) -> bool {
        self.zone == other.zone && self.expression == other.expression
    }
}

impl Eq for Timetable {}

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// What is wrong, in lower case without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

const FIELDS: &str = "five fields: minute hour day month weekday, such as `0 6 * * *`";

impl Timetable {
    /// Reads an expression: five fields, or one of `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`.
    ///
    /// # Errors
    /// Where it is no such expression, or no day of the next decades fits it.
    pub fn new(expression: &str, zone: Tz) -> Result<Self, Refused> {
        let plain = plain(expression)?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let refuse = |why: String| Refused { message: format!("`{expression}` is no cron expression: {why}"), hint: FIELDS };
        let cron = parser.parse(plain).map_err(|error| refuse(error.to_string()))?;
        let hour = plain.split_whitespace().nth(1).unwrap_or_default();
        let hours = if hour.contains(['*', '?']) { Hours::Any } else { Hours::Named };
        let timetable = Self { expression: expression.trim().to_owned(), zone, cron, hours };
        if !timetable.ever_fits() {
            let message = format!("`{expression}` is never due: no day fits it");
            return Err(Refused { message, hint: "the 30th of February does not come; mend the day or the month" });
        }
        Ok(timetable)
    }

    /// The expression as it was written.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone that its times are of.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// Whether it names its hours.
    pub fn hours(&self) -> Hours {
        self.hours
    }

    /// The instants that are due after `after` and not after `until`, in order.
    pub fn due(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        if until <= after {
            return Vec::new();
        }
        let (first, last) = self.local_range(after, until);
        let mut due: Vec<DateTime<Utc>> = self.local_times(first, last).flat_map(|local| self.instants(local)).collect();
        due.retain(|at| after < *at && *at <= until);
        due.sort_unstable();
        due.dedup();
        due
    }

    /// The first instant due after `after`; nothing where there is none within 41 years.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut from = after;
        AHEAD_HOURS.into_iter().find_map(|hours| {
            let until = after.checked_add_signed(TimeDelta::hours(hours))?;
            let found = self.first_due(from, until);
            from = until;
            found
        })
    }

    /// The next instants due after `after`, as long as there are any.
    pub fn upcoming(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }

    /// The local times from `first` to `last` that the fields fit, whatever the zone's clocks do.
    pub fn local_times(&self, first: NaiveDateTime, last: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        let next = |from: NaiveDateTime, inclusive| self.cron.find_next_occurrence(&from.and_utc(), inclusive).ok().map(|at| at.naive_utc());
        std::iter::successors(next(first, true), move |last| next(*last, false)).take_while(move |local| *local <= last)
    }

    fn first_due(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (first, last) = self.local_range(after, until);
        let is_calm = first == local(after, self.zone) && last == local(until, self.zone);
        if !is_calm {
            return self.due(after, until).first().copied();
        }
        // Between clock changes instants follow one another as local times do, so that the first is the answer.
        self.local_times(first, last).flat_map(|local| self.instants(local)).find(|at| after < *at && *at <= until)
    }

    /// The local times that may mean an instant of `(after, until]`: no more than those where no clock changes.
    fn local_range(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> (NaiveDateTime, NaiveDateTime) {
        let (first, last) = (local(after, self.zone), local(until, self.zone));
        let around = [after - MOST_OF_A_CHANGE, after, until, until + MOST_OF_A_CHANGE].map(|at| offset(at, self.zone));
        let is_calm = until - after < TimeDelta::days(2) && around.iter().all(|offset| *offset == around[0]);
        if is_calm { (first, last) } else { (first - MOST_OF_A_CHANGE, last + MOST_OF_A_CHANGE) }
    }

    /// The instants that a local time means.
    fn instants(&self, local: NaiveDateTime) -> Vec<DateTime<Utc>> {
        match (self.zone.from_local_datetime(&local), self.hours) {
            (LocalResult::Single(at), _) => vec![at.to_utc()],
            (LocalResult::Ambiguous(first, _), Hours::Named) => vec![first.to_utc()],
            (LocalResult::Ambiguous(first, second), Hours::Any) => vec![first.to_utc(), second.to_utc()],
            (LocalResult::None, Hours::Any) => Vec::new(),
            (LocalResult::None, Hours::Named) => after_skipped(local, self.zone).into_iter().collect(),
        }
    }

    fn ever_fits(&self) -> bool {
        let Some(first) = DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::days(365 * 30)) else { return false };
        let last = first.naive_utc() + TimeDelta::hours(AHEAD_HOURS[AHEAD_HOURS.len() - 1]);
        self.local_times(first.naive_utc(), last).next().is_some()
    }
}

impl fmt::Display for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.expression, self.zone.name())
    }
}

/// The five fields that a text stands for.
fn plain(expression: &str) -> Result<&str, Refused> {
    let trimmed = expression.trim();
    if !trimmed.starts_with('@') {
        return Ok(trimmed);
    }
    let found = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(trimmed));
    found.map(|(_, fields)| *fields).ok_or_else(|| Refused {
        message: format!("`{expression}` names no usual expression"),
        hint: "one of @hourly, @daily, @weekly, @monthly and @yearly, or five fields: minute hour day month weekday",
    })
}

/// What the clocks of a zone show at an instant.
pub fn local(at: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// How far the clocks of a zone are ahead of UTC at an instant.
pub fn offset(at: DateTime<Utc>, zone: Tz) -> TimeDelta {
    TimeDelta::seconds(i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()))
}

/// The first instant after a local time that was skipped, if it is on the same day.
pub fn after_skipped(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let minutes = std::iter::successors(local.duration_trunc(TimeDelta::minutes(1)).ok(), |at| at.checked_add_signed(TimeDelta::minutes(1)));
    let same_day = minutes.take_while(|at| at.date() == local.date());
    same_day.filter_map(|at| zone.from_local_datetime(&at).earliest()).next().map(|at| at.to_utc())
}
