//! The schemas for editors are those of this program's forms, and they take every file that the program takes.

use std::fs;
use std::path::Path;
use std::process::Command;

use rihla::draft::editor;
use serde_json::{Value, json};

use crate::support::repository;

#[test]
fn the_committed_schemas_are_those_of_the_forms() {
    for schema in editor::all() {
        let path = format!("editor/{}", editor::file_name(&schema));
        let committed = fs::read_to_string(repository(&path)).unwrap_or_default();
        assert!(committed == schema.text, "{path} is stale: `cargo run -- schema --write editor` renews it");
    }
    let count = fs::read_dir(repository("editor")).expect("a folder").count();
    assert_eq!(count, editor::all().len(), "a schema that no form makes any more");
}

#[test]
fn editor_settings_name_schemas_that_are_there() {
    let taplo: toml::Table = fs::read_to_string(repository(".taplo.toml")).expect("settings").parse().expect("TOML");
    let rules = taplo["rule"].as_array().expect("rules");
    assert_eq!(rules.len(), 4, "rihla.toml, pipelines, unit tests and editions");
    for rule in rules {
        assert!(repository(rule["schema"]["path"].as_str().expect("a path")).is_file(), "{rule}");
    }
    let code: Value = serde_json::from_str(&fs::read_to_string(repository(".vscode/settings.json")).expect("settings")).expect("JSON");
    for entry in code["json.schemas"].as_array().expect("schemas") {
        assert!(repository(entry["url"].as_str().expect("a path")).is_file(), "{entry}");
    }
}

/// Validates each file with its schema; prints what is wrong by file.
const VALIDATE: &str = r#"
import json, sys
import jsonschema
told = {}
for case in json.load(open(sys.argv[1])):
    validator = jsonschema.Draft7Validator(case["schema"])
    validator.check_schema(case["schema"])
    told[case["file"]] = sorted(error.message for error in validator.iter_errors(case["value"]))
print(json.dumps(told))
"#;

/// What Python's `jsonschema` finds wrong with each file; nothing where it is not installed.
fn faults(cases: &[Value]) -> Option<Value> {
    let python = std::env::var_os("RIHLA_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    if !Command::new(&python).args(["-c", "import jsonschema"]).output().is_ok_and(|output| output.status.success()) {
        let missing = format!("{} cannot import jsonschema: `pip install jsonschema`", python.to_string_lossy());
        assert!(std::env::var_os("CI").is_none(), "{missing}, or name another Python in RIHLA_TEST_PYTHON");
        eprintln!("skipped: {missing}");
        return None;
    }
    let temp = tempfile::tempdir().expect("a temporary folder");
    let file = temp.path().join("cases.json");
    fs::write(&file, json!(cases).to_string()).expect("a file");
    let output = Command::new(&python).args(["-c", VALIDATE]).arg(&file).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn schema(name: &str) -> Value {
    let schema = editor::all().into_iter().find(|schema| schema.name == name).expect("a schema");
    serde_json::from_str(&schema.text).expect("JSON")
}

/// TOML as editors hand it to a schema: dates are text.
fn from_toml(text: &str) -> Value {
    plain(toml::Value::Table(text.parse().expect("TOML")))
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Datetime(at) => json!(at.to_string()),
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(yes) => json!(yes),
    }
}

/// The files of a project, each with its schema.
fn cases(root: &str) -> Vec<Value> {
    let mut cases = Vec::new();
    let mut add = |path: &Path, schema: &Value, value: Value| cases.push(json!({"file": path.display().to_string(), "schema": schema, "value": value}));
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let project = repository(root).join("rihla.toml");
    add(&project, &schema("project"), from_toml(&text(&project)));
    let (pipeline, table, header, unit) = (schema("pipeline"), schema("table-schema"), schema("model-header"), schema("unit-test"));
    let mut folders = vec![repository(root).join("pipelines"), repository(root).join("schemas"), repository(root).join("sql")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("toml") => add(&path, &pipeline, from_toml(&text(&path))),
                Some("json") => add(&path, &table, serde_json::from_str(&text(&path)).expect("JSON")),
                Some("sql") => {
                    let text = text(&path);
                    let comment = text.split_once("/*").and_then(|(_, rest)| rest.split_once("*/")).expect("a header").0;
                    add(&path, &header, from_toml(comment));
                }
                _ => {}
            }
        }
    }
    for path in fs::read_dir(repository(root).join("tests/models")).into_iter().flatten().map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_some_and(|extension| extension == "toml") {
            add(&path, &unit, from_toml(&text(&path)));
        }
    }
    cases
}

#[test]
fn every_file_that_the_program_takes_passes_its_schema() {
    let all: Vec<Value> = [".", "tests/data/small", "templates/project"].into_iter().flat_map(cases).collect();
    assert!(all.len() > 40, "only {} files", all.len());
    let Some(told) = faults(&all) else { return };
    for (file, faults) in told.as_object().expect("files") {
        assert_eq!(faults, &json!([]), "{file}");
    }
}

#[test]
fn a_schema_finds_what_the_program_would_refuse() {
    let wrong = [
        ("project", from_toml("name = 'x'\ntimezone = 'UTC'\nnam = 1\n[calendar]\nfirst_period = '2023-01'\nsince = 'soon'\n")),
        ("pipeline", from_toml("feed = 'x'\ntolerance = 'much'\nschedule = { cron = '0 6 * * *' }\n")),
        ("table-schema", json!({"fields": [{"name": "a", "type": "text", "rihla": {"role": "nobody"}}]})),
        ("model-header", from_toml("grain = ['a']\n[[tests]]\nunik = ['a']\n")),
        ("unit-test", from_toml("description = 'x'\ntoday = 'soon'\n[[expect]]\ntable = 'a'\nrow = 'b'\n")),
    ];
    let cases: Vec<Value> = wrong.iter().map(|(name, value)| json!({"file": name, "schema": schema(name), "value": value})).collect();
    let Some(told) = faults(&cases) else { return };
    let count = |name: &str| told[name].as_array().expect("faults").len();
    assert_eq!((count("project"), count("pipeline"), count("table-schema"), count("model-header")), (2, 2, 2, 2), "{told}");
    assert_eq!(count("unit-test"), 3, "{told}");
}
