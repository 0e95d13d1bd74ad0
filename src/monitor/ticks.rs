//! Figures of the schedule's ledger.
//!
//! Guarantees: counts are of this year (UTC) by when each thing happened. The ledger keeps more than a year, so that no restart,
//! no change of scheduler and nothing that the ledger forgets lowers one; only the new year does, which readers of counters
//! bear.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};

use crate::error::Result;
use crate::schedule::attempt::Attempt;
use crate::schedule::ledger::Ledger;
use crate::schedule::state::State;
use crate::schedule::tick::{Failure, SkippedBy, Tick, TickState};

/// The upper bounds, in seconds, by which runs are counted.
pub const BOUNDS: [f64; 12] = [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0];

/// What was due so long before the year began and happened in it counts; the ledger keeps that much more than a year.
const BEFORE: TimeDelta = TimeDelta::days(34);

/// Ticks due before this may no more be added to, unless one of them is open: they are counted once.
const YOUNG: TimeDelta = TimeDelta::days(7);

/// How long runs took.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Durations {
    /// How many fell between each bound and the one before; the last ones are longer than every bound.
    pub counts: [u64; BOUNDS.len() + 1],
    /// All of them together, in seconds.
    pub sum: f64,
}

impl Durations {
    fn add(&mut self, seconds: f64) {
        let place = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.counts[place] += 1;
        self.sum += seconds;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// What happened of one pipeline in this year.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counts {
    /// Due times.
    pub due: u64,
    /// Those that were done.
    pub succeeded: u64,
    /// Those that did not run.
    pub skipped: BTreeMap<SkippedBy, u64>,
    /// Attempts begun.
    pub started: u64,
    /// Attempts that failed.
    pub failed: BTreeMap<Failure, u64>,
    /// How long attempts took that ended by themselves.
    pub durations: Durations,
    /// When it last succeeded.
    pub last_success: Option<DateTime<Utc>>,
    /// The nominal time of the last tick that ran to its end, and whether it failed for good.
    last: Option<(DateTime<Utc>, bool)>,
}

impl Counts {
    /// True where the last tick that ran to its end failed for good.
    pub fn is_failing(&self) -> bool {
        self.last.is_some_and(|(_, failed)| failed)
    }

    fn add(&mut self, tick: &Tick, year: &Year) {
        self.due += u64::from(year.holds(tick.id.nominal));
        match tick.state {
            TickState::Succeeded { at } if year.holds(at) => {
                self.succeeded += 1;
                self.last_success = self.last_success.max(Some(at));
                self.ran(tick.id.nominal, false);
            }
            TickState::Failed { at, .. } if year.holds(at) => self.ran(tick.id.nominal, true),
            TickState::Skipped { at, by } if year.holds(at) => *self.skipped.entry(by).or_default() += 1,
            _ => {}
        }
    }

    fn ran(&mut self, nominal: DateTime<Utc>, failed: bool) {
        if self.last.is_none_or(|(last, _)| last <= nominal) {
            self.last = Some((nominal, failed));
        }
    }

    fn add_attempt(&mut self, attempt: &Attempt, year: &Year) {
        self.started += u64::from(year.holds(attempt.began));
        let Some(end) = attempt.ended.as_ref().filter(|end| year.holds(end.at)) else { return };
        if let Some(failure) = end.failure {
            *self.failed.entry(failure).or_default() += 1;
        }
        // When a run was cut off is not known: what is noted is when somebody found out.
        if end.failure != Some(Failure::Interrupted) {
            self.durations.add((end.at - attempt.began).as_seconds_f64().max(0.0));
        }
    }
}

/// A calendar year in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Year(i32);

impl Year {
    fn holds(self, at: DateTime<Utc>) -> bool {
        at.year() == self.0
    }

    fn begins(self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(self.0, 1, 1, 0, 0, 0).single().unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// Figures of a ledger.
#[derive(Debug, Clone, Default)]
pub struct Ticks {
    /// Of each pipeline that is scheduled, or was this year.
    pub pipelines: BTreeMap<String, Counts>,
    /// The pipelines that are scheduled, whether each is paused, and when it is due next.
    pub scheduled: BTreeMap<String, (bool, Option<DateTime<Utc>>)>,
    /// How many ticks wait.
    pub waiting: u64,
    /// How many run.
    pub running: u64,
    /// The nominal time of the first tick that waits and could have begun.
    pub overdue_since: Option<DateTime<Utc>>,
}

/// Gathers figures of a ledger, and keeps what will not change.
#[derive(Debug, Default)]
pub struct Gathering {
    year: Option<Year>,
    /// Everything due before here is counted in `settled`.
    until: DateTime<Utc>,
    settled: BTreeMap<String, Counts>,
    /// Skips told so far: one that somebody asked to run after all was skipped nevertheless.
    skipped: BTreeMap<(String, SkippedBy), u64>,
}

impl Gathering {
    /// The figures of a ledger at `now`.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub async fn gather(&mut self, ledger: &dyn Ledger, now: DateTime<Utc>) -> Result<Ticks> {
        let year = Year(now.year());
        let state = ledger.load().await?;
        let settles = settled_until(&state, now);
        if self.year != Some(year) || settles < self.until {
            let skipped = if self.year == Some(year) { std::mem::take(&mut self.skipped) } else { BTreeMap::new() };
            *self = Self { year: Some(year), until: year.begins() - BEFORE, settled: BTreeMap::new(), skipped };
        }
        let until = settles.max(self.until);
        count(&mut self.settled, ledger, (self.until, until), year).await?;
        self.until = until;
        let mut pipelines = self.settled.clone();
        count(&mut pipelines, ledger, (until, DateTime::<Utc>::MAX_UTC), year).await?;
        state.known.keys().for_each(|pipeline| {
            pipelines.entry(pipeline.clone()).or_default();
        });
        self.keep_skips(&mut pipelines);
        Ok(present(&state, pipelines, now))
    }

    fn keep_skips(&mut self, pipelines: &mut BTreeMap<String, Counts>) {
        for (pipeline, counts) in pipelines.iter_mut() {
            for (by, count) in &counts.skipped {
                let told = self.skipped.entry((pipeline.clone(), *by)).or_default();
                *told = (*told).max(*count);
            }
        }
        for ((pipeline, by), count) in &self.skipped {
            pipelines.entry(pipeline.clone()).or_default().skipped.insert(*by, *count);
        }
    }
}

/// Until when nothing is added to ticks and nothing of them changes.
fn settled_until(state: &State, now: DateTime<Utc>) -> DateTime<Utc> {
    let open = state.open().map(|tick| tick.id.nominal);
    let decided = state.known.values().map(|known| known.decided_until);
    open.chain(decided).fold(now - YOUNG, DateTime::min)
}

async fn count(into: &mut BTreeMap<String, Counts>, ledger: &dyn Ledger, (from, until): (DateTime<Utc>, DateTime<Utc>), year: Year) -> Result<()> {
    for tick in ledger.ticks(from, until).await? {
        into.entry(tick.id.pipeline.clone()).or_default().add(&tick, &year);
    }
    for attempt in ledger.attempts(from, until).await? {
        into.entry(attempt.id.pipeline.clone()).or_default().add_attempt(&attempt, &year);
    }
    Ok(())
}

/// How things stand now.
fn present(state: &State, pipelines: BTreeMap<String, Counts>, now: DateTime<Utc>) -> Ticks {
    let is_paused = |pipeline: &str| state.pauses.iter().any(|pause| pause.lasts(pipeline));
    let due_next = |pipeline: &str| state.known.get(pipeline).and_then(|known| known.timetable.next(known.decided_until.max(now)));
    let scheduled = state.known.keys().map(|pipeline| (pipeline.clone(), (is_paused(pipeline), due_next(pipeline)))).collect();
    let mut told = Ticks { pipelines, scheduled, ..Ticks::default() };
    for tick in state.open() {
        match tick.state {
            TickState::Waiting { from } => {
                told.waiting += 1;
                if from <= now && !is_paused(&tick.id.pipeline) {
                    told.overdue_since = Some(told.overdue_since.map_or(tick.id.nominal, |since| since.min(tick.id.nominal)));
                }
            }
            _ => told.running += 1,
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Tz;
    use futures::executor::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::attempt::AttemptEnd;
    use crate::schedule::ledger::Token;
    use crate::schedule::sqlite::SqliteLedger;
    use crate::schedule::state::{Change, Known};
    use crate::schedule::tick::TickId;
    use crate::schedule::timetable::Timetable;

    /// What a scheduler may do next, to a pipeline.
    #[derive(Debug, Clone, Copy)]
    enum Act {
        Record,
        Skip,
        Begin,
        End(Option<Failure>, bool),
    }

    fn acts() -> impl Strategy<Value = Vec<(usize, i64, Act)>> {
        let failure = prop::option::of(prop::sample::select(vec![Failure::Data, Failure::Unavailable, Failure::Interrupted]));
        let act = prop_oneof![
            3 => Just(Act::Record),
            1 => Just(Act::Skip),
            3 => Just(Act::Begin),
            3 => (failure, any::<bool>()).prop_map(|(failure, again)| Act::End(failure, again)),
        ];
        prop::collection::vec((0_usize..2, 1_i64..40, act), 1..80)
    }

    /// A scheduler of two pipelines whose hours pass over the end of a year.
    struct World {
        ledger: SqliteLedger,
        token: Token,
        now: DateTime<Utc>,
        ticks: Vec<Tick>,
    }

    impl World {
        fn new() -> Self {
            let ledger = SqliteLedger::in_memory().expect("a ledger");
            let lease = block_on(ledger.lease()).expect("a lease");
            let token = block_on(ledger.take(&lease, "test")).expect("a ledger").expect("a term");
            Self { ledger, token, now: Utc.with_ymd_and_hms(2025, 12, 25, 0, 0, 0).single().expect("an instant"), ticks: Vec::new() }
        }

        fn act(&mut self, (of, hours, act): (usize, i64, Act)) {
            self.now += TimeDelta::hours(hours);
            let (pipeline, now) = (["a", "b"][of], self.now);
            let id = TickId::new(pipeline, now - TimeDelta::minutes(1));
            let mut changes = match act {
                Act::Record => vec![Change::Record(Tick::waiting(id, now))],
                Act::Skip => vec![Change::Record(Tick::skipped(id, now, SkippedBy::Misfire))],
                Act::Begin => self.first(pipeline, |tick| matches!(tick.state, TickState::Waiting { .. })).map_or_else(Vec::new, |tick| self.begun(&tick)),
                Act::End(failure, again) => self.first(pipeline, |tick| tick.state.is_taken()).map_or_else(Vec::new, |tick| self.ended(&tick, failure, again)),
            };
            let timetable = Timetable::new("* * * * *", Tz::UTC).expect("an expression");
            changes.extend(["a", "b"].map(|pipeline| Change::Know(pipeline.into(), Known { timetable: timetable.clone(), decided_until: now })));
            block_on(self.ledger.commit(self.token, &changes)).expect("stored");
            for change in changes {
                if let Change::Record(tick) | Change::Step(tick) = change {
                    self.ticks.retain(|known| known.id != tick.id);
                    self.ticks.push(tick);
                }
            }
        }

        fn first(&self, pipeline: &str, is: impl Fn(&&Tick) -> bool) -> Option<Tick> {
            self.ticks.iter().filter(|tick| tick.id.pipeline == pipeline).filter(is).min_by_key(|tick| tick.id.nominal).cloned()
        }

        fn begun(&self, tick: &Tick) -> Vec<Change> {
            let claimed = tick.stepped(TickState::Claimed { token: self.token });
            let running = claimed.stepped(TickState::Running { token: self.token, since: self.now });
            let attempt = Attempt { id: tick.id.clone(), number: running.attempts, token: self.token, began: self.now, ended: None };
            vec![Change::Step(claimed), Change::Step(running), Change::Note(attempt)]
        }

        fn ended(&self, tick: &Tick, failure: Option<Failure>, again: bool) -> Vec<Change> {
            let TickState::Running { since, .. } = tick.state else { return Vec::new() };
            let ended = Some(AttemptEnd { at: self.now, failure, run_id: None, note: String::new() });
            let state = match failure {
                None => TickState::Succeeded { at: self.now },
                Some(_) if again => TickState::Waiting { from: self.now },
                Some(failure) => TickState::Failed { at: self.now, failure },
            };
            let note = Attempt { id: tick.id.clone(), number: tick.attempts, token: self.token, began: since, ended };
            vec![Change::Note(note), Change::Step(tick.stepped(state))]
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is kept from one look to the next tells what a look at everything tells, whenever it looks.
        #[test]
        fn figures_that_are_kept_are_those_of_a_look_at_everything(acts in acts(), looks in prop::collection::vec(any::<bool>(), 80)) {
            let mut world = World::new();
            let mut kept = Gathering::default();
            for (act, looks) in acts.into_iter().zip(looks) {
                world.act(act);
                if looks {
                    let told = block_on(kept.gather(&world.ledger, world.now)).expect("figures");
                    let all = block_on(Gathering::default().gather(&world.ledger, world.now)).expect("figures");
                    prop_assert_eq!(format!("{told:?}"), format!("{all:?}"));
                }
            }
        }
    }
}
