//! Figures of a closed period are final: a release that says otherwise waits for a recorded cause.

use serde_json::Value;

use crate::releases::{add, starter, without};
use crate::support::{Folder, repository, snapshot};

const CLOSED: &str = "[[closed]]\nperiod = \"2023-02\"\non = 2023-04-01\nnote = \"the monthly report\"\n";

/// The starter project with February closed, in release 2.
fn closed() -> Folder {
    let folder = starter();
    add(&folder, CLOSED);
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 2"), "closing a period is released: {}", ran.text());
    folder
}

fn reopened(change: Option<&str>, on: &str) -> String {
    let change = change.map_or_else(String::new, |change| format!("change = \"{change}\"\n"));
    format!("[[reopened]]\nperiod = \"2023-02\"\n{change}on = {on}\ncause = \"sud-9 was a test record\"\napprover = \"Data manager\"\n")
}

fn latest(folder: &Folder) -> Value {
    folder.rihla(&["releases", "show", "latest", "--json"]).ok().json()
}

fn change_of(report: &Value) -> String {
    report["closed_changes"][0]["change"].as_str().expect("a change").to_owned()
}

#[test]
fn a_changed_figure_of_a_closed_period_waits_for_its_cause() {
    let folder = closed();
    without(&folder, "sud-9", "2023-04-15");
    let ran = folder.rihla(&["run"]);
    snapshot("closed", "held", "February is closed and somebody of February is gone", &ran.text());
    assert_eq!((ran.code, latest(&folder)["release"].clone()), (1, 2.into()));
    // What came is loaded all the same, and the next run says the same.
    let again = folder.rihla(&["run", "--json"]);
    let report = again.json();
    assert_eq!(
        (again.code, &report["outcome"], &report["feeds"][0]["known"], &report["feeds"][0]["found"]),
        (1, &"held".into(), &7.into(), &7.into()),
        "{report}"
    );
    let change = change_of(&report);
    let other = if change.starts_with('0') { change.replacen('0', "1", 1) } else { format!("0{}", &change[1..]) };
    add(&folder, &reopened(Some(&other), "2023-04-16"));
    let ran = folder.rihla(&["run", "--json"]);
    assert_eq!((ran.code, change_of(&ran.json())), (1, change.clone()), "another change was approved");
    folder.replace("rihla.toml", &other, &change);
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 3"), "{}", ran.text());
    snapshot("closed", "restated", "the change was approved", &folder.rihla(&["releases", "show", "latest"]).ok().text());
    assert_eq!(latest(&folder)["restated"][0]["approver"], "Data manager");
    // The approval was of that change and no other.
    without(&folder, "sud-10", "2023-04-17");
    let ran = folder.rihla(&["run", "--json"]);
    assert_eq!((ran.code, ran.json()["outcome"].clone()), (1, "held".into()), "{}", ran.text());
    assert_ne!(change_of(&ran.json()), change);
}

#[test]
fn what_changes_no_figure_of_a_closed_period_is_released() {
    let folder = closed();
    let march = std::fs::read_to_string(folder.path("extracts/SUD/2023-04-11/registrations-2023-03.csv")).expect("a text file");
    let lines: Vec<&str> = march.split_inclusive('\n').collect();
    folder.write("extracts/SUD/2023-04-20/registrations-2023-03.csv", lines[..lines.len() - 1].concat());
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 3"), "{}", ran.text());
    assert_eq!(latest(&folder)["closed"], serde_json::json!([{"period": "2023-02", "on": "2023-04-01"}]));
}

#[test]
fn a_closing_is_taken_back_with_a_cause_only() {
    let folder = closed();
    folder.replace("rihla.toml", CLOSED, "");
    let ran = folder.rihla(&["run"]);
    snapshot("closed", "forgotten", "[[closed]] was taken out of rihla.toml", &ran.text());
    assert_eq!(ran.code, 1);
    add(&folder, &format!("{CLOSED}{}", reopened(None, "2023-04-10")));
    without(&folder, "sud-9", "2023-04-15");
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 3"), "{}", ran.text());
    assert_eq!(latest(&folder)["closed"], Value::Array(Vec::new()));
    // Closed again, the figures are final as they are now.
    add(&folder, &CLOSED.replace("2023-04-01", "2023-05-01"));
    folder.rihla(&["run"]).ok();
    without(&folder, "sud-10", "2023-04-17");
    assert_eq!(folder.rihla(&["run"]).code, 1);
}

#[test]
fn a_measure_defined_otherwise_is_a_change_of_every_figure() {
    let folder = closed();
    folder.replace("sql/marts/registrations.sql", "unit = \"person\"", "unit = \"registration\"");
    let ran = folder.rihla(&["run", "--json"]);
    let table = ran.json()["closed_changes"][0]["tables"][0].clone();
    assert_eq!((ran.code, &table["table"], &table["is_redefined"]), (1, &"registrations".into(), &true.into()), "{}", ran.text());
}

#[test]
fn closed_is_final_and_open_is_provisional() {
    let folder = starter();
    // Which reports came: what decides where no period is closed.
    folder.write("sql/marts/completeness.sql", std::fs::read(repository("sql/marts/completeness.sql")).expect("a model"));
    folder.rihla(&["run"]).ok();
    let marks = |current: &str, prior: &str| {
        let value = folder.rihla(&["compare", "registrations", current, prior, "--by", "nationality", "--where", "sadd_group=men", "--json"]).ok().json();
        let text = value.to_string();
        (text.matches("\"provisional\":true").count() > 0, value)
    };
    assert!(!marks("2023-02", "2023-01").0, "every report of both months has come");
    add(&folder, CLOSED);
    folder.rihla(&["run"]).ok();
    let ran = folder.rihla(&["compare", "registrations", "2023-02", "2023-01", "--where", "sadd_group=men"]).ok();
    snapshot("closed", "compare", "February is closed, January is not", &ran.text());
    assert!(marks("2023-02", "2023-01").0);
    add(&folder, &CLOSED.replace("2023-02", "2023-01"));
    folder.rihla(&["run"]).ok();
    let (provisional, value) = marks("2023-02", "2023-01");
    assert!(!provisional, "{value}");
}

#[test]
fn closings_that_cannot_be_are_refused() {
    let folder = Folder::small();
    let text = "[[closed]]\nperiod = \"2023-13\"\non = 2023-04-01\n\n[[closed]]\nperiod = \"2022\"\non = 2022-12-31\n\n[[closed]]\nperiod = \"2023-01\"\non = 2023-02-01\n\n[[reopened]]\nperiod = \"2023-Q1\"\nchange = \"all\"\non = \"yesterday\"\ncause = \" \"\napprover = \"\"\n";
    add(&folder, text);
    let ran = folder.rihla(&["check"]);
    snapshot("closed", "faults", "closings and reopenings at fault", &ran.text());
    assert_eq!(ran.code, 1);
}
