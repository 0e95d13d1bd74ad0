//! What is held against the rows of a delivery, gathered until all of it is known.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::FilterBuilder;

use super::cast::CellFault;
use super::duplicates::Verdict;
use super::fault::{Outcome, Reason, SetAsideRow};
use super::foreign::{self, Lookups};
use super::table::{TypedRows, each_column};
use crate::contract::{BrokenRule, Contract};
use crate::error::{Error, Kind, Result};

/// What is held against rows, by their index.
pub struct Judged {
    rows: BTreeMap<usize, (Outcome, Vec<Reason>)>,
    /// True for the rows that have one.
    marked: Vec<bool>,
}

impl Judged {
    /// Nothing against any of so many rows.
    pub fn none(rows: usize) -> Self {
        Self { rows: BTreeMap::new(), marked: vec![false; rows] }
    }

    /// The rows that something is held against.
    pub fn rows(&self) -> BTreeSet<usize> {
        self.rows.keys().copied().collect()
    }

    /// True where something is held against a row.
    pub fn has(&self, row: usize) -> bool {
        self.marked[row]
    }

    /// Holds a reason against a row; the first outcome stands.
    pub fn add(&mut self, row: usize, outcome: Outcome, reason: Reason) {
        self.marked[row] = true;
        self.rows.entry(row).or_insert_with(|| (outcome, Vec::new())).1.push(reason);
    }

    /// Holds a fault of a cell against its row.
    pub fn cell_fault(&mut self, contract: &Contract, fault: CellFault, doubtful: &BTreeSet<usize>) {
        let field = Some(contract.fields[fault.field].name.clone());
        let message = if doubtful.contains(&fault.row) { fault.reserved } else { fault.message };
        self.add(fault.row, Outcome::Quarantined, Reason { field, error: fault.error, rule: fault.rule.into(), message });
    }

    /// Holds a fault of a row as a whole against it.
    pub fn row_fault(&mut self, row: usize, error: &'static str, rule: impl Into<Cow<'static, str>>, message: String) {
        self.add(row, Outcome::Quarantined, Reason { field: None, error, rule: rule.into(), message });
    }

    /// Holds a rule of the schema against a row.
    pub fn broken_rule(&mut self, contract: &Contract, broken: &BrokenRule) {
        let rule = &contract.rules[broken.rule];
        let field = rule.field.map(|index| contract.fields[index].name.clone());
        let [message, _] = rule.messages(broken.unclear);
        self.add(broken.row, Outcome::Quarantined, Reason { field, error: "row-constraint", rule: rule.name.to_string().into(), message });
    }

    /// Holds against a row what other rows of its record mean for it.
    pub fn verdict(&mut self, row: usize, verdict: Verdict) {
        let (outcome, error, rule, message) = match verdict {
            Verdict::LaterChange => (Outcome::Superseded, "superseded", "later-change", "a later change of the record stands in the same delivery"),
            Verdict::SameRow => (Outcome::Superseded, "superseded", "same-row", "the same row stands in the same delivery already"),
            Verdict::Contradiction => (Outcome::Quarantined, "primary-key", "primary-key", "another row says something else of the same record and moment"),
        };
        self.add(row, outcome, Reason { field: None, error, rule: rule.into(), message: message.to_owned() });
    }

    /// Rows that agree where none may are all quarantined, since nothing says which is right; so are rows that refer to one
    /// that is not there, until no row refers to a quarantined one.
    ///
    /// # Errors
    /// `Internal` where keys cannot be compared.
    pub fn across_rows(&mut self, contract: &Contract, typed: &TypedRows, lookups: &Lookups) -> Result<()> {
        for repeat in foreign::repeats(contract, typed, |row| self.has(row))? {
            let field = (repeat.rule == "unique").then(|| contract.fields[repeat.fields[0]].name.clone());
            let message = format!("another row of the delivery has the same {}", foreign::names(contract, &repeat.fields));
            for row in repeat.rows {
                let reason = Reason { field: field.clone(), error: "unique-error", rule: repeat.rule.into(), message: message.clone() };
                self.add(row, Outcome::Quarantined, reason);
            }
        }
        loop {
            let orphans = foreign::orphans(contract, typed, lookups, |row| self.has(row))?;
            if orphans.is_empty() {
                return Ok(());
            }
            for (row, place) in orphans {
                self.row_fault(row, "foreign-key", "foreign-key", foreign::orphan_message(contract, &contract.foreign_keys[place]));
            }
        }
    }

    /// The rows that nothing is held against; each column of all rows is given back once it was gone through.
    ///
    /// # Errors
    /// `Internal` where the columns are of different lengths.
    pub fn spare(&self, typed: TypedRows) -> Result<TypedRows> {
        if !self.marked.contains(&true) {
            return Ok(typed);
        }
        let mask = BooleanArray::new(self.marked.iter().map(|marked| !marked).collect(), None);
        let sieve = FilterBuilder::new(&mask).optimize().build();
        let kept =
            |column: ArrayRef| sieve.filter(&column).map_err(|cause| Error::new(Kind::Internal, "good rows cannot be told from the others").because(cause));
        let columns = each_column(typed.rows.len(), typed.columns, kept)?;
        let (mut marked, mut also) = (self.marked.iter(), self.marked.iter());
        let (mut rows, mut sheets) = (typed.rows, typed.sheets);
        rows.retain(|_| !marked.next().copied().unwrap_or_default());
        sheets.retain(|_| !also.next().copied().unwrap_or_default());
        Ok(TypedRows { columns, rows, sheets })
    }

    /// The rows that something is held against, with all of it.
    pub fn told(&mut self, typed: &TypedRows, cells: impl Fn(usize) -> Option<Vec<(String, String)>>) -> Vec<SetAsideRow> {
        let row = |(row, (outcome, reasons)): (usize, (Outcome, Vec<Reason>))| {
            let cells = if outcome == Outcome::Quarantined { cells(row) } else { None };
            SetAsideRow { sheet: typed.sheets[row].clone(), row: typed.rows[row], outcome, reasons, cells }
        };
        std::mem::take(&mut self.rows).into_iter().map(row).collect()
    }
}
