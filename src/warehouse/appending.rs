//! Rows on their way into a Delta table: encoded beside the work that makes them, put in place by one commit.
//!
//! Guarantees: until the commit nobody sees a row; rows of one delivery stand together, in their order; what is held in
//! memory is a few batches and one row group.

use arrow::array::new_null_array;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use deltalake::writer::{DeltaWriter, RecordBatchWriter};
use deltalake::{DeltaTable, DeltaTableError};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::delta::delta_error;
use crate::error::{Error, Kind, Result};

/// Rows of a file: few enough that a change of one office reads little else, enough that a file pays.
const FILE_ROWS: usize = 250_000;

/// Rows of a page, so that a month of an office is read without its neighbours.
const PAGE_ROWS: usize = 8192;

/// Batches that wait to be encoded.
const WAITING: usize = 4;

/// Rows that are being encoded.
pub struct Appending {
    batches: Sender<RecordBatch>,
    encoding: JoinHandle<std::result::Result<Vec<Add>, DeltaTableError>>,
    schema: SchemaRef,
    name: String,
}

impl Appending {
    /// Begins files of a table.
    ///
    /// # Errors
    /// `Internal` where the table's schema is not one that can be written.
    pub(super) fn begin(table: &DeltaTable, name: &str) -> Result<Self> {
        let what = || format!("cannot append to the table `{name}`");
        let writer = RecordBatchWriter::for_table(table).map_err(|cause| delta_error(&what(), cause))?;
        let schema = writer.arrow_schema();
        let writer = writer.with_writer_properties(properties(&schema)?);
        let (batches, waiting) = channel(WAITING);
        Ok(Self { batches, encoding: tokio::spawn(encode(writer, waiting)), schema, name: name.to_owned() })
    }

    /// Takes rows; columns of the table that they lack are null in them.
    ///
    /// # Errors
    /// `Internal` where a column has another type; `Unavailable` where the disk says no.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = widened(batch, &self.schema)?;
        match self.batches.send(batch).await {
            Ok(()) => Ok(()),
            // Who encodes has stopped: it says why.
            Err(_) => Err((&mut self.encoding).await.map_or_else(|cause| self.broken(cause), |done| self.failed(done.err()))),
        }
    }

    /// The files, whole, of which no log tells yet.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub(super) async fn finish(self) -> Result<Vec<Add>> {
        let Self { batches, encoding, name, .. } = self;
        drop(batches);
        let what = format!("cannot append to the table `{name}`");
        let files = encoding.await.map_err(|cause| Error::new(Kind::Internal, what.clone()).because(cause))?;
        files.map_err(|cause| delta_error(&what, cause))
    }

    fn broken(&self, cause: tokio::task::JoinError) -> Error {
        Error::new(Kind::Internal, format!("cannot append to the table `{}`", self.name)).because(cause)
    }

    fn failed(&self, cause: Option<DeltaTableError>) -> Error {
        let what = format!("cannot append to the table `{}`", self.name);
        cause.map_or_else(|| Error::new(Kind::Internal, what.clone()), |cause| delta_error(&what, cause))
    }
}

async fn encode(mut writer: RecordBatchWriter, mut batches: Receiver<RecordBatch>) -> std::result::Result<Vec<Add>, DeltaTableError> {
    let mut files = Vec::new();
    let mut rows = 0;
    while let Some(batch) = batches.recv().await {
        rows += batch.num_rows();
        writer.write(batch).await?;
        if rows >= FILE_ROWS {
            files.extend(writer.flush().await?);
            rows = 0;
        }
    }
    files.extend(writer.flush().await?);
    Ok(files)
}

/// Pseudonyms and keys are all different, so that neither a dictionary nor statistics would tell anything of them.
const DIFFERENT: [&str; 2] = ["person_id", "case_id"];

fn properties(schema: &SchemaRef) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(1).map_err(|cause| Error::new(Kind::Internal, "a table cannot be compressed").because(cause))?;
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(FILE_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_created_by("rihla".to_owned());
    let different = DIFFERENT.iter().filter(|name| schema.column_with_name(name).is_some());
    let builder = different.fold(builder, |builder, name| {
        let column = ColumnPath::from(*name);
        builder.set_column_dictionary_enabled(column.clone(), false).set_column_statistics_enabled(column, EnabledStatistics::None)
    });
    Ok(builder.build())
}

fn widened(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema() == *schema {
        return Ok(batch.clone());
    }
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), batch.num_rows()),
    });
    RecordBatch::try_new(schema.clone(), columns.collect()).map_err(|cause| Error::new(Kind::Internal, "rows do not fit their table").because(cause))
}
