//! Models run: each result a Parquet file named by its content, written once.

use arrow::datatypes::SchemaRef;
use datafusion::prelude::{DataFrame, ident};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::audit::audit;
use super::check::Checked;
use super::describe;
use super::inputs::Inputs;
use super::parse::Model;
use super::reports::reports;
use super::write::{Draft, Written};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::{FileFacts, LastBuild, Reports, Resource, TableFacts, TableSchema, Warehouse};

/// What was built.
#[derive(Debug, Default)]
pub struct Built {
    /// The tables and the results of their tests.
    pub build: LastBuild,
    /// How many tables were made anew.
    pub rebuilt: usize,
}

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
}

/// Changes when the way results are written changes, so that old ones are not taken for new.
const WRITER: &str = concat!("rihla-parquet-2 ", env!("CARGO_PKG_VERSION"));

impl Builder<'_> {
    /// Builds and tests every model.
    ///
    /// # Errors
    /// As the engine and the disk say.
    pub async fn build(&self, mut progress: impl FnMut(&str)) -> Result<Built> {
        let mut built = Built::default();
        for (model, schema) in self.checked.models.iter().zip(&self.checked.schemas) {
            progress(model.name.as_str());
            self.build_model(model, schema, &mut built).await?;
            tracing::debug!(model = model.name.as_str(), "built");
        }
        built.build.tables.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(built)
    }

    async fn build_model(&self, model: &Model, schema: &SchemaRef, built: &mut Built) -> Result<()> {
        let fingerprint = self.fingerprint(model, schema, built)?;
        // Offices may come and go without a figure changing, so this is asked every time.
        let reports = reports(self.engine, self.checked.feeds_of(model), model).await?;
        let resource = match self.reusable(model, &fingerprint) {
            Some(mut resource) => {
                resource.rihla.reports = reports;
                built.build.tests.extend(self.last.tests.iter().filter(|test| test.model == model.name.as_str()).cloned());
                self.engine.add_parquet(model.name.as_str(), &self.file(model, &resource)).await?;
                resource
            }
            None => {
                built.rebuilt += 1;
                let resource = self.write(model, schema, fingerprint, reports).await?;
                self.engine.add_parquet(model.name.as_str(), &self.file(model, &resource)).await?;
                built.build.tests.extend(audit(self.engine, model).await?);
                resource
            }
        };
        if model.is_staging { &mut built.build.staging } else { &mut built.build.tables }.push(resource);
        Ok(())
    }

    fn file(&self, model: &Model, resource: &Resource) -> std::path::PathBuf {
        if model.is_staging { self.warehouse.staging_file(resource) } else { self.warehouse.resource_file(resource) }
    }

    /// The hash of the model and the content of all it reads.
    fn fingerprint(&self, model: &Model, schema: &SchemaRef, built: &Built) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(WRITER);
        hash.update(model.file.text.as_bytes());
        if !model.is_staging {
            describe::tags(model, schema, self.project).iter().for_each(|tag| hash.update(format!("{tag}\n")));
        }
        for (read, _) in &model.reads {
            let of_model = built.build.tables.iter().chain(&built.build.staging).find(|table| table.name == *read).map(|table| table.hash.as_str());
            let content = of_model
                .or_else(|| self.inputs.fingerprint(read))
                .ok_or_else(|| Error::new(Kind::Internal, format!("{} reads `{read}`, of which nothing is known", model.name)))?;
            hash.update(format!("\n{read}={content}").as_bytes());
        }
        Ok(hex::encode(&hash.finalize()[..16]))
    }

    fn reusable(&self, model: &Model, fingerprint: &str) -> Option<Resource> {
        let tables = if model.is_staging { &self.last.staging } else { &self.last.tables };
        let found = tables.iter().find(|table| table.name == model.name.as_str() && table.rihla.fingerprint == fingerprint)?;
        let is_there = |path: &std::path::Path, bytes: u64| std::fs::metadata(path).is_ok_and(|file| file.len() == bytes);
        let has_csv = model.is_staging || found.rihla.csv.as_ref().is_some_and(|csv| is_there(&self.warehouse.released_file(&csv.path), csv.bytes));
        (has_csv && is_there(&self.file(model, found), found.bytes)).then(|| found.clone())
    }

    async fn write(&self, model: &Model, schema: &SchemaRef, fingerprint: String, reports: Vec<Reports>) -> Result<Resource> {
        let what = || format!("cannot run the model `{}`", model.name);
        let frame = self.engine.context().sql(&model.file.text).await.map_err(|cause| error::engine(what(), cause))?;
        let frame = self.engine.apart(frame).await.and_then(|frame| sorted(frame, model)).map_err(|cause| error::engine(what(), cause))?;
        let mut stream = frame.execute_stream().await.map_err(|cause| error::engine(what(), cause))?;
        let mut draft = Draft::begin(self.warehouse.store().root(), &describe::shape(model, schema, self.project))?;
        while let Some(batch) = stream.try_next().await.map_err(|cause| error::engine(what(), cause))? {
            draft.write(&batch)?;
        }
        let written = draft.finish()?;
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
            schema: TableSchema {
                fields: describe::columns(model, schema, self.project),
                primary_key: model.header.grain.iter().map(|column| column.get_ref().clone()).collect(),
            },
            rihla: facts,
        }
    }
}

/// Rows in the order the header says, so that the same content is the same file.
fn sorted(frame: DataFrame, model: &Model) -> datafusion::error::Result<DataFrame> {
    let order = model.header.order().map(|column| ident(column).sort(true, true)).collect();
    frame.sort(order)
}

fn facts(model: &Model, written: &Written, fingerprint: String, reports: Vec<Reports>) -> TableFacts {
    let measures = model.header.measures.iter().map(|(name, measure)| (name.get_ref().clone(), measure.clone()));
    TableFacts { rows: written.rows, fingerprint, model: model_hash(model), reports, measures: measures.collect(), csv: None, parquet: None }
}

/// Hash of a model's file.
pub fn model_hash(model: &Model) -> String {
    hex::encode(&Sha256::digest(&model.file.text)[..16])
}
