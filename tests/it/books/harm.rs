//! Files that are no workbooks, that are damaged, locked, or meant to do harm.

use bytes::Bytes;
use proptest::prelude::*;
use rihla::read::workbook::Workbook;

use super::make::Cell::Text;
use super::make::{archive_of, change, ods, ods_header, ods_row, ods_table, row, simple, with};
use super::{fine, folder, refused};

fn sound_ods() -> Vec<u8> {
    ods(&ods_table("Données", "ta1", &format!("{}{}", ods_header(), ods_row(&row("r-1")))))
}

#[test]
fn other_files_are_told_apart() {
    let folder = folder("header_row = 1");
    let part = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let compound = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], [0; 600].as_slice()].concat();
    for (bytes, words) in [
        (b"record_id,case_number".to_vec(), "the file is no workbook (XLSX or ODS), or it is cut off or damaged"),
        (compound.clone(), "the file is in the format of Excel before 2007 (XLS): save it as XLSX"),
        ([compound, encrypted].concat(), "the workbook is protected by a password"),
        (archive_of(&[part("a.csv", "a")]), "the file is a ZIP archive, but neither an XLSX nor an ODS workbook"),
        (archive_of(&[part("mimetype", "application/vnd.oasis.opendocument.text")]), "the file is an OpenDocument file, but no spreadsheet"),
        (archive_of(&[part("xl/workbook.bin", "x")]), "the file is a binary workbook (XLSB): save it as XLSX or ODS"),
        (archive_of(&[part("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]), "the workbook lacks a part that every workbook has"),
    ] {
        assert_eq!(refused(&folder, &bytes), format!("source-error: {words}"));
    }
    let locked = change(&sound_ods(), "META-INF/manifest.xml", |xml| {
        xml.replace(
            "</manifest:manifest>",
            r#"<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"#,
        )
    });
    assert_eq!(refused(&folder, &locked), "source-error: the workbook is protected by a password");
}

#[test]
fn a_damaged_part_is_refused_even_if_it_is_not_read() {
    let folder = folder("header_row = 1");
    for sound in [simple(&[row("r-1")]), sound_ods()] {
        assert_eq!(fine(&folder, &sound).read, 1);
        let stored = zip::ZipArchive::new(std::io::Cursor::new(&sound)).expect("an archive").by_index(1).expect("a part").data_start().expect("a place");
        let mut damaged = sound.clone();
        damaged[usize::try_from(stored).expect("a place") + 30] ^= 0x55;
        assert_eq!(refused(&folder, &damaged), "source-error: the file is no workbook (XLSX or ODS), or it is cut off or damaged");
        assert!(refused(&folder, &sound[..sound.len() / 2]).starts_with("source-error: "));
    }
}

#[test]
fn a_sheet_that_contradicts_itself_is_refused() {
    let folder = folder("header_row = 1");
    let sound = simple(&[row("r-1"), row("r-2")]);
    let sheet = "xl/worksheets/sheet1.xml";
    let backwards = change(&sound, sheet, |xml| xml.replace("<row r=\"3\"", "<row r=\"1\"").replace("r=\"A3\"", "r=\"A1\""));
    assert!(refused(&folder, &backwards).contains("row 1 stands behind row 2"));
    let twice = change(&sound, sheet, |xml| xml.replace("r=\"B3\"", "r=\"A3\""));
    assert_eq!(refused(&folder, &twice), "source-error: row 3 has two cells in column 1");
    // A reference that ends before it begins makes the library that reads cells stumble.
    let dimension = change(&sound, sheet, |xml| xml.replace("<dimension ref=\"A1:K3\"/>", "<dimension ref=\"K3:A1\"/>"));
    match crate::steps::judge(&folder, &dimension) {
        Ok(judged) => assert_eq!(judged.read, 2, "an optimised build does not stumble"),
        Err(refusal) => assert_eq!(refusal.message, "the workbook is broken"),
    }
    let merged = change(&sound, sheet, |xml| {
        xml.replace("</sheetData>", &format!("</sheetData><mergeCells>{}</mergeCells>", "<mergeCell ref=\"A1:K9\"/>".repeat(5000)))
    });
    assert!(refused(&folder, &merged).contains("merged regions"));
}

#[test]
fn a_text_that_no_cell_can_hold_is_refused() {
    let long: &'static str = Box::leak("é".repeat(32_768).into_boxed_str());
    let bytes = ods(&ods_table("Données", "ta1", &format!("{}{}", ods_header(), ods_row(&with("r-1", "Monnaie", Text(long))))));
    assert_eq!(refused(&folder("header_row = 1"), &bytes), "source-error: the cell in column 10 of row 2 holds more than 32767 characters");
}

/// The part with the cells of a sound workbook, and the workbook.
fn sheets() -> [(Vec<u8>, &'static str); 2] {
    [(simple(&[row("r-1"), row("r-2")]), "xl/worksheets/sheet1.xml"), (sound_ods(), "content.xml")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes of the archive changed: a refusal, or the rows as they were where nothing that counts was hit.
    #[test]
    fn damaged_archives_are_refused_or_sound(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), which in 0_usize..2) {
        let folder = shared();
        let (mut bytes, _) = sheets()[which].clone();
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(judged) = crate::steps::judge(folder, &bytes) {
            prop_assert!(judged.read <= 2);
        }
    }

    /// The XML of the cells changed, the archive whole: a refusal or rows that add up, never a panic.
    #[test]
    fn damaged_sheets_are_refused_or_add_up(damage in prop::collection::vec((any::<prop::sample::Index>(), "[ -~]"), 1..4), which in 0_usize..2) {
        let folder = shared();
        let (bytes, part) = sheets()[which].clone();
        let bytes = change(&bytes, part, |xml| {
            let mut letters: Vec<char> = xml.chars().collect();
            for (place, letter) in &damage {
                let at = place.index(letters.len());
                letters[at] = letter.chars().next().expect("a letter");
            }
            letters.into_iter().chain(['\n']).collect()
        });
        // That every row is accounted for is asserted in there.
        let _: Result<_, _> = crate::steps::judge(folder, &bytes).map(|judged| judged.read);
    }

    /// Any bytes at all, with the marks of an archive or without.
    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), mark in 0_usize..3) {
        let marked = [[b"PK\x03\x04".as_slice(), &bytes].concat(), [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &bytes].concat(), bytes][mark].clone();
        prop_assert!(Workbook::open(&Bytes::from(marked)).is_err());
    }
}

/// One project for all cases.
fn shared() -> &'static crate::support::Folder {
    static FOLDER: std::sync::OnceLock<crate::support::Folder> = std::sync::OnceLock::new();
    FOLDER.get_or_init(|| folder("header_row = 1"))
}
