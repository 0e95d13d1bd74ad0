//! Which side of a join is looked up: each row of the other finds one row of it at most.

use std::collections::BTreeSet;

use datafusion::common::Result;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator};

use super::need::Rules;
use super::{bare, place, table_of};

impl Rules<'_> {
    /// True where the columns by which a side is joined make its rows unique.
    pub fn is_looked_up(&self, join: &Join, is_left: bool) -> Result<bool> {
        let side = if is_left { &join.left } else { &join.right };
        let mut keys = BTreeSet::new();
        for (left, right) in &join.on {
            keys.extend(own_column(side, if is_left { left } else { right }));
        }
        for condition in join.filter.iter().flat_map(split_conjunction) {
            keys.extend(fixed_column(side, condition));
        }
        self.is_unique(side, &keys)
    }

    /// True where no two rows of a plan agree in these columns, as far as that is declared.
    fn is_unique(&self, plan: &LogicalPlan, columns: &BTreeSet<usize>) -> Result<bool> {
        if let Some(table) = table_of(plan) {
            let fields = plan.schema().fields();
            let names: BTreeSet<&str> = columns.iter().map(|at| fields[*at].name().as_str()).collect();
            return Ok(self.identities.keys_of(&table).any(|key| key.iter().all(|column| names.contains(column.as_str()))));
        }
        Ok(match plan {
            LogicalPlan::Projection(projection) => {
                let below = columns.iter().filter_map(|at| own_column(&projection.input, &projection.expr[*at])).collect();
                self.is_unique(&projection.input, &below)?
            }
            LogicalPlan::Filter(filter) => {
                let mut fixed = columns.clone();
                fixed.extend(split_conjunction(&filter.predicate).into_iter().filter_map(|condition| fixed_column(&filter.input, condition)));
                self.is_unique(&filter.input, &fixed)?
            }
            LogicalPlan::SubqueryAlias(alias) => self.is_unique(&alias.input, columns)?,
            LogicalPlan::Sort(sort) => self.is_unique(&sort.input, columns)?,
            LogicalPlan::Limit(limit) => self.is_unique(&limit.input, columns)?,
            LogicalPlan::Distinct(Distinct::All(input)) => columns.len() == input.schema().fields().len() || self.is_unique(input, columns)?,
            LogicalPlan::Aggregate(aggregate) => {
                let is_plain = !aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
                is_plain && (0..aggregate.group_expr.len()).all(|at| columns.contains(&at))
            }
            LogicalPlan::Window(window) => {
                let width = window.input.schema().fields().len();
                self.is_unique(&window.input, &columns.iter().copied().filter(|at| *at < width).collect())?
            }
            LogicalPlan::Join(join) => {
                let width = join.left.schema().fields().len();
                let left = columns.iter().copied().filter(|at| *at < width).collect();
                let right = columns.iter().filter(|at| **at >= width).map(|at| at - width).collect();
                (self.is_looked_up(join, false)? && self.is_unique(&join.left, &left)?)
                    || (self.is_looked_up(join, true)? && self.is_unique(&join.right, &right)?)
            }
            LogicalPlan::EmptyRelation(_) => true,
            _ => false,
        })
    }
}

/// The column of a plan that an expression is, under whatever name or cast.
fn own_column(plan: &LogicalPlan, expr: &Expr) -> Option<usize> {
    match bare(expr) {
        Expr::Column(column) => place(plan, column).ok(),
        _ => None,
    }
}

/// The column of a plan that a condition sets equal to something that is not of the plan.
fn fixed_column(plan: &LogicalPlan, condition: &Expr) -> Option<usize> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = condition else { return None };
    let is_foreign = |expr: &Expr| expr.column_refs().into_iter().all(|column| place(plan, column).is_err());
    let fixed = |own: &Expr, other: &Expr| own_column(plan, own).filter(|_| is_foreign(other));
    fixed(left, right).or_else(|| fixed(right, left))
}
