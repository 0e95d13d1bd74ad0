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
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinHandle};

use super::delta::delta_error;
use crate::error::{Error, Kind, Result};
use crate::normalise::PIECE_ROWS;
use crate::parallel;

/// Pieces of a file: few enough that a change of one office reads little else, enough that a file pays.
const FILE_PIECES: usize = 16;

/// Rows of a file.
const FILE_ROWS: usize = FILE_PIECES * PIECE_ROWS;

/// Rows of a page, so that a month of an office is read without its neighbours.
const PAGE_ROWS: usize = 8192;

/// Rows that are encoded by themselves: to put them together with others would take longer than what each time costs.
const ALONE_ROWS: usize = 2048;

/// Pieces that wait to be encoded.
const WAITING: usize = 4;

/// What an encoder is sent.
enum Piece {
    /// Rows that are put together before they are encoded.
    Rows(Vec<RecordBatch>),
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
        for _ in 0..parallel::cores() {
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
        if pieces.len() > FILE_PIECES {
            return self.write_files(pieces).await;
        }
        for piece in pieces {
            let is_alone = piece.num_rows() >= ALONE_ROWS;
            if is_alone {
                self.put().await?;
            }
            self.waiting += piece.num_rows();
            self.small.push(widened(piece, &self.schema)?);
            if is_alone || self.waiting >= PIECE_ROWS {
                self.put().await?;
            }
        }
        if self.taken < FILE_ROWS { Ok(()) } else { self.end_file().await }
    }

    /// Takes the rows of a delivery that fills files of its own: as many of them at a time as there are encoders, which get
    /// their pieces in turn, so that none waits until another's file is full.
    async fn write_files(&mut self, pieces: Vec<RecordBatch>) -> Result<()> {
        self.end_file().await?;
        for files in pieces.chunks(FILE_PIECES * self.encoders.len()) {
            let files: Vec<&[RecordBatch]> = files.chunks(FILE_PIECES).collect();
            let most = files.first().map_or(0, |file| file.len());
            for place in 0..most {
                for (encoder, file) in files.iter().enumerate() {
                    if let Some(piece) = file.get(place) {
                        self.turn = encoder;
                        self.send(Piece::Rows(vec![widened(piece.clone(), &self.schema)?])).await?;
                    }
                }
            }
            for encoder in 0..files.len() {
                self.turn = encoder;
                self.send(Piece::End).await?;
            }
        }
        Ok(())
    }

    /// Puts the rows that waited for others into a file.
    async fn put(&mut self) -> Result<()> {
        let small = std::mem::take(&mut self.small);
        if !small.is_empty() {
            self.send(Piece::Rows(small)).await?;
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
            Piece::Rows(several) => {
                let batch = match &several[..] {
                    [batch] => batch.clone(),
                    several => concat_batches(&writer.arrow_schema(), several)?,
                };
                drop(several);
                for start in (0..batch.num_rows()).step_by(PIECE_ROWS) {
                    writer.write(batch.slice(start, PIECE_ROWS.min(batch.num_rows() - start))).await?;
                }
            }
            Piece::End => files.extend(writer.flush().await?),
        }
    }
    files.extend(writer.flush().await?);
    Ok(files)
}

/// Pseudonyms are all different, so that a dictionary would tell nothing of them. All are of one
/// length: kept apart from the lengths, their digits are compressed at once, without a search for what repeats.
const DIFFERENT: [&str; 2] = ["person_id", "case_id"];

/// Numbers that grow from row to row, or are the same in all rows of a delivery: their differences take little room, and are
/// told without a look into a dictionary.
const STEADY: [&str; 3] = ["source_row", "revision", "received_at"];

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
    let builder = builder.set_column_dictionary_enabled(ColumnPath::from(KEY), false);
    let steady = STEADY.iter().filter(|name| schema.field_with_name(name).is_ok_and(|field| is_whole(field.data_type())));
    let builder = steady.fold(builder, |builder, name| without_dictionary(builder, name, Encoding::DELTA_BINARY_PACKED));
    let unbounded = schema.fields().iter().filter_map(|field| unbounded(field));
    let builder = unbounded.fold(builder, |builder, column| builder.set_column_statistics_enabled(column, EnabledStatistics::None));
    let different = DIFFERENT.iter().filter(|name| schema.column_with_name(name).is_some());
    let builder = different.fold(builder, |builder, name| without_dictionary(builder, name, Encoding::DELTA_LENGTH_BYTE_ARRAY));
    Ok(builder.build())
}

fn without_dictionary(builder: WriterPropertiesBuilder, name: &str, encoding: Encoding) -> WriterPropertiesBuilder {
    let column = ColumnPath::from(name);
    builder.set_column_dictionary_enabled(column.clone(), false).set_column_encoding(column, encoding)
}

/// True for what is written as a whole number.
fn is_whole(kind: &DataType) -> bool {
    matches!(kind, DataType::Int64 | DataType::Timestamp(..))
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

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::store::Store;
    use crate::warehouse::delta::AppendedTable;

    /// Rows of consecutive numbers, in pieces as deliveries come.
    fn delivery(schema: &SchemaRef, numbers: std::ops::Range<usize>) -> Vec<RecordBatch> {
        let piece = |start: usize| {
            let numbers = Int64Array::from_iter_values((start..numbers.end.min(start + PIECE_ROWS)).map(|number| number as i64));
            RecordBatch::try_new(schema.clone(), vec![Arc::new(numbers)]).expect("a piece")
        };
        numbers.clone().step_by(PIECE_ROWS).map(piece).collect()
    }

    #[tokio::test]
    async fn files_of_a_large_delivery_are_filled_side_by_side_and_hold_rows_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::local(folder.path()).expect("a store");
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("number", DataType::Int64, true)]));
        let mut table = AppendedTable::make(&store, "rows", "rows", schema.clone()).await.expect("a table");
        let mut appending = table.begin_append().expect("an append");
        let large = 5 * FILE_ROWS + PIECE_ROWS + 7;
        for numbers in [0..100, 100..100 + large, 100 + large..200 + large] {
            appending.write(delivery(&schema, numbers)).await.expect("rows are taken");
        }
        table.end_append(appending, Vec::new()).await.expect("rows are put in place");

        let mut stretches = Vec::new();
        for file in table.data_files().await.expect("files") {
            let file = std::fs::File::open(folder.path().join("rows").join(&file.name)).expect("a file");
            let read = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, FILE_ROWS).expect("a file of rows");
            let numbers: Vec<i64> =
                read.flat_map(|batch| batch.expect("rows").column(0).as_any().downcast_ref::<Int64Array>().expect("numbers").values().to_vec()).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "rows of a file stand in their order");
            stretches.push((numbers[0], numbers.len()));
        }
        stretches.sort_unstable();
        let whole = |place: usize| ((100 + place * FILE_ROWS) as i64, FILE_ROWS);
        let mut expected = vec![(0, 100)];
        expected.extend((0..5).map(whole));
        expected.push((whole(5).0, PIECE_ROWS + 7));
        expected.push(((100 + large) as i64, 100));
        assert_eq!(stretches, expected);
    }
}
