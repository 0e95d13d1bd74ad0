//! A world for the scheduler: time that passes, a wall clock that people set, machines that die, runs that take long or fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rihla::schedule::attempt;
use rihla::schedule::driver::{Run, Runner};
use rihla::schedule::ledger::Token;
use rihla::schedule::tick::{Failure, TickId};

use super::dice::Dice;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Succeeded,
    Failed(Failure),
    /// Its scheduler died or was told to stop.
    CutOff,
}

/// A run that was begun.
#[derive(Debug, Clone)]
pub struct Ran {
    pub id: TickId,
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub end: End,
}

#[derive(Debug)]
struct Active {
    token: Token,
    began: DateTime<Utc>,
    ends: DateTime<Utc>,
    end: Result<(), Failure>,
}

/// What runs, and what ran.
#[derive(Debug)]
pub struct Runs {
    /// The time that passes, whatever clocks show.
    pub time: DateTime<Utc>,
    pub log: Vec<Ran>,
    /// The most that ran at once.
    pub most_at_once: usize,
    /// In percent, how many runs take long or fail.
    pub slow: u64,
    pub failing: u64,
    /// How many seconds a run takes at most that does not take long.
    pub usual: u64,
    active: BTreeMap<TickId, Active>,
    dice: Dice,
}

impl Runs {
    pub fn new(time: DateTime<Utc>, dice: Dice) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { time, log: Vec::new(), most_at_once: 0, slow: 3, failing: 12, usual: 1_500, active: BTreeMap::new(), dice }))
    }

    /// When the next run ends.
    pub fn next_end(&self) -> Option<DateTime<Utc>> {
        self.active.values().map(|active| active.ends).min()
    }

    /// Everything that a scheduler of this term runs is cut off.
    pub fn cut_off(&mut self, token: Token) {
        let time = self.time;
        let cut: Vec<TickId> = self.active.iter().filter(|(_, active)| active.token == token).map(|(id, _)| id.clone()).collect();
        for id in cut {
            let active = self.active.remove(&id).expect("a run");
            self.log.push(Ran { id, began: active.began, ended: time, end: End::CutOff });
        }
    }

    fn begin(&mut self, run: Run) {
        let seconds = if self.dice.chance(self.slow) { self.dice.between(4 * 3_600, 60 * 3_600) } else { self.dice.between(5, self.usual) };
        let failure = *self.dice.one_of(&[Failure::Unavailable, Failure::Unavailable, Failure::Conflict, Failure::Data]);
        let mut end = if self.dice.chance(self.failing) { Err(failure) } else { Ok(()) };
        let mut takes = std::time::Duration::from_secs(seconds);
        if let Some(timeout) = run.timeout.filter(|timeout| *timeout < takes) {
            (takes, end) = (timeout, Err(Failure::Timeout));
        }
        let active = Active { token: run.token, began: self.time, ends: self.time + TimeDelta::from_std(takes).expect("a span"), end };
        let before = self.active.insert(run.id.clone(), active);
        assert!(before.is_none(), "{:?} runs twice at once", run.id);
        let of_pipeline = self.active.keys().filter(|id| id.pipeline == run.id.pipeline).count();
        assert_eq!(of_pipeline, 1, "two runs of `{}` at once", run.id.pipeline);
        self.most_at_once = self.most_at_once.max(self.active.len());
    }

    fn end(&mut self, token: Token) -> Vec<(TickId, Result<(), Failure>)> {
        let time = self.time;
        let over = self.active.extract_if(.., |_, active| active.token == token && active.ends <= time);
        let over: Vec<(TickId, Active)> = over.collect();
        let ended = over.into_iter().map(|(id, active)| {
            let end = active.end.map_or_else(End::Failed, |()| End::Succeeded);
            self.log.push(Ran { id: id.clone(), began: active.began, ended: active.ends, end });
            (id, active.end)
        });
        ended.collect()
    }
}

/// The runner of one scheduler.
#[derive(Debug, Clone)]
pub struct WorldRunner {
    pub runs: Arc<Mutex<Runs>>,
    pub token: Token,
}

impl WorldRunner {
    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runner for WorldRunner {
    fn start(&mut self, run: Run) {
        self.runs().begin(run);
    }

    fn ended(&mut self) -> Vec<(TickId, attempt::End)> {
        self.runs().end(self.token).into_iter().map(|(id, result)| (id, result.into())).collect()
    }

    fn stop_all(&mut self) {
        self.runs().cut_off(self.token);
    }
}
