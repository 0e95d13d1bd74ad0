//! A JSON object a line.

use std::collections::HashMap;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::cells::{Gatherer, Target};
use super::encoding::decode;
use super::{Piece, Refusal, labels};
use crate::contract::{Contract, Field, FieldKind, NumberStyle, Protection, Role};
use crate::project::{JSON_LIST_SEPARATOR, Source};

/// Reads JSON lines; rows are named by their line. A key that a line lacks is an absent cell.
pub fn read(bytes: &Bytes, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    let text = decode(bytes, encoding_rs::UTF_8)?;
    if text.trim_start().starts_with('[') {
        return Err(Refusal::new("format-error", "the file is a JSON array; the source says an object a line"));
    }
    let mut targets: HashMap<String, Target> = HashMap::new();
    let mut count = 0;
    let mut rows = Gatherer::new(contract, |index| !source.absent.contains(&index), None, sink);
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = index + 1;
        let object = parse(line, number)?;
        count += 1;
        for (key, value) in &object.0 {
            let target = match targets.get(key) {
                Some(target) => *target,
                None => *targets.entry(key.clone()).or_insert(target(key, number, source, contract)?),
            };
            if let Target::Field(field) = target {
                let once = rows.cell(field, cell(value, &contract.fields[field], source.numbers, number)?.as_deref());
                if !once {
                    return Err(Refusal::new("duplicate-label", format!("line {number}: two keys mean `{}`", contract.fields[field].name)));
                }
            }
        }
        rows.end_row(i64::try_from(number).unwrap_or(i64::MAX));
    }
    if count == 0 {
        return Err(Refusal::new("source-error", "the file has no rows; a report of nobody cannot be told from a file that was lost"));
    }
    // Without the key that tells sex everybody would be of unknown group.
    if let Some(sex) = contract.role(Role::Sex).filter(|sex| !source.absent.contains(sex) && !targets.values().any(|target| *target == Target::Field(*sex))) {
        return Err(Refusal::new("missing-label", format!("no line has a key for `{}`", contract.fields[sex].name)));
    }
    Ok(rows.finish())
}

/// The members of an object in the order written, a key as often as it stands: none silently replaces another.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Messages of the parser are not passed on: they may quote a value.
fn parse(line: &str, number: usize) -> Result<Members, Refusal> {
    serde_json::from_str(line).map_err(|error| match error.classify() {
        Category::Eof => Refusal::new("source-error", format!("line {number} ends in the middle of a JSON object: was the file cut off?")),
        Category::Data => Refusal::new("source-error", format!("line {number} is no JSON object")),
        Category::Syntax | Category::Io => Refusal::new("source-error", format!("line {number} is not JSON from column {} on", error.column())),
    })
}

fn target(key: &str, number: usize, source: &Source, contract: &Contract) -> Result<Target, Refusal> {
    let Some(index) = labels::find(key, source) else {
        return Err(Refusal::new("extra-label", format!("line {number}: {}", labels::unknown(key, "a key", source, contract))));
    };
    if source.absent.contains(&index) {
        return Err(Refusal::new(
            "extra-label",
            format!("line {number}: the key `{key}` means `{}`, which the source says it lacks", contract.fields[index].name),
        ));
    }
    Ok(if contract.fields[index].protection == Protection::Direct { Target::Dropped } else { Target::Field(index) })
}

/// A value as text. Refused are lists where the field is none, objects, and numbers that JSON readers round.
fn cell(value: &Value, field: &Field, numbers: NumberStyle, number: usize) -> Result<Option<String>, Refusal> {
    let refuse = |what: &str| Err(Refusal::new("source-error", format!("line {number}: `{}` is {what}", field.name)));
    Ok(match value {
        Value::Null => None,
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(figure) if figure.is_f64() && figure.as_f64().is_none_or(|figure| figure.abs() >= MOST_EXACT) => {
            return refuse("a number too long to be read exactly: write it as text");
        }
        Value::Number(figure) if matches!(field.kind, FieldKind::Integer | FieldKind::Number { .. }) => Some(numbers.native(&figure.to_string())),
        Value::Number(figure) => Some(figure.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(elements) if field.kind == FieldKind::List => {
            let items: Result<Vec<_>, _> = elements.iter().map(|element| cell(element, field, numbers, number).map(Option::unwrap_or_default)).collect();
            Some(items?.join(JSON_LIST_SEPARATOR))
        }
        Value::Array(_) => return refuse("a list, not one value"),
        Value::Object(_) => return refuse("an object, not a value"),
    })
}

/// From here on not every whole number has a float of its own.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;
