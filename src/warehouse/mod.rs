//! The warehouse: submissions, the rows they brought, what was set aside, and releases.
//!
//! Guarantees: nothing is overwritten; a delivery counts once however often a load is repeated; the `submissions`
//! table is the truth about what was loaded, and rows that no submission vouches for are never seen. Knows no models.

mod appending;
mod change;
mod current;
mod delta;
mod differences;
mod erased;
mod key;
mod live;
mod load;
mod lock;
mod manifest;
mod marker;
mod partitioned;
mod receipt;
mod reissue;
mod release;
mod rewrite;
mod rollback;
mod runs;
mod seen;
mod set_aside;
mod sources;
mod submission;
mod tags;

pub use change::Change;
pub use current::{Current, CurrentFile, CurrentTable, Keep, Months, PartPrint, current};
pub use delta::{AppendedTable, DataFile, delta_error};
pub use differences::{RowChanges, TableChange, TableFate, says_the_same, table_changes};
pub use erased::{Erased, ErasedList, Gone, Whom};
pub use key::{ChangedKey, KeyPlace, place as key_place, prepare as prepare_key};
pub use live::{Live, LiveSubmission, Slot, live_of};
pub use load::{Landed, Loading, SlotLoad};
pub use manifest::{
    ClosedPeriod, Column, Constraints, FileFacts, LastBuild, Manifest, Provenance as ReleaseProvenance, Reports, Resource, RestatedPeriod, RolledBack,
    TableFacts, TableSchema, TestResult, UsedExcuse,
};
pub use partitioned::{InputPart, InputParts, Part, PartitionedBuild};
pub use receipt::{FeedRemoval, Receipt, ReceiptKind, ReleaseRemoval, Removed, Sighting, Unsearched};
pub use release::{LATEST, POINTING};
pub use rewrite::RowTable;
pub use runs::{RunRecord, StepRecord, StepTime};
pub use set_aside::set_aside_batch;
pub use sources::{SOURCES, sources_of};
pub use submission::{RowCounts, Submission, SubmissionOutcome};
pub use tags::{Locked, Naming, Tag, Tagged};

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};

use crate::clock::SharedClock;
use crate::error::{self, Error, Kind, Result};
use crate::normalise::Key;
use crate::project::Project;
use crate::store::{Store, files, is_unfinished};

/// Tables that are opened at a time: most of it is waiting for the disk.
const AT_ONCE: usize = 8;

/// An open warehouse.
pub struct Warehouse {
    store: Store,
    clock: SharedClock,
    seen: seen::Seen,
    /// The loaded rows of each feed.
    pub feeds: BTreeMap<String, AppendedTable>,
    /// Rows that were not loaded, a line per reason.
    pub set_aside: AppendedTable,
    /// What was delivered.
    pub submissions: AppendedTable,
}

/// A warehouse opened to load: alone, and with the key.
pub struct Writable {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The project's key.
    pub key: Key,
    _lock: lock::Lock,
}

impl Warehouse {
    /// Opens the project's warehouse to read.
    ///
    /// # Errors
    /// `Input` where nothing was loaded yet; `Conflict` where it is of a newer make or another project.
    pub async fn open(project: &Project, clock: SharedClock) -> Result<Self> {
        let store = Store::local(&project.warehouse).map_err(|_| marker::nothing_loaded())?;
        marker::check(&store, project).await?.ok_or_else(marker::nothing_loaded)?;
        change::refuse_half_changed(store.root())?;
        Self::open_tables(store, project, clock).await
    }

    /// Opens the project's warehouse to read; nothing where nothing was loaded yet.
    ///
    /// # Errors
    /// `Conflict` where it is of a newer make or another project.
    pub async fn open_if_any(project: &Project, clock: SharedClock) -> Result<Option<Self>> {
        if !project.warehouse.is_dir() {
            return Ok(None);
        }
        let store = Store::local(&project.warehouse)?;
        if marker::check(&store, project).await?.is_none() {
            return Ok(None);
        }
        Self::open_tables(store, project, clock).await.map(Some)
    }

    /// Opens the project's warehouse to load, and makes it where there is none.
    ///
    /// # Errors
    /// As [`Warehouse::open`]; `Conflict` where another process is loading or the key is another one.
    pub async fn open_to_write(project: &Project, clock: SharedClock) -> Result<Writable> {
        Self::open_to_write_within(project, clock, Duration::ZERO).await
    }

    /// The same, where another process that is loading is waited for as long as `patience` says.
    ///
    /// # Errors
    /// As [`Warehouse::open_to_write`].
    pub async fn open_to_write_within(project: &Project, clock: SharedClock, patience: Duration) -> Result<Writable> {
        let what = || format!("cannot make the warehouse folder `{}`", project.warehouse.display());
        files::make_private_folder(&project.warehouse).map_err(|cause| error::io(what(), cause))?;
        let store = Store::local(&project.warehouse)?;
        let lock = lock::Lock::take(store.root(), patience).await?;
        // What was interrupted comes first: the key may be another one after it.
        marker::check(&store, project).await?;
        tell(change::recover(store.root())?);
        let marker = marker::check(&store, project).await?;
        let key = key::load(&project.name, marker.as_ref().map(|marker| marker.key_fingerprint.as_str()))?;
        if marker.is_some() {
            clear_drafts(store.root())?;
        } else {
            check_is_free(store.root())?;
        }
        if marker.is_none() {
            marker::write(&store, project, &key, &clock).await?;
        }
        let mut warehouse = Self::make_tables(store, project, clock).await?;
        warehouse.seen.begin(lock.time_of_disk());
        Ok(Writable { warehouse, key, _lock: lock })
    }

    async fn open_tables(store: Store, project: &Project, clock: SharedClock) -> Result<Self> {
        let lacks = |table: &str| {
            Error::new(Kind::Conflict, format!("the warehouse has no table `{table}`"))
                .hint("run `rihla run`; where it cannot mend it, restore the warehouse from a backup")
        };
        // A feed that the project gained has no table before its first run.
        let open = async |name: String, schema| Ok::<_, Error>(AppendedTable::open(&store, &format!("feeds/{name}"), schema).await?.map(|table| (name, table)));
        let feeds: Vec<_> = stream::iter(feed_schemas(project)).map(|(feed, schema)| open(feed, schema)).buffered(AT_ONCE).try_collect().await?;
        let feeds = feeds.into_iter().flatten().collect();
        let set_aside = AppendedTable::open(&store, "quarantine", set_aside::schema()).await?.ok_or_else(|| lacks("quarantine"))?;
        let submissions = AppendedTable::open(&store, "submissions", submission::schema()).await?.ok_or_else(|| lacks("submissions"))?;
        Ok(Self { seen: seen::Seen::of(store.root()), store, clock, feeds, set_aside, submissions })
    }

    async fn make_tables(store: Store, project: &Project, clock: SharedClock) -> Result<Self> {
        let open = async |name: String, schema| Ok::<_, Error>((name.clone(), AppendedTable::open_to_write(&store, &format!("feeds/{name}"), schema).await?));
        let feeds = stream::iter(feed_schemas(project)).map(|(feed, schema)| open(feed, schema)).buffered(AT_ONCE).try_collect().await?;
        let set_aside = AppendedTable::open_to_write(&store, "quarantine", set_aside::schema()).await?;
        let submissions = AppendedTable::open_to_write(&store, "submissions", submission::schema()).await?;
        Ok(Self { seen: seen::Seen::of(store.root()), store, clock, feeds, set_aside, submissions })
    }

    /// The project's key, which must be the one that the warehouse was filled with.
    ///
    /// # Errors
    /// `Conflict` where it is another one; `Input` where there is none.
    pub async fn key(&self, project: &Project) -> Result<Key> {
        let marker = marker::check(&self.store, project).await?.ok_or_else(marker::nothing_loaded)?;
        key::load(&project.name, Some(&marker.key_fingerprint))
    }

    /// Prepares the warehouse's marker as part of a change; `key` is the one that it has from then on.
    ///
    /// # Errors
    /// `Conflict` where the marker cannot be read.
    pub async fn mark(&self, project: &Project, key: &Key, change: &mut Change) -> Result<()> {
        marker::renew(&self.store, project, key, change).await
    }

    /// The objects of the warehouse.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The time, as everything that the warehouse writes has it.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// Every submission, oldest first.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read.
    pub async fn read_submissions(&self) -> Result<Vec<Submission>> {
        self.submissions.check_files(&self.store).await?;
        in_order(&self.submissions.read_all().await?)
    }

    /// Every submission that a release knew, oldest first.
    ///
    /// # Errors
    /// `Unavailable` where the table cannot be read.
    pub async fn submissions_of(&self, release: &Manifest) -> Result<Vec<Submission>> {
        let version = release.rihla.pins.get("submissions").copied().unwrap_or_else(|| self.submissions.version());
        in_order(&self.submissions.read_at(version).await?)
    }
}

fn in_order(batches: &[arrow::record_batch::RecordBatch]) -> Result<Vec<Submission>> {
    let mut submissions = Vec::new();
    for batch in batches {
        submissions.extend(submission::from_batch(batch)?);
    }
    submissions.sort_by(|a, b| (a.loaded_at, a.received_at, &a.path).cmp(&(b.loaded_at, b.received_at, &b.path)));
    Ok(submissions)
}

fn feed_schemas(project: &Project) -> impl Iterator<Item = (String, arrow::datatypes::SchemaRef)> {
    project.pipelines.iter().map(|pipeline| (pipeline.contract.feed.as_str().to_owned(), crate::contract::loaded_schema(&pipeline.contract)))
}

/// Where results are written before they get their names.
pub const DRAFTS: &str = ".drafts";

/// Says what became of a change that was interrupted.
fn tell(recovered: Option<(String, bool)>) {
    match recovered {
        Some((what, true)) => tracing::warn!("{what} of the warehouse had been interrupted and was finished"),
        Some((what, false)) => tracing::warn!("{what} of the warehouse had been interrupted before anything was changed: ask for it again"),
        None => {}
    }
}

/// A folder that holds anything of somebody else's is not made a warehouse.
fn check_is_free(root: &Path) -> Result<()> {
    let what = || format!("cannot list `{}`", root.display());
    let entries = std::fs::read_dir(root).map_err(|cause| error::io(what(), cause))?;
    let ours = |name: &str| ["lock", "schedule"].contains(&name) || (is_unfinished(name) && name.starts_with(marker::FILE));
    let foreign = entries.flatten().any(|entry| !ours(&entry.file_name().to_string_lossy()));
    if foreign {
        return Err(Error::new(Kind::Conflict, format!("the folder `{}` is not empty and no warehouse: it has no warehouse.json", root.display()))
            .hint("name an empty or a new folder as `warehouse` in rihla.toml"));
    }
    Ok(())
}

/// Drafts of a run that was interrupted: nobody else writes while the lock is held.
fn clear_drafts(root: &Path) -> Result<()> {
    let drafts = root.join(DRAFTS);
    files::remove_folder(&drafts).map_err(|cause| error::io(format!("cannot clear `{}`", drafts.display()), cause))
}
