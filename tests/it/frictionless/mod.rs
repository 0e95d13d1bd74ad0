//! Schemas and dirty files by the hundred, held against one another here and by Frictionless: the same faults of the same
//! rows and fields, save for differences that have a name, a reason in `docs/frictionless.md`, and occur.

mod cases;
mod differences;
mod templates;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rihla::project::TextEncoding;
use rihla::run::hold_against;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::python::python;
use crate::support::repository;
use cases::Case;
use differences::{NAMES, explain};

/// Row, field (of a label without one the label) and name of an error.
pub type Fault = (i64, String, String);

/// How many files are held.
const FILES: u64 = 400;

const SCRIPT: &str = r#"
import json, os, sys, warnings
warnings.simplefilter("ignore")
from frictionless import Resource
os.chdir(sys.argv[1])
told = []
for name in json.load(open("cases.json")):
    resource = Resource.from_descriptor({
        "$schema": "https://datapackage.org/profiles/2.0/dataresource.json",
        "name": "table", "type": "table", "path": name + ".csv", "encoding": "utf-8", "scheme": "file", "format": "csv",
        "schema": json.load(open(name + ".json")),
        "dialect": {"csv": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "skipInitialSpace": False, "lineTerminator": "\n"}},
    })
    report = resource.validate()
    faults = []
    for task in report.tasks:
        for error in task.errors:
            row = getattr(error, "row_number", None) or (1 if hasattr(error, "row_numbers") else 0)
            field = getattr(error, "field_name", "") or ""
            if error.type == "extra-label":
                field = error.label
            if error.type in ("primary-key", "foreign-key", "extra-cell", "blank-row"):
                field = ""
            faults.append([row, field, error.type, error.note])
    told.append(faults)
print(json.dumps(told))
"#;

/// What this program says of a case.
fn ours(folder: &TempDir, case: &Case, name: &str) -> BTreeSet<Fault> {
    let path = |ending: &str| folder.path().join(format!("{name}.{ending}"));
    std::fs::write(path("csv"), case.csv()).expect("a file");
    std::fs::write(path("json"), case.schema.to_string()).expect("a file");
    let held = hold_against(&path("csv"), &path("json"), b',', TextEncoding::Utf8).unwrap_or_else(|error| panic!("{error:?}: {:#}", case.schema));
    let report = held.unwrap_or_else(|refusal| panic!("{refusal}: {}", case.csv()));
    report.faults.into_iter().map(|fault| (fault.row, fault.field.unwrap_or_default(), fault.error.to_owned())).collect()
}

#[test]
fn faults_agree_with_frictionless() {
    let folder = TempDir::with_prefix("rihla-frictionless-").expect("a temporary folder");
    let cases: Vec<Case> = (0..FILES).map(Case::new).collect();
    let mine: Vec<BTreeSet<Fault>> = cases.iter().enumerate().map(|(at, case)| ours(&folder, case, &at.to_string())).collect();
    let names: Vec<String> = (0..cases.len()).map(|at| at.to_string()).collect();
    std::fs::write(folder.path().join("cases.json"), json!(names).to_string()).expect("a file");
    let Some(told) = python(SCRIPT, &["frictionless"], &[PathBuf::from(folder.path())]) else { return };
    let (mut seen, mut unexplained, mut agreed) = (BTreeMap::<&str, usize>::new(), Vec::new(), 0);
    for ((case, mine), told) in cases.iter().zip(&mine).zip(told.as_array().expect("a list")) {
        let theirs: BTreeSet<Fault> = told.as_array().expect("a list").iter().map(fault).collect();
        agreed += mine.intersection(&theirs).count();
        for (fault, is_mine) in mine.difference(&theirs).map(|fault| (fault, true)).chain(theirs.difference(mine).map(|fault| (fault, false))) {
            match explain(case, fault, is_mine, &theirs) {
                Some(name) => *seen.entry(name).or_default() += 1,
                None => {
                    unexplained.push(format!("{} says {fault:?} of\n{:#}\n{}\n{told}", if is_mine { "rihla" } else { "Frictionless" }, case.schema, case.csv()))
                }
            }
        }
    }
    assert!(unexplained.is_empty(), "{} differences without a name; the first: {}", unexplained.len(), unexplained[..unexplained.len().min(4)].join("\n---\n"));
    let unseen: Vec<&str> = NAMES.into_iter().filter(|name| !seen.contains_key(name)).collect();
    assert!(unseen.is_empty(), "differences that never occur: {unseen:?}");
    assert!(agreed > 1000, "only {agreed} faults were found by both");
}

fn fault(told: &Value) -> Fault {
    let text = |at: usize| told[at].as_str().unwrap_or_default().to_owned();
    (told[0].as_i64().unwrap_or_default(), text(1), text(2))
}

#[test]
fn every_difference_has_its_reason_in_the_documentation() {
    let text = std::fs::read_to_string(repository("docs/frictionless.md")).expect("the page");
    let told: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let known: BTreeSet<&str> = NAMES.into_iter().collect();
    assert_eq!(told, known, "docs/frictionless.md and the differences that the test allows are not the same");
}
