//! Models run: each result a Parquet file named by its content, written once.

use std::collections::BTreeSet;
use std::path::PathBuf;

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
use super::reports::reports;
use super::test::Check;
use super::write::{Draft, Shape, Written};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::{FileFacts, LastBuild, Reports, Resource, TableFacts, TableSchema, TestResult, Warehouse};

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
}

/// Changes when the way results are written changes, so that old ones are not taken for new.
const WRITER: &str = concat!("rihla-parquet-3 ", env!("CARGO_PKG_VERSION"));

impl Builder<'_> {
    /// Builds and tests a model, or finds it built; nothing where it is out of date and may not be built.
    pub(super) async fn build_model(&self, index: usize, fingerprint: String, may_build: bool) -> Result<Option<One>> {
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
            self.engine.add_parquet(model.name.as_str(), &self.file(model, &resource)).await?;
            let tests = self.last.tests.iter().filter(|test| test.model == model.name.as_str()).cloned().collect();
            return Ok(Some(One { resource, tests, rebuilt: false, begun, written: begun, tested: begun }));
        }
        let resource = self.write(model, schema, fingerprint, reports).await?;
        self.engine.add_parquet(model.name.as_str(), &self.file(model, &resource)).await?;
        let written = self.warehouse.clock().now();
        let tests = audit(self.engine, model, schema, self.moment).await?;
        Ok(Some(One { resource, tests, rebuilt: true, begun, written, tested: self.warehouse.clock().now() }))
    }

    fn file(&self, model: &Model, resource: &Resource) -> std::path::PathBuf {
        if model.is_staging { self.warehouse.staging_file(resource) } else { self.warehouse.resource_file(resource) }
    }

    /// The hash of the model and the content of all it reads.
    pub(super) fn fingerprint(&self, index: usize, of_model: impl Fn(&str) -> Option<String>) -> Result<String> {
        let (model, schema) = (&self.checked.models[index], &self.checked.schemas[index]);
        let mut hash = Sha256::new();
        hash.update(WRITER);
        hash.update(model.file.text.as_bytes());
        if !model.is_staging {
            describe::tags(model, schema, self.project).iter().for_each(|tag| hash.update(format!("{tag}\n")));
        }
        // A code that a list lost may still stand in the table: the tests of codes are run anew where a list changed.
        let lists = model.tests.iter().filter_map(|test| match &test.check {
            Check::AcceptedCodes(_, list) => Some(format!("codes.{list}")),
            _ => None,
        });
        for list in lists {
            hash.update(format!("\n{list}={}", self.inputs.fingerprint(&list).unwrap_or_default()));
        }
        for (read, _) in model.needs() {
            let content = of_model(read)
                .or_else(|| self.inputs.fingerprint(read).map(str::to_owned))
                .ok_or_else(|| Error::new(Kind::Internal, format!("{} reads `{read}`, of which nothing is known", model.name)))?;
            hash.update(format!("\n{read}={content}").as_bytes());
        }
        Ok(hex::encode(&hash.finalize()[..16]))
    }

    fn reusable(&self, model: &Model, fingerprint: &str) -> Option<Resource> {
        let tables = if model.is_staging { &self.last.staging } else { &self.last.tables };
        let found = tables.iter().find(|table| table.name == model.name.as_str() && table.rihla.fingerprint == fingerprint)?;
        // A file that was changed since is made anew: its name says what it should hold.
        let has_csv = model.is_staging || found.rihla.csv.as_ref().is_some_and(|csv| csv.is_content_of(&self.warehouse.released_file(&csv.path)));
        (has_csv && found.is_content_of(&self.file(model, found))).then(|| found.clone())
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
        let written = ran.map_err(|failed| match failed {
            Failed::Engine(cause) => error::engine(what(), cause),
            Failed::Disk(error) => error,
        })?;
        let (path, place) = self.warehouse.place_of_table(model.is_staging, model.name.as_str(), &written.parquet.hash, "parquet");
        written.parquet.keep(&place)?;
        let mut facts = facts(model, &written, fingerprint, reports);
        if let Some(csv) = &written.csv {
            let (path, place) = self.warehouse.place_of_table(model.is_staging, model.name.as_str(), &csv.hash, "csv");
            csv.keep(&place)?;
            facts.csv = Some(FileFacts { path, bytes: csv.bytes, hash: format!("sha256:{}", csv.hash) });
        }
        Ok(self.resource(model, schema, path, &written, facts))
    }

    fn resource(&self, model: &Model, schema: &SchemaRef, path: String, written: &Written, facts: TableFacts) -> Resource {
        Resource {
            name: model.name.as_str().to_owned(),
            description: model.header.description.clone(),
            path,
            format: "parquet".to_owned(),
            mediatype: "application/vnd.apache.parquet".to_owned(),
            encoding: None,
            dialect: None,
            bytes: written.parquet.bytes,
            hash: format!("sha256:{}", written.parquet.hash),
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
    pub(super) begun: DateTime<Utc>,
    pub(super) written: DateTime<Utc>,
    pub(super) tested: DateTime<Utc>,
}

/// Why a model's result was not written.
enum Failed {
    Engine(DataFusionError),
    Disk(Error),
}

/// Runs a model and writes its rows in the order given, so that the same content is the same file.
async fn run(engine: Engine, sql: String, order: Vec<String>, root: PathBuf, shape: Shape) -> std::result::Result<Written, Failed> {
    let frame = engine.context().sql(&sql).await.map_err(Failed::Engine)?;
    let sorted = |frame: DataFrame| frame.sort(order.iter().map(|column| ident(column).sort(true, true)).collect());
    let frame = engine.apart(frame).await.and_then(sorted).map_err(Failed::Engine)?;
    let mut stream = frame.execute_stream().await.map_err(Failed::Engine)?;
    let mut draft = Draft::begin(&root, &shape).map_err(Failed::Disk)?;
    while let Some(batch) = stream.try_next().await.map_err(Failed::Engine)? {
        draft.write(&batch).map_err(Failed::Disk)?;
    }
    draft.finish().map_err(Failed::Disk)
}

fn order(model: &Model) -> Vec<String> {
    model.header.order().map(str::to_owned).collect()
}

fn facts(model: &Model, written: &Written, fingerprint: String, reports: Vec<Reports>) -> TableFacts {
    let measures = model.header.measures.iter().map(|(name, measure)| (name.get_ref().clone(), measure.clone()));
    TableFacts { rows: written.rows, fingerprint, model: model_hash(model), reports, measures: measures.collect(), csv: None, parquet: None }
}

/// Hash of a model's file.
pub fn model_hash(model: &Model) -> String {
    hex::encode(&Sha256::digest(&model.file.text)[..16])
}
