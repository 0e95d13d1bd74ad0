//! An edition is held against the release that it was made from, and what later releases say otherwise has a cause.

use calamine::{DataType, Reader, Xlsx, open_workbook};
use serde_json::Value;

use crate::releases::{starter, without};
use crate::support::{Folder, snapshot};

const TOTAL: &str = "[[restatements]]\nindicator = \"registrations\"\ndimension = \"total\"\nperiod = \"2023-Q1\"\nfrom = 51\nto = 50\ncause = \"sud-9 was a test record\"\napprover = \"Data manager\"\n";

/// The first release tagged as published, and a second one with a woman less.
fn moved_on() -> Folder {
    let folder = starter();
    folder.rihla(&["tag", "2023-Q1-published"]).ok();
    without(&folder, "sud-9", "2023-04-15");
    folder.rihla(&["run"]).ok();
    folder
}

fn changed(folder: &Folder) -> (i32, Vec<(String, usize)>) {
    let ran = folder.rihla(&["reconcile", "2023-Q1", "--json"]);
    let value = ran.json();
    assert_eq!((&value["release"], &value["since"]["release"]), (&1.into(), &2.into()), "{value}");
    let changed = value["since"]["changed"].as_array().expect("changes").iter().map(|changed| {
        let causes = changed["causes"].as_array().expect("causes").len();
        (changed["dimension"].as_str().expect("a dimension").to_owned(), causes)
    });
    (ran.code, changed.collect())
}

#[test]
fn a_published_figure_that_changed_needs_a_cause() {
    let folder = moved_on();
    let ran = folder.rihla(&["reconcile", "2023-Q1"]);
    snapshot("editions", "unexplained", "the tagged release agrees, the latest has a woman less", &ran.text());
    assert_eq!(ran.code, 1);
    assert_eq!(changed(&folder), (1, vec![("total".to_owned(), 0), ("sadd_group=women".to_owned(), 0)]));
    let women = TOTAL.replace("total", "sadd_group=women").replace("51", "15").replace("50", "14");
    folder.write("published/2023-Q1.toml", format!("{TOTAL}\n{women}"));
    let ran = folder.rihla(&["reconcile", "2023-Q1"]).ok();
    snapshot("editions", "explained", "each change has a cause and who approved it", &ran.text());
    snapshot("editions", "explained_fr", "the same in French", &folder.rihla(&["--lang", "fr", "reconcile", "2023-Q1"]).ok().text());
    // A cause of another change is none; several that lead from one figure to the other are.
    folder.replace("published/2023-Q1.toml", "to = 50", "to = 49");
    assert_eq!(changed(&folder), (1, vec![("total".to_owned(), 0), ("sadd_group=women".to_owned(), 1)]));
    let back = TOTAL.replace("from = 51\nto = 50", "from = 49\nto = 50");
    folder.write("published/2023-Q1.toml", format!("{}\n{back}\n{women}", TOTAL.replace("to = 50", "to = 49")));
    assert_eq!(changed(&folder), (0, vec![("total".to_owned(), 2), ("sadd_group=women".to_owned(), 1)]));
    folder.rihla(&["reconcile", "2023-Q1", "--format", "xlsx", "--output", folder.path("book.xlsx").to_str().expect("a path")]).ok();
    let mut book: Xlsx<_> = open_workbook(folder.path("book.xlsx")).expect("a workbook");
    let sheet = book.worksheet_range("Changed since").expect("a sheet");
    assert!(sheet.used_cells().any(|(_, _, cell)| cell.get_string() == Some("sud-9 was a test record (approved by Data manager)")), "{sheet:?}");
}

#[test]
fn without_a_tag_the_latest_release_is_held_against_the_edition() {
    let folder = starter();
    let before: Value = folder.rihla(&["reconcile", "2023-Q1", "--json"]).ok().json();
    assert_eq!((&before["release"], &before["tag"], &before["since"]), (&1.into(), &Value::Null, &Value::Null));
    without(&folder, "sud-9", "2023-04-15");
    folder.rihla(&["run"]).ok();
    let ran = folder.rihla(&["reconcile", "2023-Q1", "--json"]);
    assert_eq!((ran.code, &ran.json()["release"]), (1, &2.into()), "the latest differs from what was published");
    folder.write("published/2023-Q1.toml", "tag = \"first-quarter\"\n");
    let ran = folder.rihla(&["reconcile", "2023-Q1"]);
    assert!(ran.stdout.starts_with("edition 2023-Q1 against release 2 (the tag first-quarter is not made yet)"), "{}", ran.text());
    folder.rihla(&["tag", "first-quarter", "1"]).ok();
    let ran = folder.rihla(&["reconcile", "2023-Q1"]);
    assert!(ran.code == 1 && ran.stdout.starts_with("edition 2023-Q1 against release 1 (first-quarter)"), "{}", ran.text());
}

#[test]
fn editions_that_cannot_be_are_refused() {
    let folder = starter();
    folder.write(
        "published/2023-Q1.toml",
        TOTAL.replace("=total", "=totals").replace("\"total\"", "\"totals\"").replace("to = 50", "to = 51").replace("Data manager", " "),
    );
    folder.write("published/2023-Q2.toml", "tagged = \"x\"\n");
    let ran = folder.rihla(&["check"]);
    snapshot("editions", "faults", "editions at fault", &ran.text());
    assert_eq!(ran.code, 1);
    folder.write("published/2023-Q1.toml", TOTAL.replace("\"total\"", "\"totals\""));
    folder.write("published/2023-Q2.toml", "");
    let ran = folder.rihla(&["check"]);
    snapshot("editions", "unknown", "an edition without control totals, a figure that was not published", &ran.text());
    assert_eq!(ran.code, 1);
}
