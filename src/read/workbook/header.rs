//! The header of a sheet: one row of labels or several, of which an upper one may be merged over many columns.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

use super::merges::overlap;
use super::{Cell, Merge};
use crate::contract::fold;
use crate::project::Source;
use crate::read::Refusal;
use crate::read::limits::MOST_COLUMNS;
use crate::read::meaning::find;

/// How many rows are looked through for a header that is not where the source says.
pub const SEARCHED_ROWS: u32 = 60;

/// The first rows of a sheet with its merged regions.
pub struct Top {
    rows: HashMap<u32, Vec<Cell>>,
    merges: Vec<Merge>,
}

impl Top {
    /// Of a sheet with these merged regions, without rows yet.
    pub fn new(merges: Vec<Merge>) -> Self {
        Self { rows: HashMap::new(), merges }
    }

    /// Adds a row.
    pub fn add(&mut self, row: u32, cells: &[Cell]) {
        self.rows.insert(row, cells.to_vec());
    }

    /// The labels of a header that stands in these rows, one a column; those of several rows joined from top to bottom.
    /// Where the joined label is not known but the lowest alone is, and no other column could mean the same, it is that.
    ///
    /// # Errors
    /// `source-error` where merged regions overlap.
    pub fn labels(&self, header: &RangeInclusive<u32>, source: &Source) -> Result<Vec<String>, Refusal> {
        let merges = self.merges_over(header)?;
        let over = by_column(&merges);
        let parts: Vec<Vec<String>> =
            (0..self.width(header, &merges)).map(|column| self.parts(header, column, over.get(&column).map_or(&[], Vec::as_slice))).collect();
        let mut labels: Vec<String> = parts.iter().map(|parts| parts.join(" ")).collect();
        let lowest: Vec<&str> = parts.iter().map(|parts| parts.last().map_or("", String::as_str)).collect();
        let whole: Vec<Option<usize>> = labels.iter().map(|label| find(label, source)).collect();
        let meant: Vec<Option<usize>> = whole.iter().zip(&lowest).map(|(whole, lowest)| whole.or_else(|| find(lowest, source))).collect();
        let folded: Vec<String> = lowest.iter().map(|lowest| fold(lowest)).collect();
        let (spelt, means) = (counted(folded.iter()), counted(meant.iter()));
        for column in 0..labels.len() {
            let is_only = spelt.get(&folded[column]) == Some(&1) && means.get(&meant[column]) == Some(&1);
            if whole[column].is_none() && meant[column].is_some() && is_only {
                lowest[column].clone_into(&mut labels[column]);
            }
        }
        Ok(labels)
    }

    /// The row, of the first ones, that a header of so many rows most likely begins in: how many of its labels are known,
    /// and how many there are. None where no row holds two known labels.
    pub fn likely(&self, header_rows: u32, source: &Source) -> Option<Likely> {
        let judge = |row: u32| {
            let labels = self.labels(&(row..=row + header_rows - 1), source).ok()?;
            let known: BTreeSet<usize> = labels.iter().filter_map(|label| find(label, source)).collect();
            let filled = labels.iter().filter(|label| !label.trim().is_empty()).count();
            Some(Likely { row, known: known.len(), filled })
        };
        (1..=SEARCHED_ROWS).rev().filter_map(judge).filter(|likely| likely.known > 1).max_by_key(|likely| likely.known)
    }

    fn merges_over(&self, header: &RangeInclusive<u32>) -> Result<Vec<Merge>, Refusal> {
        let over = |merge: &&Merge| merge.first_row <= *header.end() && merge.last_row >= *header.start() && merge.first_column < MOST_COLUMNS;
        let found: Vec<Merge> = self.merges.iter().filter(over).copied().collect();
        if header.clone().any(|row| overlap(found.iter().filter(|merge| (merge.first_row..=merge.last_row).contains(&row)))) {
            return Err(Refusal::new("source-error", "more merged regions lie over the header than a sheet has columns"));
        }
        Ok(found)
    }

    fn width(&self, header: &RangeInclusive<u32>, merges: &[Merge]) -> usize {
        let filled = header.clone().filter_map(|row| self.rows.get(&row)).map(Vec::len).max().unwrap_or_default();
        let merged = merges.iter().filter(|merge| !self.text(merge.first_row, merge.first_column).is_empty() && merge.last_row < *header.end());
        merged.map(|merge| merge.last_column.min(MOST_COLUMNS) + 1).fold(filled, usize::max)
    }

    /// The texts over a column from top to bottom, those of merged regions once.
    fn parts(&self, header: &RangeInclusive<u32>, column: usize, merges: &[Merge]) -> Vec<String> {
        let part = |row: u32| {
            let Some(merge) = merges.iter().find(|merge| merge.covers(row, column)) else { return self.text(row, column) };
            // A label over several columns is said of each of them, but only from above: the lowest names one column.
            let is_said_of_all = merge.last_row < *header.end();
            let is_first_row = row == merge.first_row.max(*header.start());
            if is_first_row && (is_said_of_all || column == merge.first_column) { self.text(merge.first_row, merge.first_column) } else { String::new() }
        };
        header.clone().map(part).filter(|part| !part.is_empty()).collect()
    }

    fn text(&self, row: u32, column: usize) -> String {
        self.rows.get(&row).and_then(|cells| cells.get(column)).map(|cell| cell.plain().trim().to_owned()).unwrap_or_default()
    }
}

/// How often each stands there.
fn counted<T: std::hash::Hash + Eq>(all: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

/// The merged regions over each column, so that not every column looks through all of them.
fn by_column(merges: &[Merge]) -> HashMap<usize, Vec<Merge>> {
    let mut over: HashMap<usize, Vec<Merge>> = HashMap::new();
    for merge in merges {
        for column in merge.first_column..=merge.last_column.min(MOST_COLUMNS) {
            over.entry(column).or_default().push(*merge);
        }
    }
    over
}

/// Where a header may be.
#[derive(Debug, Clone, Copy)]
pub struct Likely {
    /// Its first row, from 1.
    pub row: u32,
    /// How many fields its labels mean.
    pub known: usize,
    /// How many labels it has.
    pub filled: usize,
}
