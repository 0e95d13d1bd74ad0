//! What a warehouse holds, without what tells one run or file from another.

use std::collections::BTreeMap;
use std::sync::Arc;

use rihla::clock::FixedClock;
use rihla::warehouse::{AppendedTable, Warehouse};
use serde_json::Value;

use super::stages::Stage;
use crate::support::{Folder, NOW, rows};

/// Names of values that differ from run to run.
const DIFFERING: [&str; 8] = ["run_id", "modified_at", "id", "receipt", "reissued", "to", "key_fingerprint", "key_file"];

/// Text of each part, by what it is called.
pub struct State(BTreeMap<String, String>);

impl State {
    /// What a folder's warehouse holds.
    pub fn of(folder: &Folder, stage: &Stage) -> Self {
        let mut parts = BTreeMap::new();
        // Where the key is made, every pseudonym is another: the figures have to do.
        let has_key = stage.name != "making the key";
        for (path, bytes) in folder.files("warehouse") {
            // Which rows count is told by files of tables, whose names are of one run alone.
            let differs = ["feeds/", "quarantine/", "submissions/", "runs/", "current/", "staging/files-seen.json"];
            let is_table = differs.iter().any(|table| path.starts_with(table));
            if is_table || (!has_key && !path.ends_with("by_country.csv")) {
                continue;
            }
            let name = named(&path);
            let text = if path.ends_with(".json") { plain(&bytes) } else { hex::encode(&bytes) };
            parts.insert(name, text);
        }
        if has_key {
            parts.insert("key".to_owned(), std::fs::read_to_string(folder.key()).expect("the key"));
            parts.extend(tables(folder));
        }
        Self(parts)
    }
}

/// The path without the name of a receipt.
fn named(path: &str) -> String {
    let is_receipt = ["erasures/", "prunings/", "rotations/"].iter().any(|folder| path.starts_with(folder));
    if is_receipt { format!("{}/*", path.split('/').next().unwrap_or_default()) } else { path.to_owned() }
}

fn plain(bytes: &[u8]) -> String {
    let mut value: Value = serde_json::from_slice(bytes).expect("JSON");
    strip(&mut value);
    value.to_string()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            DIFFERING.iter().for_each(|name| drop(fields.shift_remove(*name)));
            // Versions of tables count commits, of which an interrupted run leaves some.
            fields.shift_remove("pins");
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn with_tables<T>(folder: &Folder, look: impl AsyncFnOnce(Vec<&AppendedTable>) -> T) -> T {
    let project = rihla::project::load(&folder.path("")).expect("the project");
    let clock = Arc::new(FixedClock(NOW.parse().expect("an instant")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let warehouse = Warehouse::open(&project, clock).await.expect("the warehouse");
        let tables = warehouse.feeds.values().chain([&warehouse.set_aside, &warehouse.submissions]).collect();
        look(tables).await
    })
}

/// The rows of every table, vouched for or not.
fn tables(folder: &Folder) -> BTreeMap<String, String> {
    with_tables(folder, async |tables| {
        let mut found = BTreeMap::new();
        for table in tables {
            let mut lines: Vec<String> = rows(&table.read_all().await.expect("rows"))
                .into_iter()
                .map(|row| {
                    let mut row = Value::Object(row);
                    strip(&mut row);
                    row.to_string()
                })
                .collect();
            lines.sort();
            found.insert(format!("rows of {}", table.name()), lines.join("\n"));
        }
        found
    })
}

/// Files below the warehouse that no undisturbed one has: what was being written, what is prepared, and next to the tables, of
/// which the files have names of their own, what their logs do not name. Other files are compared by name with the rest.
pub fn strays(folder: &Folder) -> Vec<String> {
    let files = folder.files("warehouse");
    let mut stray: Vec<String> =
        files.into_keys().filter(|path| path.contains('#') || path.contains("/.") || path.starts_with('.') || path == "change.json").collect();
    stray.extend(folder.files("warehouse/released").into_keys().filter(|path| path.starts_with("latest.")));
    with_tables(folder, async |tables| {
        for table in tables {
            let named = table.file_names().expect("names");
            let lying = folder.files(&format!("warehouse/{}", table.name())).into_keys();
            stray.extend(lying.filter(|path| !path.starts_with("_delta_log/") && !named.contains(path)).map(|path| format!("{}/{path}", table.name())));
        }
    });
    stray
}

/// Fails with what differs.
#[track_caller]
pub fn assert_same(found: &State, undisturbed: &State, place: &str) {
    let names: std::collections::BTreeSet<&String> = found.0.keys().chain(undisturbed.0.keys()).collect();
    for name in names {
        let (one, other) = (found.0.get(name), undisturbed.0.get(name));
        assert!(one == other, "{place}: `{name}` is\n{}\nand of an undisturbed run\n{}", told(one), told(other));
    }
}

fn told(text: Option<&String>) -> &str {
    text.map_or("not there", |text| text.get(..4000).unwrap_or(text))
}
