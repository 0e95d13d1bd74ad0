//! From a figure down to records: what is told, and that it is true, by person-level rows and by taking records away.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::support::{
    Cells, Folder, NOW, ROWS, Row, assert_nobody, comma_csv, loaded, loaded_small, parquet_rows, semicolon_csv, snapshot, story, windows_1252, with,
};
use crate::truth::word;

/// An explanation on the loaded real project. Goes past the folder's own clock, since these tests ask often.
#[track_caller]
fn explained(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rihla"))
        .env_clear()
        .env("RIHLA_KEY_FILE", loaded().key())
        .env("RIHLA_NOW", NOW)
        .arg("--project")
        .arg(loaded().path(""))
        .args(["--json", "explain"])
        .args(args)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The rows of a model that is not released.
fn staged(model: &str) -> Vec<Row> {
    let folder = std::fs::read_dir(loaded().path(&format!("warehouse/staging/{model}"))).expect("a folder");
    folder.flat_map(|entry| parquet_rows(&entry.expect("a file").path())).collect()
}

/// Office and id of records.
type Ids = BTreeSet<(String, String)>;

fn ids<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Ids {
    rows.into_iter().map(|row| (word(row, "office").to_owned(), word(row, "record_id").to_owned())).collect()
}

fn records(explained: &Value) -> Vec<Row> {
    let records = explained["records"].as_array().expect("records");
    records.iter().map(|record| record.as_object().expect("a record").clone()).collect()
}

fn persons(rows: &[Row]) -> u64 {
    rows.iter().map(|row| word(row, "person_id")).collect::<BTreeSet<_>>().len() as u64
}

/// A figure, and the person-level rows that it must rest on: those of a model in some days with some values.
struct Case {
    table: &'static str,
    condition: &'static str,
    measure: &'static str,
    model: &'static str,
    days: (&'static str, &'static str, &'static str),
    only: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 8] = [
    Case {
        table: "returns_outbound_by_country",
        condition: "period = '2023-H1' AND country_of_origin = 'CIV'",
        measure: "persons",
        model: "movements",
        days: ("departed_on", "2023-01-01", "2023-06-30"),
        only: &[("direction", "outbound"), ("country_of_origin", "CIV")],
    },
    Case {
        table: "returns_outbound_by_sadd",
        condition: "period = '2023-Q1' AND sadd_group = 'women'",
        measure: "movements",
        model: "movements",
        days: ("departed_on", "2023-01-01", "2023-03-31"),
        only: &[("direction", "outbound"), ("sadd_group", "women")],
    },
    Case {
        table: "returns_inbound_total",
        condition: "period = '2022'",
        measure: "persons",
        model: "movements",
        days: ("departed_on", "2022-01-01", "2022-12-31"),
        only: &[("direction", "inbound")],
    },
    Case {
        table: "vouchers_total",
        condition: "period = '2023-Q1'",
        measure: "persons",
        model: "vouchers_given",
        days: ("given_on", "2023-01-01", "2023-03-31"),
        only: &[],
    },
    Case {
        table: "registrations_by_sadd",
        condition: "period = '2023-02' AND sadd_group = 'men'",
        measure: "persons",
        model: "registered_persons",
        days: ("registered_on", "2023-02-01", "2023-02-28"),
        only: &[("sadd_group", "men")],
    },
    Case {
        table: "plans_by_state",
        condition: "period = '2023-H1' AND direction = 'inbound' AND state = 'under_way'",
        measure: "plans",
        model: "plans_current",
        days: ("state_since", "2023-01-01", "2023-06-30"),
        only: &[("direction", "inbound"), ("state", "under_way")],
    },
    Case {
        table: "assistance_inbound_by_kind",
        condition: "period = '2023-H1' AND kind = 'housing'",
        measure: "instances",
        model: "assistance_given",
        days: ("given_on", "2023-01-01", "2023-06-30"),
        only: &[("direction", "inbound"), ("kind", "housing")],
    },
    // Through three models: what an indicator says is a table's figure.
    Case {
        table: "indicators",
        condition: "indicator = 'referrals_inbound' AND dimension = 'total' AND period = '2023-H1'",
        measure: "value",
        model: "referrals_made",
        days: ("referred_on", "2023-01-01", "2023-06-30"),
        only: &[("direction", "inbound")],
    },
];

#[test]
fn a_figure_rests_on_exactly_the_rows_that_it_counts() {
    for case in &CASES {
        let told = explained(&[case.table, "--where", case.condition, "--measure", case.measure]);
        let name = format!("{} {}", case.table, case.measure);
        let [figure] = told["figures"].as_array().expect("figures").as_slice() else { panic!("{name}: one row") };
        let figure = figure[case.measure].as_f64().expect("a figure");
        let (day, from, until) = case.days;
        let rows: Vec<Row> = staged(case.model);
        let counts = |row: &&Row| (from..=until).contains(&word(row, day)) && case.only.iter().all(|(column, value)| word(row, column) == *value);
        let wanted: Vec<Row> = rows.iter().filter(counts).cloned().collect();
        let found = records(&told);
        assert_eq!(ids(&found), ids(&wanted), "{name}");
        assert_eq!(found.len(), wanted.len(), "{name}: each record once");
        let counted = if matches!(case.measure, "persons" | "value") { persons(&found) } else { found.len() as u64 };
        assert!(counted > 0 && (figure - counted as f64).abs() < 1e-9, "{name}: {figure} is not {counted}");
        assert_eq!(told["proof"]["outcome"], "proved", "{name}");
        assert_eq!(told["gaps"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn every_record_stands_where_it_is_said_to_stand() {
    let told = explained(&["returns_outbound_by_vulnerability", "--where", "period = '2023-05'"]);
    let loaded: BTreeMap<(String, i64), Row> = loaded()
        .loaded("returns")
        .into_iter()
        .map(|row| ((format!("{}/{}", word(&row, "submission_id"), word(&row, "source_path")), row["source_row"].as_i64().expect("a row")), row))
        .collect();
    let found = records(&told);
    assert!(!found.is_empty());
    for record in &found {
        let place = (format!("{}/{}", word(record, "submission_id"), word(record, "path")), record["row"].as_i64().expect("a row"));
        let row = loaded.get(&place).unwrap_or_else(|| panic!("nothing stands at {place:?}"));
        for (said, column) in [("record_id", "record_id"), ("office", "office"), ("person_id", "person_id"), ("period", "period")] {
            assert_eq!(word(record, said), word(row, column), "{place:?}");
        }
        assert!(row["vulnerability"].as_array().is_some_and(|factors| !factors.is_empty()), "a record without a factor counts in none");
    }
}

#[test]
fn sums_shares_histories_and_zeros_are_explained() {
    let sum = explained(&["vouchers_total", "--where", "period = '2023-Q1'", "--measure", "quantity"]);
    let given = records(&sum);
    let rows = loaded().loaded("vouchers");
    let quantities: BTreeMap<(String, String), i64> = rows
        .iter()
        .map(|row| ((word(row, "submission_id").to_owned(), word(row, "record_id").to_owned()), row["quantity"].as_i64().unwrap_or_default()))
        .collect();
    let total: i64 = given.iter().map(|record| quantities[&(word(record, "submission_id").to_owned(), word(record, "record_id").to_owned())]).sum();
    assert_eq!(sum["figures"][0]["quantity"], total);

    // A share is made of what it is a share of.
    let share = explained(&["returns_outbound_by_country", "--where", "period = '2023-05' AND country_of_origin = 'CIV'", "--measure", "share_percent"]);
    let all = explained(&["returns_outbound_total", "--where", "period = '2023-05'"]);
    assert_eq!(ids(&records(&share)), ids(&records(&all)));
    assert_eq!(share["proof"]["outcome"], "proved");

    let since = explained(&["returns_outbound_cumulative", "--where", "period = '2022-03'", "--measure", "returns_cumulative"]);
    let history = std::fs::read_to_string(loaded().path("fixtures/history/returns_outbound_yearly.csv")).expect("the history");
    let before: u64 = history.lines().skip(1).map(|line| line.split(',').nth(1).expect("a number").parse::<u64>().expect("a number")).sum();
    assert_eq!(since["figures"][0]["returns_cumulative"], before + records(&since).len() as u64);
    let step = since["steps"].as_array().expect("steps").iter().find(|step| step["table"] == "ref.returns_history").expect("the history");
    assert_eq!(step["rows"], history.lines().count() - 1);

    let zero = loaded().released("returns_outbound_by_vulnerability").into_iter().find(|row| row["persons"] == 0).expect("a zero");
    let condition = format!("period = '{}' AND vulnerability = '{}'", word(&zero, "period"), word(&zero, "vulnerability"));
    let nothing = explained(&["returns_outbound_by_vulnerability", "--where", &condition]);
    assert_eq!((&nothing["proof"]["outcome"], records(&nothing).len()), (&Value::from("nothing"), 0));
}

#[test]
fn rows_that_the_row_itself_rests_on_are_not_taken_for_its_figure() {
    // The row is there only where offices reported sessions, but persons returned are counted from movements alone; what
    // was reported is known of submissions, without a row.
    let told = explained(&["counselling_inbound", "--where", "period = '2023-H1'", "--measure", "persons_returned"]);
    assert_eq!(told["proof"]["outcome"], "proved");
    assert_eq!(told["figures"][0]["persons_returned"], persons(&records(&told)));
    assert!(records(&told).iter().all(|record| word(record, "feed") == "returns"));
    assert!(told["looked_up"].as_array().expect("tables").contains(&"covered_periods".into()));
}

/// Countries that may be shown since enough people in all registered.
const SHOWN: &str = r#"/*
description = "Countries, where more than three registered in all"
grain = ["nationality"]

[columns]
nationality = "Country of nationality"
*/
SELECT DISTINCT nationality FROM feeds.registrations WHERE (SELECT count(*) FROM feeds.registrations) > 3
"#;

/// Persons of a country that may be shown.
const OF_SHOWN: &str = "SELECT r.nationality, count(DISTINCT r.person_id) AS persons
FROM registered AS r
WHERE r.nationality IN (SELECT nationality FROM shown)
";

#[test]
fn tables_that_decide_which_rows_count_are_taken_as_released() {
    let folder = Folder::bare();
    folder.write("sql/staging/shown.sql", SHOWN);
    folder.replace("sql/marts/by_country.sql", "SELECT nationality, count(DISTINCT person_id) AS persons\nFROM registered\n", OF_SHOWN);
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS));
    folder.rihla(&["run"]).ok();
    let told = folder.rihla(&["--json", "explain", "by_country", "--where", "nationality = 'GIN'"]).ok().json();
    assert_eq!(told["proof"]["outcome"], "proved-with-lookups");
    assert_eq!(told["looked_up"].as_array().expect("tables"), &["shown"]);
    assert_eq!(ids(&records(&told)), [("RAB".to_owned(), "r-1".to_owned()), ("RAB".to_owned(), "r-2".to_owned())].into());
}

/// Rabat's and Casablanca's records, by what they tell of: two of Casablanca's tell of people of Rabat.
fn two_offices() -> [(&'static str, Vec<Cells>); 2] {
    let other = |row: Cells, id: &'static str| with(row, "Identifiant", id);
    let fifth = with(with(other(ROWS[2], "c-3"), "N° de dossier", "CN-77709"), "Nationalité", "Guinée");
    [("RAB", ROWS.to_vec()), ("CAS", vec![other(ROWS[0], "c-1"), other(ROWS[3], "c-2"), fifth])]
}

/// A project with these records, run.
fn run_with(offices: &[(&'static str, Vec<Cells>); 2]) -> Folder {
    let folder = Folder::bare();
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&offices[0].1));
    folder.write("in/CAS/2023-02-05/registrations-2023-01.csv", windows_1252(&semicolon_csv(&offices[1].1)));
    folder.rihla(&["run"]).ok();
    folder
}

fn figure(folder: &Folder, country: &str) -> u64 {
    folder.released("by_country").iter().find(|row| row["nationality"] == country).map_or(0, |row| row["persons"].as_u64().expect("a count"))
}

#[test]
fn a_figure_changes_only_with_the_records_that_it_was_made_from() {
    let offices = two_offices();
    let whole = run_with(&offices);
    let told = whole.rihla(&["--json", "explain", "by_country", "--where", "nationality = 'GIN'"]).ok().json();
    let contributing = records(&told);
    assert_eq!(told["figures"][0]["persons"], 3);
    let named = |pairs: &[(&str, &str)]| pairs.iter().map(|(office, id)| ((*office).to_owned(), (*id).to_owned())).collect::<Ids>();
    assert_eq!(ids(&contributing), named(&[("RAB", "r-1"), ("RAB", "r-2"), ("CAS", "c-1"), ("CAS", "c-3")]));
    for (at, (office, rows)) in offices.iter().enumerate() {
        for (row, cells) in rows.iter().enumerate() {
            let mut fewer = offices.clone();
            fewer[at].1.remove(row);
            let left = figure(&run_with(&fewer), "GIN");
            let record = contributing.iter().find(|record| word(record, "office") == *office && word(record, "record_id") == cells[0]);
            let Some(record) = record else {
                assert_eq!(left, 3, "{office} {} is no part of the figure", cells[0]);
                continue;
            };
            let is_told_twice = contributing.iter().filter(|other| other["person_id"] == record["person_id"]).count() > 1;
            assert_eq!(left, if is_told_twice { 3 } else { 2 }, "without {office} {}", cells[0]);
        }
    }
}

#[test]
fn an_earlier_release_is_explained_with_what_it_knew() {
    let folder = run_with(&two_offices());
    let before = folder.rihla(&["explain", "by_country", "--where", "nationality = 'GIN'"]).ok();
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", comma_csv(&ROWS[1..]));
    folder.rihla(&["run"]).ok();
    let of = |release: &str| folder.rihla(&["explain", "by_country", "--where", "nationality = 'GIN'", "--release", release]).ok();
    assert_eq!(of("1").stdout, before.stdout);
    let now = of("latest").stdout;
    assert!(now.contains("received 2023-03-01") && now != before.stdout, "{now}");
    // Without its person-level file, which a pruning may take, the model is run again.
    std::fs::remove_dir_all(folder.path("warehouse/staging/registered")).expect("a model's folder");
    assert_eq!(of("1").stdout, before.stdout);
    folder.replace("sql/staging/registered.sql", "min(registered_on)", "max(registered_on)");
    let refused = folder.rihla(&["explain", "by_country"]);
    assert_eq!(refused.code, 1);
    snapshot("explain", "another_model", "rihla explain by_country, after a model was changed", &refused.text());
}

#[test]
fn what_it_says() {
    let folder = loaded_small();
    let asked: [(&str, &[&str]); 9] = [
        ("figure", &["explain", "by_country", "--where", "nationality = 'GIN'"]),
        ("short", &["explain", "by_country", "--limit", "1"]),
        ("rows", &["explain", "deliveries", "--where", "office = 'TNG'", "--measure", "rows"]),
        ("bad_column", &["explain", "by_country", "--where", "persons > 0 AND natonality = 'GIN'"]),
        ("bad_syntax", &["explain", "by_country", "--where", "persons >"]),
        ("no_condition", &["explain", "by_country", "--where", "persons + 1"]),
        ("no_row", &["explain", "by_country", "--where", "nationality = 'FRA'"]),
        ("no_table", &["explain", "by_contry"]),
        ("no_measure", &["explain", "by_country", "--measure", "rows"]),
    ];
    for (name, args) in asked {
        let ran = folder.rihla(args);
        assert_nobody(&ran.said());
        snapshot("explain", name, &story(args), &ran.text());
    }
    let json = folder.rihla(&["--json", "explain", "by_country", "--where", "nationality = 'COG'"]).ok();
    assert_nobody(&json.stdout);
    snapshot("explain", "json", "rihla --json explain by_country", &serde_json::to_string_pretty(&json.json()).expect("JSON"));
}
