//! A scheduler that is killed with all it runs, again and again, while deliveries come: what is left in the end is what an
//! undisturbed run makes of them. For the tests, and for the bench.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};

use super::dice::Dice;
use super::process::{Scheduler, eventually, seen, ticks, told};
use crate::support::{Folder, ROWS, comma_csv, with};

/// What a warehouse lived through.
#[derive(Debug)]
pub struct Survived {
    /// How often its scheduler was killed.
    pub kills: u64,
    /// How many kills met a run at work.
    pub at_work: u64,
    /// Deliveries that came.
    pub deliveries: usize,
    /// Due times that came, each of which has one end.
    pub ticks: usize,
}

/// Kills a scheduler `times` times at moments of a seed, one day after another, and a correction comes every third day. Whatever
/// is left must be what an undisturbed run makes of the same deliveries.
pub fn survive(seed: u64, times: u64) -> Survived {
    let mut dice = Dice(seed);
    let (folder, undisturbed) = (Folder::small(), Folder::small());
    seen(&folder);
    let first = Utc.with_ymd_and_hms(2023, 7, 22, 7, 0, 0).single().expect("an instant");
    let day = |number: u64| first + TimeDelta::days(i64::try_from(number).expect("a number"));
    let (mut deliveries, mut at_work) = (4, 0);
    for kill in 0..times {
        if kill.is_multiple_of(3) {
            correct(&[&folder, &undisturbed], day(kill), kill);
            deliveries += 1;
        }
        let scheduler = Scheduler::start(&folder, &day(kill).to_rfc3339());
        scheduler.wait_for("schedules", 1);
        std::thread::sleep(Duration::from_millis(dice.between(0, 3_000)));
        at_work += u64::from(scheduler.said().matches("run begins").count() > scheduler.said().matches("run ended").count());
        scheduler.kill();
    }
    // What was cut off last is noted, and tried again after a pause: on the next day, since clocks stand still here.
    let noting = Scheduler::start(&folder, &(day(times - 1) + TimeDelta::hours(1)).to_rfc3339());
    noting.wait_for("schedules", 1);
    noting.stop();
    let last = day(times).to_rfc3339();
    let scheduler = Scheduler::start(&folder, &last);
    let is_done = || told(&folder, &last).first().is_some_and(|tick| tick.contains("succeeded") && tick.contains(&day(times).format("%Y-%m-%d").to_string()));
    eventually(|| is_done().then_some(()), || format!("seed {seed}: {}", scheduler.said()));
    scheduler.stop();
    undisturbed.rihla_with(&["run"], &[("RIHLA_NOW", &last)]).ok();
    assert_eq!(folder.released("by_country"), undisturbed.released("by_country"), "seed {seed}");
    assert_eq!(folder.loaded("registrations").len(), undisturbed.loaded("registrations").len(), "seed {seed}");
    assert_eq!(folder.tables().0.len(), undisturbed.tables().0.len(), "seed {seed}: each delivery once");
    let all = ticks(&folder, &last);
    Survived { kills: times, at_work, deliveries, ticks: all.len() }
}

/// A correction of January, received a day before `now`; each says something else.
fn correct(folders: &[&Folder], now: DateTime<Utc>, number: u64) {
    let country = if number.is_multiple_of(2) { "Guinée" } else { "Mali" };
    let received = (now - TimeDelta::days(1)).format("%Y-%m-%d");
    for folder in folders {
        folder.write(&format!("in/RAB/{received}/registrations-2023-01.csv"), comma_csv(&[ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", country)]));
    }
}
