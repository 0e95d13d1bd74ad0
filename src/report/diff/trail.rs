//! How cells came from what one release says to what another says, step by step, each step with its cause.
//!
//! Guarantees: the steps of a cell begin with what the first release says and end with what the second says, and each
//! begins where the one before ended: shares add up to the whole change because nothing else can be.

use std::collections::{BTreeMap, BTreeSet};

use super::causes::Cause;
use super::cells::{Cell, Key, Table};
use crate::contract::Measure;
use crate::report::number::Number;
use crate::report::values::nobody;

/// A step of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What made it; several where they cannot be told apart.
    pub causes: BTreeSet<Cause>,
    /// What stood there.
    pub before: Cell,
    /// What stands there then.
    pub after: Cell,
}

/// A cell that says something else.
#[derive(Debug, Clone)]
pub struct CellChange {
    /// Its column.
    pub column: String,
    /// What it is, where it is a figure.
    pub measure: Option<Measure>,
    /// What the first release says.
    pub before: Cell,
    /// What the second says.
    pub after: Cell,
    /// How it came to that; empty where that cannot be computed.
    pub steps: Vec<Step>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Only the second release has it.
    Added,
    /// Only the first release has it.
    Removed,
    /// Both have it and it says something else.
    Changed,
}

/// A row that says something else.
#[derive(Debug, Clone)]
pub struct RowChange {
    /// The values of the grain.
    pub key: Key,
    /// What became of it.
    pub state: RowState,
    /// The cells that differ, in the order of columns; those of the grain are not among them.
    pub cells: Vec<CellChange>,
}

impl CellChange {
    /// The absolute change, where it is a number: of a row that is not there a count is nought.
    pub fn change(&self) -> Option<Number> {
        share(&self.before, &self.after, self.measure.as_ref())
    }

    /// The share of each cause: as a number where it is one. What adds up to nothing is left out. Steps of the same causes
    /// that follow one another are one, so that a row that went away and came back by one cause has a share.
    pub fn shares(&self) -> Vec<(BTreeSet<Cause>, Option<Number>)> {
        let mut shares: Vec<(BTreeSet<Cause>, Option<Number>)> = Vec::new();
        for steps in self.steps.chunk_by(|one, next| one.causes == next.causes) {
            let (first, last) = (&steps[0], &steps[steps.len() - 1]);
            let share = share(&first.before, &last.after, self.measure.as_ref());
            match shares.iter_mut().find(|(causes, _)| *causes == first.causes) {
                Some((_, sum)) => *sum = sum.zip(share).and_then(|(sum, share)| sum.plus(share)),
                None => shares.push((first.causes.clone(), share)),
            }
        }
        shares.retain(|(_, share)| !share.is_some_and(Number::is_zero));
        shares
    }
}

fn share(before: &Cell, after: &Cell, measure: Option<&Measure>) -> Option<Number> {
    let number = |cell: &Cell| match cell {
        Cell::Absent => measure.and_then(nobody),
        cell => cell.number(),
    };
    number(after)?.minus(number(before)?)
}

/// The steps of a table's cells.
pub struct Trail {
    first: Table,
    last: Table,
    steps: BTreeMap<(Key, String), Vec<Step>>,
}

impl Trail {
    /// A trail that begins with what a release says.
    pub fn from(first: Table) -> Self {
        Self { last: first.clone(), first, steps: BTreeMap::new() }
    }

    /// Notes what the table says next.
    pub fn step(&mut self, causes: &BTreeSet<Cause>, next: Table) {
        for (key, column) in differing(&self.last, &next) {
            let (before, after) = (self.last.cell(&key, &column).clone(), next.cell(&key, &column).clone());
            self.steps.entry((key, column)).or_default().push(Step { causes: causes.clone(), before, after });
        }
        self.last = next;
    }

    /// Ends with what a release says, whatever led there.
    pub fn jump(&mut self, last: Table) {
        self.last = last;
    }

    /// The rows that say something else at the end than at the beginning.
    pub fn changes(mut self, grain: &[String], measures: &BTreeMap<String, Measure>) -> Vec<RowChange> {
        let mut changed: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
        for (key, column) in differing(&self.first, &self.last) {
            changed.entry(key).or_default().insert(column);
        }
        let order: Vec<String> = columns(&self.last, &self.first).map(str::to_owned).collect();
        let mut rows = Vec::new();
        for (key, names) in changed {
            let state = match (self.first.rows.contains_key(&key), self.last.rows.contains_key(&key)) {
                (false, _) => RowState::Added,
                (_, false) => RowState::Removed,
                _ => RowState::Changed,
            };
            let mut cells = Vec::new();
            for column in order.iter().filter(|column| names.contains(*column) && !grain.contains(column)) {
                let steps = self.steps.remove(&(key.clone(), column.clone())).unwrap_or_default();
                let (before, after) = (self.first.cell(&key, column).clone(), self.last.cell(&key, column).clone());
                cells.push(CellChange { column: column.clone(), measure: measures.get(column).cloned(), before, after, steps });
            }
            rows.push(RowChange { key, state, cells });
        }
        rows
    }
}

fn columns<'t>(first: &'t Table, second: &'t Table) -> impl Iterator<Item = &'t str> {
    first.columns.iter().chain(second.columns.iter().filter(|name| !first.columns.contains(name))).map(String::as_str)
}

/// The cells in which two tables differ.
pub fn differing(left: &Table, right: &Table) -> Vec<(Key, String)> {
    let names: Vec<&str> = columns(left, right).collect();
    let keys = left.rows.keys().chain(right.rows.keys().filter(|key| !left.rows.contains_key(*key)));
    let cells = keys.flat_map(|key| names.iter().map(move |name| (key, *name)));
    cells.filter(|(key, name)| left.cell(key, name) != right.cell(key, name)).map(|(key, name)| (key.clone(), name.to_owned())).collect()
}
