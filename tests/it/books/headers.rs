//! Headers of two rows, merged cells, and headers that are not where the source says.

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::make::Cell::{Nothing, Text};
use super::make::{Cell, header, labels, row, save, write};
use super::{aside, fine, folder, refused};
use crate::support::assert_nobody;

fn merge(sheet: &mut Worksheet, rows: (u32, u32), columns: (u16, u16), text: &str) {
    sheet.merge_range(rows.0, columns.0, rows.1, columns.1, text, &Format::new()).expect("a merged region");
}

/// A header of two rows from the fourth on: the first labels stand over both, the others under a group.
fn grouped(lower: &[(u16, &str)]) -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Données").expect("a name");
    merge(sheet, (0, 0), (0, 10), "Opérations");
    for (column, label) in (0..).zip(labels()).take(5) {
        merge(sheet, (3, 4), (column, column), label);
    }
    merge(sheet, (3, 3), (5, 6), "Voyage");
    merge(sheet, (3, 3), (7, 9), "Aide");
    sheet.write(4, 10, "Modifié").expect("a label");
    for (column, label) in lower {
        sheet.write(4, *column, *label).expect("a label");
    }
    write(sheet, 5, &row("r-1"));
    book
}

const LOWER: [(u16, &str); 5] = [(5, "Examen"), (6, "Départ"), (7, "Quantité"), (8, "Montant"), (9, "Monnaie")];

#[test]
fn the_lowest_label_alone_will_do() {
    let folder = folder("header_row = 4, header_rows = 2");
    let judged = fine(&folder, &save(grouped(&LOWER)));
    assert_eq!((judged.values("record_id"), judged.values("amount")), (vec!["r-1".to_owned()], vec!["150.50".to_owned()]));
    assert_eq!(judged.validated.good.rows, [6]);
}

#[test]
fn a_label_is_joined_with_the_one_merged_over_it() {
    let folder = folder(
        "header_row = 4, header_rows = 2 }\nlabels = { \"Voyage Date\" = \"departed_on\", \"Aide Nombre\" = \"quantity\", \"Voyage Examen\" = \"examined_on\"",
    );
    let book = save(grouped(&[(5, "Examen"), (6, "Date"), (7, "Nombre"), (8, "Montant"), (9, "Monnaie")]));
    let judged = fine(&folder, &book);
    assert_eq!((judged.values("examined_on"), judged.values("quantity")), (vec!["2023-01-10".to_owned()], vec!["2".to_owned()]));
}

#[test]
fn a_group_is_not_spread_over_blank_neighbours() {
    let folder = folder("header_row = 1, header_rows = 2 }\nlabels = { \"Aide Nombre\" = \"quantity\", \"Aide Somme\" = \"amount\"");
    let book = |is_merged: bool| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("Données").expect("a name");
        header(sheet, 1);
        write(sheet, 0, &[Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Text("Aide")]);
        if is_merged {
            merge(sheet, (0, 0), (7, 8), "Aide");
        }
        sheet.write(1, 7, "Nombre").expect("a label");
        sheet.write(1, 8, "Somme").expect("a label");
        write(sheet, 2, &row("r-1"));
        save(book)
    };
    assert_eq!(fine(&folder, &book(true)).values("amount"), ["150.50"]);
    let told = refused(&folder, &book(false));
    assert!(told.contains("the label of column 9 is not known") && told.contains("there is no column for `amount`"), "{told}");
}

#[test]
fn a_lowest_label_that_stands_twice_says_nothing() {
    let folder = folder("header_row = 4, header_rows = 2");
    let told = refused(&folder, &save(grouped(&[(5, "Examen"), (6, "Départ"), (7, "Quantité"), (8, "Montant"), (9, "Montant")])));
    assert!(told.contains("the label of column 9 is not known") && told.contains("there is no column for `amount`"), "{told}");
    assert!(told.contains("there is no column for `currency`"), "{told}");
}

#[test]
fn records_that_share_a_cell_are_set_aside() {
    let folder = folder("header_row = 1");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Données").expect("a name");
    header(sheet, 0);
    for (place, record) in (1..).zip(["r-1", "r-2", "r-3", "r-4", "r-5"]) {
        write(sheet, place, &row(record));
    }
    // A family's case number over three of its rows; two cells of one row; a title beside the table.
    merge(sheet, (1, 3), (1, 1), "CN-77701");
    merge(sheet, (4, 4), (8, 9), "150");
    merge(sheet, (4, 5), (14, 15), "");
    write(sheet, 6, &[Text("TOTAL")]);
    merge(sheet, (6, 6), (0, 4), "TOTAL");
    let judged = fine(&folder, &save(book));
    assert_eq!(judged.values("record_id"), ["r-5"]);
    let expected = ["Données/2 merged-cell", "Données/3 merged-cell", "Données/4 merged-cell", "Données/5 merged-cell", "Données/7 total-row"];
    assert_eq!(aside(&judged), expected);
    assert_eq!(judged.reasons()[0], "2 * merged-cell: the cell in column 2 is merged with another; unmerge it and fill each cell");
}

#[test]
fn a_header_elsewhere_is_pointed_at() {
    let book = |top: u32| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("Données").expect("a name");
        write(sheet, 0, &[Text("Mme Marqueuse")]);
        header(sheet, top);
        sheet.write(top, 3, "Genre").expect("a label");
        write(sheet, top + 1, &row("r-1"));
        save(book)
    };
    for (says, stands) in [(4, 6), (6, 4), (1, 3), (2, 5)] {
        let told = refused(&folder(&format!("header_row = {says}")), &book(stands - 1));
        assert!(told.ends_with(&format!("; row {stands} holds 10 of 11 labels: is it `header_row = {stands}`?")), "{told}");
        assert_nobody(&told);
        assert!(!told.contains("Genre"), "{told}");
    }
    let told = refused(&folder("header_row = 3, header_rows = 2"), &save(grouped(&LOWER)));
    assert!(told.ends_with("; row 4 holds 11 of 11 labels: is it `header_row = 4`?"), "{told}");
    // Where the header is right and a label wrong there is nothing to point at.
    let told = refused(&folder("header_row = 3"), &book(2));
    assert!(!told.contains("is it `header_row"), "{told}");
}

#[test]
fn a_sheet_without_any_label_points_nowhere() {
    let told = refused(&folder("header_row = 2"), &super::make::simple(&[]));
    assert!(told.contains("row 1 holds 11 of 11 labels"), "{told}");
    let mut book = Workbook::new();
    write(book.add_worksheet(), 1, &[Text("Zineb"), Text("Marqueuse"), Cell::Number(3.0)]);
    let told = refused(&folder("header_row = 2"), &save(book));
    assert_eq!(told, "extra-label: 0 of 3 labels are known: is the header where the source says, and the delimiter right?");
}
