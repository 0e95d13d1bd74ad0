//! What must hold of a ledger after years: judged by the oracle's due times and by what really ran.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rihla::schedule::pause::Pause;
use rihla::schedule::policy::{Definitions, GRACE, Misfire, Overlap};
use rihla::schedule::tick::{SkippedBy, Tick, TickId, TickState};
use rihla::schedule::timetable::Timetable;

use super::oracle;
use super::world::{End, Ran};

/// A time during which a scheduler knew a pipeline by one expression.
#[derive(Debug, Clone)]
pub struct Reign {
    pub timetable: Timetable,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// How many ticks met which fate.
#[derive(Debug, Default, Clone, Copy)]
pub struct Judged {
    pub ticks: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub paused: usize,
    pub missed: usize,
    pub overlapping: usize,
    pub upstream: usize,
    pub cut_off: usize,
}

impl Judged {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            ticks: self.ticks + other.ticks,
            succeeded: self.succeeded + other.succeeded,
            failed: self.failed + other.failed,
            paused: self.paused + other.paused,
            missed: self.missed + other.missed,
            overlapping: self.overlapping + other.overlapping,
            upstream: self.upstream + other.upstream,
            cut_off: self.cut_off + other.cut_off,
        }
    }
}

/// Ticks that the oracle knows and the ledger does not, and the other way round.
pub fn differences(ticks: &BTreeSet<&TickId>, reigns: &BTreeMap<String, Vec<Reign>>) -> (Vec<TickId>, Vec<TickId>) {
    let due = |(pipeline, reigns): (&String, &Vec<Reign>)| -> Vec<TickId> {
        let of = |reign: &Reign| oracle::due(reign.timetable.expression(), reign.timetable.zone(), reign.from, reign.until);
        reigns.iter().flat_map(of).map(|at| TickId::new(pipeline, at)).collect()
    };
    let due: BTreeSet<TickId> = reigns.iter().flat_map(due).collect();
    let lost = due.iter().filter(|id| !ticks.contains(id)).cloned().collect();
    let invented = ticks.iter().filter(|id| !due.contains(**id)).map(|id| (*id).clone()).collect();
    (lost, invented)
}

/// Judges a ledger. What is due after `settled` may still go on. `steps` are the times of all steps, where no clock was set.
pub fn judge(
    ticks: &[Tick],
    settled: DateTime<Utc>,
    log: &[Ran],
    reigns: &BTreeMap<String, Vec<Reign>>,
    definitions: &Definitions,
    pauses: &[Pause],
    steps: Option<&[DateTime<Utc>]>,
) -> Judged {
    let (lost, invented) = differences(&ticks.iter().map(|tick| &tick.id).collect(), reigns);
    assert!(lost.is_empty() && invented.is_empty(), "lost: {lost:?}; invented: {invented:?}");
    let mut ran: BTreeMap<&TickId, Vec<&Ran>> = BTreeMap::new();
    log.iter().for_each(|run| ran.entry(&run.id).or_default().push(run));
    let by_id: BTreeMap<&TickId, &Tick> = ticks.iter().map(|tick| (&tick.id, tick)).collect();
    let mut judged = Judged { ticks: ticks.len(), cut_off: log.iter().filter(|run| run.end == End::CutOff).count(), ..Judged::default() };
    let around = Around { definitions, pauses, steps, by_id };
    for tick in ticks.iter().filter(|tick| tick.state.is_end() || tick.id.nominal <= settled) {
        let runs = ran.get(&tick.id).map_or(&[][..], Vec::as_slice);
        judge_runs(tick, runs, &mut judged);
        if let TickState::Skipped { at, by } = tick.state {
            judge_skip(tick, at, by, &around, &mut judged);
        }
        judge_order(tick, runs, definitions, &ran);
    }
    judge_pipelines(log);
    judged
}

fn judge_runs(tick: &Tick, runs: &[&Ran], judged: &mut Judged) {
    // A run that ended, but whose scheduler died before it noted so, is begun again: that is one success more for each death.
    let successes = runs.iter().filter(|run| run.end == End::Succeeded).count();
    let (noted, unnoted) = (usize::from(matches!(tick.state, TickState::Succeeded { .. })), tick.interruptions as usize);
    match tick.state {
        TickState::Succeeded { .. } => {
            judged.succeeded += 1;
            assert!(successes >= noted && successes <= noted + unnoted, "{tick:?}: {runs:?}");
            assert_eq!(runs.last().map(|run| run.end), Some(End::Succeeded), "the last run is the one that counts: {tick:?}: {runs:?}");
        }
        TickState::Failed { failure, .. } => {
            judged.failed += 1;
            assert_eq!(runs.last().map(|run| run.end), Some(End::Failed(failure)), "{tick:?}: {runs:?}");
            assert!(successes <= unnoted, "{tick:?}: {runs:?}");
        }
        TickState::Skipped { .. } => assert!(runs.is_empty(), "skipped and run: {tick:?}: {runs:?}"),
        _ => panic!("nothing is left to do, and yet {tick:?}"),
    }
    assert!(runs.len() <= tick.attempts as usize, "every run is counted: {tick:?}: {runs:?}");
}

/// What a policy may look at.
struct Around<'a> {
    definitions: &'a Definitions,
    pauses: &'a [Pause],
    steps: Option<&'a [DateTime<Utc>]>,
    by_id: BTreeMap<&'a TickId, &'a Tick>,
}

impl Around<'_> {
    /// True where another tick of the pipeline was not done when one was skipped for it: an earlier one, or a later one that
    /// takes its place. It may well have met its own end without a run since, where what it depends on did not succeed.
    fn was_met(&self, tick: &Tick, at: DateTime<Utc>, overlap: Overlap) -> bool {
        // Where clocks were set, what stood when is not told by the times of the ledger.
        let was_due = |other: &Tick| self.steps.is_none() || other.id.nominal <= at;
        let was_open = |other: &Tick| match other.state {
            TickState::Succeeded { at: end } | TickState::Failed { at: end, .. } => self.steps.is_none() || end >= at,
            TickState::Skipped { at: end, by: SkippedBy::Upstream } => self.steps.is_none() || end >= at,
            TickState::Skipped { by, .. } => overlap == Overlap::Latest && by == SkippedBy::Overlap,
            _ => true,
        };
        let mut others: Box<dyn Iterator<Item = (&&TickId, &&Tick)>> = match overlap {
            Overlap::Latest => Box::new(self.by_id.range::<&TickId, _>(&tick.id..)),
            Overlap::Skip | Overlap::Queue => Box::new(self.by_id.range::<&TickId, _>(..&tick.id).rev()),
        };
        others.any(|(id, other)| id.pipeline == tick.id.pipeline && **id != tick.id && was_due(other) && was_open(other))
    }
}

fn judge_skip(tick: &Tick, at: DateTime<Utc>, by: SkippedBy, around: &Around<'_>, judged: &mut Judged) {
    let Around { definitions, pauses, steps, by_id, .. } = around;
    let definition = &definitions.pipelines[&tick.id.pipeline];
    let policies = &definition.policies;
    let age = at - tick.id.nominal;
    let grace = TimeDelta::from_std(GRACE).expect("a span");
    match by {
        SkippedBy::Paused => {
            judged.paused += 1;
            assert!(pauses.iter().any(|pause| pause.holds(&tick.id.pipeline, tick.id.nominal)), "{tick:?}");
        }
        SkippedBy::Misfire | SkippedBy::MaximumAge | SkippedBy::MaximumNumber => {
            judged.missed += 1;
            assert!(age > grace, "not missed: {tick:?}");
            let seen = |steps: &[DateTime<Utc>]| steps.iter().any(|step| tick.id.nominal <= *step && *step <= tick.id.nominal + grace);
            assert!(!steps.is_some_and(seen), "a scheduler was there in time: {tick:?}");
            let may = match by {
                SkippedBy::Misfire => policies.misfire != Misfire::All,
                SkippedBy::MaximumNumber => policies.misfire == Misfire::All && policies.maximum_number.is_some(),
                _ => policies.maximum_age.is_some_and(|most| age > TimeDelta::from_std(most).expect("a span")),
            };
            assert!(may, "no policy says so: {tick:?}");
        }
        SkippedBy::Overlap => {
            judged.overlapping += 1;
            assert_ne!(policies.overlap, Overlap::Queue, "{tick:?}");
            assert!(around.was_met(tick, at, policies.overlap), "there is no other: {tick:?}");
        }
        SkippedBy::Upstream => {
            judged.upstream += 1;
            let lost = |name: &String| {
                by_id.get(&TickId::new(name, tick.id.nominal)).is_some_and(|tick| matches!(tick.state, TickState::Failed { .. } | TickState::Skipped { .. }))
            };
            assert!(definition.depends_on.iter().any(lost), "all have succeeded: {tick:?}");
        }
        SkippedBy::Removed => panic!("nothing was removed: {tick:?}"),
    }
}

/// What depends on others ran after they succeeded.
fn judge_order(tick: &Tick, runs: &[&Ran], definitions: &Definitions, ran: &BTreeMap<&TickId, Vec<&Ran>>) {
    for upstream in &definitions.pipelines[&tick.id.pipeline].depends_on {
        let before = ran.get(&TickId::new(upstream, tick.id.nominal)).and_then(|runs| runs.last());
        if let (Some(first), Some(before)) = (runs.first(), before) {
            assert!(before.end == End::Succeeded && before.ended <= first.began, "{tick:?} ran before `{upstream}` had: {first:?} {before:?}");
        }
    }
}

/// No two runs of a pipeline went side by side.
fn judge_pipelines(log: &[Ran]) {
    let mut by_pipeline: BTreeMap<&str, Vec<&Ran>> = BTreeMap::new();
    log.iter().for_each(|run| by_pipeline.entry(&run.id.pipeline).or_default().push(run));
    for runs in by_pipeline.values_mut() {
        runs.sort_by_key(|run| (run.began, run.ended));
        runs.windows(2).for_each(|pair| assert!(pair[0].ended <= pair[1].began, "side by side: {pair:?}"));
    }
}
