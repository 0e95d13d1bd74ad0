//! The scheduler's step: what ended is noted, what is due is decided about, what may run is started. Nothing here sleeps or asks
//! for the time, so that years of it can be simulated.
//!
//! Guarantees: whatever is done is in the ledger first, so that a death between any two steps loses and doubles nothing. A run
//! whose end was not noted is begun again: what runs must bear that, as loads do, which append nothing twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::agenda::Agenda;
use super::attempt::{Attempt, AttemptEnd, End};
use super::lease::{BEAT, Pulse};
use super::ledger::{Ledger, LedgerError, Result, Token};
use super::policy::{Definition, Definitions, Retry};
use super::state::{Change, State};
use super::tick::{Failure, Tick, TickId, TickState};
use super::trust::Trust;
use super::{decide, reopen, retry, settle};

/// A run that a runner is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What it is the run of.
    pub id: TickId,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The term of the scheduler: the warehouse refuses what is done in an earlier one.
    pub token: Token,
    /// The runner stops it after so long, and says [`Failure::Timeout`].
    pub timeout: Option<Duration>,
}

/// What runs pipelines.
pub trait Runner {
    /// Begins a run. It must not wait for its end.
    fn start(&mut self, run: Run);

    /// The runs that ended since this was last asked, and how.
    fn ended(&mut self) -> Vec<(TickId, End)>;

    /// Stops everything that runs, since another scheduler has taken over or this one must go. Nothing of it ends afterwards.
    fn stop_all(&mut self);
}

/// How far a scheduler is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It starts what is due.
    Going,
    /// It starts nothing more, and waits for what runs.
    Draining,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepped {
    /// How many runs there are.
    pub running: usize,
    /// In which time to step again at the latest, if nothing else happens.
    pub again_in: Duration,
    /// False where the wall clock leapt ahead and nothing is decided about until it has kept that for a while.
    pub is_clock_believed: bool,
}

/// A scheduler that holds the lease.
pub struct Driver<L: ?Sized, R> {
    ledger: Arc<L>,
    runner: R,
    token: Token,
    definitions: Definitions,
    /// What is known; nothing where the ledger must be asked.
    state: Option<State>,
    /// Runs that ended and are not noted yet.
    ended: Vec<(TickId, End)>,
    /// Runs that the runner was given and that are not noted as ended.
    given: BTreeSet<TickId>,
    agenda: Agenda,
    trust: Trust,
    pulse: Pulse,
}

impl<L: Ledger + ?Sized, R: Runner> Driver<L, R> {
    /// A scheduler of the term `token`.
    pub fn new(ledger: Arc<L>, runner: R, token: Token, definitions: Definitions) -> Self {
        Self {
            ledger,
            runner,
            token,
            definitions,
            state: None,
            ended: Vec::new(),
            given: BTreeSet::new(),
            agenda: Agenda::default(),
            trust: Trust::default(),
            pulse: Pulse::default(),
        }
    }

    /// The project was changed. What was due before is due by what was declared before.
    pub fn redefine(&mut self, definitions: Definitions) {
        self.definitions = definitions;
    }

    /// The ledger.
    pub fn ledger(&self) -> &L {
        &self.ledger
    }

    /// What runs the pipelines.
    pub fn runner(&mut self) -> &mut R {
        &mut self.runner
    }

    /// One step at `now`, `elapsed` after the last one by a clock that nobody sets.
    ///
    /// # Errors
    /// [`LedgerError::Lost`] where another scheduler took over, or may: everything that ran was stopped, and this one is at its
    /// end. `Failed` where the ledger could not be reached: step again.
    pub async fn step(&mut self, now: DateTime<Utc>, elapsed: Duration, mode: Mode) -> Result<Stepped> {
        self.pulse.pass(elapsed);
        let is_believed = self.trust.believes(now, elapsed);
        self.ended.extend(self.runner.ended());
        match self.try_step(now, is_believed, mode).await {
            Ok(()) => Ok(self.stepped(now, is_believed)),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&mut self, error: LedgerError) -> LedgerError {
        // How much of it was stored is not known.
        self.state = None;
        let error = if self.pulse.is_over() { LedgerError::Lost } else { error };
        if matches!(error, LedgerError::Lost) {
            self.runner.stop_all();
        }
        error
    }

    async fn try_step(&mut self, now: DateTime<Utc>, is_believed: bool, mode: Mode) -> Result<()> {
        if self.pulse.is_due() {
            self.ledger.renew(self.token).await?;
            self.pulse.beat();
        }
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.recovered(now).await?,
        };
        state.pauses = self.ledger.pauses().await?;
        self.note_ends(&mut state, now).await?;
        self.hear(&mut state, now).await?;
        if is_believed {
            let changes = decide::changes(now, &state, &self.definitions, &mut self.agenda);
            self.commit(&mut state, changes).await?;
        }
        loop {
            let changes = settle::changes(now, &state, &self.definitions);
            if changes.is_empty() {
                break;
            }
            self.commit(&mut state, changes).await?;
        }
        if mode == Mode::Going {
            self.start(&mut state, now).await?;
        }
        state.let_go();
        self.state = Some(state);
        Ok(())
    }

    /// What the ledger holds; runs of which this scheduler knows nothing died with theirs.
    async fn recovered(&self, now: DateTime<Utc>) -> Result<State> {
        let mut state = self.ledger.load().await?;
        let lost: Vec<Change> =
            state.open().filter(|tick| tick.state.is_taken() && !self.given.contains(&tick.id)).flat_map(|tick| self.recover(tick, now)).collect();
        self.commit(&mut state, lost).await?;
        Ok(state)
    }

    fn recover(&self, tick: &Tick, now: DateTime<Utc>) -> Vec<Change> {
        let cut_off = End { result: Err(Failure::Interrupted), run_id: None, note: "its scheduler ended meanwhile".to_owned() };
        match noted(tick, &cut_off, now) {
            Some(note) => vec![note, Change::Step(tick.interrupted(retry::after(tick, &self.retry_of(&tick.id), Failure::Interrupted, now)))],
            None => vec![Change::Step(tick.stepped(TickState::Waiting { from: now }))],
        }
    }

    async fn note_ends(&mut self, state: &mut State, now: DateTime<Utc>) -> Result<()> {
        let mut changes = Vec::new();
        for (id, end) in &self.ended {
            let Some(tick) = state.ticks.get(id).filter(|tick| tick.state.is_taken()) else { continue };
            changes.extend(noted(tick, end, now));
            changes.push(Change::Step(tick.stepped(match end.result {
                Ok(()) => TickState::Succeeded { at: now },
                Err(failure) => retry::after(tick, &self.retry_of(id), failure, now),
            })));
        }
        self.commit(state, changes).await?;
        for (id, _) in self.ended.drain(..) {
            self.given.remove(&id);
        }
        Ok(())
    }

    /// Ticks that somebody asks for wait again.
    async fn hear(&self, state: &mut State, now: DateTime<Utc>) -> Result<()> {
        for id in self.ledger.asked().await? {
            let round = self.ledger.ticks(id.nominal, id.nominal + TimeDelta::microseconds(1)).await?;
            let mut changes = reopen::changes(&id, &round, &self.definitions, now);
            changes.push(Change::Heard(id));
            for tick in round {
                state.ticks.entry(tick.id.clone()).or_insert(tick);
            }
            self.commit(state, changes).await?;
        }
        Ok(())
    }

    async fn start(&mut self, state: &mut State, now: DateTime<Utc>) -> Result<()> {
        let claimed = settle::starts(now, state, &self.definitions, self.token);
        self.commit(state, claimed.iter().cloned().map(Change::Step).collect()).await?;
        let running: Vec<Tick> = claimed.iter().map(|tick| tick.stepped(TickState::Running { token: self.token, since: now })).collect();
        let begun = running.iter().map(|tick| {
            let attempt = Attempt { id: tick.id.clone(), number: tick.attempts, token: self.token, began: now, ended: None };
            [Change::Step(tick.clone()), Change::Note(attempt)]
        });
        self.commit(state, begun.flatten().collect()).await?;
        for tick in running {
            let timeout = self.definition(&tick.id).and_then(|definition| definition.policies.timeout);
            self.given.insert(tick.id.clone());
            self.runner.start(Run { id: tick.id, attempt: tick.attempts, token: self.token, timeout });
        }
        Ok(())
    }

    async fn commit(&self, state: &mut State, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let stood = self.ledger.commit(self.token, &changes).await?;
        changes.into_iter().for_each(|change| state.apply(change));
        for tick in stood {
            state.ticks.insert(tick.id.clone(), tick);
        }
        Ok(())
    }

    fn definition(&self, id: &TickId) -> Option<&Definition> {
        self.definitions.pipelines.get(&id.pipeline)
    }

    /// Of a pipeline that was removed meanwhile nothing is tried again.
    fn retry_of(&self, id: &TickId) -> Retry {
        let once = || Retry { attempts: 1, on: BTreeSet::new(), ..Retry::default() };
        self.definition(id).map_or_else(once, |definition| definition.policies.retry.clone())
    }

    fn stepped(&mut self, now: DateTime<Utc>, is_clock_believed: bool) -> Stepped {
        let running = self.state.as_ref().map_or(0, State::taken);
        let wait = self.next_wake(now).and_then(|at| (at - now).to_std().ok()).unwrap_or(BEAT);
        Stepped { running, again_in: wait.min(BEAT), is_clock_believed }
    }

    /// When something is to be done next, if no run ends, nobody pauses and no clock is set before.
    pub fn next_wake(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let state = self.state.as_ref()?;
        let due = state.known.iter().filter_map(|(pipeline, known)| self.agenda.next(pipeline, known)).min();
        let probation = TimeDelta::from_std(self.trust.left()).ok().filter(|left| *left > TimeDelta::zero()).map(|left| now + left);
        [due, settle::next_start(now, state), probation].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// The note of how the attempt ended that a tick is in; nothing where none has begun.
fn noted(tick: &Tick, end: &End, now: DateTime<Utc>) -> Option<Change> {
    let TickState::Running { token, since } = tick.state else { return None };
    Some(Change::Note(Attempt { id: tick.id.clone(), number: tick.attempts, token, began: since, ended: Some(AttemptEnd::of(end, now)) }))
}
