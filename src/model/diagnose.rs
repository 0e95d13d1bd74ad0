//! The engine's errors made faults that point into the model's file.

use std::ops::Range;
use std::sync::Arc;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use super::places::place_of;
use super::plain::{Plain, plain};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// The name of the column that an error says is not there.
pub fn unknown_column(error: &DataFusionError) -> Option<String> {
    match error.find_root() {
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, .. } => Some(field.name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// An error made a fault.
pub struct Told {
    /// The fault.
    pub fault: Fault,
    /// True where its place is that of what is wrong, and not just the statement.
    pub is_placed: bool,
}

/// The fault that an error of parsing or planning is.
pub fn fault(file: &Arc<SourceFile>, error: &DataFusionError) -> Fault {
    told(file, error).fault
}

/// The same, with how sure its place is.
pub fn told(file: &Arc<SourceFile>, error: &DataFusionError) -> Told {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root
        && let SchemaError::FieldNotFound { field, valid_fields } = schema.as_ref()
    {
        let known = place(file, error);
        let is_placed = known.is_some();
        let span = known.unwrap_or_else(|| find_word(file, &field.name));
        let mut names: Vec<String> = valid_fields.iter().map(|column| column.name.clone()).collect();
        names.sort();
        names.dedup();
        let all = (!names.is_empty()).then(|| format!("there are {}", names.join(", ")));
        let hint = did_you_mean(&field.name, names.iter().map(String::as_str)).or(all);
        return Told { fault: Fault::error(file, span, format!("there is no column `{}` here", field.flat_name())).maybe_hint(hint), is_placed };
    }
    let known = plain_words(error);
    let words = known.as_ref().map_or_else(|| engine_words(error), |known| known.message.clone());
    let words = without_place(&words);
    let hint = known.as_ref().and_then(|known| known.hint.clone()).or_else(|| engine_hint(error).filter(|_| known.is_none()));
    let about = known.and_then(|known| known.about);
    let span = place(file, error).or_else(|| place_in_words(file, &root.to_string())).or_else(|| place_of(&file.text, &about?));
    let is_placed = span.is_some();
    Told { fault: Fault::error(file, span.unwrap_or_else(|| body(file)), lower_first(words)).maybe_hint(hint), is_placed }
}

/// Plain words for what the engine says, by its diagnosis or else by the error itself.
fn plain_words(error: &DataFusionError) -> Option<Plain> {
    let notes: Vec<String> = error.diagnostic().map_or_else(Vec::new, |diagnostic| diagnostic.notes.iter().map(|note| note.message.clone()).collect());
    let own = error.find_root().strip_backtrace();
    // The error itself may name types that its diagnosis leaves out.
    plain(&own, &notes).or_else(|| plain(&error.diagnostic()?.message, &notes))
}

fn engine_words(error: &DataFusionError) -> String {
    error.diagnostic().map_or_else(|| stripped(error.find_root()), |diagnostic| diagnostic.message.clone())
}

fn engine_hint(error: &DataFusionError) -> Option<String> {
    error.diagnostic()?.helps.first().map(|help| help.message.clone())
}

fn place(file: &SourceFile, error: &DataFusionError) -> Option<Range<usize>> {
    let span = error.diagnostic()?.span?;
    let at = |line: u64, column: u64| offset(&file.text, line, column);
    Some(at(span.start.line, span.start.column)..at(span.end.line, span.end.column))
}

/// Errors of syntax carry no span; their words end in `at Line: 3, Column: 5`.
fn place_in_words(file: &SourceFile, words: &str) -> Option<Range<usize>> {
    let (_, rest) = words.rsplit_once("Line: ")?;
    let (line, rest) = rest.split_once(", Column: ")?;
    let column: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let start = offset(&file.text, line.parse().ok()?, column.parse().ok()?);
    let word = file.text[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum::<usize>().max(1);
    Some(start..(start + word).min(file.text.len()))
}

/// The words without the place that the parser ends them with: it stands above the source shown.
fn without_place(words: &str) -> &str {
    words.split(" at Line: ").next().unwrap_or(words)
}

fn stripped(root: &DataFusionError) -> String {
    let text = root.strip_backtrace();
    let text = without_place(&text);
    let known = [
        "SQL error: ParserError(\"",
        "Error during planning: ",
        "Schema error: ",
        "This feature is not implemented: ",
        "Execution error: ",
        "Internal error: ",
        "Arrow error: ",
    ];
    let text = known.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    text.trim_end_matches("\")").lines().next().unwrap_or_default().to_owned()
}

/// The first mention of a word after the header.
fn find_word(file: &SourceFile, word: &str) -> Range<usize> {
    let start = body(file).start;
    file.text[start..].find(word).map_or(start..start, |at| start + at..start + at + word.len())
}

/// The SELECT's first line.
pub fn body(file: &SourceFile) -> Range<usize> {
    let after = file.text.find("*/").map_or(0, |end| end + 2);
    let lead = file.text[after..].len() - file.text[after..].trim_start().len();
    after + lead..file.text.len()
}

/// The byte at a line and column, both from 1, columns in characters.
pub fn offset(text: &str, line: u64, column: u64) -> usize {
    let skip = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(skip).map(str::len).sum();
    let within = text[start.min(text.len())..].chars().take(usize::try_from(column.saturating_sub(1)).unwrap_or(0)).map(char::len_utf8).sum::<usize>();
    (start + within).min(text.len())
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // Words in capitals (SELECT, SQL) stay as they are.
        Some(first) if !chars.clone().next().is_some_and(char::is_uppercase) => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
