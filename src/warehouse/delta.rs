//! Delta tables that only grow.
//!
//! Guarantees: every append carries application transactions, so that of two writers of the same slot one fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use deltalake::kernel::StructType;
use deltalake::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, LogicalFileView, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use serde::Deserialize;
use url::Url;

use super::appending::Appending;
use crate::error::{Error, Kind, Result, is_disk_full};
use crate::store::{Store, files};

/// A Delta table that is appended to.
pub struct AppendedTable {
    name: String,
    table: DeltaTable,
    schema: SchemaRef,
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Its name in the table's folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// How many rows it holds.
    pub rows: u64,
    /// The first and the last of the offices whose rows it holds, in the order of their codes, where the log says so.
    pub offices: Option<(String, String)>,
}

impl DataFile {
    /// False where it holds no row of an office.
    pub fn may_hold(&self, office: &str) -> bool {
        self.offices.as_ref().is_none_or(|(first, last)| first.as_str() <= office && office <= last.as_str())
    }
}

/// What the log says of a file.
#[derive(Default, Deserialize)]
struct FileStats {
    #[serde(rename = "numRecords")]
    rows: Option<u64>,
    #[serde(rename = "minValues", default)]
    least: FileBounds,
    #[serde(rename = "maxValues", default)]
    greatest: FileBounds,
}

#[derive(Default, Deserialize)]
struct FileBounds {
    office: Option<String>,
}

impl AppendedTable {
    /// Opens the table below `path` to read; nothing where there is none yet.
    ///
    /// # Errors
    /// `Unavailable` or `Conflict` as the store says.
    pub async fn open(store: &Store, path: &str, schema: SchemaRef) -> Result<Option<Self>> {
        if !store.root().join(path).join("_delta_log").is_dir() {
            return Ok(None);
        }
        let table = load(store, path).await?;
        Ok(table.version().is_some().then(|| Self { name: path.to_owned(), table, schema }))
    }

    /// Opens the table below `path` to read, with the columns that it has; nothing where there is none.
    ///
    /// # Errors
    /// `Unavailable` or `Conflict` as the store says.
    pub async fn open_as_it_is(store: &Store, path: &str) -> Result<Option<Self>> {
        let Some(mut table) = Self::open(store, path, Arc::new(Schema::empty())).await? else { return Ok(None) };
        let what = || format!("cannot open the table `{path}`");
        let columns = table.table.snapshot().map_err(|cause| delta_error(&what(), cause))?.schema();
        let schema: Schema = columns.as_ref().try_into_arrow().map_err(|cause: arrow::error::ArrowError| Error::new(Kind::Internal, what()).because(cause))?;
        table.schema = Arc::new(schema);
        Ok(Some(table))
    }

    /// Makes a table below `path` that calls itself `name`.
    ///
    /// # Errors
    /// `Unavailable` as the store says.
    pub async fn make(store: &Store, path: &str, name: &str, schema: SchemaRef) -> Result<Self> {
        let what = format!("cannot make the table `{name}`");
        let folder = store.root().join(path);
        files::make_folder(&folder).map_err(|cause| crate::error::io(what.clone(), cause))?;
        let columns: StructType =
            schema.as_ref().try_into_kernel().map_err(|cause: arrow::error::ArrowError| Error::new(Kind::Internal, what.clone()).because(cause))?;
        let create = load(store, path).await?.create().with_columns(columns.fields().cloned()).with_table_name(name).with_save_mode(SaveMode::ErrorIfExists);
        let table = create.await.map_err(|cause| delta_error(&what, cause))?;
        Ok(Self { name: name.to_owned(), table, schema })
    }

    /// Opens the table below `path` to append, makes it with `schema` where there is none, and adds columns that it lacks.
    ///
    /// # Errors
    /// `Conflict` where a column has another type; `Unavailable` as the store says.
    pub async fn open_to_write(store: &Store, path: &str, schema: SchemaRef) -> Result<Self> {
        let folder = store.root().join(path);
        files::make_folder(&folder).map_err(|cause| crate::error::io(format!("cannot make `{}`", folder.display()), cause))?;
        let what = format!("cannot open the table `{path}`");
        let mut table = load(store, path).await?;
        let columns: StructType =
            schema.as_ref().try_into_kernel().map_err(|cause: arrow::error::ArrowError| Error::new(Kind::Internal, what.clone()).because(cause))?;
        if table.version().is_none() {
            return Self::make(store, path, &path.replace('/', "_"), schema).await.map(|table| Self { name: path.to_owned(), ..table });
        }
        let known = table.snapshot().map_err(|cause| delta_error(&what, cause))?.schema();
        let mut lacking = Vec::new();
        for column in columns.fields() {
            match known.field(column.name()) {
                None => lacking.push(column.clone()),
                Some(other) if other.data_type() != column.data_type() => {
                    let message = format!(
                        "the column `{}` of the table `{path}` holds {} and the schema now says {}",
                        column.name(),
                        other.data_type(),
                        column.data_type()
                    );
                    return Err(Error::new(Kind::Conflict, message)
                        .hint("give the field another name, or load into a new warehouse: rows that are loaded do not change their type"));
                }
                Some(_) => {}
            }
        }
        if !lacking.is_empty() {
            table = table.add_columns().with_fields(lacking).await.map_err(|cause| delta_error(&what, cause))?;
        }
        Ok(Self { name: path.to_owned(), table, schema })
    }

    /// The table's place in the warehouse.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of the table.
    pub fn version(&self) -> u64 {
        self.table.version().unwrap_or_default()
    }

    /// The schema that batches must have.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// How many rows the table holds, by its log.
    ///
    /// # Errors
    /// `Unavailable` where the log cannot be read; `Internal` where it does not say.
    pub async fn count_rows(&self) -> Result<u64> {
        let what = format!("cannot read the table `{}`", self.name);
        let files: Vec<_> = self.table.get_active_add_actions_by_predicate(None).try_collect().await.map_err(|cause| delta_error(&what, cause))?;
        files
            .iter()
            .try_fold(0, |sum, file| file.num_records().map(|rows| sum + rows as u64))
            .ok_or_else(|| Error::new(Kind::Internal, format!("the log of `{}` does not say how many rows it holds", self.name)))
    }

    /// The files that the log names, in the order of their names.
    ///
    /// # Errors
    /// `Unavailable` where the log cannot be read; `Internal` where it does not say how many rows a file holds.
    pub async fn data_files(&self) -> Result<Vec<DataFile>> {
        let what = format!("cannot read the table `{}`", self.name);
        let files: Vec<_> = self.table.get_active_add_actions_by_predicate(None).try_collect().await.map_err(|cause| delta_error(&what, cause))?;
        let told = |file: &LogicalFileView| {
            let stats: FileStats = file.stats().and_then(|stats| serde_json::from_str(&stats).ok()).unwrap_or_default();
            let rows = stats.rows.ok_or_else(|| Error::new(Kind::Internal, format!("the log of `{}` does not say how many rows it holds", self.name)))?;
            let offices = stats.least.office.zip(stats.greatest.office);
            Ok(DataFile { name: file.path().into_owned(), bytes: u64::try_from(file.size()).unwrap_or_default(), rows, offices })
        };
        let mut files = files.iter().map(told).collect::<Result<Vec<_>>>()?;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// The names of the files that the log names.
    ///
    /// # Errors
    /// `Unavailable` where the log cannot be read.
    pub fn file_names(&self) -> Result<BTreeSet<String>> {
        let uris = self.table.get_file_uris().map_err(|cause| delta_error(&format!("cannot read the table `{}`", self.name), cause))?;
        Ok(uris.map(|uri| uri.rsplit('/').next().unwrap_or_default().to_owned()).collect())
    }

    /// Nothing where every file that the log names is there in its size.
    ///
    /// # Errors
    /// `Conflict` with the first file that is not.
    pub async fn check_files(&self, store: &Store) -> Result<()> {
        let what = format!("cannot read the table `{}`", self.name);
        let files: Vec<_> = self.table.get_active_add_actions_by_predicate(None).try_collect().await.map_err(|cause| delta_error(&what, cause))?;
        for file in &files {
            let path = store.root().join(&self.name).join(&*file.path());
            let found = std::fs::metadata(&path).map(|facts| facts.len());
            let fault = match found {
                Ok(size) if i64::try_from(size).is_ok_and(|size| size == file.size()) => continue,
                Ok(size) => format!("has {size} bytes where its log says {}", file.size()),
                Err(cause) => format!("cannot be read ({})", cause.kind()),
            };
            return Err(Error::new(Kind::Conflict, format!("the table `{}` is damaged: its file `{}` {fault}", self.name, path.display()))
                .hint("restore the warehouse from a backup, or load it anew into an empty folder: extracts that are still there are loaded again"));
        }
        Ok(())
    }

    /// Every row.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read.
    pub async fn read_all(&self) -> Result<Vec<RecordBatch>> {
        let what = format!("cannot read the table `{}`", self.name);
        let (_, stream) = self.table.scan_table().await.map_err(|cause| delta_error(&what, cause))?;
        stream.try_collect().await.map_err(|cause| crate::error::engine(what, cause))
    }

    /// Every row, in batches of the table's own columns.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read; each batch may fail as well.
    pub async fn stream(&self) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let what = format!("cannot read the table `{}`", self.name);
        let (_, stream) = self.table.scan_table().await.map_err(|cause| delta_error(&what, cause))?;
        let schema = self.schema.clone();
        let fit = move |batch: RecordBatch| {
            let misfit = |cause| Error::new(Kind::Internal, "a table's rows do not have its columns").because(cause);
            let columns = schema.fields().iter().map(|field| {
                let column = batch.column_by_name(field.name()).ok_or_else(|| Error::new(Kind::Internal, format!("a table lacks `{}`", field.name())))?;
                arrow::compute::cast(column, field.data_type()).map_err(misfit)
            });
            RecordBatch::try_new(schema.clone(), columns.collect::<Result<_>>()?).map_err(misfit)
        };
        Ok(stream.map(move |batch| batch.map_err(|cause| crate::error::engine(&what, cause)).and_then(&fit)).boxed())
    }

    /// Every row that the table held at a version.
    ///
    /// # Errors
    /// `Unavailable` where that version cannot be read any more.
    pub async fn read_at(&self, version: u64) -> Result<Vec<RecordBatch>> {
        let what = format!("cannot read the table `{}` as of version {version}", self.name);
        let mut table = self.table.clone();
        table.load_version(version).await.map_err(|cause| delta_error(&what, cause))?;
        Self { name: self.name.clone(), table, schema: self.schema.clone() }.read_all().await
    }

    /// The table for the engine.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read.
    pub async fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        self.table.table_provider().await.map_err(|cause| crate::error::engine(format!("cannot read the table `{}`", self.name), cause))
    }

    /// Begins to append rows that nobody sees before [`AppendedTable::end_append`].
    ///
    /// # Errors
    /// `Internal` where the table cannot be written.
    pub(super) fn begin_append(&self) -> Result<Appending> {
        Appending::begin(&self.table, &self.name)
    }

    /// Puts rows in place in one commit; nothing happens where there are none.
    ///
    /// # Errors
    /// `Conflict` where another process loads the same slots; `Unavailable` where the store fails.
    pub(super) async fn end_append(&mut self, rows: Appending, transactions: Vec<Transaction>) -> Result<()> {
        let files = rows.finish().await?;
        if files.is_empty() {
            return Ok(());
        }
        let what = format!("cannot append to the table `{}`", self.name);
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let properties = CommitProperties::default().with_application_transactions(transactions);
        let snapshot = self.table.snapshot().map_err(|cause| delta_error(&what, cause))?;
        let commit = CommitBuilder::from(properties).with_actions(files.into_iter().map(Action::Add).collect());
        let commit = commit.build(Some(snapshot), self.table.log_store(), operation).await.map_err(|cause| delta_error(&what, cause))?;
        self.table.state = Some(commit.snapshot());
        Ok(())
    }

    /// Appends batches in one commit; nothing happens where they hold no rows.
    ///
    /// # Errors
    /// `Conflict` where another process loads the same slots; `Unavailable` where the store fails.
    pub async fn append(&mut self, batches: Vec<RecordBatch>, transactions: Vec<Transaction>) -> Result<()> {
        let mut rows = self.begin_append()?;
        for batch in batches.into_iter().filter(|batch| batch.num_rows() > 0) {
            rows.write(vec![batch]).await?;
        }
        self.end_append(rows, transactions).await
    }
}

async fn load(store: &Store, path: &str) -> Result<DeltaTable> {
    let folder = store.root().join(path);
    let url = Url::from_directory_path(&folder).map_err(|()| Error::new(Kind::Internal, format!("`{}` is no absolute folder", folder.display())))?;
    let what = || format!("cannot open the table `{path}`");
    let builder = DeltaTableBuilder::from_url(url.clone()).map_err(|cause| delta_error(&what(), cause))?;
    let mut table = builder.with_storage_backend(Store::whole_disk(), url).build().map_err(|cause| delta_error(&what(), cause))?;
    match table.load().await {
        Err(DeltaTableError::NotATable(_)) => Ok(table),
        loaded => loaded.map(|()| table).map_err(|cause| delta_error(&what(), cause)),
    }
}

/// An error of Delta with its kind and remedy.
pub fn delta_error(what: &str, cause: DeltaTableError) -> Error {
    let kind = match &cause {
        DeltaTableError::Transaction { .. } | DeltaTableError::VersionAlreadyExists(_) => Kind::Conflict,
        DeltaTableError::Generic(_) | DeltaTableError::SchemaMismatch { .. } => Kind::Internal,
        _ => Kind::Unavailable,
    };
    if is_disk_full(&cause) {
        return crate::error::store(what, cause);
    }
    let error = Error::new(kind, what);
    let error = match &cause {
        _ if kind == Kind::Conflict => error.hint("another process changed the same table: run again"),
        DeltaTableError::KernelError(_) => {
            error.hint("the table's log may be damaged: restore the warehouse from a backup, or load it anew into an empty folder")
        }
        _ => error,
    };
    error.because(cause)
}
