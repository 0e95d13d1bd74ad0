//! Small results of the engine as plain values.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;

use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};

/// Rows of a small result.
pub struct Cells {
    batches: Vec<RecordBatch>,
}

/// Runs a query of our own.
///
/// # Errors
/// As the engine says.
pub async fn query(engine: &Engine, sql: &str) -> Result<Cells> {
    let what = "cannot read the release";
    let frame = engine.context().sql(sql).await.map_err(|cause| error::engine(what, cause))?;
    Ok(Cells { batches: frame.collect().await.map_err(|cause| error::engine(what, cause))? })
}

impl Cells {
    /// The texts of a column, null as nothing.
    ///
    /// # Errors
    /// `Internal` where there is no such column.
    pub fn texts(&self, column: usize) -> Result<Vec<Option<String>>> {
        let mut texts = Vec::new();
        for batch in &self.batches {
            let column = self.column(batch, column, &DataType::Utf8)?;
            texts.extend(column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)));
        }
        Ok(texts)
    }

    /// The numbers of a column, null as nothing.
    ///
    /// # Errors
    /// `Internal` where there is no such column or it holds no numbers.
    pub fn numbers(&self, column: usize) -> Result<Vec<Option<f64>>> {
        let mut numbers = Vec::new();
        for batch in &self.batches {
            let column = self.column(batch, column, &DataType::Float64)?;
            numbers.extend(column.as_primitive::<Float64Type>().iter());
        }
        Ok(numbers)
    }

    fn column(&self, batch: &RecordBatch, column: usize, kind: &DataType) -> Result<arrow::array::ArrayRef> {
        let wrong = || Error::new(Kind::Internal, "a result does not have the columns that were asked for");
        let column = batch.columns().get(column).ok_or_else(wrong)?;
        let column = cast(column, kind).map_err(|cause| wrong().because(cause))?;
        debug_assert_eq!(column.data_type(), kind);
        Ok(column)
    }
}
