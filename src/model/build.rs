//! Models run: each result a Parquet file named by its content, written once.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::prelude::{DataFrame, ident};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

use super::audit::audit;
use super::check::Checked;
use super::inputs::Inputs;
use super::parse::Model;
use super::reports::reports;
use crate::clock::random_bytes;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::warehouse::{Column, DRAFTS, LastBuild, Reports, Resource, TableFacts, TableSchema, Warehouse};

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
const WRITER: &str = concat!("rihla-parquet-1 ", env!("CARGO_PKG_VERSION"));

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
        let fingerprint = self.fingerprint(model, built)?;
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
    fn fingerprint(&self, model: &Model, built: &Built) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(WRITER);
        hash.update(model.file.text.as_bytes());
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
        // A file that was changed since is made anew: its name says what it should hold.
        found.is_content_of(&self.file(model, found)).then(|| found.clone())
    }

    async fn write(&self, model: &Model, schema: &SchemaRef, fingerprint: String, reports: Vec<Reports>) -> Result<Resource> {
        let what = || format!("cannot run the model `{}`", model.name);
        let frame = self.engine.context().sql(&model.file.text).await.map_err(|cause| error::engine(what(), cause))?;
        let frame = self.engine.apart(frame).await.and_then(|frame| sorted(frame, model)).map_err(|cause| error::engine(what(), cause))?;
        let mut stream = frame.execute_stream().await.map_err(|cause| error::engine(what(), cause))?;
        let mut draft = Draft::begin(self.warehouse.store().root(), schema)?;
        while let Some(batch) = stream.try_next().await.map_err(|cause| error::engine(what(), cause))? {
            draft.write(&batch, schema)?;
        }
        let written = draft.finish()?;
        let (path, place) = self.warehouse.place_of_table(model.is_staging, model.name.as_str(), &written.hash);
        written.keep(&place)?;
        Ok(resource(model, schema, path, &written, facts(model, &written, fingerprint, reports)))
    }
}

/// Rows in the order the header says, so that the same content is the same file.
fn sorted(frame: DataFrame, model: &Model) -> datafusion::error::Result<DataFrame> {
    let order = model.header.order().map(|column| ident(column).sort(true, true)).collect();
    frame.sort(order)
}

fn facts(model: &Model, written: &Written, fingerprint: String, reports: Vec<Reports>) -> TableFacts {
    let measures = model.header.measures.iter().map(|(name, measure)| (name.get_ref().clone(), measure.clone()));
    TableFacts { rows: written.rows, fingerprint, model: model_hash(model), reports, measures: measures.collect() }
}

/// Hash of a model's file.
pub fn model_hash(model: &Model) -> String {
    hex::encode(&Sha256::digest(&model.file.text)[..16])
}

fn resource(model: &Model, schema: &SchemaRef, path: String, written: &Written, facts: TableFacts) -> Resource {
    let fields = schema.fields().iter().map(|field| Column {
        name: field.name().clone(),
        kind: standard_type(field.data_type()).to_owned(),
        description: model.header.column(field.name()).unwrap_or_default().to_owned(),
    });
    Resource {
        name: model.name.as_str().to_owned(),
        description: model.header.description.clone(),
        path,
        format: "parquet".to_owned(),
        mediatype: "application/vnd.apache.parquet".to_owned(),
        bytes: written.bytes,
        hash: format!("sha256:{}", written.hash),
        schema: TableSchema { fields: fields.collect(), primary_key: model.header.grain.iter().map(|column| column.get_ref().clone()).collect() },
        rihla: facts,
    }
}

/// A column's type in the words of Table Schema.
fn standard_type(kind: &arrow::datatypes::DataType) -> &'static str {
    use arrow::datatypes::DataType as T;
    match kind {
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => "integer",
        T::Float16 | T::Float32 | T::Float64 | T::Decimal128(..) | T::Decimal256(..) => "number",
        T::Boolean => "boolean",
        T::Date32 | T::Date64 => "date",
        T::Timestamp(..) => "datetime",
        T::List(_) | T::LargeList(_) => "list",
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "string",
        _ => "any",
    }
}

/// A result that is being written under a name that nobody looks for.
struct Draft {
    path: std::path::PathBuf,
    writer: ArrowWriter<Hashing>,
    rows: u64,
}

/// A result whole on disk.
struct Written {
    path: std::path::PathBuf,
    hash: String,
    bytes: u64,
    rows: u64,
}

impl Draft {
    fn begin(root: &Path, schema: &SchemaRef) -> Result<Self> {
        let folder = root.join(DRAFTS);
        let path = folder.join(format!("{}.parquet", hex::encode(random_bytes::<8>())));
        let what = || format!("cannot write `{}`", path.display());
        std::fs::create_dir_all(&folder).map_err(|cause| error::io(what(), cause))?;
        let file = File::create(&path).map_err(|cause| error::io(what(), cause))?;
        let level = ZstdLevel::try_new(3).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_created_by("rihla".to_owned()).build();
        let hashing = Hashing { file, hash: Sha256::new(), bytes: 0 };
        let writer = ArrowWriter::try_new(hashing, schema.clone(), Some(properties)).map_err(|cause| error::store(what(), cause))?;
        Ok(Self { path, writer, rows: 0 })
    }

    /// Writes a batch, its columns cast to those planned: the optimiser may hand on other text types.
    fn write(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<()> {
        let internal = |cause| Error::new(Kind::Internal, "a model's rows do not have the columns that were planned").because(cause);
        let columns: Result<Vec<_>> =
            batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()).map_err(internal)).collect();
        let batch = RecordBatch::try_new(schema.clone(), columns?).map_err(internal)?;
        self.rows += batch.num_rows() as u64;
        self.writer.write(&batch).map_err(|cause| error::store(format!("cannot write `{}`", self.path.display()), cause))
    }

    fn finish(self) -> Result<Written> {
        let what = || format!("cannot write `{}`", self.path.display());
        let hashing = self.writer.into_inner().map_err(|cause| error::store(what(), cause))?;
        hashing.file.sync_all().map_err(|cause| error::io(what(), cause))?;
        Ok(Written { hash: hex::encode(hashing.hash.finalize()), bytes: hashing.bytes, rows: self.rows, path: self.path })
    }
}

impl Written {
    /// Gives the file its name, in one step; a file of that name has the same content.
    fn keep(&self, place: &Path) -> Result<()> {
        let what = || format!("cannot write `{}`", place.display());
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| error::io(what(), cause))?;
        }
        std::fs::rename(&self.path, place).map_err(|cause| error::io(what(), cause))
    }
}

/// A file that knows the hash of what was written to it.
struct Hashing {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
