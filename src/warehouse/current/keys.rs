//! The keys of rows read from a file of a feed: nothing else of them.

use std::fs::File;
use std::iter;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, StringArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Field, Int32Type, Schema, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector};
use parquet::file::metadata::PageIndexPolicy;

use super::{KeyColumns, pages};
use crate::contract::instant;
use crate::error::{self, Error, Kind, Result};

/// Rows read at a time.
const BATCH_ROWS: usize = 8192;

/// Which rows of a file are read.
pub enum Which<'a> {
    /// At least all of an office.
    Office(&'a str),
    /// Those at some places, in order.
    At(&'a [u32]),
}

impl Which<'_> {
    fn ranges(&self, metadata: &ArrowReaderMetadata) -> Vec<Range<usize>> {
        let rows = metadata.metadata().row_groups().iter().map(|group| usize::try_from(group.num_rows()).unwrap_or_default()).sum();
        match self {
            Self::Office(office) => pages::of_office(metadata, office).unwrap_or_else(|| iter::once(0..rows).collect()),
            Self::At(places) => places.iter().map(|place| *place as usize..*place as usize + 1).collect(),
        }
    }
}

/// The keys of some rows. A column that the file is older than is all null.
pub struct Keys {
    /// Where in the file the row stands.
    pub places: Vec<usize>,
    /// The submission, by number.
    pub submission: Numbered,
    /// The office, by number.
    pub office: Numbered,
    /// The record's key.
    pub record: StringArray,
    /// When it was last changed; nothing where that was not asked.
    pub changed: Option<TimestampMicrosecondArray>,
    /// Whether it is deleted.
    pub deleted: Option<BooleanArray>,
    /// Its dates.
    pub dates: Vec<Date32Array>,
}

/// Texts that repeat: each once, and which of them stands in each row.
pub struct Numbered {
    texts: StringArray,
    numbers: Vec<i32>,
}

impl Numbered {
    fn of(column: &ArrayRef) -> Result<Self> {
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let column = cast(column, &kind).map_err(|cause| foreign().because(cause))?;
        let column = column.as_dictionary::<Int32Type>();
        let texts = column.values().as_string::<i32>().clone();
        Ok(Self { texts, numbers: column.keys().values().to_vec() })
    }

    /// The texts, each by its number.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.texts.len()).map(|index| self.texts.value(index))
    }

    /// The number of a row's text.
    pub fn number(&self, row: usize) -> usize {
        usize::try_from(self.numbers[row]).unwrap_or(usize::MAX)
    }
}

/// Reads the keys of some of a file's rows, and hands them on in order.
///
/// # Errors
/// `Unavailable` where the file cannot be read; `Conflict` where it is not of a feed; what `take` says.
pub fn read(file: &Path, columns: &KeyColumns, with_changed: bool, which: &Which<'_>, mut take: impl FnMut(&Keys) -> Result<()>) -> Result<()> {
    let what = || format!("cannot read `{}`", file.display());
    let opened = File::open(file).map_err(|cause| error::io(what(), cause))?;
    let metadata = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional))
        .map_err(|cause| error::store(what(), cause))?;
    let ranges = which.ranges(&metadata);
    let options = ArrowReaderOptions::new().with_schema(Arc::new(numbered(metadata.schema())));
    let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(|cause| error::store(what(), cause))?;
    let mask = ProjectionMask::columns(metadata.parquet_schema(), wanted(columns, with_changed));
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(opened, metadata).with_projection(mask).with_batch_size(BATCH_ROWS);
    let builder = builder.with_row_selection(selected(&ranges));
    let mut places = Places { ranges, next: 0 };
    for batch in builder.build().map_err(|cause| error::store(what(), cause))? {
        let batch = batch.map_err(|cause| error::store(what(), cause))?;
        take(&keys(&batch, places.take(batch.num_rows()), columns, with_changed)?)?;
    }
    Ok(())
}

/// Places of rows that are read, range by range: of one by one too much is asked where rows are millions.
struct Places {
    ranges: Vec<Range<usize>>,
    /// The first range of which any are left.
    next: usize,
}

impl Places {
    /// The next so many, as far as there are any.
    fn take(&mut self, count: usize) -> Vec<usize> {
        let mut places = Vec::with_capacity(count);
        while let Some(range) = self.ranges.get_mut(self.next).filter(|_| places.len() < count) {
            let end = range.end.min(range.start + (count - places.len()));
            places.extend(range.start..end);
            range.start = end;
            self.next += usize::from(range.start == range.end);
        }
        places
    }
}

fn selected(ranges: &[Range<usize>]) -> RowSelection {
    let mut selectors = Vec::new();
    let mut next = 0;
    for range in ranges {
        selectors.push(RowSelector::skip(range.start - next));
        selectors.push(RowSelector::select(range.len()));
        next = range.end;
    }
    RowSelection::from(selectors)
}

/// The schema of a file with what repeats as numbers, which costs little to read.
fn numbered(schema: &Schema) -> Schema {
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields = schema.fields().iter().map(|field| match field.name().as_str() {
        "submission_id" | "office" => Arc::new(Field::new(field.name(), kind.clone(), field.is_nullable())),
        _ => field.clone(),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn wanted(columns: &KeyColumns, with_changed: bool) -> impl Iterator<Item = &str> {
    let changed = with_changed.then_some(columns.changed.as_str());
    ["submission_id", "office", columns.record.as_str()]
        .into_iter()
        .chain(changed)
        .chain(columns.deleted.as_deref())
        .chain(columns.dates.iter().map(String::as_str))
}

fn keys(batch: &RecordBatch, places: Vec<usize>, columns: &KeyColumns, with_changed: bool) -> Result<Keys> {
    let column = |name: &str, kind: &DataType| match batch.column_by_name(name) {
        Some(column) => cast(column, kind).map_err(|cause| foreign().because(cause)),
        None => Ok(arrow::array::new_null_array(kind, batch.num_rows())),
    };
    let numbered = |name: &str| batch.column_by_name(name).ok_or_else(foreign).and_then(Numbered::of);
    let dates = columns.dates.iter().map(|name| Ok(column(name, &DataType::Date32)?.as_primitive::<Date32Type>().clone()));
    let changed = with_changed.then(|| column(&columns.changed, &instant())).transpose()?;
    let deleted = columns.deleted.as_ref().map(|name| column(name, &DataType::Boolean)).transpose()?;
    Ok(Keys {
        places,
        submission: numbered("submission_id")?,
        office: numbered("office")?,
        record: column(&columns.record, &DataType::Utf8)?.as_string::<i32>().clone(),
        changed: changed.map(|column| column.as_primitive::<TimestampMicrosecondType>().clone()),
        deleted: deleted.map(|column| column.as_boolean().clone()),
        dates: dates.collect::<Result<_>>()?,
    })
}

fn foreign() -> Error {
    Error::new(Kind::Conflict, "a file of a feed has other columns than the feed")
}
