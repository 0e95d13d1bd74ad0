//! Submissions: what was delivered for which slot, and what became of its rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::contract::instant;
use crate::error::{Error, Kind, Result};
use crate::project::DeliveryMode;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionOutcome {
    /// Its rows are in the warehouse, as a revision of its slot.
    Loaded,
    /// It says what the slot's current revision says.
    Unchanged,
    /// It was refused whole.
    Refused,
    /// A delivery received later was loaded before it was seen.
    Outdated,
}

impl SubmissionOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Loaded, Self::Unchanged, Self::Refused, Self::Outdated];

    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Outdated => "outdated",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// Rows of a submission by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RowCounts {
    /// Rows read.
    pub read: u64,
    /// Rows in the warehouse.
    pub loaded: u64,
    /// Rows that a later change in the same delivery replaced.
    pub superseded: u64,
    /// Rows with faults.
    pub quarantined: u64,
    /// Rows that are no records.
    pub excluded: u64,
    /// Rows of a submission that was refused whole.
    pub refused: u64,
}

impl RowCounts {
    /// True where every row read has an outcome: the conservation of rows.
    pub fn are_conserved(&self) -> bool {
        self.read == self.loaded + self.superseded + self.quarantined + self.excluded + self.refused
    }
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.loaded += other.loaded;
        self.superseded += other.superseded;
        self.quarantined += other.quarantined;
        self.excluded += other.excluded;
        self.refused += other.refused;
    }
}

/// One delivery for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its identity: slot, received time, content and contract.
    pub submission_id: String,
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting period.
    pub period: String,
    /// Its place among the loaded deliveries of its slot; for an unchanged one the revision it repeats.
    pub revision: Option<i64>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// The extract.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The store's time of last change, by which it is known again without reading.
    pub modified_at: DateTime<Utc>,
    /// SHA-256 of its bytes.
    pub content_hash: String,
    /// What became of it.
    pub outcome: SubmissionOutcome,
    /// Frictionless's name of why it was refused.
    pub error: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// What became of its rows.
    pub rows: RowCounts,
    /// How many lines it has in the table of rows set aside.
    pub set_aside_lines: u64,
    /// The contract it was judged by.
    pub contract: String,
    /// What a delivery of its feed held when it came; a pipeline that is changed later does not change it.
    pub delivery: DeliveryMode,
    /// The submission that it mends row by row; nothing for an extract.
    pub amends: Option<String>,
    /// How its columns differed from the schema, as JSON; nothing where they did not.
    pub drift: Option<String>,
    /// When it was judged.
    pub loaded_at: DateTime<Utc>,
    /// The run that judged it.
    pub run_id: String,
}

impl Submission {
    /// The slot: office, feed and period.
    pub fn slot(&self) -> (&str, &str, &str) {
        (&self.office, &self.feed, &self.period)
    }

    /// Gives it an identity of its own beside the same delivery judged by the same contract before: rules may be changed
    /// and changed back.
    pub fn identify_anew(&mut self, revision: i64) {
        self.submission_id = hex::encode(&Sha256::digest(format!("{}\nanew\n{revision}", self.submission_id))[..8]);
    }
}

/// The table's columns.
pub fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let number = |name: &str, nullable| Field::new(name, DataType::Int64, nullable);
    let moment = |name: &str| Field::new(name, instant(), false);
    Arc::new(Schema::new(vec![
        text("submission_id", false),
        text("feed", false),
        text("office", false),
        text("period", false),
        number("revision", true),
        moment("received_at"),
        text("path", false),
        number("size", false),
        moment("modified_at"),
        text("content_hash", false),
        text("outcome", false),
        text("error", true),
        text("reason", true),
        number("rows_read", false),
        number("rows_loaded", false),
        number("rows_superseded", false),
        number("rows_quarantined", false),
        number("rows_excluded", false),
        number("rows_refused", false),
        number("set_aside_lines", false),
        text("contract", false),
        moment("loaded_at"),
        text("run_id", false),
        // Younger than the first warehouses, so that older rows have none.
        text("delivery", true),
        text("amends", true),
        text("drift", true),
    ]))
}

/// Submissions as a batch of the table.
///
/// # Errors
/// `Internal` where they do not fit.
pub fn to_batch(submissions: &[Submission]) -> Result<RecordBatch> {
    let text = |get: fn(&Submission) -> &str| Arc::new(StringArray::from_iter_values(submissions.iter().map(get))) as ArrayRef;
    let maybe = |get: fn(&Submission) -> Option<&str>| Arc::new(submissions.iter().map(get).collect::<StringArray>()) as ArrayRef;
    let count = |get: fn(&Submission) -> u64| Arc::new(submissions.iter().map(|s| i64::try_from(get(s)).ok()).collect::<Int64Array>()) as ArrayRef;
    let moment = |get: fn(&Submission) -> DateTime<Utc>| {
        Arc::new(TimestampMicrosecondArray::from_iter_values(submissions.iter().map(|s| get(s).timestamp_micros())).with_timezone("UTC")) as ArrayRef
    };
    let columns = vec![
        text(|s| &s.submission_id),
        text(|s| &s.feed),
        text(|s| &s.office),
        text(|s| &s.period),
        Arc::new(submissions.iter().map(|s| s.revision).collect::<Int64Array>()),
        moment(|s| s.received_at),
        text(|s| &s.path),
        count(|s| s.size),
        moment(|s| s.modified_at),
        text(|s| &s.content_hash),
        text(|s| s.outcome.as_str()),
        maybe(|s| s.error.as_deref()),
        maybe(|s| s.reason.as_deref()),
        count(|s| s.rows.read),
        count(|s| s.rows.loaded),
        count(|s| s.rows.superseded),
        count(|s| s.rows.quarantined),
        count(|s| s.rows.excluded),
        count(|s| s.rows.refused),
        count(|s| s.set_aside_lines),
        text(|s| &s.contract),
        moment(|s| s.loaded_at),
        text(|s| &s.run_id),
        text(|s| s.delivery.as_str()),
        maybe(|s| s.amends.as_deref()),
        maybe(|s| s.drift.as_deref()),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|cause| Error::new(Kind::Internal, "submissions do not fit their table").because(cause))
}

/// The submissions that a batch of the table holds.
///
/// # Errors
/// `Conflict` where the table is not of this make.
pub fn from_batch(batch: &RecordBatch) -> Result<Vec<Submission>> {
    let columns = Columns::of(batch)?;
    (0..batch.num_rows()).map(|row| columns.submission(row)).collect()
}

struct Columns {
    names: Vec<String>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn of(batch: &RecordBatch) -> Result<Self> {
        let wanted = schema();
        let mut arrays = Vec::new();
        for field in wanted.fields() {
            // A table that no younger make has written to lacks the younger columns.
            let column = match batch.column_by_name(field.name()) {
                Some(column) => column.clone(),
                None if field.is_nullable() => new_null_array(field.data_type(), batch.num_rows()),
                None => return Err(foreign(field.name())),
            };
            arrays.push(arrow::compute::cast(&column, field.data_type()).map_err(|cause| foreign(field.name()).because(cause))?);
        }
        Ok(Self { names: wanted.fields().iter().map(|field| field.name().clone()).collect(), arrays })
    }

    fn array(&self, name: &str) -> Result<&ArrayRef> {
        self.names.iter().position(|known| known == name).map(|index| &self.arrays[index]).ok_or_else(|| foreign(name))
    }

    fn text(&self, name: &str, row: usize) -> Result<Option<String>> {
        let column = self.array(name)?.as_string::<i32>();
        Ok((!column.is_null(row)).then(|| column.value(row).to_owned()))
    }

    fn needed(&self, name: &str, row: usize) -> Result<String> {
        self.text(name, row)?.ok_or_else(|| foreign(name))
    }

    fn number(&self, name: &str, row: usize) -> Result<Option<i64>> {
        let column = self.array(name)?.as_primitive::<Int64Type>();
        Ok((!column.is_null(row)).then(|| column.value(row)))
    }

    fn count(&self, name: &str, row: usize) -> Result<u64> {
        self.number(name, row)?.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| foreign(name))
    }

    fn moment(&self, name: &str, row: usize) -> Result<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.array(name)?.as_primitive::<TimestampMicrosecondType>().value(row)).ok_or_else(|| foreign(name))
    }

    /// Before there were others, every delivery was of a period.
    fn delivery(&self, row: usize) -> Result<DeliveryMode> {
        let Some(text) = self.text("delivery", row)? else { return Ok(DeliveryMode::Period) };
        DeliveryMode::parse(&text).ok_or_else(|| foreign("delivery"))
    }

    fn submission(&self, row: usize) -> Result<Submission> {
        let outcome = SubmissionOutcome::parse(&self.needed("outcome", row)?).ok_or_else(|| foreign("outcome"))?;
        let rows = RowCounts {
            read: self.count("rows_read", row)?,
            loaded: self.count("rows_loaded", row)?,
            superseded: self.count("rows_superseded", row)?,
            quarantined: self.count("rows_quarantined", row)?,
            excluded: self.count("rows_excluded", row)?,
            refused: self.count("rows_refused", row)?,
        };
        Ok(Submission {
            submission_id: self.needed("submission_id", row)?,
            feed: self.needed("feed", row)?,
            office: self.needed("office", row)?,
            period: self.needed("period", row)?,
            revision: self.number("revision", row)?,
            received_at: self.moment("received_at", row)?,
            path: self.needed("path", row)?,
            size: self.count("size", row)?,
            modified_at: self.moment("modified_at", row)?,
            content_hash: self.needed("content_hash", row)?,
            outcome,
            error: self.text("error", row)?,
            reason: self.text("reason", row)?,
            rows,
            set_aside_lines: self.count("set_aside_lines", row)?,
            contract: self.needed("contract", row)?,
            delivery: self.delivery(row)?,
            amends: self.text("amends", row)?,
            drift: self.text("drift", row)?,
            loaded_at: self.moment("loaded_at", row)?,
            run_id: self.needed("run_id", row)?,
        })
    }
}

fn foreign(column: &str) -> Error {
    Error::new(Kind::Conflict, format!("the table `submissions` is of another make: column `{column}`"))
}
