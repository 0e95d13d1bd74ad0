//! The month of a day, which nearly every model asks of every row.
//!
//! SQL says it as `CAST(date_trunc('month', day) AS DATE)`. Taken by its word the engine makes a moment in nanoseconds of the day, a
//! calendar's date and time of that, a moment again of the first of the month, and a day of it: a seventh of what it takes to
//! build a table of months. Here it is one step from day to day. What comes of it is the same, but that days whose nanoseconds
//! no moment could hold (before 1677, after 2262) have a month too, and stop no model.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Date32Type, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::contract::Day;

/// Has the months of days taken in one step, wherever a plan asks for them.
#[derive(Debug)]
pub struct MonthsOfDays;

impl OptimizerRule for MonthsOfDays {
    fn name(&self) -> &'static str {
        "months_of_days"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !plan.expressions().iter().any(|expr| expr.exists(|part| Ok(day_of(part).is_some())).unwrap_or(false)) {
            return Ok(Transformed::no(plan));
        }
        let columns = merge_schema(&plan.inputs());
        let is_day = |expr: &Expr| expr.get_type(&columns).is_ok_and(|kind| kind == DataType::Date32);
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let done = expr.transform_up(|part| match day_of(&part).filter(|day| is_day(day)) {
                Some(day) => Ok(Transformed::yes(MONTH.call(vec![day.clone()]))),
                None => Ok(Transformed::no(part)),
            })?;
            Ok(done.update_data(|expr| name.restore(expr)))
        })
    }
}

/// What the month is taken of, where an expression is the first day of a month as a day.
fn day_of(expr: &Expr) -> Option<&Expr> {
    let moment = cast_to(expr, &DataType::Date32)?;
    let Expr::ScalarFunction(ScalarFunction { func, args }) = moment else { return None };
    let [Expr::Literal(ScalarValue::Utf8(Some(unit)), _), of] = args.as_slice() else { return None };
    let is_month = func.name() == "date_trunc" && unit.eq_ignore_ascii_case("month");
    is_month.then(|| cast_to(of, &DataType::Timestamp(TimeUnit::Nanosecond, None))).flatten()
}

fn cast_to<'e>(expr: &'e Expr, kind: &DataType) -> Option<&'e Expr> {
    match expr {
        Expr::Cast(Cast { expr, field }) if field.data_type() == kind => Some(expr),
        _ => None,
    }
}

static MONTH: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(Month(Signature::exact(vec![DataType::Date32], Volatility::Immutable)))));

/// The first day of the month of a day; null of null.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Month(Signature);

impl ScalarUDFImpl for Month {
    fn name(&self) -> &'static str {
        "month_of_day"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let days = ColumnarValue::values_to_arrays(&args.args)?;
        // The days of a delivery are mostly of one month: it is not looked for again where one falls into its first four weeks.
        let last = Cell::new(first_of_month(0));
        let first = |day: i32| {
            if !(0..28).contains(&(i64::from(day) - i64::from(last.get()))) {
                last.set(first_of_month(day));
            }
            last.get()
        };
        let firsts = days[0].as_primitive::<Date32Type>().unary::<_, Date32Type>(first);
        Ok(ColumnarValue::Array(Arc::new(firsts)))
    }

    /// Later days are of no earlier month.
    fn output_ordering(&self, days: &[ExprProperties]) -> Result<SortProperties> {
        Ok(days.first().map_or(SortProperties::Unordered, |day| day.sort_properties))
    }
}

fn first_of_month(day: i32) -> i32 {
    // Of a month there are 31 days at most.
    #[expect(clippy::cast_possible_truncation, reason = "a number from 0 to 30")]
    let past = (Day::of(day).day - 1) as i32;
    day.saturating_sub(past)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::optimizer::OptimizerRule;

    use super::MonthsOfDays;
    use crate::engine::Engine;

    const OF_DAY: &str = "CAST(date_trunc('month', day) AS DATE)";

    fn days() -> RecordBatch {
        let days = Date32Array::from_iter((-100_000..100_000).step_by(7).map(Some).chain([None, Some(59), Some(60), Some(-1)]));
        let words = StringArray::from_iter_values((0..days.len()).map(|at| format!("20{:02}-0{}-17", at % 100, at % 9 + 1)));
        RecordBatch::try_from_iter_with_nullable([("day", std::sync::Arc::new(days) as ArrayRef, true), ("word", std::sync::Arc::new(words), true)]).unwrap()
    }

    /// What a statement gives by an engine with the rule and by one without, and the first one's plan.
    async fn both(sql: &str) -> (String, String, String) {
        let (ours, plain) = (Engine::new(64).unwrap(), Engine::new(64).unwrap());
        assert!(plain.context().remove_optimizer_rule(MonthsOfDays.name()));
        let (mut texts, mut plan) = (Vec::new(), String::new());
        for context in [ours.context(), plain.context()] {
            context.register_batch("days", days()).unwrap();
            let frame = context.sql(sql).await.unwrap();
            if plan.is_empty() {
                plan = frame.clone().into_optimized_plan().unwrap().to_string();
            }
            texts.push(pretty_format_batches(&frame.collect().await.unwrap()).unwrap().to_string());
        }
        (texts[0].clone(), texts[1].clone(), plan)
    }

    #[tokio::test]
    async fn the_month_is_what_the_engine_says_it_is() {
        for sql in [
            format!("SELECT day, {OF_DAY} AS month FROM days ORDER BY day"),
            format!("SELECT {OF_DAY}, count(*), min(day) FROM days GROUP BY {OF_DAY} ORDER BY 1"),
            format!("SELECT count(*) FROM days WHERE {OF_DAY} = DATE '1999-03-01'"),
            "SELECT a.day, b.day FROM days a JOIN days b ON b.day = CAST(date_trunc('MONTH', a.day) AS DATE) ORDER BY 1, 2".to_owned(),
            format!("SELECT extract(year FROM {OF_DAY}) AS year, max({OF_DAY}) AS last FROM days GROUP BY 1 ORDER BY last"),
        ] {
            let (ours, plain, plan) = both(&sql).await;
            assert_eq!(ours, plain, "{sql}");
            assert!(plan.contains("month_of_day") && !plan.contains("date_trunc(Utf8(\"month\"), CAST"), "{plan}");
        }
    }

    #[tokio::test]
    async fn what_is_no_month_of_a_day_is_left_as_it_is() {
        for asked in ["date_trunc('month', day)", "CAST(date_trunc('year', day) AS DATE)", "CAST(date_trunc('month', CAST(word AS TIMESTAMP)) AS DATE)"] {
            let (ours, plain, plan) = both(&format!("SELECT {asked} AS asked FROM days ORDER BY asked")).await;
            assert_eq!(ours, plain, "{asked}");
            assert!(!plan.contains("month_of_day"), "{plan}");
        }
    }

    #[tokio::test]
    async fn a_day_of_a_year_that_moments_do_not_reach_has_a_month() {
        let engine = Engine::new(64).unwrap();
        let rows = engine.context().sql("SELECT CAST(date_trunc('month', day) AS DATE) AS month FROM (VALUES (DATE '9999-12-31')) AS far (day)").await;
        assert!(pretty_format_batches(&rows.unwrap().collect().await.unwrap()).unwrap().to_string().contains("9999-12-01"));
    }
}
