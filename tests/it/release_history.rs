//! The history of figures over releases, and what was known on a day.

use serde_json::Value;

use crate::release_diff::{begun, january};
use crate::support::{Folder, ROWS, assert_nobody, snapshot, with};

/// Three releases: a record withdrawn, then another corrected.
fn three() -> Folder {
    let folder = begun();
    january(&folder, "2023-03-01", &[ROWS[0], ROWS[2], ROWS[3]]);
    january(&folder, "2023-04-01", &[ROWS[0], ROWS[2], with(with(ROWS[3], "Nationalité", "Guinée"), "Modifié le", "2023-03-20T09:00:00Z")]);
    folder
}

#[test]
fn every_value_of_a_figure_has_its_releases_and_causes() {
    let folder = three();
    let asked = ["history", "by_country", "--where", "nationality = 'GIN'"];
    let ran = folder.rihla(&asked).ok();
    snapshot("release_history", "a_figure", "withdrawn, then corrected", &ran.text());
    let said = folder.rihla(&[&asked[..], &["--json"]].concat()).ok().json();
    let values: Vec<i64> = said["figures"][0]["values"].as_array().expect("values").iter().map(|span| span["value"].as_i64().expect("a value")).collect();
    assert_eq!(values, [2, 1, 2], "{said}");
    snapshot("release_history", "every_figure", "the same, every country", &folder.rihla(&["history", "by_country", "--measure", "persons"]).ok().text());
    folder.replace("rihla.toml", "[calendar]\n", "[retention]\nreleases = 2\n\n[calendar]\n");
    folder.rihla(&["prune"]).ok();
    snapshot("release_history", "a_figure_pruned", "the first release was pruned", &folder.rihla(&asked).ok().text());
    assert_nobody(&said.to_string());
}

/// The nationality of a record by day.
fn nationality(folder: &Folder, day: &str, record: &str) -> Option<String> {
    let ran = folder.rihla(&["records", "registrations", "--as-of", day, "--where", &format!("record_id = '{record}'"), "--json"]).ok();
    assert!(ran.stderr.contains("restricted"), "{}", ran.text());
    assert_nobody(&ran.said());
    let rows = ran.json();
    rows.as_array().expect("rows").first().map(|row| row["nationality"].as_str().expect("a code").to_owned())
}

#[test]
fn records_are_as_they_were_known_on_a_day() {
    let folder = three();
    let known = |day, record| nationality(&folder, day, record);
    assert_eq!(known("2023-03-31", "r-4").as_deref(), Some("COG"), "the correction had not come");
    assert_eq!(known("2023-04-01", "r-4").as_deref(), Some("GIN"), "it came that day");
    assert_eq!(known("2023-02-28", "r-2").as_deref(), Some("GIN"), "not withdrawn yet");
    assert_eq!(known("2023-03-01", "r-2"), None, "withdrawn");
    snapshot("release_history", "records_refused", "a day before everything", &folder.rihla(&["records", "registrations", "--as-of", "2023-01-01"]).text());
    let wrong = folder.rihla(&["records", "registrations", "--where", "nationalty = 'GIN'"]);
    snapshot("release_history", "records_condition", "a column that is not there", &wrong.text());
    snapshot("release_history", "records_unknown", "a feed that is not there", &folder.rihla(&["records", "registration"]).text());
}

#[test]
fn tables_as_of_a_day_are_those_of_the_release_that_knew_as_much() {
    let folder = three();
    let query = "SELECT nationality, persons FROM by_country ORDER BY nationality";
    for (release, day) in [("1", "2023-02-28"), ("2", "2023-03-31"), ("3", "2023-12-31")] {
        let released: Value = folder.rihla(&["sql", query, "--release", release, "--json"]).ok().json();
        let known = folder.rihla(&["sql", query, "--as-of", day, "--json"]).ok();
        assert_eq!(known.json(), released, "{day}");
        assert!(known.stderr.contains("restricted"), "{}", known.text());
    }
    let staging = folder.rihla(&["sql", "SELECT count(*) AS persons FROM registered", "--as-of", "2023-02-28", "--json"]).ok().json();
    assert_eq!(staging[0]["persons"], 4, "person-level tables that models share are there as well");
    let unknown = folder.rihla(&["sql", "SELECT * FROM by_contry", "--as-of", "2023-02-28"]);
    snapshot("release_history", "sql_as_of_unknown", "a table that is not there", &unknown.text());
}
