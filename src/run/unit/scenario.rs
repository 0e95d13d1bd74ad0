//! A unit test of models, resolved: what is given as typed rows, and what is expected.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::cells::Holds;
use crate::diagnostic::SourceFile;
use crate::names::{FeedName, OfficeCode};
use crate::period::Period;
use crate::project::{DeliveryMode, Source};
use crate::warehouse::SubmissionOutcome;

/// A scenario.
pub struct Scenario {
    /// Its file's path below `tests/models`, without `.toml`.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// Its file.
    pub file: Arc<SourceFile>,
    /// The moment up to which deliveries are known.
    pub today: DateTime<Utc>,
    /// What was delivered, in order of received time.
    pub deliveries: Vec<Delivery>,
    /// Tables in place of the project's own, by name.
    pub given: Vec<(String, RecordBatch)>,
    /// What must come out.
    pub expected: Vec<Expected>,
}

/// A delivery.
pub struct Delivery {
    /// The feed.
    pub feed: FeedName,
    /// The office.
    pub office: OfficeCode,
    /// The reporting month.
    pub period: Period,
    /// When it was received.
    pub received: DateTime<Utc>,
    /// What it holds.
    pub mode: DeliveryMode,
    /// The path that it has.
    pub path: String,
    /// Hash of what it says.
    pub hash: String,
    /// What it says.
    pub content: Content,
    /// What must become of it.
    pub outcome: SubmissionOutcome,
    /// How many of its rows must not be loaded.
    pub set_aside: u64,
    /// Its line in the file.
    pub line: usize,
}

/// What a delivery says.
pub enum Content {
    /// Loaded rows, without submission and revision.
    Rows(RecordBatch),
    /// An extract, how it is written, and the line of the scenario that each of its rows stands on.
    Extract(Bytes, Box<Source>, Vec<usize>),
}

/// What a table must hold.
pub struct Expected {
    /// The table.
    pub table: String,
    /// The rows that are looked at, as a condition.
    pub condition: Option<String>,
    /// The columns that are compared, with what they hold.
    pub columns: Vec<(String, Holds)>,
    /// Those among them that tell rows apart.
    pub grain: Vec<usize>,
    /// The rows with their lines in the file.
    pub rows: Vec<(Vec<Option<String>>, usize)>,
    /// The line of the expectation.
    pub line: usize,
}
