//! Anchors: values that rows of a plan have, by which they can be made of a part of the tables that the plan reads.
//!
//! An anchor at `x` says: the rows of the plan with a value of `x` are made of those rows alone, of every partitioned
//! table below, whose own value leads to it. All that is proven of a plan is that it keeps anchors.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::logical_expr::{Expr, LogicalPlan};

use super::symbol::{applied, function_of, hole};

/// How the value of a table's row leads to the value of an anchor.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// By a function.
    Compute(Expr),
    /// By the rows of a table that is not partitioned: from one value to all that stand beside it.
    Look(Arc<Bridge>),
}

/// What a step looks up.
#[derive(Debug)]
pub(super) struct Bridge {
    /// The rows.
    pub plan: LogicalPlan,
    /// The value that is looked for, over the columns of the plan.
    pub from: Expr,
    /// The place of the column that is found.
    pub to: usize,
}

/// A value of rows, and how those of each mention of a partitioned table lead to it.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    /// The value, as a symbol.
    pub at: Expr,
    /// By mention.
    pub of: BTreeMap<usize, Vec<Step>>,
}

/// An anchor at a function of a symbol.
pub(super) struct At {
    /// The function.
    pub function: Expr,
    /// How values lead to it.
    pub of: BTreeMap<usize, Vec<Step>>,
}

impl Anchor {
    /// The anchor at a function of a symbol: of the symbol itself where that is made of what the anchor is at, or of a
    /// function of it where the anchor is at one.
    pub fn at(&self, symbol: &Expr) -> Option<At> {
        if let Some(function) = function_of(symbol, &self.at) {
            return Some(At { function: hole(), of: self.then(&function) });
        }
        function_of(&self.at, symbol).map(|function| At { function, of: self.of.clone() })
    }

    /// How values lead to a function of what the anchor is at.
    pub fn then(&self, function: &Expr) -> BTreeMap<usize, Vec<Step>> {
        then(&self.of, function)
    }
}

fn then(of: &BTreeMap<usize, Vec<Step>>, function: &Expr) -> BTreeMap<usize, Vec<Step>> {
    let mut of = of.clone();
    if *function == hole() {
        return of;
    }
    for steps in of.values_mut() {
        match steps.last_mut() {
            Some(Step::Compute(last)) => *last = applied(function, last),
            _ => steps.push(Step::Compute(function.clone())),
        }
    }
    of
}

/// The anchors of two sides of which every row meets those alone that have the same value of a symbol of each.
pub(super) fn met(left: &[Anchor], mine: &Expr, right: &[Anchor], theirs: &Expr) -> Vec<Anchor> {
    let ours: Vec<At> = left.iter().filter_map(|anchor| anchor.at(mine)).collect();
    let others: Vec<At> = right.iter().filter_map(|anchor| anchor.at(theirs)).collect();
    let mut found = Vec::new();
    for one in &ours {
        found.extend(others.iter().filter_map(|other| together(one, other)).map(|at| Anchor { at: applied(&at.function, mine), of: at.of }));
    }
    found
}

/// Two anchors as one, at the coarser of both.
fn together(one: &At, other: &At) -> Option<At> {
    let (function, one_of, other_of) = match () {
        () if one.function == other.function => (&one.function, one.of.clone(), other.of.clone()),
        () if one.function == hole() => (&other.function, then(&one.of, &other.function), other.of.clone()),
        () if other.function == hole() => (&one.function, one.of.clone(), then(&other.of, &one.function)),
        () => return None,
    };
    Some(At { function: function.clone(), of: one_of.into_iter().chain(other_of).collect() })
}

/// The anchors that stay where rows meet that have one value of each of some symbols.
pub(super) fn narrowed(anchors: &[Anchor], keys: &[Expr]) -> Vec<Anchor> {
    let of_key = |key: &Expr| {
        let key = key.clone();
        anchors.iter().filter_map(move |anchor| anchor.at(&key).map(|at| Anchor { at: applied(&at.function, &key), of: at.of }))
    };
    distinct(keys.iter().flat_map(of_key).collect())
}

/// The first anchor of each symbol.
pub(super) fn distinct(anchors: Vec<Anchor>) -> Vec<Anchor> {
    let mut kept: Vec<Anchor> = Vec::new();
    for anchor in anchors {
        if !kept.iter().any(|known| known.at == anchor.at) {
            kept.push(anchor);
        }
    }
    kept
}
