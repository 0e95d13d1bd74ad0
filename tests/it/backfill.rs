//! Months of a feed loaded one after another: a plan first, resumed where it was left, old months of the web asked anew.

use serde_json::Value;

use crate::support::{Folder, ROWS, comma_csv, snapshot};

/// The small project with deliveries of three months.
fn three_months() -> Folder {
    let folder = Folder::small();
    for (received, month) in [("2023-03-04", "2023-02"), ("2023-04-04", "2023-03")] {
        folder.write(&format!("in/RAB/{received}/registrations-{month}.csv"), comma_csv(&ROWS));
    }
    folder
}

fn periods(folder: &Folder) -> Vec<String> {
    let mut periods: Vec<String> = folder.tables().0.iter().map(|row| row["period"].as_str().unwrap_or_default().to_owned()).collect();
    periods.sort();
    periods.dedup();
    periods
}

#[test]
fn months_are_planned_then_loaded_one_after_another_and_once() {
    let folder = three_months();
    let asked = |to: &str, more: &[&str]| folder.rihla(&[&["backfill", "--feed", "registrations", "--from", "2023-02", "--to", to], more].concat());
    let planned = asked("2023-04", &["--dry-run"]).ok();
    snapshot("backfill", "planned", "rihla backfill --feed registrations --from 2023-02 --to 2023-04 --dry-run", &planned.text());
    assert!(!folder.path("warehouse").exists(), "nothing is touched");
    asked("2023-02", &[]).ok();
    assert_eq!(periods(&folder), ["2023-02"], "and no other month");
    let rest = asked("2023-04", &[]).ok();
    snapshot("backfill", "went_on", "rihla backfill --feed registrations --from 2023-02 --to 2023-04", &rest.text());
    assert_eq!(periods(&folder), ["2023-02", "2023-03"]);
    let again = asked("2023-04", &["--json"]).ok().json();
    assert_eq!((again["runs"].as_array().map(Vec::len), &again["plan"][0]["known"]), (Some(0), &Value::from(1)), "{again}");
    folder.rihla(&["run"]).ok();
    let whole = three_months();
    whole.rihla(&["run"]).ok();
    assert_eq!(folder.released("by_country"), whole.released("by_country"), "the order of loading makes no difference");
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = Folder::small();
    for (name, args) in [
        ("backwards", ["--feed", "registrations", "--from", "2023-03", "--to", "2023-02"]),
        ("no_month", ["--feed", "registrations", "--from", "2023", "--to", "2023-Q2"]),
        ("no_feed", ["--feed", "registration", "--from", "2023-01", "--to", "2023-02"]),
        ("no_period", ["--feed", "registrations", "--from", "january", "--to", "2023-02"]),
    ] {
        let refused = folder.rihla(&[&["backfill"][..], &args].concat());
        assert_eq!(refused.code, 1);
        snapshot("backfill", name, &format!("rihla backfill {}", args.join(" ")), &refused.text());
    }
}

#[test]
fn a_refused_delivery_is_told_and_the_other_months_go_on() {
    let folder = three_months();
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", "no header of ours\n1\n");
    let told = folder.rihla(&["backfill", "--feed", "registrations", "--from", "2023-02", "--to", "2023-03"]);
    assert_eq!(told.code, 1, "{}", told.text());
    assert!(told.stdout.contains("refused: in/RAB/2023-03-04/registrations-2023-02.csv"), "{}", told.text());
    assert!(periods(&folder).contains(&"2023-03".to_owned()), "{}", told.text());
}
