//! Deliveries judged anew: what is still at the sources, held against what was loaded of it by rules, code lists and
//! habits of writing that have changed since.
//!
//! Guarantees: what a dry run tells is what the same replay then does. A delivery that says something else becomes the
//! next revision of its slot, received when it was received; one that says the same is noted as judged, so that it is
//! not read again; one that would be refused now stays as it was loaded, and is told. Nothing else is pulled.

mod candidates;
mod compare;
mod held;
mod told;

pub use candidates::{NotReplayed, judged_otherwise};
pub use told::{FieldChange, Rejudged, RejudgedAs, Replay, RowTold};

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use super::judge::Judge;
use super::load::{after, hold_back, parallelism};
use super::protect::Bars;
use super::pull::{self, Found, Listing, Slot};
use super::returned::{Content, Places, gather};
use super::standing::next_revision;
use super::timed::Timed;
use super::{Progress, Request, RunReport, in_run};
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;
use crate::project::Project;
use crate::run::Feeds;
use crate::warehouse::{Loading, SlotLoad, Submission, SubmissionOutcome, Warehouse, live_of};
use candidates::{Candidate, Candidates};
use held::Held;

/// Which reports are wanted; all where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Of this feed.
    pub feed: Option<String>,
    /// Of this office.
    pub office: Option<String>,
    /// For these periods.
    pub periods: Vec<String>,
}

impl Which {
    fn wants(&self, feed: &str, office: &str, period: &str) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        is(&self.feed, feed) && is(&self.office, office) && (self.periods.is_empty() || self.periods.iter().any(|wanted| wanted == period))
    }
}

/// Says what a replay would change, without touching anything.
///
/// # Errors
/// `Input` where nothing was loaded yet; as the warehouse and the key say.
pub async fn would_replay(request: Request, which: &Which, progress: &dyn Progress) -> Result<Replay> {
    let warehouse = Warehouse::open(&request.project, request.clock.clone()).await?;
    let key = warehouse.key(&request.project).await?;
    let judged = judge_all(&request.project, &warehouse, key, "dry-run", which, progress).await?;
    Ok(judged.told(true))
}

/// Replays: loads what says something else, then builds models and releases as a run does.
///
/// # Errors
/// As a run.
pub async fn replay(request: Request, which: &Which, progress: &dyn Progress) -> Result<Replay> {
    let mut told = None;
    let project = request.project.clone();
    let timed = Timed::new(progress, request.clock.clone());
    let report = in_run(request, &timed, async |writable, run_id, report| {
        let judged = judge_all(&project, &writable.warehouse, writable.key.clone(), run_id, which, &timed).await?;
        let landed = writable.warehouse.reconcile_tables(&writable.warehouse.read_submissions().await?).await?;
        told = Some(judged.to_tell());
        judged.loads.iter().for_each(|load| report.count(&load.submission));
        if !judged.loads.is_empty() {
            let mut loading = Loading::default();
            for load in judged.loads {
                writable.warehouse.take(load, &mut loading, &landed).await?;
            }
            writable.warehouse.commit(loading).await?;
        }
        stand(&project, &judged.listing, &writable.warehouse.read_submissions().await?, report);
        Ok(())
    })
    .await?;
    let mut told = told.ok_or_else(|| Error::new(Kind::Internal, "a replay told nothing"))?;
    told.run = Some(report);
    Ok(told)
}

/// What keeps a release back, as in a run: deliveries that are refused still.
fn stand(project: &Project, listing: &Listing, submissions: &[Submission], report: &mut RunReport) {
    for pipeline in &project.pipelines {
        let feed = pipeline.contract.feed.as_str();
        report.feed(feed).found = listing.found.iter().filter(|found| found.feed.as_str() == feed).count() as u64;
    }
    let told: Vec<String> = report.refused.iter().map(|refused| refused.path.clone()).collect();
    let refused = pull::refused(listing, submissions).into_iter().filter(|(found, _)| !told.contains(&found.path));
    refused.for_each(|(_, last)| report.still_refused(last));
    hold_back(project, listing, report);
}

/// What became of everything that was judged anew.
struct Judged {
    reports: Vec<Rejudged>,
    same: u64,
    not_replayed: Vec<NotReplayed>,
    loads: Vec<SlotLoad>,
    listing: Listing,
}

impl Judged {
    fn told(self, is_dry_run: bool) -> Replay {
        Replay { is_dry_run, reports: self.reports, same: self.same, not_replayed: self.not_replayed, run: None }
    }

    fn to_tell(&self) -> Replay {
        Replay { is_dry_run: false, reports: self.reports.clone(), same: self.same, not_replayed: self.not_replayed.clone(), run: None }
    }
}

async fn judge_all(project: &Arc<Project>, warehouse: &Warehouse, key: Key, run_id: &str, which: &Which, progress: &dyn Progress) -> Result<Judged> {
    let submissions = warehouse.read_submissions().await?;
    let mut listing = pull::list(project, &Feeds::default(), &submissions, warehouse.clock().now()).await?;
    let places = Arc::new(Places::of(project, &listing).await?);
    gather(&places, &mut listing, None).await?;
    let Candidates { loaded, refused, not_replayed } = Candidates::find(project, &listing, &submissions, which);
    progress.begin("judging anew", (loaded.len() + refused.len()) as u64);
    let bars = Arc::new(Bars::of(warehouse, &key).await?);
    let now = after(&submissions, warehouse.clock().now());
    let judge = Judge { project: project.clone(), key, bars, rulebook: Arc::default(), run_id: Arc::from(run_id), now, places };
    let mut judged = Judged { reports: Vec::new(), same: 0, not_replayed, loads: Vec::new(), listing: Listing::default() };
    for feed in project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()) {
        let of_feed: Vec<&Candidate<'_>> = loaded.iter().filter(|one| one.found.feed.as_str() == feed).collect();
        let again: Vec<&Found> = refused.iter().copied().filter(|found| found.feed.as_str() == feed).collect();
        let held = Arc::new(Held::read(warehouse, feed, of_feed.iter().map(|one| one.submission), &again, &submissions).await?);
        let groups = groups(feed, of_feed, again, &submissions);
        let mut done = futures::stream::iter(groups).map(|group| group.judge(judge.clone(), held.clone(), progress)).buffered(parallelism());
        while let Some(mut group) = done.try_next().await? {
            judged.reports.append(&mut group.reports);
            judged.same += group.same;
            judged.not_replayed.append(&mut group.not_replayed);
            judged.loads.append(&mut group.loads);
        }
    }
    judged.listing = listing;
    Ok(judged)
}

/// The deliveries of an office and a feed that are to be judged anew, with what is known of its submissions.
struct Group {
    loaded: Vec<(Found, Submission)>,
    refused: Vec<Found>,
    known: Vec<Submission>,
}

fn groups(feed: &str, loaded: Vec<&Candidate<'_>>, refused: Vec<&Found>, submissions: &[Submission]) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let fresh = |office: &str| Group {
        loaded: Vec::new(),
        refused: Vec::new(),
        known: submissions.iter().filter(|one| one.feed == feed && one.office == office).cloned().collect(),
    };
    for one in loaded {
        let office = one.found.office.to_string();
        groups.entry(office.clone()).or_insert_with(|| fresh(&office)).loaded.push((one.found.clone(), one.submission.clone()));
    }
    for found in refused {
        let office = found.office.to_string();
        groups.entry(office.clone()).or_insert_with(|| fresh(&office)).refused.push(found.clone());
    }
    groups.into_values().collect()
}

/// What became of a group.
#[derive(Default)]
struct Done {
    reports: Vec<Rejudged>,
    same: u64,
    not_replayed: Vec<NotReplayed>,
    loads: Vec<SlotLoad>,
}

impl Group {
    /// What was refused comes first: where it is loaded now, what it takes the place of need not be looked at.
    async fn judge(mut self, judge: Judge, held: Arc<Held>, progress: &dyn Progress) -> Result<Done> {
        let mut done = Done::default();
        for slot in self.refused_by_slot() {
            for load in judge.clone().slot(slot).await? {
                progress.advance(&load.submission.path);
                self.note_refused(load, &held, &mut done);
            }
        }
        for (mut found, before) in std::mem::take(&mut self.loaded) {
            progress.advance(&found.path);
            if !live_of(&self.known).has(&before) {
                continue;
            }
            let Some(content) = content_of(&judge.places, &mut found, &before, &mut done).await else { continue };
            let revision = next_revision(&self.known, before.slot());
            let (judge, held) = (judge.clone(), held.clone());
            let work = move || one(&judge, &held, &found, content, &before, revision);
            let (told, load) =
                tokio::task::spawn_blocking(work).await.map_err(|cause| Error::new(Kind::Internal, "a delivery could not be judged").because(cause))??;
            match told {
                Some(told) => done.reports.push(told),
                None => done.same += 1,
            }
            if let Some(load) = load {
                self.known.push(load.submission.clone());
                done.loads.push(load);
            }
        }
        Ok(done)
    }

    fn refused_by_slot(&mut self) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        for found in std::mem::take(&mut self.refused) {
            match slots.last_mut().filter(|slot| slot.new.first().is_some_and(|first| first.period == found.period)) {
                Some(slot) => slot.new.push(found),
                None => slots.push(Slot { new: vec![found], known: self.known.clone() }),
            }
        }
        slots
    }

    fn note_refused(&mut self, load: SlotLoad, held: &Held, done: &mut Done) {
        match load.submission.outcome {
            SubmissionOutcome::Loaded => done.reports.push(told::loadable(&load.submission, held)),
            _ => done.same += 1,
        }
        if !load.submission.content_hash.is_empty() {
            self.known.push(load.submission.clone());
            done.loads.push(load);
        }
    }
}

/// What a delivery says, where it still says what it said when it was loaded.
async fn content_of(places: &Places, found: &mut Found, before: &Submission, done: &mut Done) -> Option<Content> {
    let why = match places.read(found).await {
        Ok(content) => match content.returned.as_ref().and_then(|returned| returned.refusal.as_ref()) {
            Some(refusal) => refusal.message.clone(),
            None if content.hash == before.content_hash => return Some(content),
            None => "it says something else now".to_owned(),
        },
        Err(error) => error.to_string(),
    };
    done.not_replayed.push(NotReplayed::of(before, &why));
    None
}

/// A delivery judged anew: what is told of it, and what is committed.
fn one(judge: &Judge, held: &Held, found: &Found, content: Content, before: &Submission, revision: i64) -> Result<(Option<Rejudged>, Option<SlotLoad>)> {
    let load = judge.anew(found, content, before, revision)?;
    let contract = judge.project.pipeline(found.feed.as_str()).map(|pipeline| pipeline.contract.clone());
    let contract = contract.ok_or_else(|| Error::new(Kind::Internal, format!("there is no pipeline for {}", found.feed)))?;
    if load.submission.outcome == SubmissionOutcome::Refused {
        return Ok((Some(told::refusable(before, &load.submission)), None));
    }
    let told = compare::compare(&contract, held, before, &load)?;
    match told.says_the_same() {
        true => Ok((None, Some(judge.same(found, before)?))),
        false => Ok((Some(told), Some(load))),
    }
}
