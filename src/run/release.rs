//! Models built and tested, and a release made of them where nothing stands against it.

use std::collections::{BTreeMap, BTreeSet};

use super::prepare::fill;
use super::sources::keep_sources;
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
    let builder = Builder { project, warehouse, engine: &engine, inputs: &inputs, checked, last: &before, wanted };
    let Built { build: built, outcomes, .. } = builder.build(|model| progress.advance(model)).await?;
    if built != before {
        warehouse.remember_build(&built).await?;
    }
    report.note_models(outcomes);
    report.tables = built.tables.len();
    report.release = last.as_ref().map(|last| last.rihla.release);
    if report.failed_tests.iter().any(TestResult::stops) {
        report.problems.push("tests failed: no release is made".to_owned());
    }
    if !report.failed_models.is_empty() {
        report.problems.push("models failed: no release is made".to_owned());
        report.outcome = RunOutcome::Failed;
        return Ok(());
    }
    // A release is of one state: where any table is of another there is none to make.
    if !report.out_of_date.is_empty() || report.is_held_back || report.failed_tests.iter().any(TestResult::stops) {
        report.outcome = RunOutcome::Held;
        return Ok(());
    }
    if let Some(last) = last.as_ref().filter(|last| is_same(last, &built)) {
        report.outcome = RunOutcome::Unchanged;
        // A run that was killed after its release but before its folder was made left this to do.
        return warehouse.show(last);
    }
    let number = last.as_ref().map_or(0, |last| last.rihla.release) + 1;
    let known = known_until(&submissions).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default();
    let mut manifest = manifest((project, checked), warehouse, built, number, known, &report.run_id);
    manifest.rihla.inputs = keep_sources(warehouse, checked, &inputs).await?;
    warehouse.publish(&manifest).await?;
    report.release = Some(number);
    report.outcome = RunOutcome::Released;
    Ok(())
}

/// True where a release would say what the last one says, whatever it was made of.
fn is_same(last: &Manifest, built: &LastBuild) -> bool {
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
    said(&last.resources) == said(&built.tables) && last.rihla.tests == built.tests
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
        },
    }
}
