//! Deliveries of one slot against one another: which stands, which is nothing new, which cannot be told.

use crate::faulty_extracts::{RAB, february, loaded_slots, run};
use crate::support::{Cells, Folder, ROWS, Ran, comma_csv, loaded_small, snapshot, with};

#[test]
fn two_deliveries_at_the_same_time() {
    let folder = february();
    folder.replace("pipelines/registrations.toml", "[[sources]]\noffices = [\"CAS\"]", "[[sources]]\noffices = [\"RAB\"]\nurl = \"in/{office}/{received}/registrations-{period}-bis.csv\"\ncsv = {}\ndates = [\"%Y-%m-%d\"]\ndatetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]\n\n[[sources]]\noffices = [\"CAS\"]");
    folder.write("in/RAB/2023-03-04/registrations-2023-02-bis.csv", comma_csv(&ROWS[..3]));
    let (first, second) = (run(&folder), run(&folder));
    snapshot(
        "deliveries",
        "two_deliveries_at_the_same_time",
        "Rabat sent two files that differ on one day: neither is guessed to be the later",
        &format!("{}\n\n===== a second run =====\n{}", first.text(), second.text()),
    );
    assert_eq!((first.code, second.code), (1, 1));
    assert!(
        first.stdout.contains(&format!("refused: {RAB}\n")) && first.stdout.contains("refused: in/RAB/2023-03-04/registrations-2023-02-bis.csv\n"),
        "both are named"
    );
    assert_eq!(loaded_slots(&folder), 7);
}

#[test]
fn the_same_content_again_is_nothing_new() {
    let folder = loaded_small();
    folder.write("in/RAB/2023-02-11/registrations-2023-01.csv", comma_csv(&ROWS));
    run(&folder).ok();
    assert_eq!(loaded_slots(&folder), 4);
    let outcomes: Vec<_> =
        folder.tables().0.into_iter().filter(|row| row["office"] == "RAB").map(|row| (row["outcome"].clone(), row["revision"].clone())).collect();
    assert!(outcomes.contains(&("unchanged".into(), 1.into())), "{outcomes:?}");
}

#[test]
fn what_says_nothing_new_makes_no_release() {
    let folder = loaded_small();
    folder.write("in/RAB/2023-02-11/registrations-2023-01.csv", comma_csv(&ROWS));
    let ran = run(&folder).ok();
    assert!(ran.stdout.contains("nothing changed: release 1 stays"), "{}", ran.text());
}

#[test]
fn an_extract_changed_after_it_was_loaded() {
    let folder = loaded_small();
    let path = "in/RAB/2023-02-04/registrations-2023-01.csv";
    let sound = std::fs::read(folder.path(path)).expect("the extract");
    folder.write(path, comma_csv(&ROWS[..3]));
    let (first, second) = (run(&folder), run(&folder));
    snapshot(
        "deliveries",
        "an_extract_changed_after_it_was_loaded",
        "one row was taken out of a file that is loaded already",
        &format!("{}\n\n===== a second run =====\n{}", first.text(), second.text()),
    );
    assert_eq!((first.code, second.code), (1, 1));
    assert!(second.stdout.contains(&format!("still refused: {path}\n")), "{}", second.text());

    folder.write(path, sound);
    let mended = run(&folder).ok();
    assert!(!mended.stdout.contains("refused"), "{}", mended.text());
    folder.write("in/RAB/2023-02-20/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    assert!(run(&folder).ok().stdout.contains("released  release"));
    assert_eq!(loaded_slots(&folder), 5, "the correction is a revision");
}

#[test]
fn a_file_that_no_source_claims() {
    let folder = february();
    folder.write("in/RAB/2023-03-04/regsitrations-2023-02.csv", comma_csv(&ROWS));
    folder.write("in/RAB/2023-02-30/registrations-2023-02.csv", comma_csv(&ROWS));
    folder.write("in/XXX/2023-03-04/registrations-2023-02.csv", comma_csv(&ROWS));
    folder.write("in/RAB/2023-03-04/.hidden", "");
    folder.write("in/RAB/2023-03-04/~$registrations-2023-02.xlsx", "");
    let ran = run(&folder);
    snapshot("deliveries", "a_file_that_no_source_claims", "a mistyped name, a day that is none, an unknown office", &ran.text());
    assert_eq!(ran.code, 0, "a warning");
}

#[test]
fn an_earlier_delivery_that_arrives_later() {
    let folder = loaded_small();
    let later: Vec<Cells> = vec![with(ROWS[0], "Modifié le", "2023-02-20T09:00:00Z"), ROWS[1]];
    folder.write("in/RAB/2023-02-21/registrations-2023-01.csv", comma_csv(&later));
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-02-10/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    let counts = |ran: Ran| {
        let feed = ran.ok().json()["feeds"][0].clone();
        (feed["known"].clone(), feed["outdated"].clone(), feed["loaded"].clone())
    };
    assert_eq!(counts(folder.rihla(&["run", "--json"])), (5.into(), 1.into(), 0.into()));
    assert_eq!(counts(folder.rihla(&["run", "--json"])), (6.into(), 0.into(), 0.into()), "known from then on");
    let rows = folder.released("deliveries").into_iter().filter(|row| row["office"] == "RAB").map(|row| row["rows"].clone()).collect::<Vec<_>>();
    assert_eq!(rows, [2], "the later delivery stands");
}

#[test]
fn a_refused_extract_sent_anew_loads() {
    let folder = february();
    folder.write(RAB, b"");
    assert_eq!(run(&folder).code, 1);
    folder.write("in/RAB/2023-03-20/registrations-2023-02.csv", comma_csv(&ROWS));
    run(&folder);
    assert_eq!(loaded_slots(&folder), 8);
    run(&folder).ok();
    assert!(folder.path("warehouse/released/release-000002.json").exists());
}

#[test]
fn a_refused_extract_sent_anew_is_forgotten_at_once() {
    let folder = february();
    folder.write(RAB, b"");
    assert_eq!(run(&folder).code, 1);
    folder.write("in/RAB/2023-03-20/registrations-2023-02.csv", comma_csv(&ROWS));
    let mended = run(&folder).ok();
    assert!(mended.stdout.contains("released  release 2"), "{}", mended.text());
}

#[test]
fn a_refused_extract_is_tried_again_when_its_contract_changes() {
    let folder = february();
    let rows = ROWS.map(|row| with(row, "Nationalité", "Guiné"));
    folder.write(RAB, comma_csv(&rows));
    assert_eq!(run(&folder).code, 1);
    folder.replace("schemas/codes/country.csv", "غينيا,", "غينيا,Guiné");
    let mended = run(&folder).ok();
    assert!(mended.stdout.contains("released  release 2"), "{}", mended.text());
}

/// Outcome and revision of Rabat's deliveries, by the day they were received.
fn of_rabat(folder: &Folder) -> Vec<(String, String, Option<i64>)> {
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let rabat = folder.tables().0.into_iter().filter(|row| row["office"] == "RAB");
    let mut told: Vec<_> = rabat.map(|row| (text(&row["received_at"])[..10].to_owned(), text(&row["outcome"]), row["revision"].as_i64())).collect();
    told.sort();
    told
}

fn told(list: &[(&str, &str, i64)]) -> Vec<(String, String, Option<i64>)> {
    list.iter().map(|(day, outcome, revision)| ((*day).to_owned(), (*outcome).to_owned(), Some(*revision))).collect()
}

#[test]
fn one_then_another_then_the_first_again_are_three_revisions() {
    let wanted = told(&[("2023-02-04", "loaded", 1), ("2023-02-11", "loaded", 2), ("2023-02-18", "loaded", 3), ("2023-02-25", "unchanged", 3)]);
    let later = [("2023-02-11", &ROWS[..2]), ("2023-02-18", &ROWS[..]), ("2023-02-25", &ROWS[..])];
    let (at_once, one_by_one) = (loaded_small(), loaded_small());
    for (day, rows) in later {
        let path = format!("in/RAB/{day}/registrations-2023-01.csv");
        at_once.write(&path, comma_csv(rows));
        one_by_one.write(&path, comma_csv(rows));
        run(&one_by_one).ok();
    }
    run(&at_once).ok();
    assert_eq!(of_rabat(&at_once), wanted, "pulled at once");
    assert_eq!(of_rabat(&one_by_one), wanted, "pulled one by one");
    assert_eq!(at_once.released("by_country"), one_by_one.released("by_country"));
}

#[test]
fn the_same_bytes_in_another_slot_are_a_delivery_of_their_own() {
    let folder = loaded_small();
    folder.write(RAB, comma_csv(&[]));
    folder.write("in/RAB/2023-04-04/registrations-2023-03.csv", comma_csv(&[]));
    run(&folder).ok();
    assert_eq!(of_rabat(&folder), told(&[("2023-02-04", "loaded", 1), ("2023-03-04", "loaded", 1), ("2023-04-04", "loaded", 1)]));
}

#[test]
fn a_record_that_the_newest_revision_no_longer_holds_is_withdrawn() {
    let folder = Folder::bare();
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS));
    folder.write("in/RAB/2023-02-11/registrations-2023-01.csv", comma_csv(&ROWS[..3]));
    run(&folder).ok();
    assert!(folder.released("by_country").iter().all(|row| row["nationality"] != "COG"), "the fourth person is still there");
}

#[test]
fn of_a_record_in_two_slots_the_last_changed_stands() {
    let january = with(ROWS[3], "Nationalité", "RDC");
    for (changed, wanted) in [("2023-01-21T09:00:00Z", "COD"), ("2023-01-19T09:00:00Z", "COG")] {
        let folder = Folder::bare();
        folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&[with(january, "Modifié le", changed)]));
        folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&[ROWS[3]]));
        run(&folder).ok();
        let rows: Vec<_> = folder.released("by_country").into_iter().map(|row| (row["nationality"].clone(), row["persons"].clone())).collect();
        assert_eq!(rows, [(wanted.into(), 1.into())], "changed {changed}");
    }
}

#[test]
fn where_the_path_names_no_time_the_store_tells_it() {
    let folder = Folder::bare();
    folder.replace(
        "pipelines/registrations.toml",
        "{received}/registrations-{period}.csv\"\ncsv = { delimiter = \",\"",
        "registrations-{period}.csv\"\ncsv = { delimiter = \",\"",
    );
    let write = |rows: &[Cells], day: u64| {
        folder.write("in/RAB/registrations-2023-01.csv", comma_csv(rows));
        let file = std::fs::File::options().write(true).open(folder.path("in/RAB/registrations-2023-01.csv")).expect("the extract");
        // 1 February 2023 is day 19,389 since 1970.
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs((19_388 + day) * 86_400)).expect("a time set");
    };
    write(&ROWS[..2], 4);
    run(&folder).ok();
    write(&ROWS, 11);
    run(&folder).ok();
    assert_eq!(of_rabat(&folder), told(&[("2023-02-04", "loaded", 1), ("2023-02-11", "loaded", 2)]));
}
