//! Memory is bounded for any file: under a limit of the system the program refuses or tells, and is never killed.

use std::path::Path;
use std::process::Command;

use super::traps::with_part;
use crate::support::{Folder, LABELS, ROWS, Ran, comma_csv};
use crate::workbook;

/// The address space that the program may take, in KiB: what it maps counts, used or not.
const ROOM_KIB: u32 = 3 << 20;

/// Tries a file of an office under the limit.
fn under_limit(office: &str, name: &str, bytes: impl AsRef<[u8]>) -> Ran {
    let folder = Folder::bare();
    let file = folder.path("..").join(name);
    std::fs::write(&file, bytes).expect("a file");
    validate(&folder, &file, office)
}

fn validate(folder: &Folder, file: &Path, office: &str) -> Ran {
    let file = file.to_string_lossy().into_owned();
    let plain = folder.command(&["validate", &file, "--feed", "registrations", "--office", office, "--period", "2023-01"]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("ulimit -v {ROOM_KIB}; exec \"$0\" \"$@\"")]).arg(plain.get_program()).args(plain.get_args());
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.current_dir(folder.path("..")).output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let ran = Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(ran.code == 0 || ran.code == 1, "killed, or a defect: {}", ran.text());
    ran
}

#[test]
fn a_sound_extract_has_room() {
    assert_eq!(under_limit("RAB", "sound.csv", comma_csv(&ROWS)).code, 0);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = Folder::bare();
    let file = folder.path("..").join("large.csv");
    std::fs::File::create(&file).and_then(|file| file.set_len(16 << 30)).expect("a file of nothing");
    let ran = validate(&folder, &file, "RAB");
    assert!(ran.code == 1 && ran.stderr.contains("the delivery has 16384 MiB, more than the 256 MiB that are read"), "{}", ran.text());
}

#[test]
fn announced_texts_take_no_memory() {
    let book = workbook::of_xml("Données", workbook::sheet_xml(&[vec![], LABELS.map(str::to_owned).to_vec()]));
    let ran = under_limit("TNG", "texts.xlsx", with_part(&book, "xl/sharedStrings.xml", "<sst uniqueCount=\"100000000000\"></sst>"));
    assert!(ran.said().contains("more than 16777216 texts"), "{}", ran.text());
}

#[test]
fn a_row_of_separators_takes_no_memory_of_its_own() {
    let text = comma_csv(&ROWS) + &",".repeat(50_000_000);
    let ran = under_limit("RAB", "wide.csv", text);
    assert!(ran.said().contains("line 6 has more than 4096 cells"), "{}", ran.text());
}

#[test]
fn faults_past_any_tolerance_are_counted_and_no_longer_kept() {
    // Rows of one cell each: all are at fault, and what is said of each is longer than the row.
    let rows = 700_000;
    let text = comma_csv(&ROWS) + &"x\n".repeat(rows);
    let ran = under_limit("RAB", "faulty.csv", text);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.said().contains("there are more than 500000 faults"), "{}", &ran.said()[..2000.min(ran.said().len())]);
    assert!(ran.said().contains(&format!("{} rows after them were counted and no more", rows + 4 - 500_001)), "{}", &ran.said()[..2000.min(ran.said().len())]);
}

#[test]
fn a_run_counts_every_row_of_a_delivery_past_any_tolerance() {
    let folder = Folder::small();
    let rows = 520_000;
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS) + &"x\n".repeat(rows));
    let ran = folder.rihla(&["run", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let counts = &ran.json()["feeds"][0]["rows"];
    assert_eq!(counts["refused"].as_u64(), Some(rows as u64 + 4), "{counts}");
    assert!(ran.said().contains("there are more than 500000 faults"), "the refusal says so");
    // What the submission vouches for is what the quarantine holds, or the next run would say so.
    let again = folder.rihla(&["run"]);
    assert!(!again.said().contains("vouch"), "{}", again.text());
}

#[test]
fn nothing_multiplies_unseen() {
    for text in [format!("{{\"a\":{}", "[".repeat(5_000_000)), format!("{{\"a\":[{}1]}}\n", "1,".repeat(2_000_000))] {
        assert_eq!(under_limit("AGA", "nested.jsonl", text).code, 1);
    }
}
