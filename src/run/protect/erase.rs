//! The erasure of people: their rows of every revision, what was set aside of them, the person-level results of models,
//! and released rows about them.
//!
//! Guarantees: afterwards no file of the warehouse holds their pseudonyms or rows; the receipt says what went and which
//! extracts still hold them; a mark keeps later deliveries from bringing them back. Refuses: a name that nobody bears.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use super::extracts::{self, Searched, SourceRow};
use super::released::Hits;
use super::traces::{Going, Traces, source_rows};
use super::wanted::{Named, Wanted, text_column};
use super::{receipt_id, remove_staging, remove_unreleased};
use crate::clock::SharedClock;
use crate::contract::Role;
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;
use crate::project::Project;
use crate::run::{Progress, seconds};
use crate::warehouse::{Change, Erased, ErasedList, Receipt, ReceiptKind, Submission, Warehouse, Whom};

/// The rule by which rows of people who were erased are not loaded again.
pub const ERASED: &str = "erased";

/// What an erasure did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct Erasure {
    /// True where nothing was to be touched.
    pub is_dry_run: bool,
    /// True where something was left to erase, or somebody to bar from coming back.
    pub is_needed: bool,
    /// Receipts of earlier erasures of some of those named.
    pub earlier: Vec<String>,
    /// What went; kept in the warehouse where something was to go.
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// Erases people, or says what that would do.
///
/// # Errors
/// `Input` where somebody named has no row anywhere; as the warehouse says.
pub async fn erase(project: &Arc<Project>, named: &[Named], is_dry_run: bool, clock: SharedClock, progress: &dyn Progress) -> Result<Erasure> {
    if is_dry_run {
        let warehouse = Warehouse::open(project, clock.clone()).await?;
        let key = warehouse.key(project).await?;
        return Found::search(project, &warehouse, &key, named, progress).await.map(|found| found.told(&key, true));
    }
    let writable = Warehouse::open_to_write(project, clock).await?;
    let (warehouse, key) = (&writable.warehouse, &writable.key);
    let found = Found::search(project, warehouse, key, named, progress).await?;
    progress.begin("erasing", 0);
    if found.is_needed(key) {
        found.remove(project, warehouse, key).await?;
    }
    Ok(found.told(key, false))
}

/// Everything that the warehouse and the extracts hold of those named.
struct Found {
    wanted: Wanted,
    submissions: Vec<Submission>,
    erased: ErasedList,
    earlier: Vec<String>,
    traces: Traces,
    searched: Searched,
    hits: Hits,
    receipt: Receipt,
}

impl Found {
    async fn search(project: &Arc<Project>, warehouse: &Warehouse, key: &Key, named: &[Named], progress: &dyn Progress) -> Result<Self> {
        let wanted = Wanted::of(project, key, named)?;
        let submissions = warehouse.read_submissions().await?;
        // Before anything goes, everything that should be there is.
        warehouse.reconcile_tables(&submissions).await?;
        let erased = warehouse.erased().await?;
        let mut receipt = Receipt::new(receipt_id(warehouse.clock()), ReceiptKind::Erasure, seconds(warehouse.clock().now()));
        (receipt.persons, receipt.cases) = (wanted.persons.len() as u64, wanted.cases.len() as u64);
        progress.begin("searching", submissions.len() as u64);
        let mut searched = extracts::search(project, key, &wanted, (&submissions, warehouse.clock().now()), &|path| progress.advance(path)).await?;
        let traces = loaded(project, warehouse, &wanted, &submissions, &mut searched.seen, &mut receipt).await?;
        searched.source_rows.extend(of_records(project, warehouse, &traces).await?);
        let lines = warehouse.set_aside_table().await?.count(&submissions, &mut |batch| of_source(batch, &searched.source_rows)).await?;
        receipt.note_set_aside(&lines);
        let hits = Hits::find(warehouse, &traces, &warehouse.release_numbers().await?).await?;
        receipt.releases = hits.removals();
        receipt.staging_files = remove_staging(warehouse, None)?;
        receipt.extracts.clone_from(&searched.sightings);
        receipt.not_searched.clone_from(&searched.not_searched);
        let mut found = Self { wanted, submissions, erased, earlier: Vec::new(), traces, searched, hits, receipt };
        found.refuse_strangers(key)?;
        Ok(found)
    }

    /// Everybody named must be known somewhere: a slip of the pen would else bar somebody who is yet to come.
    fn refuse_strangers(&mut self, key: &Key) -> Result<()> {
        let mut strangers = BTreeSet::new();
        for (pseudonym, name, whom) in self.names() {
            let earlier = self.erased.receipt_of(key, pseudonym, whom);
            if earlier.is_none() && !self.searched.seen.contains(pseudonym) {
                strangers.insert(name.clone());
            }
        }
        let earlier: BTreeSet<String> =
            self.names().filter_map(|(pseudonym, _, whom)| self.erased.receipt_of(key, pseudonym, whom)).map(str::to_owned).collect();
        // A number that is spelt differently by two feeds needs to be known in one spelling only.
        let known: BTreeSet<String> = self
            .names()
            .filter(|(pseudonym, _, whom)| self.searched.seen.contains(*pseudonym) || self.erased.receipt_of(key, pseudonym, *whom).is_some())
            .map(|(_, name, _)| name.clone())
            .collect();
        let strangers: Vec<String> = strangers.difference(&known).cloned().collect();
        self.earlier = earlier.into_iter().collect();
        if strangers.is_empty() {
            return Ok(());
        }
        let unsearched = self.receipt.not_searched.len();
        let error = Error::new(Kind::Input, format!("neither the warehouse nor an extract holds anybody of that name: {}", strangers.join(", ")))
            .hint("nothing was erased; check the case number and the person's number within the case");
        Err(if unsearched > 0 { error.hint(format!("{unsearched} files could not be searched, or not whole")) } else { error })
    }

    fn names(&self) -> impl Iterator<Item = (&String, &String, Whom)> {
        let persons = self.wanted.persons.iter().map(|(pseudonym, name)| (pseudonym, name, Whom::Person));
        persons.chain(self.wanted.cases.iter().map(|(pseudonym, name)| (pseudonym, name, Whom::Case)))
    }

    fn is_needed(&self, key: &Key) -> bool {
        !self.receipt.removed.is_empty() || !self.receipt.releases.is_empty() || self.has_new_names(key)
    }

    /// True where somebody named bears no mark yet.
    fn has_new_names(&self, key: &Key) -> bool {
        self.names().any(|(pseudonym, _, whom)| self.searched.seen.contains(pseudonym) && self.erased.receipt_of(key, pseudonym, whom).is_none())
    }

    /// Makes the change: everything is prepared aside first.
    async fn remove(&self, project: &Project, warehouse: &Warehouse, key: &Key) -> Result<()> {
        let mut change = Change::begin(warehouse.store().root(), "an erasure")?;
        let mut removed = Receipt::new(self.receipt.id.clone(), self.receipt.kind, self.receipt.at.clone());
        for table in warehouse.row_tables().await? {
            let feed = table.feed.clone().unwrap_or_default();
            // What an interrupted run left may be theirs as well, and no receipt counts it.
            if self.receipt.feeds.iter().any(|known| known.feed == feed) || table.has_leftovers(warehouse, &self.submissions).await? {
                let rows = table.rewrite(warehouse, &mut change, &self.submissions, &mut |batch| self.wanted.rows(batch), &mut Ok).await?;
                removed.note_feed(&feed, &rows, &self.submissions);
            }
        }
        let table = warehouse.set_aside_table().await?;
        if self.receipt.set_aside_lines > 0 || table.has_leftovers(warehouse, &self.submissions).await? {
            let mut doomed = |batch: &RecordBatch| of_source(batch, &self.searched.source_rows);
            removed.note_set_aside(&table.rewrite(warehouse, &mut change, &self.submissions, &mut doomed, &mut Ok).await?);
        }
        if removed.removed != self.receipt.removed {
            return Err(Error::new(Kind::Internal, "an erasure would remove other rows than it found; nothing was changed"));
        }
        self.hits.remove(warehouse, &mut change, &self.traces, &self.receipt.path())?;
        remove_staging(warehouse, Some(&mut change))?;
        remove_unreleased(warehouse, &mut change).await?;
        let mut erased = self.erased.clone();
        for (pseudonym, _, whom) in
            self.names().filter(|(pseudonym, _, whom)| self.erased.receipt_of(key, pseudonym, *whom).is_none() && self.searched.seen.contains(*pseudonym))
        {
            erased.erased.push(Erased { whom, mark: key.mark(key.generation(), pseudonym), generation: key.generation(), receipt: self.receipt.id.clone() });
        }
        erased.keep(&mut change)?;
        self.receipt.keep(&mut change)?;
        warehouse.mark(project, key, &mut change).await?;
        change.make()
    }

    fn told(self, key: &Key, is_dry_run: bool) -> Erasure {
        Erasure { is_dry_run, is_needed: self.is_needed(key), earlier: self.earlier, receipt: self.receipt }
    }
}

/// What the feeds' tables hold of those wanted, noted in the receipt; tells by what released rows about them are known.
async fn loaded(
    project: &Project,
    warehouse: &Warehouse,
    wanted: &Wanted,
    submissions: &[Submission],
    seen: &mut BTreeSet<String>,
    receipt: &mut Receipt,
) -> Result<Traces> {
    let going = Going::find(project, warehouse, submissions, &|_, batch| wanted.rows(batch)).await?;
    for (feed, rows) in &going.rows {
        receipt.note_feed(feed, rows, submissions);
    }
    seen.extend(going.persons.iter().chain(&going.cases).cloned());
    let mut traces = going.whole;
    traces.pseudonyms.extend(wanted.persons.keys().chain(wanted.cases.keys()).chain(&going.persons).cloned());
    // A record that somebody else bears now told of them before.
    traces.records = going.records;
    Ok(traces)
}

/// Rows set aside of which the cells that were kept name a record that goes, also where the extract is gone by now.
async fn of_records(project: &Project, warehouse: &Warehouse, traces: &Traces) -> Result<BTreeSet<SourceRow>> {
    let mut found = BTreeSet::new();
    for batch in warehouse.set_aside.read_all().await? {
        // A table that no younger make has written to holds no cells.
        if batch.column_by_name("cells").is_none() {
            continue;
        }
        let columns: Vec<ArrayRef> =
            ["cells", "feed", "office", "submission_id", "source_sheet"].iter().map(|name| text_column(&batch, name)).collect::<Result<_>>()?;
        let text = |column: usize, row: usize| Some(columns[column].as_string::<i32>()).filter(|texts| !texts.is_null(row)).map(|texts| texts.value(row));
        let rows = source_rows(&batch)?;
        for row in 0..batch.num_rows() {
            let (Some(cells), Some(feed), Some(office), Some(id)) = (text(0, row), text(1, row), text(2, row), text(3, row)) else { continue };
            if record_of(project, feed, cells).is_some_and(|record| traces.has_record(&BTreeSet::from([feed]), office, &record)) {
                found.insert((id.to_owned(), text(4, row).map(str::to_owned), rows.value(row)));
            }
        }
    }
    Ok(found)
}

/// The key of the record that kept cells name.
fn record_of(project: &Project, feed: &str, cells: &str) -> Option<String> {
    let contract = &project.pipeline(feed)?.contract;
    let field = &contract.fields[contract.role(Role::RecordId)?];
    let cells: serde_json::Value = serde_json::from_str(cells).ok()?;
    Some(crate::contract::id(cells.get(&field.name)?.as_str()?).into_owned())
}

/// Lines of the rows set aside that were made of given rows of extracts; those that only say that somebody was erased
/// stay.
fn of_source(batch: &RecordBatch, rows: &BTreeSet<SourceRow>) -> Result<BooleanArray> {
    let (ids, sheets, rules) = (text_column(batch, "submission_id")?, text_column(batch, "source_sheet")?, text_column(batch, "rule")?);
    let (ids, sheets, rules) = (ids.as_string::<i32>(), sheets.as_string::<i32>(), rules.as_string::<i32>());
    let lines = source_rows(batch)?;
    let known: BTreeMap<&str, BTreeSet<(Option<&str>, i64)>> = rows.iter().fold(BTreeMap::new(), |mut known, (id, sheet, row)| {
        known.entry(id.as_str()).or_insert_with(BTreeSet::new).insert((sheet.as_deref(), *row));
        known
    });
    Ok((0..batch.num_rows())
        .map(|row| {
            let sheet = (!sheets.is_null(row)).then(|| sheets.value(row));
            Some(rules.value(row) != ERASED && known.get(ids.value(row)).is_some_and(|rows| rows.contains(&(sheet, lines.value(row)))))
        })
        .collect())
}
