//! One due time of one pipeline, and what became of it.
//!
//! Guarantees: a tick is known by its pipeline and its nominal time; it goes from waiting to one of its ends, and back only where
//! somebody asks for a failed one again; every step is numbered, so that of two who would take the same step only one can.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ledger::Token;
pub use crate::cadence::policy::Failure;

/// What a tick is known by. Ticks are ordered by nominal time, then by pipeline: the order in which they start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TickId {
    /// The instant that it is due at, whenever it runs.
    pub nominal: DateTime<Utc>,
    /// The pipeline's name.
    pub pipeline: String,
}

impl TickId {
    /// The tick of a pipeline that is due at `nominal`.
    pub fn new(pipeline: impl Into<String>, nominal: DateTime<Utc>) -> Self {
        Self { nominal, pipeline: pipeline.into() }
    }
}

/// A due time and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// What it is known by.
    pub id: TickId,
    /// How many steps it has taken: 0 when it was recorded.
    pub step: u32,
    /// How often a run of it has begun, as far as anybody knows.
    pub attempts: u32,
    /// How many of these were cut off by the death of their scheduler.
    pub interruptions: u32,
    /// Where it stands.
    pub state: TickState,
}

/// Where a tick stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum TickState {
    /// It is to run, not before `from`.
    Waiting {
        /// The nominal time with jitter, or when it may be tried again.
        from: DateTime<Utc>,
    },
    /// A scheduler has taken it and is about to run it. Where that scheduler dies now, nothing has run.
    Claimed {
        /// The term of that scheduler.
        token: Token,
    },
    /// It runs.
    Running {
        /// The term of the scheduler that runs it.
        token: Token,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It ran.
    Succeeded {
        /// When it ended.
        at: DateTime<Utc>,
    },
    /// It ran, did not succeed, and is not tried again.
    Failed {
        /// When the last attempt ended.
        at: DateTime<Utc>,
        /// How the last attempt failed.
        failure: Failure,
    },
    /// It was decided that it does not run.
    Skipped {
        /// When that was decided.
        at: DateTime<Utc>,
        /// By which policy.
        by: SkippedBy,
    },
}

impl TickState {
    /// True where nothing more happens to it, unless somebody asks for it again.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Failed { .. } | Self::Skipped { .. })
    }

    /// True where it ran to an end, well or not.
    pub fn has_run(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Failed { .. })
    }

    /// True from when a scheduler has taken it until its run has ended.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Claimed { .. } | Self::Running { .. })
    }
}

/// The policy by which a tick does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkippedBy {
    /// `misfire`: it was missed, and a later one does its work, or missed ones are not made up for.
    Misfire,
    /// The maximum age of missed ticks.
    MaximumAge,
    /// The maximum number of missed ticks.
    MaximumNumber,
    /// `overlap`: an earlier tick of the pipeline was not done.
    Overlap,
    /// The pipeline was paused at the nominal time.
    Paused,
    /// A pipeline that it depends on did not succeed in that round.
    Upstream,
    /// The pipeline is no longer part of the project.
    Removed,
}

impl SkippedBy {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Misfire => "missed, and not made up for",
            Self::MaximumAge => "missed too long ago",
            Self::MaximumNumber => "too many were missed",
            Self::Overlap => "met another run",
            Self::Paused => "paused",
            Self::Upstream => "what it depends on did not succeed",
            Self::Removed => "no longer scheduled",
        }
    }
}

impl Tick {
    /// A tick that is to run.
    pub fn waiting(id: TickId, from: DateTime<Utc>) -> Self {
        Self { id, step: 0, attempts: 0, interruptions: 0, state: TickState::Waiting { from } }
    }

    /// A tick that does not run.
    pub fn skipped(id: TickId, at: DateTime<Utc>, by: SkippedBy) -> Self {
        Self { id, step: 0, attempts: 0, interruptions: 0, state: TickState::Skipped { at, by } }
    }

    /// The same tick one step on. A step to `Running` is the beginning of an attempt.
    #[must_use]
    pub fn stepped(&self, state: TickState) -> Self {
        let attempts = self.attempts + u32::from(matches!(state, TickState::Running { .. }));
        Self { id: self.id.clone(), step: self.step + 1, attempts, interruptions: self.interruptions, state }
    }

    /// The same tick, with one attempt more that was cut off.
    #[must_use]
    pub fn interrupted(&self, state: TickState) -> Self {
        Self { interruptions: self.interruptions + 1, ..self.stepped(state) }
    }
}
