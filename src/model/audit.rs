//! Tests run on what was written.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use datafusion::prelude::{DataFrame, ident};

use super::failing::{Moment, audited_rows, failing_rows};
use super::parse::Model;
use super::partition::{Limits, limited};
use super::test::{Check, Test, Threshold};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::warehouse::{Resource, TestResult};

/// Runs the tests of a model on its table, which the engine has under the model's name; side by side, since most of the
/// work of a small one is planning. Tests that are of the run stand among the results as if nothing failed: see
/// [`audit_of_run`].
///
/// # Errors
/// `Internal` where a test cannot be run; `Data` where its own SQL fails on a row.
pub async fn audit(engine: &Engine, model: &Model, schema: &Schema, moment: Moment) -> Result<Vec<TestResult>> {
    audit_some(engine, model, schema, moment, &BTreeMap::new()).await
}

/// The same, with each test on as much of its tables as `limits` say by its place; on all where they say nothing.
///
/// # Errors
/// As [`audit`] says.
pub(super) async fn audit_some(engine: &Engine, model: &Model, schema: &Schema, moment: Moment, limits: &BTreeMap<usize, Limits>) -> Result<Vec<TestResult>> {
    let mut results: Vec<TestResult> = model.tests.iter().map(|test| unrun(model, test)).collect();
    let run = Run { engine, model, schema, moment };
    run.tests(&mut results, |test| !test.is_of_run(), limits).await?;
    Ok(results)
}

/// Runs the tests of a model that are of the run, and puts their results in the place of those that stand among
/// `results`; `previous` is the table of the last release, which the engine has, where there is one.
///
/// # Errors
/// As [`audit`] says.
pub async fn audit_of_run(
    engine: &Engine,
    model: &Model,
    schema: &Schema,
    moment: Moment,
    previous: Option<(u64, &Resource)>,
    results: &mut [TestResult],
) -> Result<()> {
    let mut own: Vec<TestResult> = Vec::new();
    for test in &model.tests {
        own.push(TestResult { note: incomparable(model, test, previous), ..unrun(model, test) });
    }
    let may_run = |test: &Test| match &test.check {
        Check::Change(_) => previous.is_some() && incomparable(model, test, previous).is_none(),
        _ => test.is_of_run(),
    };
    Run { engine, model, schema, moment }.tests(&mut own, may_run, &BTreeMap::new()).await?;
    for (test, result) in model.tests.iter().zip(own).filter(|(test, _)| test.is_of_run()) {
        let name = test.name();
        let place = results.iter_mut().find(|known| known.model == model.name.as_str() && known.test == name && known.severity == test.severity.as_str());
        if let Some(place) = place {
            *place = result;
        }
    }
    Ok(())
}

/// The rows that fail a test, in an order that is always the same; `most` of them, or all.
///
/// # Errors
/// As [`audit`] says.
pub async fn failing(engine: &Engine, model: &Model, schema: &Schema, test: &Test, moment: Moment, most: Option<usize>) -> Result<Vec<RecordBatch>> {
    let what = || format!("cannot show the rows of {} that fail {}", model.name, test.name());
    let found = engine.context().sql(&failing_rows(model, schema, test, moment)).await.and_then(|frame| in_order(frame, most));
    let frame = found.map_err(|cause| error::engine(what(), cause))?;
    frame.collect().await.map_err(|cause| error::engine(what(), cause))
}

/// Rows in an order that is always the same; `most` of them, or all.
pub(super) fn in_order(frame: DataFrame, most: Option<usize>) -> datafusion::error::Result<DataFrame> {
    let columns: Vec<_> = frame.schema().fields().iter().filter(|field| !field.data_type().is_nested()).map(|field| ident(field.name())).collect();
    let sorted = frame.sort(columns.into_iter().map(|column| column.sort(true, true)).collect())?;
    if most.is_some() { sorted.limit(0, most) } else { Ok(sorted) }
}

/// A test that was not run yet.
fn unrun(model: &Model, test: &Test) -> TestResult {
    TestResult {
        model: model.name.as_str().to_owned(),
        test: test.name(),
        severity: test.severity.as_str().to_owned(),
        failures: 0,
        threshold: match test.threshold {
            Threshold::Rows(rows) => rows,
            Threshold::Percent(_) => 0,
        },
        description: test.description.clone(),
        note: None,
        is_of_run: test.is_of_run(),
    }
}

/// Why a test of changes has nothing to hold the table against; nothing where it has, or where there is no table before.
fn incomparable(model: &Model, test: &Test, previous: Option<(u64, &Resource)>) -> Option<String> {
    let (Check::Change(change), Some((number, before))) = (&test.check, previous) else { return None };
    let grain: BTreeSet<&str> = model.header.grain.iter().map(|column| column.get_ref().as_str()).collect();
    let grain_before: BTreeSet<&str> = before.schema.primary_key.iter().map(String::as_str).collect();
    if grain != grain_before {
        return Some(format!("not compared: the table had another grain in release {number}"));
    }
    let column = before.schema.fields.iter().find(|column| column.name == change.column);
    match column {
        None => Some(format!("not compared: the table had no column `{}` in release {number}", change.column)),
        Some(column) if !matches!(column.kind.as_str(), "integer" | "number") => {
            Some(format!("not compared: `{}` was no number in release {number}", change.column))
        }
        Some(_) => None,
    }
}

/// What tests of a model are run on.
struct Run<'r> {
    engine: &'r Engine,
    model: &'r Model,
    schema: &'r Schema,
    moment: Moment,
}

impl Run<'_> {
    /// Runs some tests, side by side, and fills in how much fails and may fail.
    async fn tests(&self, results: &mut [TestResult], wanted: impl Fn(&Test) -> bool, limits: &BTreeMap<usize, Limits>) -> Result<()> {
        let (engine, model) = (self.engine, self.model);
        let mut begun = Vec::new();
        for (place, test) in model.tests.iter().enumerate().filter(|(_, test)| wanted(test)) {
            let what = format!("cannot run the test {} of {}", test.name(), model.name);
            let rows = planned(engine, &failing_rows(model, self.schema, test, self.moment), limits.get(&place)).await;
            let rows = rows.map_err(|cause| error::engine(&what, cause))?;
            let failing = tokio::spawn(counted(rows, what.clone()));
            let share = match &test.threshold {
                Threshold::Percent(percent) => Some((percent.clone(), tokio::spawn(count(engine.clone(), audited_rows(model, test), what)))),
                Threshold::Rows(_) => None,
            };
            begun.push((place, failing, share));
        }
        let ended = |cause| Error::new(Kind::Internal, format!("a test of {} did not end", model.name)).because(cause);
        for (place, failing, share) in begun {
            results[place].failures = failing.await.map_err(ended)??;
            if let Some((percent, rows)) = share {
                results[place].threshold = share_of(&percent, rows.await.map_err(ended)??);
            }
        }
        Ok(())
    }
}

/// The number of rows of a query, over as much of its tables as `limits` say.
async fn planned(engine: &Engine, sql: &str, limits: Option<&Limits>) -> datafusion::error::Result<DataFrame> {
    let state = engine.context().state();
    let plan = state.create_logical_plan(&format!("SELECT count(*) FROM ({sql}) AS failing")).await?;
    let plan = limits.map_or_else(|| Ok(plan.clone()), |limits| limited(plan.clone(), limits))?;
    Ok(DataFrame::new(state, plan))
}

/// So many percent, an exact decimal, of a number of rows, rounded down.
fn share_of(percent: &str, rows: u64) -> u64 {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let scale = 10_u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let digits: u128 = format!("{whole}{fraction}").parse().unwrap_or(0);
    u64::try_from(u128::from(rows) * digits / (scale * 100)).unwrap_or(u64::MAX)
}

/// How many rows a query gives; `what` says what could not be done.
pub(super) async fn count(engine: Engine, sql: String, what: String) -> Result<u64> {
    let rows = planned(&engine, &sql, None).await.map_err(|cause| error::engine(&what, cause))?;
    counted(rows, what).await
}

/// The one number that a query gives.
async fn counted(rows: DataFrame, what: String) -> Result<u64> {
    let batches = rows.collect().await.map_err(|cause| error::engine(&what, cause))?;
    let counted = batches.iter().find(|batch| batch.num_rows() == 1).and_then(|batch| batch.column(0).as_any().downcast_ref::<arrow::array::Int64Array>());
    counted.and_then(|column| u64::try_from(column.value(0)).ok()).ok_or_else(|| Error::new(Kind::Internal, what))
}

#[cfg(test)]
mod tests {
    use super::share_of;

    #[test]
    fn a_share_of_rows_is_exact_and_rounded_down() {
        assert_eq!([share_of("2", 100), share_of("2", 149), share_of("2", 49), share_of("0.5", 1000), share_of("50", 0)], [2, 2, 0, 5, 0]);
        // 29 % of 100 is not 28, as it is where floats are cut.
        assert_eq!(share_of("29", 100), 29);
        assert_eq!(share_of("99.999999", u64::MAX), 18_446_743_889_242_110_877, "no overflow");
    }
}
