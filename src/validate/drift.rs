//! Columns that are not as the schema says, as they bear on rows.
//!
//! A column counts as retyped where it has ten filled cells or more and most of them are not of its field's type: below
//! that a few mistyped cells are mistyped cells.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, new_null_array};

use super::cast::CellFault;
use super::fault::Reason;
use super::table::TypedRows;
use crate::contract::{Contract, arrow_type};
use crate::project::DriftPolicy;
use crate::read::{Drift, DriftEffect, DriftKind};

/// So many filled cells a column has before it can be told to be of another type.
const LEAST_FILLED: u64 = 10;

/// Rules of cells that say nothing of how the others of their column are written.
const SINGLE: [&str; 4] = ["choice", "error-cell", "inexact-number", "not-calculated"];

/// The rule of rows that are set aside for a drift of a kind.
pub fn rule(kind: DriftKind) -> (&'static str, &'static str) {
    match kind {
        DriftKind::New => ("extra-label", "new-column"),
        DriftKind::Missing => ("missing-label", "missing-column"),
        DriftKind::Renamed => ("missing-label", "renamed-column"),
        DriftKind::Retyped => RETYPED,
    }
}

const RETYPED: (&str, &str) = ("type-error", "retyped-column");

/// True for reasons that are a drift's, not the row's own.
pub fn is_of_drift(reason: &Reason) -> bool {
    let kinds = [DriftKind::New, DriftKind::Missing, DriftKind::Renamed, DriftKind::Retyped];
    kinds.into_iter().any(|kind| rule(kind) == (reason.error, &*reason.rule))
}

/// The columns of which most filled cells are not of their field's type. Where that is ignored the whole column becomes
/// empty: which of its other cells mean what they say cannot be known.
pub fn retyped(contract: &Contract, policy: DriftPolicy, typed: &mut TypedRows, faults: &mut Vec<CellFault>) -> Vec<Drift> {
    let mut drift = Vec::new();
    for (field, misfits) in misfits(faults) {
        let without_value = faults.iter().filter(|fault| fault.field == field && fault.rule != "required").count();
        let filled = (typed.len() - typed.columns[field].null_count() + without_value) as u64;
        if filled < LEAST_FILLED || misfits * 2 <= filled {
            continue;
        }
        let is_needed = contract.fields[field].required || contract.fields[field].role.is_some();
        let effect = match policy {
            DriftPolicy::Quarantine => DriftEffect::Quarantined,
            DriftPolicy::Ignore if !is_needed => DriftEffect::Ignored,
            DriftPolicy::Ignore | DriftPolicy::Refuse => DriftEffect::Refused,
        };
        match effect {
            DriftEffect::Ignored => {
                typed.columns[field] = new_null_array(&arrow_type(&contract.fields[field].kind), typed.len());
                faults.retain(|fault| fault.field != field);
            }
            DriftEffect::Quarantined => {
                faults.iter_mut().filter(|fault| fault.field == field && is_misfit(fault)).for_each(|fault| fault.rule = RETYPED.1);
            }
            DriftEffect::Accepted | DriftEffect::Refused => {}
        }
        drift.push(Drift { field: Some(field), misfits: Some((misfits, filled)), ..Drift::of(DriftKind::Retyped, effect) });
    }
    drift
}

fn is_misfit(fault: &CellFault) -> bool {
    fault.error == RETYPED.0 && !SINGLE.contains(&fault.rule)
}

/// How many cells of each field are not of its type.
fn misfits(faults: &[CellFault]) -> BTreeMap<usize, u64> {
    let mut misfits = BTreeMap::new();
    for fault in faults.iter().filter(|fault| is_misfit(fault)) {
        *misfits.entry(fault.field).or_default() += 1;
    }
    misfits
}

/// Why a delivery is refused for a column of another type, where that is so.
pub fn refusal(contract: &Contract, drift: &[Drift]) -> Option<String> {
    let refused = drift.iter().filter(|drift| drift.kind == DriftKind::Retyped && drift.effect == DriftEffect::Refused);
    let told = refused.filter_map(|drift| Some((&contract.fields[drift.field?].name, drift.misfits?)));
    let told: Vec<String> = told.map(|(name, (misfits, filled))| format!("{misfits} of {filled} cells of `{name}` are not of its type")).collect();
    (!told.is_empty()).then(|| format!("{}: is it written in another way than the source says?", told.join("; ")))
}

/// The rows that a drift sets aside, with the reason.
pub fn set_aside(contract: &Contract, drift: &[Drift], typed: &TypedRows) -> Vec<(usize, Reason)> {
    let mut found = Vec::new();
    for drift in drift.iter().filter(|drift| drift.effect == DriftEffect::Quarantined && drift.kind != DriftKind::Retyped) {
        let (error, rule) = rule(drift.kind);
        let message = message(contract, drift);
        let filled: BTreeSet<(Option<&str>, i64)> = drift.filled.iter().map(|(sheet, row)| (sheet.as_deref(), *row)).collect();
        let is_meant = |row: &usize| match drift.kind {
            DriftKind::New => filled.contains(&(typed.sheets[*row].as_deref(), typed.rows[*row])),
            _ => drift.sheet.is_none() || typed.sheets[*row] == drift.sheet,
        };
        for row in (0..typed.len()).filter(is_meant) {
            let field = drift.field.filter(|_| drift.kind != DriftKind::New).map(|index| contract.fields[index].name.clone());
            found.push((row, Reason { field, error, rule: rule.into(), message: message.clone() }));
        }
    }
    found
}

/// What is said of a row; no cell, and a label only where it is nearly a known one.
fn message(contract: &Contract, drift: &Drift) -> String {
    let name = drift.field.map_or("", |index| contract.fields[index].name.as_str());
    let place = match (&drift.label, drift.column, drift.record) {
        (Some(label), ..) => format!("`{label}`"),
        (None, Some(column), None) => format!("column {column}"),
        (None, Some(key), Some(row)) => format!("key {key} of row {row}"),
        (None, None, _) => "a column".to_owned(),
    };
    match drift.kind {
        DriftKind::New => format!("something stands in {place}, which nobody knows"),
        DriftKind::Renamed => format!("the label {place} is not known; is it `{name}`?"),
        DriftKind::Missing | DriftKind::Retyped => format!("there is no column for `{name}`"),
    }
}
