//! A run: pull, load, model, audit, release. Composes the stages; prints nothing.
//!
//! Guarantees: what could be loaded is loaded whatever else fails; a release is made only of what passed its tests,
//! and only where no required feed was refused.

mod advice;
mod artefacts;
mod as_of;
mod assess;
mod audit;
mod backfill;
mod behind;
mod changes;
mod choice;
mod closing;
mod drift;
mod feeds;
mod found_sound;
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
mod rulebook;
mod select;
mod sources;
mod standing;
mod timed;
mod trial;
pub mod unit;
mod world;

pub use advice::advice;
pub use as_of::open_as_of;
pub use audit::{Audit, AuditQuestion, Audited, audited};
pub use backfill::{MonthPlan, months as months_to_backfill, plan_backfill};
pub use behind::{Alone, Behind, behind};
pub use changes::{ChangedRecords, FeedChanges, RecordChange, changes_of};
pub use closing::{ClosedChange, ClosedTable};
pub use drift::{DriftLine, Drifted, standing as standing_drift};
pub use found_sound::remember;
pub use hold::hold_against;
pub use name::{TagRequest, tag};
pub use prepare::{Prepared, check_project, check_project_and, like_for_like, open_release};
pub use protect::{Erasure, Named, Pruning, Rotation, erase, lines as names_of, prune, rotate};
pub use pull::{Reached, reach};
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
use std::thread;
use std::time::Duration;

use artefacts::Making;
use chrono::{DateTime, Utc};
pub use feeds::Feeds;
use timed::Timed;
use tokio::task::JoinHandle;
use tracing::{Instrument, error_span};

use crate::clock::{SharedClock, random_bytes};
use crate::error::{Error, Kind, Result};
use crate::model::Checked;
use crate::project::Project;
use crate::trail;
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

/// How a run loads.
trait Load: AsyncFnOnce(&mut Writable, &str, &mut RunReport) -> Result<()> {}

impl<F: AsyncFnOnce(&mut Writable, &str, &mut RunReport) -> Result<()>> Load for F {}

/// A run that loads in its own way: recorded, then modelled and released. Its span is of the highest level, as are those of its
/// steps, so that every line of a log says what it is of; what is shown is for the lines' own levels to say.
async fn in_run(request: Request, progress: &Timed<'_>, load: impl Load) -> Result<RunReport> {
    let started = request.clock.now();
    let run_id = format!("{}-{}", started.format("%Y%m%dT%H%M%S%3fZ"), hex::encode(random_bytes::<3>()));
    let span = error_span!("run", run = run_id, otel.status_code = tracing::field::Empty);
    trail::follow(&span);
    let done = recorded(request, (run_id, started), progress, load).instrument(span.clone()).await;
    let has_failed = done.as_ref().map_or(true, |report| matches!(report.outcome, RunOutcome::Failed | RunOutcome::Held));
    if has_failed {
        span.record("otel.status_code", "ERROR");
    }
    done
}

async fn recorded(request: Request, (run_id, started): (String, DateTime<Utc>), progress: &Timed<'_>, load: impl Load) -> Result<RunReport> {
    let Request { project, checked, clock, selected, feeds, patience } = request;
    tracing::info!("work begins");
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
    let checked = Arc::new(checked);
    let described = feeds.is_all().then(|| described(&project, &checked, Making { at: clock.now(), run_id: Some(run_id.clone()) }));
    let mut report = RunReport::new(run_id.clone());
    report.selected = selected.as_ref().map(|names| names.iter().cloned().collect());
    let done = async {
        load(&mut writable, &run_id, &mut report).instrument(error_span!("load", step = "loading")).await?;
        if !feeds.is_all() {
            report.outcome = RunOutcome::Loaded;
            return Ok(());
        }
        let released = release::release((&project, &checked), selected.as_ref(), &writable.warehouse, &mut report, progress);
        released.instrument(error_span!("models", step = "modelling")).await
    }
    .await;
    if let Err(error) = &done {
        report.problems.push(error.to_string());
        report.outcome = RunOutcome::Failed;
    }
    tracing::info!(outcome = ?report.outcome, release = report.release, problems = report.problems.len(), "work ends");
    let ended = RunRecord { ended_at: Some(seconds(clock.now())), steps: progress.steps(), ..report.record(record) };
    let recorded = writable.warehouse.record_run(&ended).await;
    // Where the run failed its own error is the one to tell: a full disk keeps the record from being written too.
    done?;
    recorded?;
    tell(writable.warehouse.remember_files().await);
    if let Some(described) = described {
        tell(described.await.unwrap_or_else(|cause| Err(Error::new(Kind::Internal, "the project could not be described").because(cause))));
        tell(artefacts::write_results(&project, &checked, &report, started, &Making { at: clock.now(), run_id: Some(run_id) }));
    }
    // To give back thousands of plans and texts takes a while that nobody waits for: a process that ends does without.
    // Where no thread can be had they are given back here.
    let _ = thread::Builder::new().spawn(move || drop((project, checked)));
    Ok(report)
}

/// Tells what the project is, beside the work of a run.
fn described(project: &Arc<Project>, checked: &Arc<Checked>, making: Making) -> JoinHandle<Result<()>> {
    let (project, checked) = (project.clone(), checked.clone());
    tokio::task::spawn_blocking(move || artefacts::write_manifest(&project, &checked, &making))
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
