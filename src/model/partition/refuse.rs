//! What is said of a header that promises parts, where the plan does not keep the promise.

use std::collections::BTreeMap;

use arrow::datatypes::Schema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;

use super::super::header::Text;
use super::super::parse::Model;
use super::lost::Lost;
use super::values::is_partitionable;
use super::{Refusal, prove};
use crate::diagnostic::{Fault, did_you_mean};

/// Holds what the header of a model says of its parts against its columns and its plan. `models` are those before it that
/// are made in parts, with the column of each.
pub(in crate::model) fn check_partition(
    state: &SessionState,
    model: &Model,
    plan: &LogicalPlan,
    schema: &Schema,
    models: &BTreeMap<String, String>,
) -> Option<Fault> {
    let text = model.header.partition.as_ref()?;
    if let Some(fault) = of_column(model, text, schema) {
        return Some(fault);
    }
    let kind = schema.field_with_name(text.get_ref()).ok()?.data_type();
    match prove(state, plan.clone(), text.get_ref(), kind, models) {
        Ok(Ok(_)) => None,
        Ok(Err(refusal)) => {
            let (why, hint) = words(&refusal);
            Some(model.header_fault(text.span(), format!("the table cannot be made in parts by `{}`: {why}", text.get_ref())).hint(hint))
        }
        Err(error) => {
            let message = format!("whether the table can be made in parts by `{}` cannot be found out: {}", text.get_ref(), error.strip_backtrace());
            Some(model.header_fault(text.span(), message).hint("take `partition` out of the header"))
        }
    }
}

fn of_column(model: &Model, text: &Text, schema: &Schema) -> Option<Fault> {
    let name = text.get_ref().as_str();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let Ok(field) = schema.field_with_name(name) else {
        let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| format!("it has {}", names.join(", ")));
        return Some(model.header_fault(text.span(), format!("the partition names the column `{name}`, which the model does not have")).hint(hint));
    };
    if !is_partitionable(field.data_type()) {
        let message = format!("the partition names the column `{name}`, which is no date, text or whole number");
        return Some(model.header_fault(text.span(), message).hint(format!("as `CAST({name} AS DATE)` it would be a day")));
    }
    let is_of_grain = model.is_staging || model.header.grain.iter().any(|column| column.get_ref() == name);
    (!is_of_grain).then(|| {
        let message = format!("the partition names the column `{name}`, which is none of the grain");
        model.header_fault(text.span(), message).hint("rows of one part would change those of another: name a column of the grain, or add it to that")
    })
}

/// Why a plan cannot be run in parts, and what to do about it.
fn words(refusal: &Refusal) -> (String, String) {
    match refusal {
        Refusal::Nothing => ("it reads no feed and no table made in parts".to_owned(), "take `partition` out of the header".to_owned()),
        Refusal::Unsteady(name) => (format!("`{name}` does not give the same in every run"), "take what it gives from a table instead".to_owned()),
        Refusal::Column => (
            "its values are not made of one date of each feed, or of the parts of each table, that is read".to_owned(),
            "compute it of one column, such as `CAST(date_trunc('month', day) AS DATE)`, or of the `partition` column of the table read".to_owned(),
        ),
        Refusal::Lost(lost) => of_lost(lost),
    }
}

fn of_lost(lost: &Lost) -> (String, String) {
    let (why, hint) = match lost {
        Lost::NoDate(table) => return (format!("`{table}` has no date"), "only feeds with a date, and tables made in parts, can be read in parts".to_owned()),
        Lost::Group => ("a GROUP BY puts rows of several parts together", "group by it, or by what it is made of, too"),
        Lost::Window => ("a window goes over rows of several parts", "add it, or what it is made of, to PARTITION BY"),
        Lost::Distinct => ("DISTINCT makes one of rows of several parts", "select it, or what it is made of, there too"),
        Lost::Join => ("a join lets rows of several parts meet", "join by it, or by what it is made of, too"),
        Lost::FullJoin => ("a FULL JOIN leaves it null for rows of one side", "use a UNION ALL of both sides, then group it"),
        Lost::NotIn => ("NOT IN asks for null in all parts", "write NOT EXISTS, with the parts equal"),
        Lost::Union => ("the SELECTs of a UNION do not have it in one column", "let each SELECT give it in the same place"),
        Lost::Limit => ("the first rows are taken of all parts together", "take them by a window with PARTITION BY, or of a table of its own"),
        Lost::Subquery => ("a subquery reads rows of all parts", "write it as a join by the parts"),
        Lost::Other => ("a part of the query is of a kind of which nothing is proven", "leave that part to a table of its own"),
    };
    (why.to_owned(), hint.to_owned())
}
