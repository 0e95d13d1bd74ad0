//! Sorted rows written: of a table of people a file for each part, of a released one a single file, with what tells the
//! content of each part.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::compute::partition;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use sha2::{Digest, Sha256};

use super::super::memory::fitted;
use super::super::write::{Draft, Shape, Written};
use super::values::{Value, values_of};
use crate::error::{self, Error, Kind, Result};

/// So many parts a table may have: each is a file, and they are meant to be periods.
const MOST_PARTS: usize = 4096;

/// A part that was written.
pub(in crate::model) struct KeptPart {
    /// Its value.
    pub value: Value,
    /// How many rows it has.
    pub rows: u64,
    /// What tells its content.
    pub content: String,
    /// Its file, where it has one of its own.
    pub written: Option<Written>,
}

/// Writes sorted rows part by part.
pub(in crate::model) enum Keeper<'k> {
    /// A file for each part; rows come with those of a part together.
    Apart(Box<Apart<'k>>),
    /// One file.
    Whole(Box<Whole>),
}

/// What stands at the end.
pub(in crate::model) struct Kept {
    /// The parts, in the order written.
    pub parts: Vec<KeptPart>,
    /// The one file, where it is one.
    pub whole: Option<Written>,
}

/// A file for each part.
pub(in crate::model) struct Apart<'k> {
    root: &'k Path,
    shape: &'k Shape,
    column: usize,
    open: Option<(Value, Draft)>,
    done: Vec<KeptPart>,
}

/// One file for all parts.
pub(in crate::model) struct Whole {
    column: usize,
    schema: SchemaRef,
    draft: Draft,
    rows: RowConverter,
    parts: BTreeMap<Value, (u64, Sha256)>,
}

impl<'k> Keeper<'k> {
    /// Begins to write rows whose parts are told by a column.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub fn begin(root: &'k Path, shape: &'k Shape, column: usize, apart: bool) -> Result<Self> {
        if apart {
            return Ok(Self::Apart(Box::new(Apart { root, shape, column, open: None, done: Vec::new() })));
        }
        let fields = shape.schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        let rows = RowConverter::new(fields).map_err(unwritten)?;
        let draft = Draft::begin(root, shape)?;
        Ok(Self::Whole(Box::new(Whole { column, schema: shape.schema.clone(), draft, rows, parts: BTreeMap::new() })))
    }

    /// Writes some rows.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no; `Data` where there are too many parts.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Apart(apart) => apart.write(batch),
            Self::Whole(whole) => whole.write(batch),
        }
    }

    /// Ends the files.
    ///
    /// # Errors
    /// `Unavailable` where the disk says no.
    pub fn finish(self) -> Result<Kept> {
        match self {
            Self::Apart(mut apart) => {
                apart.close()?;
                Ok(Kept { parts: apart.done, whole: None })
            }
            Self::Whole(whole) => {
                let told =
                    |(value, (rows, hash)): (Value, (u64, Sha256))| KeptPart { value, rows, content: hex::encode(&hash.finalize()[..16]), written: None };
                Ok(Kept { parts: whole.parts.into_iter().map(told).collect(), whole: Some(whole.draft.finish()?) })
            }
        }
    }
}

impl Apart<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let column = batch.column(self.column);
        for run in partition(std::slice::from_ref(column)).map_err(unwritten)?.ranges() {
            let rows = batch.slice(run.start, run.len());
            let first = values_of(&column.slice(run.start, 1)).map_err(|cause| error::engine(UNWRITTEN, cause))?;
            self.write_run(&first.into_iter().next().flatten(), &rows)?;
        }
        Ok(())
    }

    fn write_run(&mut self, value: &Value, rows: &RecordBatch) -> Result<()> {
        if self.open.as_ref().is_none_or(|(open, _)| open != value) {
            self.close()?;
            self.open = Some((value.clone(), Draft::begin(self.root, self.shape)?));
        }
        match &mut self.open {
            Some((_, draft)) => draft.write(rows),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Result<()> {
        let Some((value, draft)) = self.open.take() else { return Ok(()) };
        let written = draft.finish()?;
        check_count(self.done.len())?;
        self.done.push(KeptPart { value, rows: written.rows, content: written.parquet.hash.clone(), written: Some(written) });
        Ok(())
    }
}

impl Whole {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = fitted(batch, &self.schema)?;
        let values = values_of(batch.column(self.column)).map_err(|cause| error::engine(UNWRITTEN, cause))?;
        let rows = self.rows.convert_columns(batch.columns()).map_err(unwritten)?;
        for (value, row) in values.into_iter().zip(rows.iter()) {
            let (count, hash) = self.parts.entry(value).or_default();
            *count += 1;
            hash.update(u64::try_from(row.data().len()).unwrap_or_default().to_le_bytes());
            hash.update(row.data());
        }
        check_count(self.parts.len())?;
        self.draft.write(&batch)
    }
}

const UNWRITTEN: &str = "a result cannot be written in parts";

fn unwritten(cause: arrow::error::ArrowError) -> Error {
    Error::new(Kind::Internal, UNWRITTEN).because(cause)
}

fn check_count(count: usize) -> Result<()> {
    if count <= MOST_PARTS {
        return Ok(());
    }
    Err(Error::new(Kind::Data, format!("the partition has more than {MOST_PARTS} values")).hint("name a column of periods, such as the month"))
}
