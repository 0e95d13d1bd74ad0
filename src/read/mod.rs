//! Extracts read into text batches, one format a file.
//!
//! Guarantees: every row of an extract that is not blank is handed on once, as a row of a [`TextBatch`] or set
//! aside with its place; direct identifiers go no further than here. Refuses: extracts whose labels, encoding
//! or shape are not what the source says, with a [`Refusal`] that holds no cell of a person.

mod cells;
mod csv;
mod encoding;
mod json_lines;
mod labels;
mod quotes;
pub mod sample;
mod workbook;

use std::sync::Arc;

use arrow::array::StringArray;
use bytes::Bytes;

use crate::contract::Contract;
use crate::project::{Format, Source};

/// Rows of text, a column per field of the contract.
///
/// Has no `Debug`: its cells may be protected.
pub struct TextBatch {
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// For each row its row in the sheet or the line it begins on, from 1.
    pub rows: Vec<i64>,
    /// By field index; `None` for fields that the extract lacks and for direct identifiers. Null is an absent cell.
    pub columns: Vec<Option<StringArray>>,
}

/// A row that never reaches validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// The row or line, from 1.
    pub row: i64,
    /// Why.
    pub why: Why,
}

/// Why a row was set aside by a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It holds a total, not a record.
    Total,
    /// It has a filled cell without a label: its cells may be shifted.
    ExtraCell,
    /// It ends too soon: its cells may be shifted.
    MissingCell {
        /// How many cells it has.
        cells: usize,
        /// How many labels there are.
        labels: usize,
    },
}

/// What a reader hands on.
pub enum Piece {
    /// Rows to validate.
    Rows(TextBatch),
    /// A row that is not validated.
    Aside(SetAside),
}

/// An extract that cannot be read as its source says; the submission is refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Frictionless's name of the error.
    pub error: &'static str,
    /// What is wrong, without any cell of a person.
    pub message: String,
}

impl Refusal {
    fn new(error: &'static str, message: impl Into<String>) -> Self {
        Self { error, message: message.into() }
    }
}

/// Reads an extract; hands every row on and returns how many there were.
///
/// # Errors
/// A [`Refusal`]; what was handed on before it must be dropped.
pub fn read(bytes: &Bytes, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new("source-error", "the file is empty: it has neither a header nor rows"));
    }
    match &source.format {
        Format::Csv { delimiter, encoding } => csv::read(bytes, *delimiter, encoding, source, contract, sink),
        Format::Workbook { sheet, header_row } => workbook::read(bytes, sheet.as_deref(), *header_row, source, contract, sink),
        Format::JsonLines => json_lines::read(bytes, source, contract, sink),
    }
}
