//! Faulty extracts: the bad delivery is refused with its reason and named, the others load, the last release stays,
//! and what was mended loads. Nobody's cell is repeated.

use crate::support::{Folder, ROWS, Ran, assert_nobody, comma_csv, json_lines, loaded_small, semicolon_csv, snapshot, windows_1252, with, workbook};

pub const RAB: &str = "in/RAB/2023-03-04/registrations-2023-02.csv";
const CAS: &str = "in/CAS/2023-03-05/registrations-2023-02.csv";
const TNG: &str = "in/TNG/2023-03-06/registrations-2023-02.xlsx";
pub const AGA: &str = "in/AGA/2023-03-07/registrations-2023-02.jsonl";

/// A project whose January was released, and in which every office has sent its February.
pub fn february() -> Folder {
    let folder = loaded_small();
    folder.write(RAB, comma_csv(&ROWS));
    folder.write(CAS, windows_1252(&semicolon_csv(&ROWS)));
    folder.write(TNG, workbook("Données", &ROWS));
    folder.write(AGA, json_lines(&ROWS));
    folder
}

pub fn run(folder: &Folder) -> Ran {
    let ran = folder.rihla(&["run"]);
    assert_nobody(&ran.said());
    ran
}

/// One February is spoilt: it is refused, the other three load, release 1 stays; a second run still refuses it;
/// once a sound file stands in its place everything is loaded and released.
fn refused(name: &str, story: &str, path: &str, bytes: &[u8]) {
    let folder = february();
    let sound = std::fs::read(folder.path(path)).expect("the sound extract");
    folder.write(path, bytes);
    let (first, second) = (run(&folder), run(&folder));
    snapshot("faulty_extracts", name, story, &format!("{}\n\n===== a second run =====\n{}", first.text(), second.text()));
    for (ran, when) in [(&first, "\nrefused: "), (&second, "\nstill refused: ")] {
        assert_eq!(ran.code, 1, "{}", ran.text());
        assert!(ran.stdout.contains(&format!("{when}{path}\n")), "{} is not named:\n{}", path, ran.text());
        assert!(ran.stdout.contains("not released: release 1 stays"), "{}", ran.text());
    }
    assert_eq!(loaded_slots(&folder), 7, "the other offices' extracts are loaded");
    assert!(!folder.path("warehouse/released/release-000002.json").exists(), "a release was made");
    written_nobody(&folder);

    folder.write(path, sound);
    let mended = run(&folder).ok();
    assert!(mended.stdout.contains("released  release 2"), "{}", mended.text());
    assert_eq!(loaded_slots(&folder), 8, "the mended extract is loaded");
}

/// How many submissions are loaded.
pub fn loaded_slots(folder: &Folder) -> usize {
    folder.tables().0.iter().filter(|row| row["outcome"] == "loaded").count()
}

/// Nothing that was written as plain text holds a person's cell.
fn written_nobody(folder: &Folder) {
    for (path, bytes) in folder.files("warehouse") {
        if let Ok(text) = String::from_utf8(bytes) {
            assert!(!crate::support::MARKERS.iter().any(|marker| text.contains(marker)), "a cell of a person stands in {path}");
        }
    }
    for row in folder.tables().1 {
        assert_nobody(&serde_json::to_string(&row).expect("a row"));
    }
}

#[test]
fn an_unknown_column() {
    let text = comma_csv(&ROWS)
        .replace(",Nationalité,", ",Natonalité,")
        .replace("Modifié le\n", "Modifié le,Téléphone\n")
        .replace("T09:00:00Z\n", "T09:00:00Z,+212\n");
    refused("an_unknown_column", "`Natonalité` for `Nationalité`, and a column `Téléphone` more", RAB, text.as_bytes());
}

#[test]
fn a_missing_column() {
    let text = comma_csv(&ROWS).lines().map(|line| line.rsplit_once(',').expect("cells").0.to_owned() + "\n").collect::<String>();
    refused("a_missing_column", "the last column, `Modifié le`, is not there", RAB, text.as_bytes());
}

#[test]
fn a_column_that_stands_twice() {
    let text = comma_csv(&ROWS).replace(",Nationalité,", ",SEXE,");
    refused("a_column_that_stands_twice", "`Sexe` and `SEXE`, and no nationality", RAB, text.as_bytes());
}

#[test]
fn another_delimiter() {
    refused("another_delimiter", "semicolons where commas are declared", RAB, comma_csv(&ROWS).replace(',', ";").as_bytes());
}

#[test]
fn windows_1252_where_utf_8_is_declared() {
    refused("windows_1252_where_utf_8_is_declared", "Rabat saved its extract with Excel", RAB, &windows_1252(&comma_csv(&ROWS)));
}

#[test]
fn utf_8_where_windows_1252_is_declared() {
    refused("utf_8_where_windows_1252_is_declared", "Casablanca saved its extract as UTF-8", CAS, semicolon_csv(&ROWS).as_bytes());
}

#[test]
fn utf_8_with_a_mark_where_windows_1252_is_declared() {
    let text = format!("\u{feff}{}", semicolon_csv(&ROWS));
    refused("utf_8_with_a_mark_where_windows_1252_is_declared", "the same with a byte-order mark", CAS, text.as_bytes());
}

#[test]
fn utf_16() {
    let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(comma_csv(&ROWS).encode_utf16()).flat_map(u16::to_le_bytes).collect();
    refused("utf_16", "`Unicode text` from Excel", RAB, &bytes);
}

#[test]
fn text_decoded_twice() {
    let folder = february();
    let twice: String = comma_csv(&ROWS).bytes().map(char::from).collect();
    folder.write(RAB, &twice);
    let ran = run(&folder);
    assert!(twice.contains("PrÃ©nom") && ran.stdout.contains("encoding-error: "), "{}", ran.text());
}

#[test]
fn a_workbook_where_text_is_declared() {
    refused("a_workbook_where_text_is_declared", "an XLSX file named .csv", RAB, &workbook("Données", &ROWS));
}

#[test]
fn text_where_a_workbook_is_declared() {
    refused("text_where_a_workbook_is_declared", "a CSV file named .xlsx", TNG, comma_csv(&ROWS).as_bytes());
}

#[test]
fn a_workbook_cut_off() {
    let bytes = workbook("Données", &ROWS);
    refused("a_workbook_cut_off", "the second half is missing", TNG, &bytes[..bytes.len() / 2]);
}

#[test]
fn a_workbook_whose_sheet_is_cut_off() {
    let lines: Vec<Vec<String>> = std::iter::once(crate::support::LABELS).chain(ROWS).map(|row| row.map(str::to_owned).to_vec()).collect();
    let xml = crate::workbook::sheet_xml(&[vec![vec!["Registre".to_owned()]], lines].concat());
    let bytes = crate::workbook::of_xml("Données", xml[..xml.find("r-3").expect("the third person")].to_owned());
    refused("a_workbook_whose_sheet_is_cut_off", "the archive is sound, the sheet in it ends in the middle of a row", TNG, &bytes);
}

#[test]
fn a_workbook_with_a_damaged_cell() {
    let folder = february();
    let mut bytes = workbook("Données", &ROWS);
    let at = bytes.windows(10).position(|window| window == b"2023-01-20").expect("a day");
    bytes[at + 9] = b'1';
    folder.write(TNG, bytes);
    let ran = run(&folder);
    assert!(ran.stdout.contains(&format!("refused: {TNG}\n")), "{}", ran.text());
}

#[test]
fn a_workbook_without_its_sheet() {
    refused("a_workbook_without_its_sheet", "the sheet is called `Feuil1`", TNG, &workbook("Feuil1", &ROWS));
}

#[test]
fn a_header_in_another_row() {
    let line = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let mut lines = vec![line(&crate::support::LABELS)];
    lines.extend(ROWS.iter().map(|row| line(row)));
    refused("a_header_in_another_row", "no banner: the first person stands where the header should be", TNG, &crate::workbook::of_rows("Données", &lines));
}

#[test]
fn no_header_at_all() {
    let text = comma_csv(&ROWS).split_once('\n').expect("a header").1.to_owned();
    refused("no_header_at_all", "the file begins with its first person", RAB, text.as_bytes());
}

#[test]
fn an_empty_file() {
    refused("an_empty_file", "no bytes", RAB, b"");
}

#[test]
fn blank_lines_only() {
    refused("blank_lines_only", "line breaks and nothing else", RAB, b"\n\n\n");
}

#[test]
fn json_lines_cut_off() {
    let text = json_lines(&ROWS);
    refused("json_lines_cut_off", "the last object ends in the middle", AGA, &text.as_bytes()[..text.len() - 40]);
}

#[test]
fn json_lines_that_are_one_array() {
    let folder = february();
    folder.write(AGA, format!("[{}]", json_lines(&ROWS).trim_end().replace('\n', ",\n")));
    let ran = run(&folder);
    assert!(ran.stdout.contains("refused: ") && !ran.stdout.contains("cut off"), "{}", ran.text());
}

#[test]
fn json_lines_with_an_unknown_key() {
    let text = json_lines(&ROWS).replace("\"Nationalité\"", "\"Natonalité\"");
    refused("json_lines_with_an_unknown_key", "`Natonalité`", AGA, text.as_bytes());
}

#[test]
fn a_quotation_mark_never_closed() {
    let text = comma_csv(&ROWS).replace(",Ali Marqueuse,", ",\"Ali Marqueuse,");
    refused("a_quotation_mark_never_closed", "a name opens with a quotation mark and swallows the rest", RAB, text.as_bytes());
}

#[test]
fn past_tolerance() {
    let rows = [with(ROWS[0], "Nationalité", "Guiné"), with(ROWS[1], "Date de naissance", "1987-06-31"), ROWS[2], ROWS[3]];
    refused("past_tolerance", "two rows of four have faults; a quarter is tolerated", RAB, comma_csv(&rows).as_bytes());
}

/// Runs February with a Rabat that is odd but fine.
fn fine(name: &str, story: &str, text: &str) -> Folder {
    let folder = february();
    folder.write(RAB, text);
    let ran = run(&folder).ok();
    snapshot("faulty_extracts", name, story, &ran.text());
    assert_eq!(loaded_slots(&folder), 8);
    written_nobody(&folder);
    folder
}

#[test]
fn a_header_only() {
    let folder = fine("a_header_only", "a report of zero is a report", &comma_csv(&[]));
    let report: Vec<_> = folder.released("deliveries").into_iter().filter(|row| row["office"] == "RAB" && row["period"] == "2023-02").collect();
    assert_eq!((report.len(), &report[0]["revisions"], &report[0]["rows"]), (1, &1.into(), &0.into()));
}

#[test]
fn within_tolerance() {
    let rows = [with(with(ROWS[0], "Nationalité", "Guiné"), "Date de naissance", "1987-06-31"), ROWS[1], ROWS[2], ROWS[3]];
    let folder = fine("within_tolerance", "one row of four has two faults", &comma_csv(&rows));
    let reasons: Vec<_> = folder
        .tables()
        .1
        .into_iter()
        .filter(|row| row["outcome"] == "quarantined")
        .map(|row| format!("line {} {}: {} {}: {}", row["source_row"], row["field"], row["error"], row["rule"], row["message"]))
        .collect();
    snapshot("faulty_extracts", "within_tolerance_reasons", "every fault of the row, the nearest names, and no protected value", &reasons.join("\n"));
}

#[test]
fn a_row_whose_cells_are_shifted() {
    let text = comma_csv(&ROWS).replace("Zineb Marqueuse", "Zineb, Marqueuse");
    let folder = fine("a_row_whose_cells_are_shifted", "an unquoted comma in a name", &text);
    assert!(folder.tables().1.iter().any(|row| row["error"] == "extra-cell" && row["source_row"] == 2));
}

#[test]
fn a_source_whose_folder_is_missing() {
    let folder = february();
    folder.replace(
        "pipelines/registrations.toml",
        "in/{office}/{received}/registrations-{period}.jsonl",
        "elsewhere/{office}/{received}/registrations-{period}.jsonl",
    );
    let ran = run(&folder);
    snapshot("faulty_extracts", "a_source_whose_folder_is_missing", "Agadir's extracts are in a folder that is not there", &ran.text());
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("not released: release 1 stays"), "{}", ran.text());
    assert_eq!(loaded_slots(&folder), 7, "the other sources are loaded");
}

#[test]
fn an_extract_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = february();
    let allow = |mode| std::fs::set_permissions(folder.path(RAB), std::fs::Permissions::from_mode(mode)).expect("a mode set");
    allow(0o000);
    if std::fs::read(folder.path(RAB)).is_ok() {
        println!("skipped: this user (root?) may read whatever the mode says");
        return;
    }
    let (first, second) = (run(&folder), run(&folder));
    for ran in [&first, &second] {
        assert!(ran.stdout.contains(&format!("refused: {RAB}\n  source-error: the extract cannot be read: ")), "{}", ran.text());
        assert!(ran.stdout.contains("Permission denied"), "{}", ran.text());
    }
    assert_eq!((first.code, second.code), (1, 1));
    assert_eq!(loaded_slots(&folder), 7);
    allow(0o600);
    assert!(run(&folder).ok().stdout.contains("released  release 2"));
}

#[test]
fn a_faulty_extract_of_a_feed_that_is_not_required() {
    let folder = february();
    folder.replace("pipelines/registrations.toml", "required = true", "required = false");
    folder.write(RAB, b"");
    let ran = run(&folder);
    snapshot("faulty_extracts", "a_faulty_extract_of_a_feed_that_is_not_required", "the release is made without it, and the delivery still named", &ran.text());
    assert_eq!(ran.code, 1, "somebody has something to mend");
    assert!(ran.stdout.contains("released  release 2"), "{}", ran.text());
}
