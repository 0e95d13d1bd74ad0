//! The key rotated: no byte of the warehouse holds an old pseudonym, everybody stays who they are, no figure changes.

use rihla::normalise::Key;

use crate::erasure::{PERSON, persons, places, with_history};
use crate::support::{Folder, ROWS, comma_csv, snapshot};

/// A released table that shows people.
const PEOPLE: &str = r#"/*
description = "People by record"
grain = ["office", "record_id"]

[columns]
office = "The office"
record_id = "The record"
person_id = "The person's pseudonym"
*/
SELECT office, record_id, person_id FROM feeds.registrations
"#;

/// One that shows them within other words.
const WORDS: &str = r#"/*
description = "People by record, within words"
grain = ["office", "record_id"]

[columns]
office = "The office"
record_id = "The record"
told = "Pseudonyms within words"
*/
SELECT office, record_id, 'de' || person_id || case_id AS told FROM feeds.registrations
"#;

const NEW: &str = "0202020202020202020202020202020202020202020202020202020202020202";

fn shown() -> Folder {
    let folder = with_history();
    folder.write("sql/marts/people.sql", PEOPLE);
    folder.rihla(&["run"]).ok();
    folder
}

/// Every pseudonym of the small project by a key.
fn pseudonyms(key: &Key) -> Vec<String> {
    let people = [("CN-77701", 1), ("CN-77701", 2), ("CN-77703", 1), ("CN-77704", 1)];
    people.iter().flat_map(|(case, person)| [key.person(case, *person), key.case(case)]).collect()
}

#[track_caller]
fn assert_renewed(folder: &Folder) {
    let old = Key::new([1; 32]);
    for pseudonym in pseudonyms(&old) {
        assert_eq!(places(folder, &pseudonym), Vec::<String>::new(), "an old pseudonym stands there");
    }
    for pseudonym in pseudonyms(&old.then([2; 32])) {
        assert!(places(folder, &pseudonym).iter().any(|path| path.starts_with("feeds/")), "a new pseudonym is missing");
    }
    assert!(places(folder, &"01".repeat(32)).is_empty() && places(folder, NEW).is_empty(), "a key stands in the warehouse");
}

#[test]
fn gives_everybody_a_new_pseudonym() {
    let folder = shown();
    folder.rihla_fed(&["erase", "--person", "-"], "CN-77704,1\n", &[]).ok();
    folder.rihla(&["run"]).ok();
    let (figures, people) = (persons(&folder), folder.released("people"));
    let old_key = std::fs::read(folder.key()).expect("the key");
    folder.write("new-key", NEW);
    let new_key = folder.path("new-key");
    let ran = folder.rihla(&["rotate-key", "--new-key", new_key.to_str().expect("a path")]).ok();
    snapshot("rotation", "gives_everybody_a_new_pseudonym", "four releases of which three show people", &ran.text());
    let old = Key::new([1; 32]);
    for pseudonym in pseudonyms(&old) {
        assert_eq!(places(&folder, &pseudonym), Vec::<String>::new(), "an old pseudonym stands there");
    }
    assert_eq!(folder.released("people").len(), people.len());
    let after = folder.rihla(&["run"]).ok();
    assert!(after.stdout.contains("nothing changed"), "the release is another: {}", after.text());
    assert_eq!(persons(&folder), figures);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.key()).expect("the key").permissions()) & 0o777;
    assert_eq!(mode, 0o600);
    // A later delivery of the same people makes the same pseudonyms, and those erased before stay away.
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1], ROWS[2], ROWS[3]]));
    let report = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!(report["feeds"][0]["rows"]["excluded"], 1, "{report}");
    assert_eq!(places(&folder, &old.then([2; 32]).person("CN-77704", 1)), Vec::<String>::new());
    assert_eq!(persons(&folder)["GIN"], 2, "the same person is two");
    // The old key is refused.
    let chain = std::fs::read(folder.key()).expect("the key");
    std::fs::write(folder.key(), old_key).expect("a key");
    let refused = folder.rihla(&["run"]);
    assert!(refused.code == 1 && refused.stderr.contains("not the key"), "{}", refused.text());
    std::fs::write(folder.key(), chain).expect("a key");
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    assert_eq!(places(&folder, &old.then([2; 32]).person("CN-77703", 1)), Vec::<String>::new());
}

#[test]
fn killed_anywhere_and_run_again() {
    let whole = shown();
    let figures = persons(&whole);
    for place in (0..8).map(|index| format!("move-{index}")).chain(["before-removes", "before-clearing", "before-end"].map(str::to_owned)) {
        let folder = whole.again();
        folder.write("new-key", NEW);
        let new_key = folder.path("new-key");
        let args = ["rotate-key", "--new-key", new_key.to_str().expect("a path")];
        let killed = folder.rihla_fed(&args, "", &[("RIHLA_TEST_STOP", &place)]);
        assert_eq!(killed.code, -1, "not stopped at {place}: {}", killed.text());
        let ran = folder.rihla(&["run"]).ok();
        assert!(ran.stderr.contains("a rotation of the key of the warehouse had been interrupted and was finished"), "{place}: {}", ran.text());
        assert_renewed(&folder);
        assert_eq!(persons(&folder), figures, "{place}");
    }
}

#[test]
fn pseudonyms_within_words_and_of_what_was_never_released_go_as_well() {
    let folder = crate::erasure::with_unreleased();
    std::fs::remove_file(folder.path("sql/marts/unreleased.sql")).expect("removed");
    folder.write("sql/marts/words.sql", WORDS);
    folder.rihla(&["run"]).ok();
    folder.write("new-key", NEW);
    let new_key = folder.path("new-key");
    folder.rihla(&["rotate-key", "--new-key", new_key.to_str().expect("a path")]).ok();
    assert_renewed(&folder);
    let told: Vec<String> = folder.released("words").iter().map(|row| row["told"].as_str().expect("a text").to_owned()).collect();
    let new = Key::new([1; 32]).then([2; 32]);
    assert!(told.contains(&format!("de{}{}", new.person("CN-77701", 1), new.case("CN-77701"))), "{told:?}");
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed"), "the release is another");
}

#[test]
fn killed_before_it_was_decided() {
    let folder = shown();
    let key = std::fs::read(folder.key()).expect("the key");
    folder.rihla_fed(&["rotate-key"], "", &[("RIHLA_TEST_STOP", "before-journal")]);
    folder.rihla(&["run"]).ok();
    assert!(std::fs::read(folder.key()).expect("the key") == key, "the key is another");
    assert!(!places(&folder, &Key::new([1; 32]).person("CN-77701", 1)).is_empty());
    folder.rihla(&["rotate-key"]).ok();
    assert!(places(&folder, &Key::new([1; 32]).person("CN-77701", 1)).is_empty());
    folder.rihla(&["run"]).ok();
}

#[test]
fn refuses_what_cannot_be_a_new_key() {
    let folder = shown();
    let before = folder.files("warehouse");
    for (text, part) in [("01".repeat(32), "had before"), ("02".repeat(31), "is none")] {
        folder.write("new-key", text);
        let ran = folder.rihla(&["rotate-key", "--new-key", folder.path("new-key").to_str().expect("a path")]);
        assert!(ran.code == 1 && ran.stderr.contains(part), "{}", ran.text());
    }
    let ran = folder.rihla_with(&["rotate-key"], &[("RIHLA_KEY", &"01".repeat(32))]);
    assert!(ran.code == 1 && ran.stderr.contains("RIHLA_KEY_FILE"), "{}", ran.text());
    assert!(folder.files("warehouse") == before, "something was touched");
}
