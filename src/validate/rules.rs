//! Rules over several fields of a row.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, Date32Array, TimestampMicrosecondArray};
use chrono::NaiveDate;

use super::cast::CellFault;
use super::table::{TypedRows, text};
use crate::contract::{BrokenRule, Contract, Field, Role, RowFacts, RowRules, fold, number_of};
use crate::error::Result;

/// What rules need to know beside the row.
pub struct Facts<'a> {
    /// The office's code.
    pub office: &'a str,
    /// The office's name, which some extracts write in place of the code.
    pub office_name: &'a str,
    /// The day the delivery was received.
    pub received: NaiveDate,
    /// The last moment at which a record of the delivery can have been changed, in microseconds since 1970: a day of
    /// grace for zones and clocks.
    pub received_until: i64,
    /// The first day of the project's calendar.
    pub since: NaiveDate,
}

/// A fault of a row as a whole: row, rule, message.
pub type RowFault = (usize, &'static str, String);

/// Faults of fields in the light of others; they are told beside the other faults of the row.
pub fn across_fields(contract: &Contract, typed: &TypedRows, faults: &[CellFault]) -> Vec<CellFault> {
    let faulty: BTreeSet<(usize, usize)> = faults.iter().map(|fault| (fault.row, fault.field)).collect();
    let mut found = required_when(contract, typed, &faulty);
    found.extend(excluded_when(contract, typed));
    found.extend(together(contract, typed, &faulty));
    found.extend(in_order(contract, typed));
    found
}

fn required_when(contract: &Contract, typed: &TypedRows, faulty: &BTreeSet<(usize, usize)>) -> Vec<CellFault> {
    let mut found = Vec::new();
    for rule in &contract.required_when {
        let (field, when) = (&contract.fields[rule.field], &contract.fields[rule.when]);
        for row in 0..typed.len() {
            let applies = text(&typed.columns[rule.when], row) == Some(rule.is.as_str());
            if applies && typed.columns[rule.field].is_null(row) && !faulty.contains(&(row, rule.field)) {
                let message = format!("{} is missing, which {} `{}` requires", field.name, when.name, rule.is);
                found.push(fault(row, rule.field, ("constraint-error", "required-when"), message));
            }
        }
    }
    found
}

fn excluded_when(contract: &Contract, typed: &TypedRows) -> Vec<CellFault> {
    let mut found = Vec::new();
    for rule in &contract.excluded_when {
        let condition = &rule.condition;
        let (field, when) = (&contract.fields[condition.field], &contract.fields[condition.when]);
        for row in 0..typed.len() {
            let applies = text(&typed.columns[condition.when], row) == Some(condition.is.as_str());
            if applies && text(&typed.columns[condition.field], row) == Some(rule.code.as_str()) {
                let message = format!("{} is `{}`, which {} `{}` excludes", field.name, rule.code, when.name, condition.is);
                found.push(fault(row, condition.field, ("constraint-error", "excluded-when"), message));
            }
        }
    }
    found
}

/// Groups of fields that are filled in part. A cell that is null for a fault of its own is not also missing.
fn together(contract: &Contract, typed: &TypedRows, faulty: &BTreeSet<(usize, usize)>) -> Vec<CellFault> {
    let mut found = Vec::new();
    for group in &contract.together {
        for row in 0..typed.len() {
            let Some(filled) = group.iter().find(|index| !typed.columns[**index].is_null(row)) else { continue };
            for empty in group.iter().filter(|index| typed.columns[**index].is_null(row) && !faulty.contains(&(row, **index))) {
                let message =
                    format!("{} is missing, though {} is filled: both are filled or neither is", contract.fields[*empty].name, contract.fields[*filled].name);
                found.push(fault(row, *empty, ("constraint-error", "together"), message));
            }
        }
    }
    found
}

/// Dates that lie before one that stands earlier in their list.
fn in_order(contract: &Contract, typed: &TypedRows) -> Vec<CellFault> {
    let mut found = Vec::new();
    for list in &contract.in_order {
        let columns: Vec<(usize, &Date32Array)> = list.iter().filter_map(|index| Some((*index, dates(&typed.columns[*index])?))).collect();
        for row in 0..typed.len() {
            let mut latest: Option<(usize, i32)> = None;
            for (index, day) in columns.iter().filter_map(|(index, days)| Some((*index, value(days, row)?))) {
                match latest {
                    Some((earlier, known)) if day < known => {
                        let message = format!("{} lies before {}", contract.fields[index].name, contract.fields[earlier].name);
                        found.push(fault(row, index, ("row-constraint", "in-order"), message));
                    }
                    _ => latest = Some((index, day)),
                }
            }
        }
    }
    found
}

fn fault(row: usize, field: usize, (error, rule): (&'static str, &'static str), message: String) -> CellFault {
    CellFault { row, field, error, rule, reserved: message.clone(), message }
}

/// Rows without any of several dates of the event; told beside the other faults of the row, save those of these dates.
pub fn required_any(contract: &Contract, typed: &TypedRows, faults: &[CellFault]) -> Vec<RowFault> {
    let events: Vec<usize> = contract.roles(Role::EventDate).collect();
    if events.len() < 2 {
        return Vec::new();
    }
    let faulty: BTreeSet<usize> = faults.iter().filter(|fault| events.contains(&fault.field)).map(|fault| fault.row).collect();
    let is_empty = |row: &usize| events.iter().all(|index| typed.columns[*index].is_null(*row)) && !faulty.contains(row);
    let names: Vec<&str> = events.iter().map(|index| contract.fields[*index].name.as_str()).collect();
    let message = format!("none of {} is filled", names.join(", "));
    (0..typed.len()).filter(is_empty).map(|row| (row, "required-any", message.clone())).collect()
}

/// Rows that the schema's own rules do not let pass. A rule says nothing of a row in which a field that it names is at
/// fault; otherwise it is told beside the other faults of the row.
///
/// # Errors
/// `Internal` where the rules are of another contract.
pub fn broken(rules: Option<&dyn RowRules>, typed: &TypedRows, faults: &[CellFault], facts: &RowFacts<'_>) -> Result<Vec<BrokenRule>> {
    let Some(rules) = rules else { return Ok(Vec::new()) };
    let faulty: BTreeSet<(usize, usize)> = faults.iter().map(|fault| (fault.row, fault.field)).collect();
    let mut broken = rules.judge(&typed.columns, typed.len(), facts)?;
    broken.retain(|broken| !rules.fields(broken.rule).iter().any(|field| faulty.contains(&(broken.row, *field))));
    Ok(broken)
}

/// Faults of rows whose every cell is in order.
pub fn row_constraints(contract: &Contract, typed: &TypedRows, is_faulty: impl Fn(usize) -> bool, facts: &Facts<'_>) -> Vec<RowFault> {
    let events = Events::of(contract, typed, facts);
    let birth = typed.role(contract, Role::BirthDate).and_then(dates);
    let office = typed.role(contract, Role::Office);
    let changed = typed.role(contract, Role::ChangedAt).and_then(|column| column.as_any().downcast_ref::<TimestampMicrosecondArray>());
    let oldest = contract.role(Role::Age).and_then(|index| i64::try_from(contract.fields[index].maximum?).ok());
    let names = [fold(facts.office), fold(facts.office_name)];
    let dated: Vec<usize> =
        (0..contract.fields.len()).filter(|index| contract.fields[*index].codes.as_ref().is_some_and(|codes| codes.has_validity())).collect();
    let mut found = Vec::new();
    for row in (0..typed.len()).filter(|row| !is_faulty(*row)) {
        let birth = birth.and_then(|dates| value(dates, row));
        let event = events.earliest(row);
        events.judge(row, birth, facts, &mut found);
        if changed.is_some_and(|changed| changed.value(row) > facts.received_until) {
            found.push((row, "changed-after-received", format!("the record was changed after {}, the day the extract was received", facts.received)));
        }
        if let (Some(birth), Some(event), Some(oldest)) = (birth, event, oldest)
            && i64::from(event - birth) > (oldest + 1) * 366
        {
            found.push((row, "age-over-maximum", format!("the birth date makes the person older than {oldest}")));
        }
        for message in dated.iter().filter_map(|index| not_valid(&contract.fields[*index], text(&typed.columns[*index], row)?, event?)) {
            found.push((row, "code-not-valid", message));
        }
        if let Some(written) = office.and_then(|column| text(column, row))
            && !names.contains(&fold(written))
        {
            found.push((row, "office-mismatch", format!("the row names another office than {}, whose extract it stands in", facts.office)));
        }
    }
    found
}

/// The dates of the event: one, or several of which the earliest filled one is the event.
struct Events<'a> {
    columns: Vec<(String, &'a Date32Array)>,
    /// The first day of the calendar, and the day of the delivery.
    since: i32,
    received: i32,
}

impl<'a> Events<'a> {
    fn of(contract: &Contract, typed: &'a TypedRows, facts: &Facts<'_>) -> Self {
        let indexes: Vec<usize> = contract.roles(Role::EventDate).collect();
        let name = |index: usize| if indexes.len() == 1 { "the event".to_owned() } else { contract.fields[index].name.clone() };
        let columns = indexes.iter().filter_map(|index| Some((name(*index), dates(&typed.columns[*index])?))).collect();
        Self { columns, since: number_of(facts.since), received: number_of(facts.received) }
    }

    fn filled(&self, row: usize) -> impl Iterator<Item = (&str, i32)> {
        self.columns.iter().filter_map(move |(name, days)| Some((name.as_str(), value(days, row)?)))
    }

    fn earliest(&self, row: usize) -> Option<i32> {
        self.filled(row).map(|(_, day)| day).min()
    }

    /// Holds each date against the birth, the project's calendar and the day of the delivery.
    fn judge(&self, row: usize, birth: Option<i32>, facts: &Facts<'_>, found: &mut Vec<RowFault>) {
        for (event, day) in self.filled(row) {
            if birth.is_some_and(|birth| birth > day) {
                found.push((row, "birth-after-event", format!("the birth date lies after {event}")));
            }
            if day < self.since {
                found.push((row, "event-before-calendar", format!("{event} lies before {}, when the project's calendar begins", facts.since)));
            }
            if day > self.received {
                found.push((row, "event-after-received", format!("{event} lies after {}, the day the extract was received", facts.received)));
            }
        }
    }
}

/// Codes have validity dates: one that was not valid on the day of the event is a fault.
fn not_valid(field: &Field, code: &str, event: i32) -> Option<String> {
    let day = NaiveDate::default().checked_add_signed(chrono::Duration::days(event.into()))?;
    let known = field.codes.as_ref()?.get(code)?;
    (!known.is_valid_on(day)).then(|| format!("{} `{code}` was not valid on {day}", field.name))
}

fn dates(column: &ArrayRef) -> Option<&Date32Array> {
    column.as_any().downcast_ref()
}

fn value(dates: &Date32Array, row: usize) -> Option<i32> {
    (!dates.is_null(row)).then(|| dates.value(row))
}
