//! Workbooks made for tests: XLSX by its writer, ODS by hand.

use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::steps::LABELS;

/// A cell to write.
#[derive(Clone, Copy)]
pub enum Cell {
    Nothing,
    Text(&'static str),
    Number(f64),
    Bool(bool),
    /// A number shown as a date, or with a fraction as a moment.
    Date(f64),
    /// A formula and the result that is kept.
    Formula(&'static str, &'static str),
}

use Cell::{Date, Nothing, Number, Text};

/// 10 January 2023 in the system of 1900.
pub const TENTH: f64 = 44_936.0;

/// A row without fault, in the order of the feed's labels.
pub fn row(record: &'static str) -> [Cell; 11] {
    [Text(record), Text("CN-77701"), Number(1.0), Text("F"), Date(38_412.0), Date(TENTH), Nothing, Number(2.0), Number(150.5), Text("MAD"), Date(TENTH + 2.375)]
}

/// The same with a cell changed.
pub fn with(record: &'static str, label: &str, cell: Cell) -> [Cell; 11] {
    let mut row = row(record);
    row[LABELS.split(';').position(|known| known == label).expect("a label")] = cell;
    row
}

/// The feed's labels.
pub fn labels() -> Vec<&'static str> {
    LABELS.split(';').collect()
}

/// Writes labels in a row, from 0.
pub fn header(sheet: &mut Worksheet, row: u32) {
    for (column, label) in labels().into_iter().enumerate() {
        sheet.write(row, u16::try_from(column).expect("few columns"), label).expect("a label");
    }
}

/// Writes a row, from 0.
pub fn write(sheet: &mut Worksheet, row: u32, cells: &[Cell]) {
    for (column, cell) in cells.iter().enumerate() {
        let column = u16::try_from(column).expect("few columns");
        match cell {
            Nothing => continue,
            Text(text) => sheet.write(row, column, *text),
            Number(figure) => sheet.write(row, column, *figure),
            Cell::Bool(yes) => sheet.write(row, column, *yes),
            Date(serial) => {
                let shown = if serial.fract() == 0.0 { "dd/mm/yyyy" } else { "dd/mm/yyyy hh:mm" };
                sheet.write_with_format(row, column, *serial, &Format::new().set_num_format(shown))
            }
            Cell::Formula(formula, result) => sheet.write(row, column, Formula::new(*formula).set_result(*result)),
        }
        .expect("a cell");
    }
}

/// A workbook of one sheet: labels in the first row, then these.
pub fn simple(rows: &[[Cell; 11]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Données").expect("a name");
    header(sheet, 0);
    for (row, cells) in (1..).zip(rows) {
        write(sheet, row, cells);
    }
    save(book)
}

pub fn save(mut book: Workbook) -> Vec<u8> {
    book.save_to_buffer().expect("a workbook")
}

/// The workbook as a program leaves it that calculated it.
pub fn calculated(bytes: &[u8]) -> Vec<u8> {
    change(bytes, "xl/workbook.xml", |xml| xml.replace(" fullCalcOnLoad=\"1\"", ""))
}

/// A workbook with a part changed.
#[track_caller]
pub fn change(bytes: &[u8], part: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut parts = Vec::new();
    let mut is_changed = false;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("a part");
        let name = file.name().expect("a name").into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("a part");
        if name == part {
            let text = String::from_utf8(content).expect("text");
            let changed = change(&text);
            is_changed |= changed != text;
            content = changed.into_bytes();
        }
        parts.push((name, content));
    }
    assert!(is_changed, "{part} is as it was");
    archive_of(&parts)
}

/// A ZIP archive.
pub fn archive_of(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).expect("a part");
        writer.write_all(content).expect("a part");
    }
    writer.finish().expect("an archive").into_inner()
}

const NAMESPACES: &str = r#"xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0""#;

/// An ODS workbook of these tables.
pub fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMESPACES}><office:automatic-styles><style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"#;
    archive_of(&[
        ("mimetype".to_owned(), b"application/vnd.oasis.opendocument.spreadsheet".to_vec()),
        ("META-INF/manifest.xml".to_owned(), manifest.into()),
        ("content.xml".to_owned(), content.into()),
    ])
}

/// A table of rows.
pub fn ods_table(name: &str, style: &str, rows: &str) -> String {
    format!(r#"<table:table table:name="{name}" table:style-name="{style}"><table:table-column table:number-columns-repeated="11"/>{rows}</table:table>"#)
}

/// A row of cells.
pub fn ods_row(cells: &[Cell]) -> String {
    format!("<table:table-row>{}</table:table-row>", cells.iter().map(ods_cell).collect::<String>())
}

/// The feed's labels as a row.
pub fn ods_header() -> String {
    ods_row(&labels().into_iter().map(Text).collect::<Vec<_>>())
}

fn ods_cell(cell: &Cell) -> String {
    let shown = |attributes: &str, text: &str| format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>");
    match cell {
        Nothing => "<table:table-cell/>".to_owned(),
        Text(text) => shown(r#"office:value-type="string" calcext:value-type="string""#, text),
        Number(figure) => shown(&format!(r#"office:value-type="float" office:value="{figure}""#), "shown otherwise"),
        Cell::Bool(yes) => shown(&format!(r#"office:value-type="boolean" office:boolean-value="{yes}""#), "VRAI"),
        Date(serial) => {
            let day = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day").and_time(chrono::NaiveTime::MIN);
            #[expect(clippy::cast_possible_truncation, reason = "days of this century")]
            let at = day + chrono::Duration::minutes((serial * 1440.0).round() as i64);
            let mut value = at.date().to_string();
            if serial.fract() != 0.0 {
                write!(value, "T{}", at.time().format("%H:%M:%S")).expect("text");
            }
            shown(&format!(r#"office:value-type="date" office:date-value="{value}""#), "10/01/23")
        }
        Cell::Formula(formula, result) => shown(&format!(r#"table:formula="of:{formula}" office:value-type="float" office:value="{result}""#), result),
    }
}
