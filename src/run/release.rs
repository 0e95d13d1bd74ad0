//! Models built and tested, and a release made of them where nothing stands against it.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::{audit_run, moment, release_before};
use super::prepare::fill;
use super::{Progress, RunOutcome, RunReport};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::{Builder, Built, Checked, definitions, known_until};
use crate::project::Project;
use crate::warehouse::{LastBuild, Manifest, ReleaseProvenance, Resource, TestResult, Warehouse};

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
    let inputs = fill(&engine, project, warehouse, &submissions, None).await?;
    progress.begin("modelling", checked.models.len() as u64);
    let before = warehouse.last_build().await?;
    let moment = moment(project, warehouse.clock());
    let builder = Builder { project, warehouse, engine: &engine, inputs: &inputs, checked, last: &before, wanted, moment };
    let Built { build: mut built, mut outcomes, .. } = builder.build(|model| progress.advance(model)).await?;
    let is_unchanged = last.as_ref().is_some_and(|last| is_same(last, &built));
    // What the last release says already is held against the one before it, as it was when it was made.
    built.against = if is_unchanged { release_before(warehouse, last.as_ref()).await? } else { last.as_ref().map(|last| last.rihla.release) };
    audit_run(checked, warehouse, &engine, moment, &mut built).await?;
    outcomes.iter_mut().for_each(|outcome| outcome.note_tests(&built.tests));
    if built != before {
        warehouse.remember_build(&built).await?;
    }
    report.note_models(outcomes);
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
    // A release is of one state: where any table is of another there is none to make.
    if !report.out_of_date.is_empty() || report.is_held_back || (stops && !is_unchanged) {
        report.outcome = RunOutcome::Held;
        return Ok(());
    }
    if let Some(last) = last.as_ref().filter(|_| is_unchanged) {
        report.outcome = RunOutcome::Unchanged;
        // A run that was killed after its release but before its folder was made left this to do.
        return warehouse.show(last);
    }
    let number = last.as_ref().map_or(0, |last| last.rihla.release) + 1;
    let known = known_until(&submissions).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default();
    warehouse.publish(&manifest((project, checked), warehouse, built, number, known, &report.run_id)).await?;
    report.release = Some(number);
    report.outcome = RunOutcome::Released;
    Ok(())
}

/// True where a release would say what the last one says, whatever it was made of.
pub(super) fn is_same(last: &Manifest, built: &LastBuild) -> bool {
    let said = |tables: &[Resource]| {
        tables
            .iter()
            .map(|table| {
                (
                    table.name.clone(),
                    table.hash.clone(),
                    table.rihla.csv.clone(),
                    table.description.clone(),
                    table.schema.clone(),
                    table.rihla.measures.clone(),
                    table.rihla.reports.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    // What depends on the moment or on an earlier release is no news by itself.
    let tested = |tests: &[TestResult]| tests.iter().map(|test| if test.is_of_run { test.unrun() } else { test.clone() }).collect::<Vec<_>>();
    said(&last.resources) == said(&built.tables) && tested(&last.rihla.tests) == tested(&built.tests)
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
            reissued: Vec::new(),
        },
    }
}
