//! What a scheduler tells the desk of alerts: how ticks ended, what runs told, whether the project and the clock are in order.
//!
//! Guarantees: what failed while nobody could be told, or just before a scheduler died, is told by the next one, from the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::driver::{Driver, Stepped};
use super::ledger::{self, Ledger};
use super::runner::Processes;
use super::tick::{Tick, TickId, TickState};
use crate::alert::post::Patience;
use crate::alert::{Desk, Fact, Matter, RunFacts};
use crate::clock::SharedClock;
use crate::error::Error;
use crate::project::Project;

/// How long it is tried to send what is left when the scheduler stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a scheduler knows of what it told.
pub struct Alarm {
    desk: Desk,
    project: Arc<Project>,
    is_clock_believed: Option<bool>,
    /// False until the last ends of all pipelines were told.
    has_told_all: bool,
}

impl Alarm {
    /// Opens the desk. A project that is scheduled with is in order.
    pub fn open(project: Arc<Project>, clock: SharedClock) -> Self {
        let desk = Desk::open(project.clone(), clock, Patience::default());
        desk.tell(vec![Fact::Project(None)]);
        Self { desk, project, is_clock_believed: None, has_told_all: false }
    }

    /// Tells what a step of the scheduler came to.
    pub async fn look(&mut self, driver: &mut Driver<dyn Ledger, Processes>, stepped: &Stepped) {
        let told = driver.runner().told();
        if self.project.receivers.is_empty() {
            return;
        }
        let mut facts: Vec<Fact> = told.iter().filter_map(|(id, told)| RunFacts::of(&id.pipeline, &told.report).map(Fact::Run)).collect();
        let notes: BTreeMap<TickId, String> = told.into_iter().map(|(id, told)| (id, told.end.note)).collect();
        facts.extend(self.ends(driver.ledger(), &notes).await);
        if self.is_clock_believed != Some(stepped.is_clock_believed) {
            self.is_clock_believed = Some(stepped.is_clock_believed);
            facts.push(Fact::Clock { is_believed: stepped.is_clock_believed });
        }
        self.desk.tell(facts);
    }

    /// How the runs came to an end that just did; at first, how the last one of every pipeline did.
    async fn ends(&mut self, ledger: &dyn Ledger, notes: &BTreeMap<TickId, String>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if !self.has_told_all {
            match last_ends(ledger, notes).await {
                Ok(ends) => {
                    let scheduled = &self.project.schedule.definitions.pipelines;
                    facts.push(Fact::Scheduled(scheduled.keys().cloned().collect()));
                    facts.extend(ends.into_iter().filter(|(pipeline, _)| scheduled.contains_key(pipeline)).map(|(_, fact)| fact));
                    self.has_told_all = true;
                }
                Err(error) => crate::alert::post::tell(&error.into()),
            }
            return facts;
        }
        for id in notes.keys() {
            match ledger.ticks(id.nominal, id.nominal + TimeDelta::microseconds(1)).await {
                Ok(ticks) => facts.extend(ticks.iter().filter(|tick| tick.id == *id).filter_map(|tick| fact(tick, note(notes, id)))),
                Err(error) => {
                    // The next look tells of all of them.
                    self.has_told_all = false;
                    crate::alert::post::tell(&error.into());
                }
            }
        }
        facts
    }

    /// A changed project was taken over.
    pub fn change(&mut self, project: Arc<Project>) {
        self.project = project.clone();
        self.desk.change(project);
        self.desk.tell(vec![Fact::Project(None)]);
        // Whoever is a receiver since then hears of what is the matter now.
        self.has_told_all = false;
        self.is_clock_believed = None;
    }

    /// A changed project was refused.
    pub fn refused(&self, error: &Error) {
        let why = std::iter::once(error.to_string()).chain(error.hints().iter().cloned());
        self.desk.tell(vec![Fact::Project(Some(why.collect()))]);
    }

    /// Sends what can be sent within some seconds.
    pub async fn close(self) {
        self.desk.close(FAREWELL).await;
    }
}

/// How the last run of each pipeline ended. What a run said that another scheduler saw end stands in the ledger.
async fn last_ends(ledger: &dyn Ledger, notes: &BTreeMap<TickId, String>) -> ledger::Result<Vec<(String, Fact)>> {
    let mut ends = Vec::new();
    for tick in ledger.last_ends().await? {
        let note = match &tick.state {
            TickState::Failed { .. } if !notes.contains_key(&tick.id) => {
                let attempts = ledger.attempts(tick.id.nominal, tick.id.nominal + TimeDelta::microseconds(1)).await?;
                let last = attempts.into_iter().rfind(|attempt| attempt.id == tick.id);
                last.and_then(|attempt| attempt.ended).map(|end| end.note).unwrap_or_default()
            }
            _ => note(notes, &tick.id),
        };
        ends.extend(fact(&tick, note).map(|fact| (tick.id.pipeline.clone(), fact)));
    }
    Ok(ends)
}

fn note(notes: &BTreeMap<TickId, String>, id: &TickId) -> String {
    notes.get(id).cloned().unwrap_or_default()
}

/// How a tick came to its end by running; nothing of one that is to be tried again or was skipped.
fn fact(tick: &Tick, note: String) -> Option<Fact> {
    let pipeline = tick.id.pipeline.clone();
    match &tick.state {
        TickState::Succeeded { .. } => Some(Fact::Ended { pipeline, failed: None }),
        TickState::Failed { failure, .. } => {
            let failed = Matter::Failed { pipeline: pipeline.clone(), due: tick.id.nominal, failure: failure.name().to_owned(), attempts: tick.attempts, note };
            Some(Fact::Ended { pipeline, failed: Some(failed) })
        }
        _ => None,
    }
}
