//! A new office, a new feed, its code list and its table are files in a project folder and nothing else.

use std::fs;

use serde_json::json;

use crate::support::{Folder, repository};

const NINTH: &str = "tests/data/ninth_feed";

/// The real project with the office and the feed of `tests/data/ninth_feed`.
fn widened() -> Folder {
    let folder = Folder::real();
    let text = fs::read_to_string(folder.path("rihla.toml")).expect("rihla.toml");
    let office = fs::read_to_string(repository(NINTH).join("office.toml")).expect("an office");
    let references = text.find("[[references]]").expect("references follow the offices");
    let comment = text[..references].rfind("\n\n").expect("a gap before them");
    folder.write("rihla.toml", format!("{}\n{office}{}", &text[..comment], &text[comment..]));
    for path in [
        "pipelines/trainings.toml",
        "schemas/trainings.json",
        "schemas/codes/training_topic.csv",
        "sql/marts/trainings_by_topic.sql",
        "in/DAK/2023-02-05/trainings-2023-01.csv",
        "in/RAB/2023-02-03/trainings-2023-01.csv",
    ] {
        folder.write(path, fs::read(repository(NINTH).join(path)).expect("a file of the ninth feed"));
    }
    folder
}

#[test]
fn a_ninth_feed_and_another_office_are_loaded_modelled_and_released() {
    let folder = widened();
    folder.rihla(&["check"]).ok();
    folder.rihla(&["run"]).ok();
    let asked = |query: &str| folder.rihla(&["sql", query, "--format", "json"]).ok().json();
    assert_eq!(
        asked("SELECT * FROM trainings_by_topic ORDER BY period, topic"),
        json!([
            {"period": "2023-01", "topic": "beekeeping", "persons": 1, "hours": 3},
            {"period": "2023-01", "topic": "sewing", "persons": 2, "hours": 15},
        ])
    );
    assert_eq!(asked("SELECT name, country FROM dim_office WHERE office = 'DAK'"), json!([{"name": "Dakhla", "country": "MAR"}]));
    // Open since January 2023, so that nothing was owed before; RAB sends without owing.
    let completeness =
        asked("SELECT office, period, expected, received FROM completeness WHERE feed = 'trainings' AND (received = 1 OR period < '2023-02') ORDER BY office");
    assert_eq!(
        completeness,
        json!([
            {"office": "DAK", "period": "2023-01", "expected": 1, "received": 1},
            {"office": "RAB", "period": "2023-01", "expected": 0, "received": 1},
        ])
    );
    let quarantined = folder.rihla(&["quarantine", "--feed", "trainings"]).ok();
    assert!(quarantined.stdout.contains("Poterie") && quarantined.stdout.contains("training_topic"), "{}", quarantined.text());
    assert!(!quarantined.stdout.contains("Quastalani"), "a name travelled");
    // The figures of the other feeds are untouched.
    folder.rihla(&["reconcile", "2023-H1"]).ok();
}
