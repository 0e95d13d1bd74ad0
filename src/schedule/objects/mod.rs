//! The ledger of several hosts: objects in the warehouse's store, which must create an object in one step.
//!
//! ```text
//! lease/<token>                        who holds it; the highest counts
//! known/<pipeline>/<token>             until when the holder of that term decided about a pipeline; the highest counts
//! ticks/<nominal>/<pipeline>/<step>    every step of a tick, created once; the highest counts
//! open/<nominal>-<pipeline>            a tick that may not have come to its end, so that the others need not be read
//! attempts/<nominal>/<pipeline>/<n>    what an attempt of a tick came to; written again when it ends
//! asked/<nominal>-<pipeline>           a tick that somebody asks for again, until it is heard
//! pauses/<since>-<pipeline>            a pause
//! ```
//!
//! Guarantees: a step of a tick is an object that is created once, so that of two who would take it one can; what a commit
//! stored before it failed is a prefix of its changes. Each holder writes objects of its own term, so that one that lost the
//! lease without having noticed changes nothing that is still read but steps of ticks, which it takes only where nobody else
//! has taken them. See `docs/decisions/0036-due-means-done-once.md`.

mod access;
mod forms;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt};

use super::attempt::Attempt;
use super::ledger::{Lease, Ledger, LedgerError, Result, Token};
use super::pause::Pause;
use super::state::{Change, Known, State};
use super::tick::{Tick, TickId, TickState};
use crate::error::{self, Kind};
use forms::{HeldForm, KnownForm};

/// After so many changes of one commit the lease is looked at again.
const PIECE: usize = 50;

/// A ledger of objects below a folder of a store.
#[derive(Debug, Clone)]
pub struct ObjectLedger {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl ObjectLedger {
    /// The ledger below `root`. The store must have been asked whether it creates in one step (`store::remote::open` asks).
    pub fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { store, root }
    }

    /// `Lost` unless this term is the highest one, and was not given back.
    async fn hold(&self, token: Token) -> Result<()> {
        let lease = self.lease().await?;
        if lease.token == token && !lease.is_free { Ok(()) } else { Err(LedgerError::Lost) }
    }

    fn lease_path(&self, token: Token) -> Path {
        self.path(&["lease", &names::token(token)])
    }

    fn step_path(&self, id: &TickId, step: u32) -> Path {
        self.path(&["ticks", &names::nominal(id.nominal), &id.pipeline, &names::step(step)])
    }

    fn attempt_path(&self, id: &TickId, number: u32) -> Path {
        self.path(&["attempts", &names::nominal(id.nominal), &id.pipeline, &names::step(number)])
    }

    fn open_path(&self, id: &TickId) -> Path {
        self.path(&["open", &names::tick(id)])
    }

    /// The last step of every tick below a folder of ticks: of one nominal time, or of all.
    async fn last_steps(&self, nominal: Option<DateTime<Utc>>) -> Result<BTreeMap<TickId, u32>> {
        let ticks = self.path(&["ticks"]);
        let folder = nominal.map_or_else(|| ticks.clone(), |nominal| self.path(&["ticks", &names::nominal(nominal)]));
        let prefix: Vec<String> = nominal.map(names::nominal).into_iter().collect();
        let named = self.names(&folder).await?.into_iter().filter_map(|rest| names::read_step(&[prefix.clone(), rest].concat()));
        // Names are in order, so that the highest step of a tick comes last.
        Ok(named.collect())
    }

    async fn tick(&self, id: &TickId, step: u32) -> Result<Option<Tick>> {
        self.read(&self.step_path(id, step)).await
    }

    async fn read_ticks(&self, last: BTreeMap<TickId, u32>) -> Result<BTreeMap<TickId, Tick>> {
        let mut ticks = BTreeMap::new();
        for (id, step) in last {
            if let Some(tick) = self.tick(&id, step).await? {
                ticks.insert(id, tick);
            }
        }
        Ok(ticks)
    }

    /// The nominal times of ticks that may not have come to their end.
    async fn open(&self) -> Result<BTreeSet<TickId>> {
        let named = self.names(&self.path(&["open"])).await?;
        Ok(named.iter().filter_map(|name| names::read_tick(name.first()?)).collect())
    }

    async fn known(&self) -> Result<BTreeMap<String, Known>> {
        let named = self.names(&self.path(&["known"])).await?;
        let highest: BTreeMap<String, String> = named.into_iter().filter_map(|parts| <[String; 2]>::try_from(parts).ok()).map(|[a, b]| (a, b)).collect();
        let mut known = BTreeMap::new();
        for (pipeline, token) in highest {
            let form: Option<KnownForm> = self.read(&self.path(&["known", &pipeline, &token])).await?;
            if let Some(found) = form.map(KnownForm::known).transpose()?.flatten() {
                known.insert(pipeline, found);
            }
        }
        Ok(known)
    }

    async fn named_pauses(&self) -> Result<Vec<(Path, Pause)>> {
        let mut pauses = Vec::new();
        for name in self.names(&self.path(&["pauses"])).await?.into_iter().flatten() {
            let path = self.path(&["pauses", &name]);
            if let Some(pause) = self.read(&path).await? {
                pauses.push((path, pause));
            }
        }
        Ok(pauses)
    }

    async fn store(&self, token: Token, change: &Change) -> Result<Option<Tick>> {
        match change {
            Change::Record(tick) => self.record(tick).await,
            Change::Step(tick) => self.step(tick).await.map(|()| None),
            Change::Note(attempt) => self.write(&self.attempt_path(&attempt.id, attempt.number), attempt).await.map(|()| None),
            Change::Heard(id) => self.remove(&self.path(&["asked", &names::tick(id)])).await.map(|()| None),
            Change::Know(pipeline, known) => self.know(token, pipeline, KnownForm::of(known)).await,
            Change::Forget(pipeline) => self.know(token, pipeline, KnownForm::forgotten()).await,
        }
    }

    async fn know(&self, token: Token, pipeline: &str, form: KnownForm) -> Result<Option<Tick>> {
        self.write(&self.path(&["known", pipeline, &names::token(token)]), &form).await?;
        Ok(None)
    }

    /// The mark that a tick is open comes before the tick, lest one be open that nobody finds.
    async fn record(&self, tick: &Tick) -> Result<Option<Tick>> {
        if !tick.state.is_end() {
            self.write(&self.open_path(&tick.id), &()).await?;
        }
        if self.create(&self.step_path(&tick.id, tick.step), tick).await? {
            return Ok(None);
        }
        let last = self.last_steps(Some(tick.id.nominal)).await?.remove(&tick.id).unwrap_or(tick.step);
        let stood = self.tick(&tick.id, last).await?;
        if stood.as_ref().is_some_and(|tick| tick.state.is_end()) {
            self.remove(&self.open_path(&tick.id)).await?;
        }
        Ok(stood)
    }

    async fn step(&self, tick: &Tick) -> Result<()> {
        let moved = || LedgerError::Moved(tick.id.clone());
        let before = tick.step.checked_sub(1).ok_or_else(moved)?;
        match self.store.head(&self.step_path(&tick.id, before)).await {
            Ok(_) => {}
            Err(StoreError::NotFound { .. }) => return Err(moved()),
            Err(cause) => return Err(error::store("cannot read the schedule's ledger", cause).into()),
        }
        // A tick that waits may have come to its end before, and is then marked as open no more.
        if matches!(tick.state, TickState::Waiting { .. }) {
            self.write(&self.open_path(&tick.id), &()).await?;
        }
        if !self.create(&self.step_path(&tick.id, tick.step), tick).await? {
            return Err(moved());
        }
        if tick.state.is_end() { self.remove(&self.open_path(&tick.id)).await } else { Ok(()) }
    }

    /// Removes what of earlier terms nobody reads any more.
    async fn tidy(&self, token: Token) -> Result<()> {
        let below = |name: &String| *name < names::token(token);
        for name in self.names(&self.path(&["lease"])).await?.into_iter().flatten().filter(below) {
            self.remove(&self.path(&["lease", &name])).await?;
        }
        let named = self.names(&self.path(&["known"])).await?;
        for pair in named.windows(2).filter(|pair| pair[0].first() == pair[1].first()) {
            let parts: Vec<&str> = std::iter::once("known").chain(pair[0].iter().map(String::as_str)).collect();
            self.remove(&self.path(&parts)).await?;
        }
        for id in self.open().await? {
            let last = self.last_steps(Some(id.nominal)).await?.remove(&id);
            let is_open = match last {
                Some(step) => self.tick(&id, step).await?.is_some_and(|tick| !tick.state.is_end()),
                None => false,
            };
            if !is_open {
                self.remove(&self.open_path(&id)).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Ledger for ObjectLedger {
    async fn lease(&self) -> Result<Lease> {
        let named = self.names(&self.path(&["lease"])).await?;
        let Some(token) = named.last().and_then(|name| names::read_token(name.first()?)) else { return Ok(Lease::default()) };
        let held: Option<HeldForm> = self.read(&self.lease_path(token)).await?;
        let HeldForm { holder, beat, is_free } = held.unwrap_or_default();
        Ok(Lease { token, holder, beat, is_free })
    }

    /// The last look at the lease and the taking are not one step here. A holder that says in between that it lives loses the
    /// lease all the same, finds so before it changes anything, and stops.
    async fn take(&self, seen: &Lease, holder: &str) -> Result<Option<Token>> {
        if self.lease().await? != *seen {
            return Ok(None);
        }
        let token = Token(seen.token.0 + 1);
        let form = HeldForm { holder: holder.to_owned(), ..HeldForm::default() };
        Ok(self.create(&self.lease_path(token), &form).await?.then_some(token))
    }

    async fn renew(&self, token: Token) -> Result<()> {
        let lease = self.lease().await?;
        if lease.token != token || lease.is_free {
            return Err(LedgerError::Lost);
        }
        self.write(&self.lease_path(token), &HeldForm { holder: lease.holder, beat: lease.beat + 1, is_free: false }).await
    }

    async fn release(&self, token: Token) -> Result<()> {
        let lease = self.lease().await?;
        if lease.token != token {
            return Ok(());
        }
        self.write(&self.lease_path(token), &HeldForm { holder: lease.holder, beat: lease.beat, is_free: true }).await
    }

    async fn load(&self) -> Result<State> {
        let known = self.known().await?;
        let mut ticks = BTreeMap::new();
        let open = self.open().await?;
        let nominal: BTreeSet<DateTime<Utc>> = open.iter().map(|id| id.nominal).collect();
        for nominal in nominal {
            let found = self.read_ticks(self.last_steps(Some(nominal)).await?).await?;
            // A tick whose end was stored, but whose mark outlived it, would be read at every start for good.
            for id in found.values().filter(|tick| tick.state.is_end() && open.contains(&tick.id)).map(|tick| &tick.id) {
                self.remove(&self.open_path(id)).await?;
            }
            ticks.extend(found);
        }
        let mut state = State { known, ticks, pauses: self.pauses().await? };
        state.let_go();
        Ok(state)
    }

    async fn commit(&self, token: Token, changes: &[Change]) -> Result<Vec<Tick>> {
        let mut stood = Vec::new();
        for piece in changes.chunks(PIECE) {
            self.hold(token).await?;
            for change in piece {
                stood.extend(self.store(token, change).await?);
            }
        }
        Ok(stood)
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        Ok(self.named_pauses().await?.into_iter().map(|(_, pause)| pause).collect())
    }

    async fn pause(&self, pipeline: Option<&str>, since: DateTime<Utc>, reason: &str) -> Result<()> {
        let lasts = self.pauses().await?.iter().any(|pause| pause.pipeline.as_deref() == pipeline && pause.until.is_none());
        if !lasts {
            let pause = Pause { pipeline: pipeline.map(str::to_owned), since, until: None, reason: reason.to_owned() };
            self.create(&self.path(&["pauses", &names::pause(&pause)]), &pause).await?;
        }
        Ok(())
    }

    async fn resume(&self, pipeline: Option<&str>, until: DateTime<Utc>) -> Result<bool> {
        let mut ended = false;
        for (path, pause) in self.named_pauses().await? {
            if pause.pipeline.as_deref() == pipeline && pause.until.is_none() {
                let until = Some(until.max(pause.since));
                self.write(&path, &Pause { until, ..pause }).await?;
                ended = true;
            }
        }
        Ok(ended)
    }

    async fn ticks(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Tick>> {
        let mut last = self.last_steps(None).await?;
        last.retain(|id, _| from <= id.nominal && id.nominal < until);
        Ok(self.read_ticks(last).await?.into_values().collect())
    }

    /// Names are in the order of due times: of each pipeline ticks are read from the newest until one ran.
    async fn last_ends(&self) -> Result<Vec<Tick>> {
        let mut ends = BTreeMap::new();
        for (id, step) in self.last_steps(None).await?.into_iter().rev() {
            if ends.contains_key(&id.pipeline) {
                continue;
            }
            if let Some(tick) = self.tick(&id, step).await?.filter(|tick| tick.state.has_run()) {
                ends.insert(id.pipeline, tick);
            }
        }
        Ok(ends.into_values().collect())
    }

    async fn faults(&self) -> Result<Vec<String>> {
        let (everything, mut faults) = (DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC, Vec::new());
        let ticks = self.ticks(everything.start, everything.end).await.map(drop);
        let attempts = self.attempts(everything.start, everything.end).await.map(drop);
        for read in [self.load().await.map(drop), ticks, attempts] {
            match read {
                Err(LedgerError::Failed(error)) if error.kind() == Kind::Conflict => faults.push(error.to_string()),
                other => other?,
            }
        }
        Ok(faults)
    }

    async fn attempts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Attempt>> {
        let named = self.names(&self.path(&["attempts"])).await?;
        let mut attempts = Vec::new();
        for (id, number) in named.iter().filter_map(|parts| names::read_step(parts)).filter(|(id, _)| from <= id.nominal && id.nominal < until) {
            attempts.extend(self.read(&self.attempt_path(&id, number)).await?);
        }
        Ok(attempts)
    }

    async fn ask(&self, id: &TickId) -> Result<()> {
        self.write(&self.path(&["asked", &names::tick(id)]), &()).await
    }

    async fn asked(&self) -> Result<Vec<TickId>> {
        let named = self.names(&self.path(&["asked"])).await?;
        Ok(named.iter().filter_map(|name| names::read_tick(name.first()?)).collect())
    }

    async fn prune(&self, token: Token, before: DateTime<Utc>) -> Result<usize> {
        self.hold(token).await?;
        self.tidy(token).await?;
        let (known, open) = (self.known().await?, self.open().await?);
        let is_decided = |id: &TickId| known.get(&id.pipeline).is_none_or(|known| known.decided_until >= id.nominal);
        let is_needed = |id: &TickId| open.iter().any(|open| open.nominal == id.nominal);
        let past = self.last_steps(None).await?.into_iter().filter(|(id, _)| id.nominal < before && is_decided(id) && !is_needed(id));
        let mut pruned = 0;
        for (id, last) in past {
            // The last step goes last, so that what is left of a tick still says what became of it.
            for step in 0..=last {
                // No tick has more attempts than steps.
                self.remove(&self.attempt_path(&id, step)).await?;
                self.remove(&self.step_path(&id, step)).await?;
            }
            pruned += 1;
        }
        let over = known.values().map(|known| known.decided_until).min().map_or(before, |decided| decided.min(before));
        for (path, pause) in self.named_pauses().await? {
            if pause.until.is_some_and(|until| until < over) {
                self.remove(&path).await?;
            }
        }
        Ok(pruned)
    }
}
