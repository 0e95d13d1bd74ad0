//! Three years of ten pipelines in eight zones, a hundred times.
//!
//! `RIHLA_SEEDS` says how many worlds are tried (100), `RIHLA_SEED` tries one. `cargo bench --bench years -- 10000` tries more.

use std::collections::BTreeMap;

use chrono::{TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rihla::schedule::tick::TickId;
use rihla::schedule::timetable::Timetable;

use super::judged::{self, Reign};
use super::years::simulate_all;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn every_due_time_ran_once_or_was_skipped_by_policy() {
    let seeds: Vec<u64> = number("RIHLA_SEED").map_or_else(|| (1..=number("RIHLA_SEEDS").unwrap_or(100)).collect(), |seed| vec![seed]);
    let total = simulate_all(&seeds);
    println!("{} worlds: {total:?}", seeds.len());
    assert!(total.succeeded > 0, "something ran");
    if seeds.len() >= 20 {
        let all = [total.failed, total.paused, total.missed, total.overlapping, total.upstream, total.cut_off];
        assert!(all.iter().all(|count| *count > 0), "every fate was met: {total:?}");
    }
}

/// The clock is set ahead, so that a pipeline runs for a time to come; then it is set right, and an edit makes an earlier time
/// due while it runs.
#[test]
fn a_pipeline_runs_once_at_a_time_where_a_later_due_time_came_first() {
    simulate_all(&[7552]);
}

#[test]
fn an_oracle_of_other_due_times_is_noticed() {
    let ticks = [TickId::new("p", Utc.with_ymd_and_hms(2024, 1, 1, 6, 0, 0).single().expect("an instant"))];
    let reign = |expression| {
        let timetable = Timetable::new(expression, Tz::UTC).expect("an expression");
        let from = Utc.with_ymd_and_hms(2024, 1, 1, 0, 0, 0).single().expect("an instant");
        BTreeMap::from([("p".to_owned(), vec![Reign { timetable, from, until: from + TimeDelta::days(1) }])])
    };
    assert_eq!(judged::differences(&ticks.iter().collect(), &reign("0 6 * * *")), (vec![], vec![]));
    let (lost, invented) = judged::differences(&ticks.iter().collect(), &reign("0 7 * * *"));
    assert_eq!((lost.len(), invented.len()), (1, 1));
}
