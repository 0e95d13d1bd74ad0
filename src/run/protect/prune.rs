//! Pruning: rows past the retention of their feed, releases past those that are kept, and what interrupted runs left.
//!
//! Guarantees: no released table would say something else without the rows that go; that is proved before they do. Later
//! deliveries do not bring them back. Refuses where a released table still counts them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray};
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use super::expiry::{Cutoffs, cutoffs, expired};
use super::proof::contradictions;
use super::released::Hits;
use super::stray::Stray;
use super::traces::Going;
use super::wanted::text_column;
use super::{receipt_id, remove_staging};
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::project::Project;
use crate::run::prepare::Prepared;
use crate::run::{Progress, seconds};
use crate::warehouse::{Change, Receipt, ReceiptKind, Submission, Warehouse};

/// What a pruning did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct Pruning {
    /// True where nothing was to be touched.
    pub is_dry_run: bool,
    /// True where something was to go.
    pub is_needed: bool,
    /// By feed, the first day of events that is kept.
    pub kept_from: Cutoffs,
    /// Releases that go.
    pub release_numbers: Vec<u64>,
    /// Older releases that stay for their tags, with them.
    pub tagged_releases: BTreeMap<u64, Vec<String>>,
    /// Files and folders that go, below the warehouse.
    pub paths: Vec<String>,
    /// Tables that are written anew since interrupted runs left rows or files in them that nobody vouches for.
    pub leftovers: Vec<String>,
    /// Rows that go; kept in the warehouse where there are any.
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// Prunes, or says what that would do.
///
/// # Errors
/// `Data` where a released table still counts rows that are to go; as the warehouse says.
pub async fn prune(prepared: &Prepared, is_dry_run: bool, clock: SharedClock, progress: &dyn Progress) -> Result<Pruning> {
    let project = &prepared.project;
    if is_dry_run {
        let warehouse = Warehouse::open(project, clock).await?;
        return Found::search(prepared, &warehouse, progress).await.map(|found| found.told(true));
    }
    let writable = Warehouse::open_to_write(project, clock).await?;
    let found = Found::search(prepared, &writable.warehouse, progress).await?;
    if found.is_needed() {
        let mut change = Change::begin(writable.warehouse.store().root(), "a pruning")?;
        found.remove(project, &writable.warehouse, &mut change).await?;
        writable.warehouse.mark(project, &writable.key, &mut change).await?;
        change.make()?;
    }
    Ok(found.told(false))
}

struct Found {
    cutoffs: Cutoffs,
    submissions: Vec<Submission>,
    going: Going,
    /// Submissions of which the rows set aside go.
    aside: BTreeSet<String>,
    hits: Hits,
    stray: Stray,
    leftovers: Vec<String>,
    receipt: Receipt,
}

impl Found {
    async fn search(prepared: &Prepared, warehouse: &Warehouse, progress: &dyn Progress) -> Result<Self> {
        let project = &prepared.project;
        let submissions = warehouse.read_submissions().await?;
        warehouse.reconcile_tables(&submissions).await?;
        let cutoffs = cutoffs(project, warehouse.clock().now());
        let mut receipt = Receipt::new(receipt_id(warehouse.clock()), ReceiptKind::Pruning, seconds(warehouse.clock().now()));
        let going = Going::find(project, warehouse, &submissions, &|feed, batch| Ok(past(project, &cutoffs, feed, batch))).await?;
        for (feed, rows) in &going.rows {
            receipt.note_feed(feed, rows, &submissions);
        }
        let aside = old_reports(&cutoffs, &submissions);
        let lines = warehouse.set_aside_table().await?.count(&submissions, &mut |batch| of_submissions(batch, &aside)).await?;
        receipt.note_set_aside(&lines);
        let rows_go = !receipt.feeds.is_empty();
        if rows_go {
            refuse_changes(prepared, warehouse, &submissions, &cutoffs, progress).await?;
            receipt.staging_files = remove_staging(warehouse, None)?;
        }
        let stray = Stray::find(warehouse, project.retention.releases, rows_go).await?;
        let hits = Hits::find(warehouse, &going.whole, &stray.kept).await?;
        receipt.releases = hits.removals();
        if !receipt.removed.is_empty() {
            receipt.expired_before.clone_from(&cutoffs);
        }
        let mut leftovers = Vec::new();
        for table in warehouse.row_tables().await?.into_iter().chain([warehouse.set_aside_table().await?]) {
            if table.has_leftovers(warehouse, &submissions).await? {
                leftovers.push(table.path.clone());
            }
        }
        Ok(Self { cutoffs, submissions, going, aside, hits, stray, leftovers, receipt })
    }

    fn is_needed(&self) -> bool {
        !self.receipt.removed.is_empty() || !self.receipt.releases.is_empty() || !self.stray.paths.is_empty() || !self.leftovers.is_empty()
    }

    async fn remove(&self, project: &Project, warehouse: &Warehouse, change: &mut Change) -> Result<()> {
        let mut removed: BTreeMap<String, u64> = BTreeMap::new();
        for table in warehouse.row_tables().await? {
            let feed = table.feed.clone().unwrap_or_default();
            if self.going.rows.contains_key(&feed) || self.leftovers.contains(&table.path) {
                let mut doomed = |batch: &RecordBatch| Ok(past(project, &self.cutoffs, &feed, batch));
                removed.extend(table.rewrite(warehouse, change, &self.submissions, &mut doomed, &mut Ok).await?);
            }
        }
        let found: BTreeMap<String, u64> = self.going.rows.values().flatten().map(|(id, rows)| (id.clone(), *rows)).collect();
        if removed != found {
            return Err(Error::new(Kind::Internal, "a pruning would remove other rows than it found; nothing was changed"));
        }
        let table = warehouse.set_aside_table().await?;
        if self.receipt.set_aside_lines > 0 || self.leftovers.contains(&table.path) {
            table.rewrite(warehouse, change, &self.submissions, &mut |batch| of_submissions(batch, &self.aside), &mut Ok).await?;
        }
        if !self.receipt.feeds.is_empty() {
            remove_staging(warehouse, Some(change))?;
        }
        self.hits.remove(warehouse, change, &self.going.whole, &self.receipt.path())?;
        self.stray.paths.iter().for_each(|path| change.remove(path));
        if !self.receipt.removed.is_empty() {
            self.receipt.keep(change)?;
        }
        Ok(())
    }

    fn told(self, is_dry_run: bool) -> Pruning {
        Pruning {
            is_dry_run,
            is_needed: self.is_needed(),
            kept_from: self.cutoffs,
            release_numbers: self.stray.releases,
            tagged_releases: self.stray.tagged,
            paths: self.stray.paths,
            leftovers: self.leftovers,
            receipt: self.receipt,
        }
    }
}

fn past(project: &Project, cutoffs: &Cutoffs, feed: &str, batch: &RecordBatch) -> BooleanArray {
    match project.pipeline(feed).zip(cutoffs.get(feed)) {
        Some((pipeline, day)) => expired(&pipeline.contract, batch, *day),
        None => BooleanArray::from(vec![false; batch.num_rows()]),
    }
}

/// Deliveries for months that ended before the first day that is kept: nothing is known of when the events were that
/// their rows set aside tell of.
fn old_reports(cutoffs: &Cutoffs, submissions: &[Submission]) -> BTreeSet<String> {
    let is_old = |submission: &&Submission| {
        let end = submission.period.parse::<Period>().map(|period| period.end());
        cutoffs.get(&submission.feed).is_some_and(|day| end.is_ok_and(|end| end < *day))
    };
    submissions.iter().filter(is_old).map(|submission| submission.submission_id.clone()).collect()
}

fn of_submissions(batch: &RecordBatch, submissions: &BTreeSet<String>) -> Result<BooleanArray> {
    let ids = text_column(batch, "submission_id")?;
    Ok(ids.as_string::<i32>().iter().map(|id| Some(id.is_some_and(|id| submissions.contains(id)))).collect())
}

async fn refuse_changes(prepared: &Prepared, warehouse: &Warehouse, submissions: &[Submission], cutoffs: &Cutoffs, progress: &dyn Progress) -> Result<()> {
    let found = contradictions(prepared, warehouse, submissions, cutoffs, progress).await?;
    if found.is_empty() {
        return Ok(());
    }
    let tables: Vec<String> = found.iter().map(|one| format!("{} ({} {})", one.table, one.rows, if one.rows == 1 { "row" } else { "rows" })).collect();
    let message = format!("released tables still count rows that are past their retention, and would say something else without them: {}", tables.join(", "));
    Err(Error::new(Kind::Data, message)
        .hint("nothing was removed; carry the figures of those years as a reference table that the models read, and let them count events from the first day that is kept")
        .hint("or keep the rows longer: [retention] in rihla.toml"))
}
