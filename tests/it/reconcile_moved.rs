//! One accepted row taken out of one extract moves the published figures that count it, those alone, and is named.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::{Folder, Ran, repository, snapshot};

/// The real project without one row of an extract, loaded.
///
/// The row's person has no other movement in the fixtures, and its delivery is loaded and never revised.
fn without(extract: &str, record: &str) -> Folder {
    let truth: Value = serde_json::from_slice(&fs::read(repository("fixtures/TRUTH.json")).expect("TRUTH.json")).expect("JSON");
    let slots = truth["slots"].as_array().expect("slots").iter();
    let deliveries: Vec<&Value> =
        slots.map(|slot| &slot["deliveries"]).find(|all| all[0]["path"] == extract).and_then(Value::as_array).expect("a slot").iter().collect();
    assert!(deliveries.len() == 1 && deliveries[0]["outcome"] == "loaded", "the row counts: {deliveries:?}");

    let folder = Folder::real();
    let text = fs::read_to_string(folder.path(extract)).expect("a text file");
    let kept: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.starts_with(&format!("{record},"))).collect();
    assert_eq!(kept.len() + 1, text.lines().count(), "one line less");
    folder.write(extract, kept.concat());
    folder.rihla(&["run"]).ok();
    folder
}

/// The controls whose verdict is `verdict`, with what they differ by.
fn judged(ran: &Ran, verdict: &str) -> BTreeSet<(String, String, String)> {
    let value = ran.json();
    let controls = value["controls"].as_array().expect("controls").iter().filter(|control| control["verdict"] == verdict);
    controls
        .map(|control| {
            let word = |name: &str| control[name].as_str().expect("text").to_owned();
            (word("indicator"), word("dimension"), format!("{:.2}", control["difference"].as_f64().expect("a number")))
        })
        .collect()
}

fn moved(figures: &[(&str, &str, &str)]) -> BTreeSet<(String, String, String)> {
    figures.iter().map(|(indicator, dimension, difference)| ((*indicator).to_owned(), (*dimension).to_owned(), (*difference).to_owned())).collect()
}

/// Writes an explanation into the edition's file.
#[track_caller]
fn explain(folder: &Folder, indicator: &str, dimension: &str, explanation: &str) {
    let path = "fixtures/published/2023-H1.csv";
    let text = fs::read_to_string(folder.path(path)).expect("a text file");
    let start = format!("2023-H1,{indicator},{dimension},2023-H1,");
    let mut found = 0;
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.strip_suffix(",,").filter(|_| line.starts_with(&start)) {
            Some(line) => {
                found += 1;
                format!("{line},{explanation}\n")
            }
            None => format!("{line}\n"),
        })
        .collect();
    assert_eq!(found, 1, "{start}");
    folder.write(path, lines.concat());
}

const OUTBOUND: [(&str, &str, &str); 3] =
    [("returns_outbound", "total", "-1.00"), ("returns_outbound", "sadd_group=men", "-1.00"), ("returns_outbound", "country_of_origin=GIN", "-1.00")];

#[test]
fn a_man_less_who_returned_to_guinea_moves_three_figures_until_somebody_explains_them() {
    let folder = without("fixtures/extracts/RAB/2023-04-04/returns-2023-03.csv", "RAB-M-000863");
    let ran = folder.rihla(&["reconcile", "2023-H1"]);
    assert_eq!(ran.code, 1);
    snapshot("commands", "reconcile_moved", "an accepted outbound row is taken out of an extract", &ran.text());
    let ran = folder.rihla(&["reconcile", "2023-H1", "--json"]);
    assert_eq!((ran.code, judged(&ran, "differs")), (1, moved(&OUTBOUND)));
    assert!(judged(&ran, "missing").is_empty());
    let untouched = folder.rihla(&["reconcile", "2022"]);
    assert_eq!(untouched.code, 0, "2022 did not move: {}", untouched.text());

    for (indicator, dimension, _) in &OUTBOUND[..2] {
        explain(&folder, indicator, dimension, "-1,Data manager");
    }
    let ran = folder.rihla(&["reconcile", "2023-H1", "--json"]);
    assert_eq!((ran.code, judged(&ran, "differs")), (1, moved(&OUTBOUND[2..])), "a figure is not explained yet");
    explain(&folder, OUTBOUND[2].0, OUTBOUND[2].1, "-2,Data manager");
    let ran = folder.rihla(&["reconcile", "2023-H1", "--json"]);
    assert_eq!((ran.code, judged(&ran, "differs")), (1, moved(&OUTBOUND[2..])), "another difference was explained");
    folder.replace("fixtures/published/2023-H1.csv", "-2,Data manager", "-1,Data manager");
    let ran = folder.rihla(&["reconcile", "2023-H1"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
    snapshot("commands", "reconcile_explained", "every difference is explained and approved", &ran.text());
    let ran = folder.rihla(&["reconcile", "2023-H1", "--json"]);
    assert_eq!((judged(&ran, "explained"), judged(&ran, "differs")), (moved(&OUTBOUND), moved(&[])));
}

#[test]
fn a_man_less_who_returned_from_germany_moves_the_total_the_men_the_change_and_the_cohort() {
    let folder = without("fixtures/extracts/BER/2023-04-08/returns-2023-03.csv", "BER-M-000203");
    let ran = folder.rihla(&["reconcile", "2023-H1", "--json"]);
    let figures = [
        ("returns_inbound", "total", "-1.00"),
        ("returns_inbound", "sadd_group=men", "-1.00"),
        // 307 on 239 is 28.45 percent, published was 29.
        ("returns_inbound_change_percent", "total", "-0.55"),
        // He was counselled on arrival: who did not return is in no cohort of those who did.
        ("counselling_inbound", "total", "-1.00"),
    ];
    assert_eq!((ran.code, judged(&ran, "differs")), (1, moved(&figures)));
}

/// What is published rounded is explained rounded: 28 for 29 is a difference of -1.
#[test]
fn a_rounded_figure_is_explained_as_it_is_published() {
    let folder = without("fixtures/extracts/BER/2023-04-08/returns-2023-03.csv", "BER-M-000203");
    explain(&folder, "returns_inbound", "total", "-1,Data manager");
    explain(&folder, "returns_inbound", "sadd_group=men", "-1,Data manager");
    explain(&folder, "returns_inbound_change_percent", "total", "-1,Data manager");
    explain(&folder, "counselling_inbound", "total", "-1,Data manager");
    let ran = folder.rihla(&["reconcile", "2023-H1"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
}

/// The real project with three control totals at fault.
fn faulty_totals() -> Folder {
    let folder = Folder::real();
    explain(&folder, "returns_outbound", "total", "-1,");
    explain(&folder, "returns_outbound", "sadd_group=men", "one,Data manager");
    folder.replace("fixtures/published/2022.csv", "2022-H1,=,239", "2022-H1,==,239");
    folder
}

#[test]
fn an_explanation_that_nobody_approved_is_a_fault_with_its_place() {
    let folder = faulty_totals();
    folder.rihla(&["run"]).ok();
    let ran = folder.rihla(&["reconcile", "2023-H1"]);
    assert_eq!(ran.code, 1);
    // All faults of all editions at once, each with its file and line.
    for place in ["published/2023-H1.csv:7:1", "published/2023-H1.csv:8:1", "published/2022.csv:15:1"] {
        assert!(ran.stderr.contains(place), "{place}: {}", ran.text());
    }
    snapshot("commands", "reconcile_faulty_totals", "control totals: not approved, no number, no operator", &ran.text());
}

#[test]
fn check_shows_faults_of_control_totals() {
    let ran = faulty_totals().rihla(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stderr.contains("published/2023-H1.csv:7:1"), "{}", ran.text());
}
