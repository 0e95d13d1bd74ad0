//! Which rows of a feed's files count: of all rows of a record in the submissions that count, the one last changed, then of
//! what was heard last; a record of which that says that it is deleted has none.
//!
//! Guarantees: answered office by office from the keys of its rows alone, so that what it costs grows with the offices
//! that changed; an answer that was kept is used only where the same files and submissions are asked about.

mod holder;
mod kept;
mod keys;
mod pages;
mod parts;
mod table;

pub use parts::{Months, PartPrint};
pub use table::CurrentTable;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use tokio::sync::Semaphore;

use super::delta::DataFile;
use super::{AppendedTable, LiveSubmission};
use crate::contract::{Contract, FieldKind, Role, is_carried};
use crate::error::{Error, Kind, Result};
use crate::parallel;
use crate::project::DeliveryMode;
use crate::store::Store;
use holder::{Asked, of_office};
use kept::Keeper;

/// The rows of a feed that count.
#[derive(Debug, Default)]
pub struct Current {
    /// The files that hold any, with the places of those rows.
    pub files: Vec<CurrentFile>,
    /// By date field, what tells the rows of each month.
    pub months: BTreeMap<String, Months>,
}

/// A file of which some rows count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentFile {
    /// The file.
    pub file: DataFile,
    /// Where they stand, in order, apart from one another.
    pub held: Vec<Range<u64>>,
}

/// The columns of a feed's table that tell which rows count.
#[derive(Debug, Clone)]
pub struct KeyColumns {
    /// The record's key.
    pub record: String,
    /// When it was last changed.
    pub changed: String,
    /// Whether it is deleted, where rows may say so.
    pub deleted: Option<String>,
    /// Its dates.
    pub dates: Vec<String>,
}

impl KeyColumns {
    /// Those of a contract.
    pub fn of(contract: &Contract) -> Self {
        let named = |role: Role, usual: &str| contract.role(role).map_or_else(|| usual.to_owned(), |index| contract.fields[index].name.clone());
        let dates = contract.fields.iter().filter(|field| field.kind == FieldKind::Date && is_carried(field));
        Self {
            record: named(Role::RecordId, "record_id"),
            changed: named(Role::ChangedAt, "changed_at"),
            deleted: contract.role(Role::Deleted).map(|index| contract.fields[index].name.clone()),
            dates: dates.map(|field| field.name.clone()).collect(),
        }
    }
}

/// Whether answers are kept for the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// They are: this is how the feed stands.
    Yes,
    /// They are not: somebody looks back, or aside.
    No,
}

/// Finds the rows of a feed that count, of the submissions given alone.
///
/// # Errors
/// `Unavailable` where a file cannot be read; `Conflict` where one is not of the feed.
pub async fn current(store: &Store, table: &AppendedTable, contract: &Contract, live: &[&LiveSubmission<'_>], keep: Keep) -> Result<Current> {
    let files = table.data_files().await?;
    let columns = Arc::new(KeyColumns::of(contract));
    let offices: BTreeSet<&str> = live.iter().map(|one| one.submission.office.as_str()).collect();
    let keeper = Keeper::new(store, contract.feed.as_str(), keep);
    let is_alone = offices.len() == 1;
    let room = Semaphore::new(parallel::cores());
    let answers = futures::stream::iter(offices).map(|office| {
        let of_it: Vec<DataFile> = files.iter().filter(|file| file.may_hold(office)).cloned().collect();
        let submissions = ranked(live.iter().filter(|one| one.submission.office == office));
        let folder = store.root().join(table.name());
        let asked = Asked { folder, office: office.to_owned(), files: of_it, submissions, columns: columns.clone(), is_alone };
        answered(&keeper, asked, &room)
    });
    let answers: Vec<Held> = answers.buffered(AT_ONCE * parallel::cores()).try_collect().await?;
    Ok(joined(&files, answers, &columns))
}

/// Offices asked about at a time for each core: of one rows are looked at, others wait for the store.
const AT_ONCE: usize = 4;

async fn answered(keeper: &Keeper<'_>, asked: Asked, room: &Semaphore) -> Result<Held> {
    let print = asked.print();
    if let Some(known) = keeper.known(&asked.office, &print).await? {
        return Ok(known);
    }
    let office = asked.office.clone();
    let untold = || Error::new(Kind::Internal, "the current rows of a feed cannot be told");
    let core = room.acquire().await.map_err(|cause| untold().because(cause))?;
    let found = tokio::task::spawn_blocking(move || of_office(&asked)).await.map_err(|cause| untold().because(cause))??;
    drop(core);
    keeper.keep(&office, &print, &found).await?;
    Ok(found)
}

/// What counts of one office's rows.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Held {
    /// By file, the places of its rows that count.
    rows: BTreeMap<String, Vec<Range<u64>>>,
    /// By date field, what tells the rows of each month.
    months: BTreeMap<String, Months>,
}

/// A submission that counts, with its place among those of its office: of two rows that were changed at the same time the
/// one of the higher counts.
#[derive(Debug, Clone)]
struct Ranked {
    id: String,
    rank: u32,
    state: String,
}

fn ranked<'s>(live: impl Iterator<Item = &'s &'s LiveSubmission<'s>>) -> Vec<Ranked> {
    let mut all: Vec<&LiveSubmission<'_>> = live.copied().collect();
    all.sort_by_key(|one| (one.said_at(), one.submission.period.as_str(), one.submission.submission_id.as_str()));
    (0..).zip(all).map(|(rank, one)| Ranked { id: one.submission.submission_id.clone(), rank, state: one.state() }).collect()
}

/// The answers of all offices, by file.
fn joined(files: &[DataFile], answers: Vec<Held>, columns: &KeyColumns) -> Current {
    let mut current = Current::default();
    let mut rows: BTreeMap<String, Vec<Range<u64>>> = BTreeMap::new();
    for field in &columns.dates {
        current.months.insert(field.clone(), Months::default());
    }
    for held in answers {
        held.rows.into_iter().for_each(|(file, ranges)| rows.entry(file).or_default().extend(ranges));
        held.months.into_iter().for_each(|(field, months)| current.months.entry(field).or_default().add(&months));
    }
    current.files = files
        .iter()
        .filter_map(|file| {
            let mut held = rows.remove(&file.name)?;
            held.sort_unstable_by_key(|range| range.start);
            Some(CurrentFile { file: file.clone(), held: merged(held) })
        })
        .collect();
    current
}

/// Ranges that touch made one.
fn merged(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut().filter(|last| last.end == range.start) {
            Some(last) => last.end = range.end,
            None => merged.push(range),
        }
    }
    merged
}

impl LiveSubmission<'_> {
    /// Of changes, what was sent again counts from then on; a report sent again says no more than it did.
    pub fn said_at(&self) -> chrono::DateTime<chrono::Utc> {
        if self.submission.delivery == DeliveryMode::Changes { self.heard_at } else { self.submission.received_at }
    }

    /// What tells the content of a submission: of changes also when they were said last, which decides between two of them.
    pub fn state(&self) -> String {
        let id = &self.submission.submission_id;
        if self.submission.delivery == DeliveryMode::Changes { format!("{id}@{}", self.heard_at.timestamp_micros()) } else { id.clone() }
    }
}
