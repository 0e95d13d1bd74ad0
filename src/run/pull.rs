//! What the sources hold, and what of it is new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::ObjectMeta;
use object_store::path::Path as ObjectPath;

use super::judge::AMBIGUOUS;
use crate::error::Result;
use crate::names::{FeedName, OfficeCode};
use crate::period::Period;
use crate::project::{Pipeline, Placed, Project, Source};
use crate::store::Store;
use crate::warehouse::{Submission, SubmissionOutcome, current_of};

/// A file of a delivery.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// Its page, where the delivery has several files.
    pub page: Option<u64>,
    /// Its place in the store.
    pub location: ObjectPath,
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
    /// Where it can be read.
    pub store: Store,
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

/// Lists every source.
///
/// # Errors
/// `Internal` only; what cannot be listed stands in the result.
pub async fn list(project: &Project) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut folders: BTreeMap<&str, Vec<(&Pipeline, &Arc<Source>)>> = BTreeMap::new();
    for pipeline in &project.pipelines {
        for source in &pipeline.sources {
            folders.entry(&source.template.folder).or_default().push((pipeline, source));
        }
    }
    for (folder, claims) in folders {
        match list_folder(&project.root, folder).await {
            Ok((store, objects)) => objects.into_iter().for_each(|object| claim(&store, folder, object, &claims, &mut listing)),
            Err(error) => {
                let feeds: BTreeSet<&FeedName> = claims.iter().map(|(pipeline, _)| &pipeline.contract.feed).collect();
                listing.unreachable.extend(feeds.into_iter().map(|feed| (feed.clone(), format!("{error}: {}", cause(&error)))));
            }
        }
    }
    listing.found.sort_by(|a, b| a.order().cmp(&b.order()));
    listing.found = gather_pages(std::mem::take(&mut listing.found));
    Ok(listing)
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

fn cause(error: &crate::error::Error) -> String {
    std::error::Error::source(error).map_or_else(|| "no reason was given".to_owned(), ToString::to_string)
}

async fn list_folder(root: &Path, folder: &str) -> Result<(Store, Vec<ObjectMeta>)> {
    let store = Store::local(&root.join(folder))?;
    let objects = store.list("").await?;
    Ok((store, objects))
}

fn claim(store: &Store, folder: &str, object: ObjectMeta, claims: &[(&Pipeline, &Arc<Source>)], listing: &mut Listing) {
    let path = if folder.is_empty() { object.location.to_string() } else { format!("{folder}/{}", object.location) };
    let name = path.rsplit('/').next().unwrap_or_default();
    // Hidden files and Excel's own locks are nobody's extract.
    if name.starts_with('.') || name.starts_with("~$") {
        return;
    }
    let placed = claims.iter().find_map(|(pipeline, source)| {
        let placed = source.template.place(&path)?;
        (source.offices.contains(&placed.office) && source.periods.hold(placed.period)).then_some((pipeline, *source, placed))
    });
    match placed {
        Some((pipeline, source, Placed { office, period, received, page })) => listing.found.push(Found {
            feed: pipeline.contract.feed.clone(),
            office,
            period,
            received: received.unwrap_or(object.last_modified),
            path,
            size: object.size,
            modified: object.last_modified,
            source: source.clone(),
            store: store.clone(),
            files: vec![FoundFile { page, location: object.location }],
        }),
        None => listing.unclaimed.push(path),
    }
}

/// The new extracts of one slot, oldest first, with what is known of the slot.
#[derive(Debug)]
pub struct Slot {
    /// The extracts.
    pub new: Vec<Found>,
    /// Submissions of the slot so far.
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

/// Tells what is new from what was judged before, without reading an extract.
pub fn plan(project: &Project, listing: &Listing, submissions: &[Submission]) -> Plan {
    let mut last_of_path: BTreeMap<(&str, &str), &Submission> = BTreeMap::new();
    for submission in submissions {
        last_of_path.insert((&submission.feed, &submission.path), submission);
    }
    let current = current_of(submissions);
    let mut plan = Plan::default();
    for found in &listing.found {
        let last = last_of_path.get(&(found.feed.as_str(), found.path.as_str())).copied().filter(|last| is_same(last, found));
        match last {
            Some(last) if last.outcome == SubmissionOutcome::Refused => {
                let overtaken = current.get(&last.slot()).is_some_and(|now| now.received_at > last.received_at);
                if overtaken {
                    *plan.known.entry(found.feed.to_string()).or_default() += 1;
                } else if last.error.as_deref() == Some(AMBIGUOUS) && !has_rival(listing, found) {
                    plan.add(found, submissions);
                } else if project.pipeline(found.feed.as_str()).is_some_and(|pipeline| pipeline.fingerprint == last.contract) {
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
                let known = submissions.iter().filter(|s| s.slot() == (found.office.as_str(), found.feed.as_str(), period.as_str())).cloned().collect();
                self.slots.push(Slot { new: vec![found.clone()], known });
            }
        }
    }
}

fn is_slot(a: &Found, b: &Found) -> bool {
    a.feed == b.feed && a.office == b.office && a.period == b.period
}
