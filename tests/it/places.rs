//! A fault is named with its extract, sheet, row and field: where an office finds it again.

use crate::support::{Cells, Folder, LABELS, ROWS, comma_csv, json_lines, semicolon_csv, windows_1252, with, workbook};

const RAB: &str = "in/RAB/2023-02-04/registrations-2023-01.csv";

/// The third person has a nationality that nobody knows.
fn faulty() -> Vec<Cells> {
    vec![ROWS[0], ROWS[1], with(ROWS[2], "Nationalité", "Atlantis"), ROWS[3]]
}

/// The places of what was set aside: sheet, row, outcome and field.
fn places(path: &str, bytes: impl AsRef<[u8]>) -> Vec<(Option<String>, i64, String, Option<String>)> {
    let folder = Folder::bare();
    folder.write(path, bytes);
    folder.rihla(&["run"]).ok();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let rows = folder.tables().1;
    rows.iter().map(|row| (text(&row["source_sheet"]), row["source_row"].as_i64().unwrap(), text(&row["outcome"]).unwrap(), text(&row["field"]))).collect()
}

fn nationality_at(line: i64) -> Vec<(Option<String>, i64, String, Option<String>)> {
    vec![(None, line, "quarantined".to_owned(), Some("nationality".to_owned()))]
}

#[test]
fn a_row_of_csv_is_named_by_its_line() {
    assert_eq!(places(RAB, comma_csv(&faulty())), nationality_at(4));
}

#[test]
fn a_row_of_csv_from_excel_is_named_by_its_line() {
    assert_eq!(places(RAB, comma_csv(&faulty()).replace('\n', "\r\n")), nationality_at(4));
    let french = windows_1252(&semicolon_csv(&faulty()).replace('\n', "\r\n"));
    assert_eq!(places("in/CAS/2023-02-05/registrations-2023-01.csv", french), nationality_at(4));
}

#[test]
fn a_row_after_a_cell_of_two_lines_is_named_by_its_line() {
    assert_eq!(places(RAB, comma_csv(&faulty()).replace("Zineb Marqueuse", "\"Zineb\nMarqueuse\"")), nationality_at(5));
}

#[test]
fn a_row_of_several_lines_is_named_by_its_first() {
    assert_eq!(places(RAB, comma_csv(&faulty()).replace("Awa Marqueuse", "\"Awa\nMarqueuse\"")), nationality_at(4));
}

#[test]
fn a_row_after_a_blank_line_is_named_by_its_line() {
    assert_eq!(places(RAB, comma_csv(&faulty()).replace("r-3,", "\n\nr-3,")), nationality_at(6));
}

#[test]
fn a_row_of_a_workbook_is_named_as_the_sheet_numbers_it() {
    let sheet = || Some("Données".to_owned());
    let wanted = vec![(sheet(), 5, "quarantined".to_owned(), Some("nationality".to_owned())), (sheet(), 7, "excluded".to_owned(), None)];
    assert_eq!(places("in/TNG/2023-02-06/registrations-2023-01.xlsx", workbook("Données", &faulty())), wanted);
}

#[test]
fn a_row_of_a_workbook_that_begins_further_down_keeps_its_number() {
    let mut lines: Vec<Vec<String>> = vec![Vec::new(), LABELS.map(str::to_owned).to_vec(), Vec::new()];
    lines.extend(faulty().iter().map(|row| row.map(str::to_owned).to_vec()));
    let bytes = crate::workbook::of_rows("Données", &lines);
    let places = places("in/TNG/2023-02-06/registrations-2023-01.xlsx", bytes);
    assert_eq!(places.iter().map(|place| place.1).collect::<Vec<_>>(), [6]);
}

#[test]
fn a_row_of_json_lines_is_named_by_its_line() {
    let text = json_lines(&faulty()).replacen('\n', "\n\n", 1);
    assert_eq!(places("in/AGA/2023-02-07/registrations-2023-01.jsonl", text), nationality_at(4));
}
