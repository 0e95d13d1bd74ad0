//! A model run in memory: its rows as they would be written, and no file.

use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::parse::Model;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};

/// Runs a model on the tables that an engine has; gives its rows as a table of the columns that it was planned with.
///
/// # Errors
/// As the engine says: `Data` where a value of the rows cannot be calculated with.
pub async fn in_memory(engine: &Engine, model: &Model, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    let what = || format!("cannot run the model `{}`", model.name);
    let frame = engine.context().sql(&model.file.text).await.map_err(|cause| error::engine(what(), cause))?;
    let rows = frame.collect().await.map_err(|cause| error::engine(what(), cause))?;
    let rows: Vec<RecordBatch> = rows.iter().map(|batch| fitted(batch, schema)).collect::<Result<_>>()?;
    let table = MemTable::try_new(schema.clone(), vec![rows]).map_err(|cause| error::engine(what(), cause))?;
    Ok(Arc::new(table))
}

/// A batch in the columns that were planned: the optimiser may hand on other text types.
///
/// # Errors
/// `Internal` where the batch has other columns.
pub fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let internal = |cause| Error::new(Kind::Internal, "a model's rows do not have the columns that were planned").because(cause);
    let columns: Result<Vec<_>> =
        batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()).map_err(internal)).collect();
    RecordBatch::try_new(schema.clone(), columns?).map_err(internal)
}
