//! Nothing new loads nothing, a dry run touches nothing, and the same extracts make the same bytes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Folder, loaded};

#[test]
fn a_second_run_loads_nothing_and_releases_nothing() {
    let folder = loaded().again();
    let before = folder.files("warehouse");
    let report = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((&report["outcome"], &report["release"], &report["rebuilt"]), (&Value::from("unchanged"), &Value::from(1), &Value::from(0)));
    for feed in report["feeds"].as_array().expect("feeds") {
        assert_eq!(feed["found"], feed["known"], "{feed}");
        assert!(feed["rows"].as_object().expect("counts of rows").values().all(|count| *count == 0), "{feed}");
    }
    // It read through what the first run wrote, and remembers that.
    let after = folder.files("warehouse");
    assert_eq!(written(&before, &after), ["staging/files-seen.json"]);
    let said = folder.rihla(&["run"]).ok();
    assert!(said.stdout.contains("nothing changed: release 1 stays"), "{}", said.text());
    assert!(written(&after, &folder.files("warehouse")).is_empty());
}

/// The files that a run wrote beside the record of itself; it takes none away.
#[track_caller]
fn written(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    assert!(before.keys().all(|path| after.contains_key(path)), "something was taken away");
    let changed: Vec<_> = after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|(path, _)| path.clone()).collect();
    let (records, others): (Vec<_>, Vec<_>) = changed.into_iter().partition(|path| path.starts_with("runs/"));
    assert_eq!(records.len(), 1, "one more record of a run: {records:?}");
    others
}

#[test]
fn a_dry_run_touches_nothing_and_counts_the_same() {
    let folder = Folder::real();
    std::fs::remove_file(folder.key()).expect("the key");
    let before = folder.files("");
    let dry = folder.rihla(&["run", "--dry-run", "--json"]).ok().json();
    assert!(!folder.path("warehouse").exists(), "a warehouse was made");
    assert!(!folder.key().exists(), "a key was made");
    assert!(folder.files("") == before, "the project folder changed");
    assert_eq!(dry["outcome"], "dry_run");
    let run = loaded().last_run();
    for feed in dry["feeds"].as_array().expect("feeds") {
        let done = run["feeds"].as_array().expect("feeds").iter().find(|done| done["feed"] == feed["feed"]).expect("the same feeds");
        for count in ["loaded", "unchanged", "refused", "rows"] {
            assert_eq!(feed[count], done[count], "{count} of {}", feed["feed"]);
        }
    }
}

#[test]
fn a_dry_run_of_a_loaded_project_touches_nothing() {
    let folder = loaded().again();
    let before = folder.files("");
    let dry = folder.rihla(&["run", "--dry-run", "--json"]).ok().json();
    assert!(dry["feeds"].as_array().expect("feeds").iter().all(|feed| feed["found"] == feed["known"]), "{dry}");
    assert!(folder.files("") == before, "something was touched");
}

#[test]
fn the_same_extracts_and_key_make_the_same_bytes() {
    let other = &crate::leak::loaded_with_trace().0;
    let tables = |folder: &Folder| -> BTreeMap<String, Vec<u8>> {
        folder.files("warehouse/released/000001").into_iter().filter(|(path, _)| path.ends_with(".parquet")).collect()
    };
    let (one, two) = (tables(loaded()), tables(other));
    assert!(one.len() > 20, "a release of {} tables", one.len());
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    let different: Vec<_> = one.iter().filter(|(path, bytes)| two[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(different.is_empty(), "{different:?}");
    // What is known of the last build names months by the files of feeds, which are of one warehouse.
    let staging = |folder: &Folder| -> BTreeMap<String, Vec<u8>> {
        folder.files("warehouse/staging").into_iter().filter(|(path, _)| path.ends_with(".parquet")).collect()
    };
    assert!(staging(loaded()) == staging(other), "person-level tables differ");
}

impl Folder {
    /// The record of the last run.
    fn last_run(&self) -> Value {
        let runs = self.files("warehouse/runs");
        serde_json::from_slice(runs.values().next_back().expect("a run")).expect("a record of a run")
    }
}
