//! What must be known of a node's inputs to explain what is asked of its result.

use std::collections::BTreeSet;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Aggregate, Distinct, Expr, Join, JoinType, LogicalPlan};

use super::identity::Identities;
use super::{Depth, place};

/// What is asked of a node's result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// The places of the columns whose values are.
    pub columns: BTreeSet<usize>,
    /// Whether it is asked why its rows are there.
    pub rows: bool,
}

impl Need {
    /// True where nothing is.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && !self.rows
    }
}

/// By what rules needs are handed down.
pub struct Rules<'a> {
    /// How much is followed.
    pub depth: Depth,
    /// What makes rows of tables unique.
    pub identities: &'a Identities,
}

impl Rules<'_> {
    /// What is asked of each input, or what cannot be followed, in words.
    pub fn of_inputs(&self, node: &LogicalPlan, need: &Need) -> Result<Result<Vec<Need>, String>> {
        let same = || Ok(vec![need.clone()]);
        Ok(match node {
            LogicalPlan::Projection(projection) => {
                Ok(vec![self.of_exprs(&projection.input, need.columns.iter().map(|at| &projection.expr[*at]), need.rows)?])
            }
            LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Repartition(_) => same(),
            LogicalPlan::Distinct(Distinct::All(_)) => same(),
            LogicalPlan::Distinct(Distinct::On(_)) => Err("DISTINCT ON".to_owned()),
            LogicalPlan::Union(union) => Ok(vec![need.clone(); union.inputs.len()]),
            LogicalPlan::Join(join) => Ok(self.of_join(join, need)?),
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_))) => {
                Err("GROUPING SETS, ROLLUP or CUBE".to_owned())
            }
            LogicalPlan::Aggregate(aggregate) => Ok(vec![self.of_aggregate(aggregate, need)?]),
            LogicalPlan::Window(window) => {
                let own = window.input.schema().fields().len();
                let (passed, made): (BTreeSet<usize>, BTreeSet<usize>) = need.columns.iter().partition(|at| **at < own);
                let mut below = self.of_exprs(&window.input, made.iter().map(|at| &window.window_expr[at - own]), need.rows || !made.is_empty())?;
                below.columns.extend(passed);
                Ok(vec![below])
            }
            LogicalPlan::Unnest(unnest) => {
                let columns = need.columns.iter().filter_map(|at| unnest.dependency_indices.get(*at).copied()).collect();
                Ok(vec![Need { columns, rows: need.rows }])
            }
            LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => Ok(Vec::new()),
            LogicalPlan::RecursiveQuery(_) => Err("a recursive query".to_owned()),
            LogicalPlan::Subquery(_) => Err("a lateral subquery".to_owned()),
            other => Err(other.display().to_string().split([':', ' ']).next().unwrap_or_default().to_owned()),
        })
    }

    fn of_exprs<'e>(&self, input: &LogicalPlan, exprs: impl Iterator<Item = &'e Expr>, rows: bool) -> Result<Need> {
        let mut columns = BTreeSet::new();
        for expr in exprs {
            for column in self.columns_of(expr)? {
                columns.insert(place(input, &column)?);
            }
        }
        Ok(Need { columns, rows })
    }

    /// The columns that an expression's value is made from; of a figure alone not those that only decide.
    fn columns_of(&self, expr: &Expr) -> Result<Vec<Column>> {
        let mut found = Vec::new();
        let is_narrow = self.depth == Depth::Figure;
        expr.apply(|part| {
            let values: Vec<&Expr> = match part {
                Expr::Case(case) if is_narrow => case.when_then_expr.iter().map(|(_, then)| &**then).chain(case.else_expr.as_deref()).collect(),
                Expr::AggregateFunction(call) if is_narrow => call.params.args.iter().chain(call.params.order_by.iter().map(|sort| &sort.expr)).collect(),
                Expr::Column(column) => {
                    found.push(column.clone());
                    return Ok(TreeNodeRecursion::Continue);
                }
                _ => return Ok(TreeNodeRecursion::Continue),
            };
            for value in values {
                found.extend(self.columns_of(value)?);
            }
            Ok(TreeNodeRecursion::Jump)
        })?;
        Ok(found)
    }

    /// A value of a group is made from the rows of the group; its key from their columns.
    fn of_aggregate(&self, aggregate: &Aggregate, need: &Need) -> Result<Need> {
        let groups = aggregate.group_expr.len();
        let exprs = need.columns.iter().map(|at| if *at < groups { &aggregate.group_expr[*at] } else { &aggregate.aggr_expr[at - groups] });
        let counts = need.columns.iter().any(|at| *at >= groups);
        self.of_exprs(&aggregate.input, exprs, need.rows || counts)
    }

    fn of_join(&self, join: &Join, need: &Need) -> Result<Vec<Need>> {
        let only = |is_left: bool, other_rows: bool| {
            let (own, other) = (need.clone(), Need { columns: BTreeSet::new(), rows: other_rows && self.depth != Depth::Figure });
            if is_left { vec![own, other] } else { vec![other, own] }
        };
        match join.join_type {
            JoinType::LeftSemi => return Ok(only(true, need.rows)),
            JoinType::RightSemi => return Ok(only(false, need.rows)),
            // What is not there cannot be listed; a mark is a condition like any other.
            JoinType::LeftAnti | JoinType::LeftMark => return Ok(only(true, false)),
            JoinType::RightAnti | JoinType::RightMark => return Ok(only(false, false)),
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {}
        }
        let width = join.left.schema().fields().len();
        let left: BTreeSet<usize> = need.columns.iter().copied().filter(|at| *at < width).collect();
        let right: BTreeSet<usize> = need.columns.iter().filter(|at| **at >= width).map(|at| at - width).collect();
        let (left_rows, right_rows) = self.followed(join, need.rows, !left.is_empty() || right.is_empty())?;
        Ok(vec![Need { columns: left, rows: left_rows }, Need { columns: right, rows: right_rows }])
    }

    /// Of which sides it is asked why their rows are there. A side of which each row of the other finds one at most adds
    /// no rows: it is looked up.
    fn followed(&self, join: &Join, rows: bool, prefers_left: bool) -> Result<(bool, bool)> {
        if !rows || self.depth != Depth::Figure {
            return Ok((rows, rows));
        }
        let (left, right) = (self.is_looked_up(join, true)?, self.is_looked_up(join, false)?);
        Ok(match join.join_type {
            _ if !left || !right => (!left, !right),
            JoinType::Left => (true, false),
            JoinType::Right => (false, true),
            _ => (prefers_left, !prefers_left),
        })
    }
}
