//! Ticks that are run again since somebody asks for it.
//!
//! Guarantees: a tick keeps its nominal time and its attempts; those of its round that were skipped since it had not succeeded
//! wait for it once more.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::policy::Definitions;
use super::state::Change;
use super::tick::{SkippedBy, Tick, TickId, TickState};

/// The changes by which a tick of a round waits again, and all that was skipped because of it. None where it did not fail, or
/// is of a pipeline that is no longer scheduled.
pub fn changes(asked: &TickId, round: &[Tick], definitions: &Definitions, now: DateTime<Utc>) -> Vec<Change> {
    let of = |pipeline: &str| round.iter().find(|tick| tick.id.pipeline == pipeline);
    let is_known = definitions.pipelines.contains_key(&asked.pipeline);
    let Some(failed) = of(&asked.pipeline).filter(|tick| is_known && can_be_asked(&tick.state)) else { return Vec::new() };
    let mut reopened = vec![again(failed, now)];
    let mut open = BTreeSet::from([asked.pipeline.as_str()]);
    // Each turn finds those that depend on what the last one found.
    loop {
        let waits = |name: &&str| definitions.pipelines[*name].depends_on.iter().any(|upstream| open.contains(upstream.as_str()));
        let found: Vec<&str> = definitions.pipelines.keys().map(String::as_str).filter(|name| !open.contains(name) && waits(name)).collect();
        if found.is_empty() {
            return reopened;
        }
        let skipped = found.iter().filter_map(|name| of(name)).filter(|tick| is_skipped_for_upstream(&tick.state));
        reopened.extend(skipped.map(|tick| again(tick, now)));
        open.extend(found);
    }
}

/// True for a tick that somebody may ask to be run again.
pub fn can_be_asked(state: &TickState) -> bool {
    matches!(state, TickState::Failed { .. })
}

fn is_skipped_for_upstream(state: &TickState) -> bool {
    matches!(state, TickState::Skipped { by: SkippedBy::Upstream, .. })
}

fn again(tick: &Tick, now: DateTime<Utc>) -> Change {
    Change::Step(tick.stepped(TickState::Waiting { from: now }))
}
