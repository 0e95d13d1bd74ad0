//! The graph of models gone through: each built once what it reads is there, side by side, and each failing alone.
//!
//! Guarantees: no model is built on one that failed or is out of date, so that whatever is up to date afterwards is of
//! one state with its inputs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tracing::{Instrument, error_span};

use super::build::{AnewOf, Builder, One};
use super::rebuild::Upstream;
use crate::error::{Error, Kind, Result};
use crate::graph::reach;
use crate::parallel;
use crate::warehouse::{LastBuild, Resource, TestResult};

/// What was built.
#[derive(Debug, Default)]
pub struct Built {
    /// The tables and the results of their tests; of those not up to date what was built last.
    pub build: LastBuild,
    /// How many tables were made anew.
    pub rebuilt: usize,
    /// What became of each model, in the order of the graph.
    pub outcomes: Vec<ModelOutcome>,
}

/// What became of a model.
#[derive(Debug)]
pub struct ModelOutcome {
    /// The model.
    pub model: String,
    /// True where it was to be up to date afterwards: asked for, or read by one that was.
    pub is_wanted: bool,
    /// How it ended.
    pub ending: Ending,
}

impl ModelOutcome {
    /// Takes the results of its tests from those of all models, as they are once those of the run were run too.
    pub fn note_tests(&mut self, tests: &[TestResult]) {
        if let Ending::UpToDate(facts) = &mut self.ending {
            facts.tests = tests.iter().filter(|test| test.model == self.model).cloned().collect();
        }
    }
}

/// How a model ended.
#[derive(Debug)]
pub enum Ending {
    /// It is up to date.
    UpToDate(Facts),
    /// It could not be built.
    Failed(Error),
    /// It was not tried, since a model that it rests on failed: this one.
    Skipped(String),
    /// It is out of date, or rests on one that is, and was not asked for.
    OutOfDate,
}

/// What is told of a model that is up to date.
#[derive(Debug, Clone)]
pub struct Facts {
    /// False where it was so already.
    pub is_rebuilt: bool,
    /// Rows of its table.
    pub rows: u64,
    /// The results of its tests.
    pub tests: Vec<TestResult>,
    /// How much of it was made anew, where it is made in parts and was not up to date already.
    pub parts: Option<AnewOf>,
    /// Which of the places side by side it had, from 1.
    pub place: usize,
    /// When it began, was written, and was tested.
    pub times: [DateTime<Utc>; 3],
}

/// What became of a model so far.
enum State {
    Waiting,
    Running,
    Done(Box<One>, usize),
    Ended(Ending),
}

/// What can be done with a model.
enum Next {
    Wait,
    End(Ending),
    Build(String, Upstream),
}

impl Builder<'_> {
    /// Builds and tests what is wanted and all it rests on, side by side where one does not read the other; what is not
    /// wanted is used again where it is up to date.
    ///
    /// # Errors
    /// As the disk says; a model that the engine cannot run is in the outcomes.
    pub async fn build(&self, mut progress: impl FnMut(&str)) -> Result<Built> {
        let most = parallel::cores();
        let mut places: BTreeSet<usize> = (1..=most).collect();
        let wanted = self.wanted_and_read();
        let mut states: Vec<State> = self.checked.models.iter().map(|_| State::Waiting).collect();
        let mut running = FuturesUnordered::new();
        // Those for which there was no room beside others: they are built anew by themselves.
        let (mut large, mut alone) = (BTreeSet::new(), None);
        loop {
            // Models stand after what they read, so that one pass ends all that rest on what failed.
            for index in 0..states.len() {
                let (State::Waiting, Some(place)) = (&states[index], places.first().copied()) else { continue };
                if alone.is_some() || (large.contains(&index) && !running.is_empty()) {
                    continue;
                }
                match self.next(index, &states)? {
                    Next::Wait => {}
                    Next::End(ending) => states[index] = State::Ended(ending),
                    Next::Build(fingerprint, upstream) => {
                        let name = self.checked.models[index].name.as_str();
                        progress(name);
                        places.remove(&place);
                        states[index] = State::Running;
                        alone = large.contains(&index).then_some(index);
                        let may_build = wanted.contains(name);
                        let span = error_span!("model", model = name);
                        running.push(async move { (index, place, self.build_model(index, fingerprint, &upstream, may_build).instrument(span).await) });
                    }
                }
            }
            let Some((index, place, done)) = running.next().await else { break };
            places.insert(place);
            note(self.checked.models[index].name.as_str(), &done);
            let was_alone = alone.take_if(|alone| *alone == index).is_some();
            states[index] = match done {
                Err(error) if !was_alone && lacks_memory(&error) => {
                    large.insert(index);
                    State::Waiting
                }
                done => ended(done, place)?,
            };
        }
        self.assemble(states, &wanted)
    }

    /// The models wanted, and all that they read.
    fn wanted_and_read(&self) -> BTreeSet<&str> {
        let edges: BTreeMap<&str, BTreeSet<&str>> = self.checked.models.iter().map(|model| (model.name.as_str(), model.models_read())).collect();
        let Some(wanted) = self.wanted else { return edges.into_keys().collect() };
        let wanted: BTreeSet<&str> = edges.keys().copied().filter(|name| wanted.contains(*name)).collect();
        let read = reach(&edges, &wanted, usize::MAX);
        wanted.union(&read).copied().collect()
    }

    fn next(&self, index: usize, states: &[State]) -> Result<Next> {
        let model = &self.checked.models[index];
        let read = model.models_read();
        let mut upstream = Upstream::default();
        for (other, state) in self.checked.models.iter().zip(states).filter(|(other, _)| read.contains(other.name.as_str())) {
            match state {
                State::Waiting | State::Running => return Ok(Next::Wait),
                State::Done(one, _) => upstream.note(other.name.as_str(), one),
                State::Ended(Ending::Skipped(failed)) => return Ok(Next::End(Ending::Skipped(failed.clone()))),
                State::Ended(Ending::OutOfDate) => return Ok(Next::End(Ending::OutOfDate)),
                State::Ended(_) => return Ok(Next::End(Ending::Skipped(other.name.as_str().to_owned()))),
            }
        }
        self.fingerprint(index, |read| upstream.hashes.get(read).cloned()).map(|fingerprint| Next::Build(fingerprint, upstream))
    }

    /// What was built in an order that does not depend on which model was done first.
    fn assemble(&self, states: Vec<State>, wanted: &BTreeSet<&str>) -> Result<Built> {
        let mut built = Built::default();
        for (model, state) in self.checked.models.iter().zip(states) {
            let name = model.name.as_str();
            let kept = |tables: &[Resource]| tables.iter().find(|table| table.name == name).cloned();
            let (ending, resource, tests) = match state {
                State::Done(one, place) => {
                    let One { resource, tests, rebuilt, parts, anew, begun, written, tested } = *one;
                    let times = [begun, written, tested];
                    let facts = Facts { is_rebuilt: rebuilt, rows: resource.rihla.rows, tests: tests.clone(), parts: anew, place, times };
                    built.build.partitioned.extend(parts.map(|parts| (name.to_owned(), parts.as_ref().clone())));
                    (Ending::UpToDate(facts), Some(resource), tests)
                }
                State::Ended(ending) => {
                    built.build.partitioned.extend(self.last.partitioned.get(name).map(|parts| (name.to_owned(), parts.clone())));
                    let tests = self.last.tests.iter().filter(|test| test.model == name).cloned().collect();
                    (ending, kept(if model.is_staging { &self.last.staging } else { &self.last.tables }), tests)
                }
                State::Waiting | State::Running => {
                    return Err(Error::new(Kind::Internal, format!("{name} waits for a model that is never built")));
                }
            };
            built.rebuilt += usize::from(matches!(&ending, Ending::UpToDate(facts) if facts.is_rebuilt));
            built.build.tests.extend(tests);
            if model.is_staging { &mut built.build.staging } else { &mut built.build.tables }.extend(resource);
            built.outcomes.push(ModelOutcome { model: name.to_owned(), is_wanted: wanted.contains(name), ending });
        }
        built.build.tables.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(built)
    }
}

fn ended(done: Result<Option<One>>, place: usize) -> Result<State> {
    match done {
        Ok(Some(one)) => Ok(State::Done(Box::new(one), place)),
        Ok(None) => Ok(State::Ended(Ending::OutOfDate)),
        Err(error) if fails_alone(&error) => Ok(State::Ended(Ending::Failed(error))),
        Err(error) => Err(error),
    }
}

/// True where other models may well be built all the same: what the engine says of this one, and not the disk of all.
fn fails_alone(error: &Error) -> bool {
    matches!(error.kind(), Kind::Data | Kind::Internal) || lacks_memory(error)
}

/// True where the engine had no room in memory: what runs side by side shares one budget, and each has a part of it.
fn lacks_memory(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<DataFusionError>());
    cause.is_some_and(|cause| matches!(cause.find_root(), DataFusionError::ResourcesExhausted(_)))
}

/// Notes in the log what became of a model.
fn note(model: &str, done: &Result<Option<One>>) {
    match done {
        Ok(Some(one)) if one.rebuilt => tracing::info!(model, rows = one.resource.rihla.rows, "model built"),
        Ok(Some(_)) => tracing::debug!(model, "model used again"),
        Ok(None) => tracing::debug!(model, "model left out of date"),
        Err(error) => tracing::info!(model, because = error.causes().join(": "), "model failed: {error}"),
    }
}
