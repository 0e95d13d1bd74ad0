//! The engine's errors made faults that point into the model's file.

use std::ops::Range;
use std::sync::Arc;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// What is said of a subquery that the engine plans but cannot run.
pub const SUBQUERY_THAT_CANNOT_RUN: &str = "a subquery depends on its surroundings in a way that cannot be run";

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

/// The line and column of the name that an error is about, where it says so.
pub fn location(error: &DataFusionError) -> Option<(u64, u64)> {
    let start = error.diagnostic()?.span?.start;
    Some((start.line, start.column))
}

/// The fault that an error of parsing or planning is.
pub fn fault(file: &Arc<SourceFile>, error: &DataFusionError) -> Fault {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root
        && let SchemaError::FieldNotFound { field, valid_fields } = schema.as_ref()
    {
        let span = place(file, error).unwrap_or_else(|| find_word(file, &field.name));
        let mut names: Vec<String> = valid_fields.iter().map(|column| column.name.clone()).collect();
        names.sort();
        names.dedup();
        let all = (!names.is_empty()).then(|| format!("there are {}", names.join(", ")));
        let hint = did_you_mean(&field.name, names.iter().map(String::as_str)).or(all);
        return Fault::error(file, span, format!("there is no column `{}` here", field.flat_name())).maybe_hint(hint);
    }
    let message = error.diagnostic().map_or_else(|| plain(root), |diagnostic| diagnostic.message.clone());
    let hint = error.diagnostic().and_then(|diagnostic| diagnostic.helps.first().or(None).map(|help| help.message.clone()));
    let span = place(file, error).or_else(|| place_in_words(file, &root.to_string())).unwrap_or_else(|| body(file));
    Fault::error(file, span, lower_first(&message)).maybe_hint(hint)
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

fn plain(root: &DataFusionError) -> String {
    let text = root.strip_backtrace();
    let text = text.split(" at Line: ").next().unwrap_or(&text);
    let known = ["SQL error: ParserError(\"", "Error during planning: ", "Schema error: ", "This feature is not implemented: ", "Execution error: "];
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
