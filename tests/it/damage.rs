//! Files of a warehouse that were lost or changed by somebody else: said clearly, or made anew.

use std::path::PathBuf;

use crate::support::{Folder, loaded_small, snapshot};

/// The only Parquet file of a table.
fn file_of(folder: &Folder, table: &str) -> PathBuf {
    let path = folder.path(&format!("warehouse/{table}"));
    let mut files = std::fs::read_dir(&path)
        .expect("a table")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    files.next().expect("a file")
}

/// Changes a byte in the middle of a file: its size stays.
fn change(path: &PathBuf) {
    let mut bytes = std::fs::read(path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(path, bytes).expect("written");
}

fn said(folder: &Folder, name: &str, story: &str) {
    let ran = folder.rihla(&["run"]);
    let text = ran.text();
    let text = regex::Regex::new(r"part-00000-[0-9a-f-]+-c000").expect("a pattern").replace_all(&text, "[part]").into_owned();
    let text = regex::Regex::new(r"log says \d+").expect("a pattern").replace_all(&text, "log says [size]");
    snapshot("damage", name, story, &text);
    assert_eq!(ran.code, 1, "it is no defect of the program");
}

#[test]
fn a_lost_file_of_a_table_is_named() {
    let folder = loaded_small();
    std::fs::remove_file(file_of(&folder, "feeds/registrations")).expect("removed");
    said(&folder, "a_lost_file_of_a_table", "the only file of a feed's table is gone");
    for args in [&["erase", "--case", &"0".repeat(32)][..], &["rotate-key"], &["prune"]] {
        let ran = folder.rihla(args);
        assert!(ran.code == 1 && ran.stderr.contains("is damaged"), "{args:?}: {}", ran.text());
    }
}

#[test]
fn a_file_of_submissions_cut_short_is_named() {
    let folder = loaded_small();
    let file = file_of(&folder, "submissions");
    let bytes = std::fs::read(&file).expect("a file");
    std::fs::write(&file, &bytes[..100]).expect("written");
    said(&folder, "submissions_cut_short", "the file of the submissions was cut after 100 bytes");
}

#[test]
fn a_changed_file_of_a_table_is_no_defect_of_the_program() {
    let folder = loaded_small();
    let file = file_of(&folder, "feeds/registrations");
    let size = std::fs::metadata(&file).expect("a file").len();
    std::fs::write(&file, vec![0; usize::try_from(size).expect("a size")]).expect("written");
    std::fs::remove_dir_all(folder.path("warehouse/staging")).expect("removed");
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stderr.contains("missing or damaged"), "{}", ran.text());
}

#[test]
fn a_changed_result_is_made_anew() {
    let folder = loaded_small();
    let whole = folder.files("warehouse/released/000001");
    // What was seen to be whole is read again once it is changed.
    folder.rihla(&["run"]).ok();
    let seen = std::fs::read_to_string(folder.path("warehouse/staging/files-seen.json")).expect("what was seen");
    assert!(seen.contains("\"staging/registered/") && seen.contains("\"released/000001/by_country.parquet\""), "{seen}");
    for table in ["released/tables/by_country", "staging/registered"] {
        change(&file_of(&folder, table));
    }
    change(&folder.path("warehouse/released/000001/by_country.parquet"));
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("2 built anew") && ran.stdout.contains("release 1 stays"), "{}", ran.text());
    assert!(folder.files("warehouse/released/000001") == whole, "the folder shows the changed file");
    assert!(folder.rihla(&["run"]).ok().stdout.contains("0 built anew"));
}
