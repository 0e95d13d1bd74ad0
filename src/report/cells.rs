//! Small results of the engine as plain values.

use arrow::array::{Array, AsArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use arrow::record_batch::RecordBatch;

use super::number::Number;
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

    /// The figures of a column, null as nothing; whole numbers and decimals exactly.
    ///
    /// # Errors
    /// `Internal` where there is no such column or it holds no numbers.
    pub fn figures(&self, column: usize) -> Result<Vec<Option<Number>>> {
        let mut figures = Vec::new();
        for batch in &self.batches {
            let kind = batch.columns().get(column).map_or(DataType::Null, |column| column.data_type().clone());
            // As many digits as there are, behind the point as many as the column has; a float has no such digits.
            let decimals = match kind {
                DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => scale.max(0),
                ref whole if whole.is_integer() => 0,
                _ => {
                    let floats = self.column(batch, column, &DataType::Float64)?;
                    figures.extend(floats.as_primitive::<Float64Type>().iter().map(|value| value.map(Number::Float)));
                    continue;
                }
            };
            let digits = self.column(batch, column, &DataType::Decimal128(38, decimals))?;
            let scale = u32::from(decimals.unsigned_abs());
            figures.extend(digits.as_primitive::<Decimal128Type>().iter().map(|units| units.map(|units| Number::Exact { units, scale })));
        }
        Ok(figures)
    }

    fn column(&self, batch: &RecordBatch, column: usize, kind: &DataType) -> Result<arrow::array::ArrayRef> {
        let wrong = || Error::new(Kind::Internal, "a result does not have the columns that were asked for");
        let column = batch.columns().get(column).ok_or_else(wrong)?;
        // What does not fit is an error, not a null: a figure must not vanish.
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let column = cast_with_options(column, kind, &strict).map_err(|cause| wrong().because(cause))?;
        debug_assert_eq!(column.data_type(), kind);
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn cells(column: ArrayRef) -> Cells {
        Cells { batches: vec![RecordBatch::try_from_iter_with_nullable([("a", column, true)]).unwrap()] }
    }

    #[test]
    fn decimals_keep_every_digit() {
        let money = Decimal128Array::from(vec![Some(12_345_678_901_234_567_850_i128), None, Some(-5)]).with_precision_and_scale(38, 2).unwrap();
        let figures = cells(Arc::new(money)).figures(0).unwrap();
        let texts: Vec<_> = figures.iter().map(|figure| figure.map(|figure| figure.to_string())).collect();
        assert_eq!(texts, [Some("123456789012345678.50".to_owned()), None, Some("-0.05".to_owned())]);
    }

    #[test]
    fn whole_numbers_are_exact_and_others_are_not() {
        let whole = cells(Arc::new(Int64Array::from(vec![i64::MAX]))).figures(0).unwrap();
        assert_eq!(whole[0].unwrap().to_string(), i64::MAX.to_string());
        assert!(matches!(cells(Arc::new(Float64Array::from(vec![0.5]))).figures(0).unwrap()[0], Some(Number::Float(_))));
        assert!(cells(Arc::new(StringArray::from(vec!["many"]))).figures(0).is_err(), "text is no figure, and not nothing");
    }
}
