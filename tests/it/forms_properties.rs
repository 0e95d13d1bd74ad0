//! What must hold of the readers of form systems' exports for any bytes: no panic, no row lost.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rihla::validate::Validated;
use serde_json::{Value, json};

use crate::forms::{judge, judge_pages, kobo_line, odk_main, odk_persons, page, zip};

/// Every office of the project, each with an export of its own.
const OFFICES: [&str; 8] = ["AGA", "TNG", "LAA", "RAB", "OUJ", "CAS", "MRK", "BER"];

/// Rows read are rows to load and rows set aside, each once, each with a reason.
fn conserved(read: u64, validated: &Validated) {
    assert_eq!(read, (validated.good.len() + validated.aside.len()) as u64);
    assert!(validated.aside.iter().all(|row| !row.reasons.is_empty()));
    let good = validated.good.sheets.iter().zip(&validated.good.rows).map(|(sheet, row)| (sheet.clone(), *row));
    let places: BTreeSet<_> = good.chain(validated.aside.iter().map(|row| (row.sheet.clone(), row.row))).collect();
    assert_eq!(places.len() as u64, read, "two outcomes for one row");
}

/// A cell as offices write it, or worse.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::select(vec!["1", "0", "health", "health documents", "uuid:1", "uuid:2", "Approved", "Not Approved", "#date+start", "2023-01-03"])
            .prop_map(str::to_owned),
        "[ -~]{0,8}",
        "\\PC{0,6}",
        Just("a\nb".to_owned()),
    ]
}

/// The labels of a CSV with choices, in which only the review is always empty.
const LABELS: [&str; 10] = [
    "g/record_id",
    "g/case_number",
    "g/person_number",
    "g/sex",
    "g/birth_date",
    "g/topics",
    "g/topics/health",
    "g/topics/documents",
    "g/held_on",
    "g/changed_at",
];

fn quoted(cells: &[String]) -> String {
    cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",") + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// A Kobo CSV of any cells: every row that was written is read, blank ones left out.
    #[test]
    fn every_row_with_choices_has_one_outcome(rows in prop::collection::vec(prop::collection::vec(cell(), LABELS.len()), 0..12)) {
        let mut text = kobo_line(&[&LABELS[..], &["_validation_status"]].concat());
        for cells in &rows {
            let cells: Vec<&str> = cells.iter().map(String::as_str).chain([""]).collect();
            text += &kobo_line(&cells);
        }
        let written = rows.iter().filter(|cells| cells.iter().any(|cell| !cell.trim().is_empty())).count();
        match judge("AGA", text) {
            Ok((read, validated)) => {
                prop_assert_eq!(read, written as u64);
                conserved(read, &validated);
            }
            Err(refusal) => prop_assert!(refusal.error == "format-error" || refusal.error == "encoding-error", "{}", refusal),
        }
    }

    /// An archive of any parents and persons: every person is read, and every parent that none of them names.
    #[test]
    fn no_person_of_a_repeat_group_is_lost(parents in prop::collection::vec(cell(), 0..6), persons in prop::collection::vec((cell(), cell()), 0..12)) {
        let (mut main, mut inner) = (odk_main(&[]), odk_persons(&[]));
        for key in &parents {
            main += &quoted(&["x", "2023-01-03", "", "", "", "2023-01-03T09:00:00.000Z", key, "x", ""].map(str::to_owned));
        }
        for (number, parent) in &persons {
            inner += &quoted(&["CN-77701", number, "x", "F", "1987-06-01", parent, "k"].map(str::to_owned));
        }
        let keys: Vec<&str> = parents.iter().map(|key| key.trim()).filter(|key| !key.is_empty()).collect();
        let is_ambiguous = keys.iter().collect::<BTreeSet<_>>().len() < keys.len();
        match judge("LAA", zip(&[("sessions.csv", &main), ("sessions-personnes.csv", &inner)])) {
            Ok((read, validated)) => {
                prop_assert!(!is_ambiguous);
                let named: BTreeSet<&str> = persons.iter().map(|(_, parent)| parent.trim()).collect();
                let alone = parents.iter().filter(|key| key.trim().is_empty() || !named.contains(key.trim())).count();
                prop_assert_eq!(read, (persons.len() + alone) as u64);
                conserved(read, &validated);
            }
            Err(refusal) => prop_assert!(is_ambiguous || refusal.error == "encoding-error", "{}", refusal),
        }
    }

    /// Pages in any order of any records: all are read, or the delivery is refused for what it says of its pages.
    #[test]
    fn every_record_of_every_page_has_one_outcome(pages in prop::collection::vec((prop::collection::vec(cell(), 0..4), 0_usize..5), 1..4), count in 0_u64..8) {
        let record = |id: &String| json!({"record_id": id, "case_number": "CN-1", "person_number": 1, "sex": "F", "birth_date": null, "topics": id, "held_on": "2023-01-03", "changed_at": "2023-01-03T09:00:00Z", "_validation_status": {}});
        let names: Vec<String> = (1..=pages.len()).map(|number| format!("page-{number}.json")).collect();
        let files: Vec<(&str, Vec<u8>)> = pages.iter().enumerate().map(|(index, (ids, next))| {
            let records: Vec<Value> = ids.iter().map(record).collect();
            (names[index].as_str(), page(count, names.get(*next).map(String::as_str), &records))
        }).collect();
        let written: usize = pages.iter().map(|(ids, _)| ids.len()).sum();
        match judge_pages("RAB", &files) {
            Ok((read, validated)) => {
                prop_assert_eq!((read, read), (written as u64, count));
                conserved(read, &validated);
            }
            Err(refusal) => prop_assert!(["page-error", "encoding-error"].contains(&refusal.error), "{}", refusal),
        }
    }

    /// JSON of any shape to both readers of documents.
    #[test]
    fn any_json_is_refused_or_adds_up(values in prop::collection::vec(prop_oneof![cell().prop_map(Value::from), any::<f64>().prop_map(Value::from), Just(json!([])), Just(json!({"uid": 1})), Just(Value::Null), Just(json!([{"sex": "F"}, 1]))], 8)) {
        let keys = ["record_id", "sex", "topics", "personnes", "a/personnes", "_validation_status", "held_on", "results"];
        let record: serde_json::Map<String, Value> = keys.iter().map(|key| (*key).to_owned()).zip(values).collect();
        for (office, document) in [("OUJ", json!([record])), ("RAB", json!({"next": null, "results": [record]}))] {
            if let Ok((read, validated)) = judge(office, document.to_string()) {
                conserved(read, &validated);
            }
        }
    }

    /// Any bytes at all, to every reader.
    #[test]
    fn any_bytes_are_refused_or_add_up(bytes in prop::collection::vec(any::<u8>(), 0..300), office in prop::sample::select(OFFICES.to_vec())) {
        if let Ok((read, validated)) = judge(office, bytes) {
            conserved(read, &validated);
        }
    }

    /// A sound archive with some bytes changed.
    #[test]
    fn a_damaged_archive_is_refused_or_adds_up(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let main = odk_main(&[("uuid:1", "health", ["1", "0"], ""), ("uuid:2", "", ["", ""], "rejected")]);
        let mut bytes = zip(&[("sessions.csv", &main), ("sessions-personnes.csv", &odk_persons(&[("1", "uuid:1"), ("2", "uuid:2")]))]);
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok((read, validated)) = judge("LAA", bytes) {
            conserved(read, &validated);
        }
    }
}
