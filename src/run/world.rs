//! What a release was made of, made ready to be run again in memory: its models, its feeds as far as deliveries were
//! known to it, the project's own tables of that time.
//!
//! Guarantees: nothing is written. What is not kept is named and stands as it is now. Rows that were erased or pruned
//! since are in no world, since nobody holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::compute::{cast, concat_batches};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;

use super::prepare::{Prepared, fill};
use crate::contract::loaded_schema;
use crate::diagnostic::SourceFile;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::graph;
use crate::model::{Model, model_hash, written_schema};
use crate::warehouse::{Manifest, Submission, Warehouse};

/// Rows in memory; cheap to hand on.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

/// Tables by name: `feeds.returns`, `codes.country`, or a model's name alone.
pub type Tables = BTreeMap<String, Rows>;

/// What a release was made of.
#[derive(Debug)]
pub struct World {
    /// The models, each after what it reads.
    pub models: Vec<Model>,
    /// What they read and do not make.
    pub inputs: Tables,
    /// The content of the project's own tables, by name.
    pub prints: BTreeMap<String, String>,
    /// Every submission that was known.
    pub submissions: Vec<Submission>,
    /// Models whose text is kept nowhere.
    pub lost_models: BTreeSet<String>,
    /// The project's own tables whose content is kept nowhere: they stand here as they are now.
    pub lost_inputs: BTreeSet<String>,
    /// The project's own tables that are others now.
    pub changed_inputs: BTreeSet<String>,
}

impl World {
    /// The world of a release.
    ///
    /// # Errors
    /// As the warehouse and the engine say.
    pub async fn of(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest) -> Result<Self> {
        let submissions = warehouse.submissions_of(release).await?;
        let mut world = Self::known(prepared, warehouse, submissions).await?;
        world.models = Vec::new();
        let (models, lost) = models_of(prepared, warehouse, release).await?;
        (world.models, world.lost_models) = (models, lost);
        let own: Vec<(String, String)> = world.prints.iter().map(|(name, print)| (name.clone(), print.clone())).collect();
        for (name, print) in own {
            let Some(then) = release.rihla.inputs.get(&name) else {
                world.lost_inputs.insert(name);
                continue;
            };
            if *then == print {
                continue;
            }
            match warehouse.kept_input(then).await? {
                Some(content) => {
                    world.inputs.insert(name.clone(), Rows { schema: content.schema(), batches: vec![content] });
                    world.prints.insert(name.clone(), then.clone());
                    world.changed_inputs.insert(name);
                }
                None => {
                    world.lost_inputs.insert(name);
                }
            }
        }
        Ok(world)
    }

    /// The world of the project as it is now, over the submissions given.
    ///
    /// # Errors
    /// As the warehouse and the engine say.
    pub async fn known(prepared: &Prepared, warehouse: &Warehouse, submissions: Vec<Submission>) -> Result<Self> {
        let project = &prepared.project;
        let engine = Engine::new(project.memory_mib)?;
        let filled = fill(&engine, project, warehouse, &submissions, None).await?;
        let mut inputs = Tables::new();
        for input in &filled.tables {
            inputs.insert(input.name.clone(), read_input(&engine, &input.name).await?);
        }
        for pipeline in &project.pipelines {
            let empty = || Rows { schema: loaded_schema(&pipeline.contract), batches: Vec::new() };
            inputs.entry(format!("feeds.{}", pipeline.contract.feed)).or_insert_with(empty);
        }
        let own = filled.tables.iter().filter(|input| input.content.is_some());
        let prints = own.map(|input| (input.name.clone(), input.fingerprint.clone())).collect();
        let mut models = Vec::new();
        for model in &prepared.checked.models {
            models.extend(parsed(model.file.path.clone(), model.file.text.clone()));
        }
        Ok(Self {
            models: ordered(models),
            inputs,
            prints,
            submissions,
            lost_models: BTreeSet::new(),
            lost_inputs: BTreeSet::new(),
            changed_inputs: BTreeSet::new(),
        })
    }
}

async fn read_input(engine: &Engine, name: &str) -> Result<Rows> {
    let what = || format!("cannot read `{name}`");
    let (schema, table) = name.split_once('.').ok_or_else(|| Error::new(Kind::Internal, what()))?;
    let frame = engine.context().table(TableReference::partial(schema, table)).await.map_err(|cause| error::engine(what(), cause))?;
    let schema: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.map_err(|cause| error::engine(what(), cause))?;
    let whole = concat_batches(&schema, &batches.iter().map(|batch| fitted(batch, &schema)).collect::<Result<Vec<_>>>()?);
    let whole = whole.map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
    Ok(Rows { schema, batches: vec![whole] })
}

/// The models of a release, and the names of those whose text is kept nowhere.
async fn models_of(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest) -> Result<(Vec<Model>, BTreeSet<String>)> {
    let (mut models, mut lost) = (Vec::new(), BTreeSet::new());
    let tables = release.resources.iter().map(|table| (table, "marts")).chain(release.rihla.staging.iter().map(|table| (table, "staging")));
    for (table, folder) in tables {
        let now = prepared.checked.model(&table.name).filter(|model| model_hash(model) == table.rihla.model);
        let text = match now {
            Some(model) => Some(model.file.text.clone()),
            None => warehouse.kept_model(&table.rihla.model).await?,
        };
        // A model that this program cannot parse any more is as good as lost.
        match text.and_then(|text| parsed(format!("sql/{folder}/{}.sql", table.name), text)) {
            Some(model) => models.push(model),
            None => {
                lost.insert(table.name.clone());
            }
        }
    }
    Ok((ordered(models), lost))
}

fn parsed(path: String, text: String) -> Option<Model> {
    Model::parse(&Arc::new(SourceFile { path, text }), &mut Vec::new())
}

/// Models each after what it reads; they were a release's, so there is no circle.
fn ordered(mut models: Vec<Model>) -> Vec<Model> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = models.iter().map(|model| (model.name.as_str(), model.models_read())).collect();
    let order: Vec<String> = graph::order(&edges).unwrap_or_default().into_iter().map(str::to_owned).collect();
    models.sort_by_key(|model| order.iter().position(|name| name == model.name.as_str()));
    models
}

/// The models that some tables are made by, through others too.
pub fn upstream_of(models: &[Model], tables: &BTreeSet<String>) -> BTreeSet<String> {
    let mut needed = tables.clone();
    // Models stand after what they read, so that one look from the end finds all.
    for model in models.iter().rev() {
        if needed.contains(model.name.as_str()) {
            needed.extend(model.models_read().into_iter().map(str::to_owned));
        }
    }
    needed.retain(|name| models.iter().any(|model| model.name.as_str() == name));
    needed
}

/// Results of models that are run again and again while what they read changes step by step.
#[derive(Default)]
pub struct Results {
    /// The results, by model.
    pub tables: Tables,
    hashes: BTreeMap<String, String>,
}

impl Results {
    /// Runs those of the models that are `needed` and that, or something that they read, changed.
    ///
    /// # Errors
    /// As the engine says, with the name of the model.
    pub async fn renew(&mut self, memory_mib: usize, models: &[Model], inputs: &Tables, needed: &BTreeSet<String>, changed: &BTreeSet<String>) -> Result<()> {
        let engine = Engine::new(memory_mib)?;
        for (name, rows) in inputs {
            add(&engine, name, rows)?;
        }
        let mut changed = changed.clone();
        for model in models.iter().filter(|model| needed.contains(model.name.as_str())) {
            let (name, hash) = (model.name.as_str().to_owned(), model_hash(model));
            let is_same = self.hashes.get(&name) == Some(&hash) && model.reads.iter().all(|(read, _)| !changed.contains(read));
            if !is_same {
                let rows = run(&engine, model).await?;
                self.tables.insert(name.clone(), rows);
                self.hashes.insert(name.clone(), hash);
                changed.insert(name.clone());
            }
            add(&engine, &name, &self.tables[&name])?;
        }
        Ok(())
    }
}

/// Adds rows to an engine as a table: `schema.name`, or the name of a model.
///
/// # Errors
/// `Internal` where the engine refuses it.
pub fn add(engine: &Engine, name: &str, rows: &Rows) -> Result<()> {
    let table = MemTable::try_new(rows.schema.clone(), vec![rows.batches.clone()]).map_err(|cause| error::engine(format!("cannot prepare `{name}`"), cause))?;
    match name.split_once('.') {
        Some((schema, name)) => engine.add(Some(schema), name, Arc::new(table)),
        None => engine.add(None, name, Arc::new(table)),
    }
}

async fn run(engine: &Engine, model: &Model) -> Result<Rows> {
    let what = || format!("cannot run the model `{}` again", model.name);
    let frame = engine.context().sql(&model.file.text).await.map_err(|cause| error::engine(what(), cause))?;
    let schema = written_schema(frame.schema().as_arrow());
    let batches = frame.collect().await.map_err(|cause| error::engine(what(), cause))?;
    let batches = batches.iter().map(|batch| fitted(batch, &schema)).collect::<Result<Vec<_>>>()?;
    Ok(Rows { schema, batches })
}

/// The optimiser may hand on other text types than were planned.
fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let misfit = |cause| Error::new(Kind::Internal, "rows do not have the columns that were planned").because(cause);
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()).map_err(misfit));
    RecordBatch::try_new(schema.clone(), columns.collect::<Result<_>>()?).map_err(misfit)
}
