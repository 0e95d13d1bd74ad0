//! What is done about ticks that were missed, that meet one another, or that fail: plain data, as a project declares it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::timetable::Timetable;

/// Which missed ticks are made up for. A tick is missed where it is decided about more than [`GRACE`] after its time, since
/// no scheduler ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misfire {
    /// None.
    Skip,
    /// The last one only, and only where no tick on time does its work. A load brings all that came since the last, so that
    /// one is as good as many.
    #[default]
    Latest,
    /// All of them, in order.
    All,
}

/// What becomes of a tick whose pipeline has an earlier one that is not done: that waits, runs, or is to be tried again. Two
/// runs of a pipeline never go side by side, since they would load the same slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// It does not run.
    Skip,
    /// It waits, and takes the place of one that waits already and has not begun.
    #[default]
    Latest,
    /// It waits for all before it.
    Queue,
}

/// How a run failed: what kind of failure decides whether it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// A store, a disk or an office's system could not be reached.
    Unavailable,
    /// Somebody else changed the same thing, or loads into the warehouse.
    Conflict,
    /// It ran longer than it may.
    Timeout,
    /// The scheduler died meanwhile.
    Interrupted,
    /// The data is not what it must be.
    Data,
    /// The project has faults.
    Config,
    /// What was asked cannot be.
    Input,
    /// A defect of this program.
    Internal,
}

impl Failure {
    /// Every kind, with the word for it in project files.
    pub const NAMES: [(Self, &'static str); 8] = [
        (Self::Unavailable, "unavailable"),
        (Self::Conflict, "conflict"),
        (Self::Timeout, "timeout"),
        (Self::Interrupted, "interrupted"),
        (Self::Data, "data"),
        (Self::Config, "config"),
        (Self::Input, "input"),
        (Self::Internal, "internal"),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(failure, _)| *failure == self).map_or("internal", |(_, name)| name)
    }
}

/// How often and when a failed run is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How many attempts there are at most, the first included.
    pub attempts: u32,
    /// The pause after the first attempt; each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// The kinds of failure that are tried again.
    pub on: BTreeSet<Failure>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            first: Duration::from_secs(60),
            most: Duration::from_secs(3600),
            on: BTreeSet::from([Failure::Unavailable, Failure::Conflict, Failure::Timeout]),
        }
    }
}

/// What is done about a pipeline's ticks; the default is what is done where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies {
    /// Starts are spread over so much time after the due time.
    pub jitter: Duration,
    /// What becomes of missed ticks.
    pub misfire: Misfire,
    /// Missed ticks older than this are skipped.
    pub maximum_age: Option<Duration>,
    /// Of missed ticks, no more than this many run: the newest.
    pub maximum_number: Option<usize>,
    /// What becomes of a tick that meets an earlier one.
    pub overlap: Overlap,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// When failed runs are tried again.
    pub retry: Retry,
}

/// One pipeline as the scheduler knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// When it is due; of a pipeline that depends on others, when they are.
    pub timetable: Timetable,
    /// What is done about its ticks.
    pub policies: Policies,
    /// Pipelines that must have succeeded for the same nominal time before this one runs, but for those that it does without.
    pub depends_on: BTreeSet<String>,
    /// Those of them that it does without where they failed for good or were skipped. It waits until that is decided.
    pub does_without: BTreeSet<String>,
}

/// Everything that is scheduled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Definitions {
    /// The pipelines by name.
    pub pipelines: BTreeMap<String, Definition>,
    /// How many loads go at a time.
    pub at_a_time: usize,
}

/// A tick decided about within this time is on time: a scheduler that is started again, or an hour in which much is due, makes
/// nothing missed.
pub const GRACE: Duration = Duration::from_secs(300);

/// A run that dies with its scheduler this often is given up: it may well be what kills it.
pub const MOST_INTERRUPTIONS: u32 = 10;
