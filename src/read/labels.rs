//! Labels of an extract matched with the fields of its contract.

use std::collections::BTreeMap;

use super::Refusal;
use super::cells::Target;
use super::drift::{Drift, DriftEffect, DriftKind};
use super::limits::{MOST_COLUMNS, MOST_LABEL, MOST_PROBLEMS, past};
use super::meaning::{Meaning, find, meaning};
use crate::contract::{Contract, FieldsMatch, Protection, fold, hashtag};
use crate::diagnostic::nearest;
use crate::project::{DriftPolicy, Source};

/// Where the cells under each label go. `tags` holds the HXL tag of each column, or nothing; `links` are columns, from 0,
/// that link repeat rows with their parents and are no field's.
///
/// # Errors
/// `missing-label`, `extra-label`, `duplicate-label` or `incorrect-label` (the order), all that apply in one message. Labels are only quoted where
/// most of them are known: a file without a header would show its first person instead.
pub fn match_labels(labels: &[String], tags: &[String], links: &[usize], source: &Source, contract: &Contract) -> Result<Matching, Refusal> {
    let count = labels.len().max(tags.len());
    check_size(labels, count)?;
    let text = |texts: &'_ [String], column: usize| texts.get(column).cloned().unwrap_or_default();
    let columns: Vec<Column> =
        (0..count).map(|column| Column::of(column, text(labels, column), &text(tags, column), links.contains(&column), source, contract)).collect();
    check_most_are_known(&columns)?;
    let lacking = lacking(&columns, source, contract);
    let mut matched = Matched {
        source,
        contract,
        seen: BTreeMap::new(),
        prefixes: BTreeMap::new(),
        problems: Problems::default(),
        lacking: lacking.clone(),
        drift: Vec::new(),
    };
    let targets: Vec<Target> = columns.iter().map(|column| matched.target(column)).collect();
    for field in lacking {
        matched.lacks(field);
    }
    if let Some((before, after)) = out_of_order(&columns, contract) {
        let (before, after) = (&contract.fields[before].name, &contract.fields[after].name);
        matched.problems.add("incorrect-label", format!("the column of `{before}` stands before that of `{after}`, and the schema wants its own order"));
    }
    if let Some(review) = source.export.review.as_ref().filter(|_| !matched.seen.contains_key(&Target::Review)) {
        matched.problems.add("missing-label", format!("there is no column `{}` for the review", review.field));
    }
    let drift = matched.drift;
    matched.problems.into_result().map(|()| Matching { targets, drift })
}

/// Where the cells of an extract go, and how its columns differ from the schema.
pub struct Matching {
    /// For each column where its cells go; [`Target::New`] counts in `drift`.
    pub targets: Vec<Target>,
    /// What is not as the schema says, and is read all the same.
    pub drift: Vec<Drift>,
}

/// The fields that should have a column, and have none.
fn lacking(columns: &[Column], source: &Source, contract: &Contract) -> Vec<usize> {
    let has_column = |index: usize| {
        columns
            .iter()
            .any(|column| matches!(&column.meaning, Meaning::Known { target: Target::Field(field) | Target::Choice { field, .. }, .. } if *field == index))
    };
    contract.readable().map(|(index, _)| index).filter(|index| !source.absent.contains(index) && !has_column(*index)).collect()
}

/// Two fields, of columns beside each other, that stand in another order than in a schema that wants its own.
fn out_of_order(columns: &[Column], contract: &Contract) -> Option<(usize, usize)> {
    let fields = columns.iter().filter_map(|column| match &column.meaning {
        Meaning::Known { target: Target::Field(field) | Target::Choice { field, .. }, .. } => Some(*field),
        _ => None,
    });
    let fields: Vec<usize> = if contract.fields_match == Some(FieldsMatch::Exact) { fields.collect() } else { Vec::new() };
    fields.windows(2).find(|pair| pair[0] > pair[1]).map(|pair| (pair[0], pair[1]))
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
    /// True where only its tag tells what it is, though it has a label.
    is_renamed: bool,
}

impl Column {
    fn of(index: usize, label: String, tag: &str, is_link: bool, source: &Source, contract: &Contract) -> Self {
        let by_label = if is_link { Meaning::Ignored } else { meaning(&label, source, contract) };
        let is_unknown = by_label == Meaning::Unknown;
        let meaning = if is_link { Meaning::Ignored } else { with_tag(by_label, tag, source, contract) };
        Self { index, label, is_renamed: is_unknown && matches!(meaning, Meaning::Known { .. }), meaning }
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
    /// Fields without a column.
    lacking: Vec<usize>,
    drift: Vec<Drift>,
}

impl<'m> Matched<'m> {
    fn target(&mut self, column: &'m Column) -> Target {
        let place = || format!("column {}", column.index + 1);
        match &column.meaning {
            Meaning::Unlabelled => Target::Unlabelled,
            Meaning::Ignored => Target::Dropped,
            Meaning::Unknown => self.unknown(column),
            Meaning::Doubtful(why) => {
                self.problems.add("extra-label", format!("{} is in doubt: {why}", place()));
                Target::Unlabelled
            }
            Meaning::Known { target, prefix } => {
                if let (true, Target::Field(field)) = (column.is_renamed, target) {
                    let drift = Drift::of(DriftKind::Renamed, DriftEffect::Accepted);
                    self.drift.push(Drift { field: Some(*field), column: Some(column.index + 1), ..drift });
                }
                self.known(*target, prefix.as_deref(), &column.label)
            }
        }
    }

    /// A column that nobody knows: new, or perhaps that of a field without one, for which it is never taken.
    fn unknown(&mut self, column: &Column) -> Target {
        let near = near(&column.label, self.source);
        let lacking = near.filter(|field| self.lacking.contains(field));
        let (kind, policy) = match lacking {
            Some(_) => (DriftKind::Renamed, self.source.drift.renamed),
            None => (DriftKind::New, self.source.drift.new),
        };
        let Some(effect) = effect(policy) else {
            let place = format!("column {}", column.index + 1);
            self.problems.add("extra-label", unknown(&column.label, &place, self.source, self.contract));
            return Target::Unlabelled;
        };
        let label = near.map(|_| column.label.trim().to_owned());
        self.drift.push(Drift { field: lacking.or(near), column: Some(column.index + 1), label, ..Drift::of(kind, effect) });
        if kind == DriftKind::New { Target::New(self.drift.len() - 1) } else { Target::Dropped }
    }

    /// A field without a column.
    fn lacks(&mut self, field: usize) {
        let is_renamed = self.drift.iter().any(|drift| drift.kind == DriftKind::Renamed && drift.field == Some(field));
        let policy = if is_renamed { self.source.drift.renamed } else { self.source.drift.missing };
        let name = &self.contract.fields[field].name;
        match effect(policy) {
            None => self.problems.add("missing-label", format!("there is no column for `{name}`")),
            Some(DriftEffect::Ignored) if is_needed(field, self.contract) => {
                self.problems.add("missing-label", format!("there is no column for `{name}`, and the rows are of no use without"));
            }
            Some(_) if is_renamed => {}
            Some(effect) => self.drift.push(Drift { field: Some(field), ..Drift::of(DriftKind::Missing, effect) }),
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

/// What becomes of a drift that does not refuse the delivery.
pub fn effect(policy: DriftPolicy) -> Option<DriftEffect> {
    match policy {
        DriftPolicy::Refuse => None,
        DriftPolicy::Ignore => Some(DriftEffect::Ignored),
        DriftPolicy::Quarantine => Some(DriftEffect::Quarantined),
    }
}

/// True for fields that no row can be without: a drift there cannot be ignored.
pub fn is_needed(field: usize, contract: &Contract) -> bool {
    contract.fields[field].required || contract.fields[field].role.is_some()
}

/// The field that a label that nobody knows is nearly one of.
pub fn near(label: &str, source: &Source) -> Option<usize> {
    nearest(&fold(label), source.labels.keys().map(String::as_str)).and_then(|near| find(near, source))
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
        Target::Dropped | Target::Unlabelled | Target::New(_) => "nothing".to_owned(),
    }
}

/// The message for a label that no field has. It is quoted only where it is nearly a known one: what stands in place of a
/// label may be anything, a name too.
pub fn unknown(label: &str, place: &str, source: &Source, contract: &Contract) -> String {
    match near(label, source) {
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
