//! A JSON object a line.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::cells::{Gatherer, Target};
use super::encoding::decode;
use super::{Piece, Refusal, labels};
use crate::contract::{Contract, Protection};
use crate::project::{JSON_LIST_SEPARATOR, Source};

/// Reads JSON lines; rows are named by their line. A key that a line lacks is an absent cell.
pub fn read(bytes: &Bytes, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    let text = decode(bytes, encoding_rs::UTF_8)?;
    if text.trim_start().starts_with('[') {
        return Err(Refusal::new("format-error", "the file is a JSON array; the source says an object a line"));
    }
    let mut targets: HashMap<String, Target> = HashMap::new();
    let mut rows = Gatherer::new(contract, |index| !source.absent.contains(&index), None, sink);
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = index + 1;
        let object = parse(line, number)?;
        for (key, value) in &object {
            let target = match targets.get(key) {
                Some(target) => *target,
                None => *targets.entry(key.clone()).or_insert(target(key, number, source, contract)?),
            };
            if let Target::Field(field) = target {
                let once = rows.cell(field, cell(value, key, number)?.as_deref());
                if !once {
                    return Err(Refusal::new("duplicate-label", format!("line {number}: two keys mean `{}`", contract.fields[field].name)));
                }
            }
        }
        rows.end_row(i64::try_from(number).unwrap_or(i64::MAX));
    }
    Ok(rows.finish())
}

/// Messages of the parser are not passed on: they may quote a value.
fn parse(line: &str, number: usize) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::new("source-error", format!("line {number} is no JSON object"))),
        Err(error) if error.is_eof() => Err(Refusal::new("source-error", format!("line {number} ends in the middle of a JSON object: was the file cut off?"))),
        Err(error) => Err(Refusal::new("source-error", format!("line {number} is not JSON from column {} on", error.column()))),
    }
}

fn target(key: &str, number: usize, source: &Source, contract: &Contract) -> Result<Target, Refusal> {
    let Some(index) = labels::find(key, source) else {
        return Err(Refusal::new("extra-label", format!("line {number}: {}", labels::unknown(key, source, contract))));
    };
    if source.absent.contains(&index) {
        return Err(Refusal::new(
            "extra-label",
            format!("line {number}: the key `{key}` means `{}`, which the source says it lacks", contract.fields[index].name),
        ));
    }
    Ok(if contract.fields[index].protection == Protection::Direct { Target::Dropped } else { Target::Field(index) })
}

fn cell(value: &Value, key: &str, number: usize) -> Result<Option<String>, Refusal> {
    Ok(match value {
        Value::Null => None,
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(elements) => Some(list(elements, key, number)?),
        Value::Object(_) => return Err(Refusal::new("source-error", format!("line {number}: `{key}` is an object, not a value"))),
    })
}

fn list(elements: &[Value], key: &str, number: usize) -> Result<String, Refusal> {
    let cells: Result<Vec<_>, _> = elements.iter().map(|element| cell(element, key, number).map(Option::unwrap_or_default)).collect();
    Ok(cells?.join(JSON_LIST_SEPARATOR))
}
