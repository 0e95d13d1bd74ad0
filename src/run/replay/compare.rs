//! A delivery judged anew, held row by row against what was loaded of it.

use std::collections::BTreeMap;

use super::held::{Cells, Held, HeldRows, Place};
use super::told::{FieldChange, Rejudged, RejudgedAs, RowTold};
use crate::contract::{Contract, is_carried};
use crate::error::Result;
use crate::warehouse::{SlotLoad, Submission};

/// So many different changes of a field are shown.
const MOST_EXAMPLES: usize = 3;

/// So much of a value is shown.
const MOST_LETTERS: usize = 40;

/// What a delivery says otherwise than what was loaded of it. Rows that were removed since (erased, past their retention)
/// are barred now as well, and so make no difference.
///
/// # Errors
/// `Internal` where the judgement is not of this make.
pub fn compare(contract: &Contract, held: &Held, before: &Submission, load: &SlotLoad) -> Result<Rejudged> {
    let nothing = HeldRows::default();
    let old = held.of(&before.submission_id).unwrap_or(&nothing);
    let new = HeldRows::of_batches(load.rows.iter().flatten(), load.set_aside.as_ref())?;
    let mut told = Rejudged { rows_before: before.rows, rows_after: load.submission.rows, ..Rejudged::of(before, RejudgedAs::Changed) };
    for (place, cells) in &new.rows {
        match old.rows.get(place) {
            Some(known) => note_fields(contract, known, cells, &mut told.fields),
            None => told.loaded.push(row(place, &old.reasons)),
        }
    }
    for (place, reasons) in &new.reasons {
        let is_told = !reasons.is_empty();
        if old.rows.contains_key(place) && is_told {
            told.set_aside.push(row(place, &new.reasons));
        } else if is_told && old.reasons.get(place).is_some_and(|known| known != reasons) {
            told.other_reasons.push(row(place, &new.reasons));
        }
    }
    Ok(told)
}

fn row(place: &Place, reasons: &BTreeMap<Place, Vec<String>>) -> RowTold {
    RowTold { sheet: place.0.clone(), row: place.1, reasons: reasons.get(place).cloned().unwrap_or_default() }
}

fn note_fields(contract: &Contract, old: &Cells, new: &Cells, fields: &mut BTreeMap<String, FieldChange>) {
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    for name in names.filter(|name| old.get(*name) != new.get(*name)) {
        let change = fields.entry(name.clone()).or_default();
        change.rows += 1;
        // What was made of a birth date or a case number is told by its name alone.
        let is_open = contract.field(name).is_some_and(is_carried);
        let example = (old.get(name).map(|text| shortened(text)), new.get(name).map(|text| shortened(text)));
        if is_open && change.examples.len() < MOST_EXAMPLES && !change.examples.contains(&example) {
            change.examples.push(example);
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS { text.to_owned() } else { text.chars().take(MOST_LETTERS - 1).chain(['…']).collect() }
}
