//! Records of runs: what each did, readable after it ended however it ended.

use serde::{Deserialize, Serialize};

use super::{RowCounts, Warehouse};
use crate::error::{Error, Kind, Result};

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its start and something unique.
    pub run_id: String,
    /// When it began.
    pub started_at: String,
    /// When it ended; nothing while it works, or where it was interrupted.
    pub ended_at: Option<String>,
    /// `running`, `released`, `unchanged`, `loaded` (loaded, but not released) or `failed`.
    pub outcome: String,
    /// The release it made.
    pub release: Option<u64>,
    /// What it loaded, by feed.
    pub feeds: Vec<StepRecord>,
    /// When it came to its steps, in order; nothing while it works, and of runs of versions that did not note it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepTime>,
    /// Why it failed or released nothing.
    pub problems: Vec<String>,
}

/// When a run came to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    /// `loading`, `modelling`, `releasing` or `judging anew`.
    pub step: String,
    /// When it began.
    pub began_at: String,
    /// How many things there were to do, deliveries or models; 0 where that is not known.
    pub things: u64,
}

/// What a run loaded of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The feed.
    pub feed: String,
    /// Deliveries loaded.
    pub loaded: u64,
    /// Deliveries that said nothing new.
    pub unchanged: u64,
    /// Deliveries refused whole.
    pub refused: u64,
    /// Rows of the deliveries, by what became of them.
    pub rows: RowCounts,
}

impl Warehouse {
    /// Writes the record of a run, in place of an earlier one of the same run.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn record_run(&self, run: &RunRecord) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(run).map_err(|cause| Error::new(Kind::Internal, "cannot write the record of the run").because(cause))?;
        self.store().write(&format!("runs/{}.json", run.run_id), bytes).await
    }

    /// The record of a run; nothing where there is none of that name.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read; `Conflict` where it is none.
    pub async fn run_record(&self, run_id: &str) -> Result<Option<RunRecord>> {
        let Some(object) = self.store().list("runs").await?.into_iter().find(|object| object.location.filename() == Some(&format!("{run_id}.json"))) else {
            return Ok(None);
        };
        Ok(Some(parsed(object.location.as_ref(), &self.store().read(&object.location).await?)?))
    }

    /// The last runs, newest first.
    ///
    /// # Errors
    /// `Unavailable` where they cannot be read.
    pub async fn last_runs(&self, count: usize) -> Result<Vec<RunRecord>> {
        let mut runs = Vec::new();
        for object in self.store().list("runs").await?.iter().rev().take(count) {
            runs.push(parsed(object.location.as_ref(), &self.store().read(&object.location).await?)?);
        }
        Ok(runs)
    }
}

fn parsed(location: &str, bytes: &[u8]) -> Result<RunRecord> {
    serde_json::from_slice(bytes).map_err(|cause| Error::new(Kind::Conflict, format!("`{location}` is no record of a run")).because(cause))
}
