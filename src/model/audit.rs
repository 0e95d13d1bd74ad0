//! Tests run on what was written.

use super::parse::Model;
use super::test::{Check, Test};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::warehouse::TestResult;

/// Runs the tests of a model on its table, which the engine has under the model's name; side by side, since most of the
/// work of a small one is planning.
///
/// # Errors
/// `Internal` where a test cannot be run.
pub async fn audit(engine: &Engine, model: &Model) -> Result<Vec<TestResult>> {
    let begun = model.tests.iter().map(|test| {
        let what = format!("cannot run the test {} of {}", test.name(), model.name);
        let sql = format!("SELECT count(*) FROM ({}) AS failing", failing_rows(model, test));
        tokio::spawn(count(engine.clone(), sql, what))
    });
    let begun: Vec<_> = begun.collect();
    let mut results = Vec::new();
    for (test, counting) in model.tests.iter().zip(begun) {
        let failures = counting.await.map_err(|cause| Error::new(Kind::Internal, format!("a test of {} did not end", model.name)).because(cause))??;
        results.push(TestResult { model: model.name.as_str().to_owned(), test: test.name(), severity: test.severity.as_str().to_owned(), failures });
    }
    Ok(results)
}

async fn count(engine: Engine, sql: String, what: String) -> Result<u64> {
    let frame = engine.context().sql(&sql).await.map_err(|cause| error::engine(&what, cause))?;
    let batches = frame.collect().await.map_err(|cause| error::engine(&what, cause))?;
    let counted = batches.iter().find(|batch| batch.num_rows() == 1).and_then(|batch| batch.column(0).as_any().downcast_ref::<arrow::array::Int64Array>());
    counted.and_then(|column| u64::try_from(column.value(0)).ok()).ok_or_else(|| Error::new(Kind::Internal, what))
}

/// The rows, or groups of rows, that fail a test.
pub(super) fn failing_rows(model: &Model, test: &Test) -> String {
    let table = format!("\"{}\"", model.name);
    let condition = test.condition.as_ref().map_or_else(|| "true".to_owned(), |condition| format!("({condition})"));
    let quoted = |columns: &[String]| columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>();
    match &test.check {
        Check::NotNull(columns) => {
            let nulls: Vec<String> = quoted(columns).iter().map(|column| format!("{column} IS NULL")).collect();
            format!("SELECT * FROM {table} WHERE {condition} AND ({})", nulls.join(" OR "))
        }
        Check::Unique(columns) => {
            let columns = quoted(columns).join(", ");
            format!("SELECT {columns} FROM {table} WHERE {condition} GROUP BY {columns} HAVING count(*) > 1")
        }
        Check::Accepted(column, values) => format!("SELECT * FROM {table} WHERE {condition} AND \"{column}\" NOT IN ({})", values.join(", ")),
        Check::AcceptedCodes(column, list) => {
            format!("SELECT * FROM {table} WHERE {condition} AND \"{column}\" IS NOT NULL AND \"{column}\" NOT IN (SELECT code FROM codes.\"{list}\")")
        }
        Check::Relationships(column, other, to) => {
            let other = other.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
            format!(
                "SELECT * FROM {table} AS t WHERE {condition} AND \"{column}\" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {other} AS o WHERE o.\"{to}\" = t.\"{column}\")"
            )
        }
    }
}
