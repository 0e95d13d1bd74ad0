//! Extracts read into text batches, one format a file.
//!
//! Guarantees: every row of an extract that is not blank is handed on once, as a row of a [`TextBatch`] or set
//! aside with its place; direct identifiers go no further than here. Refuses: extracts whose labels, encoding
//! or shape are not what the source says, with a [`Refusal`] that holds no cell of a person.

mod amended;
mod archive;
mod batch;
mod body;
mod cells;
mod csv;
mod draft;
mod drift;
mod encoding;
pub mod hxl;
mod json;
mod json_drift;
mod json_lines;
mod json_node;
mod json_pages;
mod labels;
mod layout;
pub mod limits;
mod meaning;
mod passport;
mod plain;
mod quotes;
mod repeat;
mod returned;
mod room;
pub mod sample;
mod select;
mod signs;
pub mod unpack;
pub mod workbook;
mod written;

pub use amended::{Amendment, Mend, read_amended};
pub use batch::{Standing, TextBatch, TextColumn, TextRows};
pub use csv::Parts;
pub use drift::{Drift, DriftEffect, DriftKind};
pub use layout::{Heading, layout};
pub use passport::{Column, Mended, Mode, PASSPORT, Passport, RowSheet, STRUCTURE};
pub use plain::records;
pub use returned::{Habit as ReturnedHabit, LIST_SEPARATOR, amendment};
pub use written::Written;

use std::sync::Arc;

use bytes::Bytes;

use crate::contract::Contract;
use crate::project::{Format, Source};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It holds a total, not a record.
    Total,
    /// It has a filled cell without a label: its cells may be shifted.
    ExtraCell,
    /// It has a single filled cell, though there are many labels: a note, not a record.
    LoneCell,
    /// A cell of it is merged with another: for which of them the value is meant cannot be known.
    MergedCell {
        /// The column, from 1.
        column: usize,
    },
    /// It ends too soon: its cells may be shifted.
    MissingCell {
        /// How many cells it has.
        cells: usize,
        /// How many labels there are.
        labels: usize,
    },
    /// The office's own review rejected it.
    Rejected,
    /// A list of several answers says other codes than the columns of its choices.
    Contradiction {
        /// The field's index.
        field: usize,
        /// Codes, by their index in the field's list, that only the list names.
        only_listed: Vec<usize>,
        /// Codes that only the columns say were chosen.
        only_marked: Vec<usize>,
    },
    /// The column of a choice says neither that it was chosen nor that it was not.
    Mark {
        /// The field's index.
        field: usize,
        /// The code's index in the field's list.
        code: usize,
    },
    /// It is a repetition whose parent is not there.
    NoParent,
    /// It is a repetition whose parent's cells may be shifted.
    ShiftedParent,
    /// It is a parent without repetitions: whoever it is about is nobody's row.
    NoRepetition,
    /// The office says, in a workbook that it returned, that it is no record.
    LeftOut,
}

/// What a reader hands on.
pub enum Piece<'t> {
    /// Rows to validate.
    Rows(TextBatch<'t>),
    /// A row that is not validated.
    Aside(SetAside),
    /// A column that is not as the schema says; after the rows that it is about.
    Drift(Drift),
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

/// One file of a delivery.
pub struct Page {
    /// Its name in its folder.
    pub name: String,
    /// What it holds.
    pub bytes: Bytes,
}

/// Reads a delivery, unpacked where it is packed, of one file or of several that name one another; hands every row on and returns how many there were.
///
/// # Errors
/// A [`Refusal`]; what was handed on before it must be dropped.
pub fn read_pages(pages: &[Page], source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    limits::check_size(pages.iter().map(|page| page.bytes.len() as u64), source.most_bytes)?;
    let unpacked;
    let pages = match source.compression {
        Some(compression) => {
            unpacked = unpack::pages(pages, compression, source.limits)?;
            &unpacked
        }
        None => pages,
    };
    match (&source.format, pages) {
        (Format::Json(shape), _) if shape.next.is_some() || shape.is_fetched => json_pages::read(pages, shape, source, contract, sink),
        (_, [page]) => read(&page.bytes, source, contract, sink),
        _ => Err(Refusal::new("format-error", format!("the delivery has {} files, and the source says nothing of pages", pages.len()))),
    }
}

/// Reads an extract; hands every row on and returns how many there were.
///
/// # Errors
/// A [`Refusal`]; what was handed on before it must be dropped.
pub fn read(bytes: &Bytes, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new("source-error", "the file is empty: it has neither a header nor rows"));
    }
    if let Some(packed) = unpack::packed_as(bytes) {
        let name = packed.as_str();
        return Err(Refusal::new("format-error", format!("the file is packed: say `compression = \"{name}\"` where its source is declared")));
    }
    match &source.format {
        Format::Csv { delimiter, encoding } if source.export.archive.is_some() => archive::read(bytes, *delimiter, *encoding, source, contract, sink),
        Format::Csv { delimiter, encoding } => csv::read(bytes, *delimiter, *encoding, source, contract, sink),
        Format::Workbook(format) => workbook::read(bytes, format, source, contract, sink),
        Format::JsonLines => json_lines::read(bytes, source, contract, sink),
        Format::Json(shape) => json_pages::read(&[Page { name: "the file".to_owned(), bytes: bytes.clone() }], shape, source, contract, sink),
    }
}
