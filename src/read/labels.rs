//! Labels of an extract matched with the fields of its contract.

use std::collections::BTreeMap;

use super::Refusal;
use super::cells::Target;
use crate::contract::{Contract, Protection, fold};
use crate::diagnostic::nearest;
use crate::project::Source;

/// Where the cells under each label go.
///
/// # Errors
/// `missing-label`, `extra-label` or `duplicate-label`, all that apply in one message. Labels are only quoted where
/// most of them are known: a file without a header would show its first person instead.
pub fn match_labels(labels: &[String], source: &Source, contract: &Contract) -> Result<Vec<Target>, Refusal> {
    let known = labels.iter().filter(|label| find(label, source).is_some()).count();
    let filled = labels.iter().filter(|label| !label.trim().is_empty()).count();
    if filled == 0 {
        return Err(Refusal::new("blank-header", "the header is blank"));
    }
    if known * 2 < filled {
        return Err(Refusal::new(
            "extra-label",
            format!("{known} of {filled} labels are known: is the header where the source says, and the delimiter right?"),
        ));
    }
    let mut problems = Problems::default();
    let mut targets = Vec::with_capacity(labels.len());
    let mut seen: BTreeMap<usize, &str> = BTreeMap::new();
    for (index, label) in labels.iter().enumerate() {
        targets.push(target(label, index, source, contract, &mut seen, &mut problems));
    }
    for index in missing(contract, source, |index| seen.contains_key(&index)) {
        problems.add("missing-label", format!("there is no column for `{}`", contract.fields[index].name));
    }
    problems.into_result().map(|()| targets)
}

fn target<'l>(label: &'l str, column: usize, source: &Source, contract: &Contract, seen: &mut BTreeMap<usize, &'l str>, problems: &mut Problems) -> Target {
    if label.trim().is_empty() {
        return Target::Unlabelled;
    }
    let Some(index) = find(label, source) else {
        problems.add("extra-label", unknown(label, &format!("column {}", column + 1), source, contract));
        return Target::Unlabelled;
    };
    if let Some(first) = seen.insert(index, label) {
        problems.add("duplicate-label", format!("the labels `{first}` and `{label}` both mean `{}`", contract.fields[index].name));
    }
    if source.absent.contains(&index) {
        problems.add("extra-label", format!("the label `{label}` means `{}`, which the source says it lacks", contract.fields[index].name));
    }
    if contract.fields[index].protection == Protection::Direct { Target::Dropped } else { Target::Field(index) }
}

/// The field that a label means.
pub fn find(label: &str, source: &Source) -> Option<usize> {
    source.labels.get(&fold(label)).copied()
}

/// The message for a label that no field has. It is quoted only where it is nearly a known one: what stands in place of a
/// label may be anything, a name too.
pub fn unknown(label: &str, place: &str, source: &Source, contract: &Contract) -> String {
    let folded = fold(label);
    match nearest(&folded, source.labels.keys().map(String::as_str)).and_then(|near| source.labels.get(near)) {
        Some(index) => format!("the label `{}` is not known; is it `{}`?", label.trim(), contract.fields[*index].name),
        None => format!("the label of {place} is not known, nor is any like it"),
    }
}

/// The fields that an extract must have but has not; direct identifiers may be left out by anybody.
fn missing<'c>(contract: &'c Contract, source: &'c Source, has: impl Fn(usize) -> bool + 'c) -> impl Iterator<Item = usize> + 'c {
    contract.readable().map(|(index, _)| index).filter(move |index| !source.absent.contains(index) && !has(*index))
}

#[derive(Default)]
struct Problems {
    first: Option<&'static str>,
    messages: Vec<String>,
}

impl Problems {
    fn add(&mut self, error: &'static str, message: String) {
        self.first.get_or_insert(error);
        self.messages.push(message);
    }

    fn into_result(self) -> Result<(), Refusal> {
        self.first.map_or(Ok(()), |error| Err(Refusal::new(error, self.messages.join("; "))))
    }
}
