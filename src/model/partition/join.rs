//! Rows that meet: what a join keeps of the anchors of its two sides.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Join, JoinType, LogicalPlan, Operator};

use super::anchor::{Anchor, Bridge, Step, met};
use super::lost::Lost;
use super::prove::{Relation, Walk};
use super::symbol::{applied, replaced, symbol};

/// Two expressions that have one value in every pair of rows that meet.
struct Equal {
    /// Over the columns of one side.
    mine: Expr,
    /// The same as a symbol.
    my_symbol: Expr,
    /// Over the columns of the other.
    theirs: Expr,
    /// The same as a symbol.
    their_symbol: Expr,
}

/// One side of a join.
struct Side<'p> {
    plan: &'p Arc<LogicalPlan>,
    known: Relation,
    /// True where its rows may be missing, so that its columns are null.
    is_optional: bool,
}

impl Walk<'_> {
    /// What is known of the rows of a join.
    ///
    /// # Errors
    /// As the engine says of a plan that is not sound.
    pub(super) fn join(&mut self, join: &Join) -> Result<Relation> {
        let (left, right) = (self.relation(&join.left)?, self.relation(&join.right)?);
        let equal = equalities(join, &left, &right);
        let kind = join.join_type;
        let left_optional = matches!(kind, JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark | JoinType::Full);
        let right_optional = !matches!(kind, JoinType::Inner) && (!left_optional || kind == JoinType::Full);
        let is_free = left.is_free && right.is_free;
        let mut sides =
            [Side { plan: &join.left, known: left, is_optional: left_optional }, Side { plan: &join.right, known: right, is_optional: right_optional }];
        let before: Vec<Anchor> = sides.iter().flat_map(|side| side.known.anchors.clone()).collect();
        let anchors = if kind == JoinType::Full || join.null_aware { Vec::new() } else { kept(&sides, &equal) };
        if kind == JoinType::Inner {
            unite(&mut sides, &equal)?;
        }
        let columns = self.columns(kind, sides);
        let lost = match kind {
            JoinType::Full => Lost::FullJoin,
            _ if join.null_aware => Lost::NotIn,
            _ => Lost::Join,
        };
        Ok(self.with(Relation { columns, anchors: before, is_free }, anchors, lost))
    }

    fn columns(&mut self, kind: JoinType, sides: [Side<'_>; 2]) -> Vec<Expr> {
        let [left, right] = sides.map(|side| match side.is_optional {
            true => self.fresh_columns(side.known.columns.len()),
            false => side.known.columns,
        });
        match kind {
            JoinType::LeftSemi | JoinType::LeftAnti => left,
            JoinType::RightSemi | JoinType::RightAnti => right,
            JoinType::LeftMark => [left, vec![self.fresh()]].concat(),
            JoinType::RightMark => [right, vec![self.fresh()]].concat(),
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => [left, right].concat(),
        }
    }
}

/// The equalities that every pair of rows that meets fulfils.
fn equalities(join: &Join, left: &Relation, right: &Relation) -> Vec<Equal> {
    let of = |mine: &Expr, theirs: &Expr| {
        Some(Equal {
            my_symbol: symbol(mine, join.left.schema(), &left.columns)?,
            their_symbol: symbol(theirs, join.right.schema(), &right.columns)?,
            mine: mine.clone(),
            theirs: theirs.clone(),
        })
    };
    let mut found: Vec<Equal> = join.on.iter().filter_map(|(mine, theirs)| of(mine, theirs)).collect();
    for condition in join.filter.iter().flat_map(split_conjunction) {
        if let Expr::BinaryExpr(BinaryExpr { left: one, op: Operator::Eq | Operator::IsNotDistinctFrom, right: other }) = condition {
            found.extend(of(one, other).or_else(|| of(other, one)));
        }
    }
    found
}

/// The anchors that the rows of a join have, over the columns of a side that is not optional.
fn kept(sides: &[Side<'_>; 2], equal: &[Equal]) -> Vec<Anchor> {
    let [left, right] = sides;
    match (left.known.is_free, right.known.is_free) {
        (true, true) => Vec::new(),
        (false, false) if left.is_optional => {
            equal.iter().flat_map(|pair| met(&right.known.anchors, &pair.their_symbol, &left.known.anchors, &pair.my_symbol)).collect()
        }
        (false, false) => equal.iter().flat_map(|pair| met(&left.known.anchors, &pair.my_symbol, &right.known.anchors, &pair.their_symbol)).collect(),
        (false, true) => beside_free(left, right, equal.iter().map(|pair| (&pair.my_symbol, &pair.theirs, &pair.their_symbol))),
        (true, false) => beside_free(right, left, equal.iter().map(|pair| (&pair.their_symbol, &pair.mine, &pair.my_symbol))),
    }
}

/// The anchors of rows beside those of tables that are not partitioned. For every equality: the symbol of the bound side,
/// then the expression and the symbol of the free one.
fn beside_free<'e>(bound: &Side<'_>, free: &Side<'_>, equal: impl Iterator<Item = (&'e Expr, &'e Expr, &'e Expr)>) -> Vec<Anchor> {
    let mut anchors = if bound.is_optional { Vec::new() } else { bound.known.anchors.clone() };
    for (mine, theirs, their_symbol) in equal {
        for at in bound.known.anchors.iter().filter_map(|anchor| anchor.at(mine)) {
            if bound.is_optional {
                anchors.push(Anchor { at: applied(&at.function, their_symbol), of: at.of.clone() });
            }
            if !free.is_optional {
                let from = applied(&at.function, theirs);
                anchors.extend((0..free.known.columns.len()).filter_map(|to| through(free, &from, to, &at.of)));
            }
        }
    }
    anchors
}

/// The anchor at a column of a free table, which the bound rows reach by what stands beside it.
fn through(free: &Side<'_>, from: &Expr, to: usize, of: &BTreeMap<usize, Vec<Step>>) -> Option<Anchor> {
    if free.plan.schema().field(to).data_type().is_nested() || looks_outside(free.plan) {
        return None;
    }
    let bridge = Arc::new(Bridge { plan: free.plan.as_ref().clone(), from: from.clone(), to });
    let mut of = of.clone();
    of.values_mut().for_each(|steps| steps.push(Step::Look(bridge.clone())));
    Some(Anchor { at: free.known.columns[to].clone(), of })
}

/// Takes columns of both sides that are equal for one: by the side that has anchors, where one has none.
fn unite(sides: &mut [Side<'_>; 2], equal: &[Equal]) -> Result<()> {
    let keeps_left = !sides[0].known.is_free;
    for pair in equal {
        let (by, part) = if keeps_left { (&pair.my_symbol, &pair.their_symbol) } else { (&pair.their_symbol, &pair.my_symbol) };
        if part.column_refs().is_empty() {
            continue;
        }
        let other = &mut sides[usize::from(keeps_left)];
        for column in &mut other.known.columns {
            *column = replaced(column, part, by)?;
        }
    }
    Ok(())
}

/// True where the rows of a plan are of each row beside it, so that it cannot be run alone.
fn looks_outside(plan: &LogicalPlan) -> bool {
    let mut found = false;
    let walked = plan.apply_with_subqueries(|node| {
        found |= !node.all_out_ref_exprs().is_empty();
        Ok(TreeNodeRecursion::Continue)
    });
    found || walked.is_err()
}
