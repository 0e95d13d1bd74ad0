//! Where it stands what was due and what became of it: the face of every ledger.
//!
//! Guarantees, which `tests/it/schedule/ledgers.rs` holds every ledger to: a tick is recorded once; a step of a tick is taken by
//! one; whoever lost the lease changes nothing any more; what was stored when the process died is there afterwards.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::pause::Pause;
use super::state::{Change, State};
use super::tick::{Tick, TickId};
use crate::error::{Error, Kind};

/// The number of a scheduler's term. Each scheduler that takes over has a higher one: who holds a lower one has lost the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Token(pub u64);

/// Who schedules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lease {
    /// The number of the term; 0 where nobody ever held it.
    pub token: Token,
    /// Who holds it, for people to read.
    pub holder: String,
    /// How often it was renewed in this term. Whoever waits watches this number, and no clock.
    pub beat: u64,
    /// True where the holder gave it back.
    pub is_free: bool,
}

/// Why a ledger did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another scheduler has taken over: stop, and start nothing.
    #[error("another scheduler has taken over")]
    Lost,
    /// Somebody else took this tick's next step: load, and decide again.
    #[error("the tick of `{}` at {} was changed by somebody else", .0.pipeline, .0.nominal)]
    Moved(TickId),
    /// It could not be read or written: some of the changes may be stored.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Failed(error) => error,
            other => Error::new(Kind::Conflict, other.to_string()),
        }
    }
}

/// What ledgers answer.
pub type Result<T> = std::result::Result<T, LedgerError>;

/// A ledger. One scheduler at a time changes ticks; anybody may pause, resume and read.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Who schedules.
    async fn lease(&self) -> Result<Lease>;

    /// Takes the lease from whoever held it when it was `seen`; nothing where somebody else took or renewed it since.
    async fn take(&self, seen: &Lease, holder: &str) -> Result<Option<Token>>;

    /// Says that the holder lives. `Lost` where it holds the lease no longer.
    async fn renew(&self, token: Token) -> Result<()>;

    /// Gives the lease back, so that nobody need wait. Nothing happens where it was lost.
    async fn release(&self, token: Token) -> Result<()>;

    /// What is known: all but ticks that came to their end and that no other tick waits for.
    async fn load(&self) -> Result<State>;

    /// Stores changes in their order. Gives the ticks that were there already where one was to be recorded: these stand.
    ///
    /// `Lost` and `Moved` where nothing after the changes stored so far can be stored. A ledger that stores all or nothing
    /// has then stored nothing.
    async fn commit(&self, token: Token, changes: &[Change]) -> Result<Vec<Tick>>;

    /// The pauses.
    async fn pauses(&self) -> Result<Vec<Pause>>;

    /// Begins a pause of one pipeline or of all; nothing happens where the same is paused already.
    async fn pause(&self, pipeline: Option<&str>, since: DateTime<Utc>, reason: &str) -> Result<()>;

    /// Ends the pauses of one pipeline, or those of all; false where there is none.
    async fn resume(&self, pipeline: Option<&str>, until: DateTime<Utc>) -> Result<bool>;

    /// The ticks with a nominal time in `[from, until)`, in order.
    async fn ticks(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Tick>>;

    /// The last tick of each pipeline that ran to an end, well or not.
    async fn last_ends(&self) -> Result<Vec<Tick>>;

    /// What is wrong with where it is kept, for people to read; empty where it is sound.
    async fn faults(&self) -> Result<Vec<String>>;

    /// The attempts of ticks with a nominal time in `[from, until)`, in order.
    async fn attempts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Attempt>>;

    /// Asks that a tick be run again. Whoever schedules hears it; nothing happens where the same is asked already.
    async fn ask(&self, id: &TickId) -> Result<()>;

    /// What was asked for and not heard yet, in order.
    async fn asked(&self) -> Result<Vec<TickId>>;

    /// Removes ticks that came to their end, with their attempts, and pauses that were over before an instant, if everything until then is decided
    /// about. Gives how many ticks there were.
    async fn prune(&self, token: Token, before: DateTime<Utc>) -> Result<usize>;
}
