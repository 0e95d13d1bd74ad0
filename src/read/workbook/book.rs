//! A workbook with one face for every format: its sheets, their merged regions, and their rows as a stream.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::archive::{Archive, Kind};
use super::rows::{RowBuilder, TakeRow};
use super::{Epoch, Merge, ods, xlsx};
use crate::project::Limits;
use crate::read::Refusal;

/// Whether a sheet is seen by who opens the workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// It has a tab.
    Visible,
    /// It was hidden and can be shown again from the menu.
    Hidden,
    /// It was hidden by a program and is in no menu.
    VeryHidden,
}

/// A sheet of cells.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Whether it is seen.
    pub visibility: Visibility,
}

/// An open workbook. Charts, macros and drawings of it are never read.
pub struct Workbook {
    book: Book,
    sheets: Vec<Sheet>,
}

enum Book {
    Xlsx(Box<xlsx::Book>),
    Ods(Box<ods::Book>),
}

impl Workbook {
    /// Opens an XLSX or ODS workbook, told by its content, and reads every part once to see that it is whole.
    ///
    /// # Errors
    /// `source-error` where the file is neither, is damaged, has a password, or unpacks past the usual limits.
    pub fn open(bytes: &Bytes) -> Result<Self, Refusal> {
        Self::open_within(bytes, Limits::default())
    }

    /// The same within limits of its source.
    ///
    /// # Errors
    /// As [`Workbook::open`].
    pub fn open_within(bytes: &Bytes, limits: Limits) -> Result<Self, Refusal> {
        unless_it_panics(|| {
            let mut archive = Archive::open(bytes, limits)?;
            let (book, sheets) = match archive.kind()? {
                Kind::Xlsx => {
                    let book = xlsx::Book::open(bytes, &mut archive)?;
                    let sheets = book.sheets();
                    (Book::Xlsx(Box::new(book)), sheets)
                }
                Kind::Ods => {
                    let book = ods::Book::open(archive)?;
                    let sheets = book.sheets();
                    (Book::Ods(Box::new(book)), sheets)
                }
            };
            Ok(Self { book, sheets })
        })
    }

    /// Its sheets of cells in order, hidden ones among them.
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The day from which the workbook counts days.
    pub fn epoch(&self) -> Epoch {
        match &self.book {
            Book::Xlsx(book) => book.epoch(),
            Book::Ods(book) => book.epoch(),
        }
    }

    /// The merged regions of a sheet, in any order.
    ///
    /// # Errors
    /// `source-error` where the sheet is not there or broken.
    pub fn merges(&mut self, sheet: &str) -> Result<Vec<Merge>, Refusal> {
        unless_it_panics(|| match &mut self.book {
            Book::Xlsx(book) => book.merges(sheet),
            Book::Ods(book) => Ok(book.merges(sheet)),
        })
    }

    /// Hands on the rows of a sheet that have a filled cell, in order: their number in the sheet, from 1, and their cells
    /// from column A on. Rows and columns that are hidden or filtered out are handed on like any other. One row is held
    /// at a time.
    ///
    /// # Errors
    /// `source-error` where the sheet is broken or past a limit; whatever `take` refuses.
    pub fn rows(&mut self, sheet: &str, take: &mut TakeRow<'_>) -> Result<(), Refusal> {
        unless_it_panics(|| {
            let mut rows = RowBuilder::new(take);
            match &mut self.book {
                Book::Xlsx(book) => book.cells(sheet, &mut rows),
                Book::Ods(book) => book.cells(sheet, &mut rows),
            }
        })
    }
}

/// The library that reads cells stumbles over references such as `B2:A1`; a damaged file is the sender's to mend.
fn unless_it_panics<T>(read: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(Refusal::new("source-error", "the workbook is broken")))
}
