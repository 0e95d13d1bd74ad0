//! Cells gathered into text batches.

use std::sync::Arc;

use arrow::array::StringBuilder;

use super::{Piece, SetAside, TextBatch, Why};
use crate::contract::{Contract, Protection};

/// Rows per batch: enough to amortise a batch, few enough to stay in the cache.
const BATCH_ROWS: usize = 8192;

/// Where the cells under a label go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To the field with this index.
    Field(usize),
    /// Nowhere: a direct identifier.
    Dropped,
    /// Nowhere, and they must be empty: the column has no label.
    Unlabelled,
}

/// Gathers rows and hands them on in batches.
pub struct Gatherer<'a> {
    sheet: Option<Arc<str>>,
    builders: Vec<Option<StringBuilder>>,
    rows: Vec<i64>,
    read: u64,
    sink: &'a mut dyn FnMut(Piece),
}

impl<'a> Gatherer<'a> {
    /// A gatherer for the fields that `present` holds.
    pub fn new(contract: &Contract, present: impl Fn(usize) -> bool, sheet: Option<&str>, sink: &'a mut dyn FnMut(Piece)) -> Self {
        let keeps = |index: usize| contract.fields[index].protection != Protection::Direct && present(index);
        let builders = (0..contract.fields.len()).map(|index| keeps(index).then(StringBuilder::new)).collect();
        Self { sheet: sheet.map(Arc::from), builders, rows: Vec::new(), read: 0, sink }
    }

    /// Adds a cell to the row that is being gathered; false where the row has a cell for the field already.
    #[must_use]
    pub fn cell(&mut self, field: usize, text: Option<&str>) -> bool {
        let Some(builder) = &mut self.builders[field] else { return true };
        if arrow::array::ArrayBuilder::len(builder) > self.rows.len() {
            return false;
        }
        builder.append_option(text);
        true
    }

    /// Adds a whole row of cells, one per target; labels were found to mean each field once.
    pub fn row<'t>(&mut self, row: i64, targets: &[Target], cells: impl Iterator<Item = &'t str>) {
        for (cell, target) in cells.zip(targets) {
            if let Target::Field(index) = target {
                let once = self.cell(*index, Some(cell));
                debug_assert!(once, "match_labels refuses two labels of one field");
            }
        }
        self.end_row(row);
    }

    /// Ends the row: cells that were not given are absent.
    pub fn end_row(&mut self, row: i64) {
        self.rows.push(row);
        self.read += 1;
        for builder in self.builders.iter_mut().flatten() {
            if arrow::array::ArrayBuilder::len(builder) < self.rows.len() {
                builder.append_null();
            }
        }
        if self.rows.len() == BATCH_ROWS {
            self.flush();
        }
    }

    /// Sets a row aside.
    pub fn aside(&mut self, row: i64, why: Why) {
        self.read += 1;
        (self.sink)(Piece::Aside(SetAside { sheet: self.sheet.clone(), row, why }));
    }

    /// Hands the rest on and returns how many rows there were in all.
    pub fn finish(mut self) -> u64 {
        self.flush();
        self.read
    }

    fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let columns = self.builders.iter_mut().map(|builder| builder.as_mut().map(StringBuilder::finish)).collect();
        let rows = std::mem::take(&mut self.rows);
        (self.sink)(Piece::Rows(TextBatch { sheet: self.sheet.clone(), rows, columns }));
    }
}

/// What a row of cells is, judged by its width alone.
pub fn judge_width<'t>(targets: &[Target], cells: impl Iterator<Item = &'t str>) -> Option<Why> {
    let mut count = 0;
    let mut extra = false;
    for (index, cell) in cells.enumerate() {
        let unlabelled = targets.get(index).is_none_or(|target| *target == Target::Unlabelled);
        count = index + 1;
        extra |= unlabelled && !cell.trim().is_empty();
    }
    // Even a blank cell too many may be what a shifted row ends in.
    if extra || count > targets.len() {
        return Some(Why::ExtraCell);
    }
    let labels = targets.iter().rposition(|target| *target != Target::Unlabelled).map_or(0, |last| last + 1);
    (count < labels).then_some(Why::MissingCell { cells: count, labels })
}
