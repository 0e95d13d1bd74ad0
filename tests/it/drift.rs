//! Columns that are not as the schema says: refused, ignored or set aside, told in every run; nothing that the schema
//! does not name is loaded or shown.

use proptest::prelude::*;
use serde_json::Value;

use crate::forms::{aside, judge_as, odk_main, odk_persons, zip};
use crate::leak::{search, searcher};
use crate::steps::{self, LABELS, PIPELINE as STEPS, ROW, SCHEMA as STEPS_SCHEMA, extract, judge};
use crate::support::{Folder, ROWS, assert_nobody, comma_csv, json_lines, snapshot};

const PIPELINE: &str = "pipelines/registrations.toml";
const RAB: &str = "in/RAB/2023-02-04/registrations-2023-01.csv";

/// The small project whose pipeline says this of drift.
fn small(drift: &str) -> Folder {
    let folder = Folder::bare();
    folder.replace(PIPELINE, "tolerance = 0.25", &format!("tolerance = 0.25\ndrift = {drift}"));
    folder
}

/// Rabat's extract with another header, and cells added to each row.
fn csv(header: impl Fn(&str) -> String, added: &[&str]) -> String {
    let text = comma_csv(&ROWS);
    let mut lines = text.lines();
    let mut all = vec![header(lines.next().expect("a header"))];
    all.extend(lines.zip(added).map(|(line, cell)| format!("{line}{cell}")));
    all.join("\n") + "\n"
}

/// Loads Rabat's extract alone: what the run said of drift, and its one submission.
fn run(folder: &Folder, text: impl AsRef<[u8]>) -> (Value, Value) {
    folder.write(RAB, text);
    let ran = folder.rihla(&["run", "--json"]);
    assert_nobody(&ran.said());
    assert_eq!(search(&folder.path("warehouse"), &searcher(&["Marqueuse".to_owned()])), Vec::<String>::new(), "a name stands in the warehouse");
    let (submissions, _) = folder.tables();
    (ran.json()["drift"].clone(), Value::from(submissions.last().expect("a submission").clone()))
}

fn outcome(submission: &Value) -> (&str, i64, i64, &str) {
    let count = |name: &str| submission[name].as_i64().expect("a count");
    (submission["outcome"].as_str().expect("text"), count("rows_loaded"), count("rows_quarantined"), submission["error"].as_str().unwrap_or(""))
}

#[test]
fn a_new_column_is_refused_unless_the_pipeline_says_otherwise() {
    let added = ["", ",Zineb Marqueuse", ",-", ","].map(|cell| if cell.is_empty() { "," } else { cell });
    let text = csv(|header| format!("{header},Ami Marqueuse"), &added);
    let (drift, refused) = run(&Folder::bare(), &text);
    assert_eq!((outcome(&refused), drift), (("refused", 0, 0, "extra-label"), Value::from(Vec::<Value>::new())));
    assert_eq!(refused["reason"], "the label of column 10 is not known, nor is any like it");

    let (drift, loaded) = run(&small("{ new = \"ignore\" }"), &text);
    assert_eq!(outcome(&loaded), ("loaded", 4, 0, ""));
    assert_eq!(drift.to_string(), loaded_drift("new", "ignored", "\"column\":10,\"rows\":1"));

    let folder = small("{ new = \"quarantine\" }");
    let (drift, loaded) = run(&folder, &text);
    assert_eq!(outcome(&loaded), ("loaded", 3, 1, ""), "one row, a quarter, has something in the column");
    assert_eq!(drift.to_string(), loaded_drift("new", "quarantined", "\"column\":10,\"rows\":1"));
    let told = folder.rihla(&["quarantine", "--rule", "new-column"]).ok();
    let french = folder.rihla(&["--lang", "fr", "quarantine"]).ok();
    snapshot("drift", "new_column", "a row with a cell in a column that nobody knows", &format!("{}\n\n{}", told.text(), french.text()));
    assert_nobody(&told.said());
}

fn loaded_drift(kind: &str, effect: &str, more: &str) -> String {
    format!(
        "[{{\"feed\":\"registrations\",\"office\":\"RAB\",\"periods\":[\"2023-01\"],\"path\":\"{RAB}\",\"kind\":\"{kind}\",\"effect\":\"{effect}\",{more}}}]"
    )
}

#[test]
fn rows_set_aside_for_a_new_column_do_not_count_against_the_tolerance_but_half_must_be_good() {
    let folder = small("{ new = \"quarantine\" }");
    let header = |header: &str| format!("{header},Autre");
    let (_, loaded) = run(&folder, csv(header, &[",x", ",x", ",", ","]));
    assert_eq!(outcome(&loaded), ("loaded", 2, 2, ""), "half of them");
    let (_, refused) = run(&small("{ new = \"quarantine\" }"), csv(header, &[",x", ",x", ",x", ","]));
    assert_eq!((outcome(&refused), refused["rows_refused"].as_i64()), (("refused", 0, 0, "tolerance"), Some(4)));
    let reason = refused["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("3 of 4 rows are set aside (75 %), and not by their own faults alone: their columns are not the schema's"), "{reason}");
}

#[test]
fn a_missing_column_leaves_a_field_empty_only_where_rows_can_be_without() {
    let without = |label: &str| {
        let at = crate::support::LABELS.iter().position(|known| *known == label).expect("a label");
        comma_csv(&ROWS)
            .lines()
            .map(|line| line.split(',').enumerate().filter(|(index, _)| *index != at).map(|(_, cell)| cell).collect::<Vec<_>>().join(",") + "\n")
            .collect::<String>()
    };
    let (_, refused) = run(&small("{ missing = \"ignore\" }"), without("Nationalité"));
    assert_eq!(outcome(&refused), ("refused", 0, 0, "missing-label"));
    assert_eq!(refused["reason"], "there is no column for `nationality`, and the rows are of no use without");
    let (_, refused) = run(&small("{ missing = \"ignore\" }"), without("Sexe"));
    assert_eq!(outcome(&refused), ("refused", 0, 0, "missing-label"), "sex has a role");

    let folder = small("{ missing = \"ignore\" }");
    folder.replace("schemas/registrations.json", "{\"name\": \"nationality\", \"constraints\": {\"required\": true},", "{\"name\": \"nationality\",");
    let (drift, loaded) = run(&folder, without("Nationalité"));
    assert_eq!(outcome(&loaded), ("loaded", 4, 0, ""));
    assert_eq!(drift.to_string(), loaded_drift("missing", "ignored", "\"field\":\"nationality\""));
    assert!(folder.loaded("registrations").iter().all(|row| row.get("nationality").is_none_or(Value::is_null)));

    let folder = small("{ missing = \"quarantine\" }");
    let (_, refused) = run(&folder, without("Nationalité"));
    assert_eq!((outcome(&refused), refused["rows_refused"].as_i64()), (("refused", 0, 0, "tolerance"), Some(4)));
    let told = folder.rihla(&["quarantine", "--rule", "missing-column", "--all-outcomes"]).ok();
    assert_eq!(told.stdout.matches("there is no column for `nationality`").count(), 4, "{}", told.text());
}

#[test]
fn a_renamed_column_is_told_by_its_tag_and_never_by_its_likeness() {
    let renamed = csv(|header| header.replace("Nationalité", "Nationalitée"), &["", "", "", ""]);
    let (_, refused) = run(&small("{ new = \"ignore\", missing = \"ignore\" }"), &renamed);
    assert_eq!(outcome(&refused), ("refused", 0, 0, "extra-label"));
    assert_eq!(
        refused["reason"],
        "the label `Nationalitée` is not known; is it `nationality`?; there is no column for `nationality`, and the rows are of no use without"
    );

    let folder = small("{ renamed = \"ignore\" }");
    let (_, refused) = run(&folder, &renamed);
    assert_eq!(outcome(&refused).3, "missing-label", "it is required");
    let folder = small("{ renamed = \"ignore\" }");
    folder.replace("schemas/registrations.json", "{\"name\": \"nationality\", \"constraints\": {\"required\": true},", "{\"name\": \"nationality\",");
    let (drift, loaded) = run(&folder, &renamed);
    assert_eq!(outcome(&loaded), ("loaded", 4, 0, ""));
    assert_eq!(drift.to_string(), loaded_drift("renamed", "ignored", "\"field\":\"nationality\",\"column\":7,\"label\":\"Nationalitée\""));
    assert!(folder.loaded("registrations").iter().all(|row| row.get("nationality").is_none_or(Value::is_null)), "nothing is guessed");

    let folder = small("{ renamed = \"quarantine\" }");
    let (_, refused) = run(&folder, &renamed);
    assert_eq!(refused["rows_refused"], 4);
    let told = folder.rihla(&["quarantine", "--rule", "renamed-column", "--all-outcomes"]).ok();
    assert_eq!(told.stdout.matches("the label `Nationalitée` is not known; is it `nationality`?").count(), 4, "{}", told.text());

    let folder = small("{ new = \"refuse\" }");
    folder.replace(PIPELINE, "csv = { delimiter = \",\", encoding = \"utf-8\" }", "csv = { delimiter = \",\", encoding = \"utf-8\" }\nhxl = true");
    folder.replace("schemas/registrations.json", "\"codes\": \"country\"", "\"codes\": \"country\", \"hxl\": \"#country+origin\"");
    let tagged = csv(|header| format!("{}\n,,,,,,#country+origin,,", header.replace("Nationalité", "Pays")), &["", "", "", ""]);
    let (drift, loaded) = run(&folder, tagged);
    assert_eq!(outcome(&loaded), ("loaded", 4, 0, ""));
    assert_eq!(drift.to_string(), loaded_drift("renamed", "accepted", "\"field\":\"nationality\",\"column\":7"));
    assert!(folder.loaded("registrations").iter().all(|row| row["nationality"].is_string()));
}

/// Steps of which so many quantities are words.
fn retyped(policy: &str, words: usize, rows: usize, spoil: impl Fn(&Folder)) -> (Vec<String>, Folder) {
    let folder = steps::folder_with(&[("tolerance = 1.0", &format!("tolerance = 0.5\ndrift = {{ retyped = \"{policy}\" }}"))]);
    spoil(&folder);
    let quantity = |row: usize| if row < words { "deux" } else { "2" };
    let rows: Vec<String> = (0..rows).map(|row| steps::with(&[("Quantité", quantity(row)), ("Montant", ""), ("Monnaie", "")])).collect();
    let padded: Vec<String> = (0..30).map(|_| steps::with(&[("Quantité", "")])).collect();
    folder.write("in/RAB/2023-02-04/steps-2023-01.csv", extract(&[rows, padded].concat()));
    let ran = folder.rihla(&["run", "--json"]);
    let report = ran.json();
    let drift: Vec<String> = report["drift"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| format!("{} {} {}/{}", line["field"], line["effect"], line["rows"], line["filled"]))
        .collect();
    let submission = folder.tables().0.last().expect("a submission").clone();
    let (outcome, loaded, quarantined, error) = (&submission["outcome"], &submission["rows_loaded"], &submission["rows_quarantined"], submission.get("error"));
    let first = format!("{outcome} {loaded} {quarantined} {}", error.unwrap_or(&Value::Null));
    (std::iter::once(first).chain(drift).collect(), folder)
}

#[test]
fn a_column_of_another_type_is_told_from_a_few_mistyped_cells() {
    let (told, _) = retyped("refuse", 6, 10, |_| ());
    assert_eq!(told, ["\"refused\" 0 0 \"retyped-column\""]);
    for (words, rows) in [(5, 10), (9, 9)] {
        let (told, _) = retyped("refuse", words, rows, |_| ());
        assert_eq!(told, [format!("\"loaded\" {} {words} null", 30 + rows - words)], "{words} of {rows}");
    }
}

#[test]
fn a_column_of_another_type_is_emptied_or_its_rows_are_set_aside() {
    let (told, folder) = retyped("ignore", 6, 10, |_| ());
    assert_eq!(told, ["\"loaded\" 40 0 null", "\"quantity\" \"ignored\" 6/10"]);
    assert!(folder.loaded("steps").iter().all(|row| row.get("quantity").is_none_or(Value::is_null)), "none of its cells is believed");
    let (told, folder) = retyped("quarantine", 6, 10, |_| ());
    assert_eq!(told, ["\"loaded\" 34 6 null", "\"quantity\" \"quarantined\" 6/10"]);
    let quarantine = folder.rihla(&["quarantine", "--rule", "retyped-column"]).ok();
    assert_eq!(quarantine.stdout.matches("quantity `deux` is not a whole number").count(), 6, "{}", quarantine.text());
    let (told, _) = retyped("ignore", 6, 10, |folder| {
        folder.replace(
            STEPS_SCHEMA,
            "{\"name\": \"quantity\", \"type\": \"integer\", \"constraints\": {\"minimum\": 1}",
            "{\"name\": \"quantity\", \"type\": \"integer\", \"constraints\": {\"minimum\": 1, \"required\": true}",
        );
    });
    assert!(told[0].starts_with("\"refused\""), "rows are of no use without: {told:?}");
}

#[test]
fn a_source_says_otherwise_than_its_pipeline() {
    let folder = small("{ new = \"refuse\", missing = \"ignore\" }");
    folder.replace(
        PIPELINE,
        "url = \"in/{office}/{received}/registrations-{period}.csv\"\ncsv = { delimiter = \",\"",
        "url = \"in/{office}/{received}/registrations-{period}.csv\"\ndrift = { new = \"ignore\" }\ncsv = { delimiter = \",\"",
    );
    let (_, loaded) = run(&folder, csv(|header| format!("{header},Autre"), &[",x", ",", ",", ","]));
    assert_eq!(outcome(&loaded), ("loaded", 4, 0, ""));
    let faulty = small("{ new = \"ignor\", mising = \"ignore\" }").rihla(&["check"]);
    snapshot("drift", "faults", "a policy and a kind of drift mistyped", &faulty.text());
    assert_eq!(faulty.code, 1);
}

#[test]
fn drift_is_told_in_every_run_until_a_newer_delivery_is_without() {
    let folder = small("{ new = \"ignore\" }");
    let with_other = csv(|header| format!("{header},Autre"), &[",x", ",", ",", ","]);
    folder.write(RAB, &with_other);
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", with_other.replace("2023-01-", "2023-02-"));
    let dry = folder.rihla(&["run", "--dry-run"]);
    let first = folder.rihla(&["run"]);
    let second = folder.rihla(&["--lang", "fr", "run"]);
    let status = folder.rihla(&["--lang", "fr", "status"]);
    let trial = folder.rihla(&["validate", folder.path(RAB).to_str().expect("a path"), "--feed", "registrations"]);
    let line = |ran: &crate::support::Ran, word: &str| ran.stdout.lines().filter(|line| line.contains(word)).collect::<Vec<_>>().join("\n");
    let told = [line(&dry, "column"), line(&first, "column"), line(&second, "colonne"), line(&status, "colonne"), line(&trial, "column")];
    snapshot("drift", "standing", "a column of two reports in a dry run, a run, the next one in French, the status and a trial", &told.join("\n--\n"));
    folder.write("in/RAB/2023-02-10/registrations-2023-01.csv", comma_csv(&ROWS));
    let third = folder.rihla(&["run", "--json"]).json();
    assert_eq!(third["drift"][0]["periods"].to_string(), "[\"2023-02\"]");
    folder.write("in/RAB/2023-03-10/registrations-2023-02.csv", comma_csv(&ROWS).replace("2023-01-", "2023-02-"));
    let fourth = folder.rihla(&["run", "--json"]).json();
    assert_eq!(fourth["drift"].to_string(), "[]");
}

#[test]
fn keys_of_json_drift_as_columns_do() {
    let path = "in/AGA/2023-02-07/registrations-2023-01.jsonl";
    let lines = |from: &str, to: &str| json_lines(&ROWS).replacen(from, to, 1);
    let judged = |drift: &str, text: String| {
        let folder = small(drift);
        folder.write(path, text);
        let ran = folder.rihla(&["run", "--json"]);
        assert_nobody(&ran.said());
        let submission = Value::from(folder.tables().0.last().expect("a submission").clone());
        let (outcome, loaded, quarantined, error) = outcome(&submission);
        let drift: Vec<String> = ran.json()["drift"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|line| format!("{} {} {} {}", line["kind"], line["effect"], line["field"], line["rows"]))
            .collect();
        (format!("{outcome} {loaded} {quarantined} {error}"), drift)
    };
    let with_friend = || lines("{", "{\"ami\":{\"nom\":\"Zineb Marqueuse\"},");
    assert_eq!(judged("{}", with_friend()).0, "refused 0 0 extra-label");
    assert_eq!(judged("{ new = \"ignore\" }", with_friend()), ("loaded 4 0 ".to_owned(), vec!["\"new\" \"ignored\" null 1".to_owned()]));
    assert_eq!(judged("{ new = \"quarantine\" }", with_friend()), ("loaded 3 1 ".to_owned(), vec!["\"new\" \"quarantined\" null 1".to_owned()]));
    // Nearly a field that others of its records have: new. Nearly a field that no record has: perhaps renamed.
    let twice = || lines("\"Nationalité\":", "\"Nationalitée\":\"Marqueuse\",\"Nationalité\":");
    assert_eq!(judged("{ new = \"ignore\" }", twice()), ("loaded 4 0 ".to_owned(), vec!["\"new\" \"ignored\" \"nationality\" 1".to_owned()]));
    assert_eq!(judged("{ renamed = \"ignore\" }", twice()).0, "refused 0 0 extra-label");
    let renamed = || json_lines(&ROWS).replace("\"Nationalité\":", "\"Nationalitée\":");
    assert_eq!(judged("{ new = \"ignore\" }", renamed()).0, "refused 0 0 extra-label");
    assert_eq!(judged("{ renamed = \"ignore\" }", renamed()).0, "refused 0 0 missing-label");
    assert_eq!(judged("{ renamed = \"quarantine\" }", renamed()).0, "refused 0 0 tolerance");
}

#[test]
fn sheets_of_a_workbook_drift_as_files_do() {
    let folder = small("{ new = \"quarantine\" }");
    let path = "in/TNG/2023-02-06/registrations-2023-01.xlsx";
    let mut lines = vec![vec!["Registre".to_owned()]];
    lines.push(crate::support::LABELS.iter().map(|label| (*label).to_owned()).chain(["Ami Marqueuse".to_owned()]).collect());
    for (index, row) in ROWS.iter().enumerate() {
        lines.push(row.iter().map(|cell| (*cell).to_owned()).chain([if index == 2 { "Zineb Marqueuse" } else { "" }.to_owned()]).collect());
    }
    folder.write(path, crate::workbook::of_rows("Données", &lines));
    let ran = folder.rihla(&["run", "--json"]);
    assert_nobody(&ran.said());
    let submission = Value::from(folder.tables().0.last().expect("a submission").clone());
    assert_eq!(outcome(&submission), ("loaded", 3, 1, ""));
    assert_eq!(folder.tables().1[0]["source_row"], 5);
}

#[test]
fn a_new_column_of_parents_touches_each_of_their_repetitions() {
    let folder = Folder::of("tests/data/forms");
    folder.replace("pipelines/sessions.toml", "tolerance = 0.5", "tolerance = 0.5\ndrift = { new = \"quarantine\" }");
    let project = rihla::project::load(&folder.path("")).expect("a project in order");
    let source = project.pipelines[0].sources.iter().find(|source| source.offices.contains("LAA")).expect("a source");
    let main = odk_main(&[("uuid:1", "health", ["1", "0"], ""), ("uuid:2", "", ["0", "0"], "")]);
    let main: Vec<String> = main.lines().zip([",voisin", ",Zineb Marqueuse", ","]).map(|(line, cell)| format!("{line}{cell}")).collect();
    let archive = zip(&[("sessions.csv", &main.join("\n")), ("sessions-personnes.csv", &odk_persons(&[("1", "uuid:1"), ("2", "uuid:1"), ("1", "uuid:2")]))]);
    let (read, validated) = judge_as(source, "LAA", &[("page-1.json", archive)]).expect("a readable extract");
    assert_eq!((read, aside(&validated)), (3, vec![(2, "quarantined", "new-column"), (3, "quarantined", "new-column")]));
    assert_nobody(&validated.aside[0].reasons[0].message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// With `new = "ignore"` columns that nobody knows, wherever they stand and whatever they hold, change no row.
    #[test]
    fn columns_that_are_ignored_change_nothing(
        cells in prop::collection::vec(prop::sample::select(vec!["", "r-1", "2023-01-10", "-", "néant", "Zineb", "12", "150.50"]), 44),
        places in prop::collection::vec((0..11_usize, "[a-z]{12,14}"), 1..5),
        added in prop::collection::vec("[a-zA-Z0-9 é]{0,12}", 16),
    ) {
        use std::sync::OnceLock;
        static FOLDER: OnceLock<rihla::project::Project> = OnceLock::new();
        let project = FOLDER.get_or_init(|| {
            let folder = steps::folder_with(&[("tolerance = 1.0", "tolerance = 1.0\ndrift = { new = \"ignore\" }")]);
            rihla::project::load(&folder.path("")).expect("a project in order")
        });
        let mut rows: Vec<Vec<String>> = cells.chunks(11).map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        rows.push(ROW.map(str::to_owned).to_vec());
        // A row of one cell only is a note in a workbook, and a blank row is none: neither is meant here.
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        let mut header: Vec<String> = LABELS.split(';').map(str::to_owned).collect();
        let text = |header: &[String], rows: &[Vec<String>]| std::iter::once(header).chain(rows.iter().map(Vec::as_slice)).map(|line| line.join(";")).collect::<Vec<_>>().join("\n");
        let without = steps::judge_in(project, text(&header, &rows).as_bytes()).expect("a readable extract");
        for (index, (place, label)) in places.iter().enumerate() {
            header.insert(*place, label.clone());
            for (at, row) in rows.iter_mut().enumerate() {
                row.insert(*place, added[(index * 4 + at) % added.len()].trim().to_owned());
            }
        }
        let with = steps::judge_in(project, text(&header, &rows).as_bytes()).expect("a readable extract");
        prop_assert_eq!(with.0, without.0);
        prop_assert_eq!(&with.1.aside, &without.1.aside);
        prop_assert_eq!(&with.1.good.rows, &without.1.good.rows);
        for (one, other) in with.1.good.columns.iter().zip(&without.1.good.columns) {
            prop_assert_eq!(one.to_data(), other.to_data());
        }
        prop_assert_eq!(with.1.drift.len(), places.len());
    }
}

#[test]
fn most_labels_must_be_known_whatever_is_ignored() {
    let folder = steps::folder_with(&[("tolerance = 1.0", "tolerance = 1.0\ndrift = { new = \"ignore\", missing = \"ignore\" }")]);
    let refusal = judge(&folder, "Zineb;Marqueuse;F;1987\nAwa;Marqueuse;F;1988\n").err().expect("a refusal");
    assert_eq!(refusal.to_string(), "0 of 4 labels are known: is the header where the source says, and the delimiter right?");
    assert!(STEPS.ends_with("steps.toml"));
}
