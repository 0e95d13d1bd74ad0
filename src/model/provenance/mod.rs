//! Which rows of what a model reads a figure of its table was made from: lineage by rewriting the model's own plan.
//!
//! Guarantees: a plan is rewritten for one table that it reads at a time, so that its rows come with the identity of
//! the rows of that table that they were made from. Columns of people are not touched: only identities leave. What
//! cannot be followed is named as a gap, never passed over.
//!
//! Three depths: [`Depth::Figure`] follows what a figure is counted from and names what was only looked up;
//! [`Depth::Joined`] follows that too; [`Depth::Everything`] also what the row itself rests on.

mod identity;
mod need;
mod rewrite;
mod unique;

pub use identity::{Identities, identities};

use std::collections::BTreeSet;

use datafusion::common::{Result, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::decorrelate_predicate_subquery::DecorrelatePredicateSubquery;
use datafusion::optimizer::scalar_subquery_to_join::ScalarSubqueryToJoin;
use datafusion::optimizer::{Optimizer, OptimizerContext};

use super::parse::Model;
use crate::engine::{Engine, SCHEMAS};
use need::{Need, Rules};

/// How much is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What a value is counted from. Rows that are only looked up and conditions of CASE decide, and are named.
    Figure,
    /// What a value is counted from, with what was looked up for it and what decided on it.
    Joined,
    /// The same, and all rows without which the row would not be there.
    Everything,
}

/// What of a table is asked after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The columns whose values are.
    pub columns: BTreeSet<String>,
    /// Whether it is asked why the rows are there at all, and so often.
    pub rows: bool,
}

/// One mention of a table that a model reads.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The table, `schema.name` or `name`.
    pub table: String,
    /// What of it the model's rows were made from.
    pub asked: Asked,
    /// Its place in the plan: which input of which input.
    path: Vec<usize>,
}

/// Where the rows of a model come from.
#[derive(Debug)]
pub struct Lineage {
    plan: LogicalPlan,
    depth: Depth,
    need: Need,
    /// The tables that are followed, by mention.
    pub leaves: Vec<Leaf>,
    /// Tables that decide whether rows count, or are looked up, and are not followed.
    pub deciding: BTreeSet<String>,
    /// What cannot be followed, in words.
    pub gaps: BTreeSet<String>,
}

impl Lineage {
    /// The lineage of what is asked of a model's table.
    ///
    /// # Errors
    /// As planning says.
    pub async fn of(engine: &Engine, model: &Model, asked: &Asked, depth: Depth, identities: &Identities) -> Result<Self> {
        let state = engine.context().state();
        let plan = state.create_logical_plan(&model.file.text).await?;
        // Types and `count(*)` are settled first: what is rewritten is what is run.
        let plan = state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {})?;
        Self::of_plan(joined(plan)?, asked, depth, identities)
    }

    /// The lineage of what is asked of a plan's result.
    ///
    /// # Errors
    /// As planning says.
    pub fn of_plan(plan: LogicalPlan, asked: &Asked, depth: Depth, identities: &Identities) -> Result<Self> {
        let columns = plan.schema().fields().iter().enumerate();
        let columns = columns.filter(|(_, field)| asked.columns.contains(field.name())).map(|(index, _)| index).collect();
        let need = Need { columns, rows: asked.rows };
        let mut lineage = Self { plan: plan.clone(), depth, need: need.clone(), leaves: Vec::new(), deciding: BTreeSet::new(), gaps: BTreeSet::new() };
        lineage.walk(&plan, &need, &mut Vec::new(), &Rules { depth, identities })?;
        let followed: BTreeSet<&str> = lineage.leaves.iter().map(|leaf| leaf.table.as_str()).collect();
        lineage.deciding.retain(|table| !followed.contains(table.as_str()));
        Ok(lineage)
    }

    fn walk(&mut self, node: &LogicalPlan, need: &Need, path: &mut Vec<usize>, rules: &Rules<'_>) -> Result<()> {
        if need.is_empty() {
            self.decide(node)?;
            return Ok(());
        }
        if let Some(table) = table_of(node) {
            let fields = node.schema().fields();
            let columns = need.columns.iter().map(|index| fields[*index].name().clone()).collect();
            self.leaves.push(Leaf { table, asked: Asked { columns, rows: need.rows }, path: path.clone() });
            return Ok(());
        }
        if has_subquery(node)? {
            self.gaps.insert("a subquery within an expression".to_owned());
            node.apply_subqueries(|subquery| self.decide(subquery).map(|()| datafusion::common::tree_node::TreeNodeRecursion::Continue))?;
        }
        match rules.of_inputs(node, need)? {
            Ok(needs) => {
                for (index, (input, need)) in node.inputs().into_iter().zip(&needs).enumerate() {
                    path.push(index);
                    self.walk(input, need, path, rules)?;
                    path.pop();
                }
            }
            Err(gap) => {
                self.gaps.insert(gap);
                for input in node.inputs() {
                    self.decide(input)?;
                }
            }
        }
        Ok(())
    }

    /// Notes every table below a node as one that is not followed.
    fn decide(&mut self, node: &LogicalPlan) -> Result<()> {
        if let Some(table) = table_of(node) {
            self.deciding.insert(table);
            return Ok(());
        }
        for input in node.inputs() {
            self.decide(input)?;
        }
        node.apply_subqueries(|subquery| self.decide(subquery).map(|()| datafusion::common::tree_node::TreeNodeRecursion::Continue))?;
        Ok(())
    }

    /// The plan for the identities of the rows of a table, each once, that the wanted rows were made from.
    ///
    /// `wanted` yields values of the columns `by` of the model's table, in that order; `identity` are columns of the
    /// leaf. A row of nulls alone is none: an outer join made it.
    ///
    /// # Errors
    /// As planning says.
    pub fn rows_of(&self, leaf: &Leaf, identity: &[String], by: &[String], wanted: &LogicalPlan, identities: &Identities) -> Result<LogicalPlan> {
        let rules = Rules { depth: self.depth, identities };
        let traced = rewrite::rewrite(&self.plan, &self.need, &leaf.path, identity, &rules)?;
        rewrite::wanted_keys(&self.plan, traced, identity, by, wanted)
    }
}

/// The table that a node is a mention of: a scan, or the view of a feed that the engine has put in its place.
pub(super) fn table_of(node: &LogicalPlan) -> Option<String> {
    match node {
        LogicalPlan::TableScan(scan) => Some(name_of(&scan.table_name)),
        LogicalPlan::SubqueryAlias(view) => match &view.alias {
            TableReference::Partial { schema, .. } if SCHEMAS.contains(&&**schema) => Some(name_of(&view.alias)),
            _ => None,
        },
        _ => None,
    }
}

fn name_of(table: &TableReference) -> String {
    match table.schema() {
        Some(schema) if SCHEMAS.contains(&schema) => format!("{schema}.{}", table.table()),
        _ => table.table().to_owned(),
    }
}

pub(super) fn has_subquery(node: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    node.apply_subqueries(|_| {
        found = true;
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Stop)
    })?;
    Ok(found)
}

/// The plan with its subqueries made joins, where it has any.
pub(super) fn joined(plan: LogicalPlan) -> Result<LogicalPlan> {
    use datafusion::common::tree_node::TreeNode;
    if !plan.exists(has_subquery)? {
        return Ok(plan);
    }
    let rules = Optimizer::with_rules(vec![std::sync::Arc::new(DecorrelatePredicateSubquery::new()), std::sync::Arc::new(ScalarSubqueryToJoin::new())]);
    rules.optimize(plan, &OptimizerContext::new(), |_, _| {})
}

/// The place of a column among those of a plan.
fn place(plan: &LogicalPlan, column: &datafusion::common::Column) -> Result<usize> {
    plan.schema().index_of_column(column)
}

/// An expression without the casts and names around it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}

#[cfg(test)]
mod tests;
