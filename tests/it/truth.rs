//! The load against an independent witness: the generator wrote what every delivery holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::support::{Row, loaded, repository};

/// What the generator says of its fixtures.
pub fn truth() -> Value {
    let text = std::fs::read_to_string(repository("fixtures/TRUTH.json")).expect("TRUTH.json");
    serde_json::from_str(&text).expect("TRUTH.json is JSON")
}

/// What TRUTH.json says of a delivery, said by the warehouse.
fn delivery(submission: &Row, set_aside: &[&Row]) -> Value {
    let received = submission["received_at"].as_str().expect("an instant");
    let rows: Map<String, Value> = ["read", "loaded", "superseded", "quarantined", "excluded", "refused"]
        .into_iter()
        .map(|name| (name.to_owned(), submission[&format!("rows_{name}")].clone()))
        .collect();
    json!({
        "received": received[..10],
        "path": submission["path"],
        "outcome": submission["outcome"],
        "revision": submission["revision"],
        "rows": rows,
        "faults": counted(set_aside, "quarantined", |row| format!("{}/{}", word(row, "error"), word(row, "rule"))),
        "excluded": counted(set_aside, "excluded", |row| word(row, "rule").to_owned()),
    })
}

fn counted(set_aside: &[&Row], outcome: &str, name: impl Fn(&Row) -> String) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in set_aside.iter().filter(|row| row["outcome"] == outcome) {
        *counts.entry(name(row)).or_default() += 1;
    }
    counts
}

/// The text in a column that holds one in every row.
pub fn word<'r>(row: &'r Row, column: &str) -> &'r str {
    row[column].as_str().unwrap_or_else(|| panic!("text in {column}"))
}

#[test]
fn every_delivery_became_what_the_truth_says() {
    let (submissions, set_aside) = loaded().tables();
    let mut aside: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &set_aside {
        aside.entry(word(row, "submission_id")).or_default().push(row);
    }
    let mut found: BTreeMap<(String, String), Value> = BTreeMap::new();
    for submission in &submissions {
        let slot = format!("{} {} {}", word(submission, "feed"), word(submission, "office"), word(submission, "period"));
        let rows = aside.get(word(submission, "submission_id")).map_or(&[][..], Vec::as_slice);
        let told = delivery(submission, rows);
        assert!(found.insert((slot, word(submission, "path").to_owned()), told).is_none(), "{} is known twice", submission["path"]);
    }
    let truth = truth();
    let mut wanted: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for slot in truth["slots"].as_array().expect("slots") {
        let name = format!("{} {} {}", slot["feed"].as_str().unwrap(), slot["office"].as_str().unwrap(), slot["period"].as_str().unwrap());
        for delivery in slot["deliveries"].as_array().expect("deliveries") {
            wanted.insert((name.clone(), delivery["path"].as_str().expect("a path").to_owned()), delivery);
        }
    }
    let paths = |keys: BTreeSet<&(String, String)>| keys.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(paths(found.keys().collect()), paths(wanted.keys().collect()));
    let wrong: Vec<String> =
        wanted.iter().filter(|(key, told)| found[*key] != ***told).map(|(key, told)| format!("{key:?}\n  truth {told}\n  load  {}", found[key])).collect();
    assert!(wrong.is_empty(), "{} deliveries became something else:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_row_set_aside_belongs_to_a_submission_and_says_why() {
    let (submissions, set_aside) = loaded().tables();
    let known: BTreeSet<&str> = submissions.iter().map(|row| word(row, "submission_id")).collect();
    for row in &set_aside {
        assert!(known.contains(word(row, "submission_id")), "{row:?}");
        assert!(!word(row, "message").is_empty(), "{row:?}");
    }
    let lines: u64 = submissions.iter().map(|row| row["set_aside_lines"].as_u64().expect("a count")).sum();
    assert_eq!(lines, set_aside.len() as u64);
}

#[test]
fn slots_never_sent_are_missing_and_no_others() {
    let (mut missing, mut revisions) = (BTreeSet::new(), BTreeMap::new());
    for row in loaded().released("completeness") {
        let slot = (word(&row, "feed").to_owned(), word(&row, "office").to_owned(), word(&row, "period").to_owned());
        assert_eq!(row["expected"], 1, "{slot:?} was not owed");
        if row["received"] == 0 {
            missing.insert(slot.clone());
        }
        revisions.insert(slot, row["revisions"].as_u64().expect("a count"));
    }
    let truth = truth();
    let (mut never_sent, mut loaded) = (BTreeSet::new(), BTreeMap::new());
    for slot in truth["slots"].as_array().expect("slots") {
        let name = ["feed", "office", "period"].map(|part| slot[part].as_str().expect("a name").to_owned());
        let name: (String, String, String) = name.into();
        let deliveries = slot["deliveries"].as_array().expect("deliveries");
        if deliveries.is_empty() {
            never_sent.insert(name.clone());
        }
        loaded.insert(name, deliveries.iter().filter(|delivery| delivery["outcome"] == "loaded").count() as u64);
    }
    assert!(!never_sent.is_empty(), "the fixtures hold a slot that was never sent");
    assert_eq!(missing, never_sent);
    assert_eq!(revisions, loaded);
}
