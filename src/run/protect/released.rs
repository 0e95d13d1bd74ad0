//! Rows about people, or of records, in released tables. Aggregates are not among them and stay as published; a table that lists
//! records, such as the findings of an audit, loses the rows that tell of somebody erased.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, BooleanArray, Int64Array};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;

use super::reissue::{Rewrite, as_text, read_table, reissue};
use super::traces::Traces;
use crate::error::{Error, Kind, Result};
use crate::warehouse::{Change, Manifest, ReleaseRemoval, Resource, Warehouse};

/// Released files that hold rows about somebody.
pub struct Hits {
    manifests: Vec<Manifest>,
    /// Rows to go, by the path that manifests name.
    rows: BTreeMap<String, u64>,
}

impl Hits {
    /// Looks into every file of some releases.
    ///
    /// # Errors
    /// `Unavailable` where one cannot be read.
    pub async fn find(warehouse: &Warehouse, traces: &Traces, releases: &[u64]) -> Result<Self> {
        let mut hits = Self { manifests: Vec::new(), rows: BTreeMap::new() };
        for number in releases {
            let manifest = warehouse.release(*number).await?;
            for resource in &manifest.resources {
                if !hits.rows.contains_key(&resource.path) {
                    let doomed = doomed(warehouse, resource, traces)?;
                    hits.rows.insert(resource.path.clone(), doomed.iter().map(|doomed| doomed.true_count() as u64).sum());
                }
            }
            hits.manifests.push(manifest);
        }
        hits.rows.retain(|_, rows| *rows > 0);
        Ok(hits)
    }

    /// What is to go, by release and table.
    pub fn removals(&self) -> Vec<ReleaseRemoval> {
        let of = |manifest: &Manifest| {
            let hit = |resource: &Resource| {
                let rows = *self.rows.get(&resource.path)?;
                Some(ReleaseRemoval { release: manifest.rihla.release, table: resource.name.clone(), rows })
            };
            manifest.resources.iter().filter_map(hit).collect::<Vec<_>>()
        };
        self.manifests.iter().flat_map(of).collect()
    }

    /// Prepares every release without these rows, its manifest naming the receipt.
    ///
    /// # Errors
    /// `Unavailable` where a file cannot be written.
    pub fn remove(&self, warehouse: &Warehouse, change: &mut Change, traces: &Traces, receipt: &str) -> Result<()> {
        reissue(warehouse, change, &self.manifests, |resource| self.rows.contains_key(&resource.path), &mut Without(traces), receipt)
    }
}

/// A table without the rows that tell of somebody.
struct Without<'a>(&'a Traces);

impl Rewrite for Without<'_> {
    fn rows(&mut self, resource: &Resource, batch: &RecordBatch) -> Result<(RecordBatch, BooleanArray)> {
        let internal = |cause| Error::new(Kind::Internal, "rows cannot be told apart").because(cause);
        let stays = not(&telling(batch, &feeds_of(resource), self.0)?).map_err(internal)?;
        Ok((filter_record_batch(batch, &stays).map_err(internal)?, stays))
    }

    fn cell(&mut self, _: &str, text: &str) -> String {
        text.to_owned()
    }
}

/// Which rows of a released table tell of somebody wanted.
fn doomed(warehouse: &Warehouse, resource: &Resource, traces: &Traces) -> Result<Vec<BooleanArray>> {
    read_table(warehouse, resource)?.1.iter().map(|batch| telling(batch, &feeds_of(resource), traces)).collect()
}

fn feeds_of(resource: &Resource) -> BTreeSet<&str> {
    resource.rihla.reports.iter().map(|reports| reports.feed.as_str()).collect()
}

fn telling(batch: &RecordBatch, feeds: &BTreeSet<&str>, traces: &Traces) -> Result<BooleanArray> {
    let mut goes = vec![false; batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if let Some(texts) = as_text(column)? {
            mark(&mut goes, |row| !texts.is_null(row) && traces.is_in(texts.value(row)));
            let offices = batch.column_by_name("office").filter(|_| traces.is_record_column(field.name()));
            if let Some(offices) = offices.map(as_text).transpose()?.flatten() {
                let has = |row| !texts.is_null(row) && !offices.is_null(row) && traces.has_record(feeds, offices.value(row), texts.value(row));
                mark(&mut goes, has);
            }
        } else if let Some(list) = column.as_list_opt::<i32>() {
            for (row, goes) in goes.iter_mut().enumerate() {
                let items = as_text(&list.value(row))?;
                *goes |= !list.is_null(row) && items.is_some_and(|items| items.iter().flatten().any(|item| traces.is_in(item)));
            }
        }
    }
    if let (Some(ids), Some(rows)) = (batch.column_by_name("submission_id"), batch.column_by_name("source_row"))
        && let (Some(ids), Some(rows)) = (as_text(ids)?, rows.as_primitive_opt::<Int64Type>())
    {
        let rows: &Int64Array = rows;
        mark(&mut goes, |row| !ids.is_null(row) && !rows.is_null(row) && traces.source_rows.contains(&(ids.value(row).to_owned(), rows.value(row))));
    }
    Ok(goes.into_iter().map(Some).collect())
}

fn mark(goes: &mut [bool], tells: impl Fn(usize) -> bool) {
    goes.iter_mut().enumerate().for_each(|(row, goes)| *goes |= tells(row));
}
