//! A warehouse that is not this program's to write, and loads that were cut off in the middle.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Folder, ROWS, Row, assert_nobody, comma_csv, loaded_small, parquet_rows, snapshot};

/// A run is refused, says so, and leaves the warehouse as it was.
fn untouched(name: &str, story: &str, folder: &Folder) {
    let before = folder.files("warehouse");
    let ran = folder.rihla(&["run"]);
    snapshot("warehouse", name, story, &ran.text());
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.text());
    assert_same(&before, &folder.files("warehouse"));
    assert_nobody(&ran.said());
}

#[track_caller]
fn assert_same(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) {
    let gone: Vec<_> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    let changed: Vec<_> = after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
    assert!(gone.is_empty() && changed.is_empty(), "taken away: {gone:?}; written: {changed:?}");
}

#[test]
fn of_a_newer_format() {
    let folder = loaded_small();
    folder.replace("warehouse/warehouse.json", "\"format\": 2", "\"format\": 3").replace(
        "warehouse/warehouse.json",
        "\"made_by\": \"rihla 0.1.0\"",
        "\"made_by\": \"rihla 7.0.0\"",
    );
    untouched("of_a_newer_format", "the warehouse was made by a newer rihla", &folder);
    let dry = folder.rihla(&["run", "--dry-run"]);
    assert_eq!(dry.code, 1, "a dry run is refused as well: {}", dry.text());
}

#[test]
fn of_a_newer_format_with_drafts_of_its_own() {
    let folder = loaded_small();
    folder.replace("warehouse/warehouse.json", "\"format\": 2", "\"format\": 3");
    folder.write("warehouse/.drafts/draft", "of the newer program");
    let before = folder.files("warehouse");
    assert_eq!(folder.rihla(&["run"]).code, 1);
    assert_same(&before, &folder.files("warehouse"));
}

#[test]
fn of_another_project() {
    let folder = loaded_small();
    folder.replace("rihla.toml", "name = \"small\"", "name = \"other\"");
    untouched("of_another_project", "rihla.toml names the project otherwise", &folder);
}

#[test]
fn with_a_marker_that_is_broken() {
    let folder = loaded_small();
    folder.write("warehouse/warehouse.json", "{\"format\": ");
    untouched("with_a_marker_that_is_broken", "warehouse.json is cut off", &folder);
}

#[test]
fn of_another_key() {
    let folder = loaded_small();
    std::fs::write(folder.key(), "02".repeat(32)).expect("another key");
    untouched("of_another_key", "the key is not the one that the warehouse was filled with", &folder);
}

#[test]
fn without_its_key() {
    let folder = loaded_small();
    std::fs::remove_file(folder.key()).expect("the key");
    untouched("without_its_key", "the key is gone: a new one would make other pseudonyms", &folder);
    assert!(!folder.key().exists(), "a key was made");
}

#[test]
fn with_a_key_that_is_none() {
    let folder = loaded_small();
    std::fs::write(folder.key(), "not a key, but perhaps a secret").expect("a file");
    untouched("with_a_key_that_is_none", "the key's file holds something else, which is not repeated", &folder);
}

#[test]
fn a_new_warehouse_makes_its_key_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::small();
    std::fs::remove_file(folder.key()).expect("the key");
    let ran = folder.rihla(&["run"]).ok();
    let mode = |path: PathBuf| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(folder.key()), mode(folder.path("warehouse"))), (0o600, 0o700));
    let key = std::fs::read_to_string(folder.key()).expect("the key");
    assert!(key.len() == 64 && !ran.said().contains(&key));
}

#[test]
fn while_another_run_loads() {
    let folder = loaded_small();
    let lock = std::fs::File::options().write(true).open(folder.path("warehouse/lock")).expect("the lock");
    lock.lock().expect("held");
    untouched("while_another_run_loads", "the lock is held by another process", &folder);
    folder.rihla(&["run", "--dry-run"]).ok();
    drop(lock);
    folder.rihla(&["run"]).ok();
}

#[test]
fn two_runs_at_once() {
    let folder = Folder::small();
    let start = || folder.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let (one, two) = (start(), start());
    let ended = [one, two].map(|process| process.wait_with_output().expect("it ended"));
    let codes = ended.each_ref().map(|output| output.status.code());
    assert!(codes.contains(&Some(0)), "one of them loads: {ended:?}");
    for output in ended.iter().filter(|output| output.status.code() != Some(0)) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains("another run is loading into this warehouse"), "{said}");
    }
    folder.rihla(&["run"]).ok();
    assert_undisturbed(&folder, &loaded_small());
}

#[test]
fn whose_disk_says_no() {
    let folder = Folder::small();
    folder.write("warehouse", "a file where the folder should be");
    let ran = folder.rihla(&["run"]);
    snapshot("warehouse", "whose_disk_says_no", "a file stands where the warehouse should be made", &ran.text());
    assert_eq!(ran.code, 1);
}

/// Takes the newest commit of a table back, as if the process had been killed before it; its data files stay.
fn take_back(folder: &Folder, table: &str) {
    let log = folder.path(&format!("warehouse/{table}/_delta_log"));
    let commits =
        std::fs::read_dir(&log).expect("a log").map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    let newest = commits.max().expect("a commit");
    assert!(!newest.ends_with("00000000000000000000.json"), "the commit that makes the table of {table} is not taken back");
    std::fs::remove_file(newest).expect("a commit taken back");
}

/// Takes the release back as well: killed before it was made.
fn take_back_release(folder: &Folder) {
    std::fs::remove_dir_all(folder.path("warehouse/released")).expect("the releases");
}

/// Every row of a feed that stands in the table's files, vouched for or not.
fn rows_of(folder: &Folder, table: &str) -> Vec<Row> {
    let root = folder.path(&format!("warehouse/{table}"));
    let files = folder.files(&format!("warehouse/{table}"));
    files.keys().filter(|path| path.ends_with(".parquet")).flat_map(|path| parquet_rows(&root.join(path))).collect()
}

fn released(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    folder.files("warehouse/released/latest/").into_iter().filter(|(path, _)| path.ends_with(".parquet")).collect()
}

/// After a load that was cut off, the next run ends where an undisturbed one does, and no row stands twice.
fn recovers(taken_back: &[&str]) {
    let folder = loaded_small();
    taken_back.iter().for_each(|table| take_back(&folder, table));
    take_back_release(&folder);
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 1"), "{}", ran.text());
    assert_undisturbed(&folder, &loaded_small());
}

/// The folder holds what one holds that was loaded in one go.
#[track_caller]
fn assert_undisturbed(folder: &Folder, undisturbed: &Folder) {
    assert!(released(folder) == released(undisturbed), "other tables than of an undisturbed run");
    for table in ["submissions", "quarantine", "feeds/registrations"] {
        assert_eq!(sorted(folder, table), sorted(undisturbed, table), "rows of {table}");
    }
    let again = folder.rihla(&["run"]).ok();
    assert!(again.stdout.contains("nothing changed: release 1 stays"), "{}", again.text());
}

/// The rows of a table that its log names, without what tells one run or file from another.
fn sorted(folder: &Folder, table: &str) -> Vec<String> {
    let project = rihla::project::load(&folder.path("")).expect("the project");
    let clock = std::sync::Arc::new(rihla::clock::FixedClock(crate::support::NOW.parse().expect("an instant")));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let batches = runtime.block_on(async {
        let warehouse = rihla::warehouse::Warehouse::open(&project, clock).await.expect("the warehouse");
        let table = match table {
            "submissions" => &warehouse.submissions,
            "quarantine" => &warehouse.set_aside,
            _ => &warehouse.feeds["registrations"],
        };
        table.read_all().await.expect("its rows")
    });
    let mut rows: Vec<String> = crate::support::rows(&batches)
        .into_iter()
        .map(|mut row| {
            ["modified_at", "loaded_at", "run_id"].into_iter().for_each(|column| drop(row.remove(column)));
            serde_json::to_string(&row).expect("a row")
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn killed_before_the_submissions_were_committed() {
    recovers(&["submissions"]);
}

#[test]
fn killed_before_the_rows_set_aside_were_committed() {
    recovers(&["submissions", "quarantine"]);
}

#[test]
fn killed_before_anything_was_committed() {
    recovers(&["submissions", "quarantine", "feeds/registrations"]);
}

#[test]
fn killed_before_the_release() {
    recovers(&[]);
}

/// A debug build's run of the small project takes some 400 ms; wherever in it the process dies, nothing is lost.
#[test]
fn killed_at_any_moment() {
    let undisturbed = loaded_small();
    for delay_ms in (20..=500).step_by(40) {
        let folder = Folder::small();
        let mut process = folder.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
        std::thread::sleep(Duration::from_millis(delay_ms));
        // It may have ended by itself.
        let _ = process.kill();
        process.wait().expect("it ended");
        folder.rihla(&["run"]).ok();
        assert_undisturbed(&folder, &undisturbed);
    }
}

#[test]
fn killed_and_the_extract_changed_before_the_next_run() {
    let folder = loaded_small();
    take_back(&folder, "submissions");
    take_back_release(&folder);
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS[..2]));
    folder.rihla(&["run"]).ok();
    let rabat: Vec<_> =
        folder.released("deliveries").into_iter().filter(|row| row["office"] == "RAB").map(|row| (row["revisions"].clone(), row["rows"].clone())).collect();
    assert_eq!(rabat, [(1.into(), 2.into())], "rows that nobody vouches for are seen");
    assert_eq!(rows_of(&folder, "feeds/registrations").len(), 16 + 2, "what landed is used again, the changed extract appended");
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed"));
}

#[test]
fn killed_between_the_release_and_its_folder() {
    let folder = loaded_small();
    let before = released(&folder);
    std::fs::remove_file(folder.path("warehouse/released/latest")).expect("the link");
    std::fs::remove_dir_all(folder.path("warehouse/released/000001")).expect("the folder");
    folder.rihla(&["run"]).ok();
    assert_eq!(released(&folder), before);
}

#[test]
fn whose_rows_were_lost() {
    let folder = loaded_small();
    take_back(&folder, "feeds/registrations");
    let ran = folder.rihla(&["run"]);
    snapshot("warehouse", "whose_rows_were_lost", "the rows of a feed are gone that submissions vouch for", &ran.text());
    assert_eq!(ran.code, 1);
    assert!(!folder.path("warehouse/released/release-000002.json").exists(), "a release was made of what is left");
}
