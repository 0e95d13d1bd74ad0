//! Pauses: times at which a pipeline, or all of them, do not start.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A pause. Ticks whose nominal time is in it are skipped; what already waits when it begins is held until it ends; what runs
/// goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The pipeline; none for all of them.
    pub pipeline: Option<String>,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When it ended; none while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// Why, for the people who find it.
    pub reason: String,
}

impl Pause {
    /// True where it holds a pipeline at an instant.
    pub fn holds(&self, pipeline: &str, at: DateTime<Utc>) -> bool {
        let is_of = self.pipeline.as_deref().is_none_or(|name| name == pipeline);
        is_of && self.since <= at && self.until.is_none_or(|until| at < until)
    }

    /// True where it holds a pipeline until further notice.
    pub fn lasts(&self, pipeline: &str) -> bool {
        self.until.is_none() && self.pipeline.as_deref().is_none_or(|name| name == pipeline)
    }
}
