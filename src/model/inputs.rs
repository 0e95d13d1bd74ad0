//! The tables that models read but do not make: feeds, code lists, reference tables, and what the system knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::datasource::empty::EmptyTable;
use sha2::{Digest, Sha256};

use super::reports::Owing;
use crate::calendar::{Owed, owed};
use crate::contract::{CodeList, Contract, Role, loaded_schema};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Project, Reference};
use crate::store::Store;
use crate::warehouse::{AppendedTable, CurrentTable, Keep, Live, LiveSubmission, Receipt, Submission, SubmissionOutcome, current, live_of};

/// A table that models read.
pub struct Input {
    /// Its schema and name, as SQL has them: `feeds.returns`.
    pub name: String,
    /// Hash of its content.
    pub fingerprint: String,
    /// Its rows, where they are the project's own; those of feeds and submissions lie in the warehouse.
    pub content: Option<RecordBatch>,
}

/// Tables that were added to an engine.
pub struct Inputs {
    /// They, by name.
    pub tables: Vec<Input>,
    /// The offices that owe what models rest on, so far as they were asked for.
    pub owing: Owing,
    /// By feed and date field, what tells the rows of each month, by its first day; of rows without the date, under null.
    months: BTreeMap<(String, String), BTreeMap<Option<String>, String>>,
    /// The rows of feeds that lie in the warehouse.
    rows: BTreeMap<String, u64>,
}

impl Inputs {
    /// How many rows feeds have that lie in the warehouse, under the names by which models read them.
    pub fn rows(&self) -> impl Iterator<Item = (String, u64)> {
        self.rows.iter().map(|(feed, rows)| (format!("feeds.{feed}"), *rows))
    }

    /// What tells the rows of each month of a feed's date; nothing where the feed does not lie in the warehouse.
    pub fn months(&self, feed: &str, date: &str) -> Option<&BTreeMap<Option<String>, String>> {
        self.months.get(&(feed.to_owned(), date.to_owned()))
    }

    /// The content of a table.
    pub fn fingerprint(&self, name: &str) -> Option<&str> {
        self.tables.iter().find(|input| input.name == name).map(|input| input.fingerprint.as_str())
    }
}

/// The moment up to which deliveries are known: the latest one's received time. Nothing where there are none.
pub fn known_until(submissions: &[Submission]) -> Option<DateTime<Utc>> {
    submissions.iter().map(|submission| submission.received_at).max()
}

/// Adds every input without rows: enough to plan.
///
/// # Errors
/// `Internal` where the engine refuses a table.
pub fn empty_inputs(engine: &Engine, project: &Project) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut add = |schema: &str, name: &str, columns: SchemaRef| {
        names.push(format!("{schema}.{name}"));
        engine.add(Some(schema), name, Arc::new(EmptyTable::new(columns)))
    };
    for pipeline in &project.pipelines {
        add("feeds", pipeline.contract.feed.as_str(), loaded_schema(&pipeline.contract))?;
    }
    for (name, list) in &project.code_lists {
        add("codes", name, codes(list)?.schema())?;
    }
    for reference in &project.references {
        add("ref", &reference.name, reference_schema(reference))?;
    }
    for name in SYSTEM {
        add("system", name, system_table(name, project, (&[], None), None)?.schema())?;
    }
    Ok(names)
}

fn reference_schema(reference: &Reference) -> SchemaRef {
    let fields = reference.contract.fields.iter().map(|field| Field::new(&field.name, crate::contract::arrow_type(&field.kind), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Adds every input with its rows.
pub struct Filler<'a> {
    /// The engine to add them to.
    pub engine: &'a Engine,
    /// The project.
    pub project: &'a Project,
    /// Every submission.
    pub submissions: &'a [Submission],
    /// Only rows of these offices, where given: for comparisons like for like.
    pub offices: Option<&'a [String]>,
    /// What was removed of the feeds after it was loaded.
    pub removals: &'a [Receipt],
    /// Only these tables, where given: for models that are run aside, of which nothing is kept and no content is noted.
    pub wanted: Option<&'a BTreeSet<String>>,
    /// The moment up to which deliveries are known; the latest one's where absent.
    pub until: Option<DateTime<Utc>>,
    /// The submissions that count.
    live: Live<'a>,
    tables: Vec<Input>,
    months: BTreeMap<(String, String), BTreeMap<Option<String>, String>>,
    rows: BTreeMap<String, u64>,
}

impl<'a> Filler<'a> {
    /// A filler for an engine.
    pub fn new(engine: &'a Engine, project: &'a Project, submissions: &'a [Submission]) -> Self {
        Self {
            engine,
            project,
            submissions,
            offices: None,
            removals: &[],
            wanted: None,
            until: None,
            live: live_of(submissions),
            tables: Vec::new(),
            months: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    /// Adds a feed: the current rows of its loaded table.
    ///
    /// # Errors
    /// `Internal` where the engine refuses it.
    pub async fn feed(&mut self, contract: &Contract, loaded: Arc<dyn TableProvider>) -> Result<()> {
        let feed = contract.feed.as_str();
        let what = || format!("cannot prepare the feed `{feed}`");
        let current = self.counting(feed);
        self.engine.add(Some("raw"), feed, loaded)?;
        self.memory("raw", &format!("{feed}_current"), vouched(&current).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?)?;
        let record = contract.role(Role::RecordId).map_or("record_id", |index| contract.fields[index].name.as_str());
        let changed = contract.role(Role::ChangedAt).map_or("changed_at", |index| contract.fields[index].name.as_str());
        let columns: Vec<String> = loaded_schema(contract).fields().iter().map(|field| format!("\"{}\"", field.name())).collect();
        let columns = columns.join(", ");
        // Of all rows of a record that count, the one last changed, then of what was heard last; a record of which that
        // says that it is deleted is no more.
        let last = format!(
            "SELECT {columns} FROM raw.{feed} JOIN raw.{feed}_current ON submission_id = vouched_id \
             QUALIFY row_number() OVER (PARTITION BY office, \"{record}\" ORDER BY \"{changed}\" DESC, heard_at DESC, period DESC) = 1"
        );
        let sql = match contract.role(Role::Deleted) {
            Some(index) => format!("SELECT * FROM ({last}) WHERE \"{}\" IS NOT TRUE", contract.fields[index].name),
            None => last,
        };
        let view = self.engine.context().sql(&sql).await.map_err(|cause| error::engine(what(), cause))?.into_view();
        self.engine.add(Some("feeds"), feed, view)?;
        self.note_feed(feed, &current);
        Ok(())
    }

    /// Adds code lists, reference tables (as read) and system tables.
    ///
    /// # Errors
    /// `Internal` where the engine refuses one.
    pub fn rest(mut self, references: Vec<(String, RecordBatch)>) -> Result<Inputs> {
        let wanted = self.wanted;
        let is_wanted = |schema: &str, name: &str| wanted.is_none_or(|wanted| wanted.contains(&format!("{schema}.{name}")));
        for (name, list) in self.project.code_lists.iter().filter(|(name, _)| is_wanted("codes", name)) {
            self.fixed("codes", name, codes(list)?)?;
        }
        for (name, batch) in references.into_iter().filter(|(name, _)| is_wanted("ref", name)) {
            self.fixed("ref", &name, batch)?;
        }
        let until = self.until.or_else(|| known_until(self.submissions));
        for name in SYSTEM.into_iter().filter(|name| is_wanted("system", name)) {
            self.fixed("system", name, system_table(name, self.project, (self.submissions, Some(&self.live)), until)?)?;
        }
        Ok(Inputs { tables: self.tables, owing: Owing::default(), months: self.months, rows: self.rows })
    }

    /// Adds a feed whose table lies in the warehouse: of its files only the rows that count are read.
    ///
    /// # Errors
    /// `Unavailable` where its files cannot be read; `Internal` where the engine refuses it.
    pub async fn stored_feed(&mut self, contract: &Contract, store: &Store, table: &AppendedTable, keep: Keep) -> Result<()> {
        let feed = contract.feed.as_str();
        let live = self.counting(feed);
        let found = current(store, table, contract, &live.iter().collect::<Vec<_>>(), keep).await?;
        let rows = CurrentTable::of(&found, &store.root().join(table.name()), loaded_schema(contract))?;
        self.rows.insert(feed.to_owned(), rows.count());
        self.engine.add(Some("feeds"), feed, Arc::new(rows))?;
        for (date, months) in &found.months {
            let first = |month: &str| (!month.is_empty()).then(|| format!("{month}-01"));
            let told = months.0.iter().map(|(month, print)| (first(month), print.to_string()));
            self.months.insert((feed.to_owned(), date.clone()), told.collect());
        }
        self.note_feed(feed, &live);
        Ok(())
    }

    /// Notes what a feed holds: the submissions that count, and what was removed of their rows.
    fn note_feed(&mut self, feed: &str, live: &[LiveSubmission<'_>]) {
        let removals = self.removals.iter().filter(|receipt| receipt.feeds.iter().any(|removal| removal.feed == feed)).map(|receipt| receipt.id.as_str());
        let state: Vec<String> = live.iter().map(|one| one.state()).chain(removals.map(str::to_owned)).collect();
        self.note(format!("feeds.{feed}"), state.join(",").as_bytes(), None);
    }

    /// The submissions of a feed that count, of the offices that are wanted.
    fn counting(&self, feed: &str) -> Vec<LiveSubmission<'a>> {
        self.live.iter().filter(|one| one.submission.feed == feed && self.has_office(&one.submission.office)).copied().collect()
    }

    fn has_office(&self, office: &str) -> bool {
        self.offices.is_none_or(|offices| offices.iter().any(|known| known == office))
    }

    fn fixed(&mut self, schema: &str, name: &str, batch: RecordBatch) -> Result<()> {
        if self.wanted.is_some() {
            return self.memory(schema, name, batch);
        }
        let content = content(&batch).map_err(|cause| Error::new(Kind::Internal, format!("cannot hash {schema}.{name}")).because(cause))?;
        let is_own = name != "submissions" || schema != "system";
        self.note(format!("{schema}.{name}"), &content, is_own.then(|| batch.clone()));
        self.memory(schema, name, batch)
    }

    fn memory(&self, schema: &str, name: &str, batch: RecordBatch) -> Result<()> {
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(|cause| error::engine(format!("cannot prepare `{schema}.{name}`"), cause))?;
        self.engine.add(Some(schema), name, Arc::new(table))
    }

    fn note(&mut self, name: String, hashed: &[u8], content: Option<RecordBatch>) {
        self.tables.push(Input { name, fingerprint: hex::encode(&Sha256::digest(hashed)[..16]), content });
    }
}

/// The columns and every row of a table as bytes that no other content gives.
fn content(batch: &RecordBatch) -> std::result::Result<Vec<u8>, arrow::error::ArrowError> {
    let columns = batch.schema().fields().iter().map(|field| format!("{} {}\n", field.name(), field.data_type())).collect::<String>();
    let kinds = batch.columns().iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let rows = RowConverter::new(kinds)?.convert_columns(batch.columns())?;
    let mut content = Sha256::new().chain_update(columns);
    for row in &rows {
        content.update((row.data().len() as u64).to_le_bytes());
        content.update(row.data());
    }
    Ok(content.finalize().to_vec())
}

/// The submissions whose rows count, each with when it was said last.
fn vouched(current: &[LiveSubmission<'_>]) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let ids = Arc::new(StringArray::from_iter_values(current.iter().map(|one| one.submission.submission_id.as_str()))) as ArrayRef;
    let heard = TimestampMicrosecondArray::from_iter_values(current.iter().map(|one| one.said_at().timestamp_micros())).with_timezone("UTC");
    RecordBatch::try_from_iter([("vouched_id", ids), ("heard_at", Arc::new(heard) as ArrayRef)])
}

fn text<'t>(values: impl Iterator<Item = &'t str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn days(date: NaiveDate) -> i32 {
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

fn table(columns: Vec<(&str, ArrayRef, bool)>) -> Result<RecordBatch> {
    let fields: Vec<Field> = columns.iter().map(|(name, array, nullable)| Field::new(*name, array.data_type().clone(), *nullable)).collect();
    let arrays = columns.into_iter().map(|(_, array, _)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|cause| Error::new(Kind::Internal, "cannot make a system table").because(cause))
}

fn codes(list: &CodeList) -> Result<RecordBatch> {
    table(vec![
        ("code", text(list.codes.iter().map(|code| code.code.as_str())), false),
        ("label_en", text(list.codes.iter().map(|code| code.label_en.as_str())), false),
        ("label_fr", text(list.codes.iter().map(|code| code.label_fr.as_str())), false),
        ("label_ar", text(list.codes.iter().map(|code| code.label_ar.as_str())), false),
        ("valid_from", Arc::new(list.codes.iter().map(|code| code.valid_from.map(days)).collect::<Date32Array>()) as ArrayRef, true),
        ("valid_to", Arc::new(list.codes.iter().map(|code| code.valid_to.map(days)).collect::<Date32Array>()) as ArrayRef, true),
    ])
}

/// The system's tables.
const SYSTEM: [&str; 4] = ["offices", "periods", "calendar", "submissions"];

/// A table of the system, as of the moment up to which deliveries are known.
fn system_table(name: &str, project: &Project, (submissions, live): (&[Submission], Option<&Live<'_>>), until: Option<DateTime<Utc>>) -> Result<RecordBatch> {
    match name {
        "offices" => offices(project),
        "periods" => periods(project, until.map(|at| at.date_naive())),
        "calendar" => calendar(project, until),
        _ => submission_table(submissions, live),
    }
}

fn offices(project: &Project) -> Result<RecordBatch> {
    let list = &project.offices;
    let date =
        |get: fn(&crate::project::Office) -> Option<NaiveDate>| Arc::new(list.iter().map(|office| get(office).map(days)).collect::<Date32Array>()) as ArrayRef;
    table(vec![
        ("office", text(list.iter().map(|office| office.code.as_str())), false),
        ("name", text(list.iter().map(|office| office.name.as_str())), false),
        ("country", text(list.iter().map(|office| office.country.as_str())), false),
        ("timezone", text(list.iter().map(|office| office.timezone.name())), false),
        ("opened", date(|office| office.opened), true),
        ("closed", date(|office| office.closed), true),
        ("precedence", Arc::new((1..).take(list.len()).map(Some).collect::<Int64Array>()), false),
    ])
}

/// Every period from the calendar's first day to the end of the year of the latest delivery.
fn periods(project: &Project, until: Option<NaiveDate>) -> Result<RecordBatch> {
    let last = Period::containing(PeriodKind::Year, until.unwrap_or_else(|| project.first_period.start())).end();
    let list: Vec<Period> = PeriodKind::ALL.into_iter().flat_map(|kind| Period::range(kind, project.since, last)).collect();
    let names: Vec<String> = list.iter().map(ToString::to_string).collect();
    let before: Vec<String> = list.iter().map(|period| period.year_before().to_string()).collect();
    table(vec![
        ("period", text(names.iter().map(String::as_str)), false),
        ("kind", text(list.iter().map(|period| period.kind().as_str())), false),
        ("start_on", Arc::new(Date32Array::from_iter_values(list.iter().map(|period| days(period.start())))), false),
        ("end_on", Arc::new(Date32Array::from_iter_values(list.iter().map(|period| days(period.end())))), false),
        ("year_before", text(before.iter().map(String::as_str)), false),
    ])
}

/// What is owed for months that are over at a moment; no rows where nothing is known.
fn calendar(project: &Project, until: Option<DateTime<Utc>>) -> Result<RecordBatch> {
    let owed = until.map(|at| owed(project, at)).unwrap_or_default();
    let periods: Vec<String> = owed.iter().map(|report| report.period.to_string()).collect();
    let ends = TimestampMicrosecondArray::from_iter_values(owed.iter().map(|report| report.due_until.timestamp_micros())).with_timezone("UTC");
    let flags = |get: &dyn Fn(&Owed<'_>) -> bool| Arc::new(owed.iter().map(|report| Some(get(report))).collect::<BooleanArray>()) as ArrayRef;
    let reasons = owed.iter().map(|report| report.excuse.map(|excuse| excuse.reason.as_str()));
    table(vec![
        ("office", text(owed.iter().map(|report| report.office)), false),
        ("feed", text(owed.iter().map(|report| report.feed)), false),
        ("period", text(periods.iter().map(String::as_str)), false),
        ("due_on", Arc::new(Date32Array::from_iter_values(owed.iter().map(|report| days(report.due_on)))), false),
        ("due_until", Arc::new(ends), false),
        ("is_past_due", flags(&|report| until.is_some_and(|at| report.is_past(at))), false),
        ("is_excused", flags(&|report| report.excuse.is_some()), false),
        ("reason", Arc::new(reasons.collect::<StringArray>()), true),
    ])
}

fn submission_table(submissions: &[Submission], live: Option<&Live<'_>>) -> Result<RecordBatch> {
    let is_current = |s: &Submission| s.outcome == SubmissionOutcome::Loaded && live.is_some_and(|live| live.has(s));
    let moments = TimestampMicrosecondArray::from_iter_values(submissions.iter().map(|s| s.received_at.timestamp_micros())).with_timezone("UTC");
    let count = |get: fn(&Submission) -> u64| Arc::new(submissions.iter().map(|s| i64::try_from(get(s)).ok()).collect::<Int64Array>()) as ArrayRef;
    table(vec![
        ("submission_id", text(submissions.iter().map(|s| s.submission_id.as_str())), false),
        ("feed", text(submissions.iter().map(|s| s.feed.as_str())), false),
        ("office", text(submissions.iter().map(|s| s.office.as_str())), false),
        ("period", text(submissions.iter().map(|s| s.period.as_str())), false),
        ("revision", Arc::new(submissions.iter().map(|s| s.revision).collect::<Int64Array>()), true),
        ("received_at", Arc::new(moments), false),
        ("outcome", text(submissions.iter().map(|s| s.outcome.as_str())), false),
        ("rows_read", count(|s| s.rows.read), false),
        ("rows_loaded", count(|s| s.rows.loaded), false),
        ("rows_superseded", count(|s| s.rows.superseded), false),
        ("rows_quarantined", count(|s| s.rows.quarantined), false),
        ("rows_excluded", count(|s| s.rows.excluded), false),
        ("rows_refused", count(|s| s.rows.refused), false),
        ("is_current", Arc::new(submissions.iter().map(|s| Some(is_current(s))).collect::<BooleanArray>()), false),
        ("amends", Arc::new(submissions.iter().map(|s| s.amends.as_deref()).collect::<StringArray>()), true),
    ])
}
