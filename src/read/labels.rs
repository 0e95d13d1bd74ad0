//! Labels of an extract matched with the fields of its contract.

use std::collections::BTreeMap;

use super::Refusal;
use super::cells::Target;
use super::limits::{MOST_COLUMNS, MOST_LABEL, MOST_PROBLEMS, past};
use super::meaning::{Meaning, find, meaning};
use crate::contract::{Contract, Protection, fold, hashtag};
use crate::diagnostic::nearest;
use crate::project::Source;

/// Where the cells under each label go. `tags` holds the HXL tag of each column, or nothing; `links` are columns, from 0,
/// that link repeat rows with their parents and are no field's.
///
/// # Errors
/// `missing-label`, `extra-label` or `duplicate-label`, all that apply in one message. Labels are only quoted where
/// most of them are known: a file without a header would show its first person instead.
pub fn match_labels(labels: &[String], tags: &[String], links: &[usize], source: &Source, contract: &Contract) -> Result<Vec<Target>, Refusal> {
    let count = labels.len().max(tags.len());
    check_size(labels, count)?;
    let text = |texts: &'_ [String], column: usize| texts.get(column).cloned().unwrap_or_default();
    let columns: Vec<Column> =
        (0..count).map(|column| Column::of(column, text(labels, column), &text(tags, column), links.contains(&column), source, contract)).collect();
    check_most_are_known(&columns)?;
    let mut matched = Matched { source, contract, seen: BTreeMap::new(), prefixes: BTreeMap::new(), problems: Problems::default() };
    let targets: Vec<Target> = columns.iter().map(|column| matched.target(column)).collect();
    for (index, field) in contract.readable() {
        let is_there = matched.seen.keys().any(|target| matches!(target, Target::Field(field) | Target::Choice { field, .. } if *field == index));
        if !is_there && !source.absent.contains(&index) {
            matched.problems.add("missing-label", format!("there is no column for `{}`", field.name));
        }
    }
    if let Some(review) = source.export.review.as_ref().filter(|_| !matched.seen.contains_key(&Target::Review)) {
        matched.problems.add("missing-label", format!("there is no column `{}` for the review", review.field));
    }
    matched.problems.into_result().map(|()| targets)
}

/// What a label means is looked for at each of its separators, so that a long one would take for ever.
fn check_size(labels: &[String], count: usize) -> Result<(), Refusal> {
    const REMEDY: &str = "is the header where the source says, and the delimiter right?";
    if count > MOST_COLUMNS {
        return Err(past(format!("the header has {count} labels, more than the {MOST_COLUMNS} that are read"), REMEDY));
    }
    match labels.iter().position(|label| label.len() > MOST_LABEL) {
        Some(column) => Err(past(format!("the label of column {} has more than {MOST_LABEL} bytes", column + 1), REMEDY)),
        None => Ok(()),
    }
}

/// A label, and what it means by itself.
struct Column {
    index: usize,
    label: String,
    meaning: Meaning,
}

impl Column {
    fn of(index: usize, label: String, tag: &str, is_link: bool, source: &Source, contract: &Contract) -> Self {
        let meaning = if is_link { Meaning::Ignored } else { with_tag(meaning(&label, source, contract), tag, source, contract) };
        Self { index, label, meaning }
    }
}

/// What a label means beside its tag: the tag tells, and where both tell they must agree.
fn with_tag(by_label: Meaning, tag: &str, source: &Source, contract: &Contract) -> Meaning {
    let tagged = hashtag(tag).and_then(|tag| source.export.tags.as_ref()?.get(&tag).copied());
    let Some(tagged) = tagged else { return by_label };
    let name = &contract.fields[tagged].name;
    match by_label {
        Meaning::Known { target: Target::Field(field), .. } if field == tagged => by_label,
        Meaning::Unlabelled | Meaning::Unknown => Meaning::Known { target: Target::Field(tagged), prefix: None },
        Meaning::Known { target: Target::Field(field) | Target::Choice { field, .. }, .. } => {
            Meaning::Doubtful(format!("its tag means `{name}`, its label `{}`", contract.fields[field].name))
        }
        Meaning::Known { .. } | Meaning::Ignored => Meaning::Doubtful(format!("its tag means `{name}`, its label none of the fields")),
        Meaning::Doubtful(_) => by_label,
    }
}

fn check_most_are_known(columns: &[Column]) -> Result<(), Refusal> {
    let known = columns.iter().filter(|column| matches!(column.meaning, Meaning::Known { .. } | Meaning::Doubtful(_))).count();
    // Columns that the source ignores say nothing for or against a header.
    let filled = columns.iter().filter(|column| !matches!(column.meaning, Meaning::Unlabelled | Meaning::Ignored)).count();
    if filled == 0 {
        return Err(Refusal::new("blank-header", "the header is blank"));
    }
    if known * 2 < filled {
        return Err(Refusal::new(
            "extra-label",
            format!("{known} of {filled} labels are known: is the header where the source says, and the delimiter right?"),
        ));
    }
    Ok(())
}

struct Matched<'m> {
    source: &'m Source,
    contract: &'m Contract,
    /// The label that first meant each target.
    seen: BTreeMap<Target, &'m str>,
    /// What stands before the codes of a field's choices.
    prefixes: BTreeMap<usize, String>,
    problems: Problems,
}

impl<'m> Matched<'m> {
    fn target(&mut self, column: &'m Column) -> Target {
        let place = || format!("column {}", column.index + 1);
        match &column.meaning {
            Meaning::Unlabelled => Target::Unlabelled,
            Meaning::Ignored => Target::Dropped,
            Meaning::Unknown => {
                self.problems.add("extra-label", unknown(&column.label, &place(), self.source, self.contract));
                Target::Unlabelled
            }
            Meaning::Doubtful(why) => {
                self.problems.add("extra-label", format!("{} is in doubt: {why}", place()));
                Target::Unlabelled
            }
            Meaning::Known { target, prefix } => self.known(*target, prefix.as_deref(), &column.label),
        }
    }

    fn known(&mut self, target: Target, prefix: Option<&str>, label: &'m str) -> Target {
        if let Some(first) = self.seen.insert(target, label) {
            self.problems.add("duplicate-label", format!("the labels `{first}` and `{label}` both mean {}", name(target, self.contract)));
        }
        let (Target::Field(field) | Target::Choice { field, .. }) = target else { return target };
        if let Some(prefix) = prefix {
            let first = self.prefixes.entry(field).or_insert_with(|| prefix.to_owned()).clone();
            if first != prefix {
                let message = format!("the choices of `{}` stand under two names, `{first}` and `{prefix}`", self.contract.fields[field].name);
                self.problems.add("duplicate-label", message);
            }
        }
        if let Some(why) = refused(target, self.source, self.contract) {
            self.problems.add("extra-label", format!("the label `{label}` {why}"));
        }
        if self.contract.fields[field].protection == Protection::Direct { Target::Dropped } else { target }
    }
}

/// Why a label may not mean what it means, where that is so.
pub fn refused(target: Target, source: &Source, contract: &Contract) -> Option<String> {
    let (Target::Field(field) | Target::Choice { field, .. }) = target else { return None };
    let name = &contract.fields[field].name;
    if source.absent.contains(&field) {
        return Some(format!("means `{name}`, which the source says it lacks"));
    }
    if let (Target::Choice { code, .. }, Some(codes)) = (target, &contract.fields[field].codes)
        && codes.codes[code].code.contains(source.list_separator.as_str())
    {
        return Some(format!("is a choice of `{name}` whose code holds the list separator"));
    }
    None
}

/// What a target is called.
pub fn name(target: Target, contract: &Contract) -> String {
    match target {
        Target::Field(field) => format!("`{}`", contract.fields[field].name),
        Target::Choice { field, code } => {
            let code = contract.fields[field].codes.as_ref().map_or("", |codes| codes.codes[code].code.as_str());
            format!("`{}`, code `{code}`", contract.fields[field].name)
        }
        Target::Review => "the review".to_owned(),
        Target::Dropped | Target::Unlabelled => "nothing".to_owned(),
    }
}

/// The message for a label that no field has. It is quoted only where it is nearly a known one: what stands in place of a
/// label may be anything, a name too.
pub fn unknown(label: &str, place: &str, source: &Source, contract: &Contract) -> String {
    let folded = fold(label);
    match nearest(&folded, source.labels.keys().map(String::as_str)).and_then(|near| find(near, source)) {
        Some(index) => format!("the label `{}` is not known; is it `{}`?", label.trim(), contract.fields[index].name),
        None => format!("the label of {place} is not known, nor is any like it"),
    }
}

#[derive(Default)]
struct Problems {
    first: Option<&'static str>,
    messages: Vec<String>,
    untold: usize,
}

impl Problems {
    fn add(&mut self, error: &'static str, message: String) {
        self.first.get_or_insert(error);
        if self.messages.len() < MOST_PROBLEMS {
            self.messages.push(message);
        } else {
            self.untold += 1;
        }
    }

    fn into_result(self) -> Result<(), Refusal> {
        let more = if self.untold == 0 { String::new() } else { format!("; and {} more of the kind", self.untold) };
        self.first.map_or(Ok(()), |error| Err(Refusal::new(error, format!("{}{more}", self.messages.join("; ")))))
    }
}
