//! What has become of a report: one thing at any moment.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::prelude::*;
use rihla::calendar::{Numbers, State, lacking, owed, reports};
use rihla::warehouse::SubmissionOutcome;

use super::{at, delivery, project, whole};

const OFFICES: [&str; 4] = ["RAB", "CAS", "TNG", "AGA"];

/// The state of January of an office at a moment, which is due on 13 February, in Tangier on the 14th.
fn state(office: &str, deliveries: &[(&str, SubmissionOutcome)], now: &str) -> State {
    let folder = whole();
    let project = project(&folder);
    let submissions: Vec<_> = deliveries.iter().map(|(received, outcome)| delivery(office, "2023-01", at(received), *outcome)).collect();
    let found = reports(&project, &submissions, at(now));
    found.iter().find(|report| report.office == office && report.period == "2023-01").expect("a report").state
}

#[test]
fn a_report_is_missing_when_its_day_is_over_though_nobody_sent_anything() {
    assert_eq!(state("RAB", &[], "2023-02-13T22:59:59Z"), State::NotYetDue);
    assert_eq!(state("RAB", &[], "2023-02-13T23:00:00Z"), State::Missing);
    assert_eq!(state("TNG", &[], "2023-02-13T23:00:00Z"), State::NotYetDue, "that day Tangier had off");
    assert_eq!(state("CAS", &[], "2023-02-13T23:00:00Z"), State::Excused);
}

#[test]
fn the_first_delivery_that_is_not_refused_decides() {
    use SubmissionOutcome::{Loaded, Outdated, Refused, Unchanged};
    let now = "2023-03-01T00:00:00Z";
    assert_eq!(state("RAB", &[("2023-02-13T22:59:59Z", Loaded), ("2023-02-20T00:00:00Z", Loaded)], now), State::OnTime);
    assert_eq!(state("RAB", &[("2023-02-20T00:00:00Z", Loaded), ("2023-02-12T00:00:00Z", Outdated)], now), State::OnTime);
    assert_eq!(state("RAB", &[("2023-02-13T23:00:00Z", Unchanged)], now), State::Late);
    assert_eq!(state("RAB", &[("2023-02-03T00:00:00Z", Refused)], now), State::Refused);
    assert_eq!(state("RAB", &[("2023-02-03T00:00:00Z", Refused), ("2023-02-19T00:00:00Z", Loaded)], now), State::Late);
    assert_eq!(state("CAS", &[("2023-02-03T00:00:00Z", Loaded)], now), State::Unowed, "excused, and it came");
    assert_eq!(state("CAS", &[("2023-02-03T00:00:00Z", Refused)], now), State::Excused);
}

fn deliveries() -> impl Strategy<Value = Vec<(usize, u32, i64, bool)>> {
    proptest::collection::vec((0..OFFICES.len(), 1_u32..=6, 0_i64..220 * 24, any::<bool>()), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn each_owed_report_is_in_one_state_and_the_numbers_add_up(sent in deliveries(), hours in 0_i64..220 * 24) {
        thread_local!(static FOLDER: crate::support::Folder = whole());
        let project = FOLDER.with(project);
        let start = at("2023-01-01T00:00:00Z");
        let now = start + TimeDelta::hours(hours);
        let outcome = |is_refused| if is_refused { SubmissionOutcome::Refused } else { SubmissionOutcome::Loaded };
        let submissions: Vec<_> = sent
            .iter()
            .map(|(office, month, hour, is_refused)| delivery(OFFICES[*office], &format!("2023-{month:02}"), start + TimeDelta::hours(*hour), outcome(*is_refused)))
            .collect();
        let found = reports(&project, &submissions, now);
        let mut by_slot: BTreeMap<(String, String), usize> = BTreeMap::new();
        for report in &found {
            *by_slot.entry((report.office.to_owned(), report.period.clone())).or_default() += 1;
        }
        let owed = owed(&project, now);
        for report in &owed {
            prop_assert_eq!(by_slot.get(&(report.office.to_owned(), report.period.to_string())), Some(&1));
        }
        prop_assert!(by_slot.values().all(|count| *count == 1));
        prop_assert_eq!(found.iter().filter(|report| report.owed.is_some()).count(), owed.len());
        let count = |state: State| u32::try_from(found.iter().filter(|report| report.owed.is_some() && report.state == state).count()).expect("few");
        let numbers = Numbers::of(&found);
        let came_excused = count(State::Unowed);
        prop_assert_eq!(numbers.expected_reports + numbers.excused + came_excused, u32::try_from(owed.len()).expect("few"));
        prop_assert_eq!(numbers.actual_reports_on_time + numbers.late, numbers.actual_reports);
        prop_assert_eq!(numbers.actual_reports + numbers.refused + numbers.missing + numbers.not_yet_due, numbers.expected_reports);
        prop_assert!(numbers.reporting_rate.is_none_or(|rate| (0.0..=100.0).contains(&rate)));
        // What stops a release is what is past due, came by nothing better than a refusal, and has no excuse.
        let stops = owed.iter().filter(|report| {
            let came = submissions.iter().any(|one| one.office == report.office && one.period == report.period.to_string() && one.outcome == SubmissionOutcome::Loaded);
            report.due_until <= now && !came && report.excuse.is_none()
        });
        prop_assert_eq!(lacking(&project, &submissions, now).len(), stops.count());
    }
}
