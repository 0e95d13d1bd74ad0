//! Due times: against the oracle, where clocks change, and what is refused.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rihla::schedule::clock_changes::{Change, meetings};
use rihla::schedule::timetable::Timetable;

use super::oracle;

/// Zones whose clocks change in unlike ways: around Ramadan, by half an hour, at midnight, over a whole day, or not.
pub const ZONES: [Tz; 12] = [
    Tz::Africa__Casablanca,
    Tz::Europe__Istanbul,
    Tz::America__New_York,
    Tz::Pacific__Apia,
    Tz::Asia__Kathmandu,
    Tz::Africa__Cairo,
    Tz::Australia__Lord_Howe,
    Tz::America__Santiago,
    Tz::Asia__Beirut,
    Tz::America__Havana,
    Tz::Europe__Paris,
    Tz::UTC,
];

const NOTHING: [DateTime<Utc>; 0] = [];

/// Expressions of every kind.
pub const EXPRESSIONS: [&str; 16] = [
    "0 6 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "15 1,2,3 * * *",
    "0,30 0-3 * * 0",
    "*/20 2 * * *",
    "0 * * * *",
    "*/15 * * * *",
    "10 */3 * * *",
    "0 5 1 * *",
    "0 5 29 2 *",
    "59 23 31 12 *",
    "0 4 10 * 1",
    "45 2-3 * 3,10 *",
    "5 3 * * 1-5",
    "0 12 31 * *",
];

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}

fn timetable(expression: &str, zone: Tz) -> Timetable {
    Timetable::new(expression, zone).expect("an expression")
}

#[test]
fn due_times_are_those_of_every_minute_looked_at() {
    for zone in ZONES {
        for expression in EXPRESSIONS {
            for (after, days) in [("2011-12-15T10:07:13Z", 30), ("2023-03-01T00:30:00Z", 60), ("2023-10-20T00:00:00Z", 20), ("2024-02-20T11:59:59Z", 30)] {
                let (after, until) = (at(after), at(after) + TimeDelta::days(days));
                assert_eq!(timetable(expression, zone).due(after, until), oracle::due(expression, zone, after, until), "{expression} {zone}");
            }
        }
    }
}

#[test]
fn the_oracle_passes_nothing_over() {
    for zone in [Tz::Africa__Casablanca, Tz::Pacific__Apia, Tz::Australia__Lord_Howe] {
        for expression in ["0 0-3 * * *", "*/30 * * * *", "30 2 * * 5"] {
            for after in ["2011-12-29T08:00:00Z", "2023-03-17T00:00:00Z", "2023-04-01T00:00:00Z"] {
                let (after, until) = (at(after), at(after) + TimeDelta::days(7));
                assert_eq!(oracle::due(expression, zone, after, until), oracle::due_slowly(expression, zone, after, until), "{expression} {zone} {after}");
            }
        }
    }
}

#[test]
fn how_time_is_cut_into_ranges_changes_nothing() {
    let (after, until) = (at("2023-03-10T00:00:00Z"), at("2023-04-30T00:00:00Z"));
    for zone in ZONES {
        for expression in EXPRESSIONS {
            let timetable = timetable(expression, zone);
            let mut pieces = Vec::new();
            let (mut from, mut step) = (after, 1);
            while from < until {
                let to = (from + TimeDelta::minutes(step)).min(until);
                pieces.extend(timetable.due(from, to));
                step = (step * 7 + 3) % 4_001;
                from = to;
            }
            assert_eq!(pieces, timetable.due(after, until), "{timetable}");
            let upcoming: Vec<_> = timetable.upcoming(after).take_while(|at| *at <= until).collect();
            assert_eq!(upcoming, pieces, "{timetable}: one after the other");
        }
    }
}

#[test]
fn morocco_around_ramadan() {
    // Clocks went back from +01 to +00 on 19 March 2023 at 03:00, and forward on 23 April at 02:00.
    let casablanca = Tz::Africa__Casablanca;
    let around = |expression, after: &str, until: &str| timetable(expression, casablanca).due(at(after), at(until));
    assert_eq!(around("30 2 * * *", "2023-03-18T12:00:00Z", "2023-03-19T12:00:00Z"), [at("2023-03-19T01:30:00Z")], "the first time only");
    assert_eq!(around("30 */2 * * *", "2023-03-19T01:00:00Z", "2023-03-19T03:00:00Z"), [at("2023-03-19T01:30:00Z"), at("2023-03-19T02:30:00Z")], "both times");
    assert_eq!(around("0,30 2 * * *", "2023-04-22T12:00:00Z", "2023-04-23T12:00:00Z"), [at("2023-04-23T02:00:00Z")], "after the skipped hour, once");
    assert_eq!(around("30 */2 * * *", "2023-04-23T01:00:00Z", "2023-04-23T03:00:00Z"), NOTHING, "an hour that is not there");
}

#[test]
fn a_day_left_out_has_no_due_times() {
    // Samoa went from 29 to 31 December 2011.
    let due = timetable("0 9 * * *", Tz::Pacific__Apia).due(at("2011-12-29T00:00:00Z"), at("2011-12-31T00:00:00Z"));
    assert_eq!(due, [at("2011-12-29T19:00:00Z"), at("2011-12-30T19:00:00Z")]);
}

#[test]
fn what_will_happen_is_said_before() {
    let said = |expression, zone| -> Vec<String> {
        let found = meetings(&timetable(expression, zone), at("2023-01-01T00:00:00Z"), 1);
        found.into_iter().map(|meeting| format!("{:?} {} {}", meeting.change, meeting.local, meeting.outcome)).collect()
    };
    let repeated_then_skipped = ["Repeated 2023-03-19 02:30:00 it runs the first time only", "Skipped 2023-04-23 02:30:00 it runs at 03:00 instead"];
    assert_eq!(said("30 2 * * *", Tz::Africa__Casablanca), repeated_then_skipped);
    assert_eq!(said("0 6 * * *", Tz::Africa__Casablanca), [""; 0]);
    assert_eq!(said("0 * * * *", Tz::Africa__Casablanca), [""; 0], "every hour surprises nobody");
    assert_eq!(said("0 */2 * * *", Tz::America__New_York), ["Skipped 2023-03-12 02:00:00 it does not run then"]);
    assert_eq!(
        said("0 */2 * * *", Tz::America__Havana),
        ["Skipped 2023-03-12 00:00:00 it does not run then", "Repeated 2023-11-05 00:00:00 it runs both times"]
    );
    assert_eq!(said("30 2 * * *", Tz::Asia__Kathmandu), [""; 0]);
}

#[test]
fn a_whole_day_left_out_is_said_before() {
    let found = meetings(&timetable("0 9 * * *", Tz::Pacific__Apia), at("2011-12-01T00:00:00Z"), 0);
    assert_eq!(found, [], "nothing within no years");
    let found = meetings(&timetable("0 9 * * *", Tz::Pacific__Apia), at("2011-12-01T00:00:00Z"), 1);
    let first = found.first().expect("the day of the change");
    assert_eq!((first.change, first.outcome.as_str()), (Change::Skipped, "it does not run, since there is no such day"));
}

#[test]
fn impossible_expressions_are_refused() {
    let refused = |expression: &str| Timetable::new(expression, Tz::UTC).expect_err("refused").to_string();
    assert_eq!(refused("0 0 30 2 *"), "`0 0 30 2 *` is never due: no day fits it");
    assert_eq!(refused("0 0 31 4,6,9,11 *"), "`0 0 31 4,6,9,11 *` is never due: no day fits it");
    assert_eq!(refused("@reboot"), "`@reboot` names no usual expression");
    for wrong in
        ["", "now and then", "0 6 * *", "0 0 6 * * *", "0 6 * * * 2030", "60 6 * * *", "0 24 * * *", "0 6 0 * *", "0 6 * 13 *", "0 6 * * 8", "0 6-2 * * *"]
    {
        assert!(refused(wrong).contains("is no cron expression"), "{wrong}: {}", refused(wrong));
    }
}

#[test]
fn rare_days_are_found() {
    let next = |expression| timetable(expression, Tz::UTC).next(at("2096-03-01T00:00:00Z"));
    assert_eq!(next("0 0 29 2 *"), Some(at("2104-02-29T00:00:00Z")), "2100 is no leap year");
    assert_eq!(timetable("@monthly", Tz::UTC).next(at("2023-01-01T00:00:00Z")), Some(at("2023-02-01T00:00:00Z")));
}
