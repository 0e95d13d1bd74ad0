//! A table's rows by key, each cell comparable: numbers as numbers, everything else as text.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::error::{Error, Kind, Result};
use crate::report::number::Number;
use crate::run::Rows;

/// A cell.
#[derive(Debug, Clone)]
pub enum Cell {
    /// The table has no such row or column.
    Absent,
    /// Nothing stands there.
    Null,
    /// A number.
    Number(Number),
    /// Anything else, as text.
    Text(String),
}

impl Cell {
    /// The number that stands there.
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl PartialEq for Cell {
    /// Sums of fractions end differently in another order of rows: twelve digits of them count.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) | (Self::Null, Self::Null) => true,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Number(left @ Number::Exact { .. }), Self::Number(right @ Number::Exact { .. })) => left == right,
            (Self::Number(left), Self::Number(right)) => format!("{:.11e}", left.as_f64()) == format!("{:.11e}", right.as_f64()),
            _ => false,
        }
    }
}

/// What tells a row from the others: the values of the grain, nothing where null. Where rows are not told apart by it,
/// a further value counts them.
pub type Key = Vec<Option<String>>;

/// A table by key.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The columns, in order.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: BTreeMap<Key, Vec<Cell>>,
    /// True where several rows had one key.
    pub has_twins: bool,
}

impl Table {
    /// Reads rows by their grain.
    ///
    /// # Errors
    /// `Internal` where the rows lack a column of the grain.
    pub fn read(rows: &Rows, grain: &[String]) -> Result<Self> {
        let columns: Vec<String> = rows.schema.fields().iter().map(|field| field.name().clone()).collect();
        let place = |name: &String| columns.iter().position(|known| known == name).ok_or_else(|| Error::new(Kind::Internal, format!("a table lacks `{name}`")));
        let keys: Vec<usize> = grain.iter().map(place).collect::<Result<_>>()?;
        let mut groups: BTreeMap<Key, Vec<Vec<Cell>>> = BTreeMap::new();
        for batch in &rows.batches {
            for cells in decoded(batch)? {
                groups.entry(keys.iter().map(|index| text(&cells[*index])).collect()).or_default().push(cells);
            }
        }
        let mut table = Self { columns, ..Self::default() };
        for (key, mut twins) in groups {
            table.has_twins |= twins.len() > 1;
            twins.sort_by_cached_key(|cells| cells.iter().map(text).collect::<Vec<_>>());
            for (index, cells) in twins.into_iter().enumerate() {
                let further = (index > 0).then(|| Some((index + 1).to_string()));
                table.rows.insert(key.iter().cloned().chain(further).collect(), cells);
            }
        }
        Ok(table)
    }

    /// A cell.
    pub fn cell(&self, key: &Key, column: &str) -> &Cell {
        let place = self.columns.iter().position(|known| known == column);
        self.rows.get(key).zip(place).map_or(&Cell::Absent, |(cells, place)| &cells[place])
    }
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Absent | Cell::Null => None,
        Cell::Number(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
    }
}

fn decoded(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for column in batch.columns() {
        for (row, cell) in rows.iter_mut().zip(column_cells(column.as_ref())?) {
            row.push(cell);
        }
    }
    Ok(rows)
}

fn column_cells(column: &dyn Array) -> Result<Vec<Cell>> {
    let wrong = |cause| Error::new(Kind::Internal, "a table's cells cannot be read").because(cause);
    // What does not fit is an error, not a null: a figure must not vanish.
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let scale = match column.data_type() {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
            Some((*scale).max(0))
        }
        whole if whole.is_integer() => Some(0),
        _ => None,
    };
    if let Some(scale) = scale {
        let digits = cast_with_options(column, &DataType::Decimal128(38, scale), &strict).map_err(wrong)?;
        let exact = |units| Cell::Number(Number::Exact { units, scale: u32::from(scale.unsigned_abs()) });
        return Ok(digits.as_primitive::<Decimal128Type>().iter().map(|units| units.map_or(Cell::Null, exact)).collect());
    }
    if column.data_type().is_floating() {
        let floats = cast_with_options(column, &DataType::Float64, &strict).map_err(wrong)?;
        return Ok(floats.as_primitive::<Float64Type>().iter().map(|value| value.map_or(Cell::Null, |value| Cell::Number(Number::Float(value)))).collect());
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options).map_err(wrong)?;
    Ok((0..column.len()).map(|row| if column.is_null(row) { Cell::Null } else { Cell::Text(formatter.value(row).to_string()) }).collect())
}
