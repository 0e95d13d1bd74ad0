//! What came and what did not: offices × feeds × periods, and the last runs.

mod matrix;

pub use matrix::{ExcusedReports, FeedNumbers, Matrix, MatrixWith, OfficeNumbers, Shown, numbers};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::calendar;
use crate::error::Result;
use crate::model::known_until;
use crate::project::Project;
use crate::run::{Drifted, standing_drift};
use crate::warehouse::{RunRecord, Warehouse, live_of};

/// What came and what was done.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The last runs, newest first.
    pub runs: Vec<RunRecord>,
    /// The newest release.
    pub release: Option<u64>,
    /// When the newest delivery was received.
    pub known_until: Option<String>,
    /// The moment at which reports were late, missing or not yet due.
    pub as_of: DateTime<Utc>,
    /// By feed.
    pub feeds: Vec<Matrix>,
    /// How the columns of current deliveries differ from their schemas.
    pub drift: Vec<Drifted>,
}

/// The status of a warehouse now: the last `runs` runs and what is asked for of the reports.
///
/// # Errors
/// `Unavailable` where it cannot be read; `Input` where a feed or an office is asked for that the project does not have.
pub async fn status(project: &Project, warehouse: &Warehouse, runs: usize, shown: &Shown) -> Result<Status> {
    shown.check(project)?;
    let submissions = warehouse.read_submissions().await?;
    let release = warehouse.latest_release().await?.map(|release| release.rihla.release);
    let until = known_until(&submissions);
    let as_of = warehouse.clock().now();
    let drift = standing_drift(&live_of(&submissions))?;
    let reports = calendar::reports(project, &submissions, as_of);
    Ok(Status {
        runs: warehouse.last_runs(runs).await?,
        release,
        known_until: until.map(|at| at.format("%Y-%m-%d").to_string()),
        as_of,
        feeds: matrix::of_feeds(project, &reports, shown),
        drift,
    })
}
