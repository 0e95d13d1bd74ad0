//! What a scheduler knows between two steps, and the changes by which it comes to know more.
//!
//! Guarantees: a ledger that has stored a prefix of the changes of a step holds a state from which the next step goes on: ticks
//! are recorded before it is noted that they were decided about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::attempt::Attempt;
use super::pause::Pause;
use super::tick::{Tick, TickId};
use super::timetable::Timetable;

/// What was last decided by: until when, and by which expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The expression in force since then. An edit counts from when a scheduler sees it; what was due before is due still.
    pub timetable: Timetable,
    /// Every due time until here is a tick.
    pub decided_until: DateTime<Utc>,
}

/// What a scheduler knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The pipelines that are scheduled.
    pub known: BTreeMap<String, Known>,
    /// Every tick that has not come to its end, and the others of the same nominal times.
    pub ticks: BTreeMap<TickId, Tick>,
    /// Pauses, of the past too as long as ticks may be decided about that fall into them.
    pub pauses: Vec<Pause>,
}

/// One change of what is known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most changes of a step are ticks, and there are few of any kind at a time")]
pub enum Change {
    /// A due time becomes a tick. Where there is one already, that one stands.
    Record(Tick),
    /// A tick takes its next step. Refused where it has taken another one meanwhile.
    Step(Tick),
    /// An attempt began or ended. What was noted of the same one before is replaced.
    Note(Attempt),
    /// What was asked for is heard.
    Heard(TickId),
    /// A pipeline is decided about until an instant.
    Know(String, Known),
    /// A pipeline is no longer scheduled.
    Forget(String),
}

impl State {
    /// Takes a change in.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Record(tick) => {
                self.ticks.entry(tick.id.clone()).or_insert(tick);
            }
            Change::Step(tick) => {
                self.ticks.insert(tick.id.clone(), tick);
            }
            // Nothing is decided by these.
            Change::Note(_) | Change::Heard(_) => {}
            Change::Know(pipeline, known) => {
                self.known.insert(pipeline, known);
            }
            Change::Forget(pipeline) => {
                self.known.remove(&pipeline);
            }
        }
    }

    /// The ticks that have not come to their end, in order.
    pub fn open(&self) -> impl Iterator<Item = &Tick> {
        self.ticks.values().filter(|tick| !tick.state.is_end())
    }

    /// How many runs there are.
    pub fn taken(&self) -> usize {
        self.ticks.values().filter(|tick| tick.state.is_taken()).count()
    }

    /// Lets go of ticks that came to their end and that nobody waits for.
    pub fn let_go(&mut self) {
        let needed: BTreeSet<DateTime<Utc>> = self.open().map(|tick| tick.id.nominal).collect();
        self.ticks.retain(|id, _| needed.contains(&id.nominal));
    }
}
