//! Due times become ticks: of every pipeline those since it was last decided about.
//!
//! Guarantees: whatever the clock did, a due time becomes one tick, by the expression that was in force then as far as a
//! scheduler saw it. A clock that goes back makes nothing due again.

use chrono::{DateTime, TimeDelta, Utc};

use super::agenda::Agenda;
use super::policy::{Definition, Definitions};
use super::state::{Change, Known, State};
use super::tick::{SkippedBy, Tick, TickId};
use super::{chance, misfire};
use crate::graph;

/// So many ticks are recorded before it is noted that they are: a ledger may store them piece by piece.
const PIECE: usize = 1_000;

/// The changes that decide about everything that is due at `now`. Pipelines stand before those that they depend on, so that
/// whoever finds a tick of the former finds what it waits for.
pub fn changes(now: DateTime<Utc>, state: &State, definitions: &Definitions, agenda: &mut Agenda) -> Vec<Change> {
    let mut changes = Vec::new();
    for pipeline in dependants_first(definitions) {
        let definition = &definitions.pipelines[pipeline];
        match state.known.get(pipeline) {
            Some(known) => of_known(pipeline, definition, known, now, state, agenda, &mut changes),
            None => changes.push(Change::Know(pipeline.to_owned(), Known { timetable: definition.timetable.clone(), decided_until: now })),
        }
    }
    for (pipeline, known) in state.known.iter().filter(|(name, _)| !definitions.pipelines.contains_key(*name)) {
        let due = known.timetable.due(known.decided_until, now);
        changes.extend(due.into_iter().map(|at| Change::Record(Tick::skipped(TickId::new(pipeline, at), now, SkippedBy::Removed))));
        changes.push(Change::Forget(pipeline.clone()));
    }
    changes
}

fn of_known(pipeline: &str, definition: &Definition, known: &Known, now: DateTime<Utc>, state: &State, agenda: &mut Agenda, changes: &mut Vec<Change>) {
    let is_edited = known.timetable != definition.timetable;
    if agenda.next(pipeline, known).is_some_and(|next| next <= now) {
        let due = known.timetable.due(known.decided_until, now);
        record(pipeline, definition, known, &due, now, state, changes);
    }
    if is_edited {
        changes.push(Change::Know(pipeline.to_owned(), Known { timetable: definition.timetable.clone(), decided_until: now }));
    }
}

fn record(pipeline: &str, definition: &Definition, known: &Known, due: &[DateTime<Utc>], now: DateTime<Utc>, state: &State, changes: &mut Vec<Change>) {
    let decided = misfire::decide(pipeline, &definition.policies, due, &state.pauses, now);
    let ticks: Vec<Tick> = due.iter().zip(decided).map(|(at, skipped)| tick(TickId::new(pipeline, *at), definition, skipped, now)).collect();
    for piece in ticks.chunks(PIECE) {
        let Some(last) = piece.last() else { continue };
        let decided_until = last.id.nominal;
        changes.extend(piece.iter().cloned().map(Change::Record));
        changes.push(Change::Know(pipeline.to_owned(), Known { timetable: known.timetable.clone(), decided_until }));
    }
}

fn tick(id: TickId, definition: &Definition, skipped: Option<SkippedBy>, now: DateTime<Utc>) -> Tick {
    match skipped {
        Some(by) => Tick::skipped(id, now, by),
        None => {
            let jitter = TimeDelta::from_std(chance::jitter(&id, definition.policies.jitter)).unwrap_or_default();
            let from = id.nominal + jitter;
            Tick::waiting(id, from)
        }
    }
}

/// The pipelines, each before all that it depends on.
fn dependants_first(definitions: &Definitions) -> Vec<&str> {
    let edges = definitions.pipelines.iter().map(|(name, definition)| (name.as_str(), definition.depends_on.iter().map(String::as_str).collect())).collect();
    // A cycle was refused when the project was read; of one that is there all the same every pipeline waits.
    let mut order = graph::order(&edges).unwrap_or_else(|_| edges.keys().copied().collect());
    order.reverse();
    order
}
