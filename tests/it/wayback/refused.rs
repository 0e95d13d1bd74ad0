//! Workbooks that are refused, each with its reason, and nothing else comes of them.

use super::{Book, counts, deliver, export, faulty, give_back, refusal, run, with_fault};
use crate::support::{Folder, ROWS, assert_nobody};

/// What is done to a workbook.
type Harm = fn(&mut Book);

/// Error and reason of a workbook that was changed.
#[track_caller]
fn of(change: impl FnOnce(&mut Book)) -> (String, String) {
    let folder = with_fault();
    let mut book = export(&folder).with("6", "Nationalité", "GIN");
    change(&mut book);
    give_back(&folder, "2023-02-10", &book);
    let told = refusal(&folder);
    assert_eq!(folder.loaded("registrations").len(), 4, "nothing was loaded");
    assert_nobody(&told.1);
    told
}

#[test]
fn what_it_was_made_with_must_be_there() {
    let cases: [(&str, Harm); 10] = [
        ("rows are missing from the sheet `registrations`, the first of them row 6", |book| drop(book.rows().remove(1))),
        ("row 6 stands twice", |book| {
            let row = book.rows()[1].clone();
            book.rows().push(row);
        }),
        ("has a row number that the workbook was not made with", |book| "3".clone_into(&mut book.rows()[1][0])),
        ("has a row number that the workbook was not made with", |book| book.rows()[1][0].clear()),
        ("the column `Nationalité` stands 0 times", |book| {
            let column = book.rows()[0].iter().position(|label| label == "Nationalité").expect("a column");
            "Pays".clone_into(&mut book.rows()[0][column]);
        }),
        ("the sheet `registrations` is missing or has another name", |book| "Feuil1".clone_into(&mut book.sheets[1].0)),
        ("says neither yes nor no", |book| "peut-être".clone_into(book.cell("6", "Laisser de côté"))),
        ("its hidden sheet `rihla` was removed", |book| drop(book.sheets.pop())),
        ("the hidden sheet `rihla` of the workbook was changed", |book| drop(book.sheets[2].1.remove(2))),
        ("is of the project `other`", |book| "other".clone_into(&mut book.sheets[2].1[1][1])),
    ];
    for (wanted, change) in cases {
        let (error, reason) = of(change);
        assert!(error == "workbook-structure" && reason.contains(wanted), "{error}: {reason} does not say `{wanted}`");
    }
}

#[test]
fn a_workbook_of_a_delivery_that_a_later_one_replaced() {
    let folder = with_fault();
    let book = export(&folder).with("6", "Nationalité", "GIN");
    deliver(&folder, "2023-02-08", &ROWS);
    run(&folder);
    give_back(&folder, "2023-02-10", &book);
    let (error, reason) = refusal(&folder);
    assert_eq!(error, "no-longer-newest");
    assert!(reason.contains("in/RAB/2023-02-08/registrations-2023-01.csv was received on 2023-02-08"), "{reason}");
    let ran = run(&folder);
    assert_eq!(ran["refused"].as_array().map(Vec::len), Some(0), "it is told once: {ran}");
}

#[test]
fn an_extract_that_is_gone_or_changed() {
    let folder = with_fault();
    let book = export(&folder).with("6", "Nationalité", "GIN");
    give_back(&folder, "2023-02-10", &book);
    let extract = folder.path("in/RAB/2023-02-04/registrations-2023-01.csv");
    let aside = folder.path("aside.csv");
    std::fs::rename(&extract, &aside).expect("it is moved");
    folder.write("in/CAS/2023-02-05/registrations-2023-01.csv", crate::support::windows_1252(&crate::support::semicolon_csv(&ROWS)));
    assert_eq!(refusal(&folder).0, "original-gone");
    let told = folder.rihla(&["quarantine", "export", "--office", "RAB", "--out", folder.path("out").to_str().expect("a path"), "--force"]);
    assert!(told.code == 1 && told.stderr.contains("no longer at its source"), "{}", told.text());
    std::fs::rename(&aside, &extract).expect("it is moved back");
    assert_eq!(counts(&run(&folder)), [5, 5, 0, 0, 0], "once it is back the workbook is applied");
    let changed = with_fault();
    give_back(&changed, "2023-02-10", &export(&changed).with("6", "Nationalité", "GIN"));
    deliver(&changed, "2023-02-04", &[&faulty()[..], &ROWS[..1]].concat());
    assert_eq!(refusal(&changed).0, "original-changed");
}

#[test]
fn a_workbook_in_another_folder_or_of_no_delivery() {
    let folder = with_fault();
    let book = export(&folder).with("6", "Nationalité", "GIN");
    folder.write("back/CAS/2023-02-10/corrige.xlsx", book.bytes());
    let (_, reason) = refusal(&folder);
    assert!(reason.contains("is of the office RAB, and lies in the folder of CAS"), "{reason}");
    let folder = with_fault();
    folder.write("back/RAB/2023-02-10/notes.txt", "not a workbook");
    assert!(refusal(&folder).1.contains("the file is no workbook (XLSX or ODS)"));
    let folder = with_fault();
    let mut other = export(&folder).with("6", "Nationalité", "GIN");
    let hash = other.sheets[2].1.iter_mut().find(|line| line[0] == "content").expect("a hash");
    "00".clone_into(&mut hash[1]);
    other.sheets[2].1.iter_mut().find(|line| line[0] == "submission").expect("an id")[1] = "0000".to_owned();
    give_back(&folder, "2023-02-10", &other);
    assert_eq!(refusal(&folder).0, "unknown-delivery");
}

#[test]
fn a_refused_workbook_keeps_no_release_back() {
    let folder: Folder = with_fault();
    let mut book = export(&folder);
    book.rows().remove(1);
    give_back(&folder, "2023-02-10", &book);
    folder.write("in/CAS/2023-02-05/registrations-2023-01.csv", crate::support::windows_1252(&crate::support::semicolon_csv(&ROWS)));
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stdout.contains("released  release 2") && ran.stdout.contains("refused: back/RAB/2023-02-10/corrige.xlsx"), "{}", ran.text());
    assert!(folder.rihla(&["run"]).stdout.contains("still refused: back/RAB"), "it is told until it is taken away");
}
