//! Rows that a reader set aside, in the words of the other faults.

use std::borrow::Cow;

use super::fault::{Outcome, Reason};
use crate::contract::{Contract, Protection};
use crate::read::Why;

/// What became of a row that a reader set aside, and why.
pub fn reason(why: &Why, contract: &Contract) -> (Outcome, Reason) {
    let whole = |outcome, error, rule, message: &str| (outcome, Reason { field: None, error, rule: Cow::Borrowed(rule), message: message.to_owned() });
    match why {
        Why::Total => whole(Outcome::Excluded, "total-row", "total-row", "the row holds a total, not a record"),
        Why::Rejected => whole(Outcome::Excluded, "rejected-row", "rejected-row", "the office's own review rejected the record"),
        Why::ExtraCell => whole(Outcome::Quarantined, "extra-cell", "extra-cell", "the row has more cells than there are labels; its cells may be shifted"),
        Why::LoneCell => {
            let message = "the row has a single filled cell: a note, not a record; if it is a total or a footer, its text belongs in `total_rows`";
            whole(Outcome::Quarantined, "lone-cell", "lone-cell", message)
        }
        Why::MergedCell { column } => {
            let message = format!("the cell in column {column} is merged with another; unmerge it and fill each cell");
            whole(Outcome::Quarantined, "merged-cell", "merged-cell", &message)
        }
        Why::MissingCell { cells, labels } => {
            let message = format!("the row has {cells} cells for {labels} labels; its cells may be shifted");
            whole(Outcome::Quarantined, "missing-cell", "missing-cell", &message)
        }
        Why::NoParent => whole(Outcome::Quarantined, "foreign-key", "no-parent", "the repetition names a parent that is not there"),
        Why::ShiftedParent => {
            whole(Outcome::Quarantined, "foreign-key", "shifted-parent", "the row of the repetition's parent has cells that may be shifted, or that are merged")
        }
        Why::NoRepetition => whole(Outcome::Quarantined, "foreign-key", "no-repetition", "nobody stands in the repeat group of this record"),
        Why::LeftOut => whole(Outcome::Excluded, "excluded", "left-out", "the office left the row out in the workbook that it returned"),
        Why::Contradiction { field, only_listed, only_marked } => contradiction(contract, *field, only_listed, only_marked),
        Why::Mark { field, code } => {
            let message = format!("{} {} is neither chosen nor not chosen", contract.fields[*field].name, codes(contract, *field, &[*code]));
            (Outcome::Quarantined, Reason { field: Some(contract.fields[*field].name.clone()), error: "type-error", rule: "choice".into(), message })
        }
    }
}

/// A list that says other codes than the columns of its choices; which ones is told of open fields only.
fn contradiction(contract: &Contract, field: usize, only_listed: &[usize], only_marked: &[usize]) -> (Outcome, Reason) {
    let name = &contract.fields[field].name;
    let mut message = format!("{name} says one thing as a list and another in the columns of its choices");
    if contract.fields[field].protection == Protection::Open {
        let sides = [(only_listed, "only in the list"), (only_marked, "only in the columns")];
        let told = sides.iter().filter(|(found, _)| !found.is_empty()).map(|(found, side)| format!("{side} {}", codes(contract, field, found)));
        message = format!("{message}: {}", told.collect::<Vec<_>>().join(", "));
    }
    (Outcome::Quarantined, Reason { field: Some(name.clone()), error: "constraint-error", rule: "choices".into(), message })
}

/// Codes as the code list spells them.
fn codes(contract: &Contract, field: usize, indexes: &[usize]) -> String {
    let Some(list) = &contract.fields[field].codes else { return String::new() };
    indexes.iter().map(|index| format!("`{}`", list.codes[*index].code)).collect::<Vec<_>>().join(" ")
}
