//! Which loaded submissions count: the one place that knows what deliveries of a period, complete lists and deliveries
//! of changes mean to one another.
//!
//! Guarantees: what is live follows from what submissions say of themselves (slot, received time, content, mode) and not
//! from the order in which they were loaded, so that history is read alike in every as-of view. Each counts by the mode
//! it was judged with: a pipeline that is changed later changes nothing that was loaded before.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use foldhash::fast::FixedState;

use super::{Submission, SubmissionOutcome};
use crate::project::DeliveryMode;

/// Office, feed and period.
pub type Slot<'s> = (&'s str, &'s str, &'s str);

/// Looked up several times for each of all submissions there ever were, at every run.
type Map<K, V> = HashMap<K, V, FixedState>;

fn with_room<K, V>(count: usize) -> Map<K, V> {
    Map::with_capacity_and_hasher(count, FixedState::default())
}

/// The submissions whose rows count.
pub struct Live<'s> {
    /// By slot, in each the one last heard at the end.
    all: Vec<LiveSubmission<'s>>,
    /// Where those of a slot stand among them.
    slots: Map<Slot<'s>, (usize, usize)>,
    places: Places<'s>,
}

/// A submission whose rows count.
#[derive(Debug, Clone, Copy)]
pub struct LiveSubmission<'s> {
    /// The submission.
    pub submission: &'s Submission,
    /// When its office last said this: when it was received, or when the same bytes came again for the slot.
    pub heard_at: DateTime<Utc>,
    /// The contract that it was judged by last; to be judged by another and say the same makes no new revision.
    pub contract: &'s str,
}

/// The submissions whose rows count, of all that are known:
///
/// - a delivery *of a period* takes the place of what its slot held before, save complete lists;
/// - a *complete list* takes the place of everything of its office and feed that is older, by period, then by when it was
///   received;
/// - a delivery *of changes* takes nobody's place;
/// - a delivery judged anew, or mended, takes its own.
pub fn live_of(submissions: &[Submission]) -> Live<'_> {
    let heard = heard(submissions);
    let at = |submission: &Submission| heard.get(&delivery(submission)).copied().unwrap_or(submission.received_at);
    let contracts = contracts(submissions);
    let contract = |one: &Submission| contracts.get(&(one.slot(), one.revision)).map(|judged| judged.contract.as_str());
    let loaded = submissions.iter().filter(|s| s.outcome == SubmissionOutcome::Loaded);
    let loaded = loaded.map(|one| LiveSubmission { submission: one, heard_at: at(one), contract: contract(one).unwrap_or(&one.contract) });
    let loaded: Vec<LiveSubmission<'_>> = loaded.collect();
    let places = Places::of(&loaded);
    let mut all: Vec<LiveSubmission<'_>> = loaded.into_iter().filter(|one| !places.are_taken_from(one)).collect();
    all.sort_by(|one, other| one.submission.slot().cmp(&other.submission.slot()).then_with(|| one.rank().cmp(&other.rank())));
    let mut slots = with_room(all.len());
    let mut begin = 0;
    for held in all.chunk_by(|one, other| one.submission.slot() == other.submission.slot()) {
        slots.insert(held[0].submission.slot(), (begin, begin + held.len()));
        begin += held.len();
    }
    Live { all, slots, places }
}

impl<'s> Live<'s> {
    /// All of them, by slot, in each the one last heard at the end.
    pub fn iter(&self) -> impl Iterator<Item = &LiveSubmission<'s>> {
        self.all.iter()
    }

    /// Those of a slot, the one last heard at the end.
    pub fn of_slot(&self, slot: Slot<'_>) -> &[LiveSubmission<'s>] {
        self.slots.get(&slot).copied().map_or(&[], |(begin, end)| &self.all[begin..end])
    }

    /// The one of a slot that was heard last.
    pub fn newest(&self, slot: Slot<'_>) -> Option<&'s Submission> {
        self.of_slot(slot).last().map(|one| one.submission)
    }

    /// True where a submission is one of them.
    pub fn has(&self, submission: &Submission) -> bool {
        self.of_slot(submission.slot()).iter().any(|one| is_same(one.submission, submission))
    }

    /// True where a delivery of a mode would change nothing: something later took its place before it was seen.
    pub fn is_outdated(&self, mode: DeliveryMode, slot: Slot<'_>, received: DateTime<Utc>) -> bool {
        let (office, feed, period) = slot;
        let by_list = self.places.lists.get(&(office, feed)).is_some_and(|(of, heard, _)| (*of, *heard) > (period, received));
        let by_period = mode != DeliveryMode::Full && self.places.periods.get(&slot).is_some_and(|(heard, _)| *heard > received);
        by_list || by_period
    }

    /// True where nobody needs a delivery any more that was refused: it was loaded since, or something later was.
    pub fn makes_up_for(&self, refused: &Submission) -> bool {
        let was_loaded = self.places.judged.contains_key(&delivery(refused));
        was_loaded || self.is_outdated(refused.delivery, refused.slot(), refused.received_at)
    }

    /// What stands in the place of a delivery for a slot: the slot's newest, else the office's newest complete list.
    pub fn in_place_of(&self, slot: Slot<'_>) -> Option<&'s Submission> {
        self.newest(slot).or_else(|| {
            let lists = self.iter().filter(|one| one.submission.delivery == DeliveryMode::Full && is_of(one.submission, slot));
            lists.max_by_key(|one| (&one.submission.period, one.rank())).map(|one| one.submission)
        })
    }
}

impl LiveSubmission<'_> {
    fn rank(&self) -> (DateTime<Utc>, Option<i64>) {
        (self.heard_at, self.submission.revision)
    }
}

fn is_of(submission: &Submission, (office, feed, _): Slot<'_>) -> bool {
    submission.office == office && submission.feed == feed
}

fn is_same(one: &Submission, other: &Submission) -> bool {
    one.revision == other.revision && one.submission_id == other.submission_id
}

/// One delivery, whichever way and however often it was judged: two that were received for a slot at the same time are
/// refused, so that these tell it.
type Delivery<'s> = (Slot<'s>, DateTime<Utc>);

fn delivery(submission: &Submission) -> Delivery<'_> {
    (submission.slot(), submission.received_at)
}

/// When each loaded delivery was last said: the same bytes, sent again, confirm the revision they repeat.
fn heard(submissions: &[Submission]) -> Map<Delivery<'_>, DateTime<Utc>> {
    let mut of_revision: Map<(Slot<'_>, Option<i64>), Delivery<'_>> = with_room(submissions.len());
    let mut heard: Map<Delivery<'_>, DateTime<Utc>> = with_room(submissions.len());
    for submission in submissions.iter().filter(|s| s.outcome == SubmissionOutcome::Loaded) {
        of_revision.insert((submission.slot(), submission.revision), delivery(submission));
        heard.insert(delivery(submission), submission.received_at);
    }
    for again in submissions.iter().filter(|s| s.outcome == SubmissionOutcome::Unchanged) {
        let repeated = of_revision.get(&(again.slot(), again.revision));
        if let Some(at) = repeated.and_then(|repeated| heard.get_mut(repeated)) {
            *at = again.received_at.max(*at);
        }
    }
    heard
}

/// By revision, the submission that says by which contract it was judged last.
fn contracts(submissions: &[Submission]) -> Map<(Slot<'_>, Option<i64>), &Submission> {
    let judged = submissions.iter().filter(|s| matches!(s.outcome, SubmissionOutcome::Loaded | SubmissionOutcome::Unchanged));
    let mut last: Map<(Slot<'_>, Option<i64>), &Submission> = with_room(submissions.len());
    for submission in judged {
        let known = last.entry((submission.slot(), submission.revision)).or_insert(submission);
        if submission.loaded_at >= known.loaded_at {
            *known = submission;
        }
    }
    last
}

/// What loaded submissions take from one another.
struct Places<'s> {
    /// By office and feed, the newest complete list.
    lists: Map<(&'s str, &'s str), ListRank<'s>>,
    /// By slot, the newest delivery of its period.
    periods: Map<Slot<'s>, (DateTime<Utc>, Option<i64>)>,
    /// By delivery, the revision that it was judged by last.
    judged: Map<Delivery<'s>, Option<i64>>,
    /// Submissions that others mend.
    amended: HashSet<&'s str, FixedState>,
}

type ListRank<'s> = (&'s str, DateTime<Utc>, Option<i64>);

impl<'s> Places<'s> {
    fn of(loaded: &[LiveSubmission<'s>]) -> Self {
        let room = loaded.len();
        let mut places = Self { lists: with_room(0), periods: with_room(room), judged: with_room(room), amended: HashSet::default() };
        for one in loaded {
            let submission = one.submission;
            let judged = places.judged.entry(delivery(submission)).or_default();
            *judged = submission.revision.max(*judged);
            places.amended.extend(submission.amends.as_deref());
            match submission.delivery {
                DeliveryMode::Full => {
                    let newest = places.lists.entry((&submission.office, &submission.feed)).or_insert_with(|| list_rank(one));
                    *newest = list_rank(one).max(*newest);
                }
                DeliveryMode::Period => {
                    let newest = places.periods.entry(submission.slot()).or_insert_with(|| one.rank());
                    *newest = one.rank().max(*newest);
                }
                DeliveryMode::Changes => {}
            }
        }
        places
    }

    fn are_taken_from(&self, one: &LiveSubmission<'s>) -> bool {
        let submission = one.submission;
        let by_list = self.lists.get(&(submission.office.as_str(), submission.feed.as_str())).is_some_and(|list| *list > list_rank(one));
        let by_period = submission.delivery != DeliveryMode::Full && self.periods.get(&submission.slot()).is_some_and(|newest| *newest > one.rank());
        let by_itself = self.judged.get(&delivery(submission)).is_some_and(|revision| *revision > submission.revision);
        by_list || by_period || by_itself || self.amended.contains(submission.submission_id.as_str())
    }
}

fn list_rank<'s>(one: &LiveSubmission<'s>) -> ListRank<'s> {
    (&one.submission.period, one.heard_at, one.submission.revision)
}
