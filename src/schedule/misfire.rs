//! Which of the ticks that are due run, and which are skipped: decided once, when they are recorded.

use chrono::{DateTime, TimeDelta, Utc};

use super::pause::Pause;
use super::policy::{GRACE, Misfire, Policies};
use super::tick::SkippedBy;

/// What becomes of each of the ticks `due`, which are in order and not after `now`.
pub fn decide(pipeline: &str, policies: &Policies, due: &[DateTime<Utc>], pauses: &[Pause], now: DateTime<Utc>) -> Vec<Option<SkippedBy>> {
    let paused = |at: &DateTime<Utc>| pauses.iter().any(|pause| pause.holds(pipeline, *at));
    let is_late = |at: &DateTime<Utc>| older(*at, GRACE, now);
    let mut decided: Vec<Option<SkippedBy>> = due.iter().map(|at| paused(at).then_some(SkippedBy::Paused)).collect();
    let open = |decided: &[Option<SkippedBy>]| -> Vec<usize> { (0..due.len()).filter(|index| decided[*index].is_none()).collect() };
    let missed = |index: &usize| is_late(&due[*index]);
    for index in open(&decided).into_iter().filter(missed) {
        if policies.maximum_age.is_some_and(|age| older(due[index], age, now)) {
            decided[index] = Some(SkippedBy::MaximumAge);
        }
    }
    let left = open(&decided);
    let last = left.last().copied();
    let missed: Vec<usize> = left.into_iter().filter(missed).collect();
    for (place, index) in missed.iter().rev().enumerate() {
        decided[*index] = match policies.misfire {
            Misfire::Skip => Some(SkippedBy::Misfire),
            Misfire::Latest => (Some(*index) != last).then_some(SkippedBy::Misfire),
            Misfire::All => policies.maximum_number.is_some_and(|most| place >= most).then_some(SkippedBy::MaximumNumber),
        };
    }
    decided
}

fn older(at: DateTime<Utc>, age: std::time::Duration, now: DateTime<Utc>) -> bool {
    TimeDelta::from_std(age).is_ok_and(|age| now - at > age)
}
