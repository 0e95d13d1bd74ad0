//! Keys of JSON records that nobody knows. What they are is only sure once every record was seen: a key that a record
//! lacks is an empty cell, and says nothing.

use std::collections::BTreeSet;

use super::drift::{Drift, DriftEffect, DriftKind};
use super::{Refusal, labels};
use crate::contract::{Contract, Protection};
use crate::project::{DriftPolicy, Source};

/// So many keys that nobody knows are noted at most.
const MOST_NEW: usize = 200;

/// Notes a key that nobody knows, by its place in its record and the row; gives its place among the drift, or nothing
/// where the source refuses it. One that is nearly a field's may turn out to be that field renamed.
///
/// # Errors
/// Why the keys are refused whatever the source says: there are too many.
pub fn noted(all: &mut Vec<Drift>, key: &str, (place, row): (usize, i64), source: &Source) -> Result<Option<usize>, String> {
    let near = labels::near(key, source);
    let decided = labels::effect(source.drift.new);
    if decided.is_none() && (near.is_none() || source.drift.renamed == DriftPolicy::Refuse) {
        return Ok(None);
    }
    if all.len() == MOST_NEW {
        return Err(format!("more than {MOST_NEW} keys are not known: is it another form's?"));
    }
    let label = near.map(|_| key.trim().to_owned());
    let effect = decided.unwrap_or(DriftEffect::Refused);
    all.push(Drift { field: near, column: Some(place), record: Some(row), label, ..Drift::of(DriftKind::New, effect) });
    Ok(Some(all.len() - 1))
}

/// What the keys are, once every record was seen: renamed where no record has a key for the field that they nearly name.
///
/// # Errors
/// `extra-label` for one that the source refuses, `missing-label` where the rows are of no use without the field.
pub fn settle(all: &mut [Drift], met: &BTreeSet<usize>, source: &Source, contract: &Contract) -> Result<(), Refusal> {
    for drift in all {
        let Some(index) = drift.field else { continue };
        let field = &contract.fields[index];
        let is_lacking = !met.contains(&index) && !source.absent.contains(&index) && field.protection != Protection::Direct;
        let policy = if is_lacking { source.drift.renamed } else { source.drift.new };
        match labels::effect(policy) {
            None => {
                let label = drift.label.as_deref().unwrap_or_default();
                return Err(Refusal::new("extra-label", format!("the key `{label}` is not known; is it `{}`?", field.name)));
            }
            Some(DriftEffect::Ignored) if is_lacking && labels::is_needed(index, contract) => {
                return Err(Refusal::new("missing-label", format!("no record has a key for `{}`, and the rows are of no use without", field.name)));
            }
            Some(effect) => drift.effect = effect,
        }
        if is_lacking {
            drift.kind = DriftKind::Renamed;
            drift.filled.clear();
        }
    }
    Ok(())
}
