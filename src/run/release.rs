//! Models built and tested, and a release made of them where nothing stands against it.

use std::collections::{BTreeMap, BTreeSet};

use tracing::{Instrument, error_span};

use super::audit::{audit_run, moment, release_before};
use super::closing::{self, Judgement};
use super::prepare::fill_to_build;
use super::rows::count_changes;
use super::sources::keep_sources;
use super::{Progress, RunOutcome, RunReport};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::{Builder, Built, Checked, Months, audit_keys, definitions, keys_across, known_until};
use crate::project::Project;
use crate::warehouse::{
    ClosedPeriod, LastBuild, Manifest, ReleaseProvenance, Resource, TableChange, TableFate, TestResult, Warehouse, says_the_same, table_changes,
};

/// Builds what is wanted, all where nothing is said, and releases where every table is up to date.
pub async fn release(
    (project, checked): (&Project, &Checked),
    wanted: Option<&BTreeSet<String>>,
    warehouse: &Warehouse,
    report: &mut RunReport,
    progress: &dyn Progress,
) -> Result<()> {
    let submissions = warehouse.read_submissions().await?;
    let last = warehouse.latest_release().await?;
    let engine = Engine::new(project.memory_mib)?;
    let inputs = fill_to_build(&engine, project, warehouse, &submissions).await?;
    progress.begin("modelling", checked.models.len() as u64);
    let before = warehouse.last_build().await?;
    let moment = moment(project, warehouse.clock());
    let months = Months::default();
    let builder = Builder { project, warehouse, engine: &engine, inputs: &inputs, checked, last: &before, wanted, moment, months };
    let Built { build: mut built, mut outcomes, .. } = builder.build(|model| progress.advance(model)).await?;
    let keys = audit_keys(&engine, &keys_across(project)).await?;
    built.tests.extend(keys.iter().cloned());
    let closed = closing::closed_now(project, warehouse);
    let is_unchanged = last.as_ref().is_some_and(|last| is_same(last, &built, &closed));
    // What the last release says already is held against the one before it, as it was when it was made.
    built.against = if is_unchanged { release_before(warehouse, last.as_ref()).await? } else { last.as_ref().map(|last| last.rihla.release) };
    audit_run(checked, warehouse, &engine, moment, &mut built).await?;
    outcomes.iter_mut().for_each(|outcome| outcome.note_tests(&built.tests));
    if built != before {
        warehouse.remember_build(&built).await?;
    }
    report.note_models(outcomes);
    report.note_keys(keys);
    report.tables = built.tables.len();
    report.release = last.as_ref().map(|last| last.rihla.release);
    let stops = report.failed_tests.iter().any(TestResult::stops);
    if stops {
        let what = if is_unchanged { "tests failed of what is released already" } else { "tests failed: no release is made" };
        report.problems.push(format!("{what}; `rihla audit --failing` shows the rows"));
    }
    if !report.failed_models.is_empty() {
        report.problems.push("models failed: no release is made".to_owned());
        report.outcome = RunOutcome::Failed;
        return Ok(());
    }
    // A release is of one state: where any table is of another there is none to make, and nothing to hold against the last.
    if !report.out_of_date.is_empty() {
        report.outcome = RunOutcome::Held;
        return Ok(());
    }
    let stands_against = report.is_held_back || (stops && !is_unchanged);
    if let Some(last) = last.as_ref().filter(|_| !stands_against && is_unchanged) {
        report.outcome = RunOutcome::Unchanged;
        // A run that was killed after its release but before its folder was made left this to do.
        warehouse.show(last)?;
        return warehouse.show_tags().await;
    }
    let verdict = match &last {
        Some(last) if !stands_against => judge(project, warehouse, last, &built, report).await?,
        _ => Verdict { judgement: Judgement { closed, ..Judgement::default() }, holds: stands_against },
    };
    if verdict.holds {
        report.changes = last.as_ref().map(|last| changes(warehouse, &last.resources, &built.tables)).transpose()?.unwrap_or_default();
        report.outcome = RunOutcome::Held;
        tracing::info!(problems = report.problems.join("; "), "release held back");
        return Ok(());
    }
    progress.begin("releasing", 0);
    let number = last.as_ref().map_or(0, |last| last.rihla.release) + 1;
    let known = known_until(&submissions).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default();
    let mut manifest = manifest((project, checked), warehouse, built, number, known, &report.run_id);
    (manifest.rihla.closed, manifest.rihla.restated) = (verdict.judgement.closed, verdict.judgement.approved);
    manifest.rihla.inputs = keep_sources(warehouse, checked, &inputs).await?;
    let published = async {
        warehouse.publish(&manifest).await?;
        tracing::info!(release = number, tables = report.tables, "release made");
        Ok::<(), crate::error::Error>(())
    };
    published.instrument(error_span!("release", step = "releasing")).await?;
    report.release = Some(number);
    report.outcome = RunOutcome::Released;
    Ok(())
}

/// What the last release says to another one.
struct Verdict {
    judgement: Judgement,
    /// True where there must be none.
    holds: bool,
}

/// Asks the last release: closed periods stand against another one, and a rollback that nobody has cleared.
async fn judge(project: &Project, warehouse: &Warehouse, last: &Manifest, built: &LastBuild, report: &mut RunReport) -> Result<Verdict> {
    let judgement = closing::judge(project, warehouse, last, &built.tables)?;
    let number = last.rihla.release;
    let mut problems = judgement.problems(number);
    if let (Some(back), true) = (&last.rihla.rolled_back_to, warehouse.is_held_by_rollback(last).await?) {
        problems.push(format!("release {number} is a rollback to release {} and stays until `rihla rollback --clear`", back.release));
    }
    let holds = !problems.is_empty();
    report.problems.extend(problems);
    report.closed_changes.clone_from(&judgement.changes);
    Ok(Verdict { judgement, holds })
}

/// Tables that would be otherwise, with how many of their rows.
fn changes(warehouse: &Warehouse, before: &[Resource], after: &[Resource]) -> Result<Vec<TableChange>> {
    let mut changes = table_changes(before, after);
    for change in changes.iter_mut().filter(|change| change.fate == TableFate::Changed) {
        let find = |tables: &[Resource]| tables.iter().find(|table| table.name == change.table).cloned();
        if let (Some(before), Some(after)) = (find(before), find(after)) {
            change.rows = Some(count_changes(warehouse, &before, &after)?);
        }
    }
    Ok(changes)
}

/// True where a release would say what the last one says, whatever it was made of.
pub(super) fn is_same(last: &Manifest, built: &LastBuild, closed: &[ClosedPeriod]) -> bool {
    let says = |(old, new)| says_the_same(old, new);
    // What depends on the moment or on an earlier release is no news by itself.
    let tested = |tests: &[TestResult]| tests.iter().map(|test| if test.is_of_run { test.unrun() } else { test.clone() }).collect::<Vec<_>>();
    last.resources.len() == built.tables.len()
        && last.resources.iter().zip(&built.tables).all(says)
        && tested(&last.rihla.tests) == tested(&built.tests)
        && last.rihla.closed == closed
}

fn manifest((project, checked): (&Project, &Checked), warehouse: &Warehouse, built: LastBuild, number: u64, known_until: String, run_id: &str) -> Manifest {
    let mut pins: BTreeMap<String, u64> = warehouse.feeds.iter().map(|(feed, table)| (format!("feeds/{feed}"), table.version())).collect();
    pins.insert("submissions".to_owned(), warehouse.submissions.version());
    pins.insert("quarantine".to_owned(), warehouse.set_aside.version());
    Manifest {
        profile: "https://datapackage.org/profiles/2.0/datapackage.json".to_owned(),
        name: format!("{}-{number:06}", project.name),
        title: project.title.clone(),
        description: "Restricted: no figure is withheld, so small groups can be recognised. For the owner of the data; not to be passed on.".to_owned(),
        version: number.to_string(),
        created: warehouse.clock().now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        resources: built.tables,
        rihla: ReleaseProvenance {
            release: number,
            tier: "restricted".to_owned(),
            run_id: run_id.to_owned(),
            known_until,
            pins,
            definitions: definitions(project, checked),
            staging: built.staging,
            tests: built.tests,
            inputs: BTreeMap::new(),
            reissued: Vec::new(),
            closed: Vec::new(),
            restated: Vec::new(),
            rolled_back_to: None,
        },
    }
}
