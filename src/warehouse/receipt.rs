//! Receipts of rows that were loaded and are held no more: what was removed where, by which the submissions still
//! vouch for every row. They hold no protected value and no pseudonym.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Change, Submission, Warehouse};
use crate::error::{Error, Kind, Result};

/// Where receipts of erasures lie.
const ERASURES: &str = "erasures";

/// Where receipts of rows past their retention lie.
const PRUNINGS: &str = "prunings";

/// Why rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// People were erased.
    Erasure,
    /// Rows were past their retention.
    Pruning,
}

/// Rows of a submission that are held no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Loaded rows.
    pub rows: u64,
    /// Lines of rows that were set aside.
    pub set_aside_lines: u64,
}

/// What a removal did to a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRemoval {
    /// The feed.
    pub feed: String,
    /// Rows removed, of all revisions.
    pub rows: u64,
    /// Submissions that held them.
    pub submissions: u64,
    /// Slots whose revisions held them.
    pub slots: u64,
}

/// A released table that held rows about a person and now does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRemoval {
    /// The release.
    pub release: u64,
    /// The table.
    pub table: String,
    /// Rows removed.
    pub rows: u64,
}

/// Rows of an extract that still holds a person: rihla does not own it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// The extract.
    pub path: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Rows of the sheet, or lines.
    pub rows: Vec<i64>,
}

/// An extract, or rows of one, that nobody could search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsearched {
    /// The extract.
    pub path: String,
    /// Why.
    pub why: String,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its name.
    pub id: String,
    /// Why rows went.
    pub kind: ReceiptKind,
    /// When.
    pub at: String,
    /// How many people were asked to be erased by name; those of whole cases are not among them.
    pub persons: u64,
    /// How many whole cases were asked to be erased.
    pub cases: u64,
    /// By feed.
    pub feeds: Vec<FeedRemoval>,
    /// Lines of rows set aside that were removed.
    pub set_aside_lines: u64,
    /// By released table.
    pub releases: Vec<ReleaseRemoval>,
    /// Person-level files of models that were removed whole; the next run makes them anew.
    pub staging_files: u64,
    /// Extracts that still hold the people: whoever owns them must delete them there.
    pub extracts: Vec<Sighting>,
    /// What could not be searched.
    pub not_searched: Vec<Unsearched>,
    /// By submission: what it no longer vouches for.
    pub removed: BTreeMap<String, Removed>,
    /// By feed: rows whose event lies before this day are not loaded again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expired_before: BTreeMap<String, NaiveDate>,
}

impl Receipt {
    /// A receipt of nothing yet.
    pub fn new(id: String, kind: ReceiptKind, at: String) -> Self {
        Self {
            id,
            kind,
            at,
            persons: 0,
            cases: 0,
            feeds: Vec::new(),
            set_aside_lines: 0,
            releases: Vec::new(),
            staging_files: 0,
            extracts: Vec::new(),
            not_searched: Vec::new(),
            removed: BTreeMap::new(),
            expired_before: BTreeMap::new(),
        }
    }

    /// Its place in the warehouse.
    pub fn path(&self) -> String {
        let folder = if self.kind == ReceiptKind::Erasure { ERASURES } else { PRUNINGS };
        format!("{folder}/{}.json", self.id)
    }

    /// Notes what went of a feed, by submission.
    pub fn note_feed(&mut self, feed: &str, rows: &BTreeMap<String, u64>, submissions: &[Submission]) {
        let held: Vec<&Submission> = submissions.iter().filter(|submission| rows.contains_key(&submission.submission_id)).collect();
        if held.is_empty() {
            return;
        }
        let slots: std::collections::BTreeSet<_> = held.iter().map(|submission| submission.slot()).collect();
        self.feeds.push(FeedRemoval { feed: feed.to_owned(), rows: rows.values().sum(), submissions: held.len() as u64, slots: slots.len() as u64 });
        for (id, count) in rows {
            self.removed.entry(id.clone()).or_default().rows += count;
        }
    }

    /// Notes what went of the rows set aside, by submission.
    pub fn note_set_aside(&mut self, lines: &BTreeMap<String, u64>) {
        self.set_aside_lines = lines.values().sum();
        for (id, count) in lines {
            self.removed.entry(id.clone()).or_default().set_aside_lines += count;
        }
    }

    /// Prepares the receipt as part of a change.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub fn keep(&self, change: &mut Change) -> Result<()> {
        change.write_json(&self.path(), self)
    }
}

impl Warehouse {
    /// Every receipt, oldest first.
    ///
    /// # Errors
    /// `Conflict` where one cannot be read: without it rows that were removed look lost.
    pub async fn receipts(&self) -> Result<Vec<Receipt>> {
        let mut receipts: Vec<Receipt> = Vec::new();
        for folder in [ERASURES, PRUNINGS] {
            for object in self.store().list(folder).await? {
                let bytes = self.store().read(&object.location).await?;
                receipts.push(serde_json::from_slice(&bytes).map_err(|cause| {
                    Error::new(Kind::Conflict, format!("the receipt `{}` cannot be read", object.location)).hint("restore it from a backup").because(cause)
                })?);
            }
        }
        receipts.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(receipts)
    }
}

/// What submissions no longer vouch for, after every removal so far.
pub fn removed_so_far(receipts: &[Receipt]) -> BTreeMap<&str, Removed> {
    let mut removed: BTreeMap<&str, Removed> = BTreeMap::new();
    for (id, gone) in receipts.iter().flat_map(|receipt| &receipt.removed) {
        let sum = removed.entry(id).or_default();
        sum.rows += gone.rows;
        sum.set_aside_lines += gone.set_aside_lines;
    }
    removed
}
