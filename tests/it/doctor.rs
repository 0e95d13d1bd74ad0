//! `rihla doctor`: each thing that is not in order is found, with a remedy.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::Folder;

/// What was found of a thing: its health, what was found and the remedy.
fn found(folder: &Folder, what: &str) -> Vec<(String, String, String)> {
    found_with(folder, what, &[])
}

fn found_with(folder: &Folder, what: &str, variables: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let told = folder.rihla_with(&["doctor", "--json"], variables).json();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = told.as_array().expect("findings");
    all.iter().filter(|finding| finding["what"] == what).map(|finding| (word(finding, "health"), word(finding, "found"), word(finding, "remedy"))).collect()
}

#[track_caller]
fn one(folder: &Folder, what: &str) -> (String, String, String) {
    let mut all = found(folder, what);
    assert_eq!(all.len(), 1, "{what}: {all:?}");
    all.remove(0)
}

/// The small project, with a key that its owner alone can read.
fn with_a_private_key() -> Folder {
    let folder = Folder::small();
    std::fs::set_permissions(folder.key(), std::fs::Permissions::from_mode(0o600)).expect("a mode");
    folder
}

#[test]
fn a_project_in_order_is_well_before_and_after_its_first_run() {
    let folder = with_a_private_key();
    let before = folder.rihla(&["doctor"]).ok();
    assert!(before.stdout.contains("none yet: the first run makes") && before.stdout.contains("4 files (registrations)"), "{}", before.text());
    assert!(!folder.path("warehouse").exists(), "nothing is made");
    folder.rihla(&["run"]).ok();
    let files = folder.files("warehouse");
    let after = folder.rihla(&["doctor"]).ok();
    assert!(after.stdout.contains("is the one that the warehouse was filled with") && after.stdout.contains("release 1"), "{}", after.text());
    assert!(after.stdout.contains("makes files in one step"), "{}", after.text());
    assert_eq!(folder.files("warehouse").keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>(), "nothing is left behind");
}

#[test]
fn files_that_are_not_as_they_were_written_are_told_and_can_be_made_anew() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    let files = |folder: &Folder| {
        let ran = folder.rihla(&["doctor", "--files", "--json"]);
        let findings = ran.json();
        let about = |finding: &&Value| finding["what"].as_str().is_some_and(|what| what.starts_with("file"));
        findings.as_array().expect("findings").iter().filter(about).cloned().collect::<Vec<_>>()
    };
    let well = files(&folder);
    assert!(well.len() == 1 && well[0]["health"] == "well", "{well:?}");
    assert!(folder.rihla(&["doctor", "--json"]).json().as_array().expect("findings").iter().all(|finding| finding["what"] != "files"));
    let table = folder.files("warehouse/released/tables/by_country").into_keys().find(|name| name.ends_with(".parquet")).expect("a table");
    let path = folder.path(&format!("warehouse/released/tables/by_country/{table}"));
    let mut bytes = std::fs::read(&path).expect("a table");
    // The table and what the folder of the release shows are one file.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, bytes).expect("written");
    let damaged = files(&folder);
    assert_eq!(damaged.len(), 2, "{damaged:?}");
    assert!(damaged.iter().all(|finding| finding["health"] == "fault" && finding["found"] == "is not as it was written"), "{damaged:?}");
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(files(&folder).iter().filter(|finding| finding["found"] == "is missing").count(), 1);
    std::fs::remove_dir_all(folder.path("warehouse/released/000001")).expect("removed");
    folder.rihla(&["run"]).ok();
    assert_eq!(files(&folder), well);
}

#[test]
fn a_key_that_is_another_is_gone_or_open_to_all_is_a_fault() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    std::fs::set_permissions(folder.key(), std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let (health, said, remedy) = one(&folder, "key file");
    assert!(health == "fault" && said.contains("mode 644") && remedy.starts_with("chmod 600"), "{said}: {remedy}");
    assert_eq!(folder.rihla(&["doctor"]).code, 1);
    std::fs::write(folder.key(), "02".repeat(32)).expect("a key");
    let (health, said, remedy) = one(&folder, "key");
    assert!(health == "fault" && said.contains("not the key that the warehouse was filled with") && remedy.contains("RIHLA_KEY_FILE"), "{said}: {remedy}");
    std::fs::remove_file(folder.key()).expect("a key");
    assert!(one(&folder, "key").1.contains("cannot read the key"));
    assert!(!folder.key().exists(), "none is made");
}

#[test]
fn a_key_beside_what_it_protects_is_a_fault() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    let inside = folder.path("project.key");
    std::fs::copy(folder.key(), &inside).expect("a key");
    let told = found_with(&folder, "key file", &[("RIHLA_KEY_FILE", inside.to_str().expect("a path"))]);
    assert!(told.iter().any(|(health, said, _)| health == "fault" && said.contains("lies in the project")), "{told:?}");
}

#[test]
fn sources_out_of_reach_and_secrets_that_are_not_there_are_told() {
    let folder = Folder::small();
    std::fs::rename(folder.path("in"), folder.path("hidden")).expect("hidden");
    let told = found(&folder, "source in");
    assert!(told.iter().all(|(health, ..)| health == "fault") && told.len() == 1, "{told:?}");
    let folder = Folder::small();
    let text = std::fs::read_to_string(folder.path("pipelines/registrations.toml")).expect("a pipeline");
    let web = text.replacen(
        "url = \"in/{office}/{received}/registrations-{period}.csv\"",
        "url = \"https://127.0.0.1:9/{office}-{period}.csv?key=${NO_SUCH_KEY}\"",
        1,
    );
    assert_ne!(text, web, "the source is as this test takes it to be");
    folder.write("pipelines/registrations.toml", web);
    let (health, said, remedy) = one(&folder, "secret");
    assert!(health == "fault" && said.contains("`NO_SUCH_KEY`") && !remedy.is_empty(), "{said}");
    let told = folder.rihla_with(&["doctor"], &[("NO_SUCH_KEY", "hunter2-of-the-reports")]);
    assert!(told.code == 1 && told.stdout.contains("no connection can be made"), "{}", told.text());
    assert!(!told.text().contains("hunter2"), "{}", told.text());
}

#[test]
fn faults_of_the_project_and_a_clock_that_went_back_are_told() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    let told = found_with(&folder, "clock", &[("RIHLA_NOW", "2020-01-01T00:00:00Z")]);
    assert!(told.iter().any(|(health, said, _)| health == "fault" && said.contains("shows a time before")), "{told:?}");
    folder.write("pipelines/registrations.toml", "feed = 7\n");
    let (health, _, remedy) = one(&folder, "project");
    assert!(health == "fault" && remedy.contains("rihla check"), "{remedy}");
    assert_eq!(folder.rihla(&["doctor", "--quiet"]).code, 1);
}
