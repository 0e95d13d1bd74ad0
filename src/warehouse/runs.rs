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
    /// Why it failed or released nothing.
    pub problems: Vec<String>,
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

    /// The last runs, newest first.
    ///
    /// # Errors
    /// `Unavailable` where they cannot be read.
    pub async fn last_runs(&self, count: usize) -> Result<Vec<RunRecord>> {
        let mut runs = Vec::new();
        for object in self.store().list("runs").await?.iter().rev().take(count) {
            let bytes = self.store().read(&object.location).await?;
            runs.push(
                serde_json::from_slice(&bytes)
                    .map_err(|cause| Error::new(Kind::Conflict, format!("`{}` is no record of a run", object.location)).because(cause))?,
            );
        }
        Ok(runs)
    }
}
