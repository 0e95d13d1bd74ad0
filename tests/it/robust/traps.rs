//! Small files that would keep a careless reader busy for hours, or that multiply when they are read. Each ends at once.

use rihla::contract::{Code, CodeList};

use crate::forms::{KOBO, judge, kobo_csv, kobo_line, kobo_record};
use crate::workbook;

#[track_caller]
fn refused(office: &str, bytes: impl Into<Vec<u8>>) -> String {
    match judge(office, bytes) {
        Ok((read, _)) => panic!("{read} rows are read of what should be refused"),
        Err(refusal) => format!("{}: {refusal}", refusal.error),
    }
}

/// Kobo's header with one label more.
fn with_label(label: &str) -> String {
    kobo_csv(&[label], &[(kobo_record("1", "health", ""), vec!["1"])])
}

#[test]
fn a_label_of_many_groups_is_not_looked_for_at_each() {
    // Short enough to be a label: looked up at every ending and every choice.
    assert!(refused("AGA", with_label(&"a/".repeat(2000))).contains("the label of column 10 is not known"));
    assert_eq!(
        refused("AGA", with_label(&"a/".repeat(500_000))),
        "source-error: the label of column 10 has more than 4096 bytes: is the header where the source says, and the delimiter right?"
    );
    let record = format!("[{{\"{}\": 1}}]", "a/".repeat(500_000));
    assert!(refused("OUJ", record).contains("has a key of more than 4096 bytes"));
}

#[test]
fn a_header_of_too_many_labels_is_refused() {
    let wide: Vec<&str> = vec!["x"; 16_384];
    assert!(refused("AGA", kobo_line(&wide)).contains("line 1 has more than 4096 cells"));
    // Many labels that mean one thing are many problems; not all are told.
    let topics: Vec<String> = (0..4000).map(|_| "entretien/topics/health".to_owned()).collect();
    let labels: Vec<&str> = KOBO.iter().copied().chain(topics.iter().map(String::as_str)).collect();
    let told = refused("AGA", kobo_line(&labels));
    assert!(told.contains("; and 3979 more of the kind") && told.len() < 10_000, "{} bytes", told.len());
}

#[test]
fn a_row_of_a_million_cells_is_refused_with_its_line() {
    let text = with_label("start") + &";".repeat(1_000_000);
    assert!(refused("AGA", text).starts_with("source-error: line 3 has more than 4096 cells: is the delimiter right"));
}

#[test]
fn a_cell_longer_than_a_spreadsheet_holds_is_refused_with_its_row() {
    let mut record = kobo_record("1", "health", "");
    record[6] = "F".repeat(32_768);
    let told = refused("AGA", kobo_csv(&[], &[(record.clone(), vec![])]));
    assert_eq!(told, "source-error: row 2 has a cell of more than 32767 characters: is a quotation mark or a separator missing?");
    // What stops in the reader is not measured: nothing of it is kept.
    record[6] = "F".to_owned();
    record[5] = "Z".repeat(40_000);
    assert_eq!(judge("AGA", kobo_csv(&[], &[(record, vec![])])).map(|(read, _)| read).ok(), Some(1));
}

#[test]
fn long_cells_are_not_compared_with_every_code() {
    let mut record = kobo_record("1", "health", "");
    record[6] = "F ".repeat(16_000);
    record[8] = (0..4_000).map(|item| format!("t{item} ")).collect();
    let rows: Vec<_> = (0..50).map(|_| (record.clone(), vec![])).collect();
    let (read, validated) = judge("AGA", kobo_csv(&[], &rows)).expect("a readable extract");
    assert_eq!((read, validated.aside.len()), (50, 50));
}

#[test]
fn a_code_is_near_another_whatever_is_compared_first() {
    let code = |code: &str, label: &str| Code {
        code: code.to_owned(),
        label_en: label.to_owned(),
        label_fr: String::new(),
        label_ar: String::new(),
        aliases: Vec::new(),
        valid_from: None,
        valid_to: None,
    };
    let list = CodeList::new("country", vec![code("GIN", "Guinea"), code("GMB", "Gambia")]).expect("a list");
    assert_eq!(list.near("Guinée"), ["Guinea (GIN)"]);
    assert_eq!(list.near(&"Guinea".repeat(1000)), Vec::<String>::new());
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(1_000_000), "{\"a\":".repeat(200_000), format!("[{{\"entretien/sex\": {}1", "[".repeat(100_000))] {
        assert!(refused("OUJ", text).starts_with("source-error: "), "nesting");
    }
}

#[test]
fn a_million_blank_rows_are_no_rows() {
    let text = kobo_csv(&[], &[(kobo_record("1", "health", ""), vec![])]) + &"\n".repeat(1_000_000) + &kobo_line(&[""; 13]).repeat(10_000);
    assert_eq!(judge("AGA", text).map(|(read, _)| read).ok(), Some(1));
}

#[test]
fn merged_regions_that_overlap_are_refused() {
    let merges = "<mergeCell ref=\"A1:XFD1048576\"/>".repeat(1000);
    let rows = workbook::sheet_xml(&[vec!["#meta+id".to_owned()], vec!["x".to_owned()]]);
    let xml = rows.replace("</sheetData>", &format!("</sheetData><mergeCells>{merges}</mergeCells>"));
    assert!(refused("MRK", workbook::of_xml("Feuille", xml)).starts_with("source-error: more merged regions lie over"));
}

#[test]
fn texts_that_a_workbook_only_announces_get_no_room() {
    let announced = "<sst uniqueCount=\"100000000000\"><si><t>x</t></si></sst>";
    let bytes = workbook::of_xml("Feuille", workbook::sheet_xml(&[vec!["x".to_owned()]]));
    let bytes = with_part(&bytes, "xl/sharedStrings.xml", announced);
    assert!(refused("MRK", bytes).contains("the workbook has, or says that it has, more than 16777216 texts"));
}

/// An archive with one file more.
pub fn with_part(bytes: &[u8], name: &str, text: &str) -> Vec<u8> {
    use std::io::{Cursor, Write as _};
    let mut writer = zip::ZipWriter::new_append(Cursor::new(bytes.to_vec())).expect("an archive");
    writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part");
    writer.write_all(text.as_bytes()).expect("a part");
    writer.finish().expect("an archive").into_inner()
}
