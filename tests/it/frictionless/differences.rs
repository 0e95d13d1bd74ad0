//! Why the two programs may say different things, by name; each has its reason in `docs/frictionless.md`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Fault;
use super::cases::Case;

/// All of them.
pub const NAMES: [&str; 32] = [
    "any",
    "bare-point",
    "binary",
    "blank-row-key",
    "categories",
    "compared-rows",
    "digits",
    "empty-is-missing",
    "empty-items",
    "exponent",
    "faulty-header",
    "folded",
    "fractions",
    "groups",
    "implausible-year",
    "integer-groups",
    "month-names",
    "not-finite",
    "numbers-as-text",
    "padding",
    "partial-key",
    "pattern-alternatives",
    "separator",
    "shifted-row",
    "signed-year",
    "trimmed",
    "twice",
    "underscores",
    "unique-keys",
    "uri",
    "uuid",
    "key-of-a-faulty-cell",
];

/// Errors that come of comparing rows.
const COMPARED: [&str; 3] = ["unique-error", "primary-key", "foreign-key"];

/// The name of the difference that a fault is, which only one of the programs found.
pub fn explain(case: &Case, (row, field, error): &Fault, is_mine: bool, theirs: &BTreeSet<Fault>) -> Option<&'static str> {
    let has_header_fault = theirs.iter().any(|(row, _, error)| *row == 1 && error.ends_with("-label"));
    if has_header_fault && *row > 1 && !is_mine {
        return Some("faulty-header");
    }
    let cells = case.record(*row)?;
    let is_blank = theirs.iter().any(|(other, _, error)| other == row && error == "blank-row");
    let is_shifted = theirs.iter().any(|(other, _, error)| other == row && (error == "missing-cell" || error == "extra-cell"));
    if is_shifted && !is_mine {
        return Some("shifted-row");
    }
    if COMPARED.contains(&error.as_str()) {
        return compared(case, (*row, error), is_mine, is_blank, theirs);
    }
    if is_blank_but_for_the_schema(case, cells) {
        return Some("empty-is-missing");
    }
    // The cell of the field, by its label.
    let column = case.labels.iter().position(|label| label == field);
    let (text, tag) = column.and_then(|column| cells.get(column))?;
    let declared = case.schema["fields"].as_array()?.iter().find(|declared| declared["name"] == field.as_str())?;
    if text.is_empty() && !spells_empty(case, declared) {
        return Some("empty-is-missing");
    }
    // Under labels that were moved any text may stand in these.
    if is_mine && declared.get("categories").is_some() {
        return Some("categories");
    }
    if is_mine && declared["format"] == "binary" {
        return Some("binary");
    }
    NAMES.into_iter().find(|name| name == tag)
}

/// True where the empty text is "no value" by the schema.
fn spells_empty(case: &Case, declared: &Value) -> bool {
    let missing = declared.get("missingValues").or_else(|| case.schema.get("missingValues"));
    missing.is_none_or(|missing| missing.as_array().is_some_and(|values| values.iter().any(|value| value == "")))
}

/// True where a row is blank only because the empty text always is no value here.
fn is_blank_but_for_the_schema(case: &Case, cells: &[(String, &str)]) -> bool {
    let is_otherwise = case.schema.get("missingValues").is_some_and(|missing| missing.as_array().is_some_and(|values| !values.iter().any(|value| value == "")));
    is_otherwise && cells.iter().all(|(cell, _)| matches!(cell.as_str(), "" | "NA" | "?"))
}

fn compared(case: &Case, (row, error): (i64, &str), is_mine: bool, is_blank: bool, theirs: &BTreeSet<Fault>) -> Option<&'static str> {
    if is_mine && error == "unique-error" && case.schema.get("uniqueKeys").is_some() {
        return Some("unique-keys");
    }
    if !is_mine && is_blank {
        return Some("blank-row-key");
    }
    let is_faulty = |row: i64| theirs.iter().any(|(other, _, error)| *other == row && !COMPARED.contains(&error.as_str()));
    let own = case.record(row)?;
    if !is_mine && error == "primary-key" && is_faulty(row) {
        return Some("key-of-a-faulty-cell");
    }
    if is_mine && error == "primary-key" && own.iter().any(|(cell, _)| cell.is_empty() || cell == "NA" || cell == "?") {
        return Some("partial-key");
    }
    let rows = 2..2 + case.rows.len() as i64;
    let is_read_otherwise = case.rows.iter().flatten().any(|(_, tag)| !tag.is_empty());
    (is_read_otherwise || rows.into_iter().any(is_faulty)).then_some("compared-rows")
}
