//! Releases listed and named; what has a name stays.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, ROWS, comma_csv, snapshot, with};

/// The small project with two releases: in the second somebody of Rabat is of Congo.
pub fn two_releases() -> Folder {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1], with(ROWS[2], "Identifiant", "r-9")]));
    folder.rihla(&["run"]).ok();
    folder
}

#[test]
fn releases_are_listed_and_shown() {
    let folder = two_releases();
    folder.rihla(&["tag", "first", "1", "--note", "shown to the donor"]).ok();
    snapshot("releases", "list", "two releases, the first tagged", &folder.rihla(&["releases"]).ok().text());
    snapshot("releases", "list_fr", "the same in French", &folder.rihla(&["--lang", "fr", "releases"]).ok().text());
    snapshot("releases", "show", "the latest", &folder.rihla(&["releases", "show", "latest"]).ok().text());
    snapshot("releases", "show_tagged", "the first, by its tag", &folder.rihla(&["releases", "show", "first"]).ok().text());
    let list = folder.rihla(&["releases", "--json"]).ok().json();
    assert_eq!((&list[0]["tags"], &list[0]["is_current"], &list[1]["is_current"]), (&Value::from(vec!["first"]), &false.into(), &true.into()), "{list}");
    let changed: Vec<&Value> = list[1]["changes"].as_array().expect("changes").iter().map(|change| &change["table"]).collect();
    assert_eq!(changed, ["deliveries"], "{list}");
    let shown = folder.rihla(&["releases", "show", "1", "--json"]).ok().json();
    assert_eq!((&shown["release"], &shown["tag_history"][0]["history"][0]["note"]), (&1.into(), &"shown to the donor".into()), "{shown}");
}

#[test]
fn a_tag_stands_for_its_release() {
    let folder = two_releases();
    folder.rihla(&["tag", "2023-01-published", "1"]).ok();
    let count = |release: &str| {
        let ran = folder.rihla(&["sql", "SELECT sum(revisions) AS n FROM deliveries", "--format", "json", "--release", release]).ok();
        ran.json()[0]["n"].clone()
    };
    assert_eq!((count("2023-01-published"), count("1"), count("latest"), count("2")), (4.into(), 4.into(), 5.into(), 5.into()));
    assert_eq!(fs::read_link(folder.path("warehouse/released/tags/2023-01-published")).expect("a link"), std::path::Path::new("../000001"));
    assert!(folder.path("warehouse/released/tags/2023-01-published/datapackage.json").is_file());
    let ran = folder.rihla(&["sql", "SELECT 1", "--release", "2023-01-publishd"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("did you mean `2023-01-published`?"), "{}", ran.text());
}

#[test]
fn a_name_is_given_once_and_moved_with_a_reason() {
    let folder = two_releases();
    let mut told = String::new();
    let mut tell = |args: &[&str], code: i32| {
        let ran = folder.rihla(args);
        assert_eq!(ran.code, code, "{}", ran.text());
        told.push_str(&format!("$ rihla {}\n{}\n\n", args.join(" "), ran.text()));
    };
    tell(&["tag", "published", "1"], 0);
    tell(&["tag", "published"], 1);
    tell(&["tag", "published", "1"], 0);
    tell(&["tag", "published", "2", "--move"], 1);
    tell(&["tag", "published", "2", "--move", "--note", "the annex was missing"], 0);
    tell(&["tag", "published", "--delete"], 1);
    tell(&["tag", "published", "--delete", "--note", "a draft only"], 0);
    tell(&["sql", "SELECT 1", "--release", "published"], 1);
    tell(&["tag", "published", "1"], 1);
    tell(&["tag", "2022"], 1);
    tell(&["tag", "latest"], 1);
    tell(&["tag", "../1"], 1);
    tell(&["tag", "third", "3"], 1);
    tell(&["tag", "unheard-of", "--delete", "--note", "x"], 1);
    snapshot("releases", "names", "names given, given twice, moved, taken away, and names that can be none", &told);
    assert!(!folder.path("warehouse/released/tags/published").exists(), "the link stays");
    let tag: Value = serde_json::from_slice(&fs::read(folder.path("warehouse/released/tags/published.json")).expect("the tag")).expect("JSON");
    let history: Vec<&Value> = tag["history"].as_array().expect("a history").iter().map(|said| &said["release"]).collect();
    assert_eq!(history, [&Value::from(1), &2.into(), &Value::Null], "{tag}");
}

#[test]
fn a_link_that_was_lost_is_made_again() {
    let folder = two_releases();
    folder.rihla(&["tag", "published", "1"]).ok();
    let link = folder.path("warehouse/released/tags/published");
    fs::remove_file(&link).expect("the link");
    folder.rihla(&["run"]).ok();
    assert_eq!(fs::read_link(&link).expect("a link"), std::path::Path::new("../000001"));
}

#[test]
fn pruning_keeps_what_has_a_name() {
    let folder = two_releases();
    folder.write("in/RAB/2023-02-15/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1]]));
    folder.rihla(&["run"]).ok();
    folder.rihla(&["tag", "published", "1"]).ok();
    folder.replace("rihla.toml", "[calendar]\n", "[retention]\nreleases = 1\n\n[calendar]\n");
    fs::write(folder.path("warehouse/released/tags/.pointing-0a"), "left by a killed process").expect("a file");
    let dry = folder.rihla(&["prune", "--dry-run"]).ok();
    let ran = folder.rihla(&["prune"]).ok();
    snapshot("releases", "prune", "three releases, one is kept, the first is tagged", &ran.text());
    assert_eq!(dry.stdout.split("\nnothing was touched").next(), ran.stdout.split("\npruned").next(), "the dry run says what is done");
    assert!(folder.path("warehouse/released/000001/deliveries.parquet").exists() && !folder.path("warehouse/released/000002").exists());
    assert!(!folder.path("warehouse/released/tags/.pointing-0a").exists());
    folder.rihla(&["sql", "SELECT * FROM deliveries", "--release", "published"]).ok();
    folder.rihla(&["tag", "published", "--delete", "--note", "no longer needed"]).ok();
    folder.rihla(&["prune"]).ok();
    assert!(!folder.path("warehouse/released/000001").exists());
}

/// The project that `rihla init` makes, loaded: two offices, the first quarter of 2023, an edition of it.
pub fn starter() -> Folder {
    let folder = Folder::of("templates/project");
    for list in ["country", "sex"] {
        let path = format!("schemas/codes/{list}.csv");
        folder.write(&path, fs::read(crate::support::repository(&path)).expect("a code list"));
    }
    folder.rihla(&["run"]).ok();
    folder
}

/// The southern office sends February again without the record of somebody; `received` is a day of April 2023.
pub fn without(folder: &Folder, record: &str, received: &str) {
    let sent = fs::read_to_string(folder.path("extracts/SUD/2023-03-07/registrations-2023-02.csv")).expect("a text file");
    let kept: String = sent.split_inclusive('\n').filter(|line| !line.starts_with(&format!("{record};"))).collect();
    assert_eq!(kept.lines().count() + 1, sent.lines().count(), "one line less");
    folder.write(&format!("extracts/SUD/{received}/registrations-2023-02.csv"), kept);
}

/// Adds to rihla.toml what stands before its offices.
pub fn add(folder: &Folder, text: &str) {
    folder.replace("rihla.toml", "[calendar]\n", &format!("{text}\n[calendar]\n"));
}
