//! What the sources hold, and what of it is new.

mod item;
mod listed;
mod named;
mod paged;
mod reach;
mod seen;
mod style;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

pub use item::{Item, read_files};
pub use reach::{Reached, reach};
use seen::Seen;

use super::Feeds;
use super::judge::AMBIGUOUS;
use crate::error::{Error, Result};
use crate::names::{FeedName, OfficeCode};
use crate::period::Period;
use crate::project::{Access, DeliveryMode, Pipeline, Project, Source};
use crate::store::web::{Limits, Web};
use crate::warehouse::{Submission, SubmissionOutcome, live_of};

/// A file of a delivery.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// Its page, where the delivery has several files.
    pub page: Option<u64>,
    /// Its name in its folder.
    pub name: String,
    /// Where its content is.
    pub item: Item,
}

/// An extract at a source: one file, or all pages of it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The feed.
    pub feed: FeedName,
    /// The office.
    pub office: OfficeCode,
    /// The reporting period.
    pub period: Period,
    /// When it was received: by its path, else by the store.
    pub received: DateTime<Utc>,
    /// The path as people know it; of pages the first's.
    pub path: String,
    /// Size in bytes, of all pages together.
    pub size: u64,
    /// The store's time of last change, of pages the latest.
    pub modified: DateTime<Utc>,
    /// How it is written.
    pub source: Arc<Source>,
    /// Its files, pages in their order.
    pub files: Vec<FoundFile>,
}

/// What the sources hold.
#[derive(Debug, Default)]
pub struct Listing {
    /// Extracts, by feed, office, period and received time.
    pub found: Vec<Found>,
    /// Files that no source claims.
    pub unclaimed: Vec<String>,
    /// Sources that could not be listed: the feeds that want them, and why.
    pub unreachable: Vec<(FeedName, String)>,
}

impl Listing {
    fn out_of_reach<'f>(&mut self, feeds: impl IntoIterator<Item = &'f FeedName>, error: &Error) {
        let because = error.causes().first().map_or_else(String::new, |cause| format!(": {cause}"));
        let help = error.hints().first().map_or_else(String::new, |hint| format!(" ({hint})"));
        self.unreachable.extend(feeds.into_iter().map(|feed| (feed.clone(), format!("{error}{because}{help}"))));
    }
}

/// Lists every source, and asks those of the web that are wanted for what they may hold; `submissions` are all that were judged so far, in their order.
///
/// # Errors
/// `Unavailable` where no client of the web can be made; what cannot be listed stands in the result.
pub async fn list(project: &Project, wanted: &Feeds, submissions: &[Submission], now: DateTime<Utc>) -> Result<Listing> {
    let mut listing = Listing::default();
    let seen = Seen::of(submissions, now);
    listed::list(project, &mut listing).await;
    if project.pipelines.iter().flat_map(|pipeline| &pipeline.sources).any(|source| !matches!(source.access, Access::Listed)) {
        let web = Web::new(Limits::default())?;
        named::list((project, wanted), &seen, &web, &mut listing).await;
        paged::list((project, wanted), &seen, &web, &mut listing).await;
    }
    listing.found.sort_by(|a, b| a.order().cmp(&b.order()));
    listing.found = gather_pages(std::mem::take(&mut listing.found));
    listing.found.retain(|found| wanted.holds_month(found.period));
    Ok(listing)
}

/// The feeds of pipelines, each once.
fn feeds_of<'p>(claims: &[(&'p Pipeline, &'p Arc<Source>)]) -> BTreeSet<&'p FeedName> {
    claims.iter().map(|(pipeline, _)| &pipeline.contract.feed).collect()
}

/// The hash of a content, as submissions have it.
fn hash_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Pages of one delivery made one: those of a source that lie in one folder, in order of their numbers.
fn gather_pages(found: Vec<Found>) -> Vec<Found> {
    let mut gathered: Vec<Found> = Vec::with_capacity(found.len());
    for mut next in found {
        match gathered.iter_mut().rev().take_while(|last| is_slot(last, &next) && last.received == next.received).find(|last| last.is_beside(&next)) {
            Some(last) => {
                last.size += next.size;
                last.modified = last.modified.max(next.modified);
                last.files.append(&mut next.files);
            }
            None => gathered.push(next),
        }
    }
    gathered
}

impl Found {
    /// Hash of all that decides what becomes of its rows.
    pub fn judged_by(&self, project: &Project) -> String {
        project.judged_by(&self.source, self.office.as_str())
    }

    pub(super) fn order(&self) -> (&FeedName, &OfficeCode, Period, DateTime<Utc>, Option<u64>, &str) {
        (&self.feed, &self.office, self.period, self.received, self.files.first().and_then(|file| file.page), &self.path)
    }

    /// True where both are pages of one delivery.
    fn is_beside(&self, other: &Self) -> bool {
        let folder = |found: &Self| found.path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let are_pages = self.files.iter().chain(&other.files).all(|file| file.page.is_some());
        are_pages && Arc::ptr_eq(&self.source, &other.source) && folder(self) == folder(other)
    }
}

/// The new extracts of one slot, oldest first, with what is known of the slot.
#[derive(Debug)]
pub struct Slot {
    /// The extracts.
    pub new: Vec<Found>,
    /// Submissions of the slot so far, and the complete lists of its office and feed.
    pub known: Vec<Submission>,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Plan {
    /// Slots with something new.
    pub slots: Vec<Slot>,
    /// Deliveries that were refused before and still are: nothing about them or their contract changed.
    pub still_refused: Vec<Submission>,
    /// How many extracts of each feed are known already.
    pub known: BTreeMap<String, u64>,
}

impl Plan {
    /// Keeps what is of feeds that are wanted.
    pub fn keep(&mut self, wanted: &Feeds) {
        self.slots.retain(|slot| slot.new.first().is_some_and(|found| wanted.holds(found.feed.as_str())));
        let is_of_month = |submission: &Submission| submission.period.parse().is_ok_and(|month| wanted.holds_month(month));
        self.still_refused.retain(|submission| wanted.holds(&submission.feed) && is_of_month(submission));
    }
}

/// Tells what is new from what was judged before, without reading an extract.
pub fn plan(project: &Project, listing: &Listing, submissions: &[Submission]) -> Plan {
    let mut last_of_path: BTreeMap<(&str, &str), &Submission> = BTreeMap::new();
    for submission in submissions {
        last_of_path.insert((&submission.feed, &submission.path), submission);
    }
    let live = live_of(submissions);
    let mut plan = Plan::default();
    for found in &listing.found {
        let last = last_of_path.get(&(found.feed.as_str(), found.path.as_str())).copied().filter(|last| is_same(last, found));
        match last {
            Some(last) if last.outcome == SubmissionOutcome::Refused => {
                if live.is_outdated(last.delivery, last.slot(), last.received_at) {
                    *plan.known.entry(found.feed.to_string()).or_default() += 1;
                } else if last.error.as_deref() == Some(AMBIGUOUS) && !has_rival(listing, found) {
                    plan.add(found, submissions);
                } else if found.judged_by(project) == last.contract {
                    plan.still_refused.push(last.clone());
                } else {
                    plan.add(found, submissions);
                }
            }
            Some(_) => *plan.known.entry(found.feed.to_string()).or_default() += 1,
            None => plan.add(found, submissions),
        }
    }
    plan
}

/// Deliveries that were refused and that nothing later made up for, of those that lie at the sources as they were judged.
pub fn refused<'f, 's>(listing: &'f Listing, submissions: &'s [Submission]) -> Vec<(&'f Found, &'s Submission)> {
    let live = live_of(submissions);
    let mut last_of_path: BTreeMap<(&str, &str), &Submission> = BTreeMap::new();
    for submission in submissions {
        last_of_path.insert((&submission.feed, &submission.path), submission);
    }
    let last = |found: &Found| last_of_path.get(&(found.feed.as_str(), found.path.as_str())).copied().filter(|last| is_same(last, found));
    let pairs = listing.found.iter().filter_map(|found| Some((found, last(found)?)));
    pairs.filter(|(_, last)| last.outcome == SubmissionOutcome::Refused && !live.makes_up_for(last)).collect()
}

/// True where another extract of the slot was received at the same time.
fn has_rival(listing: &Listing, found: &Found) -> bool {
    listing.found.iter().any(|other| other.path != found.path && is_slot(other, found) && other.received == found.received)
}

/// True where the store says that the extract is the one that was judged.
fn is_same(last: &Submission, found: &Found) -> bool {
    last.size == found.size && last.modified_at.timestamp_micros() == found.modified.timestamp_micros()
}

impl Plan {
    fn add(&mut self, found: &Found, submissions: &[Submission]) {
        let slot = self.slots.last_mut().filter(|slot| slot.new.first().is_some_and(|first| is_slot(first, found)));
        match slot {
            Some(slot) => slot.new.push(found.clone()),
            None => {
                let period = found.period.to_string();
                let matters = |s: &&Submission| s.period == period || s.delivery == DeliveryMode::Full;
                let known =
                    submissions.iter().filter(|s| s.office == found.office.as_str() && s.feed == found.feed.as_str()).filter(matters).cloned().collect();
                self.slots.push(Slot { new: vec![found.clone()], known });
            }
        }
    }
}

fn is_slot(a: &Found, b: &Found) -> bool {
    a.feed == b.feed && a.office == b.office && a.period == b.period
}
