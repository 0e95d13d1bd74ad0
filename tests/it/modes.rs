//! What deliveries hold: all of a period, all there is, or what changed; in any order of arrival.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rihla::project::DeliveryMode;
use rihla::run::{self, Standing};
use rihla::warehouse::{RowCounts, Submission, SubmissionOutcome, live_of};
use serde_json::Value;

use crate::support::{Folder, LABELS, ROWS, Ran, assert_nobody, comma_csv, with};

/// The small project with deliveries of a mode from Rabat.
pub fn project(mode: &str) -> Folder {
    let folder = Folder::bare();
    folder.replace("pipelines/registrations.toml", "tolerance = 0.25", &format!("tolerance = 0.25\ndelivery = \"{mode}\""));
    folder
}

/// The same, where a column tells what became of a record.
pub fn changes() -> Folder {
    let folder = project("changes");
    let field = "{\"name\": \"changed_at\", \"type\": \"datetime\", \"constraints\": {\"required\": true}, \"rihla\": {\"role\": \"changed_at\", \"labels\": [\"Modifié le\"]}}";
    let deleted = "{\"name\": \"deleted\", \"type\": \"boolean\", \"trueValues\": [\"D\"], \"falseValues\": [\"I\", \"U\"], \"rihla\": {\"role\": \"deleted\", \"labels\": [\"Action\"]}}";
    folder.replace("schemas/registrations.json", field, &format!("{field},\n    {deleted}"));
    for source in ["[\"CAS\"]", "[\"TNG\"]", "[\"AGA\"]"] {
        folder.replace("pipelines/registrations.toml", &format!("offices = {source}"), &format!("offices = {source}\nabsent = [\"deleted\"]"));
    }
    folder
}

/// Lines of changes: what became of a record, then its cells.
fn actions(rows: &[(&str, [&str; 9])]) -> String {
    let mut text = format!("{},Action\n", LABELS.join(","));
    rows.iter().for_each(|(action, cells)| text.push_str(&format!("{},{action}\n", cells.join(","))));
    text
}

/// A record that is no more: only which, and when that was said.
fn gone(id: &'static str, changed: &'static str) -> (&'static str, [&'static str; 9]) {
    ("D", [id, "", "", "", "", "", "", "", changed])
}

fn load(folder: &Folder) -> Ran {
    let ran = folder.rihla(&["run"]);
    assert_nobody(&ran.said());
    ran
}

/// The records of Rabat with their nationality.
fn records(folder: &Folder) -> BTreeMap<String, String> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let shown = folder.rihla(&["records", "registrations", "--where", "office = 'RAB'", "--json"]).ok().json();
    shown.as_array().expect("records").iter().map(|row| (text(row, "record_id"), text(row, "nationality"))).collect()
}

fn ids(folder: &Folder) -> Vec<String> {
    records(folder).into_keys().collect()
}

#[test]
fn a_list_takes_the_place_of_every_older_one() {
    let folder = project("full");
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    load(&folder).ok();
    assert_eq!(ids(&folder), ["r-1", "r-2", "r-3"]);
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&ROWS[1..]));
    load(&folder).ok();
    assert_eq!(ids(&folder), ["r-2", "r-3", "r-4"], "who is not in the list any more is withdrawn, whenever it was reported");

    folder.write("in/RAB/2023-03-20/registrations-2023-01.csv", comma_csv(&ROWS[..1]));
    let late = load(&folder).ok();
    assert!(late.stdout.contains("nothing changed"), "an older list corrected late says nothing any more: {}", late.text());
    assert_eq!(ids(&folder), ["r-2", "r-3", "r-4"]);
    assert!(folder.tables().0.iter().any(|row| row["outcome"] == "outdated"));

    let diff = folder.rihla(&["diff", "1", "2", "--json"]).ok().json();
    let withdrawn = diff["between"]["records"].as_array().expect("records").iter().find(|one| one["change"] == "withdrawn").cloned().expect("a withdrawal");
    assert_eq!((&withdrawn["records"], &withdrawn["path"]), (&1.into(), &"in/RAB/2023-03-04/registrations-2023-02.csv".into()), "{diff}");
}

#[test]
fn changes_add_to_one_another_until_a_record_is_deleted() {
    let folder = changes();
    let first: Vec<_> = ROWS.iter().map(|row| ("I", *row)).collect();
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", actions(&first));
    load(&folder).ok();
    let corrected = with(with(ROWS[0], "Nationalité", "Congo"), "Modifié le", "2023-02-10T09:00:00Z");
    folder.write("in/RAB/2023-02-11/registrations-2023-01.csv", actions(&[("U", corrected), gone("r-2", "2023-02-10T10:00:00Z")]));
    let second = load(&folder).ok();
    assert!(second.stdout.contains("adds up"), "{}", second.text());
    let now = records(&folder);
    assert_eq!(now.keys().collect::<Vec<_>>(), ["r-1", "r-3", "r-4"]);
    assert_eq!(now["r-1"], "COG");
    let stored = folder.loaded("registrations").into_iter().find(|row| row["deleted"] == true).expect("a deletion is kept");
    let filled: Vec<&str> = stored.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some("")).map(|(name, _)| name.as_str()).collect();
    assert!(!filled.contains(&"nationality") && !filled.contains(&"registered_on") && stored["sadd_group"] == "unknown", "{filled:?}");
    let counted = folder.tables().0.into_iter().find(|row| row["revision"] == 2).expect("the second delivery");
    assert_eq!((&counted["rows_read"], &counted["rows_loaded"], &counted["delivery"]), (&2.into(), &2.into(), &"changes".into()));

    let back = with(ROWS[1], "Modifié le", "2023-02-12T09:00:00Z");
    folder.write("in/RAB/2023-02-13/registrations-2023-01.csv", actions(&[("U", back)]));
    load(&folder).ok();
    assert_eq!(ids(&folder), ["r-1", "r-2", "r-3", "r-4"], "what is changed after it was deleted is there again");
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", actions(&[("U", back)]));
    assert!(load(&folder).ok().stdout.contains("nothing changed"), "the same changes again are nothing new");
    let causes = folder.rihla(&["diff", "1", "2", "--json"]).ok().json();
    let kinds: Vec<&str> = causes["between"]["records"].as_array().expect("records").iter().filter_map(|one| one["change"].as_str()).collect();
    assert!(kinds.contains(&"corrected") && kinds.contains(&"withdrawn"), "{causes}");
}

#[test]
fn a_deletion_needs_to_say_which_record_and_when() {
    let folder = changes();
    let faulty = [gone("", "2023-02-01T09:00:00Z"), gone("r-9", ""), gone("r-8", "2023-02-01T09:00:00Z"), ("X", ROWS[0]), ("", ROWS[1])];
    folder.replace("pipelines/registrations.toml", "tolerance = 0.25", "tolerance = 1.0");
    folder.replace("pipelines/registrations.toml", "tolerance = 1.0", "tolerance = 1.0\ntolerated_rows = 9");
    let more = [("I", ROWS[2]), ("I", ROWS[3])];
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", actions(&[&faulty[..], &more[..]].concat()));
    load(&folder).ok();
    assert_eq!(ids(&folder), ["r-2", "r-3", "r-4"]);
    let told: Vec<(String, i64)> =
        folder.tables().1.iter().map(|row| (row["rule"].as_str().unwrap_or_default().to_owned(), row["source_row"].as_i64().unwrap_or_default())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.contains(&("required".to_owned(), 2)) && told.contains(&("required".to_owned(), 3)) && told.contains(&("boolean".to_owned(), 5)), "{told:?}");
}

#[test]
fn changes_that_nothing_can_delete_are_warned_of() {
    let ran = project("changes").rihla(&["check"]).ok();
    assert!(ran.said().contains("nothing says that a record of `registrations` was deleted"), "{}", ran.text());
    let wrong = project("everything").rihla(&["check"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("pipelines/registrations.toml:4:12") && wrong.stderr.contains("`changes`"), "{}", wrong.text());
}

#[test]
fn what_was_loaded_keeps_its_mode_when_the_pipeline_changes() {
    let folder = project("period");
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS[..2]));
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&ROWS[2..3]));
    load(&folder).ok();
    folder.replace("pipelines/registrations.toml", "delivery = \"period\"", "delivery = \"full\"");
    let again = load(&folder).ok();
    assert!(again.stdout.contains("nothing changed") && !again.stdout.contains("judged by rules"), "{}", again.text());
    assert_eq!(ids(&folder), ["r-1", "r-2", "r-3"]);
    folder.write("in/RAB/2023-04-04/registrations-2023-03.csv", comma_csv(&ROWS[3..]));
    load(&folder).ok();
    assert_eq!(ids(&folder), ["r-4"], "the first list takes the place of all");
    let back = folder.rihla(&["records", "registrations", "--as-of", "2023-03-31", "--json"]).ok().json();
    assert_eq!(back.as_array().map(Vec::len), Some(3), "and nothing of what was known before");
    folder.replace("pipelines/registrations.toml", "delivery = \"full\"", "delivery = \"changes\"");
    folder.write("in/RAB/2023-05-04/registrations-2023-04.csv", comma_csv(&ROWS[..1]));
    load(&folder).ok();
    assert_eq!(ids(&folder), ["r-1", "r-4"], "changes add to the list");
}

/// A delivery that arrives some time.
#[derive(Debug, Clone)]
struct Arrival {
    month: u8,
    day: i64,
    content: u8,
    mode: DeliveryMode,
}

fn submission(arrival: &Arrival, revision: i64, outcome: SubmissionOutcome) -> Submission {
    let received = "2023-02-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant") + chrono::Duration::days(arrival.day);
    Submission {
        submission_id: format!("{}/{}", arrival.month, arrival.day),
        feed: "f".to_owned(),
        office: "o".to_owned(),
        period: format!("2023-{:02}", arrival.month),
        revision: Some(revision),
        received_at: received,
        path: arrival.day.to_string(),
        size: 1,
        modified_at: received,
        content_hash: arrival.content.to_string(),
        outcome,
        error: None,
        reason: None,
        rows: RowCounts::default(),
        set_aside_lines: 0,
        contract: "c".to_owned(),
        delivery: arrival.mode,
        amends: None,
        drift: None,
        loaded_at: received,
        run_id: "r".to_owned(),
    }
}

/// Judges deliveries one by one as a run does, and tells what counts in the end: slot, content, when it was last said.
fn settle(arrivals: &[Arrival]) -> Vec<(String, String, i64)> {
    let mut known: Vec<Submission> = Vec::new();
    for arrival in arrivals {
        let came = submission(arrival, 0, SubmissionOutcome::Loaded);
        let (slot, received, mode) = (came.slot(), came.received_at, came.delivery);
        let comes = run::Arrival { mode, slot, received, path: &came.path, hash: &came.content_hash, contract: &came.contract };
        let judged = match run::standing(&comes, &known, false) {
            Standing::New(revision) => submission(arrival, revision, SubmissionOutcome::Loaded),
            Standing::Unchanged(revision, _) => submission(arrival, revision, SubmissionOutcome::Unchanged),
            Standing::Outdated => submission(arrival, 0, SubmissionOutcome::Outdated),
            Standing::Contradiction(_, reason) => panic!("{reason}"),
        };
        known.push(judged);
    }
    let live = live_of(&known);
    let mut counts: Vec<_> = live.iter().map(|one| (one.submission.period.clone(), one.submission.content_hash.clone(), one.heard_at.timestamp())).collect();
    counts.sort();
    counts
}

fn arrivals(modes: &'static [DeliveryMode]) -> impl Strategy<Value = (Vec<Arrival>, Vec<Arrival>)> {
    let one = (1u8..4, 0u8..3, prop::sample::select(modes));
    prop::collection::vec(one, 1..9).prop_flat_map(|list| {
        // No two are received at the same time: which of those is the later cannot be told, and they are refused.
        let list: Vec<Arrival> = list
            .into_iter()
            .enumerate()
            .map(|(day, (month, content, mode))| Arrival { month, day: i64::try_from(day).unwrap_or_default(), content, mode })
            .collect();
        (Just(list.clone()), Just(list).prop_shuffle())
    })
}

proptest! {
    /// Changes count alike whichever way round they come.
    #[test]
    fn changes_converge_in_any_order((in_order, shuffled) in arrivals(&[DeliveryMode::Changes])) {
        prop_assert_eq!(settle(&in_order), settle(&shuffled));
    }

    /// So do changes with complete lists among them.
    #[test]
    fn changes_and_lists_converge_in_any_order((in_order, shuffled) in arrivals(&[DeliveryMode::Changes, DeliveryMode::Changes, DeliveryMode::Full])) {
        prop_assert_eq!(settle(&in_order), settle(&shuffled));
    }
}

/// Scenarios judge deliveries of every mode as a run does.
const SCENARIO: &str = r#"description = "Changes add, a deletion takes away, a list takes the place of all"
today = 2023-05-31

[defaults."feeds.registrations"]
case_number = "CN-1"
sex = "F"
nationality = "GIN"
registered_on = "2023-01-10"

[[deliveries]]
feed = "registrations"
office = "RAB"
period = "2023-01"
received = 2023-02-04
extract = '''
record_id | person_number | changed_at           | deleted
r-1       | 1             | 2023-01-10T09:00:00Z | I
r-2       | 2             | 2023-01-10T09:00:00Z | I
r-3       | 3             | 2023-01-10T09:00:00Z | I
'''

[[deliveries]]
feed = "registrations"
office = "RAB"
period = "2023-02"
received = 2023-03-04
extract = '''
record_id | person_number | changed_at           | deleted | registered_on
r-1       |               | 2023-02-10T09:00:00Z | D       |
r-2       | 2             | 2023-02-10T09:00:00Z | U       | 2023-01-12
'''

[[deliveries]]
feed = "registrations"
office = "CAS"
period = "2023-01"
received = 2023-02-05
rows = '''
record_id | person_id
r-1       | chidi
'''

[[deliveries]]
feed = "registrations"
office = "CAS"
period = "2023-02"
received = 2023-03-05
delivery = "full"
rows = '''
record_id | person_id
r-2       | dana
'''

[[deliveries]]
feed = "registrations"
office = "CAS"
period = "2023-01"
received = 2023-03-06
delivery = "full"
outcome = "outdated"
rows = '''
record_id | person_id
r-3       | efua
'''

[[expect]]
table = "feeds.registrations"
rows = '''
office | record_id | person_id | registered_on
RAB    | r-2       | CN-1-2    | 2023-01-12
RAB    | r-3       | CN-1-3    | 2023-01-10
CAS    | r-2       | dana      | 2023-01-10
'''

[[expect]]
table = "system.submissions"
rows = '''
office | period  | outcome  | rows_read | rows_loaded | is_current
RAB    | 2023-01 | loaded   | 3         | 3           | true
RAB    | 2023-02 | loaded   | 2         | 2           | true
CAS    | 2023-01 | loaded   | 1         | 1           | false
CAS    | 2023-02 | loaded   | 1         | 1           | true
CAS    | 2023-01 | outdated | 0         | 0           | false
'''
"#;

#[test]
fn scenarios_know_what_deliveries_hold() {
    let folder = changes();
    folder.write("tests/models/modes.toml", SCENARIO);
    let ran = folder.rihla(&["test"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
}
