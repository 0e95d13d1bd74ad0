//! Whether the wall clock is believed: one that leaps ahead would make ticks due that are not, and they would be gone when it is
//! set right.
//!
//! Guarantees: a leap ahead is believed once the clock has kept it for [`PROBATION`]; a clock that goes back is believed, since
//! nothing becomes due by it. Of a leap while no scheduler ran nothing can be known.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that is ahead of the time that passed by no more than this did not leap.
const SLACK: TimeDelta = TimeDelta::minutes(2);

/// How long a clock must keep what it leapt to.
pub const PROBATION: Duration = Duration::from_secs(180);

/// Compares the wall clock with the time that passed.
#[derive(Debug, Default)]
pub struct Trust {
    last: Option<DateTime<Utc>>,
    left: Duration,
}

impl Trust {
    /// True where what the clock shows is believed, `elapsed` after it was last asked.
    pub fn believes(&mut self, now: DateTime<Utc>, elapsed: Duration) -> bool {
        let expected = self.last.map_or(now, |last| TimeDelta::from_std(elapsed).map_or(now, |elapsed| last + elapsed));
        self.last = Some(now);
        if now - expected > SLACK {
            self.left = PROBATION;
        } else if expected - now > SLACK {
            // It was set back, most likely to what it was before it leapt.
            self.left = Duration::ZERO;
        } else {
            self.left = self.left.saturating_sub(elapsed);
        }
        self.left.is_zero()
    }

    /// How long until a leap is believed.
    pub fn left(&self) -> Duration {
        self.left
    }
}
