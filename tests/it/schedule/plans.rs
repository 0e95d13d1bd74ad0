//! Pipelines by chance: expressions, zones and policies of every kind.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use rihla::schedule::policy::{Definition, Definitions, Misfire, Overlap, Policies};
use rihla::schedule::timetable::Timetable;

use super::dice::Dice;

const ZONES: [Tz; 8] = [
    Tz::Africa__Casablanca,
    Tz::Europe__Istanbul,
    Tz::America__New_York,
    Tz::Pacific__Apia,
    Tz::Asia__Kathmandu,
    Tz::Africa__Cairo,
    Tz::Australia__Lord_Howe,
    Tz::America__Santiago,
];

/// Expressions, of which some fall into hours that are skipped or repeated.
const EXPRESSIONS: [&str; 12] = [
    "30 2 * * *",
    "0 6 * * *",
    "0 0 * * *",
    "15 1,2,3 * * 0",
    "10 */8 * * 0,6",
    "0 5 1 * *",
    "0 3 * * 1-5",
    "45 2 * * 0",
    "0 12 10,20,31 * *",
    "20 */2 * 3,4 0",
    "59 23 28-31 * *",
    "5 4 29 2 *",
];

/// An expression in a zone.
pub fn timetable(dice: &mut Dice) -> Timetable {
    Timetable::new(dice.one_of::<&str>(&EXPRESSIONS), *dice.one_of(&ZONES)).expect("an expression")
}

fn definition(dice: &mut Dice, timetable: Timetable) -> Definition {
    let misfire = *dice.one_of(&[Misfire::Skip, Misfire::Latest, Misfire::All]);
    let overlap = if misfire == Misfire::All { Overlap::Queue } else { *dice.one_of(&[Overlap::Skip, Overlap::Latest, Overlap::Queue]) };
    let policies = Policies {
        jitter: dice.seconds(0, 900),
        misfire,
        overlap,
        maximum_age: dice.chance(40).then(|| dice.seconds(3_600, 5 * 86_400)),
        maximum_number: dice.chance(40).then(|| usize::try_from(dice.between(1, 5)).expect("a number")),
        timeout: dice.chance(40).then(|| dice.seconds(1_000, 10 * 3_600)),
        ..Policies::default()
    };
    Definition { timetable, policies, depends_on: BTreeSet::new(), does_without: BTreeSet::new() }
}

/// Ten pipelines; the last two run after others.
pub fn definitions(dice: &mut Dice) -> Definitions {
    let mut pipelines = BTreeMap::new();
    for number in 0..8 {
        let timetable = timetable(dice);
        pipelines.insert(format!("p{number}"), definition(dice, timetable));
    }
    // `p1` is due when `p0` is, `after` follows both; `last` follows that.
    let timetable = pipelines["p0"].timetable.clone();
    for (name, depends_on) in [("p1", &["p0"][..]), ("after", &["p0", "p1"]), ("last", &["p0", "after"])] {
        let depends_on = depends_on.iter().map(|name| (*name).to_owned()).collect();
        pipelines.insert(name.to_owned(), Definition { depends_on, ..definition(dice, timetable.clone()) });
    }
    Definitions { pipelines, at_a_time: usize::try_from(dice.between(1, 4)).expect("a number") }
}
