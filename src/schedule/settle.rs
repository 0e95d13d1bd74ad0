//! Which waiting ticks will not run after all, and which are started now.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::ledger::Token;
use super::policy::{Definition, Definitions, Overlap};
use super::state::{Change, State};
use super::tick::{SkippedBy, Tick, TickId, TickState};

/// The changes by which waiting ticks are skipped: their pipeline was removed, they meet another one, or what they depend on
/// did not succeed. Empty once nothing is left to say; what one call skips, the next may skip more for.
pub fn changes(now: DateTime<Utc>, state: &State, definitions: &Definitions) -> Vec<Change> {
    let mut changes = Vec::new();
    for (pipeline, ticks) in by_pipeline(state) {
        let Some(definition) = definitions.pipelines.get(pipeline) else {
            changes.extend(ticks.iter().filter(|tick| is_waiting(tick)).map(|tick| skip(tick, now, SkippedBy::Removed)));
            continue;
        };
        let lost = ticks.iter().filter(|tick| is_fresh(tick) && upstream(tick, definition, state) == Upstream::Lost);
        let lost: Vec<Change> = lost.map(|tick| skip(tick, now, SkippedBy::Upstream)).collect();
        if lost.is_empty() {
            changes.extend(overlapping(&ticks, definition.policies.overlap, now));
        } else {
            changes.extend(lost);
        }
    }
    changes
}

/// The ticks to start now, in order: the first to wait is the first to go, and no more than there is room for.
pub fn starts(now: DateTime<Utc>, state: &State, definitions: &Definitions, token: Token) -> Vec<Tick> {
    let room = definitions.at_a_time.saturating_sub(state.taken());
    let ready = by_pipeline(state).into_iter().filter_map(|(pipeline, ticks)| {
        let definition = definitions.pipelines.get(pipeline)?;
        let first = *ticks.first()?;
        // Mostly what runs is the first; not where it was due by a clock that had been set ahead, and another expression makes
        // an earlier time due since.
        if ticks.iter().any(|tick| tick.state.is_taken()) {
            return None;
        }
        let is_held = state.pauses.iter().any(|pause| pause.lasts(pipeline));
        let has_come = |from: DateTime<Utc>| has_come(from, now, definition);
        let from = waits_from(first).filter(|from| !is_held && has_come(*from))?;
        (first.attempts > 0 || upstream(first, definition, state) == Upstream::Done).then_some((from, first))
    });
    let mut ready: Vec<(DateTime<Utc>, &Tick)> = ready.collect();
    ready.sort_by(|(a_from, a), (b_from, b)| (a_from, &a.id).cmp(&(b_from, &b.id)));
    ready.into_iter().take(room).map(|(_, tick)| tick.stepped(TickState::Claimed { token })).collect()
}

/// When something may be started next, if nothing else happens. What could have started by `now` waits for something else.
pub fn next_start(now: DateTime<Utc>, state: &State) -> Option<DateTime<Utc>> {
    by_pipeline(state).values().filter_map(|ticks| waits_from(ticks.first()?)).filter(|from| *from > now).min()
}

/// True where a tick need wait no longer. No tick waits longer than its policies say: where it seems so, the clock went back.
fn has_come(from: DateTime<Utc>, now: DateTime<Utc>, definition: &Definition) -> bool {
    let most: Duration = definition.policies.jitter.max(definition.policies.retry.most);
    from <= now || TimeDelta::from_std(most).is_ok_and(|most| from - now > most)
}

/// The open ticks of each pipeline, in order.
fn by_pipeline(state: &State) -> BTreeMap<&str, Vec<&Tick>> {
    let mut found: BTreeMap<&str, Vec<&Tick>> = BTreeMap::new();
    for tick in state.open() {
        found.entry(&tick.id.pipeline).or_default().push(tick);
    }
    found
}

fn overlapping(ticks: &[&Tick], overlap: Overlap, now: DateTime<Utc>) -> Vec<Change> {
    match overlap {
        Overlap::Queue => Vec::new(),
        Overlap::Skip => ticks.iter().skip(1).filter(|tick| is_fresh(tick)).map(|tick| skip(tick, now, SkippedBy::Overlap)).collect(),
        Overlap::Latest => latest(ticks, now),
    }
}

/// Of ticks that have not begun only the last stays. It takes the place of those in the queue, lest it wait anew each time.
fn latest(ticks: &[&Tick], now: DateTime<Utc>) -> Vec<Change> {
    let fresh: Vec<&Tick> = ticks.iter().copied().filter(|tick| is_fresh(tick)).collect();
    let [replaced @ .., last] = &fresh[..] else { return Vec::new() };
    let place = fresh.iter().filter_map(|tick| waits_from(tick)).min();
    let moved = place.filter(|place| waits_from(last) != Some(*place)).map(|from| Change::Step(last.stepped(TickState::Waiting { from })));
    moved.into_iter().chain(replaced.iter().map(|tick| skip(tick, now, SkippedBy::Overlap))).collect()
}

fn skip(tick: &Tick, at: DateTime<Utc>, by: SkippedBy) -> Change {
    Change::Step(tick.stepped(TickState::Skipped { at, by }))
}

fn waits_from(tick: &Tick) -> Option<DateTime<Utc>> {
    if let TickState::Waiting { from } = tick.state { Some(from) } else { None }
}

fn is_waiting(tick: &Tick) -> bool {
    waits_from(tick).is_some()
}

/// True for a tick that waits and never began.
fn is_fresh(tick: &Tick) -> bool {
    is_waiting(tick) && tick.attempts == 0
}

/// How far the pipelines are that a tick depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Upstream {
    /// All have succeeded, as far as they were due.
    Done,
    /// One is not done.
    Open,
    /// One failed or was skipped.
    Lost,
}

fn upstream(tick: &Tick, definition: &Definition, state: &State) -> Upstream {
    let of = |pipeline: &String| match state.ticks.get(&TickId::new(pipeline, tick.id.nominal)).map(|tick| &tick.state) {
        Some(TickState::Succeeded { .. }) => Upstream::Done,
        Some(TickState::Failed { .. } | TickState::Skipped { .. }) if definition.does_without.contains(pipeline) => Upstream::Done,
        Some(TickState::Failed { .. } | TickState::Skipped { .. }) => Upstream::Lost,
        Some(_) => Upstream::Open,
        None if is_yet_to_be_decided(pipeline, tick.id.nominal, state) => Upstream::Open,
        // It was not scheduled at that time.
        None => Upstream::Done,
    };
    definition.depends_on.iter().map(of).max().unwrap_or(Upstream::Done)
}

fn is_yet_to_be_decided(pipeline: &str, nominal: DateTime<Utc>, state: &State) -> bool {
    let Some(known) = state.known.get(pipeline) else { return false };
    known.decided_until < nominal && !known.timetable.due(nominal - TimeDelta::seconds(1), nominal).is_empty()
}
