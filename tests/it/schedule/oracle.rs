//! What is due by the rule said plainly: every minute of a zone's clocks is looked at, by chrono-tz alone, and a field of an
//! expression is a list of numbers. Nothing here knows croner.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use chrono::{DateTime, Datelike, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// One minute.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// Fifteen minutes.
const QUARTER: TimeDelta = TimeDelta::minutes(15);

/// A stretch of time during which a zone keeps its offset.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    offset: TimeDelta,
}

/// An expression as sets of numbers, a bit for each.
#[derive(Debug)]
struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
    any_hour: bool,
}

impl Fields {
    fn new(expression: &str) -> Self {
        let parts: Vec<&str> = expression.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else { panic!("five fields: {expression}") };
        Self {
            minutes: bits(numbers(minute, 0, 59)),
            hours: bits(numbers(hour, 0, 23)),
            days: bits(numbers(day, 1, 31)),
            months: bits(numbers(month, 1, 12)),
            weekdays: bits(numbers(weekday, 0, 7).into_iter().map(|number| number % 7)),
            any_day: day == "*",
            any_weekday: weekday == "*",
            any_hour: hour.contains('*'),
        }
    }

    /// Of a day and a weekday that are both named, either is enough.
    fn fit_day(&self, local: NaiveDateTime) -> bool {
        let day = has(self.days, local.day());
        let weekday = has(self.weekdays, local.weekday().num_days_from_sunday());
        let either = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        either && has(self.months, local.month())
    }

    fn fit(&self, local: NaiveDateTime) -> bool {
        has(self.minutes, local.minute()) && has(self.hours, local.hour()) && self.fit_day(local)
    }
}

fn bits(numbers: impl IntoIterator<Item = u32>) -> u64 {
    numbers.into_iter().fold(0, |bits, number| bits | 1 << number)
}

fn has(bits: u64, number: u32) -> bool {
    bits >> number & 1 == 1
}

fn numbers(field: &str, first: u32, last: u32) -> Vec<u32> {
    let part = |part: &str| -> Vec<u32> {
        let (range, step) = part.split_once('/').map_or((part, 1), |(range, step)| (range, step.parse().expect("a step")));
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (first, last),
            (_, Some((from, to))) => (from.parse().expect("a number"), to.parse().expect("a number")),
            (one, None) => (one.parse().expect("a number"), one.parse().expect("a number")),
        };
        (from..=to).step_by(step).collect()
    };
    field.split(',').flat_map(part).collect()
}

fn offset(at: DateTime<Utc>, zone: Tz) -> TimeDelta {
    TimeDelta::seconds(i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()))
}

/// What is remembered, by zone and year.
type Years = HashMap<(Tz, i32), Vec<Stretch>>;

/// The stretches of a zone; remembered, since many tests ask for the same years.
fn stretches(zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Stretch> {
    static YEARS: LazyLock<Mutex<Years>> = LazyLock::new(Mutex::default);
    let mut all: Vec<Stretch> = Vec::new();
    for year in from.year()..=until.year() {
        let mut years = YEARS.lock().unwrap_or_else(PoisonError::into_inner);
        for stretch in years.entry((zone, year)).or_insert_with(|| stretches_of_year(zone, year)) {
            match all.last_mut() {
                Some(last) if last.offset == stretch.offset => last.until = stretch.until,
                _ => all.push(*stretch),
            }
        }
    }
    all
}

/// Clocks are looked at every quarter of an hour, and every minute of one within which they changed.
fn stretches_of_year(zone: Tz, year: i32) -> Vec<Stretch> {
    let start = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().expect("an instant");
    let (mut at, until) = (start(year), start(year + 1));
    let mut found: Vec<Stretch> = Vec::new();
    while at < until {
        let now = offset(at, zone);
        let is_steady = at.minute() % 15 == 0 && offset(at + QUARTER, zone) == now;
        let step = if is_steady { QUARTER } else { MINUTE };
        match found.last_mut() {
            Some(last) if last.offset == now => last.until = at + step,
            _ => found.push(Stretch { from: at, until: at + step, offset: now }),
        }
        at += step;
    }
    found
}

/// What an expression is due at in a zone after `after` and not after `until`.
pub fn due(expression: &str, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let fields = Fields::new(expression);
    let stretches = stretches(zone, after - TimeDelta::days(2), until + TimeDelta::days(2));
    let mut found = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| stretches[index]);
        if let Some(before) = before {
            carried(&fields, before, *stretch, &mut found);
        }
        shown(&fields, before, *stretch, after, until, &mut found);
    }
    found.retain(|at| after < *at && *at <= until);
    found.sort_unstable();
    found.dedup();
    found
}

/// Local times that clocks really show, minute by minute; what does not fit is passed over by the hour and by the day.
fn shown(fields: &Fields, before: Option<Stretch>, stretch: Stretch, after: DateTime<Utc>, until: DateTime<Utc>, found: &mut Vec<DateTime<Utc>>) {
    let mut local = (stretch.from.max(after.to_minute() - TimeDelta::days(1)) + stretch.offset).naive_utc();
    let last = (stretch.until.min(until + MINUTE) + stretch.offset).naive_utc();
    let repeated_until = before.map(|before| (before.until + before.offset).naive_utc());
    while local < last {
        if !fields.fit_day(local) {
            local = local.date().succ_opt().expect("a day").and_time(chrono::NaiveTime::MIN);
            continue;
        }
        if !has(fields.hours, local.hour()) {
            local += TimeDelta::minutes(i64::from(60 - local.minute()));
            continue;
        }
        let is_second_time = repeated_until.is_some_and(|end| local < end);
        if fields.fit(local) && (fields.any_hour || !is_second_time) {
            found.push(local.and_utc() - stretch.offset);
        }
        local += MINUTE;
    }
}

/// Local times that were skipped before a stretch, of its first day: named hours are due when it begins.
fn carried(fields: &Fields, before: Stretch, stretch: Stretch, found: &mut Vec<DateTime<Utc>>) {
    let mut local = (before.until + before.offset).naive_utc();
    let begins = (stretch.from + stretch.offset).naive_utc();
    while local < begins {
        if !fields.any_hour && local.date() == begins.date() && fields.fit(local) {
            found.push(stretch.from);
        }
        local += MINUTE;
    }
}

/// The same by asking of every single minute what clocks show, without passing anything over: a check of the above.
pub fn due_slowly(expression: &str, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let fields = Fields::new(expression);
    let mut found = Vec::new();
    let mut at = after.to_minute() + MINUTE;
    while at <= until {
        let shown = |at: DateTime<Utc>| (at + offset(at, zone)).naive_utc();
        let (earlier, now) = (shown(at - MINUTE), shown(at));
        let was_shown = || (1..=26 * 60).any(|minutes| !fields.any_hour && shown(at - TimeDelta::minutes(minutes)) == now);
        let mut is_due = fields.fit(now) && !was_shown();
        let mut skipped = earlier + MINUTE;
        while skipped < now {
            is_due |= !fields.any_hour && skipped.date() == now.date() && fields.fit(skipped);
            skipped += MINUTE;
        }
        if is_due {
            found.push(at);
        }
        at += MINUTE;
    }
    found
}

trait ToMinute {
    fn to_minute(self) -> Self;
}

impl ToMinute for DateTime<Utc> {
    fn to_minute(self) -> Self {
        self - TimeDelta::seconds(self.timestamp().rem_euclid(60)) - TimeDelta::nanoseconds(i64::from(self.timestamp_subsec_nanos()))
    }
}
