//! Policies: each alone, and in the scheduler's step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use futures::executor::block_on;
use rihla::schedule::driver::{Driver, Mode, Run, Runner};
use rihla::schedule::lease::{BEAT, Waiting};
use rihla::schedule::ledger::{Lease, Ledger, Token};
use rihla::schedule::policy::{Definition, Definitions, MOST_INTERRUPTIONS, Misfire, Overlap, Policies, Retry};
use rihla::schedule::tick::{Failure, SkippedBy, Tick, TickId, TickState};
use rihla::schedule::timetable::Timetable;
use rihla::schedule::trust::Trust;
use rihla::schedule::{attempt, chance, misfire, retry};

use super::memory::MemoryLedger;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).expect("an instant") + TimeDelta::minutes(minute)
}

fn definition(expression: &str) -> Definition {
    let timetable = Timetable::new(expression, Tz::UTC).expect("an expression");
    Definition { timetable, policies: Policies::default(), depends_on: BTreeSet::new(), does_without: BTreeSet::new() }
}

/// A runner that only remembers.
#[derive(Debug, Clone, Default)]
struct Remembering(Arc<Mutex<(Vec<Run>, Vec<End>)>>);

type End = (TickId, Result<(), Failure>);

impl Remembering {
    fn started(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic").0).into_iter().map(|run| run.id.pipeline).collect()
    }

    fn end(&self, pipeline: &str, minute: i64, end: Result<(), Failure>) {
        self.0.lock().expect("no panic").1.push((TickId::new(pipeline, at(minute)), end));
    }
}

impl Runner for Remembering {
    fn start(&mut self, run: Run) {
        self.0.lock().expect("no panic").0.push(run);
    }

    fn ended(&mut self) -> Vec<(TickId, attempt::End)> {
        std::mem::take(&mut self.0.lock().expect("no panic").1).into_iter().map(|(id, result)| (id, result.into())).collect()
    }

    fn stop_all(&mut self) {}
}

struct Bench {
    definitions: Definitions,
    driver: Driver<MemoryLedger, Remembering>,
    ledger: MemoryLedger,
    runner: Remembering,
    last: DateTime<Utc>,
}

impl Bench {
    fn new(pipelines: impl IntoIterator<Item = (&'static str, Definition)>, at_a_time: usize) -> Self {
        let (ledger, runner) = (MemoryLedger::default(), Remembering::default());
        let token = block_on(ledger.take(&Lease::default(), "bench")).expect("a ledger").expect("a term");
        let pipelines = pipelines.into_iter().map(|(name, definition)| (name.to_owned(), definition)).collect();
        let definitions = Definitions { pipelines, at_a_time };
        let driver = Driver::new(Arc::new(ledger.clone()), runner.clone(), token, definitions.clone());
        let mut bench = Self { definitions, driver, ledger, runner, last: at(0) };
        bench.step(0);
        bench
    }

    fn step(&mut self, minute: i64) {
        let elapsed = (at(minute) - self.last).to_std().unwrap_or_default();
        self.last = at(minute);
        block_on(self.driver.step(at(minute), elapsed, Mode::Going)).expect("a step");
    }

    fn states(&self) -> Vec<(i64, TickState)> {
        let ticks = block_on(self.ledger.ticks(at(0), at(100_000))).expect("ticks");
        ticks.into_iter().map(|tick| ((tick.id.nominal - at(0)).num_minutes(), tick.state)).collect()
    }
}

#[test]
fn missed_ticks_are_made_up_for_as_declared() {
    let due = [10, 20, 30, 40, 59].map(at);
    let decided = |misfire, maximum_age: Option<u64>, maximum_number| {
        let maximum_age = maximum_age.map(|minutes| Duration::from_secs(minutes * 60));
        misfire::decide("p", &Policies { misfire, maximum_age, maximum_number, ..Policies::default() }, &due, &[], at(60))
    };
    let misfire = Some(SkippedBy::Misfire);
    assert_eq!(decided(Misfire::Skip, None, None), [misfire, misfire, misfire, misfire, None]);
    assert_eq!(decided(Misfire::Latest, None, None), [misfire, misfire, misfire, misfire, None], "the one on time does the work of all");
    assert_eq!(decided(Misfire::All, None, None), [None; 5]);
    assert_eq!(decided(Misfire::All, Some(25), None), [Some(SkippedBy::MaximumAge), Some(SkippedBy::MaximumAge), Some(SkippedBy::MaximumAge), None, None]);
    assert_eq!(decided(Misfire::All, None, Some(2)), [Some(SkippedBy::MaximumNumber), Some(SkippedBy::MaximumNumber), None, None, None]);
    let late = misfire::decide("p", &Policies::default(), &due[..4], &[], at(60));
    assert_eq!(late, [misfire, misfire, misfire, None], "the latest of those missed");
}

/// A feed and the models after it, each tried once.
fn feed_and_models() -> Bench {
    let once = |mut definition: Definition| {
        definition.policies.retry.attempts = 1;
        definition
    };
    let models = Definition { depends_on: BTreeSet::from(["feed".to_owned()]), ..definition("0 * * * *") };
    Bench::new([("feed", once(definition("0 * * * *"))), ("models", once(models))], 1)
}

#[test]
fn what_somebody_asks_for_runs_again_with_all_that_waited_for_it() {
    let mut bench = feed_and_models();
    bench.step(60);
    bench.runner.end("feed", 60, Err(Failure::Data));
    bench.step(61);
    let failed = TickState::Failed { at: at(61), failure: Failure::Data };
    assert_eq!(bench.states(), [(60, failed.clone()), (60, TickState::Skipped { at: at(61), by: SkippedBy::Upstream })]);
    block_on(bench.ledger.ask(&TickId::new("feed", at(60)))).expect("asked");
    assert_eq!(bench.runner.started(), ["feed"]);
    bench.step(62);
    assert_eq!(bench.runner.started(), ["feed"], "it begins at once");
    bench.runner.end("feed", 60, Ok(()));
    bench.step(63);
    assert_eq!(bench.runner.started(), ["models"], "and what waited for it after it");
    bench.runner.end("models", 60, Ok(()));
    bench.step(64);
    assert_eq!(bench.states(), [(60, TickState::Succeeded { at: at(63) }), (60, TickState::Succeeded { at: at(64) })]);
    let attempts = block_on(bench.ledger.attempts(at(60), at(61))).expect("attempts");
    let told: Vec<_> = attempts.iter().map(|a| (a.id.pipeline.as_str(), a.number, a.ended.as_ref().and_then(|end| end.failure))).collect();
    assert_eq!(told, [("feed", 1, Some(Failure::Data)), ("feed", 2, None), ("models", 1, None)]);
    assert!(attempts.iter().all(|attempt| attempt.ended.is_some()), "{attempts:?}");
}

#[test]
fn what_can_be_done_without_is_waited_for_and_no_more() {
    let mut bench = feed_and_models();
    let mut definitions = bench.definitions.clone();
    definitions.pipelines.get_mut("models").expect("models").does_without.insert("feed".to_owned());
    bench.driver.redefine(definitions);
    bench.step(60);
    assert_eq!(bench.runner.started(), ["feed"], "it is waited for");
    bench.runner.end("feed", 60, Err(Failure::Unavailable));
    bench.step(61);
    assert_eq!(bench.runner.started(), ["models"], "and done without where it failed");
    block_on(bench.ledger.pause(Some("feed"), at(62), "the office moves")).expect("paused");
    bench.runner.end("models", 60, Ok(()));
    bench.step(120);
    assert_eq!(bench.runner.started(), ["models"], "or is paused");
}

#[test]
fn what_is_asked_for_once_is_tried_once() {
    let mut bench = feed_and_models();
    bench.step(60);
    bench.runner.end("feed", 60, Err(Failure::Unavailable));
    bench.step(61);
    block_on(bench.ledger.ask(&TickId::new("feed", at(60)))).expect("asked");
    bench.step(62);
    bench.runner.end("feed", 60, Err(Failure::Unavailable));
    bench.step(63);
    assert_eq!(bench.runner.started(), ["feed", "feed"]);
    let skipped = TickState::Skipped { at: at(63), by: SkippedBy::Upstream };
    assert_eq!(bench.states(), [(60, TickState::Failed { at: at(63), failure: Failure::Unavailable }), (60, skipped)]);
    for id in [TickId::new("models", at(60)), TickId::new("feed", at(0)), TickId::new("unknown", at(60))] {
        block_on(bench.ledger.ask(&id)).expect("asked");
    }
    bench.step(64);
    assert_eq!(block_on(bench.ledger.asked()).expect("asked"), [], "what cannot be is heard and forgotten");
    assert_eq!(bench.runner.started(), Vec::<String>::new());
}

#[test]
fn retries_wait_longer_each_time_and_end() {
    let policy = Retry { attempts: 4, first: Duration::from_secs(100), most: Duration::from_secs(250), ..Retry::default() };
    let mut tick = Tick::waiting(TickId::new("p", at(0)), at(0));
    let mut waits = Vec::new();
    loop {
        tick = tick.stepped(TickState::Running { token: Token(1), since: at(0) });
        let next = retry::after(&tick, &policy, Failure::Unavailable, at(0));
        tick = tick.stepped(next.clone());
        let TickState::Waiting { from } = next else { break };
        waits.push((from - at(0)).num_seconds());
    }
    let within = |wait: i64, most: i64| most / 2 <= wait && wait <= most;
    assert!(waits.len() == 3 && within(waits[0], 100) && within(waits[1], 200) && within(waits[2], 250), "{waits:?}");
    assert_eq!(tick.state, TickState::Failed { at: at(0), failure: Failure::Unavailable });
    let first = Tick::waiting(TickId::new("p", at(0)), at(0)).stepped(TickState::Running { token: Token(1), since: at(0) });
    assert!(retry::after(&first, &policy, Failure::Data, at(0)).is_end(), "data does not mend itself");
}

#[test]
fn what_kills_its_scheduler_each_time_is_given_up() {
    let mut tick = Tick::waiting(TickId::new("p", at(0)), at(0));
    let mut deaths = 0;
    while !tick.state.is_end() {
        tick = tick.stepped(TickState::Running { token: Token(1), since: at(0) });
        tick = tick.interrupted(retry::after(&tick, &Retry::default(), Failure::Interrupted, at(0)));
        deaths += 1;
    }
    assert_eq!((deaths, tick.state), (MOST_INTERRUPTIONS, TickState::Failed { at: at(0), failure: Failure::Interrupted }));
}

#[test]
fn jitter_is_the_same_each_time_and_spread() {
    let most = Duration::from_secs(600);
    let jitters: BTreeSet<Duration> = (0..50).map(|number| chance::jitter(&TickId::new(format!("p{number}"), at(0)), most)).collect();
    assert!(jitters.len() > 40 && jitters.iter().all(|jitter| *jitter <= most), "{jitters:?}");
    assert!(jitters.iter().any(|jitter| jitter.as_secs() < 150) && jitters.iter().any(|jitter| jitter.as_secs() > 450));
    let id = TickId::new("returns", at(7));
    assert_eq!(chance::jitter(&id, most).as_secs(), RETURNS_AT_SEVEN, "another version would start everything at another time");
    assert_eq!(chance::jitter(&id, Duration::ZERO), Duration::ZERO);
}

/// The jitter of a tick, once and for all.
const RETURNS_AT_SEVEN: u64 = 207;

#[test]
fn a_tick_that_meets_an_earlier_one() {
    let fates = |overlap| {
        let mut bench = Bench::new([("p", Definition { policies: Policies { overlap, ..Policies::default() }, ..definition("*/10 * * * *") })], 1);
        bench.step(10);
        bench.step(20);
        bench.step(30);
        bench.runner.end("p", 10, Ok(()));
        bench.step(31);
        bench.states().into_iter().map(|(minute, state)| (minute, std::mem::discriminant(&state))).collect::<Vec<_>>()
    };
    let kind = |state: TickState| std::mem::discriminant(&state);
    let (succeeded, running) = (kind(TickState::Succeeded { at: at(0) }), kind(TickState::Running { token: Token(1), since: at(0) }));
    let (skipped, waiting) = (kind(TickState::Skipped { at: at(0), by: SkippedBy::Overlap }), kind(TickState::Waiting { from: at(0) }));
    assert_eq!(fates(Overlap::Skip), [(10, succeeded), (20, skipped), (30, skipped)]);
    assert_eq!(fates(Overlap::Latest), [(10, succeeded), (20, skipped), (30, running)]);
    assert_eq!(fates(Overlap::Queue), [(10, succeeded), (20, running), (30, waiting)]);
}

#[test]
fn who_depends_on_others_runs_once_after_all_of_them() {
    let hourly = || definition("0 * * * *");
    let models = Definition { depends_on: ["a", "b"].map(str::to_owned).into(), ..hourly() };
    let mut bench = Bench::new([("a", hourly()), ("b", hourly()), ("models", models)], 5);
    bench.step(60);
    assert_eq!(bench.runner.started(), ["a", "b"]);
    bench.runner.end("a", 60, Ok(()));
    bench.step(61);
    assert_eq!(bench.runner.started(), [""; 0], "b runs");
    bench.runner.end("b", 60, Ok(()));
    bench.step(62);
    assert_eq!(bench.runner.started(), ["models"]);
    bench.runner.end("models", 60, Ok(()));
    bench.step(119);
    assert_eq!(bench.runner.started(), [""; 0], "once");
    bench.step(120);
    bench.runner.end("a", 120, Ok(()));
    bench.runner.end("b", 120, Err(Failure::Data));
    bench.step(121);
    let (minute, state) = bench.states().pop().expect("a tick");
    assert_eq!((minute, state), (120, TickState::Skipped { at: at(121), by: SkippedBy::Upstream }));
}

#[test]
fn a_pause_skips_what_falls_into_it_and_holds_what_waits() {
    let mut bench = Bench::new([("p", definition("*/10 * * * *")), ("q", definition("*/10 * * * *"))], 1);
    bench.step(10);
    assert_eq!(bench.runner.started(), ["p"]);
    block_on(bench.ledger.pause(Some("q"), at(11), "a trial")).expect("paused");
    bench.runner.end("p", 10, Ok(()));
    bench.step(12);
    assert_eq!(bench.runner.started(), [""; 0], "q is held");
    bench.step(20);
    assert_eq!(bench.runner.started(), ["p"], "the other goes on");
    bench.runner.end("p", 20, Ok(()));
    block_on(bench.ledger.resume(Some("q"), at(21))).expect("resumed");
    bench.step(22);
    assert_eq!(bench.runner.started(), ["q"], "what waited since before the pause");
    assert!(bench.states().contains(&(20, TickState::Skipped { at: at(20), by: SkippedBy::Paused })));
}

#[test]
fn a_pipeline_that_was_removed_is_done_with() {
    let mut bench = Bench::new([("p", definition("*/10 * * * *")), ("q", definition("*/10 * * * *"))], 1);
    bench.step(10);
    let left = Definitions { pipelines: BTreeMap::from([("p".to_owned(), definition("*/10 * * * *"))]), at_a_time: 1 };
    bench.driver.redefine(left);
    bench.step(20);
    let removed: Vec<i64> =
        bench.states().into_iter().filter(|(_, state)| matches!(state, TickState::Skipped { by: SkippedBy::Removed, .. })).map(|(minute, _)| minute).collect();
    assert_eq!(removed, [10, 20], "what waited, and what was due until its removal was seen");
    bench.step(30);
    assert_eq!(bench.states().iter().filter(|(minute, _)| *minute == 30).count(), 1);
}

#[test]
fn a_thousand_due_at_once_start_in_order_within_the_limit() {
    let names: Vec<&'static str> = (0..1_000).map(|number| &*Box::leak(format!("p{number:04}").into_boxed_str())).collect();
    let mut bench = Bench::new(names.iter().map(|name| (*name, definition("0 1 * * *"))), 7);
    let mut started = Vec::new();
    bench.step(60);
    for minute in 61.. {
        let now = bench.runner.started();
        if now.is_empty() {
            break;
        }
        assert!(now.len() <= 7);
        now.iter().for_each(|name| bench.runner.end(name, 60, Ok(())));
        started.extend(now);
        bench.step(minute);
        assert!(minute < 1_000, "it comes to an end");
    }
    assert_eq!(started, names);
}

#[test]
fn who_is_to_stop_starts_nothing_and_notes_what_ends() {
    let mut bench = Bench::new([("p", definition("*/10 * * * *")), ("q", definition("*/10 * * * *"))], 1);
    bench.step(10);
    assert_eq!(bench.runner.started(), ["p"]);
    let drain = |bench: &mut Bench| block_on(bench.driver.step(at(11), Duration::from_secs(60), Mode::Draining)).expect("a step").running;
    assert_eq!(drain(&mut bench), 1, "what runs is waited for");
    bench.runner.end("p", 10, Ok(()));
    assert_eq!((drain(&mut bench), bench.runner.started()), (0, Vec::<String>::new()), "and nothing more is started");
    assert_eq!(bench.states(), [(10, TickState::Succeeded { at: at(11) }), (10, TickState::Waiting { from: at(10) })], "the next one resumes there");
}

#[test]
fn a_scheduler_takes_over_within_a_minute_of_silence() {
    let mut waiting = Waiting::default();
    let lease = |beat| Lease { token: Token(3), holder: "first".into(), beat, is_free: false };
    assert!(!waiting.look(&lease(1), Duration::from_secs(500)), "what was before it looked says nothing");
    for beat in 2..20 {
        assert!(!waiting.look(&lease(beat), BEAT), "the first one lives");
    }
    let looks = (1..).find(|_| waiting.look(&lease(19), BEAT)).expect("it takes over");
    assert!(looks * BEAT + BEAT <= Duration::from_secs(60), "after {looks} looks");
    assert!(Waiting::default().look(&Lease { is_free: true, ..lease(1) }, Duration::ZERO), "what was given back is free");
}

#[test]
fn a_clock_that_leaps_ahead_is_not_believed_at_once() {
    let second = Duration::from_secs(1);
    let mut trust = Trust::default();
    assert!(trust.believes(at(0), Duration::ZERO) && trust.believes(at(5), Duration::from_secs(300)));
    assert!(!trust.believes(at(1_000), second), "a leap");
    assert!(trust.believes(at(5), second), "set right");
    assert!(!trust.believes(at(1_000), second), "a leap");
    assert!(!trust.believes(at(1_001), Duration::from_secs(60)));
    assert!(trust.believes(at(1_004), Duration::from_secs(180)), "it has kept it");
    assert!(trust.believes(at(10), second), "back is believed");
}
