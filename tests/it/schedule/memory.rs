//! A ledger in plain memory that may die in the midst of a commit: after any of its changes, or after all of them but before it
//! could say so. It stores a prefix, as ledgers of objects do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rihla::error::{Error, Kind};
use rihla::schedule::attempt::Attempt;
use rihla::schedule::ledger::{Lease, Ledger, LedgerError, Result, Token};
use rihla::schedule::pause::Pause;
use rihla::schedule::state::{Change, Known, State};
use rihla::schedule::tick::{Tick, TickId};

#[derive(Debug, Default)]
struct Stored {
    lease: Lease,
    known: BTreeMap<String, Known>,
    ticks: BTreeMap<TickId, Tick>,
    pauses: Vec<Pause>,
    attempts: BTreeMap<(TickId, u32), Attempt>,
    asked: BTreeSet<TickId>,
}

/// The ledger, shared by all who hold it.
#[derive(Debug, Clone, Default)]
pub struct MemoryLedger {
    stored: Arc<Mutex<Stored>>,
}

impl MemoryLedger {
    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn store(stored: &mut Stored, change: &Change) -> Result<Option<Tick>> {
    match change {
        Change::Record(tick) => {
            if let Some(stood) = stored.ticks.get(&tick.id) {
                return Ok(Some(stood.clone()));
            }
            stored.ticks.insert(tick.id.clone(), tick.clone());
        }
        Change::Step(tick) => match stored.ticks.get_mut(&tick.id) {
            Some(old) if old.step + 1 == tick.step => *old = tick.clone(),
            _ => return Err(LedgerError::Moved(tick.id.clone())),
        },
        Change::Note(attempt) => drop(stored.attempts.insert((attempt.id.clone(), attempt.number), attempt.clone())),
        Change::Heard(id) => drop(stored.asked.remove(id)),
        Change::Know(pipeline, known) => drop(stored.known.insert(pipeline.clone(), known.clone())),
        Change::Forget(pipeline) => drop(stored.known.remove(pipeline)),
    }
    Ok(None)
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn lease(&self) -> Result<Lease> {
        Ok(self.stored().lease.clone())
    }

    async fn take(&self, seen: &Lease, holder: &str) -> Result<Option<Token>> {
        let mut stored = self.stored();
        if stored.lease != *seen {
            return Ok(None);
        }
        let token = Token(seen.token.0 + 1);
        stored.lease = Lease { token, holder: holder.to_owned(), beat: 0, is_free: false };
        Ok(Some(token))
    }

    async fn renew(&self, token: Token) -> Result<()> {
        let mut stored = self.stored();
        if stored.lease.token != token || stored.lease.is_free {
            return Err(LedgerError::Lost);
        }
        stored.lease.beat += 1;
        Ok(())
    }

    async fn release(&self, token: Token) -> Result<()> {
        let mut stored = self.stored();
        stored.lease.is_free |= stored.lease.token == token;
        Ok(())
    }

    async fn load(&self) -> Result<State> {
        let stored = self.stored();
        let mut state = State { known: stored.known.clone(), ticks: stored.ticks.clone(), pauses: stored.pauses.clone() };
        state.let_go();
        Ok(state)
    }

    async fn commit(&self, token: Token, changes: &[Change]) -> Result<Vec<Tick>> {
        let mut stored = self.stored();
        if stored.lease.token != token || stored.lease.is_free {
            return Err(LedgerError::Lost);
        }
        let stood: Result<Vec<_>> = changes.iter().map(|change| store(&mut stored, change)).collect();
        Ok(stood?.into_iter().flatten().collect())
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        Ok(self.stored().pauses.clone())
    }

    async fn pause(&self, pipeline: Option<&str>, since: DateTime<Utc>, reason: &str) -> Result<()> {
        let mut stored = self.stored();
        if !stored.pauses.iter().any(|pause| pause.pipeline.as_deref() == pipeline && pause.until.is_none()) {
            stored.pauses.push(Pause { pipeline: pipeline.map(str::to_owned), since, until: None, reason: reason.to_owned() });
        }
        Ok(())
    }

    async fn resume(&self, pipeline: Option<&str>, until: DateTime<Utc>) -> Result<bool> {
        let mut stored = self.stored();
        let lasting = stored.pauses.iter_mut().filter(|pause| pause.pipeline.as_deref() == pipeline && pause.until.is_none());
        Ok(lasting.map(|pause| pause.until = Some(until.max(pause.since))).count() > 0)
    }

    async fn ticks(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Tick>> {
        Ok(self.stored().ticks.values().filter(|tick| from <= tick.id.nominal && tick.id.nominal < until).cloned().collect())
    }

    async fn last_ends(&self) -> Result<Vec<Tick>> {
        let stored = self.stored();
        let ends = stored.ticks.values().filter(|tick| tick.state.has_run());
        let last: BTreeMap<&str, &Tick> = ends.map(|tick| (tick.id.pipeline.as_str(), tick)).collect();
        Ok(last.into_values().cloned().collect())
    }

    async fn faults(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn attempts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Attempt>> {
        Ok(self.stored().attempts.values().filter(|attempt| from <= attempt.id.nominal && attempt.id.nominal < until).cloned().collect())
    }

    async fn ask(&self, id: &TickId) -> Result<()> {
        self.stored().asked.insert(id.clone());
        Ok(())
    }

    async fn asked(&self) -> Result<Vec<TickId>> {
        Ok(self.stored().asked.iter().cloned().collect())
    }

    async fn prune(&self, _: Token, _: DateTime<Utc>) -> Result<usize> {
        Err(Error::new(Kind::Internal, "nothing in memory is pruned").into())
    }
}

/// A ledger whose holder dies at a commit that was chosen.
pub struct Mortal<L> {
    inner: Arc<L>,
    /// How many commits are left, and how many changes of the last one are stored; none where it lives on.
    fate: Mutex<Option<(u64, u64)>>,
    /// True for a ledger that stores all changes of a commit or none.
    is_atomic: bool,
}

impl<L: Ledger> Mortal<L> {
    /// A holder that lives on.
    pub fn new(inner: Arc<L>, is_atomic: bool) -> Self {
        Self { inner, fate: Mutex::new(None), is_atomic }
    }

    /// Dies at the commit after `commits` more; of that one `changes` are stored, or all of them where they are fewer.
    pub fn doom(&self, commits: u64, changes: u64) {
        *self.fate.lock().unwrap_or_else(PoisonError::into_inner) = Some((commits, changes));
    }

    /// True once it died.
    pub fn is_dead(&self) -> bool {
        matches!(*self.fate.lock().unwrap_or_else(PoisonError::into_inner), Some((0, 0)))
    }

    /// How many changes of this commit are stored before it dies.
    fn last_breath(&self) -> Option<u64> {
        let mut fate = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        match *fate {
            Some((0, changes)) => {
                *fate = Some((0, 0));
                Some(changes)
            }
            Some((commits, changes)) => {
                // The last one of all may store nothing; 1 keeps it apart from being dead.
                *fate = Some((commits - 1, if commits == 1 { changes.max(1) } else { changes }));
                None
            }
            None => None,
        }
    }

    fn alive(&self) -> Result<()> {
        if self.is_dead() { Err(dead()) } else { Ok(()) }
    }
}

fn dead() -> LedgerError {
    Error::new(Kind::Unavailable, "the holder of the ledger died").into()
}

#[async_trait]
impl<L: Ledger> Ledger for Mortal<L> {
    async fn lease(&self) -> Result<Lease> {
        self.inner.lease().await
    }

    async fn take(&self, seen: &Lease, holder: &str) -> Result<Option<Token>> {
        self.inner.take(seen, holder).await
    }

    async fn renew(&self, token: Token) -> Result<()> {
        self.alive()?;
        self.inner.renew(token).await
    }

    async fn release(&self, token: Token) -> Result<()> {
        self.inner.release(token).await
    }

    async fn load(&self) -> Result<State> {
        self.alive()?;
        self.inner.load().await
    }

    async fn commit(&self, token: Token, changes: &[Change]) -> Result<Vec<Tick>> {
        self.alive()?;
        let Some(stored) = self.last_breath() else { return self.inner.commit(token, changes).await };
        let stored = usize::try_from(stored).unwrap_or(usize::MAX).min(changes.len());
        let stored = if self.is_atomic && stored < changes.len() { 0 } else { stored };
        self.inner.commit(token, &changes[..stored]).await?;
        Err(dead())
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.alive()?;
        self.inner.pauses().await
    }

    async fn pause(&self, pipeline: Option<&str>, since: DateTime<Utc>, reason: &str) -> Result<()> {
        self.inner.pause(pipeline, since, reason).await
    }

    async fn resume(&self, pipeline: Option<&str>, until: DateTime<Utc>) -> Result<bool> {
        self.inner.resume(pipeline, until).await
    }

    async fn ticks(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Tick>> {
        self.inner.ticks(from, until).await
    }

    async fn last_ends(&self) -> Result<Vec<Tick>> {
        self.inner.last_ends().await
    }

    async fn faults(&self) -> Result<Vec<String>> {
        self.inner.faults().await
    }

    async fn attempts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Attempt>> {
        self.inner.attempts(from, until).await
    }

    async fn ask(&self, id: &TickId) -> Result<()> {
        self.inner.ask(id).await
    }

    async fn asked(&self) -> Result<Vec<TickId>> {
        self.alive()?;
        self.inner.asked().await
    }

    async fn prune(&self, token: Token, before: DateTime<Utc>) -> Result<usize> {
        self.inner.prune(token, before).await
    }
}
