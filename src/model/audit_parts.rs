//! Tests of a table of which some parts were made anew: where nothing failed before and rows are tested one by one, only the
//! new parts can fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use arrow::datatypes::SchemaRef;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::DataFrame;

use super::audit::audit_some;
use super::build::Builder;
use super::failing::audited_keys;
use super::parse::Model;
use super::partition::{Limit, Limits, Value, like, limited};
use super::test::{Check, Test, Threshold};
use crate::error::{self, Result};
use crate::warehouse::{PartitionedBuild, TestResult};

/// On how much of a table a test can fail, where nothing failed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// On the new parts.
    New,
    /// On the new parts and rows that agree with one of theirs.
    Like,
    /// On all of it.
    All,
}

/// The files of a table of which some parts were made anew.
struct Files {
    /// Those that the new parts have in the place of others.
    new: Vec<PathBuf>,
    /// Those that stood in the place of the new parts, as far as they can still be read.
    replaced: Vec<PathBuf>,
    /// Those of all other parts.
    staying: Vec<PathBuf>,
}

impl Builder<'_> {
    /// Runs the tests of a model of which some parts were made anew, each on as much of the table as can fail it.
    pub(super) async fn audit_parts(&self, model: &Model, schema: &SchemaRef, parts: &PartitionedBuild, anew: &BTreeSet<Value>) -> Result<Vec<TestResult>> {
        let before = self.last_tests(model);
        let passed = |test: &Test| before.iter().any(|known| known.test == test.name() && known.severity == test.severity.as_str() && known.failures == 0);
        let files = self.files_of_parts(model, parts, anew);
        let mut limits: BTreeMap<usize, Limits> = BTreeMap::new();
        for (place, test) in model.tests.iter().enumerate().filter(|(_, test)| passed(test)) {
            let limit = match reach(test, &parts.column) {
                Reach::New => self.engine.files(&files.new, schema.clone()).map(Limit::Instead),
                Reach::Like => self.new_and_like(model, schema, test, &files).await,
                Reach::All => continue,
            };
            let limit = limit.map_err(|cause| error::engine(format!("cannot test the parts of `{}`", model.name), cause))?;
            limits.insert(place, Limits::from([(model.name.as_str().to_owned(), limit)]));
        }
        audit_some(self.engine, model, schema, self.moment, &limits).await
    }

    fn files_of_parts(&self, model: &Model, parts: &PartitionedBuild, anew: &BTreeSet<Value>) -> Files {
        let root = self.warehouse.store().root();
        let before = self.last.partitioned.get(model.name.as_str());
        let before = before.into_iter().flat_map(|before| &before.parts).filter(|part| anew.contains(&part.value));
        let can_be_read = before.filter_map(|part| part.file.as_ref()).filter(|file| self.warehouse.is_as_written(file));
        Files {
            new: self.files_of(parts, |value| anew.contains(value)),
            replaced: can_be_read.map(|file| root.join(&file.path)).collect(),
            staying: self.files_of(parts, |value| !anew.contains(value)),
        }
    }

    /// The rows of the new parts, and of the others those that agree with one of them.
    ///
    /// What stood in a part that was replaced agreed with no row of the parts that stay: nothing failed. So only what none of
    /// those had is looked for among them, which is nothing where rows were corrected, and little where some were added.
    async fn new_and_like(&self, model: &Model, schema: &SchemaRef, test: &Test, files: &Files) -> EngineResult<Limit> {
        let columns: Vec<String> = test.check.columns().into_iter().map(str::to_owned).collect();
        let new = self.engine.files(&files.new, schema.clone())?;
        let keys = self.engine.context().state().create_logical_plan(&audited_keys(model, test, &columns)).await?;
        let keys_in = |files: &[PathBuf]| -> EngineResult<LogicalPlan> {
            let limit = Limit::Instead(self.engine.files(files, schema.clone())?);
            limited(keys.clone(), &Limits::from([(model.name.as_str().to_owned(), limit)]))
        };
        let unknown = LogicalPlanBuilder::except(keys_in(&files.new)?, keys_in(&files.replaced)?, false)?;
        let any = DataFrame::new(self.engine.context().state(), unknown.clone()).limit(0, Some(1))?.collect().await?;
        if any.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(Limit::Instead(new));
        }
        let rows = |files| self.engine.context().read_table(files).map(DataFrame::into_unoptimized_plan);
        let staying = rows(self.engine.files(&files.staying, schema.clone())?)?;
        let both = LogicalPlanBuilder::from(rows(new)?).union(like(staying, unknown, &columns)?)?;
        Ok(Limit::Rows(both.build()?))
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
