//! A ledger that moves: from one host to several, or back.
//!
//! Guarantees: nobody schedules by what is left behind; an attempt that was cut off is made again and doubles nothing; what was
//! known is there before the old ledger is put aside.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::lease::Waiting;
use super::ledger::{Ledger, Token};
use super::place::Place;
use super::state::Change;
use super::terms::Terms;
use crate::clock::Stopwatch;
use crate::error::{self, Error, Kind, Result};
use crate::store::files;

/// How often the holder of a lease is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Who holds a ledger while it moves.
const MOVER: &str = "the move of the ledger";

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Due times.
    pub ticks: usize,
    /// Pauses, those that are over too.
    pub pauses: usize,
}

/// Moves what the other kind of ledger holds to a place, and puts the other one aside.
///
/// # Errors
/// `Input` where there is nothing to move; `Conflict` where a scheduler is at work; as the ledgers say.
pub async fn move_to(place: &Place, now: DateTime<Utc>) -> Result<Moved> {
    let other = place.other();
    if !other.is_taken() {
        return Err(Error::new(Kind::Input, "there is no other ledger to move").hint("`[schedule] hosts` in rihla.toml says where it is kept"));
    }
    let (from, to) = (other.make().await?, place.make().await?);
    taken(from.as_ref(), other.terms()).await?;
    let token = taken(to.as_ref(), place.terms()).await?;
    let moved = copy(from.as_ref(), to.as_ref(), token, now).await?;
    to.release(token).await?;
    drop(from);
    put_aside(&other, now)?;
    Ok(moved)
}

/// Takes the lease from whoever gave it back or died.
async fn taken(ledger: &dyn Ledger, terms: Option<Terms>) -> Result<Token> {
    let first = ledger.lease().await?;
    let is_over = terms.map_or(Ok(false), |terms| terms.is_over(first.token))?;
    let (mut waiting, mut watch) = (Waiting::default(), Stopwatch::start());
    loop {
        let lease = ledger.lease().await?;
        if lease.beat != first.beat || lease.token != first.token {
            let error = Error::new(Kind::Conflict, format!("a scheduler is at work: {}", lease.holder));
            return Err(error.hint("stop every scheduler first: the ledger moves within a second then"));
        }
        let elapsed = watch.elapsed();
        watch = Stopwatch::start();
        if waiting.look(&lease, elapsed) || is_over {
            return ledger.take(&lease, MOVER).await?.ok_or_else(|| Error::new(Kind::Conflict, "a scheduler has taken the ledger meanwhile"));
        }
        tracing::info!(holder = lease.holder, "somebody holds the ledger: waits whether it lives");
        tokio::time::sleep(LOOK).await;
    }
}

async fn copy(from: &dyn Ledger, to: &dyn Ledger, token: Token, now: DateTime<Utc>) -> Result<Moved> {
    let (begin, end) = (DateTime::UNIX_EPOCH, now + TimeDelta::days(2));
    let ticks = from.ticks(begin, end).await?;
    let mut changes: Vec<Change> = ticks.iter().cloned().map(Change::Record).collect();
    changes.extend(from.attempts(begin, end).await?.into_iter().map(Change::Note));
    // What is decided about comes last: until then whoever reads it finds each due time itself.
    changes.extend(from.load().await?.known.into_iter().map(|(pipeline, known)| Change::Know(pipeline, known)));
    to.commit(token, &changes).await?;
    let mut pauses = from.pauses().await?;
    pauses.sort_by_key(|pause| pause.since);
    let there = to.pauses().await?;
    for pause in
        pauses.iter().filter(|pause| !there.iter().any(|there| there.pipeline == pause.pipeline && there.since == pause.since && there.until == pause.until))
    {
        to.pause(pause.pipeline.as_deref(), pause.since, &pause.reason).await?;
        if let Some(until) = pause.until {
            to.resume(pause.pipeline.as_deref(), until).await?;
        }
    }
    for id in from.asked().await? {
        to.ask(&id).await?;
    }
    Ok(Moved { ticks: ticks.len(), pauses: pauses.len() })
}

/// Gives the old ledger a name by which nobody takes it for one.
fn put_aside(place: &Place, now: DateTime<Utc>) -> Result<()> {
    let path = place.path();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".moved-{}", now.format("%Y%m%dT%H%M%SZ")));
    files::rename(&path, Path::new(&name)).map_err(|cause| error::io(format!("cannot rename `{}`", path.display()), cause))
}
