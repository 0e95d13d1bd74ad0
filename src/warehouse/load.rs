//! The commit of a batch of submissions: rows and set-aside rows first, then the submissions that vouch for them.
//!
//! Killed between the commits, the rows that landed are vouched for by nobody and so are never seen; the next run
//! finds them by submission and revision and does not append them again.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use deltalake::kernel::Transaction;

use super::appending::Appending;
use super::receipt::removed_so_far;
use super::{AppendedTable, Submission, SubmissionOutcome, Warehouse, submission};
use crate::error::{Error, Kind, Result};

/// One judged delivery with its rows.
pub struct SlotLoad {
    /// What vouches for the rows.
    pub submission: Submission,
    /// The rows to load, in pieces; nothing where it was not loaded.
    pub rows: Option<Vec<RecordBatch>>,
    /// The rows set aside.
    pub set_aside: Option<RecordBatch>,
}

/// Rows of a table by submission.
type Loaded = BTreeMap<String, u64>;

/// Deliveries per commit: what is committed need not be done again after a crash.
const MOST_DELIVERIES: usize = 4096;

/// Rows per commit.
const MOST_ROWS: usize = 4_000_000;

/// Judged deliveries on their way into the warehouse. Nobody sees them before they are committed.
#[derive(Default)]
pub struct Loading {
    feeds: BTreeMap<String, Incoming>,
    aside: Option<Appending>,
    judged: Vec<Submission>,
    rows: usize,
}

/// Rows of a feed, and the submissions that vouch for them.
struct Incoming {
    rows: Appending,
    submissions: Vec<Submission>,
}

impl Loading {
    /// True where there is something to commit.
    pub fn is_empty(&self) -> bool {
        self.judged.is_empty()
    }

    /// True where it is time to commit.
    pub fn is_full(&self) -> bool {
        self.judged.len() >= MOST_DELIVERIES || self.rows >= MOST_ROWS
    }
}

impl Warehouse {
    /// Takes a judged delivery: its rows are encoded while others are judged.
    ///
    /// # Errors
    /// `Internal` where its feed has no table; `Unavailable` where the store fails.
    pub async fn take(&self, load: SlotLoad, loading: &mut Loading, landed: &Landed) -> Result<()> {
        let id = &load.submission.submission_id;
        let count = load.rows.iter().flatten().map(RecordBatch::num_rows).sum();
        if let Some(pieces) = load.rows.filter(|_| count > 0 && !landed.has_rows(id, count)) {
            let incoming = self.incoming(&mut loading.feeds, &load.submission.feed)?;
            incoming.rows.write(pieces).await?;
            incoming.submissions.push(load.submission.clone());
            loading.rows += count;
        }
        if let Some(lines) = load.set_aside.filter(|lines| lines.num_rows() > 0 && !landed.has_set_aside(id, lines.num_rows())) {
            let aside = match &mut loading.aside {
                Some(aside) => aside,
                none => none.insert(self.set_aside.begin_append()?),
            };
            aside.write(vec![lines]).await?;
        }
        loading.judged.push(load.submission);
        Ok(())
    }

    fn incoming<'l>(&self, feeds: &'l mut BTreeMap<String, Incoming>, feed: &str) -> Result<&'l mut Incoming> {
        let table = self.feeds.get(feed).ok_or_else(|| Error::new(Kind::Internal, format!("there is no table for the feed {feed}")))?;
        match feeds.entry(feed.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(vacant) => Ok(vacant.insert(Incoming { rows: table.begin_append()?, submissions: Vec::new() })),
        }
    }

    /// Commits what was taken: one commit per table, the submissions last.
    ///
    /// # Errors
    /// `Conflict` where another process loads the same slots; `Unavailable` where the store fails.
    pub async fn commit(&mut self, loading: Loading) -> Result<()> {
        let Loading { feeds, aside, judged, .. } = loading;
        for (feed, incoming) in feeds {
            let table = self.feeds.get_mut(&feed).ok_or_else(|| Error::new(Kind::Internal, format!("there is no table for the feed {feed}")))?;
            table.end_append(incoming.rows, transactions(&incoming.submissions.iter().collect::<Vec<_>>())).await?;
        }
        let transactions = transactions(&judged.iter().collect::<Vec<_>>());
        if let Some(aside) = aside {
            self.set_aside.end_append(aside, transactions.clone()).await?;
        }
        self.submissions.append(vec![submission::to_batch(&judged)?], transactions).await
    }

    /// What landed without a submission that vouches for it, and the proof that nothing vouched for is lost.
    ///
    /// # Errors
    /// `Conflict` where a table holds fewer rows than its submissions vouch for.
    pub async fn reconcile_tables(&self, submissions: &[Submission]) -> Result<Landed> {
        let receipts = self.receipts().await?;
        let removed = removed_so_far(&receipts);
        let removed = |submission: &Submission| removed.get(submission.submission_id.as_str()).copied().unwrap_or_default();
        for table in self.feeds.values().chain([&self.set_aside]) {
            table.check_files(self.store()).await?;
        }
        let mut landed = Landed::default();
        for (feed, table) in &self.feeds {
            let loaded = submissions.iter().filter(|s| s.feed == *feed && s.outcome == SubmissionOutcome::Loaded);
            let vouched = loaded.map(|s| still_held(s.rows.loaded, removed(s).rows)).sum::<Result<u64>>()?;
            landed.rows.extend(unvouched(feed, table, vouched, submissions).await?);
        }
        let vouched = submissions.iter().map(|s| still_held(s.set_aside_lines, removed(s).set_aside_lines)).sum::<Result<u64>>()?;
        landed.set_aside = unvouched("quarantine", &self.set_aside, vouched, submissions).await?;
        Ok(landed)
    }
}

/// Rows that an interrupted run left behind, by submission.
#[derive(Debug, Default)]
pub struct Landed {
    rows: Loaded,
    set_aside: Loaded,
}

impl Landed {
    fn has_rows(&self, submission: &str, count: usize) -> bool {
        count > 0 && self.rows.get(submission) == Some(&(count as u64))
    }

    fn has_set_aside(&self, submission: &str, count: usize) -> bool {
        count > 0 && self.set_aside.get(submission) == Some(&(count as u64))
    }
}

/// Rows that a submission still vouches for after those that receipts say were removed.
fn still_held(loaded: u64, removed: u64) -> Result<u64> {
    loaded.checked_sub(removed).ok_or_else(|| {
        Error::new(Kind::Conflict, format!("receipts say that {removed} rows of a submission were removed, which had {loaded}"))
            .hint("restore the warehouse from a backup: erasures/ and prunings/ belong to its tables")
    })
}

/// Rows of a table that no submission vouches for. The log tells how many rows there are, so that the table itself
/// is read only after an interrupted run.
async fn unvouched(name: &str, table: &AppendedTable, vouched: u64, submissions: &[Submission]) -> Result<Loaded> {
    let held = table.count_rows().await?;
    if held < vouched {
        return Err(Error::new(Kind::Conflict, format!("the table of {name} holds {held} rows where its submissions vouch for {vouched}: rows were lost"))
            .hint("restore the warehouse from a backup, or load it anew into an empty folder"));
    }
    let mut found = Loaded::new();
    if held == vouched {
        return Ok(found);
    }
    let known: BTreeSet<&str> = submissions.iter().map(|s| s.submission_id.as_str()).collect();
    for batch in table.read_all().await? {
        for id in submission_ids(&batch)?.as_string::<i32>().iter().flatten().filter(|id| !known.contains(id)) {
            *found.entry(id.to_owned()).or_default() += 1;
        }
    }
    Ok(found)
}

/// The submissions that rows came with, as text.
pub(super) fn submission_ids(batch: &RecordBatch) -> Result<ArrayRef> {
    let ids = batch.column_by_name("submission_id").ok_or_else(|| Error::new(Kind::Conflict, "a table lacks the column `submission_id`"))?;
    arrow::compute::cast(ids, &DataType::Utf8).map_err(|cause| Error::new(Kind::Conflict, "submission ids are no text").because(cause))
}

/// One application transaction per slot, its version the highest revision: of two writers of a slot one fails.
pub(super) fn transactions(submissions: &[&Submission]) -> Vec<Transaction> {
    let mut versions: BTreeMap<String, i64> = BTreeMap::new();
    for submission in submissions {
        let (office, feed, period) = submission.slot();
        let version = versions.entry(format!("load:{office}/{feed}/{period}")).or_default();
        *version = (*version).max(submission.revision.unwrap_or_default());
    }
    versions.into_iter().map(|(app, version)| Transaction::new(app, version)).collect()
}
