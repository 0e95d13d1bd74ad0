//! A plan rewritten so that its rows come with the identity of the rows of one table that they were made from.
//!
//! Rows may be repeated by that, so whatever looks at several rows at once (groups, windows, limits) is computed by the
//! plan as it was and joined with the identities of the rows that it looked at.

use std::sync::Arc;

use datafusion::common::{Column, NullEquality, Result, internal_datafusion_err, internal_err};
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, Filter, Join, JoinConstraint, JoinType, Limit, LogicalPlan, LogicalPlanBuilder, Projection, Sort, SubqueryAlias, Union, Unnest,
    Window, lit,
};

use super::bare;
use super::need::{Need, Rules};

const KEY: &str = "__rihla_key_";
const MATCH: &str = "__rihla_match_";

/// A rewritten plan.
pub struct Traced {
    plan: LogicalPlan,
    /// The columns that identify rows of the table.
    keys: Vec<Column>,
    /// True where a row may stand in it several times.
    is_multiplied: bool,
}

/// Rewrites a plan for the table at a path.
pub fn rewrite(node: &LogicalPlan, need: &Need, path: &[usize], identity: &[String], rules: &Rules<'_>) -> Result<Traced> {
    let Some((index, rest)) = path.split_first() else { return leaf(node, identity) };
    let needs = rules.of_inputs(node, need)?.map_err(|gap| internal_datafusion_err!("{gap} is not followed"))?;
    let inputs = node.inputs();
    let (Some(input), Some(below)) = (inputs.get(*index), needs.get(*index)) else { return internal_err!("a plan lost an input") };
    let traced = rewrite(input, below, rest, identity, rules)?;
    match node {
        LogicalPlan::Projection(projection) => {
            let expr = projection.expr.iter().cloned().chain(traced.keys.iter().cloned().map(Expr::Column)).collect();
            traced.map(|plan| Projection::try_new(expr, plan).map(LogicalPlan::Projection))
        }
        LogicalPlan::Filter(filter) => {
            let predicate = filter.predicate.clone();
            traced.map(|plan| Filter::try_new(predicate, plan).map(LogicalPlan::Filter))
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let keys = traced.keys.iter().map(|key| Column::new(Some(alias.alias.clone()), key.name())).collect();
            let plan = LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(traced.plan), alias.alias.clone())?);
            Ok(Traced { plan, keys, is_multiplied: traced.is_multiplied })
        }
        LogicalPlan::Sort(sort) if !traced.is_multiplied => {
            let (expr, fetch) = (sort.expr.clone(), sort.fetch);
            traced.map(|input| Ok(LogicalPlan::Sort(Sort { expr, input, fetch })))
        }
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => Ok(traced),
        LogicalPlan::Limit(limit) if !traced.is_multiplied => {
            let (skip, fetch) = (limit.skip.clone(), limit.fetch.clone());
            traced.map(|input| Ok(LogicalPlan::Limit(Limit { skip, fetch, input })))
        }
        LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => same_rows(node, input, traced),
        LogicalPlan::Repartition(_) => Ok(traced),
        LogicalPlan::Distinct(Distinct::All(_)) => Ok(Traced { is_multiplied: true, ..traced }),
        LogicalPlan::Union(union) => branch(union, input, traced),
        LogicalPlan::Join(join) => one_side(join, *index, traced),
        LogicalPlan::Aggregate(aggregate) => groups(aggregate, need, traced),
        LogicalPlan::Window(window) => windows(window, need, traced),
        LogicalPlan::Unnest(unnest) => unnested(unnest, traced),
        other => internal_err!("{} is not followed", other.display()),
    }
}

impl Traced {
    fn map(self, make: impl FnOnce(Arc<LogicalPlan>) -> Result<LogicalPlan>) -> Result<Self> {
        Ok(Self { plan: make(Arc::new(self.plan))?, keys: self.keys, is_multiplied: self.is_multiplied })
    }
}

/// All columns of the table, and those that identify its rows once more.
fn leaf(node: &LogicalPlan, identity: &[String]) -> Result<Traced> {
    let mut expr: Vec<Expr> = node.schema().columns().into_iter().map(Expr::Column).collect();
    for (index, name) in identity.iter().enumerate() {
        let column = node.schema().columns().into_iter().find(|column| column.name() == name);
        let column = column.ok_or_else(|| internal_datafusion_err!("a table lacks its key `{name}`"))?;
        expr.push(Expr::Column(column).alias(format!("{KEY}{index}")));
    }
    let plan = LogicalPlan::Projection(Projection::try_new(expr, Arc::new(node.clone()))?);
    Ok(Traced { plan, keys: key_columns(identity.len()), is_multiplied: false })
}

fn key_columns(count: usize) -> Vec<Column> {
    (0..count).map(|index| Column::new_unqualified(format!("{KEY}{index}"))).collect()
}

/// The columns of a plan as it was, and the keys.
fn shaped(original: &LogicalPlan, keys: &[Column], plan: LogicalPlan) -> Result<LogicalPlan> {
    let expr = original.schema().columns().into_iter().chain(keys.iter().cloned()).map(Expr::Column).collect();
    Projection::try_new(expr, Arc::new(plan)).map(LogicalPlan::Projection)
}

/// A plan as it was, joined with the identities of the rows that it looked at, by what they have in common.
fn attach(original: &LogicalPlan, own: Vec<Expr>, traced: Traced, theirs: Vec<Expr>) -> Result<Traced> {
    let keys = key_columns(traced.keys.len());
    let matched = theirs.into_iter().enumerate().map(|(index, expr)| expr.unalias().alias(format!("{MATCH}{index}")));
    let named = traced.keys.into_iter().zip(&keys).map(|(key, name)| Expr::Column(key).alias(name.name()));
    let right = Projection::try_new(matched.chain(named).collect(), Arc::new(traced.plan))?;
    let on = own.into_iter().enumerate().map(|(index, expr)| (expr, Expr::Column(Column::new_unqualified(format!("{MATCH}{index}"))))).collect();
    let join = Join::try_new(
        Arc::new(original.clone()),
        Arc::new(LogicalPlan::Projection(right)),
        on,
        None,
        JoinType::Inner,
        JoinConstraint::On,
        // Nulls make a group as other values do.
        NullEquality::NullEqualsNull,
        false,
    )?;
    Ok(Traced { plan: shaped(original, &keys, LogicalPlan::Join(join))?, keys, is_multiplied: true })
}

/// The rows of an input that are among those of a node, told by all their columns but lists.
fn same_rows(node: &LogicalPlan, input: &LogicalPlan, traced: Traced) -> Result<Traced> {
    let columns = input.schema().iter().filter(|(_, field)| !field.data_type().is_nested());
    let columns: Vec<Expr> = columns.map(|(table, field)| Expr::Column(Column::new(table.cloned(), field.name()))).collect();
    attach(node, columns.clone(), traced, columns)
}

fn branch(union: &Union, input: &LogicalPlan, traced: Traced) -> Result<Traced> {
    let mut expr = Vec::new();
    for ((table, field), column) in union.schema.iter().zip(input.schema().columns()) {
        let value = Expr::Column(column);
        // Two columns of one type stay as they are.
        let value = datafusion::logical_expr::ExprSchemable::cast_to(value, field.data_type(), traced.plan.schema())?;
        expr.push(value.alias_qualified(table.cloned(), field.name()));
    }
    let keys = key_columns(traced.keys.len());
    expr.extend(traced.keys.iter().zip(&keys).map(|(key, name)| Expr::Column(key.clone()).alias(name.name())));
    let plan = LogicalPlan::Projection(Projection::try_new(expr, Arc::new(traced.plan))?);
    Ok(Traced { plan, keys, is_multiplied: traced.is_multiplied })
}

fn one_side(join: &Join, index: usize, traced: Traced) -> Result<Traced> {
    let original = LogicalPlan::Join(join.clone());
    // Of a semi-join every match is wanted, not only that there is one.
    let is_semi = matches!((join.join_type, index), (JoinType::LeftSemi, 1) | (JoinType::RightSemi, 0));
    let join_type = if is_semi { JoinType::Inner } else { join.join_type };
    let (keys, is_multiplied) = (traced.keys, traced.is_multiplied || is_semi);
    let (left, right) = if index == 0 { (Arc::new(traced.plan), join.right.clone()) } else { (join.left.clone(), Arc::new(traced.plan)) };
    let null_aware = join.null_aware && !is_semi;
    let join = Join::try_new(left, right, join.on.clone(), join.filter.clone(), join_type, join.join_constraint, join.null_equality, null_aware)?;
    Ok(Traced { plan: shaped(&original, &keys, LogicalPlan::Join(join))?, keys, is_multiplied })
}

fn groups(aggregate: &Aggregate, need: &Need, traced: Traced) -> Result<Traced> {
    let original = LogicalPlan::Aggregate(aggregate.clone());
    let own = original.schema().columns().into_iter().take(aggregate.group_expr.len()).map(Expr::Column).collect();
    let traced = match counted(aggregate, need) {
        Some(condition) => traced.map(|plan| Filter::try_new(condition, plan).map(LogicalPlan::Filter))?,
        None => traced,
    };
    attach(&original, own, traced, aggregate.group_expr.clone())
}

/// The rows of a group that the values asked after are made from; all where nothing is said.
fn counted(aggregate: &Aggregate, need: &Need) -> Option<Expr> {
    if need.rows {
        return None;
    }
    let groups = aggregate.group_expr.len();
    let asked = need.columns.iter().filter(|at| **at >= groups).map(|at| &aggregate.aggr_expr[at - groups]);
    asked.map(counts).reduce(|one, other| Some(one?.or(other?))).flatten()
}

/// The rows that a call of an aggregate function counts: those of its FILTER whose value is not null, and not zero in a sum.
fn counts(expr: &Expr) -> Option<Expr> {
    let Expr::AggregateFunction(call) = bare(expr) else { return None };
    let filter = call.params.filter.as_deref().cloned();
    let value = match (call.func.name(), call.params.args.as_slice()) {
        (_, [Expr::Literal(..)]) => None,
        ("sum", [value]) => Some(value.clone().is_not_null().and(value.clone().not_eq(lit(0_i64)))),
        ("count" | "min" | "max" | "avg", [value]) => Some(value.clone().is_not_null()),
        _ => None,
    };
    match (filter, value) {
        (Some(filter), Some(value)) => Some(filter.and(value)),
        (filter, value) => filter.or(value),
    }
}

fn windows(window: &Window, need: &Need, traced: Traced) -> Result<Traced> {
    let original = LogicalPlan::Window(window.clone());
    let width = window.input.schema().fields().len();
    let asked: Vec<&Expr> = need.columns.iter().filter(|at| **at >= width).map(|at| &window.window_expr[at - width]).collect();
    if asked.is_empty() && traced.is_multiplied {
        return same_rows(&original, &window.input, traced);
    }
    if asked.is_empty() {
        let window_expr = window.window_expr.clone();
        return traced.map(|plan| Window::try_new(window_expr, plan).map(LogicalPlan::Window));
    }
    // A value of a window is made from its partition: of several windows from what all partitions share.
    let partitions: Vec<Vec<Expr>> = asked.iter().map(|expr| partition(expr)).collect();
    let shared: Vec<Expr> = partitions[0].iter().filter(|key| partitions.iter().all(|keys| keys.contains(key))).cloned().collect();
    attach(&original, shared.clone(), traced, shared)
}

fn partition(expr: &Expr) -> Vec<Expr> {
    match bare(expr) {
        Expr::WindowFunction(call) => call.params.partition_by.clone(),
        _ => Vec::new(),
    }
}

fn unnested(unnest: &Unnest, traced: Traced) -> Result<Traced> {
    let (columns, options) = (unnest.exec_columns.clone(), unnest.options.clone());
    traced.map(|plan| LogicalPlanBuilder::new_from_arc(plan).unnest_columns_with_options(columns, options)?.build())
}

/// The keys, each once, of the rows whose columns `by` have values that are wanted.
pub fn wanted_keys(root: &LogicalPlan, traced: Traced, identity: &[String], by: &[String], wanted: &LogicalPlan) -> Result<LogicalPlan> {
    let columns = root.schema().columns();
    let named = wanted.schema().columns().into_iter().enumerate().map(|(index, column)| Expr::Column(column).alias(format!("{MATCH}{index}")));
    let wanted = Projection::try_new(named.collect(), Arc::new(wanted.clone()))?;
    let mut on = Vec::new();
    for (name, field) in by.iter().zip(wanted.schema.fields()) {
        let own = columns.iter().find(|column| column.name() == name).ok_or_else(|| internal_datafusion_err!("a model lost its column `{name}`"))?;
        let own = datafusion::logical_expr::ExprSchemable::cast_to(Expr::Column(own.clone()), field.data_type(), traced.plan.schema())?;
        on.push((own, Expr::Column(Column::new_unqualified(field.name()))));
    }
    let none = traced.keys.iter().cloned().map(|key| Expr::Column(key).is_not_null()).reduce(Expr::or);
    let keys: Vec<Expr> = traced.keys.iter().zip(identity).map(|(key, name)| Expr::Column(key.clone()).alias(name)).collect();
    let (left, right) = (Arc::new(traced.plan), Arc::new(LogicalPlan::Projection(wanted)));
    let join = Join::try_new(left, right, on, None, JoinType::LeftSemi, JoinConstraint::On, NullEquality::NullEqualsNull, false)?;
    let builder = LogicalPlanBuilder::from(LogicalPlan::Join(join));
    let builder = match none {
        Some(some) => builder.filter(some)?,
        None => builder,
    };
    builder.project(keys)?.distinct()?.build()
}
