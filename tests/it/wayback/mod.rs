//! The way back: workbooks of faulty rows for offices, and what becomes of them when they are returned.

mod book;
mod leaks;
mod office;
mod refused;
mod returned;

use std::path::PathBuf;

use serde_json::Value;

pub use book::Book;

use crate::support::{Cells, Folder, ROWS, comma_csv, with};

/// The small project with a place for returned workbooks, and Rabat French.
pub fn project() -> Folder {
    let folder = Folder::bare();
    folder.replace("rihla.toml", "[calendar]", "[corrections]\nurl = \"back/{office}/{received}/*\"\n\n[calendar]");
    folder.replace("rihla.toml", "name = \"Rabat\"\n", "name = \"Rabat\"\nlanguage = \"fr\"\n");
    folder
}

/// Rabat's January with a faulty row, which is line 6, loaded.
pub fn with_fault() -> Folder {
    let folder = project();
    deliver(&folder, "2023-02-04", &faulty());
    folder.rihla(&["run"]).ok();
    folder
}

/// Four good rows and one of which the nationality is none.
pub fn faulty() -> Vec<Cells> {
    let mut rows = ROWS.to_vec();
    rows.push(with(with(ROWS[0], "Identifiant", "r-5"), "Nationalité", "Guinee-Konakri"));
    rows
}

pub fn deliver(folder: &Folder, day: &str, rows: &[Cells]) {
    folder.write(&format!("in/RAB/{day}/registrations-2023-01.csv"), comma_csv(rows));
}

/// The one workbook that is exported for Rabat.
#[track_caller]
pub fn export(folder: &Folder) -> Book {
    Book::open(&std::fs::read(exported(folder)).expect("a workbook"))
}

/// The file of the one workbook that is exported for Rabat.
#[track_caller]
pub fn exported(folder: &Folder) -> PathBuf {
    let out = folder.path("out");
    let ran = folder.rihla(&["quarantine", "export", "--office", "RAB", "--out", out.to_str().expect("a path"), "--force", "--json"]).ok().json();
    let files = ran["files"].as_array().expect("files");
    assert_eq!(files.len(), 1, "{ran}");
    files[0]["file"].as_str().expect("a path").into()
}

/// Puts a workbook where Rabat returns it.
pub fn give_back(folder: &Folder, day: &str, book: &Book) {
    folder.write(&format!("back/RAB/{day}/corrige.xlsx"), book.bytes());
}

/// What a run says of the feed's rows: read, loaded, quarantined, excluded, refused.
pub fn counts(ran: &Value) -> [u64; 5] {
    let rows = &ran["feeds"][0]["rows"];
    ["read", "loaded", "quarantined", "excluded", "refused"].map(|name| rows[name].as_u64().expect("a count"))
}

/// Runs and gives the JSON, whatever the exit code.
#[track_caller]
pub fn run(folder: &Folder) -> Value {
    let ran = folder.rihla(&["run", "--json"]);
    assert!(ran.code < 2, "{}", ran.text());
    ran.json()
}

/// Error and reason of the one refused workbook.
#[track_caller]
pub fn refusal(folder: &Folder) -> (String, String) {
    let ran = run(folder);
    let refused: Vec<&Value> = ran["refused"].as_array().expect("a list").iter().filter(|one| one["is_correction"] == true).collect();
    assert_eq!(refused.len(), 1, "{ran}");
    let text = |name: &str| refused[0][name].as_str().expect("text").to_owned();
    (text("error"), text("reason"))
}
