//! A release that needs every report: held until they came or are excused.

use serde_json::{Value, json};

use super::{EXCUSES, sent};
use crate::support::{Folder, ROWS, Ran, comma_csv, semicolon_csv, snapshot, windows_1252};

const MARCH: [(&str, &str); 1] = [("RIHLA_NOW", "2023-03-12T09:00:00Z")];

fn on(folder: &Folder, now: &str, args: &[&str]) -> Ran {
    folder.rihla_with(args, &[("RIHLA_NOW", now)])
}

/// The excuses of the tests and more.
fn excuse(folder: &Folder, lines: &str) {
    folder.write("calendar/excuses.csv", format!("{EXCUSES}{lines}"));
}

const RENOVATION: &str = "TNG,registrations,2023-01,2023-02,Closed for renovation,Head of mission,2023-02-20\nAGA,registrations,2023-01,,No form system,Head of mission,2023-02-20\n";

#[test]
fn a_release_waits_for_every_report_or_its_excuse() {
    let folder = sent();
    let would = folder.rihla_with(&["run", "--dry-run"], &MARCH);
    assert!(would.code == 1 && would.stdout.matches("problem: registrations of").count() == 4, "{}", would.text());
    let held = folder.rihla_with(&["run"], &MARCH);
    snapshot("calendar", "held", "nothing came of Tangier and Agadir, and Casablanca is excused", &held.text());
    assert_eq!((held.code, folder.path("warehouse/released/release-000001.json").exists()), (1, false));
    let report = folder.rihla_with(&["run", "--json"], &MARCH).json();
    assert_eq!((&report["outcome"], &report["is_held_back"], &report["release"]), (&json!("held"), &json!(true), &Value::Null));
    let first = json!({"office": "AGA", "feed": "registrations", "period": "2023-01", "due_on": "2023-02-13", "was_refused": false});
    assert_eq!((report["lacking"][0].clone(), report["lacking"].as_array().map(Vec::len)), (first, Some(4)));

    // One comes, late; the others are excused.
    folder.write("in/AGA/2023-03-12/registrations-2023-02.jsonl", crate::support::json_lines(&ROWS[3..]));
    excuse(&folder, RENOVATION);
    let released = folder.rihla_with(&["run"], &MARCH).ok();
    assert!(released.stdout.contains("released  release 1"), "{}", released.text());
    snapshot("calendar", "released", "rihla releases show latest", &folder.rihla(&["releases", "show", "latest"]).ok().text());
    snapshot("calendar", "released_fr", "rihla --lang fr releases show latest", &folder.rihla(&["--lang", "fr", "releases", "show", "latest"]).ok().text());
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.path("warehouse/released/release-000001.json")).expect("a release")).expect("JSON");
    let excuses = json!([
        {"office": "CAS", "feed": "registrations", "periods": ["2023-01", "2023-02"], "reason": "Flood, the archive is closed", "approver": "Head of mission", "on": "2023-02-14"},
        {"office": "TNG", "feed": "registrations", "periods": ["2023-01", "2023-02"], "reason": "Closed for renovation", "approver": "Head of mission", "on": "2023-02-20"},
        {"office": "AGA", "feed": "registrations", "periods": ["2023-01"], "reason": "No form system", "approver": "Head of mission", "on": "2023-02-20"},
    ]);
    assert_eq!(manifest["rihla"]["excuses"], excuses);

    // A day that passes changes nothing of what is released; what comes then waits for the rest of its month.
    let idle = on(&folder, "2023-04-20T09:00:00Z", &["run"]).ok();
    assert!(idle.stdout.contains("nothing changed: release 1 stays"), "{}", idle.text());
    folder.write("in/RAB/2023-04-04/registrations-2023-03.csv", comma_csv(&ROWS[..1]));
    let held = on(&folder, "2023-04-20T09:00:00Z", &["run"]);
    let problems: Vec<&str> = held.stdout.lines().filter_map(|line| line.strip_prefix("problem: ")?.split(" has").next()).collect();
    let wanted = ["AGA", "CAS", "TNG"].map(|office| format!("registrations of {office} for 2023-03"));
    assert_eq!((held.code, problems), (1, wanted.iter().map(String::as_str).collect()), "{}", held.text());

    // Before its due day is over nobody waits for it.
    let early = folder.again();
    early.rihla_with(&["run"], &[("RIHLA_NOW", "2023-04-09T09:00:00Z")]).ok();
}

#[test]
fn a_refused_report_is_waited_for_and_an_old_month_need_not_be() {
    let folder = sent();
    folder.replace("rihla.toml", "feeds = [\"registrations\"] }", "feeds = [\"registrations\"], from = \"2023-02\" }");
    folder.replace("pipelines/registrations.toml", "required = true", "required = false");
    excuse(&folder, "AGA,registrations,2023-02,,No form system,Head of mission,2023-02-20\n");
    folder.write("in/TNG/2023-03-02/registrations-2023-02.xlsx", "no workbook");
    let held = folder.rihla_with(&["run", "--json"], &MARCH);
    let report = held.json();
    let lacking = json!([{"office": "TNG", "feed": "registrations", "period": "2023-02", "due_on": "2023-03-10", "was_refused": true}]);
    assert_eq!((held.code, &report["lacking"]), (1, &lacking), "{}", held.text());
    assert!(report["problems"].as_array().expect("problems").iter().any(|problem| problem.as_str().is_some_and(|text| text.contains("was refused"))));
}

#[test]
fn who_has_no_file_of_excuses_is_told_how_to_name_one() {
    let folder = sent();
    folder.replace("rihla.toml", "excuses = \"calendar/excuses.csv\"\n", "");
    let held = folder.rihla_with(&["run", "--json"], &MARCH).json();
    let first = held["problems"][0].as_str().expect("a problem");
    assert!(
        first.ends_with(
            "or excuse it: name a file with `excuses` in [calendar] of rihla.toml, with a line `AGA,registrations,2023-01,2023-01,REASON,APPROVER,DAY`"
        ),
        "{first}"
    );
}

/// An excuse that is taken back is a change: its reports are missing again.
#[test]
fn an_excuse_that_is_taken_back_holds_the_next_release() {
    let folder = sent();
    excuse(&folder, &format!("{RENOVATION}AGA,registrations,2023-02,,No form system,Head of mission,2023-02-20\n"));
    folder.rihla_with(&["run"], &MARCH).ok();
    let row = |folder: &Folder| folder.released("completeness").into_iter().find(|row| row["office"] == "AGA" && row["period"] == "2023-02").expect("a row");
    let excused = row(&folder);
    assert_eq!((&excused["expected"], &excused["excused"], &excused["reason"]), (&json!(0), &json!(1), &json!("No form system")));
    excuse(&folder, RENOVATION);
    let held = folder.rihla_with(&["run"], &MARCH);
    assert!(held.code == 1 && held.stdout.contains("registrations of AGA for 2023-02"), "{}", held.text());
    // What comes in spite of its excuse is received, and not expected.
    excuse(&folder, &format!("{RENOVATION}AGA,registrations,2023-02,,No form system,Head of mission,2023-02-20\n"));
    folder.write("in/CAS/2023-03-12/registrations-2023-02.csv", windows_1252(&semicolon_csv(&ROWS[3..])));
    folder.rihla_with(&["run"], &MARCH).ok();
    let came = folder.released("completeness").into_iter().find(|row| row["office"] == "CAS" && row["period"] == "2023-02").expect("a row");
    let cells = ["expected", "received", "on_time", "late", "missing", "excused"].map(|column| came[column].as_i64().expect("a count"));
    assert_eq!(cells, [0, 1, 0, 0, 0, 1]);
}
