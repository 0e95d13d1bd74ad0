//! Labels of the project: what lacks one is told with its place, and shown by its name.

use std::fs;

use crate::support::{Folder, loaded, repository, snapshot};

fn without(folder: &Folder, line: &str) {
    let text = fs::read_to_string(folder.path("labels.csv")).expect("labels.csv");
    let kept: String = text.split_inclusive('\n').filter(|known| !known.starts_with(line)).collect();
    assert_ne!(kept, text, "`{line}` in labels.csv");
    folder.write("labels.csv", kept);
}

#[test]
fn a_missing_label_is_told_with_its_place() {
    let folder = Folder::real();
    without(&folder, "table,returns_outbound_top,");
    without(&folder, "column,movements,");
    without(&folder, "unit,share,");
    without(&folder, "feed,returns,");
    folder.write("labels.csv", format!("{}table,returns_outbund,A,B\ncolumn,nothing,,C\n", fs::read_to_string(folder.path("labels.csv")).expect("labels.csv")));
    let ran = folder.rihla(&["check"]).ok();
    snapshot("commands", "check_missing_labels", "rihla check, labels taken away", &ran.text());
    let warnings = folder.rihla(&["check", "--json"]).ok().json()["warnings"].clone();
    assert_eq!(warnings.as_array().map(Vec::len), Some(6), "{warnings}");
}

#[test]
fn a_faulty_file_of_labels_is_a_fault_of_the_project() {
    let folder = Folder::real();
    let text = fs::read_to_string(repository("labels.csv")).expect("labels.csv");
    folder.write("labels.csv", format!("{text}tabel,a,A,A\nunit,person,people,gens\nunit,b,B\n"));
    let ran = folder.rihla(&["check"]);
    snapshot("commands", "check_faulty_labels", "rihla check, faulty lines in labels.csv", &ran.text());
    assert_eq!(ran.code, 1);
}

/// The project itself lacks none.
#[test]
fn everything_that_people_see_has_a_label() {
    let ran = Folder::real().rihla(&["check", "--json"]).ok();
    assert_eq!(ran.json()["warnings"], serde_json::json!([]));
}

/// What a workbook's notes say of a table is there in both languages, and the English is the model's own.
#[test]
fn every_released_table_is_described_in_both_languages() {
    let package: serde_json::Value =
        serde_json::from_slice(&std::fs::read(loaded().path("warehouse/released/latest/datapackage.json")).expect("a package")).expect("JSON");
    let mut labels = csv::Reader::from_path(repository("labels.csv")).expect("labels");
    let described: std::collections::BTreeMap<String, (String, String)> = labels
        .records()
        .map(|record| record.expect("a line"))
        .filter(|record| &record[0] == "description")
        .map(|record| (record[1].to_owned(), (record[2].to_owned(), record[3].to_owned())))
        .collect();
    for table in package["resources"].as_array().expect("tables") {
        let name = table["name"].as_str().expect("a name");
        let (english, french) = described.get(name).unwrap_or_else(|| panic!("labels.csv does not describe {name}"));
        assert_eq!(Some(english.as_str()), table["description"].as_str(), "{name}");
        assert!(!french.is_empty() && french != english, "{name} is not described in French");
    }
}
