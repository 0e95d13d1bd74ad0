//! Workbooks that are applied.

use super::{Book, counts, deliver, export, exported, faulty, give_back, project, run, with_fault};
use crate::support::{Folder, ROWS, Row, assert_nobody, with};

/// Every submission of the one slot that there is, in the order of its revisions.
fn submissions(folder: &Folder) -> Vec<Row> {
    let mut all = folder.tables().0;
    all.sort_by_key(|one| one["revision"].as_i64());
    all
}

#[test]
fn a_faulty_row_is_mended_in_its_workbook() {
    let folder = with_fault();
    let mut book = export(&folder);
    assert_eq!(book.sheets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["À lire", "registrations", "rihla"]);
    let head = ["Ligne du fichier", "Ce qui ne va pas", "Laisser de côté", "Identifiant", "N° de dossier", "N° personne", "Sexe", "Date de naissance"];
    assert_eq!(book.rows()[0][..8], head);
    assert_eq!(book.rows().len(), 2, "the faulty row alone");
    assert_eq!([book.cell("6", "Identifiant").clone(), book.cell("6", "Nationalité").clone()], ["r-5", "Guinee-Konakri"]);
    assert_eq!([book.cell("6", "N° de dossier").clone(), book.cell("6", "Date de naissance").clone()], ["", ""], "protected");
    let why = book.cell("6", "Ce qui ne va pas").clone();
    assert!(why.contains("« Nationalité » (« Guinee-Konakri »)") && why.contains("Écrivez une valeur de la liste"), "{why}");
    give_back(&folder, "2023-02-10", &book.with("6", "Nationalité", "Guinée"));
    let dry = folder.rihla(&["run", "--dry-run"]).ok();
    assert!(dry.stdout.contains("would be applied: back/RAB/2023-02-10/corrige.xlsx"), "{}", dry.text());
    let ran = run(&folder);
    assert_eq!(counts(&ran), [5, 5, 0, 0, 0], "{ran}");
    let submissions = submissions(&folder);
    let [extract, patch] = submissions.as_slice() else { panic!("{submissions:?}") };
    assert_eq!((&patch["amends"], &patch["path"], &patch["revision"]), (&extract["submission_id"], &"back/RAB/2023-02-10/corrige.xlsx".into(), &2.into()));
    assert_eq!(ran["corrections"][0]["amends"], extract["submission_id"]);
    let loaded = folder.loaded("registrations");
    let mended = loaded.iter().find(|row| row["record_id"] == "r-5").expect("the mended row");
    assert_eq!(
        (&mended["nationality"], &mended["source_path"], &mended["source_row"]),
        (&"GIN".into(), &"in/RAB/2023-02-04/registrations-2023-01.csv".into(), &6.into())
    );
    assert!(folder.rihla(&["quarantine"]).ok().stdout.contains("no rows were set aside"));
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed"), "a second run finds nothing new");
}

#[test]
fn what_is_not_mended_stays_set_aside() {
    let folder = project();
    let mut rows = faulty();
    rows.push(with(with(ROWS[1], "Identifiant", "r-6"), "Enregistré le", "bientôt"));
    rows.extend((10..18).map(|at| with(ROWS[2], "Identifiant", ["r-10", "r-11", "r-12", "r-13", "r-14", "r-15", "r-16", "r-17"][at - 10])));
    deliver(&folder, "2023-02-04", &rows);
    folder.rihla(&["run"]).ok();
    give_back(&folder, "2023-02-04", &export(&folder).with("6", "Nationalité", "GIN"));
    assert_eq!(counts(&run(&folder)), [14, 13, 1, 0, 0], "on the day of the delivery too");
    // A workbook of the mended delivery mends it further.
    let mut second = export(&folder);
    assert_eq!(second.rows().len(), 2);
    give_back(&folder, "2023-02-11", &second.clone().with("7", "Enregistré le", "2023-01-05"));
    assert_eq!(counts(&run(&folder)), [14, 14, 0, 0, 0]);
    let chain = submissions(&folder);
    assert_eq!((&chain[1]["amends"], &chain[2]["amends"]), (&chain[0]["submission_id"], &chain[1]["submission_id"]));
    let anew = folder.again();
    std::fs::remove_dir_all(anew.path("warehouse")).expect("the warehouse");
    let ran = run(&anew);
    assert_eq!((ran["feeds"][0]["loaded"].as_u64(), anew.loaded("registrations").len()), (Some(3), 12 + 13 + 14), "all is loaded anew: {ran}");
}

#[test]
fn a_mended_delivery_is_judged_anew_with_what_was_mended() {
    let folder = project();
    let mut rows = faulty();
    rows.push(with(with(ROWS[1], "Identifiant", "r-6"), "Nationalité", "Zaïre"));
    rows.extend(["r-10", "r-11", "r-12", "r-13", "r-14", "r-15"].map(|id| with(ROWS[2], "Identifiant", id)));
    deliver(&folder, "2023-02-04", &rows);
    folder.rihla(&["run"]).ok();
    give_back(&folder, "2023-02-10", &export(&folder).with("6", "Nationalité", "GIN"));
    assert_eq!(counts(&run(&folder)), [12, 11, 1, 0, 0]);
    assert!(folder.rihla(&["replay", "--dry-run"]).ok().stdout.contains("no report was judged by anything else than holds now"));
    folder.replace("schemas/codes/country.csv", "RDC|DRC", "RDC|DRC|Zaïre");
    let told = folder.rihla(&["replay", "--json"]).ok().json();
    assert_eq!((&told["reports"][0]["loaded"][0]["row"], &told["not_replayed"]), (&7.into(), &serde_json::json!([])), "{told}");
    assert_eq!(folder.loaded("registrations").iter().filter(|row| row["revision"] == 3).count(), 12, "the row that a person mended is still mended");
    let submissions = submissions(&folder);
    assert_eq!(submissions.iter().filter(|one| one["amends"] == submissions[0]["submission_id"]).count(), 2, "what it mends it mends still");
}

#[test]
fn protected_cells_count_where_they_are_filled() {
    let folder = project();
    let mut rows = ROWS.to_vec();
    rows[1] = with(rows[1], "N° de dossier", "");
    rows[2] = with(rows[2], "Sexe", "?");
    deliver(
        &folder,
        "2023-02-04",
        &[
            rows.clone(),
            vec![
                with(ROWS[0], "Identifiant", "r-7"),
                with(ROWS[0], "Identifiant", "r-8"),
                with(ROWS[0], "Identifiant", "r-9"),
                with(ROWS[0], "Identifiant", "r-19"),
            ],
        ]
        .concat(),
    );
    folder.rihla(&["run"]).ok();
    let book = export(&folder).with("3", "N° de dossier", "CN-77701").with("4", "Sexe", "F");
    give_back(&folder, "2023-02-10", &book);
    let ran = folder.rihla_with(&["run", "--json"], &[("RIHLA_LOG", "trace")]).ok();
    assert_nobody(&ran.said().replace("in/RAB", ""));
    assert_eq!(counts(&ran.json()), [8, 8, 0, 0, 0]);
    let loaded = folder.loaded("registrations");
    let person = |record: &str| loaded.iter().filter(|row| row["record_id"] == record).map(|row| row["case_id"].clone()).next_back();
    assert_eq!(person("r-2"), person("r-1"), "the case is the one that was typed");
    assert!(loaded.iter().any(|row| row["record_id"] == "r-3" && row["sadd_group"] == "women"), "the birth date stayed the extract's");
}

#[test]
fn a_row_that_is_no_record_is_left_out() {
    let folder = with_fault();
    give_back(&folder, "2023-02-10", &export(&folder).with("6", "Laisser de côté", "oui"));
    assert_eq!(counts(&run(&folder)), [5, 4, 0, 1, 0]);
    let shown = folder.rihla(&["quarantine", "--all-outcomes"]).ok().stdout;
    assert!(shown.contains("left out by the office"), "{shown}");
}

#[test]
fn a_delivery_that_was_refused_is_mended() {
    let folder = project();
    let faulty: Vec<_> = ROWS.iter().map(|row| with(*row, "Nationalité", "Atlantide")).collect();
    deliver(&folder, "2023-02-04", &faulty);
    assert_eq!(counts(&run(&folder)), [4, 0, 0, 0, 4]);
    let mut book = export(&folder);
    for row in ["2", "3", "4"] {
        book = book.with(row, "Nationalité", "Congo");
    }
    give_back(&folder, "2023-02-05", &book);
    assert_eq!(counts(&run(&folder)), [4, 3, 1, 0, 0]);
    let again = folder.rihla(&["run"]).ok();
    assert!(again.stdout.contains("nothing changed") && !again.stdout.contains("still refused"), "{}", again.text());
}

#[test]
fn a_workbook_says_nothing_twice() {
    let folder = with_fault();
    let untouched = export(&folder);
    give_back(&folder, "2023-02-09", &untouched);
    let ran = run(&folder);
    assert_eq!((&ran["feeds"][0]["unchanged"], &ran["feeds"][0]["loaded"]), (&1.into(), &0.into()), "a workbook in which nothing was changed: {ran}");
    let book = untouched.with("6", "Nationalité", "GIN");
    give_back(&folder, "2023-02-10", &book);
    assert_eq!(run(&folder)["feeds"][0]["loaded"], 1);
    give_back(&folder, "2023-02-12", &book);
    let ran = run(&folder);
    assert_eq!((&ran["feeds"][0]["unchanged"], &ran["feeds"][0]["loaded"]), (&1.into(), &0.into()), "{ran}");
    assert_eq!(ran["refused"].as_array().map(Vec::len), Some(0), "{ran}");
}

#[test]
fn rows_whose_cells_are_not_shown_are_filled_or_left_out() {
    let folder = project();
    let mut rows = faulty();
    rows[4] = with(with(rows[4], "Sexe", "Marqueuse"), "Enregistré le", "Marqueuse");
    rows.extend([
        with(ROWS[0], "Identifiant", "r-7"),
        with(ROWS[0], "Identifiant", "r-8"),
        with(ROWS[0], "Identifiant", "r-9"),
        with(ROWS[0], "Identifiant", "r-10"),
        with(ROWS[0], "Identifiant", "r-12"),
    ]);
    let text = format!("{}r-11,Marqueuse,1\n", crate::support::comma_csv(&rows));
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", text);
    folder.rihla(&["run"]).ok();
    let bytes = std::fs::read(exported(&folder)).expect("a workbook");
    let mut book = Book::open(&bytes);
    assert_nobody(&format!("{book:?}"));
    assert_eq!(book.cell("6", "Identifiant").as_str(), "", "a row in doubt shows nothing");
    assert!(book.cell("12", "Ce qui ne va pas").contains("ne se corrige pas ici"), "{book:?}");
    let mended = book.with("6", "Sexe", "F").with("6", "Enregistré le", "2023-01-03").with("6", "Nationalité", "GIN").with("12", "Laisser de côté", "oui");
    give_back(&folder, "2023-02-10", &mended);
    assert_eq!(counts(&run(&folder)), [11, 10, 0, 1, 0]);
}
