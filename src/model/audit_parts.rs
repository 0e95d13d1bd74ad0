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

/// On how much of a table a test can fail, where nothing failed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// On the new parts.
    New,
    /// On rows that agree with one of the new parts.
    Like,
    /// On all of it.
    All,
}

impl Builder<'_> {
    /// Runs the tests of a model of which some parts were made anew, each on as much of the table as can fail it.
    pub(super) async fn audit_parts(&self, model: &Model, schema: &SchemaRef, parts: &PartitionedBuild, anew: &BTreeSet<Value>) -> Result<Vec<TestResult>> {
        let before = self.last_tests(model);
        let passed = |test: &Test| before.iter().any(|known| known.test == test.name() && known.severity == test.severity.as_str() && known.failures == 0);
        let files = self.files_of(parts, |value| anew.contains(value));
        let what = |cause| error::engine(format!("cannot test the parts of `{}`", model.name), cause);
        let some = self.engine.files(&files, schema.clone()).map_err(what)?;
        let of = |test: &Test| {
            let limit = match reach(test, &parts.column) {
                _ if !passed(test) => return None,
                Reach::New => Limit::Instead(some.clone()),
                Reach::Like => Limit::Like(some.clone(), test.check.columns().into_iter().map(str::to_owned).collect()),
                Reach::All => return None,
            };
            Some(Limits::from([(model.name.as_str().to_owned(), limit)]))
        };
        audit_some(self.engine, model, schema, self.moment, of).await
    }
}

fn reach(test: &Test, column: &str) -> Reach {
    if matches!(test.threshold, Threshold::Percent(_)) || test.condition.as_deref().is_some_and(asks_elsewhere) {
        return Reach::All;
    }
    match &test.check {
        Check::NotNull(_) | Check::Accepted(..) | Check::AcceptedCodes(..) => Reach::New,
        Check::Expression(must) if !asks_elsewhere(must) => Reach::New,
        // Rows of one part never agree with those of another where they must agree on the part as well.
        Check::Unique(columns) if columns.iter().any(|known| known == column) => Reach::New,
        Check::Unique(_) => Reach::Like,
        Check::Expression(_) | Check::Relationships(..) | Check::RowCount(..) | Check::Freshness(..) | Check::SumEquals(_) | Check::Change(_) => Reach::All,
    }
}

/// True where a condition may ask rows other than its own.
fn asks_elsewhere(condition: &str) -> bool {
    let condition = condition.to_lowercase();
    condition.contains("select") || condition.contains("over")
}
