//! Models run: each result a Parquet file named by its content, written once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use datafusion::prelude::{DataFrame, ident};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::audit::audit;
use super::check::Checked;
use super::describe;
use super::failing::Moment;
use super::inputs::Inputs;
use super::parse::Model;
use super::partition::Value;
use super::rebuild::{Months, Upstream};
use super::reports::reports;
use super::write::{Draft, Shape, Written};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::{FileFacts, LastBuild, PartitionedBuild, Reports, Resource, TableFacts, TableSchema, TestResult, Warehouse};

/// Builds models into a warehouse.
pub struct Builder<'a> {
    /// The project.
    pub project: &'a Project,
    /// The warehouse.
    pub warehouse: &'a Warehouse,
    /// The engine, with all inputs.
    pub engine: &'a Engine,
    /// The inputs' content.
    pub inputs: &'a Inputs,
    /// The models.
    pub checked: &'a Checked,
    /// What was built last, which is used again where nothing it rests on changed.
    pub last: &'a LastBuild,
    /// The models that are to be up to date afterwards, by name; all where absent.
    pub wanted: Option<&'a BTreeSet<String>>,
    /// The moment of the run.
    pub moment: Moment,
    /// What tells the months of feeds, as far as it was asked for.
    pub months: Months,
}

impl Builder<'_> {
    /// Builds and tests a model, or finds it built; nothing where it is out of date and may not be built.
    pub(super) async fn build_model(&self, index: usize, fingerprint: String, upstream: &Upstream, may_build: bool) -> Result<Option<One>> {
        let (model, schema) = (&self.checked.models[index], &self.checked.schemas[index]);
        let begun = self.warehouse.clock().now();
        let reusable = self.reusable(model, &fingerprint);
        if reusable.is_none() && !may_build {
            return Ok(None);
        }
        // Offices may come and go without a figure changing, so this is asked every time.
        let reports = reports((self.engine, &self.inputs.owing), self.checked.feeds_of(model), model).await?;
        if let Some(mut resource) = reusable {
            resource.rihla.reports = reports;
            // What a column may hold follows the code lists, which the model itself need not read.
            resource.schema = self.table_schema(model, schema);
            self.add(model, schema, &resource)?;
            let parts = self.last.partitioned.get(model.name.as_str()).cloned().map(Arc::new);
            let parts = parts.filter(|_| model.header.partition.is_some());
            return Ok(Some(One { resource, tests: self.last_tests(model), rebuilt: false, parts, anew: None, begun, written: begun, tested: begun }));
        }
        let (resource, parts, anew) = match &model.header.partition {
            Some(_) => {
                let made = self.write_parts(index, fingerprint, reports, upstream).await?;
                (made.resource, Some(Arc::new(made.build)), made.anew)
            }
            None => (self.write(model, schema, fingerprint, reports).await?, None, None),
        };
        self.add(model, schema, &resource)?;
        let written = self.warehouse.clock().now();
        let tests = match (&parts, &anew) {
            (Some(parts), Some(anew)) if model.is_staging => self.audit_parts(model, schema, parts, anew).await?,
            _ => audit(self.engine, model, schema, self.moment).await?,
        };
        let anew = parts.as_ref().map(|parts| AnewOf::new(parts, anew.as_ref(), self.last.partitioned.get(model.name.as_str())));
        Ok(Some(One { resource, tests, rebuilt: true, parts, anew, begun, written, tested: self.warehouse.clock().now() }))
    }

    /// The results of a model's tests when it was built last.
    pub(super) fn last_tests(&self, model: &Model) -> Vec<TestResult> {
        self.last.tests.iter().filter(|test| test.model == model.name.as_str()).cloned().collect()
    }

    /// Adds a table that was built to the engine, in the place of one whose tests there was no memory for.
    fn add(&self, model: &Model, schema: &SchemaRef, resource: &Resource) -> Result<()> {
        let known = self.engine.context().deregister_table(model.name.as_str());
        known.map_err(|cause| error::engine(format!("cannot prepare the table `{}`", model.name), cause))?;
        let files = match &resource.rihla.files {
            Some(_) => self.warehouse.staging_files(resource),
            None => vec![self.file(model, resource)],
        };
        // Its columns are known, so that no file need be opened before a row of it is wanted.
        self.engine.add_files(model.name.as_str(), &files, schema.clone())
    }

    fn file(&self, model: &Model, resource: &Resource) -> PathBuf {
        if model.is_staging { self.warehouse.store().root().join(&resource.path) } else { self.warehouse.resource_file(resource) }
    }

    async fn write(&self, model: &Model, schema: &SchemaRef, fingerprint: String, reports: Vec<Reports>) -> Result<Resource> {
        let what = || format!("cannot run the model `{}`", model.name);
        let run = run(
            self.engine.clone(),
            model.file.text.clone(),
            order(model),
            self.warehouse.store().root().to_owned(),
            describe::shape(model, schema, self.project),
        );
        // A task of its own, so that models run on all cores.
        let ran = tokio::spawn(run).await.map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
        let written = ran.map_err(|failed| failed.told(what()))?;
        self.keep_whole(model, schema, &written, facts(model, fingerprint, reports))
    }

    /// Gives a table that is one file its name.
    pub(super) fn keep_whole(&self, model: &Model, schema: &SchemaRef, written: &Written, facts: TableFacts) -> Result<Resource> {
        let (path, place) = self.warehouse.place_of_table(model.is_staging, model.name.as_str(), &written.parquet.hash, "parquet");
        written.parquet.keep(&place)?;
        let mut facts = TableFacts { rows: written.rows, ..facts };
        if let Some(csv) = &written.csv {
            let (path, place) = self.warehouse.place_of_table(model.is_staging, model.name.as_str(), &csv.hash, "csv");
            csv.keep(&place)?;
            facts.csv = Some(FileFacts { path, bytes: csv.bytes, hash: format!("sha256:{}", csv.hash) });
        }
        let file = FileFacts { path, bytes: written.parquet.bytes, hash: format!("sha256:{}", written.parquet.hash) };
        Ok(self.resource(model, schema, file, facts))
    }

    /// The resource of a table in a file.
    pub(super) fn resource(&self, model: &Model, schema: &SchemaRef, file: FileFacts, facts: TableFacts) -> Resource {
        Resource {
            name: model.name.as_str().to_owned(),
            description: model.header.description.clone(),
            path: file.path,
            format: "parquet".to_owned(),
            mediatype: "application/vnd.apache.parquet".to_owned(),
            encoding: None,
            dialect: None,
            bytes: file.bytes,
            hash: file.hash,
            schema: self.table_schema(model, schema),
            rihla: facts,
        }
    }

    fn table_schema(&self, model: &Model, schema: &SchemaRef) -> TableSchema {
        let primary_key = model.header.grain.iter().map(|column| column.get_ref().clone()).collect();
        TableSchema { fields: describe::columns(model, schema, self.project), primary_key }
    }
}

/// A model built, or found built already.
pub(super) struct One {
    pub(super) resource: Resource,
    pub(super) tests: Vec<TestResult>,
    pub(super) rebuilt: bool,
    /// What is known of its parts, where it is made in parts.
    pub(super) parts: Option<Arc<PartitionedBuild>>,
    /// How many of them were made anew.
    pub(super) anew: Option<AnewOf>,
    pub(super) begun: DateTime<Utc>,
    pub(super) written: DateTime<Utc>,
    pub(super) tested: DateTime<Utc>,
}

/// How many parts of a table were made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewOf {
    /// The column whose values are the parts.
    pub column: String,
    /// How many were made anew, those included that are no more.
    pub anew: usize,
    /// How many there are, and were.
    pub all: usize,
}

impl AnewOf {
    fn new(parts: &PartitionedBuild, anew: Option<&BTreeSet<Value>>, before: Option<&PartitionedBuild>) -> Self {
        let before = before.filter(|_| anew.is_some());
        let all: BTreeSet<&Value> = parts.parts.iter().chain(before.iter().flat_map(|before| &before.parts)).map(|part| &part.value).collect();
        let count = anew.map_or(all.len(), |anew| all.iter().filter(|value| anew.contains(**value)).count());
        Self { column: parts.column.clone(), anew: count, all: all.len() }
    }
}

/// Why a model's result was not written.
pub(super) enum Failed {
    Engine(DataFusionError),
    Disk(Error),
}

impl Failed {
    /// The error, where the engine's is told as what could not be done.
    pub(super) fn told(self, what: String) -> Error {
        match self {
            Self::Engine(cause) => error::engine(what, cause),
            Self::Disk(error) => error,
        }
    }
}

/// Runs a model and writes its rows in the order given, so that the same content is the same file.
async fn run(engine: Engine, sql: String, order: Vec<String>, root: PathBuf, shape: Shape) -> std::result::Result<Written, Failed> {
    let frame = engine.context().sql(&sql).await.map_err(Failed::Engine)?;
    let sorted = |frame: DataFrame| frame.sort(order.iter().map(|column| ident(column).sort(true, true)).collect());
    let frame = engine.apart(vec![frame]).await.and_then(sorted).map_err(Failed::Engine)?;
    let mut stream = frame.execute_stream().await.map_err(Failed::Engine)?;
    let mut draft = Draft::begin(&root, &shape).map_err(Failed::Disk)?;
    while let Some(batch) = stream.try_next().await.map_err(Failed::Engine)? {
        draft.write(&batch).map_err(Failed::Disk)?;
    }
    draft.finish().map_err(Failed::Disk)
}

pub(super) fn order(model: &Model) -> Vec<String> {
    model.header.order().map(str::to_owned).collect()
}

/// What is said of a table before it is written.
pub(super) fn facts(model: &Model, fingerprint: String, reports: Vec<Reports>) -> TableFacts {
    let measures = model.header.measures.iter().map(|(name, measure)| (name.get_ref().clone(), measure.clone()));
    TableFacts { rows: 0, fingerprint, model: model_hash(model), reports, measures: measures.collect(), csv: None, parquet: None, files: None }
}

/// Hash of a model's file.
pub fn model_hash(model: &Model) -> String {
    hex::encode(&Sha256::digest(&model.file.text)[..16])
}
