//! The files of a draft: Table Schema, new code lists, pipeline. What people must decide stands in comments and
//! descriptions, beside what it is about.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Value, json};

use super::column::{Column, role_name};
use super::infer::Parts;
use super::kinds::Kind;
use super::place::NewFile;
use super::sample::Habit;
use crate::contract::{NumberStyle, Protection, Role};

/// The files, by their paths in a project folder.
pub fn files(parts: &Parts<'_>) -> Vec<NewFile> {
    let mut files =
        vec![NewFile::text(format!("schemas/{}.json", parts.feed), schema(parts)), NewFile::text(format!("pipelines/{}.toml", parts.feed), pipeline(parts))];
    for codes in parts.columns.iter().filter_map(|column| column.codes.as_ref()) {
        let path = format!("schemas/codes/{}.csv", codes.list);
        if let Some(new) = codes.new.as_ref().filter(|_| !files.iter().any(|file| file.path == path)) {
            files.push(NewFile::text(path, code_list(new)));
        }
    }
    files
}

fn schema(parts: &Parts<'_>) -> String {
    let mut missing = vec![String::new()];
    missing.extend(parts.missing.iter().cloned());
    let key = parts.columns.iter().find(|column| column.role == Some(Role::RecordId)).map(|column| column.name.as_str());
    let mut text = String::from("{\n");
    text.push_str(&format!("  \"name\": {},\n", line(&json!(parts.feed))));
    text.push_str(&format!("  \"description\": {},\n", line(&json!("TODO: what one row is"))));
    text.push_str(&format!("  \"missingValues\": {},\n", line(&json!(missing))));
    if let Some(key) = key {
        text.push_str(&format!("  \"primaryKey\": {},\n", line(&json!([key]))));
    }
    let fields: Vec<String> = parts.columns.iter().map(|column| format!("    {}", line(&field(column)))).collect();
    text.push_str(&format!("  \"fields\": [\n{}\n  ]\n}}\n", fields.join(",\n")));
    text
}

fn field(column: &Column) -> Value {
    let mut field = Map::new();
    field.insert("name".to_owned(), json!(column.name));
    let kind = if column.list_separator.is_some() { "list" } else { kind_name(&column.kind) };
    field.insert("type".to_owned(), json!(kind));
    field.insert("description".to_owned(), json!(description(column)));
    if column.kind == Kind::Boolean {
        field.insert("trueValues".to_owned(), json!(["true", "1", "yes", "oui", "vrai", "نعم"]));
        field.insert("falseValues".to_owned(), json!(["false", "0", "no", "non", "faux", "لا"]));
    }
    let needs_value = column.role.is_some_and(|role| !matches!(role, Role::Sex | Role::BirthDate | Role::Age | Role::Office));
    if column.protection != Protection::Direct && (needs_value || (column.is_filled && column.role.is_none())) {
        field.insert("constraints".to_owned(), json!({"required": true}));
    }
    let mut extras = Map::new();
    if let Some(role) = column.role {
        extras.insert("role".to_owned(), json!(role_name(role)));
    }
    match column.protection {
        Protection::Direct => extras.insert("protection".to_owned(), json!("direct")),
        Protection::Normalise => extras.insert("protection".to_owned(), json!("normalise")),
        Protection::Open => None,
    };
    if let Some(codes) = &column.codes {
        extras.insert("codes".to_owned(), json!(codes.list));
    }
    if let Kind::Number { scale, .. } = column.kind
        && scale > 2
    {
        extras.insert("scale".to_owned(), json!(scale));
    }
    extras.insert("labels".to_owned(), json!([column.label]));
    field.insert("rihla".to_owned(), Value::Object(extras));
    Value::Object(field)
}

fn description(column: &Column) -> String {
    let mut text = match (column.protection, column.is_doubtful) {
        (Protection::Direct, true) => "Stops at the reader as a precaution: TODO: is it nobody's? then say so and give it a type".to_owned(),
        (Protection::Direct, false) => "Direct identifier; stops at the reader".to_owned(),
        _ => column.description.clone().unwrap_or_else(|| "TODO: what it holds".to_owned()),
    };
    column.questions.iter().for_each(|question| text.push_str(&format!("; TODO: {question}")));
    text
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Integer => "integer",
        Kind::Number { .. } => "number",
        Kind::Boolean => "boolean",
        Kind::Date(_) => "date",
        Kind::DateTime(_) => "datetime",
    }
}

fn code_list(codes: &[(String, String)]) -> String {
    let mut text = String::from("code,label_en,label_fr,label_ar,aliases,valid_from,valid_to\n");
    for (code, label) in codes {
        let is_arabic = label.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c));
        let cell = if label.contains([',', '"', '\n', '\r']) { format!("\"{}\"", label.replace('"', "\"\"")) } else { label.clone() };
        text.push_str(&if is_arabic { format!("{code},,,{cell},,,\n") } else { format!("{code},{cell},,,,,\n") });
    }
    text
}

fn pipeline(parts: &Parts<'_>) -> String {
    let (origin, written) = (parts.origin, parts.written);
    let mut text = format!(
        "# Drafted by `rihla infer` from a sample of {} rows: read every line, decide what a TODO asks, then `rihla check`.\n\
         feed = \"{}\"\nrequired = true\ntolerance = 0.1\ntolerated_rows = 6\nschedule = {{ cron = \"0 6 * * *\" }}\n\n[[sources]]\n",
        parts.sample.rows.len(),
        parts.feed
    );
    if origin.offices.iter().any(|office| office == super::origin::UNKNOWN_OFFICE) {
        text.push_str("# TODO: the codes of the offices that send like this, as rihla.toml has them\n");
    }
    text.push_str(&format!("offices = {}\n", line(&json!(origin.offices))));
    if origin.is_guess {
        text.push_str("# TODO: where such extracts lie\n");
    }
    text.push_str(&format!("url = {}\n", line(&json!(origin.url))));
    text.extend(parts.sample.compression.map(|compression| format!("compression = \"{}\"\n", compression.as_str())));
    text.push_str(&habit(&parts.sample.habit));
    formats(&mut text, "dates", &written.dates, &written.open_dates);
    formats(&mut text, "datetimes", &written.datetimes, &written.open_datetimes);
    if let Some(style) = written.numbers {
        text.push_str(&numbers(style));
    }
    if !written.open_numbers.is_empty() {
        text.push_str("# TODO: which of these? every number of the sample fits\n");
        written.open_numbers.iter().for_each(|style| text.push_str(&format!("# {}", numbers(*style))));
    }
    if let Some(separator) = parts.columns.iter().find_map(|column| column.list_separator) {
        text.push_str(&format!("list_separator = {}\n", line(&json!(separator.to_string()))));
    }
    if parts.sample.is_tagged {
        text.push_str("hxl = true\n");
    }
    if !parts.sample.totals.is_empty() {
        text.push_str(&format!("total_rows = {}\n", line(&json!(parts.sample.totals))));
    }
    text
}

fn habit(habit: &Habit) -> String {
    match habit {
        Habit::Csv { delimiter, encoding } => {
            format!("csv = {{ delimiter = {}, encoding = \"{}\" }}\n", line(&json!(delimiter.to_string())), encoding.name())
        }
        Habit::Workbook { sheet: Some(sheet), header_row } => format!("workbook = {{ sheet = {}, header_row = {header_row} }}\n", line(&json!(sheet))),
        Habit::Workbook { sheet: None, header_row } => format!("workbook = {{ header_row = {header_row} }}\n"),
    }
}

/// Formats that are decided, and those to choose from; with one of these open the key is left out, so that `rihla check`
/// asks for it.
fn formats(text: &mut String, key: &str, decided: &[&str], open: &[&str]) {
    if open.is_empty() {
        if !decided.is_empty() {
            text.push_str(&format!("{key} = {}\n", line(&json!(decided))));
        }
        return;
    }
    text.push_str("# TODO: every value fits each of these: which is the day, which the month? Keep one line.\n");
    for format in open {
        let all: Vec<&str> = decided.iter().chain([format]).copied().collect();
        text.push_str(&format!("# {key} = {}\n", line(&json!(all))));
    }
}

fn numbers(style: NumberStyle) -> String {
    match style.group {
        Some(group) => format!("numbers = {{ decimal = \"{}\", group = \"{group}\" }}\n", style.decimal),
        None => format!("numbers = {{ decimal = \"{}\" }}\n", style.decimal),
    }
}

/// JSON on one line as people write it, with a space after commas and colons; of text and lists it is TOML as well.
fn line(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Spaced);
    // Writing a value into memory cannot fail.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(bytes).unwrap_or_default()
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
