//! Workbooks of comparisons and reconciliations, read back.

use std::fs;
use std::io::Read;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};

use crate::support::{loaded, snapshot};

/// Every sheet as text, a line a row, cells apart by bars; numbers as they are stored.
fn laid_out(path: &Path) -> String {
    let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
    let mut text = String::new();
    for name in workbook.sheet_names() {
        text.push_str(&format!("== {name}\n"));
        for row in workbook.worksheet_range(&name).expect("a sheet").rows() {
            let cells: Vec<String> = row.iter().map(|cell| if let Data::Float(number) = cell { format!("{number:.4}") } else { cell.to_string() }).collect();
            text.push_str(cells.join(" | ").trim_end_matches([' ', '|']));
            text.push('\n');
        }
    }
    text
}

/// A part of a workbook's file.
fn part(path: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).expect("a file")).expect("a workbook");
    let mut text = String::new();
    archive.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_comparison_reads_back_in_both_languages() {
    let temp = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    for lang in ["en", "fr"] {
        let file = temp.path().join(format!("{lang}.xlsx"));
        let path = file.to_str().expect("text");
        let args = ["--lang", lang, "compare", "returns_inbound", "2023-H1", "2022-H1", "--by", "host_country", "--format", "xlsx", "--output", path];
        let ran = loaded().rihla(&args).ok();
        assert!(ran.stdout.contains(path), "{}", ran.text());
        snapshot("commands", &format!("workbook_compare_{lang}"), &args.join(" ").replace(path, "FILE"), &laid_out(&file));
    }
    // Shares in points, without a percentage.
    let file = temp.path().join("shares.xlsx");
    let args = ["compare", "returns_outbound_by_sadd", "2023-H1", "2022-H1", "--format", "xlsx", "--output", file.to_str().expect("text")];
    loaded().rihla(&args).ok();
    snapshot("commands", "workbook_compare_shares", "compare returns_outbound_by_sadd 2023-H1 2022-H1 --format xlsx", &laid_out(&file));
}

#[test]
fn it_is_laid_out_to_be_read_and_printed() {
    let temp = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    let file = temp.path().join("a.xlsx");
    loaded().rihla(&["compare", "returns_inbound_by_country", "2023-H1", "2022-H1", "--format", "xlsx", "--output", file.to_str().expect("text")]).ok();
    let sheet = part(&file, "xl/worksheets/sheet1.xml");
    for wanted in
        ["<pane xSplit=\"1\" ySplit=\"7\"", "state=\"frozen\"", "orientation=\"landscape\"", "fitToHeight=\"0\"", "<pageSetUpPr fitToPage=\"1\"/>", "<cols>"]
    {
        assert!(sheet.contains(wanted), "{wanted} in {}", &sheet[..2000.min(sheet.len())]);
    }
    let styles = part(&file, "xl/styles.xml");
    for wanted in ["#,##0", "+#,##0;-#,##0;#,##0", "+0.0%;-0.0%;0.0%"] {
        assert!(styles.contains(&format!("formatCode=\"{wanted}\"")) || wanted == "#,##0", "{wanted} in {styles}");
    }
    assert!(part(&file, "docProps/core.xml").contains("2023-07-21T06:00:00Z"), "made when its release was");
    assert!(part(&file, "xl/workbook.xml").contains("_xlnm.Print_Titles"), "the head is on every page");
}

#[test]
fn the_same_question_gives_the_same_bytes_and_nothing_is_overwritten() {
    let temp = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    let ask = |name: &str, more: &[&str]| {
        let file = temp.path().join(name);
        let args = [&["compare", "registrations_by_sadd", "2023-H1", "2022-H1", "--format", "xlsx", "--output", file.to_str().expect("text")], more].concat();
        (loaded().rihla(&args), file)
    };
    let (first, second) = (ask("a.xlsx", &[]), ask("b.xlsx", &[]));
    let bytes = fs::read(&first.1).expect("a file");
    assert!(bytes == fs::read(&second.1).expect("a file"), "two workbooks of one question differ");
    fs::write(&first.1, "mine").expect("a file");
    let refused = ask("a.xlsx", &[]).0;
    assert!(refused.code == 1 && refused.stderr.contains("is there already") && refused.stderr.contains("--force"), "{}", refused.text());
    assert_eq!(fs::read(&first.1).expect("a file"), b"mine");
    ask("a.xlsx", &["--force"]).0.ok();
    assert!(fs::read(&first.1).expect("a file") == bytes);
    let names: Vec<_> = fs::read_dir(temp.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names.len(), 2, "no draft is left: {names:?}");
}

/// The file is named by table, level and periods, in the folder where the command is given.
#[test]
fn its_name_says_what_it_is_of() {
    let temp = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    let mut command =
        loaded().command(&["compare", "returns_inbound", "2023-Q1", "2022-Q1", "--by", "host_country", "--where", "sadd_group=men", "--format", "xlsx"]);
    let output = command.current_dir(temp.path()).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = "returns_inbound_by-host_country_sadd_group-men_2023-Q1_2022-Q1.xlsx";
    assert!(temp.path().join(name).is_file(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("wrote {name}\n"));
}

#[test]
fn a_reconciliation_reads_back() {
    let temp = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    let file = temp.path().join("a.xlsx");
    let args = ["--lang", "fr", "reconcile", "2022", "--format", "xlsx", "--output", file.to_str().expect("text")];
    loaded().rihla(&args).ok();
    snapshot("commands", "workbook_reconcile_fr", "--lang fr reconcile 2022 --format xlsx", &laid_out(&file));
    let json = loaded().rihla(&["--json", "reconcile", "2022", "--format", "xlsx", "--force", "--output", file.to_str().expect("text")]).ok().json();
    assert_eq!(json["file"].as_str(), file.to_str());
}
