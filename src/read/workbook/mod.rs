//! Workbooks: XLSX and ODS, told by their content.
//!
//! Guarantees: every filled row below the header is handed on once, under its sheet and number; a cell of which the
//! workbook does not hold the true value (a formula that failed or was never calculated, a number longer than it keeps,
//! a part of a merged region) never passes for a value. Refuses: files that are damaged, locked, or unpack to more than
//! a sheet can hold; sheets that are hidden and not asked for.

mod archive;
mod book;
mod cell;
mod choose;
mod header;
mod merges;
mod ods;
mod ods_cell;
mod repeat;
mod rows;
mod sheet;
mod xlsx;

pub use book::{Sheet, Visibility, Workbook};
pub use cell::{Cell, DATED, Epoch, FAILED, Figures, INEXACT, UNCALCULATED};
pub use merges::{Merge, Sweep};

use bytes::Bytes;

use super::repeat::Link;
use super::{Piece, Refusal};
use crate::contract::Contract;
use crate::project::{Repeat, Source, WorkbookFormat};

/// Reads the sheets of a workbook; rows are named as their sheet numbers them.
pub fn read(bytes: &Bytes, format: &WorkbookFormat, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    let mut book = Workbook::open_within(bytes, source.limits)?;
    let names = choose::choose(book.sheets(), format)?;
    let figures = Figures::of(source, book.epoch());
    if let (Some(Repeat::Rows { place, key, parent_key }), [parents]) = (&source.export.repeat, names.as_slice()) {
        let repetitions = choose::matching(book.sheets(), place, parents, format)?;
        let habit = sheet::Habit { format, source, contract, figures };
        return repeat::read(&mut book, parents, &repetitions, Link { key, parent_key }, &habit, sink);
    }
    let mut count = 0;
    for name in &names {
        let habit = sheet::Habit { format, source, contract, figures };
        count += sheet::read(&mut book, name, &habit, sink).map_err(|refusal| in_sheet(refusal, name, names.len()))?;
    }
    Ok(count)
}

/// The labels of the first sheet that is read, those of its repetitions before them.
pub fn labels(bytes: &Bytes, format: &WorkbookFormat, source: &Source, contract: &Contract) -> Result<Vec<String>, Refusal> {
    let mut book = Workbook::open(bytes)?;
    let names = choose::choose(book.sheets(), format)?;
    let habit = sheet::Habit { format, source, contract, figures: Figures::of(source, book.epoch()) };
    let mut labels = Vec::new();
    if let (Some(Repeat::Rows { place, .. }), [parents]) = (&source.export.repeat, names.as_slice()) {
        let repetitions = choose::matching(book.sheets(), place, parents, format)?;
        labels.extend(repeat::header(&mut book, &repetitions, &habit)?);
    }
    for name in names.iter().take(1) {
        labels.extend(repeat::header(&mut book, name, &habit)?);
    }
    Ok(labels)
}

/// Of several sheets it is said in which the trouble is; their names are the source's own.
fn in_sheet(refusal: Refusal, name: &str, sheets: usize) -> Refusal {
    if sheets == 1 { refusal } else { Refusal::new(refusal.error, format!("sheet `{name}`: {}", refusal.message)) }
}
