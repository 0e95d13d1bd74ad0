//! What workbooks hold of people: nothing; and what an erasure takes.

use std::io::{Cursor, Read};

use super::{export, give_back, project, run, with_fault};
use crate::erasure::{PERSON, places};
use crate::leak::{first, searcher_of_protected};
use crate::support::{Folder, ROWS, loaded, with};

/// Every part of a workbook, unpacked, one after another.
fn unpacked(bytes: Vec<u8>) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a workbook");
    let mut all = Vec::new();
    for index in 0..archive.len() {
        archive.by_index(index).expect("a part").read_to_end(&mut all).expect("its bytes");
    }
    all
}

#[test]
fn no_protected_value_stands_in_a_workbook() {
    let folder = loaded();
    let out = tempfile::tempdir().expect("a folder");
    let offices = ["RAB", "CAS", "TNG", "OUJ", "AGA", "LAA", "MRK", "BER", "HAG", "BRU", "ROM", "MAD", "ANK"];
    for office in offices {
        let ran = folder.rihla(&["quarantine", "export", "--office", office, "--out", out.path().to_str().expect("a path")]);
        assert_eq!(ran.code, 0, "{}", ran.text());
    }
    let files: Vec<_> = std::fs::read_dir(out.path()).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    assert!(files.len() > 100, "only {} workbooks", files.len());
    for path in &files {
        let bytes = unpacked(std::fs::read(path).expect("a workbook"));
        assert_eq!(first(searcher_of_protected(), &bytes), None, "in {}", path.display());
    }
}

fn with_person() -> Folder {
    let folder = project();
    let mut rows = ROWS.to_vec();
    rows.push(with(with(ROWS[2], "Identifiant", "faulty-3"), "Nationalité", "Atlantide"));
    super::deliver(&folder, "2023-02-04", &rows);
    folder.rihla(&["run"]).ok();
    folder
}

#[test]
fn the_cells_of_a_person_erased_go() {
    let folder = with_person();
    assert!(!places(&folder, "Atlantide").is_empty(), "the cells are kept");
    folder.rihla_fed(&["erase", "--person", "-"], PERSON, &[]).ok();
    assert_eq!((places(&folder, "Atlantide"), places(&folder, "faulty-3")), (Vec::new(), Vec::new()));
}

#[test]
fn a_person_whom_a_workbook_mended_is_erased_too() {
    let folder = with_person();
    give_back(&folder, "2023-02-10", &export(&folder).with("6", "Nationalité", "GIN").with("6", "N° de dossier", "CN-77709"));
    run(&folder);
    assert!(!places(&folder, "faulty-3").is_empty());
    let erased = folder.rihla_fed(&["erase", "--person", "-"], "CN 77709,1\n", &[]).ok();
    assert!(erased.stdout.contains("back/RAB/2023-02-10/corrige.xlsx"), "{}", erased.text());
    let loaded = folder.loaded("registrations");
    assert!(loaded.iter().all(|row| row["record_id"] != "faulty-3"), "{loaded:?}");
}

#[test]
fn open_cells_are_shown_and_no_others() {
    let folder = with_fault();
    let shown = folder.rihla(&["quarantine", "--cells"]).ok().stdout;
    assert!(shown.contains("record_id `r-5`, person_number `1`, sex `F`, nationality `Guinee-Konakri`"), "{shown}");
    let lines = folder.rihla(&["quarantine", "--json"]).ok().json();
    let id = lines[0]["submission"].as_str().expect("an id");
    assert_eq!(lines[0]["cells"]["nationality"], "Guinee-Konakri");
    assert_eq!(lines[0]["cells"].get("case_number"), None);
    let one = folder.rihla(&["quarantine", "--submission", id, "--json"]).ok().json();
    assert_eq!(one, lines);
    assert_eq!(folder.rihla(&["quarantine", "--submission", "none"]).code, 1);
}
