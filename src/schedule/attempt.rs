//! The attempts of a tick: when each began, how it ended, and which run of the warehouse it was.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ledger::Token;
use super::tick::{Failure, TickId};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What kind of failure it was, where it was one.
    pub result: Result<(), Failure>,
    /// The run as the warehouse knows it; nothing where it did not come so far.
    pub run_id: Option<String>,
    /// What else there is to say, for people; empty where there is nothing.
    pub note: String,
}

impl From<Result<(), Failure>> for End {
    fn from(result: Result<(), Failure>) -> Self {
        Self { result, run_id: None, note: String::new() }
    }
}

/// One attempt of a tick, as ledgers keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The tick.
    pub id: TickId,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The term of the scheduler that began it.
    pub token: Token,
    /// When it began.
    pub began: DateTime<Utc>,
    /// When and how it ended; nothing while it runs, or where its scheduler died and no other one has noted so yet.
    pub ended: Option<AttemptEnd>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptEnd {
    /// When it was noted.
    pub at: DateTime<Utc>,
    /// How it failed; nothing where it succeeded.
    pub failure: Option<Failure>,
    /// The run as the warehouse knows it; nothing where it did not come so far, or nobody was there to hear.
    pub run_id: Option<String>,
    /// What else there is to say, for people; empty where there is nothing.
    pub note: String,
}

impl AttemptEnd {
    /// The end of a run, noted at an instant.
    pub fn of(end: &End, at: DateTime<Utc>) -> Self {
        Self { at, failure: end.result.err(), run_id: end.run_id.clone(), note: end.note.clone() }
    }
}
