//! What became of the records of a feed between two releases, and the feed as it would be with some of that alone.
//!
//! Guarantees: a record is told by office and record id; every record that differs is of exactly one kind, so that with
//! all kinds the feed of the later release comes of the earlier one's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type};
use arrow::row::{OwnedRow, RowConverter, Rows as SortedRows, SortField};

use super::world::{Rows, World};
use crate::contract::{Contract, Role, provenance_fields};
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::project::DeliveryMode;
use crate::run::seconds;
use crate::warehouse::{Live, Slot, Submission, SubmissionOutcome, live_of};

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordChange {
    /// It says what it said, in another delivery.
    Redelivered,
    /// It came in the first report of its slot, for an event of that time.
    New,
    /// It came after the report in which it belonged: in a later revision, or in the report of a later month.
    Late,
    /// It says something else.
    Corrected,
    /// The newest report of its slot holds it no more, or says that it is deleted.
    Withdrawn,
    /// Its delivery was judged anew, by rules or codes that had changed.
    Rejudged,
}

/// Records that changed alike in one delivery.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChangedRecords {
    /// What became of them.
    pub change: RecordChange,
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The month reported on.
    pub period: String,
    /// The extract that says so.
    pub path: String,
    /// When it was received.
    pub received_at: String,
    /// How many.
    pub records: u64,
    /// Of corrections: how many records changed in which field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, u64>,
}

/// A feed in two releases.
pub struct FeedChanges {
    /// What changed, by delivery; redelivered records are not counted here.
    pub records: Vec<ChangedRecords>,
    a: Rows,
    b: Rows,
    of_a: Vec<Option<RecordChange>>,
    of_b: Vec<Option<RecordChange>>,
}

impl FeedChanges {
    /// True where any record changed so.
    pub fn has(&self, change: RecordChange) -> bool {
        self.of_a.iter().chain(&self.of_b).any(|known| *known == Some(change))
    }

    /// The feed of the earlier release with some changes made.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn with(&self, made: &BTreeSet<RecordChange>) -> Result<Rows> {
        let is_made = |change: &Option<RecordChange>| change.is_some_and(|change| made.contains(&change));
        let old: BooleanArray = self.of_a.iter().map(|change| Some(!is_made(change))).collect();
        let new: BooleanArray = self.of_b.iter().map(|change| Some(is_made(change))).collect();
        let batches = [(&self.a, old), (&self.b, new)].into_iter().map(|(rows, chosen)| filter_record_batch(&rows.batches[0], &chosen).map_err(misfit));
        Ok(Rows { schema: self.a.schema.clone(), batches: batches.collect::<Result<_>>()? })
    }
}

/// What became of the records of a feed between two worlds.
///
/// # Errors
/// `Internal` only.
pub fn changes_of(contract: &Contract, a: &World, b: &World) -> Result<FeedChanges> {
    let feed = contract.feed.as_str();
    let name = format!("feeds.{feed}");
    let (rows_a, rows_b) = (whole(&a.inputs[&name])?, whole(&b.inputs[&name])?);
    let (table_a, table_b) = (Table::of(contract, &rows_a)?, Table::of(contract, &rows_b)?);
    let told_before = Before::of(&a.submissions);
    let live = live_of(&b.submissions);
    let by_id: HashMap<&str, &Submission> = b.submissions.iter().map(|one| (one.submission_id.as_str(), one)).collect();
    let mut told = Told { feed, live, by_id, groups: BTreeMap::new() };
    let mut of_a = vec![Some(RecordChange::Withdrawn); table_a.len];
    let mut of_b = Vec::with_capacity(table_b.len);
    for row in 0..table_b.len {
        let Some(old) = table_a.by_key.get(&table_b.keys[row]).copied() else {
            let change = told_before.arrival(told.delivery(&table_b, row), table_b.is_of_earlier_month(row));
            of_b.push(Some(change));
            told.note(change, &table_b, row, Vec::new());
            continue;
        };
        let fields = table_a.differing(old, &table_b, row);
        let change = match (fields.is_empty(), table_a.provenance.row(old) == table_b.provenance.row(row)) {
            (true, true) => None,
            (true, false) => Some(RecordChange::Redelivered),
            (false, _) if told_before.has_content_of(told.delivery(&table_b, row)) => Some(RecordChange::Rejudged),
            (false, _) => Some(RecordChange::Corrected),
        };
        of_a[old] = change;
        of_b.push(change);
        if let Some(change) = change.filter(|change| *change != RecordChange::Redelivered) {
            told.note(change, &table_b, row, fields);
        }
    }
    for (row, change) in of_a.iter_mut().enumerate().filter(|(_, change)| **change == Some(RecordChange::Withdrawn)) {
        let gone = if told_before.has_content_of(told.in_place_of(&table_a, row)) { RecordChange::Rejudged } else { RecordChange::Withdrawn };
        *change = Some(gone);
        told.note(gone, &table_a, row, Vec::new());
    }
    Ok(FeedChanges { records: told.groups.into_values().collect(), a: rows_a, b: rows_b, of_a, of_b })
}

/// The deliveries that an earlier release knew.
struct Before<'a> {
    slots: BTreeSet<Slot<'a>>,
    /// What those that counted said, by its hash.
    contents: BTreeSet<(Slot<'a>, &'a str)>,
    ids: BTreeSet<&'a str>,
}

impl<'a> Before<'a> {
    fn of(submissions: &'a [Submission]) -> Self {
        let loaded = || submissions.iter().filter(|one| one.outcome == SubmissionOutcome::Loaded);
        Self {
            slots: loaded().map(Submission::slot).collect(),
            contents: live_of(submissions).iter().map(|one| (one.submission.slot(), one.submission.content_hash.as_str())).collect(),
            ids: loaded().map(|one| one.submission_id.as_str()).collect(),
        }
    }

    /// What it means that a delivery brings a record that was not known.
    fn arrival(&self, delivery: Option<&Submission>, is_of_earlier_month: bool) -> RecordChange {
        // Changes are many to a month, so that the second of them is no correction of the first.
        let was_reported = delivery.is_some_and(|one| one.delivery != DeliveryMode::Changes && self.slots.contains(&one.slot()));
        match delivery {
            _ if self.has_content_of(delivery) => RecordChange::Rejudged,
            _ if was_reported || is_of_earlier_month => RecordChange::Late,
            _ => RecordChange::New,
        }
    }

    /// True where a delivery is another judgement of bytes that were loaded before.
    fn has_content_of(&self, delivery: Option<&Submission>) -> bool {
        delivery.is_some_and(|one| !self.ids.contains(one.submission_id.as_str()) && self.contents.contains(&(one.slot(), one.content_hash.as_str())))
    }
}

/// Changed records by delivery.
struct Told<'t> {
    feed: &'t str,
    /// The deliveries that count.
    live: Live<'t>,
    by_id: HashMap<&'t str, &'t Submission>,
    groups: BTreeMap<(RecordChange, String, String, String), ChangedRecords>,
}

impl<'t> Told<'t> {
    /// The delivery that a row came with.
    fn delivery(&self, table: &Table, row: usize) -> Option<&'t Submission> {
        self.by_id.get(table.text(&table.submission, row)).copied()
    }

    /// The delivery that now stands where a row came from.
    fn in_place_of(&self, table: &Table, row: usize) -> Option<&'t Submission> {
        self.live.in_place_of((table.text(&table.office, row), self.feed, table.text(&table.period, row)))
    }

    fn note(&mut self, change: RecordChange, table: &Table, row: usize, fields: Vec<&str>) {
        let (office, period) = (table.text(&table.office, row), table.text(&table.period, row));
        let delivery = self.delivery(table, row).filter(|one| self.live.has(one)).or_else(|| self.in_place_of(table, row));
        let (path, received_at) = delivery.map_or((String::new(), String::new()), |one| (one.path.clone(), seconds(one.received_at)));
        let key = (change, office.to_owned(), period.to_owned(), path.clone());
        let group = self.groups.entry(key).or_insert_with(|| ChangedRecords {
            change,
            feed: self.feed.to_owned(),
            office: office.to_owned(),
            period: period.to_owned(),
            path,
            received_at,
            records: 0,
            fields: BTreeMap::new(),
        });
        group.records += 1;
        for field in fields {
            *group.fields.entry(field.to_owned()).or_default() += 1;
        }
    }
}

fn whole(rows: &Rows) -> Result<Rows> {
    let whole = arrow::compute::concat_batches(&rows.schema, &rows.batches).map_err(misfit)?;
    Ok(Rows { schema: rows.schema.clone(), batches: vec![whole] })
}

fn misfit(cause: arrow::error::ArrowError) -> Error {
    Error::new(Kind::Internal, "the rows of a feed cannot be compared").because(cause)
}

/// The rows of a feed, made comparable.
struct Table {
    len: usize,
    keys: Vec<OwnedRow>,
    by_key: HashMap<OwnedRow, usize>,
    office: ArrayRef,
    period: ArrayRef,
    submission: ArrayRef,
    events: Vec<ArrayRef>,
    /// The fields that say what a record says, by name.
    content: Vec<(String, SortedRows)>,
    /// Everything else.
    provenance: SortedRows,
}

impl Table {
    fn of(contract: &Contract, rows: &Rows) -> Result<Self> {
        let batch = &rows.batches[0];
        let column = |name: &str| {
            let column = batch.column_by_name(name).ok_or_else(|| Error::new(Kind::Internal, format!("a feed has no column `{name}`")))?;
            Ok::<_, Error>(column.clone())
        };
        let text = |name: &str| cast(&column(name)?, &DataType::Utf8).map_err(misfit);
        let field = |role: Role| contract.role(role).map(|index| contract.fields[index].name.as_str());
        let record = field(Role::RecordId).unwrap_or("record_id");
        let beside: Vec<String> = provenance_fields().iter().map(|field| field.name().clone()).chain(field(Role::ChangedAt).map(str::to_owned)).collect();
        let (beside, content): (Vec<&str>, Vec<&str>) =
            rows.schema.fields().iter().map(|field| field.name().as_str()).partition(|name| beside.iter().any(|known| known == name));
        let keys: Vec<OwnedRow> = sorted(&[text("office")?, text(record)?])?.iter().map(|row| row.owned()).collect();
        let content = content.into_iter().map(|name| Ok((name.to_owned(), sorted(&[column(name)?])?))).collect::<Result<_>>()?;
        let provenance = sorted(&beside.into_iter().map(column).collect::<Result<Vec<_>>>()?)?;
        let days = contract.roles(Role::EventDate).filter_map(|index| batch.column_by_name(&contract.fields[index].name));
        let events = days.filter(|column| *column.data_type() == DataType::Date32).cloned().collect();
        let by_key = keys.iter().cloned().enumerate().map(|(row, key)| (key, row)).collect();
        let (office, period, submission) = (text("office")?, text("period")?, text("submission_id")?);
        Ok(Self { len: batch.num_rows(), keys, by_key, office, period, submission, events, content, provenance })
    }

    fn text<'t>(&self, column: &'t ArrayRef, row: usize) -> &'t str {
        column.as_string::<i32>().value(row)
    }

    /// True where the event lies before the month that the row was reported for.
    fn is_of_earlier_month(&self, row: usize) -> bool {
        let days =
            self.events.iter().map(|column| column.as_primitive::<Date32Type>()).filter(|days| !days.is_null(row)).filter_map(|days| days.value_as_date(row));
        let start = self.text(&self.period, row).parse::<Period>().map(Period::start);
        days.min().zip(start.ok()).is_some_and(|(day, start)| day < start)
    }

    /// The fields in which two rows differ.
    fn differing<'t>(&'t self, row: usize, other: &Self, other_row: usize) -> Vec<&'t str> {
        let pairs = self.content.iter().zip(&other.content);
        pairs.filter(|((_, ours), (_, theirs))| ours.row(row) != theirs.row(other_row)).map(|((name, _), _)| name.as_str()).collect()
    }
}

fn sorted(columns: &[ArrayRef]) -> Result<SortedRows> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    RowConverter::new(fields).and_then(|converter| converter.convert_columns(columns)).map_err(misfit)
}
