//! Whether and when a failed run is tried again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::chance;
use super::policy::{MOST_INTERRUPTIONS, Retry};
use super::tick::{Failure, Tick, TickState};

/// Where a tick stands after its attempt failed at `now`.
pub fn after(tick: &Tick, retry: &Retry, failure: Failure, now: DateTime<Utc>) -> TickState {
    let failed = TickState::Failed { at: now, failure };
    let (is_tried_again, turn) = match failure {
        Failure::Interrupted => (tick.interruptions + 1 < MOST_INTERRUPTIONS, tick.interruptions + 1),
        _ => (retry.on.contains(&failure) && own_attempts(tick) < retry.attempts, own_attempts(tick)),
    };
    if !is_tried_again {
        return failed;
    }
    let pause = chance::spread(&tick.id, tick.attempts, pause(retry, turn));
    match TimeDelta::from_std(pause).ok().and_then(|pause| now.checked_add_signed(pause)) {
        Some(from) => TickState::Waiting { from },
        None => failed,
    }
}

/// Attempts that ended by themselves or are about to.
fn own_attempts(tick: &Tick) -> u32 {
    tick.attempts.saturating_sub(tick.interruptions)
}

/// The pause after `turn` attempts: twice as long each time, up to the longest.
fn pause(retry: &Retry, turn: u32) -> Duration {
    let doubled = 2_u32.checked_pow(turn.saturating_sub(1)).and_then(|times| retry.first.checked_mul(times));
    doubled.unwrap_or(retry.most).min(retry.most)
}
