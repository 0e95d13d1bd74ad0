//! Declarative files read into forms: TOML and JSON alike, every fault at once, each with its place.
//!
//! Both kinds of file become one spanned tree, from which serde fills a form. Serde stops at its first fault;
//! so the faulty node is cut out of the tree and the rest is tried again, until it fits or nothing is left.

use std::ops::Range;
use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use crate::diagnostic::{Fault, SourceFile, did_you_mean, nearest};

type Node<'a> = Spanned<DeValue<'a>>;

/// Most faults reported of one file; past that, mending the first ones is the better use of time.
const MOST_FAULTS: usize = 50;

/// Reads a TOML file into a form; `None` where too little was left to fill it.
pub fn from_toml<T: DeserializeOwned>(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Option<T> {
    from_toml_at(file, 0..file.text.len(), faults)
}

/// Reads TOML that stands in a part of a file (the header of a model) into a form.
pub fn from_toml_at<T: DeserializeOwned>(file: &Arc<SourceFile>, part: Range<usize>, faults: &mut Vec<Fault>) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(&file.text[part.clone()]);
    if !errors.is_empty() {
        faults.extend(errors.iter().map(|error| syntax_fault(file, part.start, error)));
        return None;
    }
    let span = table.span();
    fill(file, part.start, Spanned::new(span, DeValue::Table(table.into_inner())), faults)
}

fn syntax_fault(file: &Arc<SourceFile>, base: usize, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let message = error.message().replace('\n', "; ");
    Fault::error(file, base + span.start..base + span.end, format!("this is not TOML: {message}"))
}

/// Reads a JSON file into a form; `None` where it is no JSON or too little was left to fill it.
pub fn from_json<T: DeserializeOwned>(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Option<T> {
    let strict = jsonc_parser::ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..Default::default()
    };
    match jsonc_parser::parse_to_ast(&file.text, &jsonc_parser::CollectOptions::default(), &strict) {
        Ok(parsed) => {
            let Some(node) = parsed.value.as_ref().and_then(json_node) else {
                faults.push(Fault::error(file, 0..0, "this file holds no JSON object"));
                return None;
            };
            fill(file, 0, node, faults)
        }
        Err(error) => {
            let range = error.range();
            faults.push(Fault::error(file, range.start..range.end, format!("this is not JSON: {}", lower_first(&error.kind().to_string()))));
            None
        }
    }
}

/// A JSON value as a node of the common tree; null is absence, as TOML has it.
fn json_node<'a>(value: &ast::Value<'a>) -> Option<Node<'a>> {
    let range = value.range();
    let node = match value {
        ast::Value::NullKeyword(_) => return None,
        ast::Value::StringLit(text) => DeValue::String(text.value.clone()),
        ast::Value::BooleanLit(yes) => DeValue::Boolean(yes.value),
        ast::Value::NumberLit(number) => DeValue::parse(number.value).ok()?.into_inner(),
        ast::Value::Array(array) => {
            let mut nodes = DeArray::new();
            array.elements.iter().filter_map(json_node).for_each(|node| nodes.push(node));
            DeValue::Array(nodes)
        }
        ast::Value::Object(object) => {
            let mut table = DeTable::new();
            for property in &object.properties {
                let key = property.name.range();
                if let Some(node) = json_node(&property.value) {
                    table.insert(Spanned::new(key.start..key.end, property.name.as_str().to_owned().into()), node);
                }
            }
            DeValue::Table(table)
        }
    };
    Some(Spanned::new(range.start..range.end, node))
}

fn fill<T: DeserializeOwned>(file: &Arc<SourceFile>, base: usize, mut root: Node<'_>, faults: &mut Vec<Fault>) -> Option<T> {
    let mut cut: Vec<String> = Vec::new();
    for _ in 0..MOST_FAULTS {
        let error = match T::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(form) => return Some(form),
            Err(error) => error,
        };
        let span = error.span().unwrap_or_else(|| root.span());
        if !is_consequence(error.message(), &cut) {
            faults.push(form_fault(file, base, &span, error.message()));
        }
        match cut_out(&mut root, &span) {
            Some(key) => cut.push(key),
            None => return None,
        }
    }
    None
}

/// True where a field is only missing because it was cut out for a fault already told, its own or that it was mistyped.
fn is_consequence(message: &str, cut: &[String]) -> bool {
    let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) else { return false };
    cut.iter().any(|key| nearest(key, [field]).is_some())
}

fn form_fault(file: &Arc<SourceFile>, base: usize, span: &Range<usize>, message: &str) -> Fault {
    let (message, hint) = explain(message);
    Fault::error(file, base + span.start..base + span.end, message).maybe_hint(hint)
}

/// Turns serde's words into a message and a hint.
fn explain(message: &str) -> (String, Option<String>) {
    let Some((what, expected)) = message.split_once(", expected ") else { return (message.replace('\n', "; "), None) };
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let word = what.split('`').nth(1);
    let hint = match word.and_then(|word| did_you_mean(word, known.iter().copied())) {
        Some(hint) => hint,
        None => format!("expected {expected}"),
    };
    (what.to_owned(), Some(hint))
}

/// Cuts the node at `span` out of the tree: a key, a value, or the element of an array. Gives the key or index cut.
fn cut_out(node: &mut Node<'_>, span: &Range<usize>) -> Option<String> {
    match node.get_mut() {
        DeValue::Table(table) => cut_out_of_table(table, span),
        DeValue::Array(array) => cut_out_of_array(array, span),
        _ => None,
    }
}

fn cut_out_of_table(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let keys: Vec<_> = table.keys().cloned().collect();
    for key in &keys {
        let value = table.get_mut(key)?;
        if let Some(inner) = cut_out(value, span) {
            return Some(inner);
        }
        let here = key.span() == *span || value.span() == *span || contains(&value.span(), span);
        if here {
            table.remove(key);
            return Some(key.get_ref().to_string());
        }
    }
    None
}

fn cut_out_of_array<'a>(array: &mut DeArray<'a>, span: &Range<usize>) -> Option<String> {
    let mut found = None;
    let mut kept: DeArray<'a> = DeArray::new();
    for (index, mut element) in std::mem::replace(array, DeArray::new()).into_iter().enumerate() {
        if found.is_none() {
            if let Some(inner) = cut_out(&mut element, span) {
                found = Some(inner);
            } else if contains(&element.span(), span) {
                found = Some(format!("[{index}]"));
                continue;
            }
        }
        kept.push(element);
    }
    *array = kept;
    found
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        name: Spanned<String>,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        size: u8,
    }

    fn source(text: &str) -> Arc<SourceFile> {
        Arc::new(SourceFile { path: "x".into(), text: text.into() })
    }

    #[test]
    fn every_fault_is_found_at_its_place() {
        let file = source("nam = 1\nname = 3\n[[parts]]\nsize = 300\n[[parts]]\nsise = 2\n");
        let mut faults = Vec::new();
        assert!(from_toml::<Form>(&file, &mut faults).is_none());
        let found: Vec<_> = faults.iter().map(|f| (file.position(f.span.start).0, f.message.as_str())).collect();
        assert!(found.iter().any(|(line, m)| *line == 1 && m.contains("unknown field `nam`")), "{found:?}");
        assert!(found.iter().any(|(line, m)| *line == 2 && m.contains("invalid type")), "{found:?}");
        assert!(found.iter().any(|(line, m)| *line == 4 && m.contains("300")), "{found:?}");
        assert!(found.iter().any(|(line, m)| *line == 6 && m.contains("unknown field `sise`")), "{found:?}");
        assert!(!found.iter().any(|(_, m)| m.contains("missing field `name`")), "a consequence is not told again: {found:?}");
    }

    #[test]
    fn json_keeps_its_places() {
        let file = source("{\n  \"name\": \"é\",\n  \"parts\": [{\"size\": \"big\"}]\n}");
        let mut faults = Vec::new();
        let form = from_json::<Form>(&file, &mut faults);
        assert!(form.is_some_and(|form| form.name.get_ref() == "é" && form.parts.iter().all(|part| part.size == 0)));
        assert_eq!(file.position(faults[0].span.start), (3, 22));
    }
}
