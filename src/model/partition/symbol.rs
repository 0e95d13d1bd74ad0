//! What the columns of a plan are, written over atoms: columns of which nothing more is known.
//!
//! Guarantees: two columns with the same symbol hold the same value in every row; what is not computed by functions that
//! always give the same is an atom of its own.

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::{Expr, Volatility};

/// What an expression stands on where it is a function of another.
pub(super) const HOLE: &str = "#";

/// The place that a function leaves open for its argument.
pub(super) fn hole() -> Expr {
    Expr::Column(Column::new_unqualified(HOLE))
}

/// An atom by its number.
pub(super) fn atom(number: usize) -> Expr {
    Expr::Column(Column::new_unqualified(format!("{HOLE}{number}")))
}

/// What an expression over the columns of a plan is; nothing where it is no plain function of them.
pub(super) fn symbol(expression: &Expr, schema: &DFSchema, columns: &[Expr]) -> Option<Expr> {
    if !is_plain(expression) {
        return None;
    }
    let written = expression.clone().transform_up(|part| match part {
        Expr::Alias(alias) => Ok(Transformed::yes(*alias.expr)),
        Expr::Column(column) => {
            let place = schema.index_of_column(&column)?;
            Ok(Transformed::yes(columns.get(place).cloned().unwrap_or(Expr::Column(column))))
        }
        other => Ok(Transformed::no(other)),
    });
    written.data().ok()
}

/// True for expressions of one row that always give the same.
fn is_plain(expression: &Expr) -> bool {
    let is_other = |part: &Expr| match part {
        Expr::ScalarFunction(call) => call.func.signature().volatility != Volatility::Immutable,
        Expr::AggregateFunction(_) | Expr::WindowFunction(_) | Expr::GroupingSet(_) | Expr::Unnest(_) | Expr::Placeholder(_) => true,
        Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_) | Expr::OuterReferenceColumn(..) => true,
        _ => false,
    };
    expression.exists(|part| Ok(is_other(part))).is_ok_and(|found| !found)
}

/// The function that makes one symbol of another; nothing where it takes more than that.
pub(super) fn function_of(whole: &Expr, argument: &Expr) -> Option<Expr> {
    let made = replaced(whole, argument, &hole()).ok()?;
    let takes_more = made.exists(|part| Ok(matches!(part, Expr::Column(column) if column.name != HOLE))).unwrap_or(true);
    (!takes_more).then_some(made)
}

/// A function of a symbol.
pub(super) fn applied(function: &Expr, argument: &Expr) -> Expr {
    replaced(function, &hole(), argument).unwrap_or_else(|_| function.clone())
}

/// A symbol with another in the place of a part.
pub(super) fn replaced(whole: &Expr, part: &Expr, by: &Expr) -> Result<Expr> {
    let put = |found: Expr| Ok(if found == *part { Transformed::new(by.clone(), true, TreeNodeRecursion::Jump) } else { Transformed::no(found) });
    whole.clone().transform_down(put).data()
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::lit;

    use super::*;

    #[test]
    fn a_symbol_is_a_function_of_its_parts_alone() {
        let whole = (atom(1) + lit(1)) * (atom(1) + lit(1));
        assert_eq!(function_of(&whole, &(atom(1) + lit(1))), Some(hole() * hole()));
        assert_eq!(function_of(&whole, &whole), Some(hole()));
        assert_eq!(function_of(&(atom(1) + atom(2)), &atom(1)), None);
        assert_eq!(function_of(&atom(12), &atom(1)), None);
        assert_eq!(applied(&(hole() + lit(1)), &atom(3)), atom(3) + lit(1));
    }
}
