//! A table of text laid out in the columns of a table, and cast to their types, every fault at its cell.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::cells;
use super::text_table::TextTable;
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::model::Text;

/// Cells for columns that rows leave out, by column.
pub type Defaults = BTreeMap<Text, Text>;

/// A column of cells.
#[derive(Debug, Default, Clone)]
pub struct Column {
    /// The cell of each row.
    pub texts: Vec<Option<String>>,
    /// The places of the cells; none where the rows leave the column out.
    places: Vec<Range<usize>>,
}

/// Rows laid out in the columns of a table.
#[derive(Debug)]
pub struct Sheet {
    /// The table's columns.
    pub schema: SchemaRef,
    /// A column of cells for each.
    pub columns: Vec<Column>,
    /// How many rows there are.
    pub rows: usize,
    file: Arc<SourceFile>,
    place: Range<usize>,
}

impl Sheet {
    /// Lays rows out; columns that the table does not have are faults.
    pub fn of(schema: &SchemaRef, table: &TextTable, defaults: Option<&Defaults>, faults: &mut Vec<Fault>) -> Self {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        unknown_columns(table, &names, faults);
        let default = |name: &str| defaults.and_then(|defaults| defaults.iter().find(|(column, _)| column.get_ref() == name)).map(|(_, text)| text);
        let column = |name: &&str| match (table.column(name), default(name)) {
            (Some(index), _) => Column {
                texts: table.rows.iter().map(|row| row.cells[index].text.clone()).collect(),
                places: table.rows.iter().map(|row| row.cells[index].place.clone()).collect(),
            },
            (None, Some(text)) => {
                Column { texts: vec![Some(text.get_ref().clone()); table.rows.len()], places: table.rows.iter().map(|_| text.span()).collect() }
            }
            (None, None) => Column { texts: vec![None; table.rows.len()], places: Vec::new() },
        };
        let columns = names.iter().map(column).collect();
        Self { schema: schema.clone(), columns, rows: table.rows.len(), file: table.file.clone(), place: table.place.clone() }
    }

    /// The cells of a column.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.schema.index_of(name).ok().map(|index| &self.columns[index])
    }

    /// Fills the empty cells of a column.
    pub fn fill(&mut self, name: &str, text: impl Fn(usize) -> Option<String>) {
        let Ok(index) = self.schema.index_of(name) else { return };
        for (row, cell) in self.columns[index].texts.iter_mut().enumerate() {
            *cell = cell.take().or_else(|| text(row));
        }
    }

    /// The place of a cell; the header's where the rows leave its column out.
    pub fn place(&self, column: usize, row: usize) -> Range<usize> {
        self.columns[column].places.get(row).cloned().unwrap_or_else(|| self.place.clone())
    }

    /// A fault at a cell.
    pub fn fault(&self, column: usize, row: usize, message: impl Into<String>) -> Fault {
        Fault::error(&self.file, self.place(column, row), message)
    }

    /// A fault for a column that may not be empty and is: one for all rows where they leave it out.
    pub fn needed(&self, column: usize, what: &str, faults: &mut Vec<Fault>) {
        let name = self.schema.field(column).name();
        let empty = (0..self.rows).filter(|row| self.columns[column].texts[*row].is_none());
        let is_left_out = self.columns[column].places.is_empty();
        for row in empty.take(if is_left_out { 1 } else { usize::MAX }) {
            let hint = if is_left_out { format!("add the column, or `{name} = \"…\"` under `[defaults]`") } else { "fill the cell".to_owned() };
            faults.push(self.fault(column, row, format!("{what} always has `{name}`")).hint(hint));
        }
    }

    /// The cells as values; nothing where one is none of its column's.
    pub fn cast(&self, faults: &mut Vec<Fault>) -> Option<RecordBatch> {
        let before = faults.len();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (index, field) in self.schema.fields().iter().enumerate() {
            let texts: Vec<Option<&str>> = self.columns[index].texts.iter().map(Option::as_deref).collect();
            match cells::array(field.data_type(), &texts) {
                Ok(column) => columns.push(column),
                Err(misfits) => faults.extend(misfits.into_iter().map(|(row, why)| self.fault(index, row, format!("{} {why}", field.name())))),
            }
        }
        if faults.len() > before {
            return None;
        }
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        batch.map_err(|cause| faults.push(Fault::error(&self.file, self.place.clone(), format!("the rows do not fit the table: {cause}")))).ok()
    }
}

/// Faults for columns of a header that a table does not have.
pub fn unknown_columns(table: &TextTable, names: &[&str], faults: &mut Vec<Fault>) {
    for cell in &table.header {
        let name = cell.text.as_deref().unwrap_or_default();
        if !names.contains(&name) {
            let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| format!("there are {}", names.join(", ")));
            faults.push(Fault::error(&table.file, cell.place.clone(), format!("there is no column `{name}` here")).hint(hint));
        }
    }
}
