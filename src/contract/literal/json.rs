//! JSON in a cell: objects and arrays, with one canonical text.

use jsonc_parser::ast;
use serde_json::Value;

/// A JSON value read from a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    /// Keys in order, no spaces, numbers as written.
    pub canonical: String,
    /// How many members or items it has.
    pub length: usize,
    /// The value, for what is asked of its parts.
    pub value: Value,
}

/// Reads an array; nothing where the text is none.
pub fn array(text: &str) -> Option<Json> {
    let value: Value = serde_json::from_str(text).ok()?;
    let length = value.as_array()?.len();
    Some(Json { canonical: canonical(text)?, length, value })
}

/// Reads an object; nothing where the text is none, or has a key twice.
pub fn object(text: &str) -> Option<Json> {
    let value: Value = serde_json::from_str(text).ok()?;
    let length = value.as_object()?.len();
    Some(Json { canonical: canonical(text)?, length, value })
}

/// The one text of a JSON text that was read already, which also bounds its depth.
fn canonical(text: &str) -> Option<String> {
    let parsed = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &jsonc_parser::ParseOptions::default()).ok()?;
    let mut out = String::new();
    write(&parsed.value?, &mut out)?;
    Some(out)
}

fn write(value: &ast::Value<'_>, out: &mut String) -> Option<()> {
    match value {
        ast::Value::NullKeyword(_) => out.push_str("null"),
        ast::Value::BooleanLit(yes) => out.push_str(if yes.value { "true" } else { "false" }),
        ast::Value::NumberLit(number) => out.push_str(number.value),
        ast::Value::StringLit(text) => out.push_str(&Value::from(text.value.as_ref()).to_string()),
        ast::Value::Array(array) => {
            out.push('[');
            for (index, item) in array.elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        ast::Value::Object(object) => {
            let mut members: Vec<_> = object.properties.iter().map(|member| (member.name.as_str(), &member.value)).collect();
            members.sort_by_key(|(name, _)| *name);
            members.windows(2).all(|pair| pair[0].0 != pair[1].0).then_some(())?;
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name).to_string());
                out.push(':');
                write(member, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_texts_and_keep_their_digits() {
        let text = |text: &str| object(text).map(|json| json.canonical);
        assert_eq!(text(r#"{ "b": 0.1234567890123456789, "a": [1, null, true] }"#).as_deref(), Some(r#"{"a":[1,null,true],"b":0.1234567890123456789}"#));
        assert_eq!(text(r#"{"a":"é\n"}"#), text("{\"a\" :\"\\u00e9\\n\"}"));
        assert_eq!(array("[1, [2,  3]]").map(|json| (json.canonical, json.length)), Some(("[1,[2,3]]".to_owned(), 2)));
        for bad in ["", "{", "[1]", "1", "null", "{'a': 1}", "{\"a\":1,}", "{\"a\":1} x", "{\"a\":1,\"a\":2}", "{// no\n}", "{\"a\":NaN}"] {
            assert_eq!(text(bad), None, "{bad}");
        }
        assert!(array("{}").is_none() && array(&"[".repeat(100_000)).is_none());
    }
}
