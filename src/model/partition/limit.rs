//! A plan that reads only some parts of its tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, NullEquality, Result};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, Filter, JoinType, LogicalPlan, LogicalPlanBuilder, TableScan};

use super::super::provenance::table_of;
use super::feed::is_in;
use super::values::{Value, is_one_of};

/// What is read of a table.
pub(in crate::model) enum Limit {
    /// Rows of a feed with a date in some months, by the column of the date; those of any of several dates.
    Months(Vec<(String, BTreeSet<Value>)>),
    /// Rows with one of some values in a column of a type.
    Values(String, DataType, BTreeSet<Value>),
    /// Another table in its place, of the same columns.
    Instead(Arc<dyn TableProvider>),
    /// Some of its rows, found beforehand.
    Rows(LogicalPlan),
}

/// What is read of tables, by name; of others everything is.
pub(in crate::model) type Limits = BTreeMap<String, Limit>;

/// The same plan over a part of its tables.
///
/// # Errors
/// As the engine says of a plan that is not sound.
pub(in crate::model) fn limited(plan: LogicalPlan, limits: &Limits) -> Result<LogicalPlan> {
    let limit = |node: LogicalPlan| match table_of(&node).and_then(|table| limits.get(&table)) {
        Some(limit) => Ok(Transformed::new(apply(node, limit)?, true, TreeNodeRecursion::Jump)),
        None => Ok(Transformed::no(node)),
    };
    plan.transform_down_with_subqueries(limit).data()
}

fn apply(node: LogicalPlan, limit: &Limit) -> Result<LogicalPlan> {
    match (limit, node) {
        (Limit::Months(dates), node) => {
            let mut any = None;
            for (date, months) in dates {
                let condition = is_in(&column(&node, date)?, months);
                any = Some(any.map_or(condition.clone(), |any: Expr| any.or(condition)));
            }
            filtered(node, any)
        }
        (Limit::Values(name, kind, values), node) => only_in(node, name, kind, values),
        (Limit::Instead(table), LogicalPlan::TableScan(scan)) => Ok(LogicalPlan::TableScan(TableScan { source: provider_as_source(table.clone()), ..scan })),
        (Limit::Rows(rows), LogicalPlan::TableScan(scan)) => LogicalPlanBuilder::from(rows.clone()).alias(scan.table_name)?.build(),
        // A model's table that is no scan is read whole, which is right and only slower.
        (Limit::Instead(_) | Limit::Rows(_), node) => Ok(node),
    }
}

/// The rows of a plan that agree in some columns with one of another that has no others, null with null.
///
/// # Errors
/// As the engine says of a plan without the columns.
pub(in crate::model) fn like(plan: LogicalPlan, others: LogicalPlan, columns: &[String]) -> Result<LogicalPlan> {
    let others = LogicalPlanBuilder::from(others).alias("others")?.build()?;
    let own = columns.iter().map(|name| named(&plan, name)).collect::<Result<Vec<_>>>()?;
    let theirs = columns.iter().map(|name| named(&others, name)).collect::<Result<Vec<_>>>()?;
    LogicalPlanBuilder::from(plan).join_detailed(others, JoinType::LeftSemi, (own, theirs), None, NullEquality::NullEqualsNull)?.build()
}

/// The rows of a plan that have one of some values in a column.
///
/// # Errors
/// As the engine says of a plan without the column.
pub(in crate::model) fn only_in(plan: LogicalPlan, name: &str, kind: &DataType, values: &BTreeSet<Value>) -> Result<LogicalPlan> {
    let condition = is_one_of(&column(&plan, name)?, values, kind)?;
    filtered(plan, Some(condition))
}

/// The rows of a plan that have none of some values in a column.
///
/// # Errors
/// As the engine says of a plan without the column.
pub(in crate::model) fn without(plan: LogicalPlan, name: &str, kind: &DataType, values: &BTreeSet<Value>) -> Result<LogicalPlan> {
    let condition = is_one_of(&column(&plan, name)?, values, kind)?;
    filtered(plan, Some(condition.is_not_true()))
}

fn filtered(plan: LogicalPlan, condition: Option<Expr>) -> Result<LogicalPlan> {
    match condition {
        Some(condition) => Ok(LogicalPlan::Filter(Filter::try_new(condition, Arc::new(plan))?)),
        None => Ok(plan),
    }
}

fn column(plan: &LogicalPlan, name: &str) -> Result<Expr> {
    named(plan, name).map(Expr::Column)
}

fn named(plan: &LogicalPlan, name: &str) -> Result<Column> {
    Ok(plan.schema().qualified_field_with_unqualified_name(name)?.into())
}
