//! What several commands need before they can begin: a checked project, an engine with its tables.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use super::found_sound;
use super::protect::{Cutoffs, kept};
use crate::diagnostic::{self, Fault, Severity};
use crate::engine::Engine;
use crate::error::{self, Error, Result};
use crate::model::{self, Checked, Filler, Inputs, ProjectRules};
use crate::project::{self, Project};
use crate::validate::{RULES, read_reference};
use crate::warehouse::{Keep, Manifest, Submission, Warehouse};

/// A project and its models, found in order.
pub struct Prepared {
    /// The project.
    pub project: Arc<Project>,
    /// Its models.
    pub checked: Checked,
    /// What is worth mending although it stops nothing.
    pub warnings: Vec<Fault>,
    /// True where it had been found out before that nothing is at fault, and was not found out anew.
    pub is_remembered: bool,
}

/// Checks a project folder and its models, unless that was done before and found nothing; touches nothing.
///
/// # Errors
/// `Config` with every fault found.
pub async fn check_project(root: &Path) -> Result<Prepared> {
    let (project, faults) = project::load_with_faults(root)?;
    if faults.is_empty()
        && let Some(checked) = found_sound::remembered(&project)
    {
        return Ok(Prepared { project: Arc::new(project), checked, warnings: faults, is_remembered: true });
    }
    checked((project, faults), async |_, _, _| Ok(())).await
}

/// Checks a project folder, its models, and what else the caller looks at; it is given no models where they have faults.
///
/// # Errors
/// `Config` with every fault found.
pub async fn check_project_and(root: &Path, also: impl AsyncFnOnce(&Project, Option<&Checked>, &mut Vec<Fault>) -> Result<()>) -> Result<Prepared> {
    checked(project::load_with_faults(root)?, also).await
}

async fn checked(
    (project, mut faults): (Project, Vec<Fault>),
    also: impl AsyncFnOnce(&Project, Option<&Checked>, &mut Vec<Fault>) -> Result<()>,
) -> Result<Prepared> {
    let checked = model::check(&project, &mut faults).await?;
    ProjectRules::checked(&project, RULES, &mut faults)?;
    also(&project, checked.as_ref(), &mut faults).await?;
    diagnostic::sort(&mut faults);
    match checked {
        Some(checked) if faults.iter().all(|fault| fault.severity == Severity::Warning) => {
            Ok(Prepared { project: Arc::new(project), checked, warnings: faults, is_remembered: false })
        }
        _ => Err(Error::faults(faults)),
    }
}

/// Adds to an engine everything that models read; only rows of `offices` where they are given.
pub async fn fill(engine: &Engine, project: &Project, warehouse: &Warehouse, submissions: &[Submission], offices: Option<&[String]>) -> Result<Inputs> {
    fill_with(engine, project, warehouse, submissions, offices, &Cutoffs::new(), Keep::No).await
}

/// Adds to an engine everything that models read, as it stands; what was found of it is kept for the next time.
pub async fn fill_to_build(engine: &Engine, project: &Project, warehouse: &Warehouse, submissions: &[Submission]) -> Result<Inputs> {
    fill_with(engine, project, warehouse, submissions, None, &Cutoffs::new(), Keep::Yes).await
}

/// The same without the rows of feeds whose events lie before a day.
pub async fn fill_kept(engine: &Engine, project: &Project, warehouse: &Warehouse, submissions: &[Submission], kept_from: &Cutoffs) -> Result<Inputs> {
    fill_with(engine, project, warehouse, submissions, None, kept_from, Keep::No).await
}

async fn fill_with(
    engine: &Engine,
    project: &Project,
    warehouse: &Warehouse,
    submissions: &[Submission],
    offices: Option<&[String]>,
    kept_from: &Cutoffs,
    keep: Keep,
) -> Result<Inputs> {
    let mut filler = Filler::new(engine, project, submissions);
    filler.offices = offices;
    let removals = warehouse.receipts().await?;
    filler.removals = &removals;
    for pipeline in &project.pipelines {
        let contract = &pipeline.contract;
        if let Some(table) = warehouse.feeds.get(contract.feed.as_str()) {
            match kept_from.get(contract.feed.as_str()) {
                Some(day) => filler.feed(contract, kept(engine, contract, table.provider().await?, *day)?).await?,
                None => filler.stored_feed(contract, warehouse.store(), table, keep).await?,
            }
        }
    }
    filler.rest(read_references(project)?)
}

/// The tables of the project that no office sends, by name.
pub fn read_references(project: &Project) -> Result<Vec<(String, RecordBatch)>> {
    let mut references = Vec::new();
    for reference in &project.references {
        let bytes = std::fs::read(&reference.path).map_err(|cause| error::io(format!("cannot read `{}`", reference.path.display()), cause))?;
        references.push((reference.name.clone(), read_reference(reference, &bytes.into())?));
    }
    Ok(references)
}

/// An engine that holds the tables of a release, and nothing else.
///
/// # Errors
/// `Unavailable` where a table cannot be read.
pub async fn open_release(project: &Project, warehouse: &Warehouse, manifest: &Manifest) -> Result<Engine> {
    let engine = Engine::new(project.memory_mib)?;
    for resource in &manifest.resources {
        engine.add_parquet(&resource.name, &warehouse.resource_file(resource)).await?;
    }
    Ok(engine)
}

/// An engine with the table of a model, and all it reads, made of the rows of some offices alone, for comparisons like
/// for like.
///
/// # Errors
/// As the engine says.
pub async fn like_for_like(prepared: &Prepared, warehouse: &Warehouse, submissions: &[Submission], offices: &[String], table: &str) -> Result<Engine> {
    let engine = Engine::new(prepared.project.memory_mib)?;
    fill(&engine, &prepared.project, warehouse, submissions, Some(offices)).await?;
    let needed = upstream(&prepared.checked, table);
    for model in prepared.checked.models.iter().filter(|model| needed.contains(model.name.as_str())) {
        let what = || format!("cannot run the model `{}` on the offices that reported in both periods", model.name);
        let frame = engine.context().sql(&model.file.text).await.map_err(|cause| error::engine(what(), cause))?;
        // Each result is kept: views within views would be run again for every mention, all at once.
        let kept = frame.cache().await.map_err(|cause| error::engine(what(), cause))?;
        engine.add(None, model.name.as_str(), kept.into_view())?;
    }
    Ok(engine)
}

/// A model and all models that it reads, through others too.
pub(super) fn upstream<'m>(checked: &'m Checked, table: &'m str) -> BTreeSet<&'m str> {
    let mut needed = BTreeSet::from([table]);
    // Models stand after what they read, so that one look from the end finds all.
    for model in checked.models.iter().rev() {
        if needed.contains(model.name.as_str()) {
            needed.extend(model.models_queried());
        }
    }
    needed
}
