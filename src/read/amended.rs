//! An extract read with what returned workbooks mend in it, row by row.
//!
//! Guarantees: rows keep their place and number; none is added, and one that is left out is set aside with that reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::passport::STRUCTURE;
use super::{Page, Piece, Refusal, SetAside, TextBatch, TextRows, Why, read_pages};
use crate::contract::Contract;
use crate::project::Source;

/// A row by the sheet of the extract and its number.
pub type RowPlace = (Option<Arc<str>>, i64);

/// What a returned workbook says of rows of an extract. Its cells may be protected, so there is no `Debug`.
#[derive(Clone, Default)]
pub struct Amendment {
    /// By row.
    pub rows: BTreeMap<RowPlace, Mend>,
}

/// What is said of a row.
#[derive(Clone)]
pub enum Mend {
    /// It is no record.
    LeaveOut,
    /// Cells by the index of their field; blank ones are emptied.
    Cells(Vec<(usize, String)>),
}

/// Reads a delivery as [`read_pages`] does, with amendments applied one after another. Tells how many rows there were, and
/// how many of them the amendments changed.
///
/// # Errors
/// A [`Refusal`]; `workbook-structure` where an amendment names a row that is not there, or mends one that cannot be read.
pub fn read_amended(
    pages: &[Page],
    amendments: &[Amendment],
    source: &Source,
    contract: &Contract,
    sink: &mut dyn FnMut(Piece<'_>),
) -> Result<(u64, u64), Refusal> {
    if amendments.is_empty() {
        return read_pages(pages, source, contract, sink).map(|read| (read, 0));
    }
    let mut merging = Merging { rows: merged(amendments), met: BTreeSet::new(), changed: 0, refusal: None };
    let read = read_pages(pages, source, contract, &mut |piece| merging.piece(piece, sink))?;
    if let Some(refusal) = merging.refusal {
        return Err(refusal);
    }
    match merging.rows.keys().find(|place| !merging.met.contains(*place)) {
        Some((_, row)) => Err(Refusal::new(STRUCTURE, format!("the extract has no row {row}"))),
        None => Ok((read, merging.changed)),
    }
}

/// All amendments as one: what a later one says of a cell stands.
fn merged(amendments: &[Amendment]) -> BTreeMap<RowPlace, Mend> {
    let mut rows: BTreeMap<RowPlace, Mend> = BTreeMap::new();
    for (place, mend) in amendments.iter().flat_map(|amendment| &amendment.rows) {
        match (rows.get_mut(place), mend) {
            (Some(Mend::Cells(known)), Mend::Cells(cells)) => {
                known.retain(|(field, _)| !cells.iter().any(|(other, _)| other == field));
                known.extend(cells.iter().cloned());
            }
            // A workbook that does not show a row says nothing of it: it stays left out.
            _ => drop(rows.insert(place.clone(), mend.clone())),
        }
    }
    rows
}

struct Merging {
    rows: BTreeMap<RowPlace, Mend>,
    met: BTreeSet<RowPlace>,
    changed: u64,
    refusal: Option<Refusal>,
}

impl Merging {
    fn piece(&mut self, piece: Piece<'_>, sink: &mut dyn FnMut(Piece<'_>)) {
        match piece {
            Piece::Rows(batch) => self.batch(batch, sink),
            Piece::Aside(row) => sink(Piece::Aside(self.aside(row))),
            other => sink(other),
        }
    }

    /// A row that the reader could not hand on can only be left out.
    fn aside(&mut self, row: SetAside) -> SetAside {
        let place = (row.sheet.clone(), row.row);
        match self.rows.get(&place) {
            Some(Mend::LeaveOut) => {
                self.changed += 1;
                self.met.insert(place);
                SetAside { why: Why::LeftOut, ..row }
            }
            Some(Mend::Cells(cells)) => {
                if !cells.is_empty() {
                    self.refusal = Some(Refusal::new(STRUCTURE, format!("the cells of row {} cannot be told apart: mend it in the extract", row.row)));
                }
                self.met.insert(place);
                row
            }
            None => row,
        }
    }

    fn batch(&mut self, batch: TextBatch<'_>, sink: &mut dyn FnMut(Piece<'_>)) {
        let place = |at: usize| (batch.sheet.clone(), batch.rows[at]);
        let touched: BTreeMap<usize, Mend> = (0..batch.rows.len()).filter_map(|at| Some((at, self.rows.get(&place(at))?.clone()))).collect();
        if touched.is_empty() {
            return sink(Piece::Rows(batch));
        }
        self.met.extend(touched.keys().map(|at| place(*at)));
        for (at, mend) in &touched {
            if matches!(mend, Mend::LeaveOut) {
                sink(Piece::Aside(SetAside { sheet: batch.sheet.clone(), row: batch.rows[*at], why: Why::LeftOut }));
            }
        }
        let (mut rows, changed) = mended(&batch, &touched);
        self.changed += changed;
        if !rows.is_empty() {
            rows.take(batch.sheet, None, |batch| sink(Piece::Rows(batch)));
        }
    }
}

/// The rows of a batch without those that are left out and with cells as they are mended; tells how many changed.
fn mended<'t>(batch: &TextBatch<'t>, touched: &BTreeMap<usize, Mend>) -> (TextRows<'t>, u64) {
    let mut rows = TextRows::like(batch);
    let mut changed = 0;
    for (at, row) in batch.rows.iter().enumerate() {
        let cells = match touched.get(&at) {
            Some(Mend::LeaveOut) => {
                changed += 1;
                continue;
            }
            Some(Mend::Cells(cells)) => cells.as_slice(),
            None => &[],
        };
        let mut is_changed = false;
        for (field, texts) in batch.columns.iter().enumerate().filter_map(|(field, texts)| Some((field, texts.as_ref()?))) {
            let was = texts.get(at);
            let now = cells.iter().find(|(index, _)| *index == field).map(|(_, now)| now.as_str());
            let now = now.filter(|now| now.trim() != was.unwrap_or_default().trim());
            is_changed |= now.is_some();
            rows.cell(field, now.map_or(was, |now| Some(now).filter(|now| !now.trim().is_empty())));
        }
        rows.end(*row);
        changed += u64::from(is_changed);
    }
    (rows, changed)
}
