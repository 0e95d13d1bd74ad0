//! The program killed, or its disk full, at every write of every stage, and run again: the tables are those of an
//! undisturbed run, and a pruning leaves no file that an undisturbed folder does not have.
//!
//! No point can be forgotten: the list is what an undisturbed run of the stage passes.

mod stages;
mod state;

use std::collections::BTreeMap;

use crate::support::repository;
use stages::{STAGES, Stage, stage};
use state::{State, assert_same, strays};

/// A stage done without disturbance: the points it passed, and what the warehouse holds afterwards.
struct Undisturbed {
    code: i32,
    points: Vec<String>,
    state: State,
    /// The same after a pruning, which takes results of earlier builds away.
    pruned: State,
}

fn undisturbed(stage: &Stage) -> Undisturbed {
    let folder = stage.begin();
    let list = folder.path("points");
    let list = list.to_str().expect("a path");
    let ran = stage.run(&folder, &[("RIHLA_TEST_POINTS", list)]);
    let points: Vec<String> = std::fs::read_to_string(list).expect("points").lines().map(str::to_owned).collect();
    assert!(points.len() > 5, "{}: no points were passed: {}", stage.name, ran.text());
    assert_eq!(strays(&folder), Vec::<String>::new(), "{}: left undisturbed", stage.name);
    let state = State::of(&folder, stage);
    stage.prune(&folder);
    Undisturbed { code: ran.code, points, state, pruned: State::of(&folder, stage) }
}

/// Disturbs a stage at a point, runs it again, prunes, and compares.
fn disturbed(stage: &Stage, undisturbed: &Undisturbed, point: &str, fault: &str) {
    let folder = stage.begin();
    let place = format!("{}, {fault} {point}", stage.name);
    let ran = stage.run(&folder, &[("RIHLA_TEST_POINT", point), ("RIHLA_TEST_FAULT", fault)]);
    if fault == "kill" {
        assert_eq!(ran.code, -1, "{place}: not killed: {}", ran.text());
    } else if is_artefact(point) {
        let is_told = ["cannot write `target/", "cannot write `staging/files-seen.json`"].iter().any(|told| ran.stderr.contains(told));
        let warned = is_told && ran.stderr.contains("No space left");
        assert!(ran.code == undisturbed.code && warned, "{place}: {}", ran.text());
    } else {
        assert!(ran.code == 1 && ran.stderr.contains("the disk is full"), "{place}: {}", ran.text());
    }
    stage.run_again(&folder, undisturbed.code, &place);
    // Where nothing strays there is nothing to prune, which is the costlier half of the proof.
    let has_strays = !strays(&folder).is_empty();
    if has_strays {
        stage.prune(&folder);
        assert_eq!(strays(&folder), Vec::<String>::new(), "{place}: left after a pruning");
    }
    assert_same(&State::of(&folder, stage), if has_strays { &undisturbed.pruned } else { &undisturbed.state }, &place);
}

/// Whether it is a write of what dbt's tools read, which is no part of the warehouse, or of what nothing rests on: it fails
/// with a warning alone.
fn is_artefact(point: &str) -> bool {
    ["…/target", "…/manifest.json", "…/run_results.json", "…/checked.jsonl", "staging/files-seen.json"].iter().any(|artefact| point.contains(artefact))
}

/// Kills at every end and in every middle of a write: the end of one is the beginning of the next.
fn kill_everywhere(name: &str) {
    let stage = stage(name);
    let whole = undisturbed(stage);
    let first = whole.points.first().into_iter();
    let ends = whole.points.iter().filter(|point| !point.starts_with("before "));
    for point in first.chain(ends).filter(|point| stage.has(point)) {
        disturbed(stage, &whole, point, "kill");
    }
}

/// Lets the disk be full at every write: in its middle where it has one, else from its beginning.
fn fill_everywhere(name: &str) {
    let stage = stage(name);
    let whole = undisturbed(stage);
    let amid = |point: &&String| whole.points.contains(&point.replacen("before ", "amid ", 1));
    let points = whole.points.iter().filter(|point| point.starts_with("amid ") || (point.starts_with("before ") && !amid(point)));
    for point in points.filter(|point| stage.has(point)) {
        disturbed(stage, &whole, point, "full");
    }
}

macro_rules! every_stage {
    ($($name:ident: $stage:literal,)*) => {
        mod killed {
            $(#[test] fn $name() { super::kill_everywhere($stage); })*
        }
        mod disk_full {
            $(#[test] fn $name() { super::fill_everywhere($stage); })*
        }
        const TESTED: &[&str] = &[$($stage),*];
    };
}

every_stage! {
    making_the_key: "making the key",
    the_first_load: "the first load",
    loading: "loading",
    modelling: "modelling",
    testing: "testing",
    erasing: "erasing",
    pruning: "pruning",
    rotating: "rotating",
    replaying: "replaying",
}

#[test]
fn every_stage_is_tested_and_the_list_in_docs_is_what_they_pass() {
    assert_eq!(TESTED, STAGES.iter().map(|stage| stage.name).collect::<Vec<_>>());
    let mut text = std::fs::read_to_string(repository("tests/it/failpoints/head.md")).expect("the head of the list");
    for stage in STAGES {
        let points = undisturbed(stage).points;
        text.push_str(&format!("\n## {}\n\n{}\n\n| write | points | what stands when it is killed there |\n|---|---|---|\n", capital(stage.name), stage.about));
        for (write, moments) in by_write(&points).into_iter().filter(|(write, _)| stage.has(write)) {
            text.push_str(&format!("| `{write}` | {} | {} |\n", moments.join(", "), meaning(&write)));
        }
    }
    let place = repository("docs/failpoints.md");
    if std::env::var_os("RIHLA_UPDATE").is_some() {
        std::fs::write(&place, &text).expect("written");
    }
    let found = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(found == text, "docs/failpoints.md is not what the stages pass: write it anew with RIHLA_UPDATE=1 and read the difference");
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

/// Writes in the order of their names (models are built side by side), with their moments.
fn by_write(points: &[String]) -> Vec<(String, Vec<&str>)> {
    let mut writes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (moment, write) in points.iter().map(|point| point.split_once(' ').expect("a moment and a write")) {
        writes.entry(write.to_owned()).or_default().push(moment);
    }
    writes.into_iter().collect()
}

/// What a kill at a write of a kind leaves, and what mends it; the first row of the table in `meanings.csv` that fits.
fn meaning(write: &str) -> String {
    let table = std::fs::read_to_string(repository("tests/it/failpoints/meanings.txt")).expect("meanings");
    let rows = table.lines().filter_map(|line| line.split_once(" => "));
    let fits = |pattern: &str| regex::Regex::new(pattern).expect("a pattern").is_match(write);
    rows.into_iter().find(|(pattern, _)| fits(pattern)).map(|(_, meaning)| meaning.to_owned()).unwrap_or_else(|| panic!("nobody says what `{write}` proves"))
}
