//! Questions with several answers: one column with a list, a column per choice, or both, which must agree.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Why;
use crate::contract::{Contract, fold};
use crate::project::{JSON_LIST_SEPARATOR, Source};

/// Whether a row has chosen a code.
pub struct Mark<'t> {
    /// The field's index.
    pub field: usize,
    /// The code's index in the field's code list.
    pub code: usize,
    /// What stands there.
    pub text: Cow<'t, str>,
}

/// Spellings of "chosen", folded.
const YES: [&str; 5] = ["1", "true", "yes", "oui", "vrai"];
/// Spellings of "not chosen", folded.
const NO: [&str; 5] = ["0", "false", "no", "non", "faux"];

/// The one list that the columns of a field say, as text.
///
/// `None` where nobody answered: all columns are empty. A list of nothing ([`JSON_LIST_SEPARATOR`] alone) where somebody answered
/// that nothing applies: no column says yes and at least one says no. An empty cell beside filled ones is not chosen.
/// Codes that have no column of their own are told by the list alone; where the list holds what is no code, the list is
/// handed on as it is and is at fault later.
///
/// # Errors
/// Why the row is set aside: a cell that says neither, or a list that says other codes than the columns.
pub fn combine(listed: Option<&str>, marks: &[Mark<'_>], source: &Source, contract: &Contract) -> Result<Option<String>, Why> {
    let Some(field) = marks.first().map(|mark| mark.field) else { return Ok(listed.map(str::to_owned)) };
    let mut marked = BTreeSet::new();
    let mut is_answered = false;
    for mark in marks {
        let text = fold(&mark.text);
        if contract.is_missing(&mark.text) {
            continue;
        }
        is_answered = true;
        if YES.contains(&text.as_str()) {
            marked.insert(mark.code);
        } else if !NO.contains(&text.as_str()) {
            return Err(Why::Mark { field, code: mark.code });
        }
    }
    let code = |index: usize| contract.fields[field].codes.as_ref().map_or("", |codes| codes.codes[index].code.as_str());
    let joined = |codes: &BTreeSet<usize>| codes.iter().map(|index| code(*index)).collect::<Vec<_>>().join(&source.list_separator);
    let Some(listed) = listed.filter(|text| !contract.is_missing(text)) else {
        return Ok(match (is_answered, marked.is_empty()) {
            (false, _) => None,
            (true, true) => Some(JSON_LIST_SEPARATOR.to_owned()),
            (true, false) => Some(joined(&marked)),
        });
    };
    let Some(named) = codes_of(listed, field, source, contract) else { return Ok(Some(listed.to_owned())) };
    let has_column: BTreeSet<usize> = marks.iter().map(|mark| mark.code).collect();
    let only_listed: Vec<usize> = named.iter().copied().filter(|code| has_column.contains(code) && !marked.contains(code)).collect();
    let only_marked: Vec<usize> = marked.difference(&named).copied().collect();
    if only_listed.is_empty() && only_marked.is_empty() { Ok(Some(listed.to_owned())) } else { Err(Why::Contradiction { field, only_listed, only_marked }) }
}

/// The codes that a list names; nothing where some item is no code.
fn codes_of(listed: &str, field: usize, source: &Source, contract: &Contract) -> Option<BTreeSet<usize>> {
    let codes = contract.fields[field].codes.as_ref()?;
    let items = listed.split(source.list_separator.as_str()).map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| codes.find(item).and_then(|found| codes.codes.iter().position(|code| code.code == found.code))).collect()
}
