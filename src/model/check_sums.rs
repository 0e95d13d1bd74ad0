//! Sums that a test holds against another table's, checked without data: what is no sum is refused with the reason.

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::TableReference;

use super::check_tests::{Tested, check_bound, foreign, kind_of};
use super::diagnose;
use super::failing::unequal_sums;
use super::parse::Model;
use super::test::SumEquals;
use super::test_forms::{SumEqualsForm, TestForm};
use crate::contract::Measure;
use crate::diagnostic::{Fault, did_you_mean};
use crate::engine::MODELS;

/// A side of the comparison.
struct Side<'a> {
    /// The table's name.
    table: &'a str,
    /// The column that is summed.
    column: &'a str,
    /// Where the header names it.
    place: std::ops::Range<usize>,
    /// The columns of the table.
    schema: SchemaRef,
    /// Its model; none for feeds, code lists and references.
    model: Option<&'a Model>,
}

impl Side<'_> {
    fn measure(&self) -> Option<&Measure> {
        self.model.and_then(|model| model.header.measure(self.column))
    }

    /// The columns of the grain that are summed along; a period says its own kind.
    fn dropped(&self, by: &[String]) -> Vec<String> {
        let grain = self.model.iter().flat_map(|model| &model.header.grain).map(|column| column.get_ref());
        grain.filter(|column| !by.contains(column) && column.as_str() != "period_kind").cloned().collect()
    }
}

/// Checks a test that holds sums against another table's; the model has every column that it names.
pub async fn check_sums(tested: &Tested<'_>, form: &TestForm, sums: &SumEquals, faults: &mut Vec<Fault>) {
    let Some(form) = &form.sum_equals else { return };
    let before = faults.len();
    if let Some(tolerance) = &form.tolerance {
        check_bound(tested.model, tolerance, faults);
    }
    // A table that is not there is told where the order of models is made.
    let Ok(other) = tested.engine.context().table_provider(TableReference::parse_str(&sums.table)).await else { return };
    let to = form.to.as_ref().unwrap_or(&form.column);
    let own = Side {
        table: tested.model.name.as_str(),
        column: &sums.column,
        place: form.column.span(),
        schema: std::sync::Arc::new(tested.schema.clone()),
        model: Some(tested.model),
    };
    let held = tested.models.iter().find(|model| model.name.as_str() == sums.table);
    let other = Side { table: &sums.table, column: &sums.to, place: to.span(), schema: other.schema(), model: held };
    if !knows_columns(tested.model, form, sums, &other, faults) {
        return;
    }
    for side in [&own, &other] {
        check_sum(tested.model, side, sums, faults);
    }
    check_same(tested.model, &own, &other, faults);
    check_table_where(tested, form, sums, faults).await;
    if faults.len() == before {
        check_groups(tested, form, sums, faults).await;
    }
}

/// Columns of one name may be of kinds that never agree.
async fn check_groups(tested: &Tested<'_>, form: &SumEqualsForm, sums: &SumEquals, faults: &mut Vec<Fault>) {
    let state = tested.engine.context().state();
    let planned = state.create_logical_plan(&unequal_sums(tested.model.name.as_str(), "true", sums)).await.and_then(|plan| state.optimize(&plan));
    if let Err(error) = planned {
        let told = diagnose::fault(&tested.model.file, &error);
        let message = format!("the test cannot hold `{}` against `{}`: {}", sums.column, sums.table, told.message);
        faults.push(tested.model.header_fault(form.table.span(), message).maybe_hint(told.hint));
    }
}

fn knows_columns(model: &Model, form: &SumEqualsForm, sums: &SumEquals, other: &Side<'_>, faults: &mut Vec<Fault>) -> bool {
    let names: Vec<&str> = other.schema.fields().iter().map(|field| field.name().as_str()).collect();
    let wanted = std::iter::once((&sums.to, other.place.clone())).chain(form.by.iter().map(|column| (column.get_ref(), column.span())));
    let unknown: Vec<_> = wanted.filter(|(column, _)| !names.contains(&column.as_str())).collect();
    for (column, place) in &unknown {
        let hint = did_you_mean(column, names.iter().copied()).unwrap_or_else(|| format!("it has {}", names.join(", ")));
        faults.push(model.header_fault(place.clone(), format!("`{}` has no column `{column}`", other.table)).hint(hint));
    }
    unknown.is_empty()
}

/// What may not be summed along the columns that a side drops is no sum.
fn check_sum(model: &Model, side: &Side<'_>, sums: &SumEquals, faults: &mut Vec<Fault>) {
    let mut say = |message: String, hint: &str| faults.push(model.header_fault(side.place.clone(), message).hint(hint));
    let named = format!("`{}` of `{}`", side.column, side.table);
    let kind = kind_of(&side.schema, side.column);
    if !kind.is_some_and(DataType::is_numeric) {
        return say(format!("{named} holds no numbers: there is no sum of it"), "name a measure");
    }
    if kind.is_some_and(DataType::is_floating) && sums.tolerance == "0" {
        say(format!("{named} holds floating-point numbers, of which two sums are seldom equal to the last digit"), "give a `tolerance`");
    }
    let Some(measure) = side.measure() else { return };
    if measure.is_money() && !sums.by.iter().any(|column| column == "currency") {
        return say(format!("{named} is money, and `by` leaves out the currency: amounts of two currencies are no sum"), "add `currency` to `by`");
    }
    let dropped = side.dropped(&sums.by);
    let along = measure.not_additive_along(&dropped);
    if !along.is_empty() {
        let message = format!("{named} ({}) may not be summed along {}", measure.unit, along.join(", "));
        say(message, "add these columns to `by`, or name a measure that may be summed: what is counted distinct is no sum");
    }
}

/// Two measures that count different things are not equal for any good reason.
fn check_same(model: &Model, own: &Side<'_>, other: &Side<'_>, faults: &mut Vec<Fault>) {
    let (Some(left), Some(right)) = (own.measure(), other.measure()) else { return };
    let differ = [("unit", &left.unit, &right.unit), ("date basis", &left.date_basis, &right.date_basis)];
    for (what, one, two) in differ.into_iter().filter(|(_, one, two)| one != two && !left.is_by_row() && !right.is_by_row()) {
        let message = format!("`{}` and `{}` of `{}` differ in their {what}: {one} and {two}", own.column, other.column, other.table);
        faults.push(model.header_fault(other.place.clone(), message).hint("hold sums of the same thing against each other"));
    }
}

async fn check_table_where(tested: &Tested<'_>, form: &SumEqualsForm, sums: &SumEquals, faults: &mut Vec<Fault>) {
    let Some(condition) = &form.table_where else { return };
    let sql = format!("SELECT 1 FROM {} WHERE {}", sums.table, condition.get_ref());
    tested.planner.condition(tested.model, condition, "for rows of the other table", &sql, faults).await;
    if let Ok(plan) = tested.planner.statement(&sql).await {
        let (schema, table) = sums.table.split_once('.').unwrap_or((MODELS, &sums.table));
        if let Some(what) = foreign(&plan, schema, table) {
            let hint = "name columns of the other table only";
            faults.push(tested.model.header_fault(condition.span(), format!("the test depends on {what}")).hint(hint));
        }
    }
}
