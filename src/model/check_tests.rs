//! Tests checked without data: what they name is there, is of the kind that they are for, and can be asked for.

use std::collections::BTreeSet;
use std::ops::Range;

use arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use serde_spanned::Spanned;

use super::check_sums::check_sums;
use super::diagnose;
use super::header::Text;
use super::parse::Model;
use super::plan::Planner;
use super::test::{Check, Test, Threshold, exact};
use super::test_forms::{ChangeForm, RowCountForm, TestForm};
use crate::diagnostic::{Fault, did_you_mean};
use crate::engine::{Engine, MODELS};
use crate::project::Project;

/// A model whose tests are checked, with what they may name.
pub struct Tested<'a> {
    /// An engine with every table, none with rows.
    pub engine: &'a Engine,
    /// What plans conditions.
    pub planner: &'a Planner<'a>,
    /// The model.
    pub model: &'a Model,
    /// The columns of its table.
    pub schema: &'a Schema,
    /// Every model.
    pub models: &'a [Model],
    /// The project.
    pub project: &'a Project,
}

/// Checks the tests of a model; the engine has its table.
pub async fn check_tests(tested: &Tested<'_>, faults: &mut Vec<Fault>) {
    let model = tested.model;
    for (spanned, test) in model.header.tests.iter().zip(&model.tests) {
        let form = spanned.get_ref();
        check_threshold(model, form, &test.check, faults);
        check_where(tested, form, faults).await;
        if !knows_columns(tested, form, faults) {
            continue;
        }
        match &test.check {
            Check::AcceptedCodes(_, list) => check_list(tested, form, list, faults),
            Check::Relationships(..) => check_related(tested, form, faults).await,
            Check::Expression(_) => check_expression(tested, form, faults).await,
            Check::RowCount(..) => form.row_count.iter().for_each(|count| check_count(model, count, faults)),
            Check::Freshness(..) => check_freshness(tested, form, faults),
            Check::SumEquals(sums) => check_sums(tested, form, sums, faults).await,
            Check::Change(_) => form.change.iter().for_each(|change| check_change(tested, change, faults)),
            Check::NotNull(_) | Check::Unique(_) | Check::Accepted(..) => {}
        }
    }
    check_names(model, faults);
}

/// Results are known by the name of their test and how it weighs.
fn check_names(model: &Model, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    // Two whose bounds are none are faulty for that, not for being the same.
    let has_bound = |test: &Test| !matches!(&test.check, Check::Change(change) if change.max_percent.is_none() && change.max_absolute.is_none());
    for (form, test) in model.header.tests.iter().zip(&model.tests).filter(|(_, test)| has_bound(test)) {
        if !seen.insert((test.name(), test.severity.as_str())) {
            faults.push(model.header_fault(form.span(), format!("the test {} stands here a second time", test.name())).hint("leave one of them out"));
        }
    }
}

/// True where the model has every column that a test names.
fn knows_columns(tested: &Tested<'_>, form: &TestForm, faults: &mut Vec<Fault>) -> bool {
    let names: Vec<&str> = tested.schema.fields().iter().map(|field| field.name().as_str()).collect();
    let unknown: Vec<&Text> = form.columns().into_iter().filter(|column| !names.contains(&column.get_ref().as_str())).collect();
    for column in &unknown {
        let hint = did_you_mean(column.get_ref(), names.iter().copied()).unwrap_or_else(|| format!("it has {}", names.join(", ")));
        let message = format!("a test names the column `{}`, which the model does not have", column.get_ref());
        faults.push(tested.model.header_fault(column.span(), message).hint(hint));
    }
    unknown.is_empty()
}

fn check_list(tested: &Tested<'_>, form: &TestForm, list: &str, faults: &mut Vec<Fault>) {
    let lists = &tested.project.code_lists;
    if !lists.contains_key(list) {
        let span = form.accepted_codes.as_ref().map_or(0..0, |accepted| accepted.codes.span());
        let hint = did_you_mean(list, lists.keys().map(String::as_str));
        faults.push(tested.model.header_fault(span, format!("there is no code list `{list}`")).maybe_hint(hint));
    }
}

async fn check_related(tested: &Tested<'_>, form: &TestForm, faults: &mut Vec<Fault>) {
    let Some(related) = &form.relationships else { return };
    let (column, to) = (related.column.get_ref(), related.to.as_ref().unwrap_or(&related.column));
    let table = related.table.get_ref().split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
    let sql = format!("SELECT 1 FROM \"{}\" AS t JOIN {table} AS o ON o.\"{}\" = t.\"{column}\"", tested.model.name, to.get_ref());
    if let Err(error) = tested.planner.statement(&sql).await {
        let told = diagnose::fault(&tested.model.file, &error);
        let message = format!("the test cannot hold `{column}` against `{}`: {}", related.table.get_ref(), told.message);
        faults.push(tested.model.header_fault(to.span(), message).maybe_hint(told.hint));
    }
}

fn check_count(model: &Model, count: &Spanned<RowCountForm>, faults: &mut Vec<Fault>) {
    let bound = |bound: &Option<Spanned<u64>>| bound.as_ref().map(|bound| *bound.get_ref());
    match (bound(&count.get_ref().min), bound(&count.get_ref().max)) {
        (None | Some(0), None) => {
            faults.push(model.header_fault(count.span(), "every table has that many rows").hint("give `min` above 0, `max`, or both"));
        }
        (Some(min), Some(max)) if min > max => {
            let span = count.get_ref().min.as_ref().map_or(0..0, Spanned::span);
            faults.push(model.header_fault(span, format!("no table has at least {min} and at most {max} rows")).hint("`min` is `max` or less"));
        }
        _ => {}
    }
}

fn check_freshness(tested: &Tested<'_>, form: &TestForm, faults: &mut Vec<Fault>) {
    let Some(fresh) = &form.freshness else { return };
    let kind = kind_of(tested.schema, fresh.column.get_ref());
    if !matches!(kind, Some(DataType::Date32 | DataType::Timestamp(..))) {
        let message = format!("`{}` is no column of dates or moments, so nothing says how fresh it is", fresh.column.get_ref());
        let hint = dated(tested.schema).unwrap_or_else(|| "give the table a column of dates, such as `max(…)` of the event's".to_owned());
        faults.push(tested.model.header_fault(fresh.column.span(), message).hint(hint));
    }
}

fn dated(schema: &Schema) -> Option<String> {
    let dates = schema.fields().iter().filter(|field| matches!(field.data_type(), DataType::Date32 | DataType::Timestamp(..)));
    let dates: Vec<&str> = dates.map(|field| field.name().as_str()).collect();
    (!dates.is_empty()).then(|| format!("dates stand in {}", dates.join(", ")))
}

fn check_change(tested: &Tested<'_>, spanned: &Spanned<ChangeForm>, faults: &mut Vec<Fault>) {
    let (model, change) = (tested.model, spanned.get_ref());
    let name = change.column.get_ref();
    let mut say = |span: Range<usize>, message: String, hint: &str| faults.push(model.header_fault(span, message).hint(hint));
    if model.is_staging {
        say(spanned.span(), "no release holds this table, so nothing is known of its change".to_owned(), "test a model of sql/marts");
    }
    if change.max_percent.is_none() && change.max_absolute.is_none() {
        say(spanned.span(), "the test of changes has no bound".to_owned(), "give `max_percent`, `max_absolute`, or both");
    }
    if !kind_of(tested.schema, name).is_some_and(DataType::is_numeric) {
        say(change.column.span(), format!("`{name}` holds no numbers, so nothing says how far it changed"), "name a measure");
    } else if model.header.grain.iter().any(|column| column.get_ref() == name) {
        say(change.column.span(), format!("`{name}` is of the grain, which says what a row is: it cannot change"), "name a measure");
    }
    for bound in change.max_percent.iter().chain(&change.max_absolute) {
        check_bound(model, bound, faults);
    }
}

/// A bound must be one that is calculated with exactly.
pub(super) fn check_bound(model: &Model, bound: &Spanned<f64>, faults: &mut Vec<Fault>) {
    if exact(*bound.get_ref()).is_none() {
        let hint = "write a number from 0 with at most 14 digits before the point and 6 behind it";
        faults.push(model.header_fault(bound.span(), format!("{} is no bound", bound.get_ref())).hint(hint));
    }
}

fn check_threshold(model: &Model, form: &TestForm, check: &Check, faults: &mut Vec<Fault>) {
    let Some(value) = &form.threshold else { return };
    let mut say = |message: &str, hint: &str| faults.push(model.header_fault(value.span(), message).hint(hint));
    match (check, Threshold::parse(value.get_ref())) {
        (_, None) => say("this is no threshold", "write a number of rows from 1, or a share between 0 and 100 such as \"2 %\""),
        (Check::RowCount(..), _) => say("a count of rows holds or does not: there are no rows of which some might fail", "widen `min` or `max`"),
        (Check::Freshness(..), _) => say("the newest date is fresh or is not: there are no rows of which some might fail", "widen `within_days`"),
        (Check::Unique(_) | Check::SumEquals(_), Some(Threshold::Percent(_))) => {
            say("groups of rows fail this test, which are no share of the rows", "write how many groups may fail");
        }
        _ => {}
    }
}

/// The rows that a test is for are chosen by the table's own columns, and by nothing that another moment changes.
async fn check_where(tested: &Tested<'_>, form: &TestForm, faults: &mut Vec<Fault>) {
    let Some(condition) = &form.r#where else { return };
    let sql = rows_where(tested.model, condition);
    tested.planner.condition(tested.model, condition, "of a test", &sql, faults).await;
    if let Ok(plan) = tested.planner.statement(&sql).await {
        let foreign = foreign(&plan, MODELS, tested.model.name.as_str());
        faults.extend(foreign.map(|what| outside(tested.model, condition, &what)));
    }
}

async fn check_expression(tested: &Tested<'_>, form: &TestForm, faults: &mut Vec<Fault>) {
    let Some(must) = &form.expression else { return };
    let (model, state) = (tested.model, tested.engine.context().state());
    let sql = format!("SELECT ({}) AS holds FROM {}", must.get_ref(), model.name);
    let plan = match state.create_logical_plan(&sql).await {
        Ok(plan) => plan,
        Err(error) => {
            faults.push(wrong(model, must, &error));
            return;
        }
    };
    let kind = plan.schema().fields().first().map(|field| field.data_type().clone());
    if !matches!(kind, Some(DataType::Boolean)) {
        faults.push(model.header_fault(must.span(), "the expression of a test is neither true nor false").hint("write a condition, such as `persons >= 0`"));
    } else if let Some(what) = foreign(&plan, MODELS, model.name.as_str()) {
        faults.push(outside(model, must, &what));
    } else if let Err(error) = state.create_logical_plan(&format!("{} WHERE NOT ({})", rows(model), must.get_ref())).await {
        // What can be selected cannot always be asked of each row: a sum over all of them cannot.
        faults.push(wrong(model, must, &error));
    } else if let Err(error) = state.optimize(&plan) {
        faults.push(wrong(model, must, &error));
    }
}

fn wrong(model: &Model, must: &Text, error: &DataFusionError) -> Fault {
    let told = diagnose::fault(&model.file, error);
    let hint = told.hint.or_else(|| told.message.ends_with("not found").then(|| OWN_COLUMNS.to_owned()));
    model.header_fault(must.span(), format!("the expression of a test is wrong: {}", told.message)).maybe_hint(hint)
}

/// Why a test names nothing else.
const OWN_COLUMNS: &str =
    "a test is run again only where its table changes: name the table's own columns; `relationships` and `sum_equals` look at other tables";

fn outside(model: &Model, text: &Text, what: &str) -> Fault {
    model.header_fault(text.span(), format!("the test depends on {what}")).hint(OWN_COLUMNS)
}

/// What else than a table's own rows a plan depends on.
pub(super) fn foreign(plan: &LogicalPlan, schema: &str, table: &str) -> Option<String> {
    let mut found = None;
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && (scan.table_name.table() != table || scan.table_name.schema().unwrap_or(MODELS) != schema)
        {
            found = Some(format!("the table `{}`", scan.table_name));
        }
        node.apply_expressions(|whole| {
            whole.apply(|part| {
                if let Expr::ScalarFunction(call) = part
                    && call.func.signature().volatility != Volatility::Immutable
                {
                    found = Some(format!("`{}()`, which says something else at another moment", call.func.name()));
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    found
}

/// The type of a column.
pub(super) fn kind_of<'s>(schema: &'s Schema, column: &str) -> Option<&'s DataType> {
    schema.field_with_name(column).ok().map(arrow::datatypes::Field::data_type)
}

fn rows(model: &Model) -> String {
    format!("SELECT 1 FROM {}", model.name)
}

/// The rows of a model's table for which a condition holds.
pub(super) fn rows_where(model: &Model, condition: &Text) -> String {
    format!("{} WHERE {}", rows(model), condition.get_ref())
}
