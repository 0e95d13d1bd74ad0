//! Cases that once lost a row, moved a figure or showed a cell without a word: each stays mended.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Folder, LABELS, ROWS, assert_nobody, comma_csv, json_lines, with};
use crate::workbook;

const RAB: &str = "in/RAB/2023-02-04/registrations-2023-01.csv";
const AGA: &str = "in/AGA/2023-02-07/registrations-2023-01.jsonl";
const TNG: &str = "in/TNG/2023-02-06/registrations-2023-01.xlsx";

/// The run refuses the extract with these words, loads the others, and shows nobody.
#[track_caller]
fn refuses(path: &str, bytes: impl AsRef<[u8]>, words: &str) -> Folder {
    let folder = Folder::small();
    folder.write(path, bytes);
    let ran = folder.rihla(&["run"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stdout.contains(&format!("refused: {path}\n")) && ran.stdout.contains(words), "{}", ran.text());
    assert_nobody(&ran.said());
    folder
}

/// Loaded rows of the newest revision of Rabat's slot, by the run's JSON.
fn loaded_of(ran: &crate::support::Ran) -> u64 {
    ran.json()["feeds"][0]["rows"]["loaded"].as_u64().expect("a count")
}

#[test]
fn stray_quotation_marks_do_not_swallow_rows() {
    let text = comma_csv(&ROWS).replace(",Ali Marqueuse", ",\"Ali Marqueuse").replace(",Jean Marqueuse", ",Jean\" Marqueuse");
    refuses(RAB, text, "source-error: line");
    refuses(RAB, comma_csv(&ROWS).replace("Ali Marqueuse", "Ali \"Marqueuse"), "source-error: line 3 ");
}

#[test]
fn a_shifted_row_that_ends_in_a_blank_is_shifted_all_the_same() {
    let folder = Folder::small();
    let shifted = comma_csv(&ROWS).replace("Zineb Marqueuse", "Zineb, Marqueuse").replacen("2023-01-03T09:00:00Z", "", 1);
    folder.write(RAB, shifted);
    let ran = folder.rihla(&["run", "--json"]);
    let told = folder.rihla(&["quarantine", "--office", "RAB"]);
    assert!(told.stdout.contains("extra-cell/extra-cell"), "{}", told.text());
    assert_nobody(&format!("{}{}", ran.said(), told.said()));
}

#[test]
fn values_of_a_row_with_several_foreign_cells_are_not_shown() {
    let folder = Folder::small();
    let row = with(with(ROWS[0], "Sexe", "Zineb"), "Nationalité", "Marqueuse");
    folder.write(RAB, comma_csv(&[row, ROWS[1], ROWS[2], ROWS[3]]));
    folder.rihla(&["run"]).ok();
    let told = folder.rihla(&["quarantine"]);
    assert!(told.stdout.contains("sex is not in its code list"), "{}", told.text());
    assert_nobody(&told.said());
}

#[test]
fn a_delivery_without_a_good_row_replaces_nothing() {
    let folder = Folder::small();
    folder.replace("pipelines/registrations.toml", "tolerance = 0.25", "tolerance = 0.25\ntolerated_rows = 6");
    folder.rihla(&["run"]).ok();
    let bad = ROWS.map(|row| with(row, "Enregistré le", "01/03"));
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", comma_csv(&bad));
    let ran = folder.rihla(&["run"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stdout.contains("tolerance: 4 of 4 rows have faults"), "{}", ran.text());
}

#[test]
fn which_delivery_stands_does_not_depend_on_when_it_was_seen() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-02-06/registrations-2023-01.csv", comma_csv(&ROWS));
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-02-05/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    let ran = folder.rihla(&["run", "--json"]).ok();
    assert_eq!((ran.json()["feeds"][0]["outdated"].as_u64(), loaded_of(&ran)), (Some(1), 0));
}

#[test]
fn a_delivery_from_the_future_does_not_pin_its_slot() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2033-02-04/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stdout.contains("received-in-future"), "{}", ran.text());
}

#[test]
fn a_record_is_not_changed_in_another_century_nor_after_it_was_received() {
    let folder = Folder::small();
    let row = with(ROWS[0], "Modifié le", "2032-01-03T09:00:00Z");
    let short = with(ROWS[1], "Modifié le", "0023-01-03T09:00:00Z");
    let old = with(ROWS[2], "Enregistré le", "1999-01-10");
    let born = with(ROWS[3], "Date de naissance", "1850-01-01");
    folder.write(RAB, comma_csv(&[row, short, old, born]));
    folder.rihla(&["run"]);
    let told = folder.rihla(&["quarantine", "--office", "RAB"]).stdout;
    for rule in ["changed-after-received", "type-error/datetime", "event-before-calendar"] {
        assert!(told.contains(rule), "{rule}: {told}");
    }
}

#[test]
fn json_that_says_a_thing_twice_or_too_long_is_refused() {
    refuses(AGA, json_lines(&ROWS).replacen("\"Sexe\":\"F\"", "\"Sexe\":\"M\",\"Sexe\":\"F\"", 1), "duplicate-label: line 1");
    refuses(AGA, json_lines(&ROWS).replacen("\"r-1\"", "12345678901234567890123", 1), "a number too long to be read exactly");
    refuses(AGA, json_lines(&ROWS).replacen("\"Sexe\":\"F\"", "\"Sexe\":[\"F\",\"Zineb\"]", 1), "is a list, not one value");
    refuses(AGA, json_lines(&ROWS).replace("\"Sexe\":\"F\",", "").replace("\"Sexe\":\"M\",", ""), "missing-label");
    refuses(AGA, "\n", "the file has no rows");
}

#[test]
fn a_stray_cell_far_away_refuses_its_workbook_alone() {
    let mut lines = vec![vec!["Registre".to_owned()], LABELS.map(str::to_owned).to_vec()];
    lines.extend(ROWS.iter().map(|row| row.map(str::to_owned).to_vec()));
    let xml = workbook::sheet_xml(&lines);
    let stray = "<row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>x</t></is></c></row></sheetData>";
    refuses(TNG, workbook::of_xml("Données", xml.replace("</sheetData>", stray)), "an extract has no more than");
}

#[test]
fn a_folder_of_somebody_else_is_not_made_a_warehouse() {
    let folder = Folder::small();
    folder.write("warehouse/tmp/precious.txt", "mine");
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stderr.contains("is not empty and no warehouse"), "{}", ran.text());
    assert_eq!(fs::read_to_string(folder.path("warehouse/tmp/precious.txt")).expect("the file"), "mine");
}

#[test]
fn a_schema_may_gain_and_lose_a_field_after_a_load() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    let field = "    {\"name\": \"note\", \"rihla\": {\"labels\": [\"Note\"]}},\n    {\"name\": \"changed_at\"";
    folder.replace("schemas/registrations.json", "    {\"name\": \"changed_at\"", field);
    for offices in ["\"RAB\"", "\"CAS\"", "\"TNG\"", "\"AGA\""] {
        folder.replace("pipelines/registrations.toml", &format!("offices = [{offices}]"), &format!("offices = [{offices}]\nabsent = [\"note\"]"));
    }
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    folder.rihla(&["run"]).ok();
    folder.rihla(&["run"]).ok();
}

#[test]
fn a_release_that_was_taken_away_is_not_shown() {
    let folder = Folder::small();
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    folder.rihla(&["run"]).ok();
    fs::remove_file(folder.path("warehouse/released/release-000002.json")).expect("the manifest");
    folder.write("in/RAB/2023-02-15/registrations-2023-01.csv", comma_csv(&ROWS[..2]));
    folder.rihla(&["run"]).ok();
    let described = fs::read_to_string(folder.path("warehouse/released/latest/datapackage.json")).expect("the package");
    let manifest = fs::read_to_string(folder.path("warehouse/released/release-000002.json")).expect("the manifest");
    let hash = |text: &str| text.split('"').filter(|word| word.starts_with("sha256:")).map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(hash(&described), hash(&manifest));
}

#[test]
fn no_delivery_at_all_makes_no_release() {
    let ran = Folder::bare().rihla(&["run"]);
    assert!(ran.code == 1 && ran.stdout.contains("hold no delivery of the required feed"), "{}", ran.text());
}

#[test]
fn the_same_bytes_under_a_mended_code_list_are_judged_again() {
    let folder = Folder::small();
    folder.write(RAB, comma_csv(&[with(ROWS[0], "Nationalité", "Guiné"), ROWS[1], ROWS[2], ROWS[3]]));
    folder.rihla(&["run"]).ok();
    folder.replace("schemas/codes/country.csv", "غينيا,", "غينيا,Guiné");
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", fs::read(folder.path(RAB)).expect("the extract"));
    let ran = folder.rihla(&["run", "--json"]).ok();
    assert_eq!(loaded_of(&ran), 4, "{}", ran.text());
}

#[test]
fn of_two_rivals_the_one_that_stays_is_judged_again() {
    let folder = Folder::small();
    let source = "[[sources]]\noffices = [\"RAB\"]\nurl = \"in/{office}/{received}/registrations-{period}-bis.csv\"\ncsv = {}\ndates = [\"%Y-%m-%d\"]\ndatetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]\n\n[[sources]]\noffices = [\"CAS\"]";
    folder.replace("pipelines/registrations.toml", "[[sources]]\noffices = [\"CAS\"]", source);
    let rival = "in/RAB/2023-02-04/registrations-2023-01-bis.csv";
    folder.write(rival, comma_csv(&ROWS[..3]));
    assert_eq!(folder.rihla(&["run"]).code, 1);
    fs::remove_file(folder.path(rival)).expect("the rival");
    let ran = folder.rihla(&["run", "--json"]).ok();
    assert_eq!(loaded_of(&ran), 4, "{}", ran.text());
}
