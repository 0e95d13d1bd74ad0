//! What a delivery is beside those that were judged before: the same for a run and for unit tests of models.

use chrono::{DateTime, Utc};

use super::judge::AMBIGUOUS;
use crate::project::DeliveryMode;
use crate::warehouse::{Live, LiveSubmission, Slot, Submission, SubmissionOutcome, live_of};

/// A delivery that comes.
pub struct Arrival<'a> {
    /// What deliveries of its feed hold.
    pub mode: DeliveryMode,
    /// Its slot.
    pub slot: Slot<'a>,
    /// When it was received.
    pub received: DateTime<Utc>,
    /// The extract.
    pub path: &'a str,
    /// The hash of its content.
    pub hash: &'a str,
    /// What it would be judged by.
    pub contract: &'a str,
}

/// What a delivery is beside those that were judged before.
pub enum Standing {
    /// It cannot be told which is the later: Frictionless's name of the error, and the reason.
    Contradiction(&'static str, String),
    /// A later one took its place already.
    Outdated,
    /// It says what this revision says, which was judged by this contract last.
    Unchanged(i64, String),
    /// It would be this revision.
    New(i64),
}

/// What a delivery is beside those of its slot, and the complete lists of its office and feed, that are known; `rivals`
/// where another was received at the same time and says something else.
pub fn standing(arrival: &Arrival<'_>, known: &[Submission], rivals: bool) -> Standing {
    if let Some((error, reason)) = contradiction(arrival, known, rivals) {
        return Standing::Contradiction(error, reason);
    }
    let live = live_of(known);
    if live.is_outdated(arrival.mode, arrival.slot, arrival.received) {
        return Standing::Outdated;
    }
    match repeated(arrival, &live) {
        Some((one, revision)) => Standing::Unchanged(revision, one.contract.to_owned()),
        None => Standing::New(next_revision(known, arrival.slot)),
    }
}

/// The revision that comes after all of a slot.
pub fn next_revision(known: &[Submission], slot: Slot<'_>) -> i64 {
    let loaded = known.iter().filter(|s| s.outcome == SubmissionOutcome::Loaded && s.slot() == slot);
    loaded.filter_map(|s| s.revision).max().unwrap_or_default() + 1
}

/// What counts already and says the same: of changes any delivery of the slot, else the last one.
fn repeated<'l>(arrival: &Arrival<'_>, live: &Live<'l>) -> Option<(LiveSubmission<'l>, i64)> {
    let mut alike = live.of_slot(arrival.slot).iter().rev().filter(|one| one.submission.delivery == arrival.mode);
    let says_it = |one: &&LiveSubmission<'l>| one.submission.content_hash == arrival.hash;
    let found = if arrival.mode == DeliveryMode::Changes { alike.find(says_it) } else { alike.next().filter(says_it) }?;
    // Under another contract the same bytes may hold more good rows than they did.
    let may_say_more = found.submission.rows.quarantined > 0 && found.contract != arrival.contract;
    (!may_say_more).then_some((*found, found.submission.revision?))
}

/// Two different deliveries of a slot with the same received time: which is the later cannot be known.
fn contradiction(arrival: &Arrival<'_>, known: &[Submission], rivals: bool) -> Option<(&'static str, String)> {
    if rivals {
        let when = arrival.received.format("%Y-%m-%d %H:%M:%SZ");
        return Some((AMBIGUOUS, format!("another delivery for the same slot was received at the same time ({when}) and says something else")));
    }
    let of_slot = known.iter().filter(|s| s.slot() == arrival.slot && s.outcome != SubmissionOutcome::Refused);
    let mut settled = of_slot.filter(|s| s.received_at == arrival.received && s.content_hash != arrival.hash);
    settled.next_back().map(|earlier| {
        if earlier.path == arrival.path {
            ("changed-delivery", "the extract changed after it was loaded: a correction is a delivery of its own, with its own received time".to_owned())
        } else {
            (AMBIGUOUS, format!("{} was received at the same time for the same slot and says something else", earlier.path))
        }
    })
}
