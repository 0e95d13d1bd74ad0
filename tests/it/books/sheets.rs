//! Several sheets, and sheets that are hidden.

use rust_xlsxwriter::{Workbook, Worksheet};

use super::make::Cell::{Number, Text};
use super::make::{header, row, save, with, write};
use super::{aside, fine, folder, places, refused};
use crate::support::{Folder, snapshot};

fn sheet<'b>(book: &'b mut Workbook, name: &str) -> &'b mut Worksheet {
    let sheet = book.add_worksheet().set_name(name).expect("a name");
    header(sheet, 0);
    sheet
}

/// Two months: a record of the first is repeated in the second, another is changed there.
fn months() -> Vec<u8> {
    let mut book = Workbook::new();
    let january = sheet(&mut book, "Janvier");
    write(january, 1, &row("r-1"));
    write(january, 2, &row("r-2"));
    write(january, 3, &with("r-9", "Quantité", Text("deux")));
    let february = sheet(&mut book, "Février");
    write(february, 1, &row("r-2"));
    write(february, 2, &row("r-3"));
    write(february, 3, &with("r-1", "Modifié", Number(1.0)));
    let lists = book.add_worksheet().set_name("Listes").expect("a name").set_hidden(true);
    write(lists, 0, &[Text("F"), Text("M")]);
    save(book)
}

#[test]
fn rows_of_several_sheets_are_one_delivery() {
    let judged = fine(&folder("sheet = [\"Janvier\", \"Février\"], header_row = 1"), &months());
    assert_eq!(judged.read, 6);
    assert_eq!(places(&judged), ["Janvier/2", "Janvier/3", "Février/3"]);
    assert_eq!(aside(&judged), ["Janvier/4 integer", "Février/2 same-row", "Février/4 datetime"]);
    let backwards = fine(&folder("sheet = [\"Février\", \"Janvier\"], header_row = 1"), &months());
    assert_eq!(places(&backwards), ["Février/2", "Février/3", "Janvier/2"]);
}

#[test]
fn each_sheet_has_its_own_header() {
    let mut book = Workbook::new();
    write(sheet(&mut book, "Janvier"), 1, &row("r-1"));
    let february = book.add_worksheet().set_name("Février").expect("a name");
    for (column, label) in (0..).zip(super::make::labels().into_iter().rev()) {
        february.write(0, column, label).expect("a label");
    }
    let mut cells = row("r-2");
    cells.reverse();
    write(february, 1, &cells);
    let march = book.add_worksheet().set_name("Mars").expect("a name");
    march.write(0, 0, "Identifiant").expect("a label");
    let both = "sheet = [\"Janvier\", \"Février\"], header_row = 1";
    let bytes = save(book);
    assert_eq!(fine(&folder(both), &bytes).values("record_id"), ["r-1", "r-2"]);
    let told = refused(&folder("sheet = [\"Janvier\", \"Mars\"], header_row = 1"), &bytes);
    assert!(told.starts_with("missing-label: sheet `Mars`: there is no column for `case_number`"), "{told}");
    let told = refused(&folder("sheet = [\"Janvier\", \"fevrier\"], header_row = 1"), &bytes);
    assert_eq!(told, "source-error: the workbook has no sheet `fevrier`; is it `Février`?");
}

#[test]
fn sheets_are_named_in_what_is_loaded_and_what_is_not() {
    let folder = folder("sheet = [\"Janvier\", \"Février\"], header_row = 1");
    folder.write("in/RAB/2023-02-04/steps-2023-01.csv", months());
    let ran = folder.rihla(&["run"]).ok();
    let told = folder.rihla(&["quarantine", "--feed", "steps"]);
    snapshot("books", "several_sheets", "every reason with its sheet", &format!("{}\n{}", ran.text(), told.text()));
    let mut places: Vec<String> =
        folder.loaded("steps").iter().map(|row| format!("{} {} {}", row["record_id"], row["source_sheet"], row["source_row"])).collect();
    places.sort();
    assert_eq!(places, ["\"r-1\" \"Janvier\" 2", "\"r-2\" \"Janvier\" 3", "\"r-3\" \"Février\" 3"]);
}

fn with_hidden(is_very: bool) -> Vec<u8> {
    let mut book = Workbook::new();
    write(sheet(&mut book, "Données"), 1, &row("r-1"));
    let old = sheet(&mut book, "Ancien");
    write(old, 1, &row("r-2"));
    if is_very {
        old.set_very_hidden(true);
    } else {
        old.set_hidden(true);
    }
    save(book)
}

#[test]
fn hidden_sheets_are_read_only_where_the_source_says_so() {
    for is_very in [false, true] {
        let bytes = with_hidden(is_very);
        assert_eq!(fine(&folder("header_row = 1"), &bytes).values("record_id"), ["r-1"], "the only visible sheet");
        assert_eq!(fine(&folder("sheet = \"Ancien\", header_row = 1, hidden = true"), &bytes).values("record_id"), ["r-2"]);
        let how = if is_very { "hidden so that no menu shows it" } else { "hidden" };
        let told = refused(&folder("sheet = \"Ancien\", header_row = 1"), &bytes);
        assert_eq!(told, format!("source-error: the sheet `Ancien` is {how}; if it is the one to read, say `hidden = true`"));
        let told = refused(&folder("header_row = 1, hidden = true"), &bytes);
        assert_eq!(told, "source-error: the workbook has 2 sheets and the source names none");
    }
}

#[test]
fn a_hidden_row_or_column_is_read_like_any_other() {
    let mut book = Workbook::new();
    let data = sheet(&mut book, "Données");
    write(data, 1, &row("r-1"));
    write(data, 2, &row("r-2"));
    data.set_row_hidden(2).expect("a row");
    data.set_column_hidden(3).expect("a column");
    let judged = fine(&folder("header_row = 1"), &save(book));
    assert_eq!((judged.values("record_id"), judged.values("sex")), (vec!["r-1".to_owned(), "r-2".to_owned()], vec!["F".to_owned(); 2]));
}

#[test]
fn faults_in_the_words_of_a_workbook_are_told_at_once() {
    let folder = folder("sheet = [], header_row = 0, header_rows = 99");
    folder.replace("pipelines/registrations.toml", "json_lines = {}\ndates = [\"%Y-%m-%d\"]", "json_lines = {}\ndates = [\"excel\"]");
    let twice = Folder::bare();
    twice.replace("pipelines/registrations.toml", "sheet = \"Données\"", "sheet = [\"Données\", \"Mars\", \"Données\"], shown = true");
    let wrong = Folder::bare();
    wrong.replace("pipelines/registrations.toml", "sheet = \"Données\"", "sheet = 3");
    let also = Folder::bare();
    also.replace("pipelines/registrations.toml", "sheet = \"Données\"", "sheet = [\"Données\", \"Mars\", \"Données\"]");
    let told: Vec<String> = [folder, twice, wrong, also].iter().map(|folder| folder.rihla(&["check"]).text()).collect();
    snapshot("books", "faults_of_configuration", "each at its place with a hint", &told.join("\n\n"));
}
