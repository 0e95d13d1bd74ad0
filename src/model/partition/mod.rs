//! Tables made in parts: what a header says of it, proven by the plan, and only the parts made anew whose input changed.
//!
//! Guarantees: a part is made of nothing but the parts of the tables read that lead to it, and of tables that are not
//! partitioned; what cannot be proven to be so is refused before anything is run. A table of which some parts are made
//! anew is the table that a full build makes.

mod anchor;
mod changed;
mod feed;
mod image;
mod join;
mod keep;
mod limit;
mod lost;
mod prove;
mod refuse;
mod symbol;
mod values;
mod waves;
mod work;

pub(super) use changed::{Ground, Stale};
pub(super) use feed::feed_parts;
pub(super) use keep::{Kept, KeptPart};
pub(super) use limit::{Limit, Limits, like, limited, only_in, without};
pub(super) use refuse::check_partition;
pub(super) use values::Value;
pub(super) use work::{Work, done};

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};

use super::provenance::joined;
use anchor::Step;
use lost::Lost;
use prove::Walk;

/// What was proven of a table that is made in parts.
#[derive(Debug)]
pub(super) struct Partition {
    /// The column whose values are the parts.
    pub column: String,
    /// Its type as it is written.
    pub kind: DataType,
    /// The partitioned tables that are read, each once for every way that leads from it to the parts.
    pub sources: Vec<Source>,
}

/// A partitioned table that is read.
#[derive(Debug)]
pub(super) struct Source {
    /// The table, `feeds.<feed>` or a model's name.
    pub table: String,
    /// The column whose values are its parts: of a feed a date, whose months are.
    pub column: String,
    /// How a value of it leads to parts.
    way: Vec<Step>,
}

impl Source {
    /// The feed, where it is one.
    pub fn feed(&self) -> Option<&str> {
        self.table.strip_prefix("feeds.")
    }
}

/// Why a table cannot be made in parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The plan joins rows of several parts, the first place where it does so.
    Lost(Lost),
    /// The column is made of something else than the one value that the parts of the tables have.
    Column,
    /// No partitioned table is read.
    Nothing,
    /// A function does not always give the same.
    Unsteady(String),
}

/// Proves that the rows of a plan can be made in parts by a column. `models` are those that are made in parts, with the
/// column of each.
///
/// # Errors
/// As the engine says of a plan that is not sound.
pub(super) fn prove(
    state: &SessionState,
    plan: LogicalPlan,
    column: &str,
    kind: &DataType,
    models: &BTreeMap<String, String>,
) -> Result<std::result::Result<Partition, Refusal>> {
    let plan = state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {})?;
    if let Some(name) = unsteady(&plan)? {
        return Ok(Err(Refusal::Unsteady(name)));
    }
    let plan = joined(plan)?;
    let mut walk = Walk::new(models);
    let relation = walk.relation(&plan)?;
    if relation.is_free {
        return Ok(Err(Refusal::Nothing));
    }
    let place = plan.schema().index_of_column_by_name(None, column);
    let Some(symbol) = place.and_then(|place| relation.columns.get(place)) else { return Ok(Err(Refusal::Column)) };
    let found = relation.anchors.iter().find_map(|anchor| symbol::function_of(symbol, &anchor.at).map(|function| anchor.then(&function)));
    let Some(of) = found else {
        let lost = walk.lost.into_iter().next().filter(|_| relation.anchors.is_empty());
        return Ok(Err(lost.map_or(Refusal::Column, Refusal::Lost)));
    };
    let source =
        |(number, way): (usize, Vec<Step>)| walk.mention(number).map(|mention| Source { table: mention.table.clone(), column: mention.column.clone(), way });
    let sources = of.into_iter().filter_map(source).collect();
    Ok(Ok(Partition { column: column.to_owned(), kind: kind.clone(), sources }))
}

/// A function of a plan that does not always give the same for the same.
fn unsteady(plan: &LogicalPlan) -> Result<Option<String>> {
    let mut found = None;
    let mut look = |expression: &Expr| {
        expression.apply(|part| match part {
            Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable => {
                found.get_or_insert_with(|| call.func.name().to_owned());
                Ok(TreeNodeRecursion::Stop)
            }
            _ => Ok(TreeNodeRecursion::Continue),
        })
    };
    plan.apply_with_subqueries(|node| node.apply_expressions(&mut look).map(|_| TreeNodeRecursion::Continue))?;
    Ok(found)
}
