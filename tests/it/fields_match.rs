//! `fieldsMatch` in a pipeline: what a schema allows of an extract's columns where the pipeline says nothing of drift.

use crate::support::{Folder, LABELS, ROWS, Row, comma_csv};

const PIPELINE: &str = "pipelines/registrations.toml";
const SCHEMA: &str = "schemas/registrations.json";

/// The small project whose schema says this of columns, and in which nobody needs a nationality.
fn folder(matching: &str) -> Folder {
    let folder = Folder::bare();
    folder.replace(SCHEMA, "\"primaryKey\"", &format!("\"fieldsMatch\": \"{matching}\",\n  \"primaryKey\""));
    folder.replace(SCHEMA, "{\"name\": \"nationality\", \"constraints\": {\"required\": true},", "{\"name\": \"nationality\",");
    folder
}

/// Loads an extract from Rabat: its submission.
fn load(folder: &Folder, text: &str) -> Row {
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", text);
    folder.rihla(&["run"]);
    folder.tables().0.pop().expect("a submission")
}

fn is_loaded(submission: &Row) -> bool {
    assert_eq!(submission["outcome"] == "loaded", submission["error"].is_null(), "{submission:?}");
    submission["outcome"] == "loaded"
}

/// The columns of the extract in another order, or fewer of them.
fn columns(places: &[usize]) -> String {
    comma_csv(&ROWS).lines().map(|line| line.split(',').collect::<Vec<_>>()).fold(String::new(), |text, cells| {
        let line: Vec<&str> = places.iter().map(|place| cells[*place]).collect();
        text + &line.join(",") + "\n"
    })
}

fn wider() -> String {
    comma_csv(&ROWS).lines().enumerate().map(|(row, line)| format!("{line},{}\n", if row == 0 { "Remarque" } else { "x" })).collect()
}

#[test]
fn the_schema_decides_what_columns_may_be() {
    assert_eq!(LABELS[6], "Nationalité");
    let narrower = columns(&[0, 1, 2, 3, 4, 5, 7, 8]);
    let turned = columns(&[1, 0, 2, 3, 4, 5, 6, 7, 8]);
    let same = comma_csv(&ROWS);
    // Whether the same columns, another order, a further and a lacking column are taken.
    for (matching, expected) in [
        ("exact", [true, false, false, false]),
        ("equal", [true, true, false, false]),
        ("subset", [true, true, true, false]),
        ("superset", [true, true, false, true]),
        ("partial", [true, true, true, true]),
    ] {
        let taken = [&same, &turned, &wider(), &narrower].map(|text| is_loaded(&load(&folder(matching), text)));
        assert_eq!(taken, expected, "{matching}");
    }
}

#[test]
fn what_the_schema_does_not_name_never_enters() {
    let folder = folder("partial");
    assert!(is_loaded(&load(&folder, &wider())));
    assert!(folder.loaded("registrations").iter().all(|row| !row.values().any(|value| value == "x")));
}

#[test]
fn an_order_is_told_by_the_fields() {
    let submission = load(&folder("exact"), &columns(&[1, 0, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(submission["error"], "incorrect-label");
    assert_eq!(submission["reason"], "the column of `case_number` stands before that of `record_id`, and the schema wants its own order");
}

#[test]
fn what_the_pipeline_says_stands_before_the_schema() {
    let folder = folder("partial");
    folder.replace(PIPELINE, "tolerance = 0.25", "tolerance = 0.25\ndrift = { new = \"refuse\" }");
    assert_eq!(load(&folder, &wider())["error"], "extra-label");
    let folder = self::folder("exact");
    folder.replace(PIPELINE, "tolerance = 0.25", "tolerance = 0.25\ndrift = { new = \"ignore\", missing = \"ignore\" }");
    assert!(is_loaded(&load(&folder, &wider())));
}

#[test]
fn a_field_that_rows_need_is_never_left_out() {
    let submission = load(&folder("superset"), &columns(&[0, 1, 2, 3, 5, 6, 7, 8]));
    assert_eq!(
        (submission["error"].as_str(), submission["reason"].as_str()),
        (Some("missing-label"), Some("there is no column for `sex`, and the rows are of no use without"))
    );
}

#[test]
fn a_field_that_a_source_lacks_is_not_asked_for() {
    let folder = folder("exact");
    folder.replace(
        PIPELINE,
        "csv = { delimiter = \",\", encoding = \"utf-8\" }",
        "csv = { delimiter = \",\", encoding = \"utf-8\" }\nabsent = [\"nationality\"]",
    );
    assert!(is_loaded(&load(&folder, &columns(&[0, 1, 2, 3, 4, 5, 7, 8]))));
}
