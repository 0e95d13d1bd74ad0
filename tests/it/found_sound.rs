//! A project in which nothing was at fault is not planned again while it is the same; and only then.

use std::fs;
use std::path::PathBuf;

use rihla::model::Checked;
use rihla::project::load;
use rihla::run::{Prepared, check_project, check_project_and, remember};
use serde_json::Value;

use crate::support::Folder;

const MEMORY: &str = "target/checked.jsonl";

fn block_on<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(what)
}

fn prepared(folder: &Folder) -> Prepared {
    block_on(check_project(&folder.path("."))).expect("a project in order")
}

/// A project whose check is remembered.
fn remembered(folder: Folder) -> Folder {
    remember(&prepared(&folder));
    folder
}

/// Everything that is known of models.
fn told(checked: &Checked) -> String {
    format!("{checked:#?}")
}

#[test]
fn what_is_remembered_is_what_a_check_finds() {
    for folder in [Folder::real(), Folder::bare()] {
        let full = prepared(&folder);
        assert!(!full.is_remembered && full.warnings.is_empty(), "{:?}", full.warnings);
        remember(&full);
        let again = prepared(&folder);
        assert!(again.is_remembered);
        assert!(!again.checked.models.is_empty());
        assert!(told(&again.checked) == told(&full.checked), "something else is known of models");
        let anew = block_on(check_project_and(&folder.path("."), async |_, _, _| Ok(()))).expect("a project in order");
        assert!(!anew.is_remembered, "who looks at more than models has them planned");
    }
}

#[test]
fn a_byte_of_any_file_makes_another_project() {
    let folder = Folder::real();
    let print = || load(&folder.path(".")).map(|project| project.print);
    let before = print().expect("a project in order");
    assert_eq!(print().expect("a project in order"), before);
    let files = folder.files("").into_iter().filter(|(path, _)| !path.starts_with("fixtures/"));
    let mut unread = Vec::new();
    for (path, bytes) in files {
        let changed = [&bytes[..], b"\n"].concat();
        fs::write(folder.path(&path), changed).expect("a file of the project");
        // A line more may be a fault, which is one of another project too.
        if print().is_ok_and(|print| print == before) {
            unread.push(path.clone());
        }
        fs::write(folder.path(&path), bytes).expect("a file of the project");
    }
    // What tables hold that offices do not send is read when they are; models are checked by their columns.
    assert!(unread.iter().all(|path| path.starts_with("schemas/references/") && path.ends_with(".csv")), "{unread:?}");
    assert_eq!(print().expect("a project in order"), before);
    let one: PathBuf = folder.path("sql/marts/added.sql");
    fs::write(&one, fs::read(folder.path("sql/marts/headline.sql")).unwrap_or_default()).expect("one more file");
    assert!(print().map_or(true, |print| print != before), "one more file");
}

#[test]
fn a_project_that_changed_is_checked_and_its_faults_are_told() {
    let folder = remembered(Folder::bare());
    let model = fs::read_dir(folder.path("sql/marts")).expect("models").next().expect("a model").expect("a model").file_name();
    let path = format!("sql/marts/{}", model.display());
    let sql = fs::read_to_string(folder.path(&path)).expect("a model");
    folder.write(&path, format!("{sql}\n-- more"));
    assert!(!prepared(&folder).is_remembered);
    folder.write(&path, format!("{sql}\nWHERE no_such_column = 1"));
    assert!(block_on(check_project(&folder.path("."))).is_err(), "a fault is told");
    folder.write(&path, &sql);
    assert!(prepared(&folder).is_remembered, "the same bytes are the same project");
}

#[test]
fn a_memory_that_is_damaged_or_another_programs_is_of_no_use() {
    let folder = remembered(Folder::bare());
    let full = told(&prepared(&folder).checked);
    let memory = fs::read(folder.path(MEMORY)).expect("a memory");
    for place in (0..memory.len()).step_by(memory.len() / 40) {
        let mut damaged = memory.clone();
        damaged[place] ^= 1;
        folder.write(MEMORY, &damaged);
        let prepared = prepared(&folder);
        assert!(!prepared.is_remembered, "byte {place}");
        assert!(told(&prepared.checked) == full);
    }
    for cut in [0, 1, memory.len() / 2, memory.len() - 1] {
        folder.write(MEMORY, &memory[..cut]);
        assert!(!prepared(&folder).is_remembered, "cut at {cut}");
    }
    let text = String::from_utf8(memory.clone()).expect("a text");
    let version = format!("\"program\": \"{}", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version));
    folder.write(MEMORY, text.replacen(&version, "\"program\": \"0.0.0", 1));
    assert!(!prepared(&folder).is_remembered, "another program's");
    folder.write(MEMORY, memory);
    assert!(prepared(&folder).is_remembered);
}

#[test]
fn a_warning_is_told_each_time() {
    let folder = Folder::bare();
    let model = fs::read_dir(folder.path("sql/staging")).or_else(|_| fs::read_dir(folder.path("sql/marts"))).expect("models").next();
    let path = model.expect("a model").expect("a model").path();
    let mut prepared = prepared(&folder);
    prepared.warnings.push(rihla::diagnostic::Fault::of_path(path.display().to_string(), "something is not as it might be".to_owned()));
    remember(&prepared);
    assert!(!folder.path(MEMORY).exists());
}

/// The same without when it was made, and by which run.
fn timeless(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let stays = |name: &String| !["created_at", "generated_at", "invocation_id"].contains(&name.as_str());
            Value::Object(members.into_iter().filter(|(name, _)| stays(name)).map(|(name, value)| (name, timeless(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(timeless).collect(),
        other => other,
    }
}

#[test]
fn a_run_remembers_and_the_next_one_says_the_same() {
    let folder = Folder::small();
    let first = folder.rihla(&["run"]).ok();
    let memory = fs::read(folder.path(MEMORY)).expect("a memory");
    assert!(first.stdout.contains("release 1"), "{}", first.text());
    let manifest = || timeless(serde_json::from_slice(&fs::read(folder.path("target/manifest.json")).expect("a manifest")).expect("JSON"));
    let described = manifest();
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed"));
    assert!(manifest() == described, "the project is described as before");
    assert!(fs::read(folder.path(MEMORY)).expect("a memory") == memory, "what is remembered is not written again");
    for command in [&["ls"][..], &["lineage"], &["tables"]] {
        let known = folder.rihla(command);
        fs::remove_file(folder.path(MEMORY)).expect("a memory");
        let planned = folder.rihla(command);
        assert_eq!((known.stdout, known.stderr), (planned.stdout, planned.stderr), "{command:?}");
        assert!(!folder.path(MEMORY).exists(), "what only looks writes nothing");
        fs::write(folder.path(MEMORY), &memory).expect("a memory");
    }
    fs::remove_dir_all(folder.path("target")).expect("a folder");
    folder.rihla(&["run", "--dry-run"]).ok();
    assert!(!folder.path("target").exists(), "a dry run touches nothing");
}
