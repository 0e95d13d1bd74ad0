//! Reports judged anew after a rule, a code list or an alias changed: told first, then done, and exactly what was told.

use serde_json::Value;

use crate::support::{Folder, ROWS, Ran, assert_nobody, comma_csv, loaded_small, with};

const COUNTRIES: &str = "schemas/codes/country.csv";
const RAB: &str = "in/RAB/2023-02-04/registrations-2023-01.csv";

/// A project in which one row of four stands in quarantine, since its nationality is written in no way that is known.
fn with_an_unknown_spelling() -> Folder {
    let folder = Folder::bare();
    folder.write(RAB, comma_csv(&[ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", "Zaïre")]));
    folder.write("in/CAS/2023-02-05/registrations-2023-01.csv", crate::support::windows_1252(&crate::support::semicolon_csv(&ROWS)));
    folder.rihla(&["run"]).ok();
    folder
}

fn add_alias(folder: &Folder) {
    folder.replace(COUNTRIES, "RDC|DRC", "RDC|DRC|Zaïre");
}

fn replay(folder: &Folder, args: &[&str]) -> Ran {
    let ran = folder.rihla(&[&["replay"], args].concat());
    assert_nobody(&ran.said());
    ran
}

/// What both a dry run and a replay tell.
fn told(ran: &Ran) -> Value {
    let all = ran.json();
    serde_json::json!([all["reports"], all["same"], all["not_replayed"]])
}

#[test]
fn an_alias_brings_rows_back_and_is_told_before() {
    let folder = with_an_unknown_spelling();
    assert!(replay(&folder, &["--dry-run"]).ok().stdout.contains("no report was judged by anything else than holds now"));
    add_alias(&folder);
    let run = folder.rihla(&["run"]).ok();
    assert!(run.stdout.contains("2 reports were judged by rules that have changed since: `rihla replay --dry-run`"), "{}", run.text());
    let before = folder.files("warehouse");
    let dry = replay(&folder, &["--dry-run", "--json"]).ok();
    assert!(before == folder.files("warehouse"), "a dry run touches nothing");
    let text = replay(&folder, &["--dry-run"]).ok();
    crate::support::snapshot("replay", "an_alias_brings_rows_back", "an alias was added for a spelling that stood in quarantine", &text.text());
    let done = replay(&folder, &["--json"]).ok();
    assert_eq!(told(&dry), told(&done), "what is told is what is done");
    assert_eq!(done.json()["run"]["outcome"], "released");
    let report = &done.json()["reports"][0];
    assert_eq!((&report["office"], &report["loaded"][0]["row"]), (&"RAB".into(), &5.into()), "{report}");
    assert!(report["loaded"][0]["reasons"][0].as_str().is_some_and(|reason| reason.contains("constraint-error/codes") && reason.contains("Zaïre")), "{report}");
    assert_eq!(done.json()["same"], 1, "what Casablanca sent says what it said");

    let submissions = folder.tables().0;
    let of_rab: Vec<&crate::support::Row> = submissions.iter().filter(|row| row["office"] == "RAB").collect();
    assert_eq!(of_rab.len(), 2);
    assert!(of_rab.iter().all(|row| row["received_at"] == of_rab[0]["received_at"] && row["content_hash"] == of_rab[0]["content_hash"]), "{of_rab:?}");
    let again = replay(&folder, &[]).ok();
    assert!(again.stdout.contains("no report was judged by anything else than holds now"), "nothing is read again: {}", again.text());
    assert!(!folder.rihla(&["run"]).ok().stdout.contains("judged by rules"));
    assert!(folder.rihla(&["quarantine"]).ok().stdout.contains("no row"), "nothing stands in quarantine");
    let diff = folder.rihla(&["diff"]).ok();
    assert!(diff.stdout.contains("reports judged anew"), "the cause is told: {}", diff.text());
}

#[test]
fn a_tightened_rule_takes_rows_out_and_a_changed_code_changes_them() {
    let folder = loaded_small();
    folder.replace("schemas/registrations.json", "\"minimum\": 1}", "\"minimum\": 1, \"maximum\": 1}");
    folder.replace(COUNTRIES, "COG,Congo,Congo,الكونغو,Congo-Brazzaville,,", "COG,Congo (Brazzaville),Congo (Brazzaville),الكونغو,Congo-Brazzaville,,");
    folder.replace(COUNTRIES, "RDC|DRC", "RDC|DRC|Congo");
    let dry = replay(&folder, &["--dry-run", "--json", "--office", "RAB"]).ok();
    let report = &dry.json()["reports"][0];
    assert_eq!(report["set_aside"][0]["row"], 3, "{report}");
    assert_eq!(report["fields"]["nationality"], serde_json::json!({"rows": 1, "examples": [["COG", "COD"]]}), "{report}");
    assert_eq!((&report["rows_before"]["loaded"], &report["rows_after"]["quarantined"]), (&4.into(), &1.into()));
    let done = replay(&folder, &["--json", "--office", "RAB"]).ok();
    assert_eq!(told(&dry), told(&done));
    let run = folder.rihla(&["run"]).ok();
    assert!(run.stdout.contains("3 reports were judged by rules"), "the other offices' are left: {}", run.text());
    assert_eq!(folder.released("by_country").iter().filter(|row| row["nationality"] == "COD").count(), 1);
}

#[test]
fn what_would_be_refused_stays_as_it_was_loaded() {
    let folder = loaded_small();
    folder.replace("schemas/registrations.json", "\"minimum\": 1}", "\"minimum\": 2}");
    let dry = replay(&folder, &["--dry-run"]);
    assert_eq!(dry.code, 1);
    assert!(dry.stdout.contains("would be refused now, and stays as it was loaded"), "{}", dry.text());
    let done = replay(&folder, &[]);
    assert!(done.code == 1 && done.stdout.contains("4 that would be refused now"), "{}", done.text());
    assert_eq!(folder.tables().0.len(), 4, "nothing was loaded");
    folder.rihla(&["run"]).ok();
}

#[test]
fn what_was_refused_is_loaded_once_it_can_be() {
    let folder = Folder::bare();
    folder.write(RAB, comma_csv(&ROWS.map(|row| with(row, "Nationalité", "Zaïre"))));
    assert_eq!(folder.rihla(&["run"]).code, 1);
    add_alias(&folder);
    let dry = replay(&folder, &["--dry-run", "--json"]).ok();
    assert_eq!((&dry.json()["reports"][0]["becomes"], &dry.json()["reports"][0]["rows_after"]["loaded"]), (&"loaded".into(), &4.into()));
    let done = replay(&folder, &["--json"]).ok();
    assert_eq!(told(&dry), told(&done));
    assert_eq!(done.json()["run"]["outcome"], "released", "{}", done.text());
}

#[test]
fn what_is_not_there_any_more_is_told() {
    let folder = with_an_unknown_spelling();
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&[ROWS[0], ROWS[1], with(ROWS[2], "Nationalité", "Zaïre"), ROWS[3]]));
    folder.rihla(&["run"]).ok();
    add_alias(&folder);
    std::fs::remove_file(folder.path(RAB)).expect("removed");
    let text = std::fs::read_to_string(folder.path("in/RAB/2023-03-04/registrations-2023-02.csv")).expect("the extract");
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", text.replace("Zaïre", "Maroc"));
    let ran = replay(&folder, &["--json"]).ok().json();
    let why: Vec<(&str, &str)> =
        ran["not_replayed"].as_array().expect("a list").iter().filter_map(|one| Some((one["path"].as_str()?, one["why"].as_str()?))).collect();
    assert!(why.contains(&(RAB, "it is not at the source any more")), "{why:?}");
    assert!(why.contains(&("in/RAB/2023-03-04/registrations-2023-02.csv", "it says something else now")), "{why:?}");
    assert_eq!(ran["reports"], serde_json::json!([]));
}

#[test]
fn rules_changed_and_changed_back_are_revisions_of_their_own() {
    let folder = with_an_unknown_spelling();
    for _ in 0..2 {
        add_alias(&folder);
        replay(&folder, &[]).ok();
        folder.replace(COUNTRIES, "RDC|DRC|Zaïre", "RDC|DRC");
        let back = replay(&folder, &["--json"]).ok().json();
        assert_eq!(back["reports"][0]["set_aside"][0]["row"], 5, "{back}");
    }
    folder.rihla(&["run"]).ok();
    let ids: std::collections::BTreeSet<String> =
        folder.loaded("registrations").iter().filter(|row| row["office"] == "RAB").map(|row| row["submission_id"].to_string()).collect();
    assert_eq!(ids.len(), 5, "each has an identity of its own");
    let shown = folder.rihla(&["records", "registrations", "--where", "office = 'RAB'", "--json"]).ok().json();
    assert_eq!(shown.as_array().map(Vec::len), Some(3));
}

#[test]
fn nobody_erased_comes_back() {
    let folder = with_an_unknown_spelling();
    folder.rihla_fed(&["erase", "--person", "-"], "CN-77704,1\nCN-77701,2\n", &[]).ok();
    add_alias(&folder);
    let done = replay(&folder, &["--json"]).ok().json();
    assert_eq!(done["reports"], serde_json::json!([]), "who was erased makes no difference: {done}");
    let shown = folder.rihla(&["records", "registrations", "--where", "office = 'RAB'", "--json"]).ok().json();
    assert_eq!(shown.as_array().map(Vec::len), Some(2));
}

#[test]
fn a_comment_or_another_offices_source_makes_nothing_doubtful() {
    let folder = loaded_small();
    folder.replace("pipelines/registrations.toml", "feed = \"registrations\"", "# Registrations.\nfeed = \"registrations\"");
    folder.replace("pipelines/registrations.toml", "dates = [\"%d/%m/%Y\"]", "dates = [\"%d/%m/%Y\", \"%Y/%m/%d\"]");
    let run = folder.rihla(&["run"]).ok();
    assert!(run.stdout.contains("1 report was judged by rules that have changed since"), "Casablanca's alone: {}", run.text());
    let dry = replay(&folder, &["--dry-run"]).ok();
    assert!(dry.stdout.contains("1 report judged anew: 0 changed, 1 the same"), "{}", dry.text());
}
