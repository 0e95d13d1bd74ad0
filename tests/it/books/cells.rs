//! What cells of XLSX workbooks mean: numbers, dates of both epochs, formulas.

use super::make::Cell::{Bool, Date, Formula, Nothing, Number, Text};
use super::make::{Cell, TENTH, calculated, change, header, row, save, simple, with, write};
use super::{aside, fine, folder, folder_with_dates};

/// The value that a cell under a label becomes, or the reason why the row is set aside.
fn one(folder: &crate::support::Folder, label: &str, field: &str, cell: Cell) -> Result<String, String> {
    let judged = fine(folder, &simple(&[with("r-1", label, cell)]));
    judged.values(field).into_iter().next().ok_or_else(|| judged.reasons().join("; "))
}

#[test]
fn numbers_are_what_spreadsheets_show() {
    let folder = folder("header_row = 1");
    for (figure, value) in [(0.1 + 0.2, "0.30"), (1732.5, "1732.50"), (12.10, "12.10"), (3.0 * 1.1, "3.30"), (0.0, "0.00")] {
        assert_eq!(one(&folder, "Montant", "amount", Number(figure)).as_deref(), Ok(value));
    }
    for (figure, reason) in [
        (1.0 / 3.0, "2 amount number: amount `0.333333333333333` has 15 decimals; the field takes 2, and nothing is rounded"),
        (1e15, "2 amount inexact-number: amount `#INEXACT!` is a number of more than 15 digits, which workbooks and JSON do not keep: write it as text"),
    ] {
        assert_eq!(one(&folder, "Montant", "amount", Number(figure)), Err(reason.to_owned()));
    }
    assert_eq!(one(&folder, "Quantité", "quantity", Number(3.0)).as_deref(), Ok("3"));
    assert!(one(&folder, "Quantité", "quantity", Number(2.5)).unwrap_err().contains("`2.5` is not a whole number"));
    assert_eq!(one(&folder, "Quantité", "quantity", Text("3")).as_deref(), Ok("3"), "a number stored as text");
    assert!(one(&folder, "Quantité", "quantity", Bool(true)).is_err());
}

#[test]
fn numbers_are_told_from_texts_where_texts_have_decimal_commas() {
    let folder = folder("header_row = 1 }\nnumbers = { decimal = \",\", group = \".\"");
    for (cell, value) in [(Number(1.732), Err("3 decimals")), (Number(1732.5), Ok("1732.50")), (Text("1.732,50"), Ok("1732.50"))] {
        let found = one(&folder, "Montant", "amount", cell);
        match value {
            Ok(value) => assert_eq!(found.as_deref(), Ok(value)),
            Err(words) => assert!(found.unwrap_err().contains(words)),
        }
    }
}

#[test]
fn real_dates_count_from_the_epoch_of_their_workbook() {
    let folder = folder("header_row = 1");
    let of_1900 = simple(&[row("r-1")]);
    let judged = fine(&folder, &of_1900);
    assert_eq!((judged.values("examined_on"), judged.values("changed_at")), (vec!["2023-01-10".to_owned()], vec!["2023-01-12T08:00:00Z".to_owned()]));
    // The same numbers count from 1904 where the workbook says so, as programs for the Mac once did.
    let shifted = |serial: f64| serial - 1462.0;
    let mut early = row("r-1");
    for (cell, serial) in [(4, 38_412.0), (5, TENTH), (10, TENTH + 2.375)] {
        early[cell] = Date(shifted(serial));
    }
    let of_1904 = change(&simple(&[early]), "xl/workbook.xml", |xml| xml.replace("<workbookPr ", "<workbookPr date1904=\"1\" "));
    let judged = fine(&folder, &of_1904);
    assert_eq!((judged.values("examined_on"), judged.values("changed_at")), (vec!["2023-01-10".to_owned()], vec!["2023-01-12T08:00:00Z".to_owned()]));
}

#[test]
fn a_date_in_a_column_of_text_is_no_text() {
    let folder = folder("header_row = 1");
    let rest = "is a date, where text is meant: if something like `3-12` was typed, format the column as text and type it again";
    assert_eq!(one(&folder, "Identifiant", "record_id", Date(TENTH)), Err(format!("2 record_id date-for-text: record_id `#DATED!` {rest}")));
}

#[test]
fn what_is_no_day_is_no_date() {
    let folder = folder("header_row = 1");
    let told = |serial: f64| one(&folder, "Départ", "departed_on", Date(serial)).unwrap_err();
    for (serial, shown) in [
        (60.0, "serial 60"),
        (-5.0, "serial -5"),
        (2_958_466.0, "serial 2958466"),
        (0.0, "00:00:00"),
        (0.4375, "10:30:00"),
        (TENTH + 0.4375, "2023-01-10T10:30:00"),
    ] {
        let rest = "is not a date written %Y-%m-%d or %Y-%m-%d";
        assert_eq!(told(serial), format!("2 departed_on date: departed_on `{shown}` {rest}"));
    }
}

#[test]
fn plain_numbers_are_dates_only_where_the_source_says_so() {
    let told = |folder: &crate::support::Folder, cell: Cell| one(folder, "Départ", "departed_on", cell);
    let silent = folder("header_row = 1");
    assert!(told(&silent, Number(TENTH)).unwrap_err().starts_with("2 departed_on date: departed_on `44936` is not a date"));
    let saying = folder_with_dates("header_row = 1", "[\"excel\", \"%d/%m/%Y\"]");
    assert_eq!(told(&saying, Number(TENTH)).as_deref(), Ok("2023-01-10"));
    assert_eq!(told(&saying, Date(TENTH)).as_deref(), Ok("2023-01-10"));
    assert_eq!(told(&saying, Text("10/01/2023")).as_deref(), Ok("2023-01-10"));
    for cell in [Number(60.0), Number(0.0), Number(-1.0), Number(TENTH + 0.5), Number(1e9), Text("44936")] {
        assert!(told(&saying, cell).unwrap_err().contains("is not a date"));
    }
    let mut early = row("r-1");
    for (cell, serial) in [(4, 38_412.0), (10, TENTH + 2.375)] {
        early[cell] = Date(serial - 1462.0);
    }
    early[5] = Number(TENTH - 1462.0);
    let of_1904 = change(&simple(&[early]), "xl/workbook.xml", |xml| xml.replace("<workbookPr ", "<workbookPr date1904=\"1\" "));
    assert_eq!(fine(&saying, &of_1904).values("examined_on"), ["2023-01-10"]);
}

#[test]
fn a_formula_has_the_value_that_was_calculated_or_none() {
    let folder = folder("header_row = 1");
    let rows =
        [with("r-1", "Montant", Formula("=75.25*2", "150.5")), with("r-2", "Montant", Formula("=A1/0", "#DIV/0!")), with("r-3", "Montant", Formula("=Z9", ""))];
    let told = fine(&folder, &calculated(&simple(&rows[..2])));
    assert_eq!(told.values("amount"), ["150.50"]);
    assert_eq!(told.reasons(), ["3 amount error-cell: amount `#DIV/0!` is a formula that failed"]);
    // A program that writes formulas and does not calculate them says so, and writes a zero for each.
    let zero = simple(&[with("r-1", "Montant", Formula("=75.25*2", "0"))]);
    let rest = "is a formula that was never calculated: open the workbook, save it and send it again";
    assert_eq!(fine(&folder, &zero).reasons(), [format!("2 amount not-calculated: amount `#UNCALCULATED!` {rest}")]);
    let without_value = change(&calculated(&zero), "xl/worksheets/sheet1.xml", |xml| xml.replace("<f>75.25*2</f><v>0</v>", "<f>75.25*2</f>"));
    assert_eq!(aside(&fine(&folder, &without_value)), ["Données/2 not-calculated"]);
    let empty_value = change(&calculated(&zero), "xl/worksheets/sheet1.xml", |xml| xml.replace("<f>75.25*2</f><v>0</v>", "<f>75.25*2</f><v></v>"));
    assert_eq!(aside(&fine(&folder, &empty_value)), ["Données/2 not-calculated"]);
}

#[test]
fn totals_footers_and_blank_rows_are_no_records() {
    let folder = folder("header_row = 4");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("Données").expect("a name");
    write(sheet, 0, &[Text("Registre de Rabat")]);
    write(sheet, 1, &[Nothing, Text("période"), Text("janvier 2023")]);
    header(sheet, 3);
    write(sheet, 4, &row("r-1"));
    write(sheet, 6, &row("r-2"));
    write(sheet, 7, &[Text("Total"), Nothing, Number(2.0)]);
    write(sheet, 9, &[Text("Source : registre")]);
    write(sheet, 10, &[Nothing, Nothing, Nothing, Text("Fait à Rabat par Mme Marqueuse")]);
    let judged = fine(&folder, &save(book));
    assert_eq!(judged.values("record_id"), ["r-1", "r-2"]);
    assert_eq!(aside(&judged), ["Données/8 total-row", "Données/10 total-row", "Données/11 lone-cell"]);
    assert!(!judged.reasons().concat().contains("Marqueuse"));
}
