//! Values of a partition's column, as they are remembered: text, which is theirs alone within a column.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, lit};

/// The value of a part; null is a part of its own.
pub(in crate::model) type Value = Option<String>;

/// True for types whose values parts can be named by.
pub(in crate::model) fn is_partitionable(kind: &DataType) -> bool {
    matches!(kind, DataType::Date32 | DataType::Int64 | DataType::Utf8)
}

/// The values of a column, row by row.
///
/// # Errors
/// As the engine says of a type that has no text.
pub(in crate::model) fn values_of(column: &ArrayRef) -> Result<Vec<Value>> {
    let texts = cast(column, &DataType::Utf8)?;
    let texts = texts.as_string::<i32>();
    Ok((0..texts.len()).map(|row| texts.is_valid(row).then(|| texts.value(row).to_owned())).collect())
}

/// The condition that a column has one of some values, null among them where it is one of them.
///
/// # Errors
/// As the engine says of a text that is no value of the type.
pub(super) fn is_one_of(column: &Expr, values: &BTreeSet<Value>, kind: &DataType) -> Result<Expr> {
    let mut list = Vec::new();
    for text in values.iter().flatten() {
        list.push(lit(ScalarValue::try_from_string(text.clone(), kind)?));
    }
    let known = if list.is_empty() { lit(false) } else { column.clone().is_not_null().and(column.clone().in_list(list, false)) };
    Ok(if values.contains(&None) { known.or(column.clone().is_null()) } else { known })
}
