//! The rows of parts made and written, beside those that stay.

use std::path::PathBuf;

use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{LogicalPlan, cast};
use datafusion::prelude::{DataFrame, ident};
use futures::TryStreamExt;

use super::super::build::Failed;
use super::super::write::Shape;
use super::keep::{Keeper, Kept};
use crate::engine::Engine;

/// The rows that are made, and where they go.
pub(in crate::model) struct Work {
    pub engine: Engine,
    /// Plans that make them, one after another.
    pub plans: Vec<LogicalPlan>,
    /// Rows of the last build that stay.
    pub beside: Option<LogicalPlan>,
    pub schema: SchemaRef,
    /// The columns by which they are sorted: of a table with a file for each part first that of the parts.
    pub order: Vec<String>,
    pub root: PathBuf,
    pub shape: Shape,
    /// The place of the column that tells the parts.
    pub column: usize,
    /// True where each part is a file of its own.
    pub apart: bool,
}

/// Makes the rows and writes them.
///
/// # Errors
/// As the engine or the disk says.
pub(in crate::model) async fn done(work: Work) -> std::result::Result<Kept, Failed> {
    let mut rows = sorted(&work).await.map_err(Failed::Engine)?.execute_stream().await.map_err(Failed::Engine)?;
    let mut keeper = Keeper::begin(&work.root, &work.shape, work.column, work.apart).map_err(Failed::Disk)?;
    while let Some(batch) = rows.try_next().await.map_err(Failed::Engine)? {
        keeper.write(&batch).map_err(Failed::Disk)?;
    }
    keeper.finish().map_err(Failed::Disk)
}

async fn sorted(work: &Work) -> std::result::Result<DataFrame, DataFusionError> {
    let state = work.engine.context().state();
    let mut frame = work.engine.apart(work.plans.iter().map(|plan| DataFrame::new(state.clone(), plan.clone())).collect()).await?;
    if let Some(beside) = &work.beside {
        // Rows that were written have the types in which they are; the optimiser may hand on others.
        let columns = work.schema.fields().iter().map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()));
        frame = frame.select(columns.collect::<Vec<_>>())?.union(DataFrame::new(state, beside.clone()))?;
    }
    frame.sort(work.order.iter().map(|column| ident(column).sort(true, true)).collect())
}
