//! Years of a scheduler in a world where machines die, clocks are set, projects are edited and runs are slow: for the tests, and
//! for the bench. Every due time of the oracle became one tick, which ran once or was skipped by a policy that may.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use futures::executor::block_on;
use object_store::path::Path;
use rihla::schedule::driver::{Driver, Mode};
use rihla::schedule::ledger::{Ledger, LedgerError, Token};
use rihla::schedule::objects::ObjectLedger;
use rihla::schedule::pause::Pause;
use rihla::schedule::policy::Definitions;
use rihla::schedule::sqlite::SqliteLedger;

use super::dice::Dice;
use super::flaky::FlakyStore;
use super::judged::{self, Judged, Reign};
use super::memory::{MemoryLedger, Mortal};
use super::plans;
use super::world::{Runs, WorldRunner};

/// A scheduler at work.
type Scheduler<L> = Driver<Mortal<L>, WorldRunner>;

struct World<L> {
    dice: Dice,
    ledger: Arc<L>,
    is_atomic: bool,
    /// True where calls of the ledger fail now and then.
    is_flaky: bool,
    /// When to step again after one failed.
    again: Option<DateTime<Utc>>,
    runs: Arc<Mutex<Runs>>,
    /// How far the wall clock is from the time.
    ahead: TimeDelta,
    definitions: Definitions,
    scheduler: Option<Scheduler<L>>,
    /// When the last step was.
    stepped: DateTime<Utc>,
    /// The reigns of expressions, as the scheduler saw them.
    reigns: BTreeMap<String, Vec<Reign>>,
    is_clock_set: bool,
    paused: BTreeSet<Option<String>>,
    /// The pauses that ended: whose, when by the wall clock, and until when was decided by then.
    resumed: Vec<(Option<String>, DateTime<Utc>, DateTime<Utc>)>,
    /// Until when was decided at most.
    decided: DateTime<Utc>,
    /// Times at which no scheduler decided about anything.
    steps: Vec<DateTime<Utc>>,
}

impl<L: Ledger> World<L> {
    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time(&self) -> DateTime<Utc> {
        self.runs().time
    }

    fn now(&self) -> DateTime<Utc> {
        self.time() + self.ahead
    }

    /// A scheduler starts, or takes over.
    fn start(&mut self) {
        let ledger = Mortal::new(self.ledger.clone(), self.is_atomic);
        let token = self.token(&ledger);
        let mut before = self.scheduler.take();
        if let Some(before) = &mut before {
            let stepped = block_on(before.step(self.now(), Duration::from_secs(60), Mode::Going));
            assert!(matches!(stepped, Err(LedgerError::Lost)), "who lost the lease stops: {stepped:?}");
        }
        self.again = None;
        let runner = WorldRunner { runs: self.runs.clone(), token };
        self.scheduler = Some(Driver::new(Arc::new(ledger), runner, token, self.definitions.clone()));
        self.stepped = self.time();
    }

    /// A new term. Of a ledger whose calls fail it is asked again: a term that was taken unheard is then taken from itself.
    fn token(&self, ledger: &Mortal<L>) -> Token {
        for _ in 0..100 {
            let Ok(lease) = block_on(ledger.lease()) else { continue };
            if let Ok(Some(token)) = block_on(ledger.take(&lease, "world")) {
                return token;
            }
            assert!(self.is_flaky, "nobody else takes it");
        }
        panic!("the lease cannot be taken")
    }

    /// The scheduler's machine dies.
    fn die(&mut self) {
        let Some(mut dead) = self.scheduler.take() else { return };
        // Nobody is left who would step again.
        self.again = None;
        let token = dead.runner().token;
        self.runs().cut_off(token);
    }

    fn step(&mut self) {
        let (now, time) = (self.now(), self.time());
        let Some(scheduler) = &mut self.scheduler else { return };
        let elapsed = (time - self.stepped).to_std().expect("time passes");
        self.stepped = time;
        self.again = None;
        let stepped = block_on(scheduler.step(now, elapsed, Mode::Going));
        if stepped.as_ref().map_or(true, |stepped| stepped.is_clock_believed) {
            self.decided = self.decided.max(now);
        }
        match stepped {
            Ok(stepped) => {
                if stepped.is_clock_believed {
                    self.note(now);
                }
            }
            Err(LedgerError::Lost) if self.is_flaky => {
                // It could not say for too long that it lives.
                self.die();
                self.start();
                // Whoever takes over steps at once.
                self.again = Some(time);
            }
            Err(_) if self.is_flaky && !scheduler.ledger().is_dead() => self.again = Some(time + TimeDelta::seconds(10)),
            Err(error) => {
                assert!(scheduler.ledger().is_dead(), "{error}");
                self.die();
            }
        }
    }

    /// Asks a ledger until it answers.
    fn insist<T>(&self, ask: impl Fn(&L) -> Result<T, LedgerError>) -> T {
        let most = if self.is_flaky { 100 } else { 1 };
        (0..most).find_map(|_| ask(&self.ledger).ok()).expect("the ledger answers")
    }

    /// What the scheduler saw in a step: everything until now is decided about.
    fn note(&mut self, now: DateTime<Utc>) {
        self.steps.push(now);
        for (name, definition) in &self.definitions.pipelines {
            let reigns = self.reigns.entry(name.clone()).or_default();
            if let Some(last) = reigns.last_mut() {
                last.until = last.until.max(now);
            }
            if reigns.last().is_none_or(|last| last.timetable != definition.timetable) {
                reigns.push(Reign { timetable: definition.timetable.clone(), from: now, until: now });
            }
        }
    }

    /// When the scheduler or a run wants to be heard next.
    fn next(&mut self) -> Option<DateTime<Utc>> {
        let (now, time) = (self.now(), self.time());
        let wake = self.scheduler.as_mut().and_then(|scheduler| scheduler.next_wake(now)).map(|wake| time + (wake - now));
        let end = self.runs().next_end().filter(|_| self.scheduler.is_some());
        [wake, end, self.again].into_iter().flatten().min()
    }

    /// Time passes until `until`.
    fn pass(&mut self, until: DateTime<Utc>) {
        self.step();
        while let Some(next) = self.next().filter(|next| *next < until) {
            let next = next.max(self.time());
            self.runs().time = next;
            self.step();
        }
        let until = until.max(self.time());
        self.runs().time = until;
        self.step();
    }

    /// Something happens.
    fn happen(&mut self) {
        match self.dice.between(0, 11) {
            0 | 1 => self.crash_in_a_commit(),
            2 => self.crash(),
            3 => self.start(),
            4 | 5 => self.set_clock(),
            6 | 7 => self.edit(),
            8 | 9 => self.pause_or_resume(),
            10 => self.runs().slow = self.dice.between(0, 30),
            _ => self.runs().failing = self.dice.between(0, 60),
        }
    }

    fn crash_in_a_commit(&mut self) {
        let (commits, changes) = (self.dice.between(0, 20), self.dice.between(0, 12));
        if let Some(scheduler) = &self.scheduler {
            scheduler.ledger().doom(commits, changes.max(1));
        }
        let until = self.time() + TimeDelta::days(12);
        self.pass(until);
        self.crash();
    }

    /// It is down for some time, minutes or days.
    fn crash(&mut self) {
        self.die();
        let down = if self.dice.chance(50) { self.dice.between(20, 3_600) } else { self.dice.between(3_600, 9 * 86_400) };
        let until = self.time() + TimeDelta::seconds(i64::try_from(down).expect("a span"));
        self.pass(until);
        self.start();
    }

    /// The wall clock is set, mostly wrongly, and later right.
    fn set_clock(&mut self) {
        let seconds = i64::try_from(if self.dice.chance(50) { self.dice.between(30, 7_200) } else { self.dice.between(7_200, 3 * 86_400) }).expect("a span");
        let is_ahead = self.dice.chance(50);
        self.is_clock_set = true;
        self.ahead = if is_ahead { TimeDelta::seconds(seconds) } else { TimeDelta::seconds(-seconds) };
        let until = self.time() + TimeDelta::seconds(i64::try_from(self.dice.between(30, 86_400)).expect("a span"));
        self.pass(until);
        self.ahead = TimeDelta::zero();
    }

    /// Somebody edits an expression; a pipeline that depends on another is due when that is.
    fn edit(&mut self) {
        let names: Vec<String> = self.definitions.pipelines.iter().filter(|(_, of)| of.depends_on.is_empty()).map(|(name, _)| name.clone()).collect();
        let name = self.dice.one_of(&names).clone();
        let timetable = plans::timetable(&mut self.dice);
        for (other, definition) in &mut self.definitions.pipelines {
            if *other == name || definition.depends_on.contains(&name) {
                definition.timetable = timetable.clone();
            }
        }
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.redefine(self.definitions.clone());
        }
    }

    fn resume(&mut self, paused: Option<String>) {
        let now = self.now();
        self.insist(|ledger| block_on(ledger.resume(paused.as_deref(), now)).map(drop));
        self.resumed.push((paused, now, self.decided));
    }

    fn pause_or_resume(&mut self) {
        let now = self.now();
        if let Some(paused) = self.paused.pop_first() {
            return self.resume(paused);
        }
        let names: Vec<String> = self.definitions.pipelines.keys().cloned().collect();
        let paused = if self.dice.chance(20) { None } else { Some(self.dice.one_of(&names).clone()) };
        self.insist(|ledger| block_on(ledger.pause(paused.as_deref(), now, "a trial")));
        self.paused.insert(paused);
    }

    /// Everything goes well again, until nothing is left to do.
    fn settle(&mut self) {
        while let Some(paused) = self.paused.pop_first() {
            self.resume(paused);
        }
        {
            // Where more was due than could be done in its time, it is done now.
            let mut runs = self.runs();
            (runs.slow, runs.failing, runs.usual) = (0, 0, 10);
        }
        self.start();
        let until = self.time() + TimeDelta::days(20);
        self.pass(until);
    }
}

/// Three years of a seed.
fn simulate<L: Ledger>(seed: u64, ledger: L, is_atomic: bool, is_flaky: bool) -> Judged {
    let mut dice = Dice(seed);
    let start = Utc.with_ymd_and_hms(2021 + i32::try_from(dice.between(0, 5)).expect("a year"), 1, 1, 0, 0, 0).single().expect("an instant");
    let start = start + TimeDelta::seconds(i64::try_from(dice.between(0, 300 * 86_400)).expect("a span"));
    let runs = Runs::new(start, Dice(seed ^ 0xabcd));
    let definitions = plans::definitions(&mut dice);
    let at_a_time = definitions.at_a_time;
    let mut world = World {
        dice,
        ledger: Arc::new(ledger),
        is_atomic,
        is_flaky,
        again: None,
        runs,
        ahead: TimeDelta::zero(),
        definitions,
        scheduler: None,
        stepped: start,
        reigns: BTreeMap::new(),
        is_clock_set: false,
        paused: BTreeSet::new(),
        resumed: Vec::new(),
        decided: start,
        steps: Vec::new(),
    };
    world.start();
    let end = start + TimeDelta::days(3 * 365 + 1);
    while world.time() < end {
        let quiet = world.dice.between(3_600, 40 * 86_400);
        let until = world.time() + TimeDelta::seconds(i64::try_from(quiet).expect("a span"));
        world.pass(until);
        world.happen();
    }
    world.settle();
    let ticks = world.insist(|ledger| block_on(ledger.ticks(start - TimeDelta::days(10), end + TimeDelta::days(400))));
    let pauses = met(world.insist(|ledger| block_on(ledger.pauses())), &world.resumed);
    let settled = world.time() - TimeDelta::days(1);
    let runs = world.runs();
    assert!(runs.most_at_once <= at_a_time, "{} at once", runs.most_at_once);
    let steps = if world.is_clock_set { None } else { Some(&world.steps[..]) };
    judged::judge(&ticks, settled, &runs.log, &world.reigns, &world.definitions, &pauses, steps)
}

/// The pauses as schedulers met them. Where the wall clock was set back when one ended, due times after that were decided
/// about while it lasted.
fn met(mut pauses: Vec<Pause>, resumed: &[(Option<String>, DateTime<Utc>, DateTime<Utc>)]) -> Vec<Pause> {
    for pause in &mut pauses {
        let Some(until) = pause.until else { continue };
        let of_it = resumed.iter().filter(|(pipeline, at, _)| *pipeline == pause.pipeline && pause.since.max(*at) == until);
        pause.until = of_it.map(|(_, _, decided)| *decided).chain([until]).max();
    }
    pauses
}

/// Three years of each seed, on all cores; a seed that fails is named.
pub fn simulate_all(seeds: &[u64]) -> Judged {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let one = |seed: &u64| {
        let outcome = std::panic::catch_unwind(|| simulate_any(*seed));
        outcome.unwrap_or_else(|_| panic!("seed {seed}: run again with RIHLA_SEED={seed}"))
    };
    let some = |seeds: &[u64]| seeds.iter().map(one).fold(Judged::default(), Judged::plus);
    std::thread::scope(|scope| {
        let workers: Vec<_> = seeds.chunks(seeds.len().div_ceil(threads)).map(|seeds| scope.spawn(move || some(seeds))).collect();
        workers.into_iter().map(|worker| worker.join().expect("every world is in order")).fold(Judged::default(), Judged::plus)
    })
}

fn simulate_any(seed: u64) -> Judged {
    if seed.is_multiple_of(25) {
        let store = FlakyStore::new(seed, 5_000);
        simulate(seed, ObjectLedger::new(Arc::new(store), Path::from("schedule")), false, true)
    } else if seed.is_multiple_of(5) {
        simulate(seed, SqliteLedger::in_memory().expect("a ledger"), true, false)
    } else {
        simulate(seed, MemoryLedger::default(), seed.is_multiple_of(2), false)
    }
}
