//! A CSV held against a Table Schema, as the standard says and nothing beside: no office, no habit, nothing is loaded.
//!
//! Guarantees: every fault of every row whose cells stand where they should; rows are numbered as records, the header first.
//! Rows under a header that is not the schema's are not judged, since their cells may be another field's; of a row with too
//! many or too few cells nothing more is told.

use arrow::array::Array;

use super::cast::{CellFault, Habit};
use super::delivery::in_doubt;
use super::foreign::{Lookups, groups, keys, names, orphan_message, orphans, repeats};
use super::table::{Caster, TypedRows, plain_source};
use crate::contract::{Contract, FieldsMatch, Protection, Target};
use crate::error::Result;
use crate::project::TextEncoding;
use crate::read::{Refusal, TextRows, records};

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainFault {
    /// The record, from 1, which is the header.
    pub row: i64,
    /// The field; of a label that has none, the label.
    pub field: Option<String>,
    /// Frictionless's name of the error.
    pub error: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// For people.
    pub message: String,
}

/// What a table is by its schema.
#[derive(Debug, Default)]
pub struct PlainReport {
    /// Records under the header, blank ones too.
    pub rows: u64,
    /// Every fault, in order of rows.
    pub faults: Vec<PlainFault>,
    /// Foreign keys that refer to tables that are not at hand.
    pub unchecked: Vec<String>,
}

/// Holds a CSV against a contract.
///
/// # Errors
/// `Internal` where rows cannot be compared; the inner error says why the file cannot be read.
pub fn hold(contract: &Contract, bytes: &[u8], delimiter: u8, encoding: TextEncoding) -> Result<std::result::Result<PlainReport, Refusal>> {
    let source = plain_source(contract)?;
    let habit = Habit {
        dates: &[],
        datetimes: &[],
        list_separator: &source.list_separator,
        numbers: source.numbers,
        says: source.says,
        zone: chrono_tz::UTC,
        received: chrono::NaiveDate::MAX,
    };
    let mut rows = Rows::new(contract, habit);
    if let Err(refusal) = records(bytes, delimiter, encoding, &mut |number, cells| rows.take(number, cells)) {
        return Ok(Err(refusal));
    }
    rows.finish().map(Ok)
}

/// Rows that are being read.
struct Rows<'a> {
    contract: &'a Contract,
    caster: Caster<'a>,
    /// The field of each column, where it has one; known once the header was read without fault.
    columns: Option<Vec<Option<usize>>>,
    rows: TextRows<'static>,
    report: PlainReport,
}

impl<'a> Rows<'a> {
    fn new(contract: &'a Contract, habit: Habit<'a>) -> Self {
        let rows = TextRows::new(contract.fields.iter().map(|field| field.protection != Protection::Direct));
        Self { contract, caster: Caster::new(contract, habit), columns: None, rows, report: PlainReport::default() }
    }

    fn fault(&mut self, row: i64, field: Option<&str>, error: &'static str, message: String) {
        self.report.faults.push(PlainFault { row, field: field.map(str::to_owned), error, rule: error, message });
    }

    fn take(&mut self, number: i64, cells: &[&str]) {
        if number == 1 {
            let faults = header(self.contract, cells);
            match faults {
                Ok(columns) => self.columns = Some(columns),
                Err(faults) => self.report.faults.extend(faults),
            }
            return;
        }
        self.report.rows += 1;
        let Some(columns) = self.columns.take() else { return };
        self.row(number, cells, &columns);
        self.columns = Some(columns);
    }

    fn row(&mut self, number: i64, cells: &[&str], columns: &[Option<usize>]) {
        let is_blank = |(column, cell): (usize, &&str)| match columns.get(column).copied().flatten() {
            Some(field) => self.contract.is_missing_in(field, cell),
            None => cell.trim().is_empty(),
        };
        if cells.iter().enumerate().all(is_blank) {
            self.fault(number, None, "blank-row", "the row is blank".to_owned());
        } else if cells.len() > columns.len() {
            self.fault(number, None, "extra-cell", format!("the row has {} cells for {} labels; its cells may be shifted", cells.len(), columns.len()));
        } else if cells.len() < columns.len() {
            let message = format!("the row has {} cells for {} labels; its cells may be shifted", cells.len(), columns.len());
            for column in &columns[cells.len()..] {
                let field = column.map(|field| self.contract.fields[field].name.clone());
                self.fault(number, field.as_deref(), "missing-cell", message.clone());
            }
        } else {
            self.whole(number, cells, columns);
        }
    }

    fn whole(&mut self, number: i64, cells: &[&str], columns: &[Option<usize>]) {
        for (cell, column) in cells.iter().zip(columns) {
            if let Some(field) = column {
                self.rows.cell(*field, Some(cell));
            }
        }
        self.rows.end(number);
        if self.rows.is_full() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.rows.take(None, None, |batch| self.caster.push(&batch));
    }

    fn finish(mut self) -> Result<PlainReport> {
        self.flush();
        let (contract, mut report) = (self.contract, self.report);
        let (typed, faults) = self.caster.finish()?;
        across_rows(contract, &typed, &faults, &mut report)?;
        let doubtful = in_doubt(&faults);
        report.faults.extend(faults.into_iter().map(|fault| PlainFault {
            row: typed.rows[fault.row],
            field: Some(contract.fields[fault.field].name.clone()),
            error: fault.error,
            rule: fault.rule,
            message: if doubtful.contains(&fault.row) { fault.reserved } else { fault.message },
        }));
        report.faults.sort_by_key(|fault| fault.row);
        let unchecked = contract.foreign_keys.iter().filter(|key| key.target != Target::Delivery);
        report.unchecked = unchecked.map(|key| orphan_message(contract, key)).collect();
        Ok(report)
    }
}

/// Keys; of several rows that agree, all but the first are told, as Frictionless does.
fn across_rows(contract: &Contract, typed: &TypedRows, faults: &[CellFault], report: &mut PlainReport) -> Result<()> {
    let mut tell = |row: usize, field: Option<String>, error: &'static str, rule: &'static str, message: String| {
        report.faults.push(PlainFault { row: typed.rows[row], field, error, rule, message });
    };
    for repeat in repeats(contract, typed, |_| false)? {
        let field = (repeat.rule == "unique").then(|| contract.fields[repeat.fields[0]].name.clone());
        let message = format!("row {} has the same {}", typed.rows[repeat.rows[0]], names(contract, &repeat.fields));
        repeat.rows.iter().skip(1).for_each(|row| tell(*row, field.clone(), "unique-error", repeat.rule, message.clone()));
    }
    for rows in groups(typed, &contract.key, |_| false)? {
        let message = format!("row {} has the same {}", typed.rows[rows[0]], names(contract, &contract.key));
        rows.iter().skip(1).for_each(|row| tell(*row, None, "primary-key", "primary-key", message.clone()));
    }
    let columns: Vec<_> = contract.key.iter().map(|index| &typed.columns[*index]).collect();
    let is_faulty = |row: usize| faults.iter().any(|fault| fault.row == row && contract.key.contains(&fault.field) && fault.rule != "required");
    for (row, _) in keys(&columns)?.iter().enumerate().filter(|(row, _)| columns.iter().any(|column| column.is_null(*row))) {
        // A key that could not be read is not also missing.
        if !is_faulty(row) {
            tell(row, None, "primary-key", "key-missing", format!("a part of the key ({}) is missing", names(contract, &contract.key)));
        }
    }
    for (row, place) in orphans(contract, typed, &Lookups::new(), |_| false)? {
        tell(row, None, "foreign-key", "foreign-key", orphan_message(contract, &contract.foreign_keys[place]).replace(" that is good", ""));
    }
    Ok(())
}

/// The field of each column, or what is wrong with the labels.
fn header(contract: &Contract, labels: &[&str]) -> std::result::Result<Vec<Option<usize>>, Vec<PlainFault>> {
    let matching = contract.fields_match.unwrap_or(FieldsMatch::Exact);
    let mut faults = Vec::new();
    let mut tell = |field: &str, error: &'static str, message: String| {
        faults.push(PlainFault { row: 1, field: Some(field.to_owned()), error, rule: error, message });
    };
    let columns = if matching == FieldsMatch::Exact { by_order(contract, labels, &mut tell) } else { by_name(contract, labels, matching, &mut tell) };
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

type Tell<'t> = &'t mut dyn FnMut(&str, &'static str, String);

fn by_order(contract: &Contract, labels: &[&str], tell: Tell<'_>) -> Vec<Option<usize>> {
    for (column, label) in labels.iter().enumerate() {
        let place = format!("the label of column {}", column + 1);
        match contract.fields.get(column) {
            None => tell(label, "extra-label", format!("{place} has no field")),
            Some(field) if label.is_empty() => tell(&field.name, "blank-label", format!("{place} is blank")),
            Some(field) if labels[..column].contains(label) => tell(&field.name, "duplicate-label", format!("{place} stands twice")),
            Some(field) if *label != field.name => tell(&field.name, "incorrect-label", format!("{place} is not `{}`", field.name)),
            Some(_) => {}
        }
    }
    for field in contract.fields.iter().skip(labels.len()) {
        tell(&field.name, "missing-label", format!("there is no column `{}`", field.name));
    }
    (0..labels.len()).map(|column| (column < contract.fields.len()).then_some(column)).collect()
}

fn by_name(contract: &Contract, labels: &[&str], matching: FieldsMatch, tell: Tell<'_>) -> Vec<Option<usize>> {
    let columns: Vec<Option<usize>> = labels.iter().map(|label| contract.fields.iter().position(|field| field.name == *label)).collect();
    for (column, label) in labels.iter().enumerate() {
        if labels[..column].contains(label) {
            tell(label, "duplicate-label", format!("the label of column {} stands twice", column + 1));
        } else if columns[column].is_none() && !matching.allows_extra() {
            tell(label, "extra-label", format!("the label of column {} has no field", column + 1));
        }
    }
    if matching == FieldsMatch::Partial && columns.iter().all(Option::is_none) {
        tell("", "unmatched-header", "no label has a field".to_owned());
    }
    for (index, field) in contract.fields.iter().enumerate().filter(|(index, _)| !columns.contains(&Some(*index))) {
        if !matching.allows_missing() || field.required || contract.key.contains(&index) {
            tell(&field.name, "missing-label", format!("there is no column `{}`", field.name));
        }
    }
    columns
}
