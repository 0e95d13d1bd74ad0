//! Results written once, under a name that nobody looks for until they are whole: Parquet, and for released tables
//! the same rows as CSV with a row of HXL tags under the header.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use arrow::compute::BatchCoalescer;
use arrow::csv::{Writer as CsvWriter, WriterBuilder as CsvWriterBuilder};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

use super::memory::fitted;
use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};
use crate::store::files;
use crate::warehouse::DRAFTS;

/// What a result is written as.
pub struct Shape {
    /// The columns, with what is known of each as metadata.
    pub schema: SchemaRef,
    /// What is known of the table as a whole, for the Parquet file's own metadata.
    pub metadata: Vec<(String, String)>,
    /// The HXL tags of the columns, empty where a column has none; absent for tables that are not released, which have no CSV.
    pub tags: Option<Vec<String>>,
}

/// So many rows are written at once. How rows come does not show in the file, so that the same rows are the same bytes.
const ROWS_AT_ONCE: usize = 8192;

/// A result that is being written.
pub struct Draft {
    schema: SchemaRef,
    waiting: BatchCoalescer,
    parquet: ArrowWriter<Hashing>,
    csv: Option<CsvWriter<Hashing>>,
    rows: u64,
}

/// A result whole on disk.
pub struct Written {
    /// How many rows it has.
    pub rows: u64,
    /// The Parquet file.
    pub parquet: WrittenFile,
    /// The same as CSV.
    pub csv: Option<WrittenFile>,
}

/// A file whole on disk, still without its name.
pub struct WrittenFile {
    path: PathBuf,
    /// SHA-256 of its bytes, hex.
    pub hash: String,
    /// Its size.
    pub bytes: u64,
}

impl Draft {
    /// Begins a result in the drafts of a warehouse.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub fn begin(root: &Path, shape: &Shape) -> Result<Self> {
        let what = "a result cannot be written";
        let file = Hashing::begin(root, "parquet")?;
        let parquet = ArrowWriter::try_new(file, shape.schema.clone(), Some(properties(shape)?)).map_err(|cause| error::store(what, cause))?;
        let csv = shape.tags.as_ref().map(|tags| begin_csv(root, &shape.schema, tags)).transpose()?;
        let waiting = BatchCoalescer::new(shape.schema.clone(), ROWS_AT_ONCE);
        Ok(Self { schema: shape.schema.clone(), waiting, parquet, csv, rows: 0 })
    }

    /// Writes a batch, its columns cast to those planned: the optimiser may hand on other text types.
    ///
    /// # Errors
    /// `Internal` where the batch has other columns; `Unavailable` where the disk says no.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = fitted(batch, &self.schema)?;
        self.rows += batch.num_rows() as u64;
        self.waiting.push_batch(batch).map_err(|cause| error::store("a result cannot be written", cause))?;
        self.write_waiting()
    }

    fn write_waiting(&mut self) -> Result<()> {
        while let Some(batch) = self.waiting.next_completed_batch() {
            self.parquet.write(&batch).map_err(|cause| error::store("a result cannot be written", cause))?;
            if let Some(csv) = &mut self.csv {
                csv.write(&batch).map_err(|cause| error::store("a result cannot be written as CSV", cause))?;
            }
        }
        Ok(())
    }

    /// Ends the files.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub fn finish(mut self) -> Result<Written> {
        self.waiting.finish_buffered_batch().map_err(|cause| error::store("a result cannot be written", cause))?;
        self.write_waiting()?;
        let parquet = self.parquet.into_inner().map_err(|cause| error::store("a result cannot be written", cause))?.finish()?;
        let csv = self.csv.map(|csv| csv.into_inner().finish()).transpose()?;
        Ok(Written { rows: self.rows, parquet, csv })
    }
}

/// Rows of a group of a released table. Who reads a released table over a network asks for a period or a country: of groups as
/// small as this they get what they ask for and little more. Smaller ones cost more in what is said of each than they save.
const RELEASED_GROUP_ROWS: usize = 16 << 10;

/// Rows of a group of a table that models read whole, on all cores.
const STAGING_GROUP_ROWS: usize = 128 << 10;

/// Dictionaries, the least and greatest value of every page, and an index of the pages are what the writer makes of itself.
fn properties(shape: &Shape) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(|cause| Error::new(Kind::Internal, "a result cannot be written").because(cause))?;
    let metadata = shape.metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let rows = if shape.tags.is_some() { RELEASED_GROUP_ROWS } else { STAGING_GROUP_ROWS };
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by("rihla".to_owned())
        .set_key_value_metadata(Some(metadata))
        .set_max_row_group_row_count(Some(rows))
        .build())
}

/// Writes the header and the tags; a row of no batch is what makes the writer write its header.
fn begin_csv(root: &Path, schema: &SchemaRef, tags: &[String]) -> Result<CsvWriter<Hashing>> {
    let what = "a result cannot be written as CSV";
    let mut lines = csv::Writer::from_writer(Hashing::begin(root, "csv")?);
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    lines.write_record(&names).and_then(|()| lines.write_record(tags)).map_err(|cause| error::io(what, cause.into()))?;
    let file = lines.into_inner().map_err(|cause| error::io(what, cause.into_error()))?;
    Ok(CsvWriterBuilder::new().with_header(false).build(file))
}

impl WrittenFile {
    /// Gives the file its name, in one step; a file of that name has the same content.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub fn keep(&self, place: &Path) -> Result<()> {
        let what = || format!("cannot write `{}`", place.display());
        if let Some(folder) = place.parent() {
            files::make_folder(folder).map_err(|cause| error::io(what(), cause))?;
        }
        files::rename(&self.path, place).map_err(|cause| error::io(what(), cause))
    }
}

/// A file that knows the hash of what was written to it.
struct Hashing {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Hashing {
    fn begin(root: &Path, extension: &str) -> Result<Self> {
        let folder = root.join(DRAFTS);
        let path = folder.join(format!("{}.{extension}", hex::encode(random_bytes::<8>())));
        let what = || format!("cannot write `{}`", path.display());
        files::make_folder(&folder).map_err(|cause| error::io(what(), cause))?;
        let file = files::begin(&path).map_err(|cause| error::io(what(), cause))?;
        Ok(Self { path, file, hash: Sha256::new(), bytes: 0 })
    }

    fn finish(self) -> Result<WrittenFile> {
        files::finish(&self.file, &self.path).map_err(|cause| error::io(format!("cannot write `{}`", self.path.display()), cause))?;
        Ok(WrittenFile { path: self.path, hash: hex::encode(self.hash.finalize()), bytes: self.bytes })
    }
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
