//! An extract tried without loading it: the same verdict as a run's, and nothing touched.

use crate::leak::{first, searcher_of_protected};
use crate::support::{Folder, ROWS, Ran, assert_nobody, comma_csv, repository, semicolon_csv, snapshot, story, windows_1252, with};

#[track_caller]
fn says(folder: &Folder, name: &str, args: &[&str]) -> Ran {
    let ran = folder.rihla(args);
    snapshot("trial", name, &story(args), &ran.text());
    assert_nobody(&ran.said());
    ran
}

/// The small project without extracts, and beside it the file that an office has not sent yet.
fn with_file(name: &str, bytes: impl AsRef<[u8]>) -> (Folder, String) {
    let folder = Folder::bare();
    std::fs::remove_file(folder.key()).expect("the key taken away");
    let path = folder.path("..").join(name);
    std::fs::write(&path, bytes).expect("a file");
    (folder, path.to_string_lossy().into_owned())
}

#[test]
fn a_clean_extract_ends_with_0_and_touches_nothing() {
    let (folder, file) = with_file("anything.csv", windows_1252(&semicolon_csv(&ROWS)));
    let before = folder.files(".");
    says(&folder, "clean", &["validate", &file, "--feed", "registrations", "--office", "CAS", "--period", "2023-01"]).ok();
    assert!(folder.files(".") == before && !folder.key().exists(), "a trial touched something");
}

#[test]
fn faults_are_told_by_rule_and_field_with_their_rows() {
    let rows = [
        ROWS[0],
        with(ROWS[1], "Nationalité", "Guinnée"),
        with(ROWS[2], "Enregistré le", "2023-02-31"),
        with(ROWS[3], "Date de naissance", "1987-06-31"),
        with(with(ROWS[0], "Identifiant", "r-5"), "N° de dossier", ""),
        with(ROWS[1], "Identifiant", "r-6"),
        with(ROWS[2], "Identifiant", "r-7"),
        with(ROWS[2], "Identifiant", "r-8"),
        with(ROWS[2], "Identifiant", "r-9"),
        with(ROWS[2], "Identifiant", "r-10"),
    ];
    let (folder, file) = with_file("registrations-2023-01.csv", comma_csv(&rows));
    let args = ["validate", &file, "--feed", "registrations", "--office", "RAB"];
    assert_eq!(says(&folder, "faults", &args).code, 1, "past the tolerance");
    let ran = folder.rihla(&[&args[..], &["--json"]].concat());
    let told = ran.json();
    assert_eq!((told["faulty_rows"].as_u64(), told["refused"]["error"].as_str(), told["rows"]["read"].as_u64()), (Some(4), Some("tolerance"), Some(10)));
    assert_eq!(told["period"], "2023-01", "by the file's name");
    assert_nobody(&ran.said());
}

#[test]
fn a_few_bad_rows_are_no_clean_extract() {
    let mut rows = vec![with(ROWS[1], "Nationalité", "Guinnée")];
    rows.extend((0..9).map(|_| ROWS[0]));
    let (folder, file) = with_file("x.csv", comma_csv(&rows));
    let ran = says(&folder, "one_bad_row", &["validate", &file, "--feed", "registrations", "--office", "RAB"]);
    assert_eq!(ran.code, 1, "a row would not be loaded");
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let (folder, file) = with_file("x.csv", windows_1252(&semicolon_csv(&ROWS)));
    assert_eq!(says(&folder, "another_habit", &["validate", &file, "--feed", "registrations", "--office", "RAB"]).code, 1);
}

#[test]
fn what_is_not_known_is_asked_for() {
    let (folder, file) = with_file("x.csv", comma_csv(&ROWS));
    for (name, more) in [
        ("no_office", &["--feed", "registrations"][..]),
        ("unknown_office", &["--feed", "registrations", "--office", "RABB"]),
        ("unknown_feed", &["--feed", "registration", "--office", "RAB"]),
        ("no_month", &["--feed", "registrations", "--office", "RAB", "--period", "2023"]),
        ("other_format", &["--feed", "registrations", "--office", "TNG"]),
    ] {
        let ran = says(&folder, name, &[&["validate", &file][..], more].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name}");
    }
    let ran = folder.rihla(&["validate", "nowhere.csv", "--feed", "registrations", "--office", "RAB"]);
    assert!(ran.code == 1 && ran.stderr.contains("nothing is there"), "{}", ran.text());
}

/// Every extract of the real project that lies in its place is judged as the run judged it.
#[test]
fn a_trial_says_what_a_run_did() {
    let folder = crate::support::loaded();
    let project = rihla::project::load(&folder.path("")).expect("the project");
    let (submissions, _) = folder.tables();
    let clock = "2023-07-21T06:00:00Z".parse().expect("an instant");
    let judged: Vec<_> = submissions.iter().filter(|row| row["outcome"] == "loaded").collect();
    assert!(judged.len() > 100, "only {}", judged.len());
    for row in judged.iter().step_by(7) {
        let text = |column: &str| row[column].as_str().expect("text");
        let path = folder.path(text("path"));
        let wanted = rihla::run::Wanted { file: &path, feed: text("feed"), office: None, period: None };
        let trial = rihla::run::trial(&project, &wanted, clock).expect("a trial");
        assert_eq!(
            (trial.office.as_str(), trial.period.map(|period| period.to_string()).as_deref()),
            (text("office"), Some(text("period"))),
            "{}",
            path.display()
        );
        let count = |column: &str| row[column].as_u64().expect("a count");
        let rows = [trial.rows.read, trial.rows.loaded, trial.rows.superseded, trial.rows.quarantined, trial.rows.excluded];
        let counted = ["rows_read", "rows_loaded", "rows_superseded", "rows_quarantined", "rows_excluded"].map(count);
        assert_eq!(rows, counted, "{}", path.display());
    }
}

#[test]
fn no_trial_shows_a_protected_value() {
    let folder = Folder::real();
    for (file, office) in
        [("OUJ/2023-02-11/returns-2023-01.csv", "OUJ"), ("OUJ/2023-02-11/returns-2023-01.csv", "RAB"), ("OUJ/2023-02-11/returns-2023-01.csv", "CAS")]
    {
        let path = repository("fixtures/extracts").join(file);
        let ran = folder.rihla(&["validate", path.to_str().expect("text"), "--feed", "returns", "--office", office]);
        assert!(ran.code == 1 && ran.stdout.len() > 100, "{}", ran.text());
        assert_eq!(first(searcher_of_protected(), ran.said().as_bytes()), None, "{file} as {office}");
    }
}
