//! A feed drafted from a sample: what it decides, what it asks, and that it keeps people out.

use std::path::{Path, PathBuf};

use rihla::draft::{Draft, Wanted, infer};

use crate::leak::{first, searcher_of_protected};
use crate::support::{Folder, ROWS, Ran, assert_nobody, comma_csv, repository, semicolon_csv, snapshot, story, windows_1252, workbook};

#[track_caller]
fn says(folder: &Folder, name: &str, args: &[&str]) -> Ran {
    let ran = folder.rihla(args);
    snapshot("drafts", name, &story(args), &ran.text());
    ran
}

/// A file beside the small project.
fn beside(folder: &Folder, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.path("..").join(name);
    std::fs::write(&path, bytes).expect("a file");
    path.to_string_lossy().into_owned()
}

/// Twenty rows of made-up vouchers; `cells` makes each from its number.
fn sample(labels: &str, delimiter: &str, cells: impl Fn(usize) -> Vec<String>) -> String {
    (0..20).fold(format!("{labels}\n"), |text, row| text + &cells(row).join(delimiter) + "\n")
}

/// Vouchers as an office of a French Windows writes them: day and month decided by one column for the other.
fn vouchers() -> Vec<u8> {
    let kinds = ["alimentaire", "hygiène", "transport"];
    let labels = "Identifiant;N° de dossier;N° personne;Nom;Sexe;Né(e) le;Remis le;Type de bon;Quantité;Montant;Pays d'origine;Modifié le;Contact d'urgence";
    windows_1252(&sample(labels, ";", |row| {
        vec![
            format!("v-{row}"),
            format!("CN-777{row:02}"),
            "1".to_owned(),
            format!("Marqueuse {row}"),
            if row % 3 == 0 { "F" } else { "M" }.to_owned(),
            format!("{:02}/06/1987", row + 1),
            format!("{:02}/02/2023", row % 12 + 1),
            kinds[row % 3].to_owned(),
            (row % 4 + 1).to_string(),
            if row % 5 == 0 { "-".to_owned() } else { format!("1 {row:03},50") },
            if row % 2 == 0 { "Guinée" } else { "Côte d'Ivoire" }.to_owned(),
            format!("{:02}/02/2023 10:30", row + 2),
            "une Marqueuse".to_owned(),
        ]
    }))
}

#[test]
fn a_draft_says_what_it_decided_and_why() {
    let folder = Folder::small();
    let file = beside(&folder, "vouchers-2023-02.csv", vouchers());
    let ran = says(&folder, "vouchers", &["infer", &file, "--dry-run"]).ok();
    assert_nobody(&ran.said());
    assert!(!folder.path("schemas/vouchers.json").exists(), "a dry run wrote");
}

#[test]
fn a_draft_is_written_once_and_check_asks_what_is_open() {
    let folder = Folder::small();
    let file = beside(&folder, "vouchers-2023-02.csv", vouchers());
    let ran = folder.rihla(&["infer", &file]).ok();
    for path in ["schemas/vouchers.json", "pipelines/vouchers.toml", "schemas/codes/type_de_bon.csv"] {
        assert!(ran.stdout.contains(&format!("wrote {path}\n")), "{}", ran.text());
        assert_nobody(&std::fs::read_to_string(folder.path(path)).expect("a file"));
    }
    let before = folder.files(".");
    assert_eq!(says(&folder, "known_already", &["infer", &file]).code, 1);
    std::fs::remove_file(folder.path("pipelines/vouchers.toml")).expect("the pipeline");
    assert_eq!(says(&folder, "written_already", &["infer", &file]).code, 1);
    assert!(!folder.path("pipelines/vouchers.toml").exists(), "half of a draft was written");
    folder.write("pipelines/vouchers.toml", &before["pipelines/vouchers.toml"]);
    assert!(folder.files(".") == before, "something was written over");
    assert_eq!(says(&folder, "check_of_a_draft", &["check"]).code, 1, "an office is to be named");
    // With what it asks decided, the draft is a feed that loads the sample.
    folder.replace("pipelines/vouchers.toml", "\"TODO\"", "\"CAS\"").replace("pipelines/vouchers.toml", "extracts/{office}", "in/{office}");
    folder.rihla(&["check"]).ok();
    folder.rihla(&["validate", &file, "--feed", "vouchers", "--office", "CAS"]).ok();
}

#[test]
fn day_and_month_that_nothing_decides_are_asked_for() {
    let folder = Folder::small();
    let text = sample("id,case number,sex,given on,changed at", ",", |row| {
        vec![format!("r-{row}"), format!("CN-777{row:02}"), "F".to_owned(), format!("{:02}/03/2023", row % 12 + 1), "2023-03-20T10:00:00Z".to_owned()]
    });
    let file = beside(&folder, "ambiguous.csv", text);
    folder.rihla(&["infer", &file, "--feed", "gifts"]).ok();
    let pipeline = std::fs::read_to_string(folder.path("pipelines/gifts.toml")).expect("a pipeline");
    assert!(pipeline.contains("# dates = [\"%d/%m/%Y\"]\n# dates = [\"%m/%d/%Y\"]\n") && !pipeline.contains("\ndates ="), "{pipeline}");
    let check = folder.rihla(&["check"]);
    assert!(check.code == 1 && check.stderr.contains("this source has no `dates`"), "{}", check.text());
    assert!(check.stderr.contains("no field has the role `person_number`"), "{}", check.text());
}

#[test]
fn a_workbook_is_read_below_its_banner() {
    let folder = Folder::small();
    let file = beside(&folder, "registre.xlsx", workbook("Données", &ROWS));
    let ran = says(&folder, "workbook", &["infer", &file, "--feed", "again", "--dry-run"]).ok();
    assert_nobody(&ran.said());
    assert!(ran.stdout.contains("workbook = { header_row = 2 }") && ran.stdout.contains("total_rows = [\"TOTAL\"]"));
}

#[test]
fn what_cannot_be_decided_is_refused_with_the_evidence() {
    let folder = Folder::small();
    let headless: String = comma_csv(&ROWS).lines().skip(1).fold(String::new(), |text, line| text + line + "\n");
    let names = "Zineb,Marqueuse,femme\nAwa,Marqueuse,femme\n";
    let several = "id;a,b;c\n1;2,3;4\n5;6,7;8\n";
    for (name, file, bytes) in [
        ("no_header", "headless.csv", headless.into_bytes()),
        ("names_for_a_header", "names.csv", names.as_bytes().to_vec()),
        ("two_delimiters", "several.csv", several.as_bytes().to_vec()),
        ("no_rows", "empty.csv", b"id,sex\n".to_vec()),
        ("one_column", "column.csv", b"id\n1\n2\n".to_vec()),
        ("stray_mark", "stray.csv", b"id,sex\n1,\"F\n2,M\n".to_vec()),
        ("no_workbook", "broken.xlsx", b"PK\x03\x04 and then nothing".to_vec()),
        ("other_alphabet", "arabic.csv", b"id,sex\n1,\xC7\xE1\xCC\xE4\xD3\n".to_vec()),
    ] {
        let file = beside(&folder, file, bytes);
        let ran = says(&folder, name, &["infer", &file, "--feed", "draft"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name}");
        assert_nobody(&ran.said());
    }
    let file = beside(&folder, "x.csv", comma_csv(&ROWS));
    for (name, args) in
        [("known_feed", &["--feed", "registrations"][..]), ("no_name", &["--feed", "Draft One"]), ("no_sheets", &["--feed", "d", "--sheet", "Données"])]
    {
        assert_eq!(says(&folder, name, &[&["infer", &file][..], args].concat()).code, 1);
    }
}

/// Names, phones and numbers under labels that nobody knows.
#[test]
fn values_that_may_be_a_persons_are_withheld_whatever_their_label() {
    let folder = Folder::small();
    let text = sample("id;type a;type b;champ c;champ d;champ e;état f;champ g", ";", |row| {
        vec![
            format!("k-{row}"),
            ["Marqueuse", "Exemple"][row % 2].to_owned(),
            format!("06 00 00 00 {row:02}"),
            ["Marqueuse", "Exemple"][row % 2].to_owned(),
            format!("AB{:06}", 100_000 + row),
            (4000 + row).to_string(),
            format!("x{row}@example.org"),
            format!("{:02}/06/1987", row + 1),
        ]
    });
    let file = beside(&folder, "unknown.csv", text);
    let ran = folder.rihla(&["infer", &file, "--dry-run", "--json"]).ok();
    let told = ran.json();
    for column in told["columns"].as_array().expect("columns").iter().skip(1) {
        let label = column["label"].as_str().expect("a label");
        // A date alone in its file may be anything; it is asked for, and its values are not shown either.
        assert!(column["protection"] == "direct" || label == "champ g", "{column}");
    }
    for value in ["Marqueuse", "marqueuse", "Exemple", "AB1000", "06 00", "example.org", "/06/1987", "4001"] {
        assert!(!ran.said().contains(value), "`{value}` is shown: {}", ran.text());
    }
}

/// The first extract of every office and feed of the real project.
fn extracts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for office in std::fs::read_dir(repository("fixtures/extracts")).expect("offices") {
        let office = office.expect("an office").path();
        let mut names: Vec<PathBuf> = Vec::new();
        for received in std::fs::read_dir(&office).expect("deliveries") {
            let received = received.expect("a delivery").path();
            names.extend(std::fs::read_dir(received).into_iter().flatten().map(|entry| entry.expect("a file").path()));
        }
        names.sort();
        let feed = |path: &Path| path.file_name().map(|name| name.to_string_lossy().split('-').next().unwrap_or_default().to_owned());
        names.dedup_by_key(|path| feed(path));
        found.extend(names);
    }
    found.sort();
    found
}

/// Everything that a draft says or writes.
fn everything(draft: &Draft) -> String {
    let files = draft.files.iter().map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    std::iter::once(format!("{draft:?}")).chain(files).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_draft_holds_a_protected_value_of_the_real_extracts() {
    let mut drafted = 0;
    for path in extracts() {
        for project in [None, Some(rihla::project::load(&repository("tests/data/small")).expect("the project"))] {
            let Ok(draft) = infer(&Wanted { file: &path, feed: Some("draft"), sheet: None, project: project.as_ref() }) else { continue };
            drafted += 1;
            assert_eq!(first(searcher_of_protected(), everything(&draft).as_bytes()), None, "{}", path.display());
            assert!(draft.columns.len() > 10, "{}", path.display());
        }
    }
    assert!(drafted > 20, "only {drafted} extracts could be drafted");
}

/// The same with every label but the record's taken away: then only the values tell what they are.
#[test]
fn no_draft_holds_a_protected_value_where_no_label_is_known() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let mut drafted = 0;
    for path in extracts().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "csv")) {
        let bytes = std::fs::read(&path).expect("a file");
        let end = bytes.iter().position(|byte| *byte == b'\n').expect("a header");
        let delimiter = if bytes[..end].contains(&b';') { ";" } else { "," };
        let columns = String::from_utf8_lossy(&bytes[..end]).split(delimiter).count();
        let labels: Vec<String> = (0..columns)
            .map(|index| if index == 0 { "id".to_owned() } else { format!("type {}", char::from(b'a' + u8::try_from(index).expect("few"))) })
            .collect();
        let file = temp.path().join("draft.csv");
        std::fs::write(&file, [labels.join(delimiter).as_bytes(), &bytes[end..]].concat()).expect("a file");
        let Ok(draft) = infer(&Wanted { file: &file, feed: None, sheet: None, project: None }) else { continue };
        drafted += 1;
        assert_eq!(first(searcher_of_protected(), everything(&draft).as_bytes()), None, "{}", path.display());
    }
    assert!(drafted > 5, "only {drafted} extracts could be drafted");
}

#[test]
fn semicolons_and_windows_are_told_apart_from_commas_and_utf_8() {
    let folder = Folder::small();
    let ours = |name: &str, bytes: &[u8]| {
        let file = beside(&folder, name, bytes);
        infer(&Wanted { file: Path::new(&file), feed: Some("draft"), sheet: None, project: None }).expect("a draft")
    };
    let pipeline = |draft: &Draft| String::from_utf8_lossy(&draft.files[1].bytes).into_owned();
    let comma = pipeline(&ours("a.csv", comma_csv(&ROWS).as_bytes()));
    assert!(comma.contains("csv = { delimiter = \",\", encoding = \"utf-8\" }\ndates = [\"%Y-%m-%d\"]\ndatetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]"), "{comma}");
    let semicolon = pipeline(&ours("b.csv", &windows_1252(&semicolon_csv(&ROWS))));
    assert!(
        semicolon.contains("csv = { delimiter = \";\", encoding = \"windows-1252\" }") && semicolon.contains("datetimes = [\"%d/%m/%Y %H:%M\"]"),
        "{semicolon}"
    );
}

#[test]
fn a_row_of_tags_is_known_and_a_label_that_is_a_name_keeps_it() {
    let folder = Folder::small();
    let rows = sample("record_id,sex,held_on,Comment,remarks\n#meta+id,#indicator+sex,#date,,", ",", |row| {
        vec![format!("k-{row}"), if row % 3 == 0 { "F" } else { "M" }.to_owned(), format!("2023-02-{:02}", row + 1), "un mot".to_owned(), "mot".to_owned()]
    });
    let file = beside(&folder, "tagged.csv", &rows);
    let draft = infer(&Wanted { file: Path::new(&file), feed: Some("tagged"), sheet: None, project: None }).expect("a draft");
    let pipeline = String::from_utf8_lossy(&draft.files[1].bytes);
    assert!(pipeline.contains("\nhxl = true\n") && pipeline.contains("dates = [\"%Y-%m-%d\"]"), "{pipeline}");
    assert!(draft.rows == 20 && draft.evidence.iter().any(|line| line == "the row under the header holds HXL tags"), "{:?}", draft.evidence);
    let names: Vec<&str> = draft.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["record_id", "sex", "held_on", "remarks_2", "remarks"]);
    let plain = beside(&folder, "plain.csv", rows.replace("#meta+id,#indicator+sex,#date,,\n", ""));
    let plain = infer(&Wanted { file: Path::new(&plain), feed: Some("tagged"), sheet: None, project: None }).expect("a draft");
    assert!(plain.rows == 20 && !String::from_utf8_lossy(&plain.files[1].bytes).contains("hxl"));
}
