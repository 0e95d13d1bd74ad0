//! A run: pull, load, model, audit, release. Composes the stages; prints nothing.
//!
//! Guarantees: what could be loaded is loaded whatever else fails; a release is made only of what passed its tests,
//! and only where no required feed was refused.

mod advice;
mod artefacts;
mod as_of;
mod assess;
mod audit;
mod behind;
mod changes;
mod choice;
mod closing;
mod drift;
mod feeds;
mod hold;
mod judge;
mod load;
mod name;
mod prepare;
mod protect;
mod pull;
mod release;
mod replay;
mod report;
mod returned;
mod rollback;
mod rows;
mod select;
mod sources;
mod standing;
mod timed;
mod trial;
pub mod unit;
mod world;

pub use advice::advice;
pub use as_of::{end_of_day, open_as_of};
pub use audit::{Audit, AuditQuestion, Audited, audited};
pub use behind::{Alone, Behind, behind};
pub use changes::{ChangedRecords, FeedChanges, RecordChange, changes_of};
pub use closing::{ClosedChange, ClosedTable};
pub use drift::{DriftLine, Drifted, standing as standing_drift};
pub use hold::hold_against;
pub use name::{TagRequest, tag};
pub use prepare::{Prepared, check_project, check_project_and, like_for_like, open_release};
pub use protect::{Erasure, Named, Pruning, Rotation, erase, lines as names_of, prune, rotate};
pub use replay::{FieldChange, NotReplayed, Rejudged, RejudgedAs, Replay, RowTold, Which as WhichReports, replay, would_replay};
pub use report::{FailedModel, FeedReport, Refused, RunOutcome, RunReport, SkippedModel};
pub use returned::{Laid, Places, mended, newest as newest_to_mend};
pub use rollback::{Rollback, clear_rollback, rollback};
pub use rows::RowChange;
pub use select::select;
pub use standing::{Arrival, Standing, standing};
pub use trial::{FaultGroup, Trial, Wanted, trial};
pub use world::{Results, Rows, Tables, World, add as add_rows, upstream_of};

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use artefacts::Making;
pub use feeds::Feeds;
use timed::Timed;

use crate::clock::{SharedClock, random_bytes};
use crate::error::Result;
use crate::model::Checked;
use crate::project::Project;
use crate::warehouse::{RunRecord, Warehouse, Writable};

/// Where a long run tells how far it is.
pub trait Progress: Send + Sync {
    /// A step has begun; `total` things are to be done in it.
    fn begin(&self, step: &str, total: u64);
    /// One thing of the step is done, or begun.
    fn advance(&self, thing: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: &str) {}
}

/// What a run is asked to do.
pub struct Request {
    /// The project, in order.
    pub project: Arc<Project>,
    /// Its models, in order.
    pub checked: Checked,
    /// The time.
    pub clock: SharedClock,
    /// The models that are asked for; all where absent.
    pub selected: Option<BTreeSet<String>>,
    /// The feeds that are loaded; where they are some, nothing is built or released.
    pub feeds: Feeds,
    /// How long another process that is loading is waited for.
    pub patience: Duration,
}

/// Runs everything.
///
/// # Errors
/// Where nothing could be done at all; what failed in parts stands in the report.
pub async fn run(request: Request, progress: &dyn Progress) -> Result<RunReport> {
    let (project, feeds) = (request.project.clone(), request.feeds.clone());
    let timed = Timed::new(progress, request.clock.clone());
    in_run(request, &timed, async |writable, run_id, report| load::load((&project, &feeds), writable, run_id, report, &timed).await).await
}

/// A run that loads in its own way: recorded, then modelled and released.
async fn in_run(request: Request, progress: &Timed<'_>, load: impl AsyncFnOnce(&mut Writable, &str, &mut RunReport) -> Result<()>) -> Result<RunReport> {
    let Request { project, checked, clock, selected, feeds, patience } = request;
    let started = clock.now();
    let run_id = format!("{}-{}", started.format("%Y%m%dT%H%M%S%3fZ"), hex::encode(random_bytes::<3>()));
    tracing::debug!(run_id, "run begins");
    let mut writable = Warehouse::open_to_write_within(&project, clock.clone(), patience).await?;
    tracing::debug!("warehouse opened");
    let record = RunRecord {
        run_id: run_id.clone(),
        started_at: seconds(started),
        ended_at: None,
        outcome: "running".to_owned(),
        release: None,
        feeds: Vec::new(),
        steps: Vec::new(),
        problems: Vec::new(),
    };
    writable.warehouse.record_run(&record).await?;
    let mut report = RunReport::new(run_id.clone());
    report.selected = selected.as_ref().map(|names| names.iter().cloned().collect());
    let done = async {
        load(&mut writable, &run_id, &mut report).await?;
        if !feeds.is_all() {
            report.outcome = RunOutcome::Loaded;
            return Ok(());
        }
        release::release((&project, &checked), selected.as_ref(), &writable.warehouse, &mut report, progress).await
    }
    .await;
    if let Err(error) = &done {
        report.problems.push(error.to_string());
        report.outcome = RunOutcome::Failed;
    }
    let ended = RunRecord { ended_at: Some(seconds(clock.now())), steps: progress.steps(), ..report.record(record) };
    let recorded = writable.warehouse.record_run(&ended).await;
    // Where the run failed its own error is the one to tell: a full disk keeps the record from being written too.
    done?;
    recorded?;
    let making = Making { at: clock.now(), run_id: Some(&run_id) };
    if !feeds.is_all() {
        return Ok(report);
    }
    tell(artefacts::write_manifest(&project, &checked, &making));
    tell(artefacts::write_results(&project, &checked, &report, started, &making));
    Ok(report)
}

/// Writes `target/manifest.json` for a project that was found in order.
pub fn describe(prepared: &Prepared, clock: &SharedClock) {
    tell(artefacts::write_manifest(&prepared.project, &prepared.checked, &Making { at: clock.now(), run_id: None }));
}

/// Artefacts are for other programs: nothing fails for want of them.
fn tell(written: Result<()>) {
    if let Err(error) = written {
        tracing::warn!(because = error.causes().join(": "), "{error}");
    }
}

/// What a run would load, without touching anything.
///
/// # Errors
/// Where the warehouse cannot be read.
pub async fn dry_run(request: Request, progress: &dyn Progress) -> Result<RunReport> {
    let mut report = RunReport::new("dry-run".to_owned());
    report.selected = request.selected.map(|names| names.into_iter().collect());
    load::would_load(&request.project, request.clock, &mut report, progress).await?;
    Ok(report)
}

fn seconds(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
