//! Cells of text made values of a column's type, strictly; and values written as such cells.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Field, Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, SecondsFormat};

use crate::contract::{NumberStyle, instant, written};
use crate::error::{Error, Kind, Result};

/// What separates the items of a list in a cell.
pub const LIST_SEPARATOR: &str = ",";

/// What a column holds, as cells write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Exact decimals: digits and decimals.
    Decimal(u8, i8),
    /// Numbers with decimals that are no exact ones.
    Inexact,
    /// `true` or `false`.
    Truth,
    /// Days.
    Day,
    /// Moments.
    Moment,
    /// Several texts.
    List,
}

impl Holds {
    /// What a column of a type holds; nothing where cells cannot write it.
    pub fn of(kind: &DataType) -> Option<Self> {
        use DataType as T;
        Some(match kind {
            T::Utf8 | T::LargeUtf8 | T::Utf8View => Self::Text,
            T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => Self::Whole,
            T::Decimal128(digits, scale) if *scale >= 0 => Self::Decimal(*digits, *scale),
            T::Float16 | T::Float32 | T::Float64 => Self::Inexact,
            T::Boolean => Self::Truth,
            T::Date32 | T::Date64 => Self::Day,
            T::Timestamp(..) => Self::Moment,
            T::List(items) | T::LargeList(items) if matches!(items.data_type(), T::Utf8 | T::LargeUtf8 | T::Utf8View) => Self::List,
            _ => return None,
        })
    }

    /// The type that its values have on their way.
    fn kind(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Whole => DataType::Int64,
            Self::Decimal(digits, scale) => DataType::Decimal128(digits, scale),
            Self::Inexact => DataType::Float64,
            Self::Truth => DataType::Boolean,
            Self::Day => DataType::Date32,
            Self::Moment => instant(),
            Self::List => DataType::List(element()),
        }
    }
}

fn element() -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Utf8, true))
}

/// A column of a type that cells write.
///
/// # Errors
/// The index of every cell that is none of its values, and why.
pub fn array(kind: &DataType, cells: &[Option<&str>]) -> std::result::Result<ArrayRef, Vec<(usize, String)>> {
    let holds = Holds::of(kind).ok_or_else(|| vec![(0, format!("a column of the type {kind} cannot be written as text"))])?;
    let built: ArrayRef = match holds {
        Holds::Text => Arc::new(cells.iter().copied().collect::<StringArray>()),
        Holds::Whole => Arc::new(each(cells, whole)?.into_iter().collect::<Int64Array>()),
        Holds::Decimal(digits, scale) => {
            let values = each(cells, |text| decimal(text, u8::try_from(scale).unwrap_or(0)))?;
            let array = values.into_iter().collect::<Decimal128Array>().with_precision_and_scale(digits, scale);
            Arc::new(array.map_err(|cause| vec![(0, cause.to_string())])?)
        }
        Holds::Inexact => Arc::new(each(cells, inexact)?.into_iter().collect::<Float64Array>()),
        Holds::Truth => Arc::new(each(cells, truth)?.into_iter().collect::<BooleanArray>()),
        Holds::Day => Arc::new(each(cells, day)?.into_iter().collect::<Date32Array>()),
        Holds::Moment => Arc::new(each(cells, moment)?.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Holds::List => lists(cells),
    };
    cast(&built, kind).map_err(|cause| vec![(0, cause.to_string())])
}

fn each<T>(cells: &[Option<&str>], read: impl Fn(&str) -> std::result::Result<T, String>) -> std::result::Result<Vec<Option<T>>, Vec<(usize, String)>> {
    let (mut values, mut faults) = (Vec::with_capacity(cells.len()), Vec::new());
    for (index, cell) in cells.iter().enumerate() {
        match cell.map(&read).transpose() {
            Ok(value) => values.push(value),
            Err(why) => faults.push((index, format!("`{}` {why}", cell.unwrap_or_default()))),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

fn whole(text: &str) -> std::result::Result<i64, String> {
    text.parse().map_err(|_| "is not a whole number".to_owned())
}

fn decimal(text: &str, scale: u8) -> std::result::Result<i128, String> {
    let figure = NumberStyle::default().read(text).map_err(|why| format!("is not a number{}", why.because()))?;
    figure.scaled(scale)
}

fn inexact(text: &str) -> std::result::Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| "is not a number".to_owned())
}

fn truth(text: &str) -> std::result::Result<bool, String> {
    text.parse().map_err(|_| "is neither true nor false".to_owned())
}

fn day(text: &str) -> std::result::Result<i32, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text);
    let days = day.and_then(|day| i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok());
    days.ok_or_else(|| "is not a day such as 2023-01-31".to_owned())
}

/// A moment, or a day for its first one.
fn moment(text: &str) -> std::result::Result<i64, String> {
    if let Ok(days) = day(text) {
        return Ok(i64::from(days) * 24 * 60 * 60 * 1_000_000);
    }
    DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_micros()).map_err(|_| "is not a moment such as 2023-01-31T09:00:00Z".to_owned())
}

fn lists(cells: &[Option<&str>]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element());
    for cell in cells {
        for item in cell.iter().flat_map(|cell| cell.split(LIST_SEPARATOR)).map(str::trim).filter(|item| !item.is_empty()) {
            builder.values().append_value(item);
        }
        builder.append(cell.is_some());
    }
    Arc::new(builder.finish())
}

/// The values of a column as cells write them, null as nothing.
///
/// # Errors
/// `Internal` where cells cannot write its type.
pub fn texts(array: &ArrayRef) -> Result<Vec<Option<String>>> {
    let foreign = || Error::new(Kind::Internal, format!("a column of the type {} cannot be written as text", array.data_type()));
    let holds = Holds::of(array.data_type()).ok_or_else(foreign)?;
    let array = cast(array, &holds.kind()).map_err(|cause| foreign().because(cause))?;
    let text = |row: usize| match holds {
        Holds::Text => array.as_string::<i32>().value(row).to_owned(),
        Holds::Whole => array.as_primitive::<Int64Type>().value(row).to_string(),
        Holds::Decimal(_, scale) => written(array.as_primitive::<Decimal128Type>().value(row), u8::try_from(scale).unwrap_or(0)),
        Holds::Inexact => array.as_primitive::<Float64Type>().value(row).to_string(),
        Holds::Truth => array.as_boolean().value(row).to_string(),
        Holds::Day => (NaiveDate::default() + chrono::Duration::days(array.as_primitive::<Date32Type>().value(row).into())).to_string(),
        Holds::Moment => {
            let at = DateTime::from_timestamp_micros(array.as_primitive::<TimestampMicrosecondType>().value(row)).unwrap_or_default();
            at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
        }
        Holds::List => array.as_list::<i32>().value(row).as_string::<i32>().iter().flatten().collect::<Vec<_>>().join(", "),
    };
    Ok((0..array.len()).map(|row| (!array.is_null(row)).then(|| text(row))).collect())
}

/// The cells as [`texts`] would write their values; figures that are no exact ones stay as they are written, since their
/// decimals say how far they are compared.
///
/// # Errors
/// As [`array`] says.
pub fn canonical(kind: &DataType, cells: &[Option<&str>]) -> std::result::Result<Vec<Option<String>>, Vec<(usize, String)>> {
    let values = array(kind, cells)?;
    if Holds::of(kind) == Some(Holds::Inexact) {
        return Ok(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
    }
    texts(&values).map_err(|error| vec![(0, error.to_string())])
}

/// True where a value is the one expected.
pub fn is_same(holds: Holds, expected: Option<&str>, got: Option<&str>) -> bool {
    match (holds, expected, got) {
        (Holds::Inexact, Some(expected), Some(got)) => to_decimals(got, expected) == to_decimals(expected, expected),
        _ => expected == got,
    }
}

/// A figure to as many decimals as another is written with.
fn to_decimals(figure: &str, like: &str) -> Option<String> {
    let decimals = like.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let value: f64 = figure.parse().ok()?;
    let text = format!("{value:.decimals$}");
    // Nothing below zero is left of what is rounded to nothing.
    let is_zero = text.chars().all(|digit| matches!(digit, '-' | '0' | '.'));
    Some(if is_zero { text.trim_start_matches('-').to_owned() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_strict_and_come_back_as_written() {
        for (kind, cells) in [
            (DataType::Int64, ["-1", "42"]),
            (DataType::Decimal128(18, 2), ["12.5", "0"]),
            (DataType::Boolean, ["true", "false"]),
            (DataType::Date32, ["2024-02-29", "1969-12-31"]),
            (instant(), ["2023-01-31T09:00:00Z", "2023-01-31T00:00:00.5Z"]),
            (DataType::List(element()), ["a, b", ""]),
        ] {
            let cells = [Some(cells[0]), None, Some(cells[1])];
            let back = texts(&array(&kind, &cells).unwrap()).unwrap();
            let back: Vec<Option<&str>> = back.iter().map(Option::as_deref).collect();
            assert_eq!(
                back.iter().map(|text| text.map(|text| text.replace(".500Z", ".5Z"))).collect::<Vec<_>>(),
                cells.map(|c| c.map(str::to_owned)),
                "{kind}"
            );
        }
        for (kind, wrong) in [(DataType::Int64, "1.0"), (DataType::Decimal128(18, 2), "1.999"), (DataType::Date32, "2023-02-29"), (DataType::Boolean, "yes")] {
            assert_eq!(array(&kind, &[Some(wrong)]).unwrap_err()[0].0, 0, "{wrong}");
        }
    }

    #[test]
    fn shares_are_compared_as_far_as_they_are_written() {
        let same = |expected, got| is_same(Holds::Inexact, Some(expected), Some(got));
        assert!(same("33.3", "33.333333333333336") && same("0", "-0.2") && same("50", "50"));
        assert!(!same("33.3", "33.36") && !same("33.333333", "33.33334"));
        assert!(!is_same(Holds::Inexact, None, Some("0")) && is_same(Holds::Inexact, None, None));
    }
}
