//! What each command says: exit code, standard output and standard error, pinned by snapshots on the real project.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Folder, NOW, Ran, loaded, parquet_rows, snapshot};

/// The program on the loaded project, its output in pipes, without `NO_COLOR`: a pipe is no terminal anyhow.
pub fn program(args: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rihla"));
    program
        .env_clear()
        .env("RIHLA_KEY_FILE", loaded().key())
        .env("RIHLA_NOW", NOW)
        .current_dir(loaded().path(".."))
        .arg("--project")
        .arg(loaded().path(""))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// Asks the loaded project.
fn ask(args: &[&str]) -> Ran {
    let output = program(args).output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { code: output.status.code().expect("it ends by itself"), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Pins what a command line says on the loaded project.
#[track_caller]
fn says(name: &str, args: &[&str]) -> Ran {
    pin(name, args, ask(args))
}

/// Pins what a command line said.
#[track_caller]
fn pin(name: &str, args: &[&str], ran: Ran) -> Ran {
    snapshot("commands", name, &format!("rihla {}", args.join(" ")), &ran.text());
    assert!(!ran.said().contains('\u{1b}'), "colour although nothing is a terminal: {}", ran.text());
    ran
}

/// Pins what a command printed as JSON, an element of an array a line so that a change shows small.
#[track_caller]
fn says_json(name: &str, args: &[&str]) -> Value {
    let ran = ask(args);
    let value = ran.json();
    assert_eq!(ran.stdout.trim_end().lines().count(), 1, "one line for programs");
    pin(name, args, Ran { stdout: laid_out(&value), ..ran });
    value
}

fn laid_out(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", items(value))).collect();
            lines.join("\n")
        }
        other => items(other),
    }
}

fn items(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().fold(format!("{} items", items.len()), |text, item| format!("{text}\n  {item}"))
        }
        other => other.to_string(),
    }
}

#[test]
fn help_teaches() {
    says("help", &["--help"]);
    says("help_short", &["-h"]);
    says("version", &["--version"]);
    for command in [
        "init",
        "infer",
        "validate",
        "run",
        "check",
        "test",
        "schema",
        "sql",
        "tables",
        "lineage",
        "quarantine",
        "status",
        "reconcile",
        "compare",
        "erase",
        "explain",
        "ls",
        "prune",
        "rotate-key",
    ] {
        let ran = says(&format!("help_{command}"), &[command, "--help"]);
        assert_eq!(ran.code, 0, "help was asked for");
        assert!(ran.stderr.is_empty());
    }
}

#[test]
fn a_first_run_a_second_and_one_that_touches_nothing() {
    let folder = Folder::real();
    let before = folder.files(".");
    pin("run_dry_first", &["run", "--dry-run"], folder.rihla(&["run", "--dry-run"]).ok());
    assert!(folder.files(".") == before, "a dry run touched something");

    pin("run_first", &["run"], folder.rihla(&["run"]).ok());
    pin("run_second", &["run"], folder.rihla(&["run"]).ok());

    let before = folder.files("warehouse");
    pin("run_dry_second", &["run", "--dry-run"], folder.rihla(&["run", "--dry-run"]).ok());
    assert!(folder.files("warehouse") == before, "a dry run touched something");

    let ran = folder.rihla(&["run", "--json"]).ok();
    let report = ran.json();
    assert_eq!(report["outcome"], "unchanged");
    pin("run_json", &["run", "--json"], Ran { stdout: laid_out(&report), ..ran });

    // The times of these runs are its own, so the status of them is pinned here.
    pin("status_after_two_runs", &["status", "--months", "3"], folder.rihla(&["status", "--months", "3"]).ok());
}

#[test]
fn check() {
    says("check", &["check"]);
    says_json("check_json", &["check", "--json"]);
}

const QUERY: &str = "SELECT country_of_origin, persons, share_percent FROM returns_outbound_by_country WHERE period = '2023-H1' ORDER BY rank LIMIT 3";

#[test]
fn sql_in_every_format() {
    says("sql_table", &["sql", QUERY]);
    says("sql_csv", &["sql", QUERY, "--format", "csv"]);
    says("sql_json", &["sql", QUERY, "--format", "json"]);
    let asked_for_json = ask(&["--json", "sql", QUERY]).ok().json();
    assert_eq!(asked_for_json, ask(&["sql", QUERY, "--format", "json"]).ok().json());
    says("sql_no_rows", &["sql", "SELECT period, persons FROM registrations_total WHERE false"]);
    says("sql_no_rows_csv", &["sql", "SELECT period, persons FROM registrations_total WHERE false", "--format", "csv"]);
    says("sql_no_rows_json", &["sql", "SELECT period, persons FROM registrations_total WHERE false", "--format", "json"]);
    says("sql_dates_and_moments", &["sql", "SELECT office, due_on, first_received_at FROM completeness ORDER BY first_received_at, office, feed LIMIT 2"]);
    says("sql_of_an_earlier_release", &["sql", "SELECT period FROM registrations_total ORDER BY period LIMIT 1", "--release", "1"]);
}

#[test]
fn sql_to_parquet_reads_back_as_it_was_asked() {
    let temp = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    let file = temp.path().join("answer.parquet");
    let ran = ask(&["sql", QUERY, "--format", "parquet", "--output", file.to_str().expect("text")]).ok();
    assert_eq!(ran.said(), "", "the answer is in the file");
    let asked = ask(&["sql", QUERY, "--format", "json"]).ok().json();
    assert_eq!(Value::from(parquet_rows(&file).into_iter().map(Value::from).collect::<Vec<_>>()), asked);
}

#[test]
fn sql_that_cannot_be_run_says_where() {
    for (name, query) in [
        ("column", "SELECT person, period FROM registrations_total"),
        ("table", "SELECT *\nFROM registration_total"),
        ("person_level", "SELECT * FROM feeds.returns"),
        ("drop", "DROP TABLE registrations_total"),
        ("create", "CREATE TABLE mine AS SELECT 1"),
        ("insert", "INSERT INTO registrations_total SELECT * FROM registrations_total"),
        ("copy", "COPY registrations_total TO 'mine.csv'"),
        ("set", "SET datafusion.execution.batch_size = 1"),
        ("a_file", "SELECT * FROM 'rihla.toml'"),
        ("two_statements", "SELECT 1; SELECT 2"),
        ("empty", ""),
        ("blank", "  "),
        ("syntax", "SELEC period FROM registrations_total"),
        ("division", "SELECT 1 / 0"),
    ] {
        let ran = says(&format!("sql_bad_{name}"), &["sql", query]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{query}");
    }
    says("sql_bad_json", &["sql", "SELECT nope FROM registrations_total", "--json"]);
    says("sql_bad_format", &["sql", "SELECT 1", "--format", "xml"]);
    says("sql_bad_output", &["sql", "SELECT 1", "--output", "no/such/folder/answer.csv"]);
    says("sql_bad_release", &["sql", "SELECT 1", "--release", "99"]);
    assert!(!loaded().path("mine.csv").exists());
}

#[test]
fn tables() {
    says("tables", &["tables"]);
    says("tables_one", &["tables", "returns_inbound_total"]);
    says("tables_unknown", &["tables", "nope"]);
    says("tables_nearly", &["tables", "returns_inbound_totals"]);
    let listed = ask(&["tables", "--json"]).ok().json();
    let names: Vec<&str> = listed.as_array().expect("tables").iter().map(|table| table["name"].as_str().expect("a name")).collect();
    assert!(names.is_sorted() && names.contains(&"indicators"), "{names:?}");
    says("tables_staging", &["tables", "registered_persons"]);
    let one = ask(&["tables", "returns_outbound_by_country", "--json"]).ok().json();
    let resource = listed.as_array().expect("tables").iter().find(|table| table["name"] == one["name"]).expect("the table is listed");
    assert_eq!(one["released"]["rows"], resource["rihla"]["rows"]);
    assert_eq!(one["description"], resource["description"]);
    let made_from = &one["made_from"];
    let holds = |kind: &str, name: &str| made_from[kind].as_array().expect("names").contains(&name.into());
    assert!(holds("reads", "movements") && holds("feeds", "returns"), "through other models: {made_from}");
    assert!(!holds("reads", "returns"), "a feed is no model: {made_from}");
}

#[test]
fn quarantine() {
    says("quarantine", &["quarantine", "--limit", "4"]);
    says("quarantine_office", &["quarantine", "--office", "LAA", "--limit", "0"]);
    says("quarantine_feed_and_period", &["quarantine", "--feed", "returns", "--period", "2023-01"]);
    says("quarantine_rule", &["quarantine", "--rule", "type-error/date", "--limit", "3"]);
    says("quarantine_error", &["quarantine", "--rule", "row-constraint", "--office", "CAS", "--limit", "3"]);
    says("quarantine_everything", &["quarantine", "--all-outcomes", "--all-revisions", "--office", "OUJ", "--limit", "3"]);
    says("quarantine_nothing", &["quarantine", "--office", "MAD", "--period", "2022-01"]);
    says_json("quarantine_json", &["quarantine", "--office", "LAA", "--period", "2022-08", "--json"]);
    says("quarantine_unknown_office", &["quarantine", "--office", "PAR"]);
    says("quarantine_unknown_feed", &["quarantine", "--feed", "return"]);
}

/// Where nothing can match, "no rows were set aside" would be read as good news.
#[test]
fn quarantine_refuses_filters_that_match_nothing_ever() {
    for filter in [["--period", "soon"], ["--period", "2023-H1"], ["--rule", "nope"], ["--rule", "nope/date"]] {
        let ran = ask(&["quarantine", filter[0], filter[1]]);
        assert_eq!(ran.code, 1, "{filter:?}: {}", ran.text());
        assert!(ran.stderr.contains(&format!("`{}`", filter[1])), "{filter:?}: {}", ran.text());
    }
}

#[test]
fn status() {
    says("status", &["status"]);
    says("status_short", &["status", "--months", "2", "--runs", "1"]);
    says_json("status_json", &["status", "--months", "2", "--json"]);
    says("status_matrix", &["status", "--matrix", "--months", "6", "--feed", "returns"]);
    says("status_reminders", &["status", "--reminders", "--days", "20", "--feed", "resettlement"]);
}

#[test]
fn reconcile() {
    let ran = says("reconcile_2023_h1", &["reconcile", "2023-H1"]);
    assert_eq!(ran.code, 0);
    let ran = says("reconcile_2022", &["reconcile", "2022"]);
    assert_eq!(ran.code, 0);
    says("reconcile_unknown", &["reconcile", "nope"]);
    says("reconcile_editions", &["reconcile"]);
    says_json("reconcile_editions_json", &["reconcile", "--json"]);
    let value = says_json("reconcile_json", &["reconcile", "2023-H1", "--json"]);
    let controls = value["controls"].as_array().expect("controls");
    assert!(!controls.is_empty() && controls.iter().all(|control| control["verdict"] == "agrees"));
}

#[test]
fn compare() {
    for (name, table, current, prior) in [
        ("same_offices", "returns_outbound_by_sadd", "2023-H1", "2022-H1"),
        ("by_country", "returns_outbound_by_country", "2023-H1", "2022-H1"),
        ("like_for_like", "returns_inbound_total", "2023-H1", "2022-H1"),
        ("quarters", "registrations_total", "2023-Q1", "2022-Q1"),
        ("reporting_rates", "reporting_rates", "2023-H1", "2022-H1"),
        ("kinds_differ", "returns_outbound_total", "2023-H1", "2022"),
        ("same_period", "returns_outbound_total", "2023-H1", "2023-H1"),
        ("without_a_period", "dim_country", "2023-H1", "2022-H1"),
        ("without_a_measure", "dim_period", "2023-H1", "2022-H1"),
        ("unknown_table", "nope", "2023-H1", "2022-H1"),
        ("nearly_a_table", "returns_outbound_totals", "2023-H1", "2022-H1"),
        ("no_period", "returns_outbound_total", "soon", "2022-H1"),
        ("no_rows", "returns_outbound_total", "2019-H1", "2018-H1"),
    ] {
        says(&format!("compare_{name}"), &["compare", table, current, prior]);
    }
    for (name, args) in [
        ("rolled_up", &["returns_inbound", "2023-Q1", "2022-Q1", "--by", "host_country"][..]),
        ("total", &["returns_inbound_by_country", "2023-Q2", "2022-Q2", "--by", "total"]),
        ("rolled_up_refused", &["registrations_by_channel", "2023-H1", "2022-H1", "--by", "channel"]),
        ("rolled_up_unknown", &["returns_inbound", "2023-H1", "2022-H1", "--by", "host_countri"]),
        ("where", &["returns_outbound", "2023-02", "2022-02", "--where", "country_of_origin=GIN"]),
        ("where_unknown_column", &["returns_outbound", "2023-02", "2022-02", "--where", "country=GIN"]),
        ("where_unknown_value", &["returns_outbound", "2023-02", "2022-02", "--where", "sadd_group=mens"]),
        ("where_no_value", &["returns_outbound", "2023-02", "2022-02", "--where", "men"]),
        ("units_apart", &["indicators", "2023-H1", "2022-H1", "--where", "dimension=total"]),
        ("cumulative", &["returns_outbound_cumulative", "2022", "2021"]),
        ("not_over", &["indicators", "2023", "2022", "--where", "dimension=total", "--where", "indicator=registrations"]),
    ] {
        says(&format!("compare_{name}"), &[&["compare"], args].concat());
    }
    says_json("compare_json", &["compare", "returns_inbound_total", "2023-H1", "2022-H1", "--json"]);
}

/// What officers read, in French; programs get the same in every language.
#[test]
fn in_french() {
    for (name, args) in [
        ("compare", &["compare", "returns_inbound_by_country", "2023-H1", "2022-H1"][..]),
        ("compare_rolled_up", &["compare", "returns_inbound", "2023", "2022", "--by", "host_country"]),
        ("compare_units_apart", &["compare", "indicators", "2023-H1", "2022-H1", "--where", "dimension=total"]),
        ("reconcile", &["reconcile", "2022"]),
        ("status", &["status", "--months", "3"]),
        ("status_matrix", &["status", "--matrix", "--months", "6", "--feed", "returns", "--office", "ANK"]),
        ("quarantine", &["quarantine", "--office", "LAA", "--limit", "3"]),
        ("quarantine_nothing", &["quarantine", "--office", "MAD", "--period", "2022-01"]),
    ] {
        says(&format!("french_{name}"), &[&["--lang", "fr"], args].concat());
    }
    let json = |lang: &str| ask(&["--lang", lang, "--json", "compare", "returns_inbound_total", "2023-H1", "2022-H1"]).ok().stdout;
    assert_eq!(json("en"), json("fr"));
    let asked = program(&["reconcile"]).env("RIHLA_LANG", "fr").output().expect("the program runs");
    assert!(String::from_utf8_lossy(&asked.stdout).contains("ÉDITION"), "RIHLA_LANG is not heard");
    // The locale of the machine decides nothing.
    let located = program(&["reconcile"]).env("LANG", "fr_FR.UTF-8").env("LC_ALL", "fr_FR.UTF-8").output().expect("the program runs");
    assert!(String::from_utf8_lossy(&located.stdout).contains("EDITION"));
    assert_eq!(says("usage_unknown_language", &["--lang", "de", "reconcile"]).code, 1);
}

/// In a terminal too narrow for a table each control total is a paragraph.
#[test]
fn reconcile_in_a_narrow_terminal() {
    let output = program(&["reconcile", "2022"]).env("COLUMNS", "48").output().expect("the program runs");
    let said = String::from_utf8(output.stdout).expect("text");
    snapshot("commands", "reconcile_narrow", "COLUMNS=48 rihla reconcile 2022", &said);
    let widest = said.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(48), "{widest:?}: {said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words.matches("taken as distinct persons").count(), 2, "notes are there: {said}");
}

#[test]
fn wrong_usage_is_the_users_to_fix() {
    for (name, args) in [
        ("nothing", &[][..]),
        ("unknown_command", &["rum"]),
        ("missing_argument", &["compare", "returns_outbound_total", "2023-H1"]),
        ("one_too_many", &["run", "again"]),
        ("unknown_option", &["status", "--all"]),
        ("no_number", &["quarantine", "--limit", "many"]),
        ("unknown_colour", &["check", "--color", "blue"]),
    ] {
        let ran = says(&format!("usage_{name}"), args);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{args:?}");
    }
}

#[test]
fn before_a_first_run_every_reading_command_says_so() {
    let folder = Folder::real();
    for args in
        [&["sql", "SELECT 1"][..], &["quarantine"], &["status"], &["reconcile", "2023-H1"], &["compare", "returns_outbound_total", "2023-H1", "2022-H1"]]
    {
        let ran = folder.rihla(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{args:?}: {}", ran.text());
        assert_eq!(ran.stderr, "error: there is no warehouse yet\nhelp: run `rihla run` first\n", "{args:?}");
    }
    let tables = folder.rihla(&["tables"]).ok();
    assert!(tables.stdout.starts_with("no release yet"), "{}", tables.text());
    assert!(tables.stdout.contains("\nindicators "), "the tables that there will be: {}", tables.text());
    assert!(folder.rihla(&["tables", "indicators"]).ok().stdout.ends_with("not released yet\n"));
    assert!(!folder.path("warehouse").exists(), "reading made a warehouse");
}

#[test]
fn a_folder_that_is_no_project() {
    let folder = Folder::real();
    std::fs::remove_file(folder.path("rihla.toml")).expect("a file taken away");
    for command in ["check", "run", "tables"] {
        pin(&format!("no_project_{command}"), &[command], folder.rihla(&[command]));
    }
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let wrong = ["sql", "SELECT nope FROM registrations_total"];
    let plain = ask(&wrong);
    assert!(!plain.stderr.contains('\u{1b}'), "{}", plain.text());
    let asked = |when: &str| ask(&[&["--color", when][..], &wrong].concat());
    assert!(asked("always").stderr.contains('\u{1b}'), "--color always: {}", asked("always").text());
    for when in ["auto", "never"] {
        assert_eq!(asked(when).stderr, plain.stderr, "--color {when}");
    }
}
