//! What stands behind a release: the rows that it pins, with the tables of its models, to be asked how a figure came about.
//!
//! Guarantees: nothing is read that the release did not know, and nothing of people erased since; a model that is not
//! the one that the release was made with is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::physical_plan::collect_partitioned;

use super::prepare::{Prepared, fill, upstream};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::model::{Checked, Model, model_hash};
use crate::warehouse::{Manifest, Resource, Submission, Warehouse};

/// What stands behind a table of a release.
pub struct Behind {
    /// Current rows of feeds as the release knew them, what the system knows, and the tables of models on the way.
    pub engine: Engine,
    /// The submissions that the release knew.
    pub submissions: Vec<Submission>,
}

/// What stands behind a table of a release, with that table.
///
/// # Errors
/// `Input` where a model changed since; else as the engine and the disk say.
pub async fn behind(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest, table: &str) -> Result<Behind> {
    let submissions = warehouse.submissions_of(release).await?;
    let engine = Engine::new(prepared.project.memory_mib)?;
    fill(&engine, &prepared.project, warehouse, &submissions, None).await?;
    let needed = upstream(&prepared.checked, table);
    for model in prepared.checked.models.iter().filter(|model| needed.contains(model.name.as_str())) {
        add(&engine, warehouse, prepared, model, resource(model, release)?).await?;
    }
    Ok(Behind { engine, submissions })
}

/// The table of a model in a release.
fn resource<'r>(model: &Model, release: &'r Manifest) -> Result<&'r Resource> {
    let tables = if model.is_staging { &release.rihla.staging } else { &release.resources };
    let found = tables.iter().find(|resource| resource.name == model.name.as_str());
    found.filter(|resource| resource.rihla.model == model_hash(model)).ok_or_else(|| {
        Error::new(Kind::Input, format!("the model `{}` is not the one that release {} was made with", model.name, release.rihla.release))
            .hint("run `rihla run` and explain the new release, or use the project folder as it was then")
    })
}

/// Adds the table of a model: its file, or what it says anew where the file was pruned.
async fn add(engine: &Engine, warehouse: &Warehouse, prepared: &Prepared, model: &Model, resource: &Resource) -> Result<()> {
    if !model.is_staging {
        return engine.add_parquet(model.name.as_str(), &warehouse.resource_file(resource)).await;
    }
    match warehouse.has_staging(resource) {
        true => engine.add_files(model.name.as_str(), &warehouse.staging_files(resource), prepared.checked.schema(model.name.as_str())),
        false => make(engine, model).await,
    }
}

/// Runs a model and keeps its table in memory.
async fn make(engine: &Engine, model: &Model) -> Result<()> {
    let what = || format!("cannot run the model `{}`", model.name);
    let made = async {
        let frame = engine.context().sql(&model.file.text).await?;
        let (plan, task) = (frame.clone().create_physical_plan().await?, Arc::new(frame.task_ctx()));
        // A table, and no view: a view's plan would be put in its place and its name be lost.
        MemTable::try_new(plan.schema(), collect_partitioned(plan, task).await?)
    };
    let table = made.await.map_err(|cause| error::engine(what(), cause))?;
    engine.add(None, model.name.as_str(), Arc::new(table))
}

/// What a table is made of anew.
pub struct Alone<'a> {
    /// Rows of feeds: those given of each, none of the others.
    pub rows: &'a BTreeMap<String, Vec<RecordBatch>>,
    /// Models whose tables are taken as they were released.
    pub given: &'a BTreeSet<String>,
}

impl Alone<'_> {
    /// An engine with a table of a release made anew of these alone.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn make(&self, prepared: &Prepared, warehouse: &Warehouse, release: &Manifest, behind: &Behind, table: &str) -> Result<Engine> {
        let engine = Engine::new(prepared.project.memory_mib)?;
        fill(&engine, &prepared.project, warehouse, &behind.submissions, None).await?;
        for pipeline in &prepared.project.pipelines {
            self.replace(&engine, pipeline.contract.feed.as_str())?;
        }
        let needed = self.needed(&prepared.checked, table);
        for model in prepared.checked.models.iter().filter(|model| needed.contains(model.name.as_str())) {
            if self.given.contains(model.name.as_str()) {
                add(&engine, warehouse, prepared, model, resource(model, release)?).await?;
            } else {
                make(&engine, model).await?;
            }
        }
        Ok(engine)
    }

    /// Puts the rows given in the place of a feed's.
    fn replace(&self, engine: &Engine, feed: &str) -> Result<()> {
        let what = || format!("cannot prepare the feed `{feed}`");
        let name = TableReference::partial("feeds", feed);
        // A feed that was never loaded has no table, and its models were never built.
        let Some(all) = engine.context().deregister_table(name).map_err(|cause| error::engine(what(), cause))? else { return Ok(()) };
        let some = self.rows.get(feed).cloned().unwrap_or_default();
        let schema = some.first().map_or_else(|| all.schema(), |batch| batch.schema());
        let kept = MemTable::try_new(schema, vec![some]).map_err(|cause| error::engine(what(), cause))?;
        engine.add(Some("feeds"), feed, Arc::new(kept))
    }

    /// A model and all models that it reads, but what stands behind those that are given.
    fn needed<'m>(&self, checked: &'m Checked, table: &'m str) -> BTreeSet<&'m str> {
        let mut needed = BTreeSet::from([table]);
        for model in checked.models.iter().rev() {
            if needed.contains(model.name.as_str()) && !self.given.contains(model.name.as_str()) {
                needed.extend(model.models_queried());
            }
        }
        needed
    }
}
