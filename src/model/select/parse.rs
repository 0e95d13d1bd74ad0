//! The text of a selection: criteria with their places, as dbt writes them.
//!
//! `space` joins, `,` cuts; before a criterion `@`, `+` or `2+`, after it `+` or `+2`; within it `method:value` or a value
//! alone.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// Any number of steps.
pub const ALL: usize = usize::MAX;

/// How things are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By name, or by the folders above it.
    Name,
    /// By the path below the project folder.
    Path,
    /// By the name of the file.
    File,
    /// By a tag of the header.
    Tag,
    /// A feed and what rests on it.
    Feed,
    /// What no model makes, as dbt has it: feeds and what the system knows.
    Source,
    /// By what changed since the last release.
    State,
    /// By how the last run ended for it.
    Result,
    /// By kind.
    ResourceType,
}

/// The methods as they are written, in the order in which they are told.
const METHODS: [(&str, Method); 9] = [
    ("tag", Method::Tag),
    ("path", Method::Path),
    ("file", Method::File),
    ("feed", Method::Feed),
    ("source", Method::Source),
    ("state", Method::State),
    ("result", Method::Result),
    ("resource_type", Method::ResourceType),
    ("fqn", Method::Name),
];

/// One criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// How it chooses.
    pub method: Method,
    /// What it chooses by.
    pub value: String,
    /// Where the value stands in the text.
    pub place: Range<usize>,
    /// So many steps up to what it reads, too.
    pub parents: usize,
    /// So many steps down to what reads it, too.
    pub children: usize,
    /// All that reads it, and all that any of these read.
    pub childrens_parents: bool,
}

/// Criteria that all must hold.
pub type Intersection = Vec<Criterion>;

/// Parses a text; what is faulty is told and left out.
pub fn parse(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Vec<Intersection> {
    let mut union = Vec::new();
    for word in words(&file.text, |letter| letter.is_whitespace()).into_iter().filter(|word| !word.is_empty()) {
        let parts = words(&file.text[word.clone()], |letter| letter == ',').into_iter().map(|part| word.start + part.start..word.start + part.end);
        let criteria: Vec<Option<Criterion>> = parts.map(|part| criterion(file, part, faults)).collect();
        union.extend(criteria.into_iter().collect::<Option<Intersection>>());
    }
    union
}

/// The parts of a text between separators, as ranges.
fn words(text: &str, is_separator: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices().filter(|(_, letter)| is_separator(*letter)) {
        words.push(start..at);
        start = at + letter.len_utf8();
    }
    words.push(start..text.len());
    words
}

fn criterion(file: &Arc<SourceFile>, part: Range<usize>, faults: &mut Vec<Fault>) -> Option<Criterion> {
    let text = &file.text[part.clone()];
    let mut rest = part.clone();
    let childrens_parents = text.starts_with('@');
    rest.start += usize::from(childrens_parents);
    let (length, parents) = leading_steps(&file.text[rest.clone()]);
    rest.start += length;
    let (length, children) = trailing_steps(&file.text[rest.clone()]);
    rest.end -= length;
    if childrens_parents && children > 0 {
        faults.push(Fault::error(file, part, format!("`{text}` has both @ and a + behind")).hint("@ holds all that reads it already: leave one out"));
        return None;
    }
    let (method, place) = method(file, rest, faults)?;
    let value = file.text[place.clone()].to_owned();
    if value.is_empty() {
        let at = if place.start < part.end { place.clone() } else { part };
        faults.push(Fault::error(file, at, "a criterion is empty").hint("write a name such as `returns_*`, or a method such as `tag:monthly`"));
        return None;
    }
    Some(Criterion { method, value, place, parents, children, childrens_parents })
}

/// `+` and `2+`: their length and steps; none where there are none.
fn leading_steps(text: &str) -> (usize, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if text[digits..].starts_with('+') { (digits + 1, steps(&text[..digits])) } else { (0, 0) }
}

/// `+` and `+2`, likewise.
fn trailing_steps(text: &str) -> (usize, usize) {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let before = text.len() - digits;
    if text[..before].ends_with('+') { (digits + 1, steps(&text[before..])) } else { (0, 0) }
}

fn steps(digits: &str) -> usize {
    // More steps than can be counted are as good as all.
    digits.parse().unwrap_or(ALL)
}

/// The method and the place of the value.
fn method(file: &Arc<SourceFile>, rest: Range<usize>, faults: &mut Vec<Fault>) -> Option<(Method, Range<usize>)> {
    let text = &file.text[rest.clone()];
    let Some((name, _)) = text.split_once(':') else { return Some((usual_method(text), rest)) };
    let value = rest.start + name.len() + 1..rest.end;
    if let Some((_, method)) = METHODS.iter().find(|(known, _)| *known == name) {
        return Some((*method, value));
    }
    let names = METHODS.map(|(known, _)| known);
    let hint = did_you_mean(name, names).unwrap_or_else(|| format!("there are {}", names.join(", ")));
    faults.push(Fault::error(file, rest.start..rest.start + name.len(), format!("there is no method `{name}`")).hint(hint));
    None
}

/// What a value without a method means.
fn usual_method(value: &str) -> Method {
    if value.contains('/') {
        Method::Path
    } else if value.ends_with(".sql") || value.ends_with(".csv") {
        Method::File
    } else {
        Method::Name
    }
}
