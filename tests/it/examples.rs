//! The ten questions of `examples/`: each runs, finds something, and says the same in rihla and in DuckDB.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::python::python;
use crate::support::{loaded, parquet_rows, repository};

fn questions() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(repository("examples")).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".sql") && !name.to_string_lossy().contains("duckdb")));
    files.sort();
    files
}

fn answer(path: &std::path::Path) -> Value {
    loaded().rihla(&["sql", "--file", path.to_str().expect("text"), "--format", "json"]).ok().json()
}

#[test]
fn each_question_has_an_answer() {
    let questions = questions();
    assert_eq!(questions.len(), 10);
    for path in questions {
        assert!(answer(&path).as_array().is_some_and(|rows| !rows.is_empty()), "{} finds nothing", path.display());
    }
}

/// The dimension and its column that a column of codes joins, as `examples/README.md` tells it; none where it holds no codes.
fn joined<'d>(table: &str, column: &'d str, dimensions: &BTreeMap<String, &'d str>) -> Option<(&'d str, &'d str)> {
    match column {
        _ if table.starts_with("dim_") && dimensions.get(column) == Some(&table) => None,
        "country_of_origin" | "host_country" | "destination_country" => Some(("dim_country", "country")),
        "kind" if table.starts_with("voucher") => Some(("dim_voucher_kind", "kind")),
        "kind" if !table.starts_with("dim_") => Some(("dim_assistance_kind", "kind")),
        "period" => Some(("dim_period", "period")),
        // Of an indicator this is the member of any breakdown, written with the breakdown's name.
        "dimension" if table == "indicators" => None,
        "period_kind" | "kind" => None,
        _ => dimensions.get(column).map(|dimension| (*dimension, column)),
    }
}

/// What a tool for business intelligence needs: every code of a table is one row of its dimension.
#[test]
fn every_code_joins_its_dimension() {
    let folder = loaded().path("warehouse/released/latest");
    let descriptor: Value = serde_json::from_slice(&fs::read(folder.join("datapackage.json")).expect("a descriptor")).expect("JSON");
    let tables: BTreeMap<&str, Vec<&str>> =
        descriptor["resources"].as_array().expect("resources").iter().map(|table| (table["name"].as_str().expect("a name"), columns(table))).collect();
    let dimensions: BTreeMap<String, &str> =
        tables.iter().filter(|(name, _)| name.starts_with("dim_")).map(|(name, columns)| (columns[0].to_owned(), *name)).collect();
    let mut joins = 0;
    let mut lost = Vec::new();
    for (table, columns) in &tables {
        let rows = parquet_rows(&folder.join(format!("{table}.parquet")));
        for column in columns {
            let Some((dimension, key)) = joined(table, column, &dimensions) else { continue };
            let keys: Vec<String> = parquet_rows(&folder.join(format!("{dimension}.parquet"))).iter().map(|row| row[key].to_string()).collect();
            let known: BTreeSet<&String> = keys.iter().collect();
            assert_eq!(known.len(), keys.len(), "{dimension}.{key} tells its rows apart");
            let strangers: BTreeSet<String> = rows.iter().filter(|row| !row[*column].is_null()).map(|row| row[*column].to_string()).collect();
            lost.extend(strangers.iter().filter(|code| !known.contains(code)).map(|code| format!("{table}.{column} {code} is not in {dimension}")));
            joins += 1;
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(joins > 120, "only {joins} columns of codes were looked at");
}

fn columns(table: &Value) -> Vec<&str> {
    table["schema"]["fields"].as_array().expect("fields").iter().map(|field| field["name"].as_str().expect("a name")).collect()
}

/// The views for DuckDB are of the tables that there are.
#[test]
fn views_for_duckdb_are_of_every_table() {
    let text = fs::read_to_string(repository("examples/tables.duckdb.sql")).expect("the views");
    let views: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("CREATE VIEW ")?.split(' ').next()).collect();
    let descriptor: Value =
        serde_json::from_slice(&fs::read(loaded().path("warehouse/released/latest/datapackage.json")).expect("a descriptor")).expect("JSON");
    let tables: BTreeSet<&str> = descriptor["resources"].as_array().expect("resources").iter().filter_map(|table| table["name"].as_str()).collect();
    assert_eq!(views, tables, "examples/tables.duckdb.sql: a line `CREATE VIEW x AS FROM 'warehouse/released/latest/x.parquet';` for each table");
}

const DUCKDB: &str = r#"
import duckdb, json, os, sys
os.chdir(sys.argv[1])
connection = duckdb.connect()
connection.execute(open(sys.argv[2]).read())
told = {}
for path in sys.argv[3:]:
    result = connection.execute(open(path).read())
    names = [column[0] for column in result.description]
    told[path] = [{name: (float(value) if type(value).__name__ == "Decimal" else value.isoformat() if hasattr(value, "isoformat") else value) for name, value in zip(names, row)} for row in result.fetchall()]
print(json.dumps(told))
"#;

#[test]
fn duckdb_gives_the_same_answers() {
    let questions = questions();
    let mut arguments = vec![loaded().path(""), repository("examples/tables.duckdb.sql")];
    arguments.extend(questions.iter().cloned());
    let Some(told) = python(DUCKDB, &["duckdb"], &arguments) else { return };
    for path in questions {
        let (theirs, ours) = (&told[path.to_str().expect("text")], answer(&path));
        let (theirs, ours) = (theirs.as_array().expect("rows"), ours.as_array().expect("rows").clone());
        assert_eq!(theirs.len(), ours.len(), "rows of {}", path.display());
        for (their, our) in theirs.iter().zip(&ours) {
            for (name, value) in our.as_object().expect("a row") {
                let same = match (value.as_f64(), their[name].as_f64()) {
                    (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
                    _ => value == &their[name],
                };
                assert!(same, "{}: {name} is {value} here and {} in DuckDB", path.display(), their[name]);
            }
        }
    }
}
