//! A new project: made where nothing is, and in order from its first command on.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Folder, NOW, Ran, snapshot};

/// The program in a folder, without a project named.
fn rihla(folder: &Folder, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_rihla"))
        .env_clear()
        .env("HOME", folder.path(".."))
        .env("RIHLA_NOW", NOW)
        .current_dir(folder.path(".."))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { code: output.status.code().expect("it ends by itself"), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[track_caller]
fn says(folder: &Folder, name: &str, args: &[&str]) -> Ran {
    let ran = rihla(folder, args);
    snapshot("start", name, &format!("rihla {}", args.join(" ")), &ran.text());
    ran
}

#[test]
fn a_new_project_runs_at_once() {
    let folder = Folder::bare();
    says(&folder, "init", &["init", "my-first-project"]).ok();
    let project = ["--project", "my-first-project"];
    let with = |args: &[&'static str]| [&project[..], args].concat();
    says(&folder, "check", &with(&["check"])).ok();
    says(&folder, "run", &with(&["run"])).ok();
    says(&folder, "reconcile", &with(&["reconcile", "2023-Q1"])).ok();
    says(&folder, "quarantine", &with(&["quarantine"])).ok();
    says(&folder, "tables_one", &with(&["tables", "registrations"])).ok();
    assert!(folder.path("../.config/rihla/my_first_project.key").is_file(), "the key lies outside of the project and is named after it");
    assert!(rihla(&folder, &with(&["run"])).ok().stdout.contains("nothing"), "a second run finds nothing new");
}

#[test]
fn what_is_in_the_way_is_named_and_stays() {
    let folder = Folder::bare();
    let before = folder.files(".");
    let ran = says(&folder, "not_empty", &["init", "project"]);
    assert_eq!(ran.code, 1);
    assert!(folder.files(".") == before, "something was written into a folder that is not empty");
    let ran = rihla(&folder, &["init", "key"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "a file is no folder: {}", ran.text());
}

#[test]
fn every_file_of_the_template_is_shipped() {
    let folder = Folder::bare();
    let listed = rihla(&folder, &["init", "new", "--json"]).ok().json();
    let listed: Vec<String> = listed["files"].as_array().expect("files").iter().map(|file| file.as_str().expect("a path").to_owned()).collect();
    let mut templates = Vec::new();
    below(&crate::support::repository("templates/project"), "", &mut templates);
    for path in templates {
        let shipped = path.replace("gitignore", ".gitignore");
        assert!(listed.contains(&shipped), "templates/project/{path} is not shipped");
        assert!(folder.path("../new").join(&shipped).is_file());
    }
    assert_eq!(
        std::fs::read(folder.path("../new/schemas/codes/country.csv")).unwrap(),
        std::fs::read(crate::support::repository("schemas/codes/country.csv")).unwrap()
    );
}

fn below(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() { below(&entry.path(), &format!("{path}/"), found) } else { found.push(path) }
    }
}
