//! What the warehouse holds of deliveries that are judged anew: their rows as text, and why others are not there.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt;

use crate::contract::provenance_fields;
use crate::error::{Error, Kind, Result};
use crate::run::pull::Found;
use crate::warehouse::{AppendedTable, RowCounts, Submission, SubmissionOutcome, Warehouse};

/// The sheet and the row.
pub type Place = (Option<String>, i64);

/// A row that was loaded: its cells by column, where they are filled. It may hold pseudonyms, so there is no `Debug`.
pub type Cells = BTreeMap<String, String>;

/// What is held of a submission.
#[derive(Default)]
pub struct HeldRows {
    /// The rows that were loaded.
    pub rows: BTreeMap<Place, Cells>,
    /// Why others were not, in the order told.
    pub reasons: BTreeMap<Place, Vec<String>>,
}

/// What is held of the submissions of a feed.
#[derive(Default)]
pub struct Held {
    submissions: BTreeMap<String, HeldRows>,
    refused: BTreeMap<String, (RowCounts, Option<String>)>,
}

impl Held {
    /// Reads what is held of some submissions, and how those stood that were refused.
    ///
    /// # Errors
    /// `Unavailable` where a table cannot be read.
    pub async fn read(
        warehouse: &Warehouse,
        feed: &str,
        wanted: impl Iterator<Item = &Submission>,
        refused: &[&Found],
        submissions: &[Submission],
    ) -> Result<Self> {
        let mut held = Self { submissions: wanted.map(|one| (one.submission_id.clone(), HeldRows::default())).collect(), refused: BTreeMap::new() };
        let paths: BTreeSet<&str> = refused.iter().map(|found| found.path.as_str()).collect();
        for one in submissions.iter().filter(|one| one.feed == feed && one.outcome == SubmissionOutcome::Refused && paths.contains(one.path.as_str())) {
            held.refused.insert(one.path.clone(), (one.rows, one.reason.clone()));
        }
        if held.submissions.is_empty() {
            return Ok(held);
        }
        if let Some(table) = warehouse.feeds.get(feed) {
            held.take(table, |held, batch, row| drop(held.rows.insert(batch.place(row), batch.cells(row)))).await?;
        }
        held.take(&warehouse.set_aside, |held, batch, row| held.reasons.entry(batch.place(row)).or_default().extend(batch.reason(row))).await?;
        Ok(held)
    }

    /// What is held of a submission.
    pub fn of(&self, submission: &str) -> Option<&HeldRows> {
        self.submissions.get(submission)
    }

    /// The rows of a refused delivery, and why it was refused.
    pub fn refused_before(&self, path: &str) -> (RowCounts, Option<String>) {
        self.refused.get(path).cloned().unwrap_or_default()
    }

    async fn take(&mut self, table: &AppendedTable, take: impl Fn(&mut HeldRows, &Looked<'_>, usize)) -> Result<()> {
        let mut batches = table.stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let ids = batch.column_by_name("submission_id").and_then(|ids| cast(ids, &DataType::Utf8).ok()).ok_or_else(|| foreign("submission_id"))?;
            let ids = ids.as_string::<i32>();
            if !ids.iter().flatten().any(|id| self.submissions.contains_key(id)) {
                continue;
            }
            let looked = Looked::at(&batch)?;
            for row in 0..batch.num_rows() {
                if let Some(held) = self.submissions.get_mut(ids.value(row)) {
                    take(held, &looked, row);
                }
            }
        }
        Ok(())
    }
}

impl HeldRows {
    /// What a judgement would put there: rows to load, and rows set aside.
    ///
    /// # Errors
    /// `Internal` where the batches are not those of the tables.
    pub fn of_batches<'b>(rows: impl IntoIterator<Item = &'b RecordBatch>, set_aside: Option<&RecordBatch>) -> Result<Self> {
        let mut held = Self::default();
        for batch in rows {
            let looked = Looked::at(batch)?;
            held.rows.extend((0..batch.num_rows()).map(|row| (looked.place(row), looked.cells(row))));
        }
        if let Some(batch) = set_aside {
            let looked = Looked::at(batch)?;
            (0..batch.num_rows()).for_each(|row| held.reasons.entry(looked.place(row)).or_default().extend(looked.reason(row)));
        }
        Ok(held)
    }
}

/// A batch of either table, its cells as text.
struct Looked<'b> {
    columns: Vec<(&'b str, &'b ArrayRef, ArrayFormatter<'b>)>,
    /// Columns that say where a row came from.
    beside: BTreeSet<String>,
    rows: ArrayRef,
}

impl<'b> Looked<'b> {
    fn at(batch: &'b RecordBatch) -> Result<Self> {
        static PLAIN: FormatOptions<'static> = FormatOptions::new();
        let mut columns = Vec::new();
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let formatter = ArrayFormatter::try_new(column, &PLAIN).map_err(|cause| foreign(field.name()).because(cause))?;
            columns.push((field.name().as_str(), column, formatter));
        }
        let rows = batch.column_by_name("source_row").and_then(|rows| cast(rows, &DataType::Int64).ok()).ok_or_else(|| foreign("source_row"))?;
        Ok(Self { columns, beside: provenance_fields().iter().map(|field| field.name().clone()).collect(), rows })
    }

    fn text(&self, name: &str, row: usize) -> Option<String> {
        let (_, column, formatter) = self.columns.iter().find(|(known, ..)| *known == name)?;
        (!column.is_null(row)).then(|| formatter.value(row).to_string())
    }

    fn place(&self, row: usize) -> Place {
        (self.text("source_sheet", row), self.rows.as_primitive::<Int64Type>().value(row))
    }

    /// What a row says, without where it came from.
    fn cells(&self, row: usize) -> Cells {
        let said = self.columns.iter().filter(|(name, column, _)| !self.beside.contains(*name) && !column.is_null(row));
        said.map(|(name, _, formatter)| ((*name).to_owned(), formatter.value(row).to_string())).collect()
    }

    /// Why a row was not loaded; nothing where it may not be loaded whatever it says, which no rule decides.
    fn reason(&self, row: usize) -> Option<String> {
        let text = |name: &str| self.text(name, row).unwrap_or_default();
        let error = text("error");
        (error != "excluded").then(|| format!("{error}/{}: {}", text("rule"), text("message")))
    }
}

fn foreign(name: &str) -> Error {
    Error::new(Kind::Conflict, format!("a table of the warehouse is of another make: column `{name}`"))
}
