//! The cells of faulty rows that are kept, so that the office can mend them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, StringArray};

use super::cast::CellFault;
use crate::contract::{Contract, Protection};
use crate::read::{TextBatch, TextColumn, Written};

/// A longer cell fits no workbook; its row is kept without cells.
const MOST_BYTES: usize = 32_000;

/// The texts of a delivery until it is judged.
#[derive(Default)]
pub struct Texts {
    /// By the delivery's index of their first row.
    batches: BTreeMap<usize, Kept>,
    rows: usize,
}

/// The texts of a batch.
pub enum Kept {
    /// They are read once more where they stand.
    Written(Written),
    /// By field index; of fields that are not open there are none.
    Copied(Vec<Option<StringArray>>),
}

impl Kept {
    /// What is kept of a batch.
    pub fn of(batch: &mut TextBatch<'_>, contract: &Contract) -> Self {
        if let Some(written) = batch.written.take() {
            return Self::Written(written);
        }
        let is_open = |index: usize| contract.fields[index].protection == Protection::Open;
        let copied = |texts: &TextColumn<'_>| (0..texts.len()).map(|row| texts.get(row)).collect();
        Self::Copied(batch.columns.iter().enumerate().map(|(index, texts)| texts.as_ref().filter(|_| is_open(index)).map(copied)).collect())
    }

    /// The cells of a row in open fields, by the index of their fields.
    fn cells(&self, row: usize, contract: &Contract) -> Vec<(usize, String)> {
        match self {
            Self::Written(written) => {
                let mut cells = written.cells(row);
                cells.retain(|(field, _)| contract.fields[*field].protection == Protection::Open);
                cells
            }
            Self::Copied(columns) => {
                let cell = |texts: &StringArray| (!texts.is_null(row)).then(|| texts.value(row).to_owned());
                columns.iter().enumerate().filter_map(|(field, texts)| Some((field, cell(texts.as_ref()?)?))).collect()
            }
        }
    }
}

impl Texts {
    /// Takes what is kept of the next rows, and how many they are.
    pub fn push(&mut self, texts: Kept, rows: usize) {
        self.batches.insert(self.rows, texts);
        self.rows += rows;
    }

    /// The filled cells of a row in open fields, as written.
    pub fn cells(&self, row: usize, contract: &Contract) -> Option<Vec<(String, String)>> {
        let (first, texts) = self.batches.range(..=row).next_back()?;
        let filled = texts.cells(row - first, contract).into_iter().filter(|(_, text)| !text.trim().is_empty());
        let cells: Vec<(String, String)> = filled.map(|(field, text)| (contract.fields[field].name.clone(), text)).collect();
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
