//! Delta tables written anew: rows that are to be forgotten must not stay in old files, nor in the statistics of a log.
//!
//! Guarantees: the new table has a new log that never knew the rows left out; the order of revisions that the old
//! log kept for each slot goes along; rows that no submission vouches for stay behind.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;
use futures::{StreamExt, TryStreamExt};

use super::load::{submission_ids, transactions};
use super::{AppendedTable, Change, Submission, SubmissionOutcome, Warehouse};
use crate::error::{Error, Kind, Result};
use crate::store::is_unfinished;

/// The folder of the feeds' tables.
const FEEDS: &str = "feeds";

/// The folder of the rows set aside.
const SET_ASIDE: &str = "quarantine";

/// Rows per commit of a table that is written anew.
const BATCH_ROWS: usize = 250_000;

/// A table of rows with provenance.
pub struct RowTable {
    /// Its place in the warehouse.
    pub path: String,
    /// The feed; nothing for the rows set aside.
    pub feed: Option<String>,
    /// The table.
    pub table: AppendedTable,
}

/// Which rows of a batch are to go; `true` for those.
pub type Doomed<'a> = dyn FnMut(&RecordBatch) -> Result<BooleanArray> + Send + 'a;

/// What becomes of the rows that stay.
pub type Rewrite<'a> = dyn FnMut(RecordBatch) -> Result<RecordBatch> + Send + 'a;

impl Warehouse {
    /// The tables of all feeds that were ever loaded, those that the project no longer names included.
    ///
    /// # Errors
    /// `Unavailable` where one cannot be opened.
    pub async fn row_tables(&self) -> Result<Vec<RowTable>> {
        let folder = self.store().root().join(FEEDS);
        let entries = std::fs::read_dir(&folder).map_err(|cause| crate::error::io(format!("cannot list `{}`", folder.display()), cause))?;
        let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let mut tables = Vec::new();
        for feed in names {
            let path = format!("{FEEDS}/{feed}");
            if let Some(table) = AppendedTable::open_as_it_is(self.store(), &path).await? {
                tables.push(RowTable { path, feed: Some(feed), table });
            }
        }
        Ok(tables)
    }

    /// The table of rows set aside.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be opened.
    pub async fn set_aside_table(&self) -> Result<RowTable> {
        let table = AppendedTable::open_as_it_is(self.store(), SET_ASIDE).await?;
        let table = table.ok_or_else(|| Error::new(Kind::Conflict, format!("the warehouse has no table `{SET_ASIDE}`")))?;
        Ok(RowTable { path: SET_ASIDE.to_owned(), feed: None, table })
    }
}

impl RowTable {
    /// How many rows would go, by submission; rows that nobody vouches for are not counted.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read.
    pub async fn count(&self, submissions: &[Submission], doomed: &mut Doomed<'_>) -> Result<BTreeMap<String, u64>> {
        let vouching = self.vouching(submissions);
        let mut counts = BTreeMap::new();
        let mut batches = self.table.stream().await?;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            note(&batch, &doomed(&batch)?, &vouching, &mut counts)?;
        }
        Ok(counts)
    }

    /// True where interrupted runs left rows that nobody vouches for, or files that the log does not name.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read.
    pub async fn has_leftovers(&self, warehouse: &Warehouse, submissions: &[Submission]) -> Result<bool> {
        let named = self.table.file_names()?;
        let folder = warehouse.store().root().join(&self.path);
        let entries = std::fs::read_dir(&folder).map_err(|cause| crate::error::io(format!("cannot list `{}`", folder.display()), cause))?;
        let files = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        if files.into_iter().any(|name| !name.starts_with('_') && !named.contains(&name)) {
            return Ok(true);
        }
        // A commit that was being written tells of its rows in statistics.
        let log = folder.join("_delta_log");
        let entries = std::fs::read_dir(&log).map_err(|cause| crate::error::io(format!("cannot list `{}`", log.display()), cause))?;
        if entries.flatten().any(|entry| is_unfinished(&entry.file_name().to_string_lossy())) {
            return Ok(true);
        }
        let vouching = self.vouching(submissions);
        let mut batches = self.table.stream().await?;
        while let Some(batch) = batches.try_next().await? {
            if submission_ids(&batch)?.as_string::<i32>().iter().any(|id| id.is_none_or(|id| !vouching.contains(id))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the table anew as part of a change: without the doomed rows, the others rewritten. Tells how many went,
    /// by submission.
    ///
    /// # Errors
    /// `Unavailable` where a table cannot be read or written.
    pub async fn rewrite(
        &self,
        warehouse: &Warehouse,
        change: &mut Change,
        submissions: &[Submission],
        doomed: &mut Doomed<'_>,
        rewrite: &mut Rewrite<'_>,
    ) -> Result<BTreeMap<String, u64>> {
        let vouching = self.vouching(submissions);
        let aside = change.aside(&self.path);
        let name = self.path.replace('/', "_");
        let mut fresh = AppendedTable::make(warehouse.store(), &aside, &name, self.table.schema()).await?;
        let of_table = submissions.iter().filter(|submission| self.feed.as_ref().is_none_or(|feed| *feed == submission.feed)).collect::<Vec<_>>();
        let mut order = transactions(&of_table);
        let mut counts = BTreeMap::new();
        let mut waiting: Vec<RecordBatch> = Vec::new();
        let mut batches = self.table.stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let doomed = doomed(&batch)?;
            note(&batch, &doomed, &vouching, &mut counts)?;
            let ids = submission_ids(&batch)?;
            let stays: BooleanArray =
                ids.as_string::<i32>().iter().zip(doomed.values()).map(|(id, goes)| Some(!goes && id.is_some_and(|id| vouching.contains(id)))).collect();
            let batch = filter_record_batch(&batch, &stays).map_err(|cause| Error::new(Kind::Internal, "rows cannot be told apart").because(cause))?;
            waiting.push(rewrite(batch)?);
            if waiting.iter().map(RecordBatch::num_rows).sum::<usize>() >= BATCH_ROWS {
                fresh.append(std::mem::take(&mut waiting), std::mem::take(&mut order)).await?;
            }
        }
        fresh.append(waiting, order).await?;
        Ok(counts)
    }

    /// The submissions that vouch for rows of the table.
    fn vouching<'s>(&self, submissions: &'s [Submission]) -> BTreeSet<&'s str> {
        let vouches = |submission: &&Submission| match &self.feed {
            Some(feed) => submission.feed == *feed && submission.outcome == SubmissionOutcome::Loaded,
            None => submission.set_aside_lines > 0,
        };
        submissions.iter().filter(vouches).map(|submission| submission.submission_id.as_str()).collect()
    }
}

fn note(batch: &RecordBatch, doomed: &BooleanArray, vouching: &BTreeSet<&str>, counts: &mut BTreeMap<String, u64>) -> Result<()> {
    let ids = submission_ids(batch)?;
    for (id, goes) in ids.as_string::<i32>().iter().zip(doomed.values()) {
        if let Some(id) = id.filter(|id| goes && vouching.contains(id)) {
            *counts.entry(id.to_owned()).or_default() += 1;
        }
    }
    Ok(())
}
