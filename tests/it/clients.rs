//! Other programs read a release as it stands: DuckDB, Polars and pandas with PyArrow, and frictionless the Data Package.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::python::python;
use crate::support::{NOW, loaded, parquet_rows};

fn latest() -> PathBuf {
    loaded().path("warehouse/released/latest")
}

fn descriptor() -> Value {
    serde_json::from_slice(&fs::read(latest().join("datapackage.json")).expect("a descriptor")).expect("JSON")
}

fn resources(descriptor: &Value) -> &[Value] {
    descriptor["resources"].as_array().expect("resources")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("text in {name} of {value}"))
}

#[test]
fn the_descriptor_says_what_stands_beside_it() {
    let descriptor = descriptor();
    assert!(text(&descriptor, "$schema").starts_with("https://datapackage.org/profiles/2."));
    let mut named = BTreeSet::from(["datapackage.json".to_owned()]);
    for resource in resources(&descriptor) {
        for file in [resource, &resource["rihla"]["parquet"]] {
            let path = text(file, "path");
            assert!(!path.contains('/') && named.insert(path.to_owned()), "{path}");
            let bytes = fs::read(latest().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(file["bytes"].as_u64(), Some(bytes.len() as u64), "size of {path}");
            assert_eq!(text(file, "hash"), format!("sha256:{}", hex::encode(Sha256::digest(&bytes))), "hash of {path}");
        }
        assert_eq!((text(resource, "format"), text(resource, "mediatype")), ("csv", "text/csv"));

        let path = text(&resource["rihla"]["parquet"], "path");
        let rows = parquet_rows(&latest().join(path));
        assert_eq!(resource["rihla"]["rows"].as_u64(), Some(rows.len() as u64), "rows of {path}");
        let fields: Vec<&str> = resource["schema"]["fields"].as_array().expect("fields").iter().map(|field| text(field, "name")).collect();
        assert_eq!(rows.first().expect("a row").keys().collect::<Vec<_>>(), fields, "columns of {path}");
        let key: Vec<&str> = resource["schema"]["primaryKey"].as_array().expect("a key").iter().filter_map(Value::as_str).collect();
        let keys: BTreeSet<String> = rows.iter().map(|row| json!(key.iter().map(|column| &row[*column]).collect::<Vec<_>>()).to_string()).collect();
        assert!(!key.is_empty() && keys.len() == rows.len(), "the key of {path} tells its rows apart");
    }
    let standing: BTreeSet<String> =
        fs::read_dir(latest()).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(standing, named, "nothing else stands there");
}

/// What Parquet itself says of a column's type: what every client has, no bytes, nothing nested; a decimal only where it is
/// money, which a binary fraction would change.
#[test]
fn types_are_plain() {
    for resource in resources(&descriptor()) {
        let file = fs::File::open(latest().join(text(&resource["rihla"]["parquet"], "path"))).expect("a file");
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
        for field in reader.schema().fields() {
            let kind = field.data_type().to_string();
            let plain = ["Utf8", "Int64", "Float64", "Boolean", "Date32"].contains(&kind.as_str()) || kind.starts_with("Timestamp(");
            let is_money = field.name() == "amount" && kind == "Decimal128(18, 2)";
            assert!(plain || is_money, "{}.{} is a {kind}", text(resource, "name"), field.name());
        }
    }
}

/// What a reader has who has nothing but the Parquet file: the description of the table and of each column.
#[test]
fn parquet_files_describe_themselves() {
    for resource in resources(&descriptor()) {
        let file = fs::File::open(latest().join(text(&resource["rihla"]["parquet"], "path"))).expect("a file");
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
        let told = reader.metadata().file_metadata().key_value_metadata().expect("metadata");
        let value = |key: &str| told.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.as_deref());
        assert_eq!(value("description"), resource["description"].as_str());
        assert_eq!(value("name"), resource["name"].as_str());
        for field in resource["schema"]["fields"].as_array().expect("fields") {
            let column = reader.schema().field_with_name(text(field, "name")).expect("a column");
            assert_eq!(column.metadata().get("description").map(String::as_str), field["description"].as_str());
            assert_eq!(column.metadata().get("hxl").map(String::as_str), field["hxl"].as_str());
            let measure = &resource["rihla"]["measures"][text(field, "name")];
            assert_eq!(column.metadata().get("unit").map(String::as_str), measure["unit"].as_str());
        }
    }
}

/// The CSV has the rows of the Parquet, and under its header a row of HXL tags without a gap.
#[test]
fn csv_has_the_same_rows_and_its_tags() {
    for resource in resources(&descriptor()) {
        let path = text(resource, "path");
        let mut reader = csv::Reader::from_path(latest().join(path)).expect("a file");
        let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let fields = resource["schema"]["fields"].as_array().expect("fields");
        assert_eq!(names, fields.iter().map(|field| text(field, "name")).collect::<Vec<_>>(), "{path}");
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
        assert!(records[0].iter().all(|tag| tag.starts_with('#')), "{path} has a column without a tag: {:?}", records[0]);
        assert_eq!(records[0].iter().collect::<Vec<_>>(), fields.iter().map(|field| text(field, "hxl")).collect::<Vec<_>>(), "{path}");
        let rows = parquet_rows(&latest().join(text(&resource["rihla"]["parquet"], "path")));
        assert_eq!(records.len() - 1, rows.len(), "rows of {path}");
        for (record, row) in records[1..].iter().zip(&rows) {
            for (cell, name) in record.iter().zip(&names) {
                let same = match &row[name] {
                    Value::Null => cell.is_empty(),
                    // JSON is read back with an error of the last digit.
                    Value::Number(number) => number.as_f64().zip(cell.parse::<f64>().ok()).is_some_and(|(a, b)| (a - b).abs() <= 1e-14 * a.abs()),
                    Value::Bool(yes) => cell == yes.to_string(),
                    Value::String(written) => cell == written || written.starts_with(cell.trim_end_matches('Z')),
                    other => panic!("{path}: {name} is {other}"),
                };
                assert!(same, "{path}: {name} is `{cell}` and {}", row[name]);
            }
        }
    }
}

const FRICTIONLESS: &str = r#"
import json, os, sys
import frictionless
os.chdir(sys.argv[1])
report = frictionless.validate("datapackage.json")
tasks = {task.name: {"valid": task.valid, "errors": [error.message for error in task.errors][:3], "rows": task.stats.get("rows")} for task in report.tasks}
print(json.dumps({"valid": report.valid, "errors": [error.message for error in report.errors], "tasks": tasks}))
"#;

#[test]
fn frictionless_finds_the_package_valid() {
    let Some(report) = told(FRICTIONLESS, &["frictionless"]) else { return };
    assert_eq!(report["valid"], json!(true), "{report:#}");
    for resource in resources(&descriptor()) {
        assert_eq!(report["tasks"][text(resource, "name")]["rows"], resource["rihla"]["rows"], "rows of {}", text(resource, "name"));
    }
}

/// Rows, and the sum of every column of numbers, as a client has them.
const DUCKDB: &str = r#"
import duckdb, glob, json, os, sys
told = {}
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.parquet"))):
    name = os.path.splitext(os.path.basename(path))[0]
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    kinds = {column[0]: column[1] for column in columns}
    numbers = [column for column, kind in kinds.items() if kind in ("BIGINT", "DOUBLE", "DECIMAL(18,2)")]
    sums = ", ".join(f'CAST(sum("{column}") AS DOUBLE)' for column in numbers)
    row = duckdb.sql(f"SELECT count(*){', ' + sums if sums else ''} FROM '{path}'").fetchall()[0]
    told[name] = {"rows": row[0], "sums": dict(zip(numbers, row[1:])), "kinds": kinds}
print(json.dumps(told))
"#;

const POLARS: &str = r#"
import glob, json, os, sys
import polars
told = {}
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.parquet"))):
    name = os.path.splitext(os.path.basename(path))[0]
    frame = polars.read_parquet(path)
    numbers = [column for column, kind in frame.schema.items() if kind in (polars.Int64, polars.Float64) or isinstance(kind, polars.Decimal)]
    told[name] = {"rows": frame.height, "sums": {column: float(frame[column].sum()) for column in numbers}, "kinds": {column: str(kind) for column, kind in frame.schema.items()}}
print(json.dumps(told))
"#;

const PANDAS: &str = r#"
import glob, json, os, sys
import pandas, pyarrow.parquet
told = {}
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.parquet"))):
    name = os.path.splitext(os.path.basename(path))[0]
    frame = pandas.read_parquet(path, engine="pyarrow")
    schema = pyarrow.parquet.read_schema(path)
    numbers = [field.name for field in schema if str(field.type) in ("int64", "double", "decimal128(18, 2)")]
    told[name] = {"rows": len(frame), "sums": {column: float(frame[column].sum()) for column in numbers}, "kinds": {field.name: str(field.type) for field in schema}}
print(json.dumps(told))
"#;

/// The CSV as pandas reads it by its defaults, but for the row of tags: its columns, rows, and what it takes for missing.
const PANDAS_CSV: &str = r#"
import glob, json, os, sys
import pandas
told = {}
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.csv"))):
    frame, whole = pandas.read_csv(path, skiprows=[1]), pandas.read_parquet(path[:-4] + ".parquet")
    missing = {c: [int(frame[c].isna().sum()), int(whole[c].isna().sum())] for c in whole.columns if frame[c].isna().sum() != whole[c].isna().sum()}
    told[os.path.splitext(os.path.basename(path))[0]] = {"rows": len(frame), "columns": list(frame.columns) == list(whole.columns), "missing": missing}
print(json.dumps(told))
"#;

/// A label such as `None` or `NA` would be read as no value at all.
#[test]
fn pandas_takes_no_word_of_the_csv_for_missing() {
    let Some(client) = told(PANDAS_CSV, &["pandas", "pyarrow"]) else { return };
    for resource in resources(&descriptor()) {
        let expected = json!({"rows": resource["rihla"]["rows"], "columns": true, "missing": {}});
        assert_eq!(client[text(resource, "name")], expected, "{}", text(resource, "name"));
    }
}

/// What a client tells of the latest release; nothing where it is not installed.
fn told(script: &str, libraries: &[&str]) -> Option<Value> {
    python(script, libraries, &[latest()])
}

/// The same from `rihla sql`, asked once for all tables.
fn sums_by_sql() -> Value {
    let descriptor = descriptor();
    let mut asked = Vec::new();
    for resource in resources(&descriptor) {
        let name = text(resource, "name");
        asked.push(format!("SELECT '{name}' AS t, '' AS c, CAST(count(*) AS DOUBLE) AS v FROM \"{name}\""));
        for field in resource["schema"]["fields"].as_array().expect("fields").iter().filter(|field| ["integer", "number"].contains(&text(field, "type"))) {
            let column = text(field, "name");
            asked.push(format!("SELECT '{name}', '{column}', CAST(sum(\"{column}\") AS DOUBLE) FROM \"{name}\""));
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_rihla"))
        .env_clear()
        .env("RIHLA_KEY_FILE", loaded().key())
        .env("RIHLA_NOW", NOW)
        .arg("--project")
        .arg(loaded().path(""))
        .args(["sql", &asked.join(" UNION ALL "), "--format", "json"])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut sums = json!({});
    for row in serde_json::from_slice::<Vec<Value>>(&output.stdout).expect("JSON") {
        sums[text(&row, "t")][text(&row, "c")] = row["v"].clone();
    }
    sums
}

/// Holds what a client tells against the descriptor and `rihla sql`.
fn agrees(client: &Value, plain: impl Fn(&str) -> bool) {
    let (descriptor, sums) = (descriptor(), sums_by_sql());
    let names: BTreeSet<&str> = resources(&descriptor).iter().map(|resource| text(resource, "name")).collect();
    assert_eq!(client.as_object().expect("tables").keys().map(String::as_str).collect::<BTreeSet<_>>(), names);
    for resource in resources(&descriptor) {
        let name = text(resource, "name");
        let table = &client[name];
        assert_eq!(table["rows"], resource["rihla"]["rows"], "rows of {name}");
        assert_eq!(table["rows"].as_f64(), sums[name][""].as_f64(), "rows of {name} in SQL");
        for (column, kind) in table["kinds"].as_object().expect("types") {
            assert!(kind.as_str().is_some_and(&plain), "{name}.{column} is a {kind}");
        }
        let numbers: BTreeSet<&String> = table["sums"].as_object().expect("sums").keys().collect();
        let asked: BTreeSet<&String> = sums[name].as_object().expect("sums").keys().filter(|column| !column.is_empty()).collect();
        assert_eq!(numbers, asked, "columns of numbers of {name}");
        for (column, sum) in table["sums"].as_object().expect("sums") {
            let (theirs, ours) = (sum.as_f64().expect("a sum"), sums[name][column].as_f64().expect("a sum"));
            assert!((theirs - ours).abs() <= 1e-9 * ours.abs().max(1.0), "{name}.{column}: {theirs} and {ours}");
        }
    }
}

#[test]
fn duckdb_reads_a_release_as_it_stands() {
    if let Some(client) = told(DUCKDB, &["duckdb"]) {
        agrees(&client, |kind| ["VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP"].contains(&kind));
    }
}

#[test]
fn polars_reads_a_release_as_it_stands() {
    if let Some(client) = told(POLARS, &["polars"]) {
        agrees(&client, |kind| {
            ["String", "Int64", "Float64", "Decimal(precision=18, scale=2)", "Boolean", "Date"].contains(&kind) || kind.starts_with("Datetime(")
        });
    }
}

#[test]
fn pandas_reads_a_release_as_it_stands() {
    if let Some(client) = told(PANDAS, &["pandas", "pyarrow"]) {
        agrees(&client, |kind| ["string", "int64", "double", "decimal128(18, 2)", "bool", "date32[day]"].contains(&kind) || kind.starts_with("timestamp["));
    }
}
