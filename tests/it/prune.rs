//! Rows past their retention: they go only where no figure changes, and no byte of them stays.

use rihla::normalise::Key;

use crate::erasure::{persons, places};
use crate::support::{Cells, Folder, ROWS, comma_csv, parquet_rows, snapshot, with};

/// Kept for five months before July: from February on.
const RETENTION: &str = "[retention]\nreleases = 2\nfeeds = { registrations = \"5 months\" }\n\n[calendar]\n";

/// Figures of the years before the case files, as a table of the project.
const REFERENCE: &str = "[[references]]\nname = \"history\"\npath = \"history.csv\"\nschema = \"schemas/history.json\"\n";

const HISTORY_SCHEMA: &str = r#"{
  "description": "Persons registered in January",
  "primaryKey": ["nationality"],
  "fields": [{"name": "nationality"}, {"name": "persons", "type": "integer"}]
}"#;

const BY_COUNTRY: &str = r#"/*
description = "Persons registered by nationality"
grain = ["nationality"]

[columns]
nationality = "Country of nationality"
persons = "Distinct persons, those of January as counted then"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"
*/
WITH parts AS (
    SELECT nationality, persons FROM ref.history
    UNION ALL
    SELECT nationality, count(DISTINCT person_id) AS persons FROM registered WHERE registered_on >= DATE '2023-02-01' GROUP BY nationality
)
SELECT nationality, CAST(sum(persons) AS BIGINT) AS persons FROM parts GROUP BY nationality
"#;

const DELIVERIES: &str = r#"/*
description = "Revisions by office and period"
grain = ["office", "period"]

[columns]
office = "The office"
period = "The month reported on"
revisions = "Deliveries loaded"

[measures.revisions]
unit = "submission"
additivity = "full"
date_basis = "period"
*/
SELECT office, period, count(DISTINCT submission_id) AS revisions FROM system.submissions WHERE outcome = 'loaded' GROUP BY office, period
"#;

fn february() -> Vec<Cells> {
    let moved = |row: Cells, id| with(with(with(row, "Identifiant", id), "Enregistré le", "2023-02-03"), "Modifié le", "2023-02-03T09:00:00Z");
    vec![moved(with(ROWS[3], "N° de dossier", "CN-77709"), "f-9"), moved(ROWS[0], "f-1")]
}

/// January of four offices, one of its rows faulty; February of one; three releases, of which the last counts January
/// from a table of the project.
fn with_years() -> Folder {
    let folder = Folder::small();
    let faulty = with(with(ROWS[2], "Identifiant", "faulty-3"), "Nationalité", "Atlantide");
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1], ROWS[2], ROWS[3], faulty]));
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&february()));
    folder.rihla(&["run"]).ok();
    folder
}

fn with_history(folder: &Folder) {
    folder.replace("rihla.toml", "[calendar]\n", RETENTION);
    let text = std::fs::read_to_string(folder.path("rihla.toml")).expect("rihla.toml");
    folder.write("rihla.toml", text + "\n" + REFERENCE);
    folder.write("schemas/history.json", HISTORY_SCHEMA);
    folder.write("history.csv", "nationality,persons\nCIV,1\nCOG,1\nGIN,2\n");
    folder.write("sql/marts/by_country.sql", BY_COUNTRY);
    folder.write("sql/marts/deliveries.sql", DELIVERIES);
    folder.replace("sql/staging/registered.sql", "GROUP BY person_id", "WHERE registered_on >= DATE '2023-02-01'\nGROUP BY person_id");
    folder.rihla(&["run"]).ok();
}

#[test]
fn rows_that_released_tables_count_are_kept() {
    let folder = with_years();
    folder.replace("rihla.toml", "[calendar]\n", RETENTION);
    let before = folder.files("warehouse");
    let ran = folder.rihla(&["prune"]);
    snapshot("prune", "rows_that_released_tables_count", "January is past its retention and both tables count it", &ran.text());
    assert_eq!(ran.code, 1);
    assert!(folder.files("warehouse") == before, "something was touched");
}

#[test]
fn rows_past_their_retention_go() {
    let folder = with_years();
    with_history(&folder);
    let figures = persons(&folder);
    assert_eq!(figures.values().sum::<i64>(), 6, "{figures:?}");
    let before = folder.files("warehouse");
    let dry = folder.rihla(&["prune", "--dry-run"]).ok();
    assert!(folder.files("warehouse") == before, "a dry run touched something");
    let ran = folder.rihla(&["prune"]).ok();
    snapshot("prune", "rows_past_their_retention", "January goes, with the first of three releases", &ran.text());
    assert_eq!(dry.stdout.split("\nnothing was touched").next(), ran.stdout.split("\npruned").next(), "the dry run says what is done");
    let key = Key::new([1; 32]);
    for gone in [key.person("CN-77701", 2), key.person("CN-77703", 1), key.case("CN-77703"), "r-3".to_owned(), "r-1".to_owned(), "Atlantide".to_owned()] {
        assert_eq!(places(&folder, &gone), Vec::<String>::new(), "`{gone}`");
    }
    for stays in [key.person("CN-77701", 1), key.person("CN-77709", 1), "f-9".to_owned()] {
        assert!(!places(&folder, &stays).is_empty(), "`{stays}` of February is gone");
    }
    assert!(!folder.path("warehouse/released/release-000001.json").exists() && !folder.path("warehouse/released/000001").exists());
    assert!(folder.path("warehouse/released/000002/by_country.parquet").exists());
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed: release 3 stays"));
    assert_eq!(persons(&folder), figures);
    // What is delivered again of those years is not loaded again.
    folder.write("in/RAB/2023-03-05/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    let report = folder.rihla(&["run", "--json"]).ok().json();
    let rows = &report["feeds"][0]["rows"];
    assert_eq!((&rows["read"], &rows["loaded"], &rows["excluded"]), (&3.into(), &0.into(), &3.into()), "{report}");
    assert_eq!(persons(&folder), figures);
    let again = folder.rihla(&["prune"]).ok();
    assert!(again.stdout.contains("release 2 whole"), "{}", again.text());
    assert!(folder.rihla(&["prune"]).ok().stdout.contains("nothing is to go"));
}

#[test]
fn what_nobody_needs_goes() {
    let folder = with_years();
    for stray in [
        "staging/registered/0123456789abcdef.parquet",
        "released/tables/by_country/0123456789abcdef.parquet",
        "released/.building-0a/by_country.parquet",
        "feeds/registrations/part-of-a-killed-run.parquet",
    ] {
        folder.write(&format!("warehouse/{stray}"), "no Parquet");
    }
    let ran = folder.rihla(&["prune"]).ok();
    snapshot("prune", "what_nobody_needs", "files of interrupted runs; no retention", &ran.text());
    for (path, bytes) in folder.files("warehouse") {
        assert!(bytes != b"no Parquet", "{path} stays");
    }
    assert!(folder.rihla(&["prune"]).ok().stdout.contains("nothing is to go"));
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed: release 2 stays"));
    assert_eq!(parquet_rows(&folder.path("warehouse/released/000001/by_country.parquet")).len(), 3);
}

#[test]
fn killed_anywhere_and_run_again() {
    let folder = with_years();
    with_history(&folder);
    for place in ["before-journal", "move-0", "move-1", "before-removes", "before-clearing", "before-end"] {
        let folder = folder.again();
        let killed = folder.rihla_fed(&["prune"], "", &[("RIHLA_TEST_STOP", place)]);
        assert_eq!(killed.code, -1, "not stopped at {place}: {}", killed.text());
        folder.rihla(&["prune"]).ok();
        assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed: release 3 stays"), "{place}");
        assert_eq!(places(&folder, &Key::new([1; 32]).person("CN-77703", 1)), Vec::<String>::new(), "{place}");
    }
}

#[test]
fn a_retention_that_cannot_be_is_refused() {
    let folder = Folder::small();
    folder.replace("rihla.toml", "[calendar]\n", "[retention]\nreleases = 0\nfeeds = { registration = \"5 days\" }\n\n[calendar]\n");
    let ran = folder.rihla(&["check"]);
    snapshot("prune", "a_retention_that_cannot_be", "no release, an unknown feed, a time that is none", &ran.text());
    assert_eq!(ran.code, 1);
}
