//! Fields of every type, format and constraint, each with cells that are good, bad, or read otherwise by Frictionless.

use serde_json::{Value, json};

/// A cell, and the name of the difference where the two programs read it otherwise.
pub type Cell = (&'static str, &'static str);

/// A field and what may stand in its cells.
pub struct Template {
    /// The field's descriptor, without its name.
    pub field: Value,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// True where values may be compared with those of other rows by both programs.
    pub is_key: bool,
}

fn template(field: Value, cells: &[Cell]) -> Template {
    Template { field, cells: cells.to_vec(), is_key: false }
}

fn key(field: Value, cells: &[Cell]) -> Template {
    Template { field, cells: cells.to_vec(), is_key: true }
}

/// All of them.
pub fn templates() -> Vec<Template> {
    let mut all = texts();
    all.extend(numbers());
    all.extend(dates());
    all.extend(times());
    all.extend(structures());
    all
}

fn texts() -> Vec<Template> {
    vec![
        key(json!({"type": "string"}), &[("a", ""), ("b", ""), ("c d", ""), ("é", ""), ("", "")]),
        template(json!({"type": "string", "constraints": {"required": true}}), &[("a", ""), ("", "")]),
        template(
            json!({"type": "string", "constraints": {"minLength": 2, "maxLength": 5}}),
            &[("ab", ""), ("a", ""), ("abcdef", ""), ("ééééé", ""), (" a", "trimmed")],
        ),
        template(
            json!({"type": "string", "constraints": {"pattern": "[a-z]+[0-9]?"}}),
            &[("abc", ""), ("abc1", ""), ("Abc", ""), ("abc12", ""), ("abc ", "trimmed")],
        ),
        template(json!({"type": "string", "constraints": {"pattern": "a|b"}}), &[("a", ""), ("b", ""), ("c", ""), ("ax", "pattern-alternatives")]),
        template(json!({"type": "string", "constraints": {"enum": ["x", "y"]}}), &[("x", ""), ("y", ""), ("z", ""), ("X", "")]),
        template(
            json!({"type": "string", "format": "email"}),
            &[("a@b.org", ""), ("first.last@example.org", ""), ("no", ""), ("a@", ""), ("@b.org", ""), ("a b@c.org", "")],
        ),
        template(
            json!({"type": "string", "format": "uri"}),
            &[("https://example.org/a?b=c", ""), ("urn:isbn:1", ""), ("example.org", ""), ("/a/b", ""), ("http://a b", "uri")],
        ),
        template(json!({"type": "string", "format": "binary"}), &[("aGVsbG8=", ""), ("aGVsbG8", ""), ("a", ""), ("!!!!", "binary")]),
        template(
            json!({"type": "string", "format": "uuid"}),
            &[("123e4567-e89b-12d3-a456-426614174000", ""), ("123e4567", ""), ("123e4567e89b12d3a456426614174000", "uuid")],
        ),
        template(json!({"type": "any"}), &[("a", ""), ("1", ""), ("{", ""), ("", "")]),
        template(json!({"type": "any", "constraints": {"required": true}}), &[("a", ""), ("", "")]),
        template(json!({"type": "string", "categories": ["red", "green"]}), &[("red", ""), ("blue", "categories")]),
        template(json!({"type": "boolean"}), &[("true", ""), ("False", ""), ("1", ""), ("0", ""), ("yes", ""), ("2", ""), ("tRuE", "folded")]),
        template(json!({"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}), &[("oui", ""), ("non", ""), ("true", ""), ("OUI", "folded")]),
        template(json!({"type": "boolean", "constraints": {"enum": [true], "required": true}}), &[("true", ""), ("false", ""), ("", "")]),
    ]
}

fn numbers() -> Vec<Template> {
    vec![
        key(json!({"type": "integer"}), &[("1", ""), ("2", ""), ("-5", ""), ("+7", ""), ("007", ""), ("x", ""), ("1.0", ""), ("1e3", ""), ("", "")]),
        template(
            json!({"type": "integer"}),
            &[("8", ""), ("1_000", "underscores"), ("1 000", "groups"), ("99999999999999999999", "digits"), (" 9 ", ""), ("1,000", "")],
        ),
        template(json!({"type": "integer", "constraints": {"minimum": 0, "maximum": 100}}), &[("0", ""), ("100", ""), ("-1", ""), ("101", ""), ("x", "")]),
        template(json!({"type": "integer", "constraints": {"exclusiveMinimum": 0, "exclusiveMaximum": 100}}), &[("0", ""), ("100", ""), ("1", ""), ("99", "")]),
        template(json!({"type": "integer", "bareNumber": false}), &[("95%", ""), ("€ 95", ""), ("-5 x", ""), ("abc", ""), ("", "")]),
        template(json!({"type": "integer", "constraints": {"enum": [1, 2]}}), &[("1", ""), ("2", ""), ("3", ""), ("02", "")]),
        template(json!({"type": "integer", "groupChar": ","}), &[("1", ""), ("1,000", "integer-groups"), ("x", "")]),
        template(
            json!({"type": "number"}),
            &[("1.5", ""), ("-2", ""), ("0", ""), ("1,5", ""), ("abc", ""), ("1e5", "exponent"), ("NaN", "not-finite"), ("INF", "not-finite")],
        ),
        template(
            json!({"type": "number"}),
            &[("1.25", ""), (".5", "bare-point"), ("5.", "bare-point"), ("1_0.5", "underscores"), ("1 732.5", "groups"), ("0.1234567890123456789", "digits")],
        ),
        template(
            json!({"type": "number", "constraints": {"minimum": 0.5, "maximum": 2.5}}),
            &[("0.5", ""), ("2.5", ""), ("0.49", ""), ("2.51", ""), ("x", "")],
        ),
        template(
            json!({"type": "number", "constraints": {"exclusiveMinimum": 0, "exclusiveMaximum": "1.5"}}),
            &[("0", ""), ("0.01", ""), ("1.5", ""), ("1.49", "")],
        ),
        template(
            json!({"type": "number", "decimalChar": ",", "groupChar": "."}),
            &[("1.732,5", ""), ("1,5", ""), ("1732,5", ""), ("x", ""), ("17.32,5", "groups")],
        ),
        template(json!({"type": "number", "decimalChar": ","}), &[("1,5", ""), ("1", ""), ("1.5", "")]),
        template(json!({"type": "number", "bareNumber": false}), &[("€ 1.5", ""), ("1.5%", ""), ("-1.5 EUR", ""), ("EUR", "")]),
        template(json!({"type": "year"}), &[("2023", ""), ("0999", ""), ("23", ""), ("20234", ""), ("abcd", ""), ("+202", "signed-year"), ("", "")]),
        template(json!({"type": "year", "constraints": {"minimum": "2000", "maximum": "2023"}}), &[("2000", ""), ("1999", ""), ("2024", "")]),
        template(json!({"type": "yearmonth"}), &[("2023-01", ""), ("2023-12", ""), ("2023-13", ""), ("2023", ""), ("x", ""), ("2023-1", "padding")]),
        template(
            json!({"type": "yearmonth", "constraints": {"minimum": "2023-02", "exclusiveMaximum": "2023-05"}}),
            &[("2023-02", ""), ("2023-01", ""), ("2023-04", ""), ("2023-05", "")],
        ),
    ]
}

fn dates() -> Vec<Template> {
    vec![
        key(
            json!({"type": "date"}),
            &[("2023-01-05", ""), ("2023-01-06", ""), ("2023-02-29", ""), ("05/01/2023", ""), ("2023-13-01", ""), ("x", ""), ("", "")],
        ),
        template(json!({"type": "date"}), &[("2023-01-05", ""), ("2023-1-5", ""), ("1650-01-01", "implausible-year"), (" 2023-01-05", "trimmed")]),
        template(
            json!({"type": "date", "constraints": {"minimum": "2023-01-01", "maximum": "2023-12-31"}}),
            &[("2023-01-01", ""), ("2022-12-31", ""), ("2024-01-01", "")],
        ),
        template(json!({"type": "date", "constraints": {"exclusiveMinimum": "2023-01-01"}}), &[("2023-01-01", ""), ("2023-01-02", "")]),
        template(json!({"type": "date", "constraints": {"enum": ["2023-01-01"]}}), &[("2023-01-01", ""), ("2023-01-02", "")]),
        template(json!({"type": "date", "format": "%d/%m/%Y"}), &[("05/01/2023", ""), ("31/02/2023", ""), ("2023-01-05", ""), ("01/13/2023", "")]),
        template(json!({"type": "date", "format": "%d %B %Y"}), &[("5 January 2023", ""), ("5 Janvember 2023", ""), ("5 janvier 2023", "month-names")]),
        template(json!({"type": "date", "format": "any"}), &[("2023-01-05", ""), ("5 January 2023", ""), ("hello", ""), ("03/04/2023", "any")]),
        template(
            json!({"type": "datetime"}),
            &[
                ("2023-01-05T10:00:00Z", ""),
                ("2023-01-05T10:00:00", ""),
                ("2023-01-05T10:00:00+01:00", ""),
                ("2023-01-05T10:00:00.5Z", ""),
                ("2023-01-05", ""),
                ("2023-01-05T25:00:00Z", ""),
                ("x", ""),
                ("2023-01-05 10:00:00", "separator"),
            ],
        ),
        template(json!({"type": "datetime", "format": "%d/%m/%Y %H:%M"}), &[("05/01/2023 10:30", ""), ("05/01/2023", ""), ("05/01/2023 24:30", ""), ("x", "")]),
        template(
            json!({"type": "datetime", "format": "%Y-%m-%d %H:%M", "constraints": {"minimum": "2023-01-01 00:00", "maximum": "2023-12-31 23:59"}}),
            &[("2023-01-01 00:00", ""), ("2022-12-31 23:59", ""), ("2024-01-01 00:00", "")],
        ),
        template(
            json!({"type": "datetime", "format": "any"}),
            &[("2023-01-05T10:00:00Z", ""), ("2023-01-05 10:00", ""), ("hello", ""), ("5 Jan 2023 10h", "any")],
        ),
    ]
}

fn times() -> Vec<Template> {
    vec![
        template(
            json!({"type": "time"}),
            &[("10:05:00", ""), ("10:05:00Z", ""), ("10:05:00.25", ""), ("10:05", ""), ("25:00:00", ""), ("10:60:00", ""), ("x", ""), ("", "")],
        ),
        template(json!({"type": "time", "format": "%H:%M"}), &[("10:05", ""), ("10:05:00", ""), ("24:05", ""), ("x", "")]),
        template(
            json!({"type": "time", "constraints": {"minimum": "08:00:00", "exclusiveMaximum": "18:00:00"}}),
            &[("08:00:00", ""), ("07:59:59", ""), ("18:00:00", ""), ("17:59:59", "")],
        ),
        template(json!({"type": "time", "format": "any"}), &[("10:05:00", ""), ("hello", ""), ("10pm", "any")]),
        template(
            json!({"type": "duration"}),
            &[("P1Y2M", ""), ("PT36H", ""), ("P1DT2H30M", ""), ("P2W", ""), ("1D", ""), ("x", ""), ("P1.5D", "fractions"), ("", "")],
        ),
        template(json!({"type": "duration", "constraints": {"enum": ["P1D", "PT1H"]}}), &[("P1D", ""), ("PT24H", ""), ("PT60M", ""), ("P2D", "")]),
    ]
}

fn structures() -> Vec<Template> {
    vec![
        template(json!({"type": "list"}), &[("a,b", ""), ("a", ""), ("", "")]),
        template(
            json!({"type": "list", "delimiter": ";", "itemType": "integer"}),
            &[("1;2", ""), ("1", ""), ("1;x", ""), ("1;2.5", ""), ("1;;2", "empty-items")],
        ),
        template(
            json!({"type": "list", "itemType": "date", "constraints": {"minLength": 2, "maxLength": 3}}),
            &[("2023-01-01,2023-01-02", ""), ("2023-01-01", ""), ("2023-01-01,x", "")],
        ),
        template(json!({"type": "list", "delimiter": "|", "itemType": "boolean"}), &[("true|0", ""), ("true|x", "")]),
        template(json!({"type": "list", "delimiter": "|", "itemType": "number"}), &[("1.5|2", ""), ("1.5|x", "")]),
        template(json!({"type": "array"}), &[("[1,2]", ""), ("[]", ""), ("{}", ""), ("[1", ""), ("x", ""), ("1", ""), ("", "")]),
        template(json!({"type": "array", "constraints": {"minLength": 1, "maxLength": 2}}), &[("[1]", ""), ("[]", ""), ("[1,2,3]", "")]),
        template(json!({"type": "object"}), &[("{\"a\": 1}", ""), ("{}", ""), ("[]", ""), ("{", ""), ("x", ""), ("{\"a\":1,\"a\":2}", "twice"), ("", "")]),
        template(json!({"type": "object", "constraints": {"minLength": 1, "maxLength": 1}}), &[("{\"a\": 1}", ""), ("{}", ""), ("{\"a\":1,\"b\":2}", "")]),
        template(json!({"type": "object", "constraints": {"enum": [{"a": 1}]}}), &[("{\"a\": 1}", ""), ("{\"a\":2}", "")]),
        template(
            json!({"type": "geopoint"}),
            &[("1,2", ""), ("-6.84, 34.02", ""), ("181,0", ""), ("0,91", ""), ("1", ""), ("a,b", ""), ("1e1,2", "exponent"), ("", "")],
        ),
        template(
            json!({"type": "geopoint", "format": "array"}),
            &[("[1,2]", ""), ("[1]", ""), ("[181,0]", ""), ("1,2", ""), ("[\"1\",\"2\"]", "numbers-as-text")],
        ),
        template(
            json!({"type": "geopoint", "format": "object"}),
            &[("{\"lon\": 1, \"lat\": 2}", ""), ("{\"lon\": 1}", ""), ("{\"lon\": 1, \"lat\": 91}", ""), ("[1,2]", "")],
        ),
        template(
            json!({"type": "geojson"}),
            &[("{\"type\":\"Point\",\"coordinates\":[1,2]}", ""), ("{\"type\":\"Spot\",\"coordinates\":[1,2]}", ""), ("{}", ""), ("x", ""), ("", "")],
        ),
        template(
            json!({"type": "geojson", "format": "topojson"}),
            &[("{\"type\":\"Topology\",\"objects\":{},\"arcs\":[]}", ""), ("{\"type\":\"Topology\"}", ""), ("x", "")],
        ),
    ]
}
