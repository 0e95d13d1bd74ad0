//! Keys of feeds that refer to other feeds: nothing is kept out for them, and what refers to nothing is told, counted by
//! `rihla run` and listed by `rihla audit`.

use serde_json::Value;

use crate::support::{Folder, LABELS, ROWS, assert_nobody, comma_csv, snapshot};

const VISITS: &str = "schemas/visits.json";
const PERSON: &str = r#"{"fields": ["case_number", "person_number"], "reference": {"resource": "registrations", "fields": ["case_number", "person_number"]}}"#;
const RECORD: &str = r#"{"fields": "registration", "reference": {"resource": "registrations", "fields": "record_id"}}"#;

/// The small project with a second feed, whose schema has these keys; nothing was sent yet.
fn folder(keys: &str) -> Folder {
    let folder = Folder::bare();
    let schema = std::fs::read_to_string(folder.path("schemas/registrations.json")).expect("a schema");
    let schema = schema.replace("\"description\": \"A person registering\"", &format!("\"description\": \"A visit\",\n  \"foreignKeys\": [{keys}]"));
    folder
        .write(VISITS, schema.replace("  \"fields\": [\n", "  \"fields\": [\n    {\"name\": \"registration\", \"rihla\": {\"labels\": [\"Inscription\"]}},\n"));
    folder.write(
        "pipelines/visits.toml",
        "feed = \"visits\"\nrequired = true\ntolerance = 0.25\nschedule = { cron = \"0 6 * * *\" }\n\n[[sources]]\noffices = [\"RAB\"]\n\
         url = \"in/{office}/{received}/visits-{period}.csv\"\ncsv = { delimiter = \",\", encoding = \"utf-8\" }\ndates = [\"%Y-%m-%d\"]\n\
         datetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]\n",
    );
    folder
}

/// Visits of the people of [`ROWS`]; `lost` of them, from the end, name cases that nobody registered.
fn visits(registrations: [&str; 4], lost: usize) -> String {
    let mut text = format!("Inscription,{}\n", LABELS.join(","));
    for (place, (registration, row)) in registrations.iter().zip(ROWS).enumerate() {
        let mut cells = row;
        if place + lost >= ROWS.len() {
            cells[1] = "CN-77799";
        }
        text.push_str(&format!("{registration},{}\n", cells.join(",")));
    }
    text
}

fn sent(keys: &str, registrations: [&str; 4], lost: usize) -> Folder {
    let folder = folder(keys);
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS));
    folder.write("in/RAB/2023-02-04/visits-2023-01.csv", visits(registrations, lost));
    folder
}

fn audits(folder: &Folder) -> Vec<Value> {
    let audit = folder.rihla(&["audit", "feeds.visits", "--json"]).ok();
    audit.json()["tests"].as_array().expect("tests").clone()
}

#[test]
fn a_row_that_refers_to_nothing_is_told_and_kept() {
    let folder = sent(&format!("{PERSON}, {RECORD}"), ["r-1", "r-2", "r-9", ""], 1);
    let run = folder.rihla(&["run"]);
    assert_eq!(run.code, 0, "a warning stops nothing: {}", run.said());
    let audit = folder.rihla(&["audit", "feeds.visits"]).ok();
    // Pseudonyms are of the folder's key, which is the same in every run.
    snapshot("keys_across", "told", "rihla run; rihla audit feeds.visits", &format!("{}\n{}", run.text(), audit.text()));
    assert_eq!(folder.loaded("visits").len(), 4, "nothing is kept out");
    let audits = audits(&folder);
    let failures: Vec<_> = audits.iter().map(|audit| (audit["failures"].as_u64(), audit["severity"].as_str(), audit["passes"].as_bool())).collect();
    assert_eq!(failures, [(Some(1), Some("warn"), Some(false)), (Some(1), Some("warn"), Some(false))]);
    let row = &audits[1]["rows"][0];
    let told = ["office", "period", "source_path", "source_sheet", "source_row", "registration"].map(|column| row[column].clone());
    assert_eq!(Value::from(told.to_vec()), serde_json::json!(["RAB", "2023-01", "in/RAB/2023-02-04/visits-2023-01.csv", null, 4, "r-9"]));
    let person = audits[0]["rows"][0].as_object().expect("a row");
    assert!(person.contains_key("case_id") && person.contains_key("person_id") && !person.contains_key("case_number"), "{person:?}");
    for said in [run.said(), audit.said(), Value::from(audits.clone()).to_string()] {
        assert_nobody(&said);
    }
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed"));
}

#[test]
fn which_feed_arrives_first_decides_nothing() {
    let folder = folder(PERSON);
    folder.write("in/RAB/2023-02-04/visits-2023-01.csv", visits(["r-1", "r-2", "r-3", "r-4"], 0));
    folder.rihla(&["run"]);
    assert_eq!(audits(&folder)[0]["failures"], 4, "nobody is registered yet");
    folder.write("in/RAB/2023-02-05/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    folder.rihla(&["run"]).ok();
    let audits = audits(&folder);
    assert_eq!((audits[0]["failures"].as_u64(), audits[0]["rows"][0]["source_row"].as_u64()), (Some(1), Some(5)));
}

#[test]
fn rows_are_current_on_both_sides() {
    let folder = sent(RECORD, ["r-1", "r-2", "r-3", "r-4"], 0);
    folder.rihla(&["run"]).ok();
    assert_eq!(audits(&folder)[0]["passes"], true);
    // A later revision of the month has no record r-4, and one of the visits no longer refers to r-3.
    folder.write("in/RAB/2023-03-04/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    folder.write("in/RAB/2023-03-04/visits-2023-01.csv", visits(["r-1", "r-2", "r-2", "r-4"], 0));
    folder.rihla(&["run"]).ok();
    let audits = audits(&folder);
    assert_eq!((audits[0]["failures"].as_u64(), audits[0]["rows"][0]["registration"].as_str()), (Some(1), Some("r-4")));
}

#[test]
fn rows_of_another_state_are_not_shown() {
    let folder = sent(RECORD, ["r-1", "r-2", "r-9", "r-9"], 0);
    folder.rihla(&["run"]).ok();
    folder.replace(VISITS, "\"fields\": \"record_id\"", "\"fields\": \"nationality\"");
    let audit = folder.rihla(&["audit", "feeds.visits"]).ok();
    assert!(audit.stdout.contains("the feeds are not as they were when this was audited: `rihla run` tests it anew"), "{}", audit.said());
    let unknown = folder.rihla(&["audit", "feeds.visit"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("feeds.visits"), "{}", unknown.said());
}

macro_rules! faulty {
    ($($name:ident, $story:literal, $keys:expr;)*) => {
        $(#[test] fn $name() {
            let folder = folder($keys);
            let checked = folder.rihla(&["check"]);
            snapshot("keys_across", stringify!($name), $story, &checked.text());
            assert_eq!((checked.code, checked.stdout.as_str()), (1, ""), "{}", checked.text());
        })*
    };
}

faulty! {
    a_feed_that_does_not_exist, "a key to `registration`", &RECORD.replace("\"registrations\"", "\"registration\"");
    a_field_that_the_other_feed_lacks, "a key to `record`", &RECORD.replace("record_id", "record");
    fields_of_two_types, "a text that refers to a number", &RECORD.replace("record_id", "person_number");
    as_many_fields_on_both_sides, "one field that refers to two", &RECORD.replace("\"record_id\"", "[\"record_id\", \"nationality\"]");
    a_protected_field, "a birth date that refers to a birth date, and a name to a name", r#"{"fields": "birth_date", "reference": {"resource": "registrations", "fields": "birth_date"}}, {"fields": "full_name", "reference": {"resource": "registrations", "fields": "full_name"}}"#;
    a_protected_field_of_the_other_feed, "an open field that refers to a name", &RECORD.replace("record_id", "full_name");
    a_pseudonym_and_an_open_field, "an open field that refers to a case", &RECORD.replace("record_id", "case_number");
    a_person_without_the_case, "a person's number alone", r#"{"fields": "person_number", "reference": {"resource": "registrations", "fields": "person_number"}}"#;
}
