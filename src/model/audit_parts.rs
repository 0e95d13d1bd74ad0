//! Tests of a table of which some parts were made anew: where nothing failed before and rows are tested one by one, only the
//! new parts can fail.

use std::collections::BTreeSet;

use arrow::datatypes::SchemaRef;

use super::audit::audit_some;
use super::build::Builder;
use super::parse::Model;
use super::partition::{Limit, Limits, Value};
use super::test::{Check, Test, Threshold};
use crate::error::{self, Result};
use crate::warehouse::{PartitionedBuild, TestResult};

impl Builder<'_> {
    /// Runs the tests of a model of which some parts were made anew, each on as much of the table as can fail it.
    pub(super) async fn audit_parts(&self, model: &Model, schema: &SchemaRef, parts: &PartitionedBuild, anew: &BTreeSet<Value>) -> Result<Vec<TestResult>> {
        let before = self.last_tests(model);
        let passed = |test: &Test| before.iter().any(|known| known.test == test.name() && known.severity == test.severity.as_str() && known.failures == 0);
        let files = self.files_of(parts, |value| anew.contains(value));
        let what = |cause| error::engine(format!("cannot test the parts of `{}`", model.name), cause);
        let some = self.engine.files(&files, schema.clone()).map_err(what)?;
        let limits = Limits::from([(model.name.as_str().to_owned(), Limit::Instead(some))]);
        let of = |test: &Test| passed(test).then_some(()).and(on_new_parts(test, &parts.column)).map(|()| &limits);
        audit_some(self.engine, model, schema, self.moment, of).await
    }
}

/// Something where a part fails a test whatever other parts hold.
fn on_new_parts(test: &Test, column: &str) -> Option<()> {
    let is_of_rows = match &test.check {
        Check::NotNull(_) | Check::Accepted(..) | Check::AcceptedCodes(..) => true,
        Check::Expression(must) => !asks_elsewhere(must),
        // Rows of one part never agree with those of another where they must agree on the part as well.
        Check::Unique(columns) => columns.iter().any(|known| known == column),
        Check::Relationships(..) | Check::RowCount(..) | Check::Freshness(..) | Check::SumEquals(_) | Check::Change(_) => false,
    };
    let is_exact = matches!(test.threshold, Threshold::Rows(_)) && !test.condition.as_deref().is_some_and(asks_elsewhere);
    (is_of_rows && is_exact).then_some(())
}

/// True where a condition may ask rows other than its own.
fn asks_elsewhere(condition: &str) -> bool {
    let condition = condition.to_lowercase();
    condition.contains("select") || condition.contains("over")
}
