//! Rows on their way into a Delta table: encoded beside the work that makes them, put in place by one commit.
//!
//! Guarantees: until the commit nobody sees a row; rows of one delivery stand together, in their order; what is held in
//! memory is a few batches and one row group.

use std::sync::Arc;

use arrow::array::new_null_array;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use deltalake::writer::{DeltaWriter, RecordBatchWriter};
use deltalake::{DeltaTable, DeltaTableError};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinHandle};

use super::delta::delta_error;
use crate::error::{Error, Kind, Result};
use crate::normalise::PIECE_ROWS;

/// Rows of a file: few enough that a change of one office reads little else, enough that a file pays.
const FILE_ROWS: usize = 16 * PIECE_ROWS;

/// Rows of a page, so that a month of an office is read without its neighbours.
const PAGE_ROWS: usize = 8192;

/// Pieces that wait to be encoded.
const WAITING: usize = 4;

/// What an encoder is sent.
enum Piece {
    Rows(RecordBatch),
    /// The file has enough of them.
    End,
}

/// Rows that are being encoded, by as many as there are cores: each file by one, and the next file by the next.
pub struct Appending {
    encoders: Vec<Encoder>,
    /// Which of them is at it.
    turn: usize,
    /// Rows that it took so far.
    taken: usize,
    /// Rows of small deliveries, until they are enough to be worth encoding: each time costs by the column.
    small: Vec<RecordBatch>,
    /// How many they are.
    waiting: usize,
    schema: SchemaRef,
    name: String,
}

struct Encoder {
    pieces: Sender<Piece>,
    files: JoinHandle<std::result::Result<Vec<Add>, DeltaTableError>>,
}

impl Appending {
    /// Begins files of a table.
    ///
    /// # Errors
    /// `Internal` where the table's schema is not one that can be written.
    pub(super) fn begin(table: &DeltaTable, name: &str) -> Result<Self> {
        let mut appending =
            Self { encoders: Vec::new(), turn: 0, taken: 0, small: Vec::new(), waiting: 0, schema: Arc::new(Schema::empty()), name: name.to_owned() };
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            let writer = RecordBatchWriter::for_table(table).map_err(|cause| delta_error(&appending.what(), cause))?;
            appending.schema = writer.arrow_schema();
            let writer = writer.with_writer_properties(properties(&appending.schema)?);
            let (pieces, waiting) = channel(WAITING);
            appending.encoders.push(Encoder { pieces, files: tokio::spawn(encode(writer, waiting)) });
        }
        Ok(appending)
    }

    /// Takes the rows of a delivery, which stand in one file where they are no more than a file holds; columns of the table
    /// that they lack are null in them.
    ///
    /// # Errors
    /// `Internal` where a column has another type; `Unavailable` where the disk says no.
    pub async fn write(&mut self, pieces: Vec<RecordBatch>) -> Result<()> {
        let mut whole = 0;
        for piece in pieces {
            self.waiting += piece.num_rows();
            self.small.push(widened(piece, &self.schema)?);
            if self.waiting >= PIECE_ROWS {
                whole += self.waiting;
                self.put().await?;
            }
            if whole >= FILE_ROWS {
                self.end_file().await?;
                whole = 0;
            }
        }
        if self.taken < FILE_ROWS { Ok(()) } else { self.end_file().await }
    }

    /// Puts the rows that waited for others into a file.
    async fn put(&mut self) -> Result<()> {
        let batch = match &std::mem::take(&mut self.small)[..] {
            [] => return Ok(()),
            [batch] => batch.clone(),
            several => concat_batches(&self.schema, several).map_err(|cause| Error::new(Kind::Internal, self.what()).because(cause))?,
        };
        for start in (0..batch.num_rows()).step_by(PIECE_ROWS) {
            self.send(Piece::Rows(batch.slice(start, PIECE_ROWS.min(batch.num_rows() - start)))).await?;
        }
        self.taken += std::mem::take(&mut self.waiting);
        Ok(())
    }

    async fn end_file(&mut self) -> Result<()> {
        self.put().await?;
        self.send(Piece::End).await?;
        (self.turn, self.taken) = ((self.turn + 1) % self.encoders.len(), 0);
        Ok(())
    }

    async fn send(&mut self, piece: Piece) -> Result<()> {
        let encoder = &mut self.encoders[self.turn];
        if encoder.pieces.send(piece).await.is_err() {
            // Who encodes has stopped: it says why.
            let ended = (&mut encoder.files).await;
            return Err(self.failure(ended.map(Result::err)));
        }
        Ok(())
    }

    /// The files, whole, of which no log tells yet.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub(super) async fn finish(mut self) -> Result<Vec<Add>> {
        self.put().await?;
        let mut files = Vec::new();
        for Encoder { pieces, files: encoded } in std::mem::take(&mut self.encoders) {
            drop(pieces);
            match encoded.await {
                Ok(Ok(more)) => files.extend(more),
                ended => return Err(self.failure(ended.map(Result::err))),
            }
        }
        Ok(files)
    }

    fn failure(&self, ended: std::result::Result<Option<DeltaTableError>, JoinError>) -> Error {
        match ended {
            Ok(Some(cause)) => delta_error(&self.what(), cause),
            Ok(None) => Error::new(Kind::Internal, self.what()),
            Err(cause) => Error::new(Kind::Internal, self.what()).because(cause),
        }
    }

    fn what(&self) -> String {
        format!("cannot append to the table `{}`", self.name)
    }
}

async fn encode(mut writer: RecordBatchWriter, mut pieces: Receiver<Piece>) -> std::result::Result<Vec<Add>, DeltaTableError> {
    let mut files = Vec::new();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Rows(batch) => writer.write(batch).await?,
            Piece::End => files.extend(writer.flush().await?),
        }
    }
    files.extend(writer.flush().await?);
    Ok(files)
}

/// Pseudonyms are all different, so that a dictionary would tell nothing of them. All are of one
/// length: kept apart from the lengths, their digits are compressed at once, without a search for what repeats.
const DIFFERENT: [&str; 2] = ["person_id", "case_id"];

/// Numbers that grow from row to row: their differences take little room.
const GROWING: &str = "source_row";

/// Keys of records, under the name that they mostly have: all different too, but to be found by.
const KEY: &str = "record_id";

/// Texts that rows are found by. Others stand in every page in any order, so that their bounds would tell nothing.
const FOUND_BY: [&str; 4] = ["submission_id", "office", "period", KEY];

fn properties(schema: &SchemaRef) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(1).map_err(|cause| Error::new(Kind::Internal, "a table cannot be compressed").because(cause))?;
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(FILE_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_created_by("rihla".to_owned());
    let builder = builder
        .set_column_dictionary_enabled(ColumnPath::from(GROWING), false)
        .set_column_encoding(ColumnPath::from(GROWING), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(ColumnPath::from(KEY), false);
    let unbounded = schema.fields().iter().filter_map(|field| unbounded(field));
    let builder = unbounded.fold(builder, |builder, column| builder.set_column_statistics_enabled(column, EnabledStatistics::None));
    let different = DIFFERENT.iter().filter(|name| schema.column_with_name(name).is_some());
    let builder = different.fold(builder, |builder, name| {
        let column = ColumnPath::from(*name);
        builder.set_column_dictionary_enabled(column.clone(), false).set_column_encoding(column, Encoding::DELTA_LENGTH_BYTE_ARRAY)
    });
    Ok(builder.build())
}

/// The column of a field whose bounds are not written.
fn unbounded(field: &Field) -> Option<ColumnPath> {
    match field.data_type() {
        DataType::Utf8 if !FOUND_BY.contains(&field.name().as_str()) => Some(ColumnPath::from(field.name().as_str())),
        DataType::List(element) if *element.data_type() == DataType::Utf8 => {
            Some(ColumnPath::from(vec![field.name().clone(), "list".to_owned(), element.name().clone()]))
        }
        _ => None,
    }
}

fn widened(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema() == *schema {
        return Ok(batch);
    }
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), batch.num_rows()),
    });
    RecordBatch::try_new(schema.clone(), columns.collect()).map_err(|cause| Error::new(Kind::Internal, "rows do not fit their table").because(cause))
}
