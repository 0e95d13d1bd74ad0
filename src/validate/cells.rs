//! The cells of faulty rows that are kept, so that the office can mend them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::Array;

use super::cast::CellFault;
use crate::contract::{Contract, Protection};
use crate::read::TextBatch;

/// A longer cell fits no workbook; its row is kept without cells.
const MOST_BYTES: usize = 32_000;

/// The texts of a delivery until it is judged.
#[derive(Default)]
pub struct Texts {
    /// By the delivery's index of their first row.
    batches: BTreeMap<usize, TextBatch>,
    rows: usize,
}

impl Texts {
    /// Takes the next rows: of fields that are not open nothing is kept.
    pub fn push(&mut self, mut batch: TextBatch, contract: &Contract) {
        contract.fields.iter().zip(&mut batch.columns).filter(|(field, _)| field.protection != Protection::Open).for_each(|(_, texts)| *texts = None);
        let first = self.rows;
        self.rows += batch.rows.len();
        self.batches.insert(first, batch);
    }

    /// The filled cells of a row in open fields, as written.
    pub fn cells(&self, row: usize, contract: &Contract) -> Option<Vec<(String, String)>> {
        let (first, batch) = self.batches.range(..=row).next_back()?;
        let filled = contract.fields.iter().zip(&batch.columns).filter_map(|(field, texts)| {
            let texts = texts.as_ref().filter(|texts| !texts.is_null(row - first))?;
            Some((field.name.clone(), texts.value(row - first).to_owned())).filter(|(_, text)| !text.trim().is_empty())
        });
        let cells: Vec<(String, String)> = filled.collect();
        cells.iter().all(|(_, text)| text.len() <= MOST_BYTES).then_some(cells)
    }
}

/// Rows of which several cells are not of their kind: the columns may be shifted and a name may stand in any of them, so
/// that no cell is kept. Stricter than for messages, since here every open cell would be: a case number unlike any counts.
pub fn are_withheld(faults: &[CellFault]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let foreign = faults.iter().filter(|fault| fault.error == "type-error" || matches!(fault.rule, "codes" | "pattern"));
    foreign.filter(|fault| !seen.insert(fault.row)).map(|fault| fault.row).collect()
}
