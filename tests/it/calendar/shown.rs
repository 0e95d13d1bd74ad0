//! What `rihla status` and the table of completeness show of it.

use super::{sent, with};
use crate::support::{Folder, ROWS, comma_csv, snapshot, story};

/// Rabat's reports loaded in the middle of March, nothing of the others.
fn loaded() -> Folder {
    let folder = sent();
    assert_eq!(folder.rihla_with(&["run"], &[("RIHLA_NOW", "2023-03-12T09:00:00Z")]).code, 1, "held");
    folder
}

fn says(folder: &Folder, name: &str, now: &str, args: &[&str]) {
    let ran = folder.rihla_with(args, &[("RIHLA_NOW", now)]).ok();
    snapshot("calendar", name, &format!("{} at {now}", story(args)), &ran.text());
}

#[test]
fn the_matrix_and_its_numbers() {
    let folder = loaded();
    says(&folder, "matrix", "2023-04-05T09:00:00Z", &["status", "--matrix"]);
    says(&folder, "matrix_fr", "2023-04-05T09:00:00Z", &["--lang", "fr", "status", "--matrix", "--office", "CAS", "--office", "RAB"]);
    says(&folder, "matrix_json", "2023-04-05T09:00:00Z", &["status", "--matrix", "--json", "--months", "1", "--feed", "registrations"]);
    says(&folder, "status", "2023-04-05T09:00:00Z", &["status", "--runs", "0"]);
}

/// March is due until the end of the 10th of April in Morocco, which is in Ramadan on UTC: nobody sends anything, and it is missing.
#[test]
fn a_report_becomes_missing_as_time_passes() {
    let folder = loaded();
    let state = |now: &str| {
        let found = folder.rihla_with(&["status", "--matrix", "--json", "--office", "RAB"], &[("RIHLA_NOW", now)]).ok().json();
        found["feeds"][0]["offices"][0][1].as_array().expect("states").last().cloned().expect("a state")
    };
    assert_eq!(state("2023-03-31T22:59:59Z"), "late", "March is not over, and this is February");
    assert_eq!(state("2023-04-10T23:59:59Z"), "not_yet_due");
    assert_eq!(state("2023-04-11T00:00:00Z"), "missing");
}

#[test]
fn reminders_of_today_and_the_next_days() {
    let folder = loaded();
    says(&folder, "reminders", "2023-04-05T09:00:00Z", &["status", "--reminders"]);
    says(&folder, "reminders_fr", "2023-04-05T09:00:00Z", &["--lang", "fr", "status", "--reminders", "--office", "TNG", "--days", "8"]);
    says(&folder, "reminders_json", "2023-04-05T09:00:00Z", &["status", "--reminders", "--office", "TNG", "--days", "2", "--json"]);
    says(&folder, "reminders_none", "2023-04-05T09:00:00Z", &["status", "--reminders", "--days", "1"]);
    let folder = with("");
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS[..2]));
    folder.rihla(&["run"]).ok();
    says(&folder, "reminders_nobody", "2023-04-05T09:00:00Z", &["status", "--reminders"]);
}

#[test]
fn a_feed_or_an_office_that_there_is_not() {
    let folder = loaded();
    for (args, hint) in [(["--feed", "registratons"], "did you mean `registrations`?"), (["--office", "XYZ"], "there are RAB, CAS, TNG, AGA")] {
        for view in [&["status"][..], &["status", "--matrix"], &["status", "--reminders"]] {
            let ran = folder.rihla(&[view, &args].concat());
            assert!(ran.code == 1 && ran.stderr.contains(hint), "{}", ran.text());
        }
    }
}

/// As of the newest delivery, 11 March at midnight: February was due until the end of the 10th in Morocco.
#[test]
fn the_table_of_completeness() {
    let folder = sent();
    folder.replace("rihla.toml", "release_requires = { feeds = [\"registrations\"] }\n", "");
    folder.rihla_with(&["run"], &[("RIHLA_NOW", "2023-05-12T09:00:00Z")]).ok();
    let query = "SELECT office, period, due_on, expected, received, on_time, late, missing, excused, reason FROM completeness ORDER BY office, period";
    says(&folder, "completeness", "2023-05-12T09:00:00Z", &["sql", query]);
}
