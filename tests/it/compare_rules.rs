//! The rules of comparison: changes, percentages, points, small bases, provisional and restated figures, like for like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::{Map, Value};

use crate::support::{Folder, NOW, Row, loaded, repository};

/// A comparison on a project, as JSON. Goes past the folder's own clock, since some tests ask often.
#[track_caller]
fn compared(folder: &Folder, table: &str, current: &str, prior: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rihla"))
        .env_clear()
        .env("RIHLA_KEY_FILE", folder.key())
        .env("RIHLA_NOW", NOW)
        .arg("--project")
        .arg(folder.path(""))
        .args(["--json", "compare", table, current, prior])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A measure of every line, by the values of the line's key.
fn lines(comparison: &Value, measure: &str) -> BTreeMap<Vec<String>, Value> {
    let lines = comparison["lines"].as_array().expect("lines").iter();
    lines.map(|line| (values(line["key"].as_object().expect("a key")), line["measures"][measure].clone())).collect()
}

fn values(key: &Map<String, Value>) -> Vec<String> {
    key.values().map(|value| value.as_str().expect("text").to_owned()).collect()
}

/// What a released table says of a measure in a period, by some columns.
fn released(folder: &Folder, table: &str, measure: &str, by: &[&str], period: &str) -> BTreeMap<Vec<String>, f64> {
    let rows: Vec<Row> = folder.released(table).into_iter().filter(|row| row["period"] == period).collect();
    let cell = |row: &Row, column: &str| row[column].as_str().expect("text").to_owned();
    rows.iter().map(|row| (by.iter().map(|column| cell(row, column)).collect(), row[measure].as_f64().expect("a number"))).collect()
}

fn same(left: f64, right: &Value) -> bool {
    right.as_f64().is_some_and(|right| (left - right).abs() < 1e-9)
}

#[test]
fn changes_and_percentages_are_those_of_the_released_figures() {
    let (mut nothing_before, mut small, mut large, mut nobody_now) = (0, 0, 0, 0);
    for (table, by) in
        [("returns_outbound_by_country", &["country_of_origin"][..]), ("returns_outbound_by_sadd", &["sadd_group"]), ("returns_outbound_total", &[])]
    {
        for (current, prior) in [("2023-H1", "2022-H1"), ("2023-02", "2022-02")] {
            let (now, before) = (released(loaded(), table, "persons", by, current), released(loaded(), table, "persons", by, prior));
            let found = lines(&compared(loaded(), table, current, prior), "persons");
            let keys: BTreeSet<&Vec<String>> = now.keys().chain(before.keys()).collect();
            assert_eq!(found.keys().collect::<BTreeSet<_>>(), keys, "{table}: the lines of either period");
            for (key, figure) in &found {
                let (now, before) = (now.get(key).copied().unwrap_or(0.0), before.get(key).copied().unwrap_or(0.0));
                let place = format!("{table} {current} {prior} {key:?}: {figure}");
                assert!(same(now, &figure["current"]) && same(before, &figure["prior"]) && same(now - before, &figure["change"]), "{place}");
                if before == 0.0 {
                    assert!(figure["percent"].is_null() && figure["small_base"] == false, "no percentage of nothing: {place}");
                } else {
                    assert!(same((now - before) / before * 100.0, &figure["percent"]), "{place}");
                    assert_eq!(figure["small_base"], before < 20.0, "{place}");
                }
                nothing_before += usize::from(before == 0.0 && now > 0.0);
                nobody_now += usize::from(before > 0.0 && now == 0.0);
                small += usize::from(before > 0.0 && before < 20.0);
                large += usize::from(before >= 20.0);
            }
        }
    }
    assert!(nothing_before > 0 && nobody_now > 0 && small > 0 && large > 0, "the fixtures hold every case");
}

#[test]
fn shares_change_in_points_and_have_no_percentage() {
    let (current, prior) = ("2023-H1", "2022-H1");
    let now = released(loaded(), "returns_outbound_by_country", "share_percent", &["country_of_origin"], current);
    let before = released(loaded(), "returns_outbound_by_country", "share_percent", &["country_of_origin"], prior);
    let found = lines(&compared(loaded(), "returns_outbound_by_country", current, prior), "share_percent");
    for (key, figure) in &found {
        assert!(figure["percent"].is_null() && figure["small_base"] == false, "{key:?}: {figure}");
        if let (Some(now), Some(before)) = (now.get(key), before.get(key)) {
            assert!(same(now - before, &figure["change"]), "{key:?}: {figure}");
        }
    }
    let said = loaded().rihla(&["compare", "returns_outbound_by_country", current, prior]).ok().stdout;
    let shares = said.split("\nShare, % (").nth(1).expect("a table of shares");
    assert!(shares.contains("POINTS") && !shares.contains(" % "), "{said}");
}

/// The tables say that no row means nobody: a share of nobody is nought.
#[test]
fn the_share_of_nobody_is_nought() {
    let found = lines(&compared(loaded(), "returns_outbound_by_country", "2023-H1", "2022-H1"), "share_percent");
    for (key, figure) in &found {
        assert!(figure["change"].is_number(), "{key:?}: {figure}");
    }
}

/// Months for which the truth has no report of an office, by feed.
fn never_sent() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let truth: Value = serde_json::from_slice(&fs::read(repository("fixtures/TRUTH.json")).expect("TRUTH.json")).expect("JSON");
    let mut missing: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for slot in truth["slots"].as_array().expect("slots").iter().filter(|slot| slot["deliveries"].as_array().is_some_and(Vec::is_empty)) {
        let word = |name: &str| slot[name].as_str().expect("text").to_owned();
        missing.entry(word("feed")).or_default().insert((word("office"), word("period")));
    }
    missing
}

fn is_provisional(comparison: &Value, side: &str) -> bool {
    let marks: BTreeSet<bool> = comparison["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .flat_map(|line| line["measures"].as_object().expect("measures").values())
        .map(|figure| figure["marks"][side]["provisional"].as_bool().expect("a mark"))
        .collect();
    assert_eq!(marks.len(), 1, "a period is provisional for every figure or for none");
    marks.contains(&true)
}

#[test]
fn provisional_is_what_still_lacks_a_report_of_those_it_rests_on() {
    let missing = never_sent();
    assert_eq!(missing["returns"], BTreeSet::from([("ANK".to_owned(), "2022-02".to_owned())]));
    assert_eq!(missing["registrations"], BTreeSet::from([("LAA".to_owned(), "2022-03".to_owned())]));
    for (table, period, wanted) in [
        ("returns_inbound_total", "2022-01", false),
        ("returns_inbound_total", "2022-02", true),
        ("returns_inbound_total", "2022-Q1", true),
        ("returns_inbound_total", "2022-Q2", false),
        ("returns_inbound_by_sadd", "2022-H1", true),
        ("returns_inbound_total", "2022", true),
        // Ankara sends no outbound returns, and Laâyoune lacks registrations alone.
        ("returns_outbound_total", "2022-Q1", false),
        ("registrations_total", "2022-02", false),
        ("registrations_by_sadd", "2022-03", true),
        ("registrations_total", "2022-Q1", true),
        // Half the year has come.
        ("returns_outbound_total", "2023", true),
    ] {
        let against = if period == "2023" { "2022".to_owned() } else { period.replace("2022", "2023") };
        let comparison = compared(loaded(), table, period, &against);
        assert_eq!(is_provisional(&comparison, "current"), wanted, "{table} {period}: {}", comparison["coverage"]);
    }
}

/// What lies before the case files will never be due: it is not to come.
#[test]
fn nothing_is_awaited_that_will_never_come() {
    for (table, current, prior) in [("returns_outbound_total", "2023-H1", "2019-H1"), ("reporting_rates", "2023-H1", "2022-H1")] {
        let ran = loaded().rihla(&["compare", table, current, prior]);
        assert!(!ran.stdout.contains("not due yet"), "{}", ran.text());
    }
}

/// The figures of a comparison that are marked restated: line, measure, side.
fn restated(comparison: &Value) -> BTreeSet<(String, String, &'static str)> {
    let mut found = BTreeSet::new();
    for line in comparison["lines"].as_array().expect("lines") {
        let key = values(line["key"].as_object().expect("a key")).join(" ");
        for (measure, figure) in line["measures"].as_object().expect("measures") {
            for side in ["current", "prior"] {
                if figure["marks"][side]["restated"] == true {
                    found.insert((key.clone(), measure.clone(), side));
                }
            }
        }
    }
    found
}

fn figures(list: &[(&str, &str, &'static str)]) -> BTreeSet<(String, String, &'static str)> {
    list.iter().map(|(key, measure, side)| ((*key).to_owned(), (*measure).to_owned(), *side)).collect()
}

/// A release, then a second with a correction of a closed month and a report that had not come.
#[test]
fn restated_is_what_a_release_with_every_report_said_otherwise() {
    let folder = Folder::real();
    folder.rihla(&["run"]).ok();
    let first = compared(&folder, "returns_outbound_by_country", "2023-H1", "2022-H1");
    assert!(restated(&first).is_empty(), "a first release restates nothing");

    // Rabat sends March 2023 again without a man who returned to Guinea.
    let text = fs::read_to_string(folder.path("fixtures/extracts/RAB/2023-04-04/returns-2023-03.csv")).expect("a text file");
    let kept: String = text.split_inclusive('\n').filter(|line| !line.starts_with("RAB-M-000863,")).collect();
    assert_ne!(kept, text);
    folder.write("fixtures/extracts/RAB/2023-07-19/returns-2023-03.csv", kept);
    // Ankara sends February 2022 at last: one man.
    let header = "record_id,case_number,person_number,sex,birth_date,direction,departed_on,host_country,country_of_origin,escort,return_type,changed_at";
    let labels = fs::read_to_string(folder.path("fixtures/extracts/ANK/2022-02-04/returns-2022-01.csv")).expect("a text file");
    let cell = |label: &str| match label {
        "record_id" => "ANK-M-990001",
        "case_number" => "TR-990001",
        "person_number" => "1",
        "sex" => "M",
        "birth_date" => "1990-01-01",
        "direction" => "inbound",
        "departed_on" => "2022-02-10",
        "host_country" => "TUR",
        "escort" => "false",
        "return_type" => "voluntary",
        "changed_at" => "2022-02-20T08:00:00Z",
        _ => "",
    };
    let labels: Vec<&str> = labels.trim_start_matches('\u{feff}').trim_end().split(',').collect();
    assert!(header.split(',').all(|label| labels.contains(&label)), "{labels:?}");
    let row: Vec<&str> = labels.iter().map(|label| cell(label)).collect();
    folder.write("fixtures/extracts/ANK/2023-07-20/returns-2022-02.csv", format!("{}\n{}\n", labels.join(","), row.join(",")));
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 2"), "{}", ran.text());

    let persons = |comparison: &Value| restated(comparison).into_iter().filter(|(_, measure, _)| measure == "persons").collect::<BTreeSet<_>>();
    let compared_now = |table: &str, current: &str, prior: &str| compared(&folder, table, current, prior);
    for (current, prior, side) in [("2023-H1", "2022-H1", "current"), ("2023-03", "2022-03", "current"), ("2023-02", "2023-03", "prior")] {
        let by_country = compared_now("returns_outbound_by_country", current, prior);
        assert_eq!(persons(&by_country), figures(&[("GIN", "persons", side)]), "{current} {prior}");
        // One person less in all moves every country's share, in that period alone.
        assert!(restated(&by_country).iter().all(|(_, _, marked)| *marked == side), "{current} {prior}");
    }
    assert!(restated(&compared_now("returns_outbound_by_country", "2023-02", "2022-02")).is_empty(), "another month was not corrected");
    assert_eq!(
        restated(&compared_now("returns_outbound_by_sadd", "2023-H1", "2022-H1"))
            .into_iter()
            .filter(|(_, measure, _)| measure != "share_percent")
            .collect::<BTreeSet<_>>(),
        figures(&[("men", "movements", "current"), ("men", "persons", "current")])
    );
    assert!(restated(&compared_now("registrations_by_sadd", "2023-H1", "2022-H1")).is_empty(), "no registration was corrected");

    // What was provisional is not restated when its last report comes, and is no longer provisional.
    let (before, now) = (compared(loaded(), "returns_inbound_total", "2023-H1", "2022-H1"), compared_now("returns_inbound_total", "2023-H1", "2022-H1"));
    assert!(is_provisional(&before, "prior") && !is_provisional(&now, "prior"));
    assert_eq!(lines(&now, "persons")[&vec![]]["prior"].as_f64(), lines(&before, "persons")[&vec![]]["prior"].as_f64().map(|persons| persons + 1.0));
    assert!(restated(&now).is_empty(), "{now}");
    assert!(now["like_for_like_offices"].is_null(), "every office reported in both periods now");

    let said = folder.rihla(&["compare", "returns_outbound_by_country", "2023-H1", "2022-H1"]).ok().stdout;
    let persons = said.split("\nShare, % (").next().expect("a table of persons");
    let marked: Vec<&str> = persons.lines().filter(|line| line.contains(" r ")).collect();
    assert!(marked.len() == 1 && marked[0].starts_with("Guinea "), "{said}");
    assert!(said.contains("r restated: an earlier release said something else"), "{said}");
}

/// Like for like is what the tables would say had the other offices never reported.
#[test]
fn like_for_like_is_what_the_same_offices_alone_would_give() {
    let alone = Folder::real();
    let mut taken = 0;
    for (office, feed) in [("ANK", "returns"), ("LAA", "registrations")] {
        for path in alone.files("fixtures/extracts").into_keys().filter(|path| path.starts_with(office) && path.contains(&format!("/{feed}-"))) {
            fs::remove_file(alone.path("fixtures/extracts").join(path)).expect("a file taken away");
            taken += 1;
        }
    }
    assert!(taken > 30, "{taken} deliveries taken away");
    alone.rihla(&["run"]).ok();

    for (table, by, current, prior) in [
        ("returns_inbound_total", &[][..], "2023-H1", "2022-H1"),
        ("returns_inbound_by_sadd", &["sadd_group"], "2023-H1", "2022-H1"),
        ("returns_inbound_by_country", &["host_country"], "2023-Q1", "2022-Q1"),
        ("registrations_total", &[], "2023-Q1", "2022-Q1"),
        ("registrations_by_sadd", &["sadd_group"], "2023-Q1", "2022-Q1"),
        ("registrations_by_channel", &["channel", "sadd_group"], "2023-H1", "2022-H1"),
    ] {
        let comparison = compared(loaded(), table, current, prior);
        let left_out = if table.starts_with("returns") { "ANK" } else { "LAA" };
        let offices: Vec<&str> = comparison["like_for_like_offices"].as_array().expect("offices").iter().filter_map(Value::as_str).collect();
        assert!(offices.len() == 5 && !offices.contains(&left_out), "{table}: {offices:?}");
        let (now, before) = (released(&alone, table, "persons", by, current), released(&alone, table, "persons", by, prior));
        for (key, figure) in lines(&comparison, "persons") {
            let (now, before) = (now.get(&key).copied().unwrap_or(0.0), before.get(&key).copied().unwrap_or(0.0));
            let like = &figure["like_for_like"];
            assert!(
                same(now, &like["current"]) && same(before, &like["prior"]) && same(now - before, &like["change"]),
                "{table} {key:?}: {now} {before} {like}"
            );
        }
        // Shown apart: the plain figures still count every office.
        let plain = released(loaded(), table, "persons", by, current);
        for (key, figure) in lines(&comparison, "persons") {
            assert!(same(plain.get(&key).copied().unwrap_or(0.0), &figure["current"]), "{table} {key:?}");
        }
    }
}

/// Six months of a year are not like twelve of another, however many offices sent both.
#[test]
fn a_period_that_is_not_over_is_not_like_a_whole_one() {
    let comparison = compared(loaded(), "registrations_total", "2023", "2022");
    assert!(comparison["like_for_like_offices"].is_null(), "{comparison}");
    assert!(comparison["no_like_for_like"].is_string(), "{comparison}");
}

/// The same from the generator's own account: each mission sends the movements from its host country.
#[test]
fn like_for_like_agrees_with_the_truth() {
    let truth: Value = serde_json::from_slice(&fs::read(repository("fixtures/TRUTH.json")).expect("TRUTH.json")).expect("JSON");
    let without_ankara = |period: &str| -> f64 {
        let by_country = truth["figures"].as_array().expect("figures").iter().filter(|figure| {
            let by = figure["by"].as_object().expect("dimensions");
            figure["measure"] == "returns_inbound" && figure["period"] == period && by.len() == 1 && by.get("country").is_some_and(|country| country != "TUR")
        });
        by_country.map(|figure| figure["persons"].as_f64().expect("persons")).sum()
    };
    let comparison = compared(loaded(), "returns_inbound_total", "2023-H1", "2022-H1");
    let like = &lines(&comparison, "persons")[&vec![]]["like_for_like"];
    assert_eq!((like["current"].as_f64(), like["prior"].as_f64()), (Some(without_ankara("2023-H1")), Some(without_ankara("2022-H1"))));
}
