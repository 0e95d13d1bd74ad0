//! When a scheduler that waits may take over, and when one that schedules must stop.
//!
//! Guarantees: both count time that passes, as a clock does that nobody sets; what the wall clock shows decides nothing.

use std::time::Duration;

use super::ledger::Lease;

/// How often a scheduler says that it lives.
pub const BEAT: Duration = Duration::from_secs(10);

/// A holder that is silent for so long is dead to others: they take over within a minute.
pub const SILENCE: Duration = Duration::from_secs(40);

/// A holder that could not say for so long that it lives stops by itself, before others take over.
pub const MUTE: Duration = Duration::from_secs(30);

/// A scheduler that waits for another one's death.
#[derive(Debug, Default)]
pub struct Waiting {
    seen: Option<Lease>,
    silent: Duration,
}

impl Waiting {
    /// Looks at the lease after `elapsed` since the last look; true where it may be taken.
    pub fn look(&mut self, lease: &Lease, elapsed: Duration) -> bool {
        let is_silent = self.seen.as_ref() == Some(lease);
        self.silent = if is_silent { self.silent + elapsed } else { Duration::ZERO };
        self.seen = Some(lease.clone());
        lease.is_free || lease.token.0 == 0 || self.silent >= SILENCE
    }
}

/// How long ago a holder last said that it lives.
#[derive(Debug, Default)]
pub struct Pulse(Duration);

impl Pulse {
    /// Notes that time has passed.
    pub fn pass(&mut self, elapsed: Duration) {
        self.0 = self.0.saturating_add(elapsed);
    }

    /// Notes that the lease was renewed.
    pub fn beat(&mut self) {
        self.0 = Duration::ZERO;
    }

    /// True where it is time to renew the lease.
    pub fn is_due(&self) -> bool {
        self.0 >= BEAT
    }

    /// True where others may take over.
    pub fn is_over(&self) -> bool {
        self.0 >= MUTE
    }
}
