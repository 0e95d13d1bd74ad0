//! Exports of form systems from delivery to release.

use serde_json::json;

use crate::forms::{kobo_csv, kobo_json, kobo_record, odk_main, odk_persons, page, parents, persons, xlsx, zip};
use crate::support::{Folder, MARKERS, Row, assert_nobody, snapshot};

const FEED: &str = "pipelines/sessions.toml";

/// Every office has sent its January.
fn january() -> Folder {
    let folder = Folder::of("tests/data/forms");
    let choices = ["Sujets abordés/Documents d'identité", "Sujets abordés/Santé", "Sujets abordés/Scolarité"];
    let rows = [
        (kobo_record("1", "health", "Approved"), vec!["0", "1", "0"]),
        (kobo_record("2", "health", "Not Approved"), vec!["0", "1", "0"]),
        (kobo_record("3", "health", ""), vec!["1", "1", "0"]),
        (kobo_record("4", "", ""), vec!["", "", ""]),
        (kobo_record("5", "", "On Hold"), vec!["0", "0", "0"]),
    ];
    folder.write("in/AGA/2023-02-07/sessions-2023-01.csv", kobo_csv(&choices, &rows).replace("entretien/topics", "Sujets abordés"));
    let people = persons(&[("a", "1", "1"), ("b", "2", "1"), ("c", "1", "2"), ("d", "3", "8")]);
    folder.write(
        "in/TNG/2023-02-07/sessions-2023-01.xlsx",
        xlsx(&[("Entretiens", &parents(&[("1", "Approved"), ("2", "Not Approved"), ("3", "")])), ("personnes", &people)]),
    );
    let main = odk_main(&[("uuid:1", "health documents", ["1", "1"], "approved"), ("uuid:2", "health", ["1", "0"], "rejected")]);
    let people = odk_persons(&[("1", "uuid:1"), ("2", "uuid:1"), ("3", "uuid:2")]);
    folder.write("in/LAA/2023-02-07/sessions-2023-01.zip", zip(&[("sessions.csv", &main), ("sessions-personnes.csv", &people)]));
    pages(&folder, "2023-02-07", "3");
    folder
}

/// Two pages of Rabat, of which the second ends in the record with this id.
fn pages(folder: &Folder, received: &str, last: &str) {
    let path = |number| format!("in/RAB/{received}/sessions-2023-01/page-{number}.json");
    let one = [kobo_json("1", "health", json!({})), kobo_json("2", "schooling", json!({"uid": "validation_status_not_approved", "label": "Not Approved"}))];
    folder.write(&path(1), page(3, Some("page-2.json"), &one));
    folder.write(&path(2), page(3, None, &[kobo_json(last, "health schooling", json!({"uid": "validation_status_on_hold"}))]));
}

/// The submission of an office that was judged last.
fn last(folder: &Folder, office: &str) -> Row {
    let submissions = folder.tables().0.into_iter().filter(|row| row["office"] == office);
    submissions.max_by_key(|row| row["loaded_at"].to_string()).expect("a submission")
}

/// Counts of rows of an office's submission: read, loaded, quarantined, excluded.
fn counts(folder: &Folder, office: &str) -> [u64; 4] {
    let row = last(folder, office);
    assert_eq!(row["outcome"], "loaded", "{row:?}");
    ["rows_read", "rows_loaded", "rows_quarantined", "rows_excluded"].map(|count| row[count].as_u64().unwrap_or_else(|| panic!("{count}: {row:?}")))
}

#[test]
fn exports_of_form_systems_make_the_right_figures() {
    let folder = january();
    let ran = folder.rihla_with(&["run"], &[("RIHLA_LOG", "trace")]).ok();
    assert_nobody(&ran.said());
    assert_eq!(counts(&folder, "AGA"), [5, 3, 1, 1]);
    assert_eq!(counts(&folder, "TNG"), [5, 2, 2, 1], "a person without a session and a session without persons are told");
    assert_eq!(counts(&folder, "LAA"), [3, 2, 0, 1]);
    assert_eq!(counts(&folder, "RAB"), [3, 2, 0, 1]);
    let mut figures: Vec<String> = folder
        .released("sessions_by_topic")
        .iter()
        .map(|row| format!("{} {} {} {}", row["office"], row["topic"], row["persons"], row["sessions"]).replace('"', ""))
        .collect();
    figures.sort_unstable();
    let expected =
        ["AGA health 1 1", "AGA none 1 1", "AGA untold 1 1", "LAA documents 2 2", "LAA health 2 2", "RAB health 2 2", "RAB schooling 1 1", "TNG health 2 2"];
    assert_eq!(figures, expected);
    let reasons: Vec<_> = folder
        .tables()
        .1
        .iter()
        .map(|row| {
            format!("{} {} {} {}/{}: {}", row["office"], row["source_sheet"], row["source_row"], row["error"], row["rule"], row["message"]).replace('"', "")
        })
        .collect();
    snapshot("forms", "set_aside", "what was set aside of January, and why", &reasons.join("\n"));
    for (path, bytes) in folder.files("warehouse") {
        for marker in MARKERS {
            assert!(!bytes.windows(marker.len()).any(|window| window == marker.as_bytes()), "`{marker}` stands in {path}");
        }
    }
}

#[test]
fn a_second_run_changes_nothing_and_a_correction_of_a_page_is_a_revision() {
    let folder = january();
    folder.rihla(&["run"]).ok();
    let second = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((&second["outcome"], &second["feeds"][0]["found"], &second["feeds"][0]["known"]), (&json!("unchanged"), &json!(4), &json!(4)));
    pages(&folder, "2023-02-08", "3");
    let same = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((&same["feeds"][0]["unchanged"], &same["feeds"][0]["loaded"]), (&json!(1), &json!(0)), "{same}");
    pages(&folder, "2023-02-09", "4");
    folder.rihla(&["run"]).ok();
    let last = last(&folder, "RAB");
    assert_eq!((&last["path"], &last["revision"]), (&json!("in/RAB/2023-02-09/sessions-2023-01/page-1.json"), &json!(2)));
    let size: u64 = [1, 2]
        .iter()
        .map(|number| std::fs::metadata(folder.path(&format!("in/RAB/2023-02-09/sessions-2023-01/page-{number}.json"))).expect("a page").len())
        .sum();
    assert_eq!(last["size"], json!(size), "all pages together");
}

#[test]
fn a_page_changed_in_place_is_noticed() {
    let folder = january();
    folder.rihla(&["run"]).ok();
    pages(&folder, "2023-02-07", "44");
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stdout.contains("changed-delivery"), "{}", ran.text());
}

#[test]
fn a_page_that_is_missing_refuses_its_delivery_alone() {
    let folder = january();
    std::fs::remove_file(folder.path("in/RAB/2023-02-07/sessions-2023-01/page-2.json")).expect("the page");
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stdout.contains("page-error: page-1.json names a next page that is not there"), "{}", ran.text());
    assert_nobody(&ran.said());
    pages(&folder, "2023-02-07", "3");
    folder.rihla(&["run"]).ok();
    assert_eq!(counts(&folder, "RAB"), [3, 2, 0, 1]);
}

/// A project with this in place of that in its pipeline is refused in these words.
#[track_caller]
fn faulty(name: &str, story: &str, changes: &[(&str, &str)]) {
    let folder = Folder::of("tests/data/forms");
    changes.iter().for_each(|(from, to)| {
        folder.replace(FEED, from, to);
    });
    let ran = folder.rihla(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    snapshot("forms", name, story, &ran.text());
}

#[test]
fn an_ignored_label_that_means_a_field() {
    faulty("ignored_field", "`sex` and everything that begins with `Date` are to be ignored", &[("\"meta/*\"]", "\"meta/*\", \"Sexe\", \"date*\"]")]);
}

#[test]
fn a_review_that_is_a_field_and_contradicts_itself() {
    let to = "field = \"sex\", excluded = [\"Not Approved\", \"on-hold\"]";
    faulty(
        "review",
        "the review's column is a field, and a status is both",
        &[("\"meta/*\"]\nreview = { field = \"_validation_status\", excluded = [\"Not Approved\"]", &format!("\"meta/*\"]\nreview = {{ {to}"))],
    );
}

#[test]
fn repeat_groups_and_pages_that_do_not_fit_their_source() {
    faulty(
        "places",
        "a sheet where CSV is read, a list where a workbook is, pages without a next one, an archive of a workbook, HXL in JSON",
        &[
            ("repeat = { file = \"sessions-personnes.csv\", key", "repeat = { sheet = \"personnes\", key"),
            (
                "repeat = { sheet = \"personnes\", key = \"_index\", parent_key = \"_parent_index\" }\ngroups",
                "repeat = { path = \"personnes\" }\narchive = { file = \"x.csv\" }\ngroups",
            ),
            (", next = \"next\" }", " }"),
            ("json = {}\n", "json = {}\nhxl = true\n"),
            ("groups = \"-\"", "groups = \"a\""),
        ],
    );
}

#[test]
fn tags_of_two_fields() {
    let folder = Folder::of("tests/data/forms");
    folder.replace("schemas/sessions.json", "#date+changed", "#date+session+start");
    let ran = folder.rihla(&["check"]);
    snapshot("forms", "tags", "two fields have one HXL tag, where columns are told by tags", &ran.text());
}
