//! Workbooks through spreadsheet programs: filled by openpyxl, saved by LibreOffice in its own format and back.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Book, counts, deliver, exported, faulty, project, run};
use crate::python::python;
use crate::support::{Folder, ROWS, Row, windows_1252, with};

/// Converts a workbook; nothing where LibreOffice is missing, which is told with how to install it, and is a failure where
/// `CI` is set. LibreOffice is `RIHLA_TEST_OFFICE`, else `soffice`.
fn converted(path: &Path, to: &str) -> Option<PathBuf> {
    let office = std::env::var_os("RIHLA_TEST_OFFICE").unwrap_or_else(|| "soffice".into());
    let folder = path.parent().expect("a folder").join(to);
    std::fs::create_dir_all(&folder).expect("a folder");
    // A profile of its own, so that tests side by side do not wait for one another.
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let done = Command::new(&office).args([&profile, "--headless", "--convert-to", to, "--outdir"]).arg(&folder).arg(path).output();
    let Ok(done) = done else {
        let missing = "LibreOffice is missing: `apt-get install --no-install-recommends libreoffice-calc`, or name it in RIHLA_TEST_OFFICE";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        return None;
    };
    let made = folder.join(path.with_extension(to).file_name().expect("a name"));
    assert!(made.is_file(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(made)
}

/// Opens a workbook, types into cells by row number and label, and saves it under another name. A text `date:…` becomes a
/// real date, `number:…` a number.
const TYPE: &str = r#"
import sys, json, datetime, openpyxl
source, target, cells = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3]))
book = openpyxl.load_workbook(source)
sheet = book.worksheets[1]
head = [cell.value for cell in sheet[1]]
notes = 0
for row, label, text in cells:
    for line in sheet.iter_rows(min_row=2):
        if line[0].value == row:
            cell = line[head.index(label)]
            assert not cell.protection.locked, label
            if text.startswith("date:"):
                cell.number_format = "yyyy-mm-dd"
                cell.value = datetime.datetime.fromisoformat(text[5:])
            elif text.startswith("number:"):
                cell.number_format = "General"
                cell.value = int(text[7:])
            else:
                cell.value = text
notes = [cell.comment.text for line in sheet.iter_rows() for cell in line if cell.comment]
facts = {"protected": sheet.protection.sheet, "frozen": sheet.freeze_panes, "notes": notes, "lists": [one.formula1 for one in sheet.data_validations.dataValidation],
         "states": [one.sheet_state for one in book], "format": sheet.cell(2, 4).number_format}
book.save(target)
json.dump(facts, sys.stdout)
"#;

/// Types into a workbook as somebody would.
fn typed(folder: &Folder, workbook: &Path, cells: &[(&str, &str, &str)]) -> Option<(PathBuf, Value)> {
    let target = folder.path("typed.xlsx");
    let wanted = folder.path("cells.json");
    std::fs::write(&wanted, serde_json::to_vec(cells).expect("JSON")).expect("a file");
    let facts = python(TYPE, &["openpyxl"], &[workbook.to_owned(), target.clone(), wanted])?;
    Some((target, facts))
}

#[test]
fn a_workbook_goes_through_two_programs_and_back() {
    let folder = project();
    let mut rows = faulty();
    rows.push(with(with(ROWS[1], "Identifiant", "r-6"), "Enregistré le", "bientôt"));
    rows.push(with(with(ROWS[1], "Identifiant", "r-7"), "N° personne", "deux"));
    rows.extend((0..8).map(|at| with(ROWS[2], "Identifiant", ["r-10", "r-11", "r-12", "r-13", "r-14", "r-15", "r-16", "r-17"][at])));
    deliver(&folder, "2023-02-04", &rows);
    folder.rihla(&["run"]).ok();
    let cells = [
        ("6", "Nationalité", "Guinée"),
        ("7", "Enregistré le", "date:2023-01-05"),
        ("8", "N° personne", "number:2"),
        ("8", "Modifié le", "date:2023-01-09T10:30:00"),
    ];
    let Some((workbook, facts)) = typed(&folder, &exported(&folder), &cells) else { return };
    assert_eq!((&facts["protected"], &facts["frozen"], &facts["format"]), (&true.into(), &"B2".into(), &"@".into()), "{facts}");
    assert_eq!(facts["states"], serde_json::json!(["visible", "visible", "veryHidden"]));
    assert!(facts["notes"].to_string().contains("« Nationalité »") && facts["notes"].to_string().contains("Protégé"), "{facts}");
    assert!(facts["lists"].to_string().contains("oui,non"), "{facts}");
    let Some(open_document) = converted(&workbook, "ods") else { return };
    let Some(back) = converted(&open_document, "xlsx") else { return };
    assert_eq!(Book::open(&std::fs::read(&back).expect("a workbook")).sheets.len(), 3);
    for (name, path) in [("a.ods", &open_document), ("b.xlsx", &back)] {
        let folder = folder.again();
        folder.write(&format!("back/RAB/2023-02-10/{name}"), std::fs::read(path).expect("a workbook"));
        let ran = run(&folder);
        assert_eq!(counts(&ran), [15, 15, 0, 0, 0], "{name}: {ran}; {}", folder.rihla(&["quarantine"]).stdout);
        let loaded = folder.loaded("registrations");
        let row = |record: &str| -> Row { loaded.iter().rfind(|row| row["record_id"] == record).expect("a row").clone() };
        assert_eq!(row("r-6")["registered_on"], "2023-01-05");
        // Half past ten on the clock of Rabat.
        assert_eq!(row("r-7")["changed_at"].as_str().map(|at| at[..16].to_owned()), Some("2023-01-09T09:30".to_owned()));
    }
}

#[test]
fn real_dates_become_what_the_extract_writes() {
    let folder = project();
    let mut rows = ROWS.to_vec();
    rows[0] = with(rows[0], "Enregistré le", "bientôt");
    let mut text = crate::support::semicolon_csv(&[&rows[1..], &ROWS[..1]].concat());
    text.push_str("r-9;CN-77709;1;Zineb Marqueuse;F;01/06/1987;Congo;jamais;03/01/2023 09:00\n");
    folder.write("in/CAS/2023-02-05/registrations-2023-01.csv", windows_1252(&text));
    folder.rihla(&["run"]).ok();
    let out = folder.path("out");
    let ran = folder.rihla(&["quarantine", "export", "--office", "CAS", "--out", out.to_str().expect("a path"), "--json"]).ok().json();
    let cells = [("6", "Enregistré le", "date:2023-01-05")];
    let Some((workbook, _)) = typed(&folder, Path::new(ran["files"][0]["file"].as_str().expect("a path")), &cells) else { return };
    folder.write("back/CAS/2023-02-10/a.xlsx", std::fs::read(workbook).expect("a workbook"));
    assert_eq!(counts(&run(&folder)), [5, 5, 0, 0, 0], "{}", folder.rihla(&["quarantine"]).stdout);
    assert!(folder.loaded("registrations").iter().any(|row| row["record_id"] == "r-9" && row["registered_on"] == "2023-01-05"));
}

#[test]
fn an_office_mends_a_month_of_the_fixtures() {
    let folder = crate::support::loaded().again();
    let figure = |folder: &Folder| {
        let ran = folder.rihla(&["sql", "--format", "json", "SELECT sum(persons) AS persons FROM returns_outbound_by_country WHERE period = '2022-02'"]).ok();
        ran.json()[0]["persons"].as_i64().expect("a figure")
    };
    let before = figure(&folder);
    let out = folder.path("out");
    let args = ["quarantine", "export", "--office", "OUJ", "--feed", "returns", "--period", "2022-02", "--out", out.to_str().expect("a path"), "--json"];
    let file = PathBuf::from(folder.rihla(&args).ok().json()["files"][0]["file"].as_str().expect("a path"));
    let Some((workbook, _)) = typed(&folder, &file, &[("6", "Sexe", "H")]) else { return };
    let Some(back) = converted(&workbook, "ods") else { return };
    folder.write("corrections/OUJ/2023-07-20/retours.ods", std::fs::read(back).expect("a workbook"));
    let ran = run(&folder);
    let returns = ran["feeds"].as_array().expect("feeds").iter().find(|feed| feed["feed"] == "returns").expect("the feed");
    assert_eq!((&returns["rows"]["read"], &returns["rows"]["loaded"], &returns["rows"]["quarantined"]), (&20.into(), &19.into(), &1.into()), "{returns}");
    assert_eq!(figure(&folder), before + 1, "one person more");
    let agrees = folder.rihla(&["reconcile", "2023-H1"]).ok();
    assert!(!agrees.stdout.contains("without an explanation") || agrees.stdout.contains("0 without"), "{}", agrees.text());
}
