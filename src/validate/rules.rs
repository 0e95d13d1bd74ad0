//! Rules over several fields of a row.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, Date32Array, TimestampMicrosecondArray};
use chrono::NaiveDate;

use super::cast::CellFault;
use super::table::{TypedRows, text};
use super::temporal::days;
use crate::contract::{Contract, Field, Role, fold};

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

/// Faults of fields that are required by condition; they are told beside the other faults of the row.
pub fn required_when(contract: &Contract, typed: &TypedRows, faults: &[CellFault]) -> Vec<CellFault> {
    let faulty: BTreeSet<(usize, usize)> = faults.iter().map(|fault| (fault.row, fault.field)).collect();
    let mut found = Vec::new();
    for rule in &contract.required_when {
        let (field, when) = (&contract.fields[rule.field], &contract.fields[rule.when]);
        for row in 0..typed.len() {
            let applies = text(&typed.columns[rule.when], row) == Some(rule.is.as_str());
            if applies && typed.columns[rule.field].is_null(row) && !faulty.contains(&(row, rule.field)) {
                let message = format!("{} is missing, which {} `{}` requires", field.name, when.name, rule.is);
                found.push(CellFault { row, field: rule.field, error: "constraint-error", rule: "required-when", reserved: message.clone(), message });
            }
        }
    }
    found
}

/// Faults of codes that are excluded by condition.
pub fn excluded_when(contract: &Contract, typed: &TypedRows) -> Vec<CellFault> {
    let mut found = Vec::new();
    for rule in &contract.excluded_when {
        let condition = &rule.condition;
        let (field, when) = (&contract.fields[condition.field], &contract.fields[condition.when]);
        for row in 0..typed.len() {
            let applies = text(&typed.columns[condition.when], row) == Some(condition.is.as_str());
            if applies && text(&typed.columns[condition.field], row) == Some(rule.code.as_str()) {
                let message = format!("{} is `{}`, which {} `{}` excludes", field.name, rule.code, when.name, condition.is);
                found.push(CellFault { row, field: condition.field, error: "constraint-error", rule: "excluded-when", reserved: message.clone(), message });
            }
        }
    }
    found
}

/// Faults of rows whose every cell is in order.
pub fn row_constraints(contract: &Contract, typed: &TypedRows, is_faulty: impl Fn(usize) -> bool, facts: &Facts<'_>) -> Vec<RowFault> {
    let event = dates(typed.role(contract, Role::EventDate));
    let birth = dates(typed.role(contract, Role::BirthDate));
    let office = typed.role(contract, Role::Office);
    let changed = typed.role(contract, Role::ChangedAt).and_then(|column| column.as_any().downcast_ref::<TimestampMicrosecondArray>());
    let oldest = contract.role(Role::Age).and_then(|index| contract.fields[index].maximum);
    let names = [fold(facts.office), fold(facts.office_name)];
    let dated: Vec<usize> =
        (0..contract.fields.len()).filter(|index| contract.fields[*index].codes.as_ref().is_some_and(|codes| codes.has_validity())).collect();
    let mut found = Vec::new();
    for row in (0..typed.len()).filter(|row| !is_faulty(*row)) {
        let event = event.and_then(|dates| value(dates, row));
        if let (Some(birth), Some(event)) = (birth.and_then(|dates| value(dates, row)), event)
            && birth > event
        {
            found.push((row, "birth-after-event", "the birth date lies after the event".to_owned()));
        }
        if event.is_some_and(|event| event < days(facts.since)) {
            found.push((row, "event-before-calendar", format!("the event lies before {}, when the project's calendar begins", facts.since)));
        }
        if changed.is_some_and(|changed| changed.value(row) > facts.received_until) {
            found.push((row, "changed-after-received", format!("the record was changed after {}, the day the extract was received", facts.received)));
        }
        if let (Some(birth), Some(event), Some(oldest)) = (birth.and_then(|dates| value(dates, row)), event, oldest)
            && i64::from(event - birth) > (oldest + 1) * 366
        {
            found.push((row, "age-over-maximum", format!("the birth date makes the person older than {oldest}")));
        }
        if event.is_some_and(|event| event > days(facts.received)) {
            found.push((row, "event-after-received", format!("the event lies after {}, the day the extract was received", facts.received)));
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

/// Codes have validity dates: one that was not valid on the day of the event is a fault.
fn not_valid(field: &Field, code: &str, event: i32) -> Option<String> {
    let day = NaiveDate::default().checked_add_signed(chrono::Duration::days(event.into()))?;
    let known = field.codes.as_ref()?.get(code)?;
    (!known.is_valid_on(day)).then(|| format!("{} `{code}` was not valid on {day}", field.name))
}

fn dates(column: Option<&ArrayRef>) -> Option<&Date32Array> {
    column.and_then(|column| column.as_any().downcast_ref())
}

fn value(dates: &Date32Array, row: usize) -> Option<i32> {
    (!dates.is_null(row)).then(|| dates.value(row))
}
