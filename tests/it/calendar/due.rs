//! By when a report is due.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::prelude::*;
use rihla::calendar::{due_on, owed};
use rihla::period::{Period, PeriodKind};
use rihla::project::{Obligation, Project, WhenClosed};

use super::{at, month, project, whole, with};

fn due(project: &Project, office: &str, period: &str) -> Option<String> {
    due_on(project, project.office(office).expect("an office"), "registrations", month(period)).map(|day| day.to_string())
}

#[test]
fn a_due_day_on_which_nobody_works_moves() {
    let folder = whole();
    let mut project = project(&folder);
    // The 10th of February 2023 is a Friday and a holiday; then comes a weekend, and a Monday that Tangier has off.
    assert_eq!(due(&project, "RAB", "2023-01").as_deref(), Some("2023-02-13"));
    assert_eq!(due(&project, "TNG", "2023-01").as_deref(), Some("2023-02-14"));
    assert_eq!(due(&project, "RAB", "2023-02").as_deref(), Some("2023-03-10"), "a Friday as any other");
    project.calendar.when_closed = WhenClosed::Previous;
    assert_eq!(due(&project, "RAB", "2023-01").as_deref(), Some("2023-02-09"));
    project.calendar.when_closed = WhenClosed::Same;
    assert_eq!(due(&project, "RAB", "2023-01").as_deref(), Some("2023-02-10"));
}

#[test]
fn an_obligation_holds_for_its_months() {
    let folder = with("");
    let owes = r#"name = "Agadir"
country = "MAR"
timezone = "Africa/Casablanca"
owes = { registrations = [{ day = 10, from = "2023-02", until = "2023-03" }, { day = 20, from = "2023-05", every = "month" }] }"#;
    folder.replace("rihla.toml", "name = \"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"\nowes = { registrations = 10 }", owes);
    let project = project(&folder);
    let days = ["2023-01", "2023-02", "2023-03", "2023-04", "2023-05", "2030-12"].map(|period| due(&project, "AGA", period));
    assert_eq!(days.each_ref().map(Option::as_deref), [None, Some("2023-03-10"), Some("2023-04-10"), None, Some("2023-06-20"), Some("2031-01-20")]);
    assert_eq!(due(&project, "RAB", "2022-12"), None, "before the calendar's first month");
    let months: Vec<String> =
        owed(&project, at("2023-07-15T12:00:00Z")).iter().filter(|owed| owed.office == "AGA").map(|owed| owed.period.to_string()).collect();
    assert_eq!(months, ["2023-02", "2023-03", "2023-05", "2023-06"]);
}

/// Owed is what is over, and due is until the end of the day, as the office's own clocks show it.
#[test]
fn days_are_those_of_the_office() {
    let folder = with("");
    folder.replace(
        "rihla.toml",
        "name = \"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"",
        "name = \"Agadir\"\ncountry = \"MAR\"\ntimezone = \"America/New_York\"",
    );
    let project = project(&folder);
    let owing = |now: &str| owed(&project, at(now)).iter().map(|owed| owed.office.to_owned()).collect::<Vec<_>>();
    assert_eq!(owing("2023-01-31T22:59:59Z"), Vec::<String>::new());
    assert_eq!(owing("2023-01-31T23:00:00Z"), ["RAB", "CAS", "TNG"], "it is February in Morocco");
    assert_eq!(owing("2023-02-01T05:00:00Z"), ["RAB", "CAS", "TNG", "AGA"], "and now in New York");
    let owed = owed(&project, at("2023-05-01T12:00:00Z"));
    let end = |office: &str, period: &str| {
        let report = owed.iter().find(|owed| owed.office == office && owed.period == month(period)).expect("a report owed");
        report.due_until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    assert_eq!(end("RAB", "2023-01"), "2023-02-10T23:00:00Z");
    assert_eq!(end("RAB", "2023-03"), "2023-04-11T00:00:00Z", "in Ramadan clocks show UTC");
    assert_eq!(end("AGA", "2023-01"), "2023-02-11T05:00:00Z");
    assert_eq!(end("AGA", "2023-02"), "2023-03-11T05:00:00Z");
    assert_eq!(end("AGA", "2023-03"), "2023-04-11T04:00:00Z");
}

/// Working days by another way than the program's.
fn is_off(day: NaiveDate, weekend: &[Weekday], office: &str) -> bool {
    let of_country = day == "2023-02-10".parse().expect("a day");
    let of_town = office == "TNG" && day == "2023-02-13".parse().expect("a day");
    weekend.contains(&day.weekday()) || of_country || of_town
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn due_days_are_working_days_after_the_month(
        number in 1_u32..=28,
        months in 0_u32..240,
        weekend in proptest::sample::subsequence(vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun], 0..=6),
        when in proptest::sample::select(vec![WhenClosed::Same, WhenClosed::Next, WhenClosed::Previous]),
        office in proptest::sample::select(vec!["RAB", "TNG"]),
    ) {
        thread_local!(static FOLDER: crate::support::Folder = whole());
        let mut project = FOLDER.with(project);
        project.calendar.weekend.clone_from(&weekend);
        project.calendar.when_closed = when;
        for office in &mut project.offices {
            office.owes.values_mut().for_each(|owed| *owed = vec![Obligation { day: number, from: None, until: None }]);
        }
        let period: Period = Period::containing(PeriodKind::Month, "2023-01-01".parse().expect("a day")).plus_months(months);
        let due = due_on(&project, project.office(office).expect("an office"), "registrations", period).expect("owed");
        let nominal = period.end() + Days::new(u64::from(number));
        prop_assert!(due > period.end(), "due before the month is over");
        let between = |from: NaiveDate, to: NaiveDate| from.iter_days().take_while(move |day| *day <= to);
        let first = period.end() + Days::new(1);
        match when {
            WhenClosed::Same => prop_assert_eq!(due, nominal),
            _ => prop_assert!(!is_off(due, &weekend, office), "nobody works on {}", due),
        }
        if when == WhenClosed::Next || when == WhenClosed::Previous && between(first, nominal).all(|day| is_off(day, &weekend, office)) {
            prop_assert!(due >= nominal && between(nominal, due).filter(|day| *day < due).all(|day| is_off(day, &weekend, office)));
        } else if when == WhenClosed::Previous {
            prop_assert!(due <= nominal && between(due, nominal).filter(|day| *day > due).all(|day| is_off(day, &weekend, office)));
        }
    }
}
