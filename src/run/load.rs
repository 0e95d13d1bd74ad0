//! Pulling and loading: what is new is judged on all cores and committed in batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{Instrument, Span, error_span};

use super::drift;
use super::judge::Judge;
use super::protect::Bars;
use super::pull::{self, Listing, Plan, Slot};
use super::replay::judged_otherwise;
use super::returned::{Gathered, Places, gather};
use super::{Feeds, Progress, Refused, RunOutcome, RunReport};
use crate::allocator;
use crate::calendar::lacking;
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;
use crate::parallel;
use crate::project::{Access, Project};
use crate::warehouse::{Loading, SlotLoad, Submission, Warehouse, Writable, live_of};

/// Loads everything new of the feeds that are wanted.
pub async fn load(
    (project, wanted): (&Arc<Project>, &Feeds),
    writable: &mut Writable,
    run_id: &str,
    report: &mut RunReport,
    progress: &dyn Progress,
) -> Result<()> {
    let submissions = writable.warehouse.read_submissions().await?;
    let landed = writable.warehouse.reconcile_tables(&submissions).await?;
    let mut listing = pull::list(project, wanted, &submissions, writable.warehouse.clock().now()).await?;
    let places = Arc::new(Places::of(project, &listing).await?);
    let mut returned = gather(&places, &mut listing, Some(&submissions)).await?;
    let mut plan = pull::plan(project, &listing, &submissions);
    if !wanted.is_all() {
        listing.unreachable.retain(|(feed, _)| wanted.holds(feed.as_str()));
        returned.keep(wanted);
        plan.keep(wanted);
    }
    tracing::info!(found = listing.found.len(), slots = plan.slots.len(), "sources listed");
    note(&listing, &plan, (project, wanted), report);
    note_returned(&returned, report);
    if plan.slots.iter().flat_map(|slot| &slot.new).any(|found| found.size > LARGE) {
        allocator::give_back_nearly_all();
    }
    let judge = Judge {
        project: project.clone(),
        key: writable.key.clone(),
        bars: Arc::new(Bars::of(&writable.warehouse, &writable.key).await?),
        rulebook: Arc::default(),
        run_id: Arc::from(run_id),
        now: after(&submissions, writable.warehouse.clock().now()),
        places,
    };
    progress.begin("loading", plan.slots.iter().map(|slot| slot.new.len() as u64).sum());
    let mut all = submissions;
    let (hand_on, mut handed_on) = tokio::sync::mpsc::channel(1);
    let judging = async {
        let mut judged = futures::stream::iter(below_feeds(plan.slots)).map(within(judge)).buffered(SMALL * parallelism());
        while let Some(slot) = judged.try_next().await? {
            // Who takes them stops at a failure only, which ends the whole.
            let _ = hand_on.send(slot).await;
        }
        drop(hand_on);
        tracing::debug!("deliveries judged");
        Ok::<(), Error>(())
    };
    let taking = async {
        let mut loading = Loading::default();
        while let Some(JudgedSlot { loads, room }) = handed_on.recv().await {
            for load in loads {
                progress.advance(&load.submission.path);
                report.count(&load.submission);
                all.push(load.submission.clone());
                // An extract that cannot be read has no content to be known by: it is tried again.
                if !load.submission.content_hash.is_empty() {
                    writable.warehouse.take(load, &mut loading, &landed).await?;
                }
            }
            drop(room);
            if loading.is_full() {
                writable.warehouse.commit(std::mem::take(&mut loading)).await?;
            }
        }
        if !loading.is_empty() {
            writable.warehouse.commit(loading).await?;
        }
        tracing::debug!("deliveries committed");
        Ok(())
    };
    // Deliveries are judged while others are taken.
    tokio::try_join!(judging, taking)?;
    let live = live_of(&all);
    report.judged_otherwise = judged_otherwise(project, &listing, &live);
    report.drift = drift::standing(&live)?;
    // Of some months there may well be nothing.
    if !wanted.are_months_named() {
        hold_back_for_nothing(project, &listing, report);
    }
    hold_back_for_faults(project, &listing, report);
    Ok(())
}

/// Judges everything new and commits nothing.
pub async fn would_load(project: &Arc<Project>, clock: SharedClock, report: &mut RunReport, progress: &dyn Progress) -> Result<()> {
    let (mut submissions, bars) = known(project, clock.clone()).await?;
    let mut listing = pull::list(project, &Feeds::default(), &submissions, clock.now()).await?;
    let places = Arc::new(Places::of(project, &listing).await?);
    let returned = gather(&places, &mut listing, Some(&submissions)).await?;
    let plan = pull::plan(project, &listing, &submissions);
    note(&listing, &plan, (project, &Feeds::default()), report);
    note_returned(&returned, report);
    // Pseudonyms of a dry run go nowhere, so any key will do.
    let now = clock.now();
    let judge =
        Judge { project: project.clone(), key: Key::new([0; 32]), bars: Arc::new(bars), rulebook: Arc::default(), run_id: Arc::from("dry-run"), now, places };
    progress.begin("judging", plan.slots.iter().map(|slot| slot.new.len() as u64).sum());
    let mut judged = futures::stream::iter(below_feeds(plan.slots)).map(within(judge)).buffered(SMALL * parallelism());
    while let Some(slot) = judged.try_next().await? {
        for load in slot.loads {
            progress.advance(&load.submission.path);
            report.count(&load.submission);
            submissions.push(load.submission);
        }
    }
    let live = live_of(&submissions);
    report.judged_otherwise = judged_otherwise(project, &listing, &live);
    report.drift = drift::standing(&live)?;
    hold_back(project, &listing, report);
    report.note_lacking(project, lacking(project, &submissions, now));
    report.outcome = RunOutcome::DryRun;
    Ok(())
}

async fn known(project: &Project, clock: SharedClock) -> Result<(Vec<Submission>, Bars)> {
    match Warehouse::open(project, clock).await {
        Ok(warehouse) => Ok((warehouse.read_submissions().await?, Bars::to_read(project, &warehouse).await?)),
        Err(error) if error.kind() == Kind::Input => Ok((Vec::new(), Bars::none())),
        Err(error) => Err(error),
    }
}

/// The moment of this run's judgements, later than every earlier one's even where the clock went back.
pub(super) fn after(submissions: &[Submission], now: DateTime<Utc>) -> DateTime<Utc> {
    submissions.iter().map(|submission| submission.loaded_at + chrono::Duration::microseconds(1)).fold(now, DateTime::max)
}

/// As many slots at a time as there are cores, and one more to read while they work.
pub(super) fn parallelism() -> usize {
    parallel::cores() + 1
}

/// KiB of extracts that are judged, or wait to be taken, at a time; one that is larger is judged alone, on all cores.
const MOST_KIB: usize = 72 << 10;

/// Bytes of an extract that is large: what is held of a few such makes up most of what a run holds.
const LARGE: u64 = 16 << 20;

/// Slots of small extracts that are judged in the place of one that is large: most of the time they wait, for a disk or for
/// one another.
const SMALL: usize = 4;

/// KiB of extracts below which a slot is small, and the smaller the less of a place it takes.
const SMALL_KIB: usize = 1 << 10;

/// Deliveries of a slot that were judged, and the room that they take until they are handed on.
struct JudgedSlot {
    loads: Vec<SlotLoad>,
    room: OwnedSemaphorePermit,
}

/// Slots, each with the span of its feed, which ends with the last of them.
fn below_feeds(slots: Vec<Slot>) -> Vec<(Span, Slot)> {
    let mut feeds: BTreeMap<String, Span> = BTreeMap::new();
    let below = slots.into_iter().map(|slot| {
        let feed = slot.new.first().map_or_else(String::new, |found| found.feed.to_string());
        (feeds.entry(feed.clone()).or_insert_with(|| error_span!("feed", pipeline = feed)).clone(), slot)
    });
    below.collect()
}

/// Judges slots side by side, so many at a time as their extracts are small, each by a task of its own. Room is given in the
/// order of slots, in which they are handed on too: none waits for one that comes after it.
fn within(judge: Judge) -> impl Fn((Span, Slot)) -> BoxFuture<'static, Result<JudgedSlot>> {
    let room = Arc::new(Semaphore::new(MOST_KIB));
    let places = parallelism();
    move |(feed, slot)| {
        let (judge, room) = (judge.clone(), room.clone());
        let judged = async move {
            let room = room.acquire_many_owned(room_of(&slot, places)).await;
            let room = room.map_err(|cause| Error::new(Kind::Internal, "deliveries cannot be judged side by side").because(cause))?;
            let loads = tokio::spawn(judge.slot(slot).instrument(feed)).await;
            let loads = loads.map_err(|cause| Error::new(Kind::Internal, "the deliveries of a slot could not be judged").because(cause))?;
            Ok(JudgedSlot { loads: loads?, room })
        };
        judged.boxed()
    }
}

/// KiB that a slot takes of the room of all, in which so many large ones have a place.
fn room_of(slot: &Slot, places: usize) -> u32 {
    let size = slot.new.iter().map(|found| found.size).sum::<u64>() >> 10;
    // Servers of the web are asked for no more at a time than there is to do.
    let is_listed = slot.new.iter().all(|found| matches!(found.source.access, Access::Listed));
    room_for(usize::try_from(size).unwrap_or(usize::MAX), is_listed, places)
}

fn room_for(size: usize, may_share: bool, places: usize) -> u32 {
    let share = if may_share { (size.saturating_mul(SMALL) / SMALL_KIB).clamp(1, SMALL) } else { SMALL };
    u32::try_from(size.max(MOST_KIB / (SMALL * places) * share).min(MOST_KIB)).unwrap_or(u32::MAX)
}

fn note(listing: &Listing, plan: &Plan, (project, wanted): (&Project, &Feeds), report: &mut RunReport) {
    for pipeline in project.pipelines.iter().filter(|pipeline| wanted.holds(pipeline.contract.feed.as_str())) {
        let feed = pipeline.contract.feed.as_str();
        let entry = report.feed(feed);
        entry.found = listing.found.iter().filter(|found| found.feed.as_str() == feed).count() as u64;
        entry.known = plan.known.get(feed).copied().unwrap_or_default();
    }
    plan.still_refused.iter().for_each(|submission| report.still_refused(submission));
    report.unclaimed.clone_from(&listing.unclaimed);
}

/// Notes what is known of returned workbooks.
fn note_returned(returned: &Gathered, report: &mut RunReport) {
    for (feed, count) in &returned.known {
        let entry = report.feed(feed);
        entry.found += count;
        entry.known += count;
    }
    returned.still_refused.iter().for_each(|submission| report.still_refused(submission));
    report.refused.extend(returned.strays.iter().map(Refused::stray));
}

/// Notes what keeps a release back: required feeds with refused deliveries or sources out of reach.
pub(super) fn hold_back(project: &Project, listing: &Listing, report: &mut RunReport) {
    hold_back_for_nothing(project, listing, report);
    hold_back_for_faults(project, listing, report);
}

fn is_required(project: &Project, feed: &str) -> bool {
    project.pipeline(feed).is_some_and(|pipeline| pipeline.required)
}

/// Required feeds of which there is nothing at all.
fn hold_back_for_nothing(project: &Project, listing: &Listing, report: &mut RunReport) {
    let is_required = |feed: &str| is_required(project, feed);
    for feed in report.feeds.iter().filter(|feed| feed.found == 0 && is_required(&feed.feed)).map(|feed| feed.feed.clone()).collect::<Vec<_>>() {
        if !listing.unreachable.iter().any(|(unreachable, _)| unreachable.as_str() == feed) {
            report.problems.push(format!("the sources hold no delivery of the required feed {feed}: is the path right? no release is made"));
            report.is_held_back = true;
        }
    }
}

/// Sources out of reach, and refused deliveries of required feeds.
fn hold_back_for_faults(project: &Project, listing: &Listing, report: &mut RunReport) {
    let is_required = |feed: &str| is_required(project, feed);
    for (feed, why) in &listing.unreachable {
        report.problems.push(format!("a source of {feed} is out of reach: {why}"));
        report.out_of_reach.push(feed.as_str().to_owned());
        report.is_held_back |= is_required(feed.as_str());
    }
    // A returned workbook that is refused leaves everything as it was.
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for refused in report.open_refusals().filter(|refused| !refused.is_correction) {
        *counts.entry(refused.feed.clone()).or_default() += 1;
    }
    for (feed, count) in counts {
        let noun = if count == 1 { "delivery" } else { "deliveries" };
        if is_required(&feed) {
            report.is_held_back = true;
            report.problems.push(format!("{count} {noun} of the required feed {feed} refused: no release is made"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_KIB, SMALL, room_for};

    #[test]
    fn small_extracts_share_the_places_of_large_ones() {
        let at_once = |size, may_share| MOST_KIB / room_for(size, may_share, 3) as usize;
        assert_eq!((at_once(10, true), at_once(127, true), at_once(512, true)), (3 * SMALL, 3 * SMALL, 6));
        assert_eq!((at_once(1 << 10, true), at_once(20 << 10, true), at_once(31 << 10, true), at_once(1 << 30, true)), (3, 3, 2, 1));
        assert_eq!((at_once(10, false), at_once(1 << 10, false)), (3, 3), "servers of the web are asked for three at a time");
        assert!((1..64).all(|places| MOST_KIB / room_for(0, true, places) as usize >= SMALL * places), "as many as are begun have room");
    }
}
