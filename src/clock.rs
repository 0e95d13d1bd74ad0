//! Time and randomness, injected: the only place that reads the wall clock or the system's randomness.

use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that everything shares.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still, for tests and repeated runs.
#[derive(Debug)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// The clock of a command: fixed where `RIHLA_NOW` (RFC 3339) is set, else the machine's.
///
/// # Errors
/// `Input` where `RIHLA_NOW` is not an RFC 3339 instant.
pub fn from_environment() -> crate::error::Result<SharedClock> {
    use crate::error::{Error, Kind};
    match std::env::var("RIHLA_NOW") {
        Ok(text) => DateTime::parse_from_rfc3339(&text)
            .map(|at| Arc::new(FixedClock(at.to_utc())) as SharedClock)
            .map_err(|cause| Error::new(Kind::Input, "RIHLA_NOW is not an instant such as 2023-07-21T06:00:00Z").because(cause)),
        Err(_) => Ok(Arc::new(SystemClock)),
    }
}

/// What the machine's own clock shows, for telling it from a disk's.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn wall() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

/// True where the clock of commands stands still, since `RIHLA_NOW` is set.
pub fn is_fixed() -> bool {
    std::env::var_os("RIHLA_NOW").is_some()
}

/// How long something took, whatever the clock of the command says: for people to read, never for data.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Begins now.
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since it began.
    pub fn elapsed(self) -> std::time::Duration {
        self.0.elapsed()
    }
}

/// Bytes that nobody can guess, for keys and names of temporary files.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    use rand::Rng;
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
