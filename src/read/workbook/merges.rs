//! Merged regions: many cells that are shown as one, of which only the first holds the value.

use crate::read::Refusal;
use crate::read::limits::{MOST_MERGES, past};

/// A merged region of more than one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// Its first row, from 1.
    pub first_row: u32,
    /// Its last row.
    pub last_row: u32,
    /// Its first column, from 0.
    pub first_column: usize,
    /// Its last column.
    pub last_column: usize,
}

impl Merge {
    /// True where the cell lies in it.
    pub fn covers(&self, row: u32, column: usize) -> bool {
        (self.first_row..=self.last_row).contains(&row) && (self.first_column..=self.last_column).contains(&column)
    }
}

/// Refuses sheets of more merged regions than anybody makes.
pub fn check_merges(count: usize) -> Result<(), Refusal> {
    if count > MOST_MERGES {
        return Err(past(format!("a sheet has more than {MOST_MERGES} merged regions"), "unmerge its cells"));
    }
    Ok(())
}

/// The columns of the widest sheet.
const SHEET_COLUMNS: usize = 16_384;

/// True where regions over one row cover more columns than there are: they overlap, which no sheet's regions do.
pub fn overlap<'m>(merges: impl Iterator<Item = &'m Merge>) -> bool {
    let widths = merges.map(|merge| merge.last_column.saturating_sub(merge.first_column).saturating_add(1));
    widths.fold(0_usize, usize::saturating_add) > SHEET_COLUMNS
}

/// The merged regions over each row, for rows that come in order.
pub struct Sweep {
    waiting: std::iter::Peekable<std::vec::IntoIter<Merge>>,
    active: Vec<Merge>,
}

impl Sweep {
    /// Over these regions.
    pub fn new(mut merges: Vec<Merge>) -> Self {
        merges.sort_by_key(|merge| (merge.first_row, merge.first_column));
        Self { waiting: merges.into_iter().peekable(), active: Vec::new() }
    }

    /// The regions over a row; rows are asked for in ascending order.
    pub fn over(&mut self, row: u32) -> Result<&[Merge], Refusal> {
        self.active.retain(|merge| merge.last_row >= row);
        while let Some(merge) = self.waiting.next_if(|merge| merge.first_row <= row) {
            self.active.extend(Some(merge).filter(|merge| merge.last_row >= row));
        }
        // Every row is held against all regions over it.
        if overlap(self.active.iter()) {
            return Err(Refusal::new("source-error", format!("more merged regions lie over row {row} than a sheet has columns")));
        }
        Ok(&self.active)
    }
}
