//! Records of JSON values made rows.

use std::collections::{BTreeSet, HashMap};

use serde_json::Number;

use super::cells::{Gatherer, Target};
use super::draft::Draft;
pub use super::json_node::{Members, Node, parse};
use super::limits::{MOST_LABEL, past};
use super::meaning::{Meaning, meaning};
use super::workbook::INEXACT;
use super::{Piece, Refusal, Why, json_drift, labels};
use crate::contract::{Contract, Field, FieldKind, Protection, Role};
use crate::project::{JSON_LIST_SEPARATOR, Repeat, Source};

/// Takes records one after another.
pub struct Records<'a> {
    source: &'a Source,
    contract: &'a Contract,
    meanings: HashMap<String, Target>,
    /// The key that first meant each target by its ending; another key of the same ending is another question.
    endings: HashMap<Target, String>,
    met: BTreeSet<usize>,
    has_review: bool,
    count: u64,
    rows: Gatherer<'a>,
}

impl<'a> Records<'a> {
    /// Takes records of a source.
    pub fn new(source: &'a Source, contract: &'a Contract, sink: &'a mut dyn FnMut(Piece<'_>)) -> Self {
        let rows = Gatherer::new(source, contract, None, sink);
        Self { source, contract, meanings: HashMap::new(), endings: HashMap::new(), met: BTreeSet::new(), has_review: false, count: 0, rows }
    }

    /// Records stand on another page from here on.
    pub fn enter(&mut self, page: &str) {
        self.rows.enter(page);
    }

    /// How many records there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes a record as the row with this number; where the source names a repeat group, as many rows as it has
    /// repetitions. Gives the number after the last.
    ///
    /// # Errors
    /// A refusal with the place, for unknown keys, two keys of one field and values that are no cell.
    pub fn record(&mut self, record: &Members, place: &str, row: i64) -> Result<i64, Refusal> {
        self.count += 1;
        let Some(Repeat::Nested { path }) = &self.source.export.repeat else {
            let draft = self.draft([record.as_slice()], place, row)?;
            self.rows.draft(row, draft)?;
            return Ok(row + 1);
        };
        let path = path.clone();
        let (lists, parent): (Vec<_>, Vec<_>) = record.iter().partition(|(key, _)| self.is_path(key, &path));
        let repetitions = repetitions(&lists, place, &path)?;
        if repetitions.is_empty() {
            return self.without_repetition(&parent, place, row);
        }
        let mut next = row;
        for repetition in repetitions {
            let draft = self.draft([parent.clone(), repetition.iter().collect()], place, next)?;
            self.rows.draft(next, draft)?;
            next += 1;
        }
        Ok(next)
    }

    /// A parent that nobody repeats in is a row of its own, faulty unless the office rejected it.
    fn without_repetition(&mut self, parent: &[&(String, Node)], place: &str, row: i64) -> Result<i64, Refusal> {
        match self.draft([parent.to_vec()], place, row)?.rejected(self.source) {
            Some(why) => self.rows.aside(row, why)?,
            None => self.rows.aside(row, Why::NoRepetition)?,
        }
        Ok(row + 1)
    }

    fn is_path(&self, key: &str, path: &str) -> bool {
        let groups = self.source.export.groups.as_deref();
        key == path || groups.is_some_and(|groups| key.strip_suffix(path).is_some_and(|rest| rest.ends_with(groups)))
    }

    /// The row that the members make together.
    fn draft<'n, P: IntoIterator<Item = &'n (String, Node)>>(
        &mut self,
        parts: impl IntoIterator<Item = P>,
        place: &str,
        row: i64,
    ) -> Result<Draft<'n>, Refusal> {
        let mut draft = Draft::default();
        let mut seen = BTreeSet::new();
        for (at, (key, value)) in parts.into_iter().flatten().enumerate() {
            let target = self.target(key, place, (at + 1, row))?;
            if !matches!(target, Target::Dropped | Target::Unlabelled | Target::New(_)) && !seen.insert(target) {
                return Err(Refusal::new("duplicate-label", format!("{place}: two keys mean {}", labels::name(target, self.contract))));
            }
            match target {
                Target::Field(field) => draft.put(target, self.cell(value, &self.contract.fields[field], place)?.map(Into::into)),
                Target::Choice { field, .. } => draft.put(target, self.cell(value, &self.contract.fields[field], place)?.map(Into::into)),
                Target::Review => draft.put(target, Some(status(value, place)?.into())),
                Target::New(drift) if self.is_filled(value) => draft.put_new(drift),
                Target::Dropped | Target::Unlabelled | Target::New(_) => {}
            }
        }
        Ok(draft)
    }

    fn is_filled(&self, value: &Node) -> bool {
        match value {
            Node::Null => false,
            Node::Text(text) => !self.contract.is_missing(text),
            Node::List(list) => list.iter().any(|value| self.is_filled(value)),
            Node::Object(members) => members.iter().any(|(_, value)| self.is_filled(value)),
            Node::Bool(_) | Node::Number(_) => true,
        }
    }

    /// Where the values of a key go; `at` is its place in its record, and the row.
    fn target(&mut self, key: &str, place: &str, at: (usize, i64)) -> Result<Target, Refusal> {
        if let Some(target) = self.meanings.get(key) {
            return Ok(*target);
        }
        if key.len() > MOST_LABEL {
            return Err(past(format!("{place} has a key of more than {MOST_LABEL} bytes"), "is it a key?"));
        }
        let (source, contract) = (self.source, self.contract);
        let refuse = |error, message: String| Err(Refusal::new(error, format!("{place}: {message}")));
        let target = match meaning(key, source, contract) {
            Meaning::Ignored => Target::Dropped,
            Meaning::Known { target, .. } => target,
            Meaning::Doubtful(why) => return refuse("extra-label", format!("a key is in doubt: {why}")),
            Meaning::Unknown | Meaning::Unlabelled => match json_drift::noted(self.rows.drift(), key, at, source) {
                Ok(Some(drift)) => Target::New(drift),
                Ok(None) => return refuse("extra-label", labels::unknown(key, "a key", source, contract)),
                Err(why) => return refuse("extra-label", why),
            },
        };
        if let Some(why) = labels::refused(target, source, contract) {
            return refuse("extra-label", format!("the key `{key}` {why}"));
        }
        let is_whole = super::meaning::find(key, source).is_some();
        if !matches!(target, Target::Dropped | Target::New(_)) && !is_whole {
            let first = self.endings.entry(target).or_insert_with(|| key.to_owned());
            if first != key {
                return refuse("duplicate-label", format!("the keys `{first}` and `{key}` both mean {}", labels::name(target, contract)));
            }
        }
        self.has_review |= target == Target::Review;
        let kept = match target {
            Target::Field(field) | Target::Choice { field, .. } => {
                self.met.insert(field);
                if contract.fields[field].protection == Protection::Direct { Target::Dropped } else { target }
            }
            other => other,
        };
        self.meanings.insert(key.to_owned(), kept);
        Ok(kept)
    }

    /// A value as text. Refused are lists where the field is none, objects, and numbers that JSON readers round.
    fn cell(&self, value: &Node, field: &Field, place: &str) -> Result<Option<String>, Refusal> {
        let refuse = |what: &str| Err(Refusal::new("source-error", format!("{place}: `{}` is {what}", field.name)));
        Ok(match value {
            Node::Null => None,
            Node::Bool(yes) => Some(yes.to_string()),
            Node::Number(figure) if figure.is_f64() && figure.as_f64().is_none_or(|figure| figure.abs() >= MOST_EXACT) => {
                return refuse("a number too long to be read exactly: write it as text");
            }
            Node::Number(figure) if matches!(field.kind, FieldKind::Number { .. }) && figure.is_f64() && digits(figure) > MOST_DIGITS => {
                Some(INEXACT.to_owned())
            }
            Node::Number(figure) if matches!(field.kind, FieldKind::Integer | FieldKind::Number { .. }) => {
                Some(self.source.numbers.native(&figure.to_string()))
            }
            Node::Number(figure) => Some(figure.to_string()),
            Node::Text(text) => Some(match &self.source.export.text_separator {
                Some(separator) if field.kind == FieldKind::List => text.replace(separator.as_str(), JSON_LIST_SEPARATOR),
                _ => text.clone(),
            }),
            Node::List(elements) if field.kind == FieldKind::List => {
                let items: Result<Vec<_>, _> = elements.iter().map(|element| self.cell(element, field, place).map(Option::unwrap_or_default)).collect();
                Some(items?.join(JSON_LIST_SEPARATOR))
            }
            Node::List(_) => return refuse("a list, not one value"),
            Node::Object(_) => return refuse("an object, not a value"),
        })
    }

    /// Hands the rest on and returns how many rows there were in all.
    ///
    /// # Errors
    /// Where no record has a key for sex or for the review, and as [`Gatherer::finish`] says.
    pub fn finish(mut self) -> Result<u64, Refusal> {
        json_drift::settle(self.rows.drift(), &self.met, self.source, self.contract)?;
        let missing = |what: &str| Err(Refusal::new("missing-label", format!("no record has a key for `{what}`")));
        if self.count > 0 {
            // Without the key that tells sex everybody would be of unknown group.
            if let Some(sex) = self.contract.role(Role::Sex).filter(|sex| !self.source.absent.contains(sex) && !self.met.contains(sex)) {
                return missing(&self.contract.fields[sex].name);
            }
            if let Some(review) = self.source.export.review.as_ref().filter(|_| !self.has_review) {
                return missing(&review.field);
            }
        }
        self.rows.finish()
    }
}

/// The repetitions of a record; none where it has no list of them.
fn repetitions<'n>(lists: &[&'n (String, Node)], place: &str, path: &str) -> Result<Vec<&'n Members>, Refusal> {
    let refusal = |what: &str| Refusal::new("source-error", format!("{place}: `{path}` {what}"));
    let list = match lists {
        [] | [(_, Node::Null)] => return Ok(Vec::new()),
        [(_, Node::List(list))] => list,
        [_] => return Err(refusal("is no list of repetitions")),
        _ => return Err(refusal("stands twice")),
    };
    list.iter().map(|node| if let Node::Object(members) = node { Ok(members) } else { Err(refusal("holds what is no object")) }).collect()
}

/// A review status: a text, or an object whose `uid` tells, else its `label`; an empty one was not reviewed.
fn status(value: &Node, place: &str) -> Result<String, Refusal> {
    match value {
        Node::Null => Ok(String::new()),
        Node::Text(text) => Ok(text.clone()),
        Node::Object(members) => {
            let text = |wanted: &str| {
                members.iter().find_map(|(key, value)| {
                    if key == wanted
                        && let Node::Text(text) = value
                    {
                        Some(text.clone())
                    } else {
                        None
                    }
                })
            };
            match text("uid").or_else(|| text("label")) {
                Some(text) => Ok(text),
                None if members.is_empty() => Ok(String::new()),
                None => Err(Refusal::new("review-error", format!("{place}: the review status has neither a `uid` nor a `label`"))),
            }
        }
        Node::Bool(_) | Node::Number(_) | Node::List(_) => Err(Refusal::new("review-error", format!("{place}: the review status is no text"))),
    }
}

/// The digits of a number that every float keeps; of more the last may be another.
const MOST_DIGITS: usize = 15;

fn digits(figure: &Number) -> usize {
    let text = figure.to_string();
    text.trim_start_matches(['-', '0', '.']).bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count()
}

/// From here on not every whole number has a float of its own.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;
