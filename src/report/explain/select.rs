//! Rows of tables by conditions and keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::{Column, NullEquality, TableReference};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ExprSchemable, Join, JoinConstraint, JoinType, LogicalPlan, LogicalPlanBuilder};
use serde_json::{Map, Value};

use crate::diagnostic::SourceFile;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::model::{Identities, sql_fault};

const WHAT: &str = "cannot follow the figure";

/// An error of the engine while a figure is followed.
pub fn failed(cause: DataFusionError) -> Error {
    error::engine(WHAT, cause)
}

/// A table by its name, `schema.name` or `name`.
pub fn reference(table: &str) -> TableReference {
    match table.split_once('.') {
        Some((schema, name)) => TableReference::partial(schema, name),
        None => TableReference::bare(table),
    }
}

/// The tables behind a release, with what tells their rows apart.
pub struct Tables<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// What is declared.
    pub identities: &'a Identities,
    keys: BTreeMap<String, Vec<String>>,
}

impl<'a> Tables<'a> {
    /// Tables of an engine.
    pub fn new(engine: &'a Engine, identities: &'a Identities) -> Self {
        Self { engine, identities, keys: BTreeMap::new() }
    }

    /// The columns that tell the rows of a table apart: a declared key where it holds, else all columns but lists.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn key_of(&mut self, table: &str) -> Result<Vec<String>> {
        if let Some(key) = self.keys.get(table) {
            return Ok(key.clone());
        }
        let frame = self.engine.context().table(reference(table)).await.map_err(failed)?;
        let rows = frame.clone().count().await.map_err(failed)?;
        let mut found = None;
        for key in self.identities.keys_of(table) {
            let names: Vec<Expr> = key.iter().map(|name| Expr::Column(Column::new_unqualified(name))).collect();
            let distinct = frame.clone().select(names).and_then(DataFrame::distinct).map_err(failed)?;
            if distinct.count().await.map_err(failed)? == rows {
                found = Some(key.clone());
                break;
            }
        }
        let flat = || frame.schema().fields().iter().filter(|field| !field.data_type().is_nested()).map(|field| field.name().clone()).collect();
        let key = found.unwrap_or_else(flat);
        self.keys.insert(table.to_owned(), key.clone());
        Ok(key)
    }
}

/// The rows of a released table that satisfy a condition, in the order of what is shown.
///
/// # Errors
/// `Input`, pointing into the condition, where it is none.
pub async fn rows(engine: &Engine, table: &str, condition: Option<&str>, shown: &[String]) -> Result<Vec<RecordBatch>> {
    let context = engine.context();
    let frame = context.table(reference(table)).await.map_err(failed)?;
    let columns: Vec<Expr> = shown.iter().map(|name| Expr::Column(Column::new_unqualified(name))).collect();
    let order = columns.iter().map(|column| column.clone().sort(true, true)).collect();
    let Some(condition) = condition else {
        return frame.select(columns).and_then(|frame| frame.sort(order)).map_err(failed)?.collect().await.map_err(failed);
    };
    let text = Arc::new(SourceFile { path: "where".to_owned(), text: condition.to_owned() });
    let refused = |cause: DataFusionError| Error::query(sql_fault(&text, &cause)).hint(format!("`rihla tables {table}` shows the columns"));
    let expr = context.state().create_logical_expr(condition, frame.schema()).map_err(refused)?;
    let frame = frame.filter(expr.unalias()).and_then(|frame| frame.select(columns)).and_then(|frame| frame.sort(order)).map_err(refused)?;
    frame.collect().await.map_err(refused)
}

/// Some columns of batches.
///
/// # Errors
/// `Internal` where one is not there.
pub fn columns(batches: &[RecordBatch], names: &[String]) -> Result<Vec<RecordBatch>> {
    let some = |batch: &RecordBatch| {
        let places = names.iter().map(|name| batch.schema().index_of(name)).collect::<std::result::Result<Vec<_>, _>>()?;
        batch.project(&places)
    };
    batches.iter().map(some).collect::<std::result::Result<_, _>>().map_err(|cause| Error::new(Kind::Internal, WHAT).because(cause))
}

/// The plan of rows in memory.
///
/// # Errors
/// As the engine says.
pub fn in_memory(engine: &Engine, batches: &[RecordBatch]) -> Result<LogicalPlan> {
    Ok(engine.context().read_batches(batches.iter().cloned()).map_err(failed)?.into_unoptimized_plan())
}

/// The rows of a table whose key is among those given.
///
/// # Errors
/// As the engine says.
pub async fn chosen(engine: &Engine, table: &str, key: &[String], keys: &[RecordBatch]) -> Result<DataFrame> {
    let frame = engine.context().table(reference(table)).await.map_err(failed)?;
    let given = in_memory(engine, keys)?;
    let (state, rows) = frame.into_parts();
    let joined = || {
        let names: Vec<Expr> =
            given.schema().columns().into_iter().enumerate().map(|(index, column)| Expr::Column(column).alias(format!("__rihla_wanted_{index}"))).collect();
        let given = LogicalPlanBuilder::from(given.clone()).project(names)?.build()?;
        let on = key.iter().zip(given.schema().columns()).map(|(name, other)| {
            let own = Expr::Column(Column::from(rows.schema().qualified_field_with_unqualified_name(name)?));
            let other = Expr::Column(other).cast_to(&own.get_type(rows.schema())?, given.schema())?;
            Ok((own, other))
        });
        let on = on.collect::<datafusion::common::Result<Vec<_>>>()?;
        let (left, right) = (Arc::new(rows.clone()), Arc::new(given));
        Join::try_new(left, right, on, None, JoinType::LeftSemi, JoinConstraint::On, NullEquality::NullEqualsNull, false).map(LogicalPlan::Join)
    };
    Ok(DataFrame::new(state, joined().map_err(failed)?))
}

/// Rows as plain values by column: whole numbers, floats and truth as such, all else as text, null as null.
///
/// # Errors
/// `Internal` where a value cannot be shown.
pub fn cells(batches: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
    let unshown = |cause| Error::new(Kind::Internal, WHAT).because(cause);
    let mut rows = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        let options = FormatOptions::default();
        let texts = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<Vec<_>, _>>().map_err(unshown)?;
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns()).zip(&texts);
            rows.push(cells.map(|((field, column), text)| (field.name().clone(), cell(column, row, || text.value(row).to_string()))).collect());
        }
    }
    Ok(rows)
}

fn cell(column: &Arc<dyn Array>, row: usize, text: impl Fn() -> String) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        _ => text().into(),
    }
}
