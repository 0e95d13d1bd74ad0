//! People erased: no byte of the warehouse holds them, the figures lose exactly them, and no delivery brings them back.

use std::collections::BTreeMap;

use rihla::normalise::Key;

use std::process::Stdio;

use crate::support::{Folder, ROWS, Ran, Row, comma_csv, parquet_rows, snapshot, with};

/// The person who is erased in most tests.
pub const PERSON: &str = "cn 77703, 1\n";

/// A released table that lists records.
const LISTED: &str = r#"/*
description = "Records by office"
grain = ["office", "record_id"]

[columns]
office = "The office"
record_id = "The record"
nationality = "Country of nationality"
*/
SELECT office, record_id, nationality FROM feeds.registrations
"#;

impl Folder {
    /// Runs the program with a text on its standard input.
    pub fn rihla_fed(&self, args: &[&str], input: &str, variables: &[(&str, &str)]) -> Ran {
        use std::io::Write;
        let mut command = self.command(args);
        let piped = command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = piped.spawn().expect("the program runs");
        process.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
        let output = process.wait_with_output().expect("it ends");
        Ran {
            // One that was killed has no code.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

fn key() -> Key {
    Key::new([1; 32])
}

/// A project with corrections, a row set aside for a fault, one superseded, a table of records, and two releases.
pub fn with_history() -> Folder {
    let folder = Folder::small();
    folder.write("sql/marts/listed.sql", LISTED);
    folder.rihla(&["run"]).ok();
    let mut rows = ROWS.map(|row| row).to_vec();
    rows[1] = with(rows[1], "Nationalité", "Congo");
    rows.push(with(with(ROWS[2], "Identifiant", "faulty-3"), "Nationalité", "Atlantide"));
    rows.push(with(with(ROWS[2], "Nationalité", "Congo"), "Modifié le", "2023-01-09T09:00:00Z"));
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", comma_csv(&rows));
    folder.rihla(&["run"]).ok();
    folder
}

/// True where a case number stands in a text in any spelling: its letters and digits with anything between, or the digits as
/// a word. Digits within longer ones are none: moments and hashes hold any five digits sooner or later.
fn repeats_case(text: &str, letters: &str, digits: &str) -> bool {
    let pattern = format!(r"(?i){letters}[^a-z0-9]*{digits}|\b{digits}\b");
    regex::Regex::new(&pattern).expect("a pattern").is_match(text)
}

/// Every place below the warehouse where a text stands, in the rows of Parquet or in bytes as they are. Bytes of Parquet are
/// searched for what is long enough not to stand there by chance.
pub fn places(folder: &Folder, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in folder.files("warehouse") {
        let decoded =
            if path.ends_with(".parquet") { serde_json::to_vec(&parquet_rows(&folder.path("warehouse").join(&path))).expect("rows") } else { Vec::new() };
        let by_chance = path.ends_with(".parquet") && text.len() < 6;
        let searched = if by_chance { vec![&decoded] } else { vec![&bytes, &decoded] };
        if searched.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes())) {
            found.push(path);
        }
    }
    found
}

#[track_caller]
fn assert_gone(folder: &Folder) {
    for text in
        [key().person("CN-77703", 1), key().case("CN-77703"), "faulty-3".to_owned(), "\"r-3\"".to_owned(), "CN-77703".to_owned(), "Atlantide".to_owned()]
    {
        assert_eq!(places(folder, &text), Vec::<String>::new(), "`{text}`");
    }
}

pub fn persons(folder: &Folder) -> BTreeMap<String, i64> {
    let rows = folder.released("by_country").into_iter();
    rows.map(|row: Row| (row["nationality"].as_str().expect("a country").to_owned(), row["persons"].as_i64().expect("a count"))).collect()
}

#[test]
fn erases_a_person_everywhere() {
    let folder = with_history();
    let rows_of_another = || {
        let person = key().person("CN-77701", 1);
        folder.loaded("registrations").into_iter().filter(|row| row["person_id"] == person.as_str()).count()
    };
    let others = rows_of_another();
    assert!(places(&folder, &key().person("CN-77703", 1)).len() > 3, "the person stands in the warehouse before");
    assert_eq!(persons(&folder)["CIV"], 1);
    let before = folder.files("warehouse");
    let dry = folder.rihla_fed(&["erase", "--person", "-", "--dry-run"], PERSON, &[("RIHLA_LOG", "trace")]).ok();
    assert!(folder.files("warehouse") == before, "a dry run touched something");
    let ran = folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    snapshot("erasure", "erases_a_person", "a person of four offices and two revisions, one row of theirs faulty, one superseded", &ran.text());
    let what = |text: &str| text.split("\nnothing was touched").next().and_then(|text| text.split("\nerased").next()).map(str::to_owned);
    assert_eq!(what(&dry.stdout), what(&ran.stdout), "the dry run says what is done");
    assert!(!repeats_case(&(dry.said() + &ran.said()), "CN", "77703"), "the case number is repeated");
    assert_gone(&folder);
    assert!(rows_of_another() == others && others > 1, "others went too");
    // Aggregates of earlier releases stay as published; the next release is without the person.
    assert_eq!(persons(&folder)["CIV"], 1);
    let mut figures = persons(&folder);
    folder.rihla(&["run"]).ok();
    figures.remove("CIV");
    assert_eq!(persons(&folder), figures, "exactly this person is missing");
    assert_eq!(folder.released("listed").len(), 12);
    assert_gone(&folder);
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed"));
}

#[test]
fn later_deliveries_do_not_bring_them_back() {
    let folder = with_history();
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    folder.rihla(&["run"]).ok();
    folder.write(
        "in/CAS/2023-03-01/registrations-2023-01.csv",
        crate::support::windows_1252(&crate::support::semicolon_csv(&[ROWS[3], ROWS[2], ROWS[1], ROWS[0]])),
    );
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", comma_csv(&[with(ROWS[2], "Nationalité", "Atlantide"), ROWS[0], ROWS[1], ROWS[3]]));
    let dry = folder.rihla(&["run", "--dry-run", "--json"]).ok().json();
    assert_eq!(dry["feeds"][0]["rows"]["excluded"], 2, "{dry}");
    let ran = folder.rihla(&["run", "--json"]).ok().json();
    let rows = &ran["feeds"][0]["rows"];
    assert_eq!((&rows["read"], &rows["loaded"], &rows["excluded"]), (&8.into(), &6.into(), &2.into()), "{ran}");
    assert_eq!(persons(&folder), BTreeMap::from([("COG".to_owned(), 1), ("GIN".to_owned(), 2)]));
    assert_gone(&folder);
    let again = folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    assert!(again.stdout.contains("nothing is left to erase") && again.stdout.contains("erased before"), "{}", again.text());
}

#[test]
fn a_case_goes_whole() {
    let folder = with_history();
    let ran = folder.rihla_fed(&["erase", "--person", "-", "--json"], "CN-77701\n", &[]).ok().json();
    assert_eq!((&ran["cases"], &ran["feeds"][0]["rows"]), (&1.into(), &10.into()), "{ran}");
    for text in [key().case("CN-77701"), key().person("CN-77701", 1), key().person("CN-77701", 2), "r-1".to_owned(), "r-2".to_owned()] {
        assert_eq!(places(&folder, &text), Vec::<String>::new(), "`{text}`");
    }
    assert!(!places(&folder, &key().case("CN-77703")).is_empty());
    // Somebody of the case who was never seen before is not loaded either.
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", comma_csv(&[with(ROWS[0], "N° personne", "7"), ROWS[3]]));
    let ran = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!(ran["feeds"][0]["rows"]["excluded"], 1, "{ran}");
}

#[test]
fn a_pseudonym_names_a_person() {
    let folder = with_history();
    folder.rihla(&["erase", "--person", &key().person("CN-77703", 1)]).ok();
    assert_gone(&folder);
    folder.write("names", "CN-77704\n");
    folder.rihla(&["erase", "--case-file", folder.path("names").to_str().expect("a path")]).ok();
    assert_eq!(places(&folder, &key().case("CN-77704")), Vec::<String>::new());
}

#[test]
fn somebody_who_is_yet_to_be_loaded_is_not() {
    let folder = with_history();
    let newcomer = with(with(ROWS[0], "N° de dossier", "CN-77755"), "Identifiant", "n-5");
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1], ROWS[2], ROWS[3], newcomer]));
    let ran = folder.rihla_fed(&["erase", "--person", "-", "--json"], "CN-77755,1\n", &[]).ok().json();
    assert_eq!((&ran["is_needed"], ran["extracts"][0]["rows"][0].as_i64()), (&true.into(), Some(6)), "{ran}");
    let ran = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((&ran["feeds"][0]["rows"]["loaded"], &ran["feeds"][0]["rows"]["excluded"]), (&4.into(), &1.into()), "{ran}");
    for text in [key().person("CN-77755", 1), key().case("CN-77755"), "n-5".to_owned()] {
        assert_eq!(places(&folder, &text), Vec::<String>::new(), "`{text}`");
    }
}

#[test]
fn rows_that_a_killed_run_left_go_as_well() {
    let folder = with_history();
    // The rows of the last delivery landed; the submission that vouches for them did not.
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", comma_csv(&ROWS));
    folder.rihla(&["run"]).ok();
    let commits = folder.files("warehouse/submissions/_delta_log").into_keys().filter(|name| name.ends_with(".json"));
    std::fs::remove_file(folder.path("warehouse/submissions/_delta_log").join(commits.max().expect("a commit"))).expect("taken back");
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    assert_gone(&folder);
    let ran = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((&ran["feeds"][0]["rows"]["loaded"], &ran["feeds"][0]["rows"]["excluded"]), (&3.into(), &1.into()), "{ran}");
    assert_gone(&folder);
}

/// A released table of records that fails its own test: it is built, and no release shows it.
const UNRELEASED: &str = r#"/*
description = "People that no release shows"
grain = ["office", "record_id"]

[columns]
office = "The office"
nationality = "Country of nationality"
record_id = "The record"
person_id = "The person's pseudonym"

[[tests]]
unique = ["nationality"]
*/
SELECT office, nationality, record_id, person_id FROM feeds.registrations
"#;

/// A warehouse with a table that was built and never released, and what a killed run left of a release's folder.
pub fn with_unreleased() -> Folder {
    let folder = with_history();
    folder.write("sql/marts/unreleased.sql", UNRELEASED);
    let ran = folder.rihla(&["run"]);
    assert_eq!(ran.code, 1, "the table is released: {}", ran.text());
    let built: Vec<String> = folder.files("warehouse/released/tables/unreleased").into_keys().collect();
    assert!(built.iter().any(|path| path.ends_with(".parquet")), "the table is not built: {built:?}");
    for path in built {
        let name = path.rsplit('/').next().expect("a name").to_owned();
        let bytes = std::fs::read(folder.path("warehouse/released/tables/unreleased").join(path)).expect("a file");
        folder.write(&format!("warehouse/released/.building-0a/{name}"), bytes);
    }
    folder
}

#[test]
fn what_was_built_and_never_released_goes_as_well() {
    let folder = with_unreleased();
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    assert_gone(&folder);
    std::fs::remove_file(folder.path("sql/marts/unreleased.sql")).expect("removed");
    folder.rihla(&["run"]).ok();
    assert_gone(&folder);
    assert_eq!(folder.released("listed").len(), 12);
}

#[test]
fn a_name_that_nobody_bears_is_refused() {
    let folder = with_history();
    let before = folder.files("warehouse");
    let ran = folder.rihla_fed(&["erase", "--person", "-"], "CN-77703,1\nCN-99999,1\n", &[]);
    snapshot("erasure", "nobody_of_that_name", "the second line names nobody", &ran.text());
    assert_eq!(ran.code, 1);
    for (input, part) in [("CN-77703,eins\n", "line 1"), ("\n", "nobody is named")] {
        let ran = folder.rihla_fed(&["erase", "--person", "-"], input, &[]);
        assert!(ran.code == 1 && ran.stderr.contains(part) && !ran.stderr.contains("777"), "{}", ran.text());
    }
    assert!(folder.files("warehouse") == before, "something was touched");
}

#[test]
fn killed_anywhere_and_run_again() {
    let whole = with_history();
    whole.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    whole.rihla(&["run"]).ok();
    let places = (0..9).map(|index| format!("move-{index}")).chain(["before-removes", "before-clearing", "before-end"].map(str::to_owned));
    for place in places {
        let folder = with_history();
        let killed = folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[("RIHLA_TEST_STOP", &place)]);
        assert_eq!(killed.code, -1, "not stopped at {place}: {}", killed.text());
        assert!(folder.rihla(&["quarantine"]).stderr.contains("an erasure of the warehouse is under way"), "{place}: a half changed warehouse is read");
        let ran = folder.rihla(&["run"]).ok();
        assert!(ran.stderr.contains("an erasure of the warehouse had been interrupted and was finished"), "{place}: {}", ran.text());
        assert_gone(&folder);
        assert_eq!(persons(&folder), persons(&whole), "{place}");
        assert!(!folder.path("warehouse/.change").exists() && !folder.path("warehouse/change.json").exists());
    }
}

#[test]
fn killed_before_it_was_decided() {
    let folder = with_history();
    let before = folder.files("warehouse");
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[("RIHLA_TEST_STOP", "before-journal")]);
    assert!(folder.path("warehouse/.change").exists());
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stderr.contains("interrupted before anything was changed: ask for it again"), "{}", ran.text());
    assert!(before.keys().all(|path| folder.path("warehouse").join(path).exists() || path.contains("latest")), "something is gone");
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    assert_gone(&folder);
}

#[test]
fn rows_lost_after_an_erasure_are_still_noticed() {
    let folder = with_history();
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    let receipt = folder.files("warehouse/erasures").into_keys().next().expect("a receipt");
    std::fs::remove_file(folder.path("warehouse/erasures").join(receipt)).expect("removed");
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stderr.contains("rows were lost"), "{}", ran.text());
}

#[test]
fn a_list_of_the_erased_that_went_away_is_noticed() {
    let folder = with_history();
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    std::fs::remove_file(folder.path("warehouse/erased.json")).expect("removed");
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stderr.contains("receipts say that people were erased"), "{}", ran.text());
}

#[test]
fn a_repeated_case_number_is_found_in_any_spelling() {
    for text in ["case CN-77703", "cn77703", "CN 77703,1", "the line `77703`", "(77703)"] {
        assert!(repeats_case(text, "CN", "77703"), "{text}");
    }
    for text in ["12:10:01.777035Z", "0c77703f", "1777030 bytes"] {
        assert!(!repeats_case(text, "CN", "77703"), "{text}");
    }
}
