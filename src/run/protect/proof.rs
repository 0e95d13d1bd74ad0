//! The proof that no figure changes: every released table computed with and without the rows that are to go.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use datafusion::datasource::MemTable;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::expiry::Cutoffs;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::run::Progress;
use crate::run::prepare::{Prepared, fill_kept};
use crate::warehouse::{Submission, Warehouse};

/// A released table that would say something else.
#[derive(Debug, Clone, Serialize)]
pub struct Contradiction {
    /// The table.
    pub table: String,
    /// Rows that would be gone or say something else.
    pub rows: u64,
}

/// How often each row stands in a table, by the row's hash.
type Rows = HashMap<[u8; 16], i64>;

/// The released tables that would say something else without rows past their retention.
///
/// # Errors
/// As the engine says.
pub async fn contradictions(
    prepared: &Prepared,
    warehouse: &Warehouse,
    submissions: &[Submission],
    cutoffs: &Cutoffs,
    progress: &dyn Progress,
) -> Result<Vec<Contradiction>> {
    progress.begin("proving", 2 * prepared.checked.models.len() as u64);
    let before = tables(prepared, warehouse, submissions, &Cutoffs::new(), progress).await?;
    let after = tables(prepared, warehouse, submissions, cutoffs, progress).await?;
    let mut found = Vec::new();
    for ((table, before), (_, mut after)) in before.into_iter().zip(after) {
        let gone = before.into_iter().map(|(row, count)| (count - after.remove(&row).unwrap_or_default()).unsigned_abs()).sum::<u64>();
        let new = after.into_values().map(i64::unsigned_abs).sum::<u64>();
        if gone > 0 || new > 0 {
            found.push(Contradiction { table, rows: gone.max(new) });
        }
    }
    Ok(found)
}

async fn tables(
    prepared: &Prepared,
    warehouse: &Warehouse,
    submissions: &[Submission],
    cutoffs: &Cutoffs,
    progress: &dyn Progress,
) -> Result<Vec<(String, Rows)>> {
    let engine = Engine::new(prepared.project.memory_mib)?;
    fill_kept(&engine, &prepared.project, warehouse, submissions, cutoffs).await?;
    let mut tables = Vec::new();
    for (model, schema) in prepared.checked.models.iter().zip(&prepared.checked.schemas) {
        progress.advance(model.name.as_str());
        let what = || format!("cannot run the model `{}`", model.name);
        let frame = engine.context().sql(&model.file.text).await.map_err(|cause| error::engine(what(), cause))?;
        let batches = frame.collect().await.map_err(|cause| error::engine(what(), cause))?;
        let batches = batches.iter().map(|batch| fitted(batch, schema)).collect::<Result<Vec<_>>>()?;
        if !model.is_staging {
            tables.push((model.name.as_str().to_owned(), rows(schema, &batches)?));
        }
        let table = MemTable::try_new(schema.clone(), vec![batches]).map_err(|cause| error::engine(what(), cause))?;
        engine.add(None, model.name.as_str(), Arc::new(table))?;
    }
    Ok(tables)
}

fn misfit(cause: arrow::error::ArrowError) -> Error {
    Error::new(Kind::Internal, "a model's rows do not have the columns that were planned").because(cause)
}

/// The optimiser may hand on other text types than were planned.
fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()).map_err(misfit));
    RecordBatch::try_new(schema.clone(), columns.collect::<Result<_>>()?).map_err(misfit)
}

fn rows(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Rows> {
    let kind = |kind: &DataType| if *kind == DataType::Float64 { DataType::Utf8 } else { kind.clone() };
    let fields = schema.fields().iter().map(|field| SortField::new(kind(field.data_type()))).collect();
    let converter = RowConverter::new(fields).map_err(misfit)?;
    let mut found = Rows::new();
    for batch in batches {
        let columns: Vec<ArrayRef> = batch.columns().iter().map(steady).collect();
        let converted = converter.convert_columns(&columns).map_err(misfit)?;
        for row in &converted {
            let mut hash = [0; 16];
            hash.copy_from_slice(&Sha256::digest(row.data())[..16]);
            *found.entry(hash).or_default() += 1;
        }
    }
    Ok(found)
}

/// Sums of fractions end differently in another order of rows: twelve digits of them count.
fn steady(column: &ArrayRef) -> ArrayRef {
    match column.as_primitive_opt::<Float64Type>() {
        Some(numbers) => Arc::new(numbers.iter().map(|number| number.map(|number| format!("{number:.11e}"))).collect::<StringArray>()),
        None => column.clone(),
    }
}
