//! A scenario performed: its tables filled, the models that it needs run in memory, what came out compared.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;

use super::cells::texts;
use super::deliveries::{Delivered, deliver};
use super::differ::{Cells, Difference, compare};
use super::resolve::quoted;
use super::scenario::{Expected, Scenario};
use super::shared::{MadeOf, Shared};
use crate::clock::Stopwatch;
use crate::contract::loaded_schema;
use crate::engine::Engine;
use crate::error::{self, Result};
use crate::model::{Checked, Filler, in_memory};
use crate::project::Project;
use crate::run::rulebook::Rulebook;

/// What scenarios are performed with.
pub struct Stage {
    /// The project.
    pub project: Arc<Project>,
    /// Its models.
    pub checked: Arc<Checked>,
    /// What deliveries are judged by.
    pub rulebook: Rulebook,
    /// Its reference tables.
    pub references: Vec<(String, RecordBatch)>,
    /// Results of models that do not differ between scenarios.
    pub shared: Shared,
}

/// Something that a scenario did not say, or that kept it from going on.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Problem {
    /// The line in the scenario.
    pub line: usize,
    /// What it is.
    pub message: String,
    /// What led to it.
    pub reasons: Vec<String>,
}

/// How a table held against what was expected of it.
#[derive(Debug, serde::Serialize)]
pub struct Held {
    /// The table.
    pub table: String,
    /// The line of the expectation in the scenario.
    pub line: usize,
    /// How it differs; nothing where it is as expected.
    pub difference: Option<Difference>,
}

/// A scenario performed.
#[derive(Debug)]
pub struct Performed {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// Its file.
    pub file: String,
    /// What went otherwise than it says.
    pub problems: Vec<Problem>,
    /// Its expectations; none where a problem kept it from going on.
    pub held: Vec<Held>,
    /// How long it took.
    pub took: Duration,
}

impl Performed {
    /// True where everything is as expected.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty() && self.held.iter().all(|held| held.difference.is_none())
    }
}

/// Performs a scenario; whatever fails in it is a problem of it.
pub async fn perform(stage: &Stage, scenario: &Scenario) -> Performed {
    let watch = Stopwatch::start();
    let mut performed = Performed {
        name: scenario.name.clone(),
        description: scenario.description.clone(),
        file: scenario.file.path.clone(),
        problems: Vec::new(),
        held: Vec::new(),
        took: Duration::ZERO,
    };
    if let Err(error) = stage.act(scenario, &mut performed).await {
        let reasons = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let reasons = reasons.filter_map(|cause| cause.to_string().lines().next().map(str::to_owned)).collect();
        performed.problems.push(Problem { line: 1, message: error.to_string(), reasons });
    }
    performed.took = watch.elapsed();
    performed
}

impl Stage {
    async fn act(&self, scenario: &Scenario, performed: &mut Performed) -> Result<()> {
        let delivered = deliver(&self.project, &self.rulebook, scenario)?;
        performed.problems.extend(delivered.problems.iter().cloned());
        let engine = Engine::small(self.project.memory_mib)?;
        let needed = self.needed(scenario);
        tracing::debug!(scenario = scenario.name, "delivered");
        self.fill(&engine, scenario, &delivered, &needed).await?;
        tracing::debug!(scenario = scenario.name, "filled");
        let mut made_of = MadeOf::new(scenario);
        for (model, schema) in self.checked.models.iter().zip(&self.checked.schemas) {
            let name = model.name.as_str();
            if needed.contains(name) && !is_given(scenario, name) {
                let key = made_of.model(model);
                let table = match self.shared.get(key.as_ref()) {
                    Some(table) => table,
                    None => self.shared.keep(key, in_memory(&engine, model, schema).await?),
                };
                engine.add(None, name, table)?;
                tracing::debug!(scenario = scenario.name, model = name, "built");
            }
        }
        for expected in &scenario.expected {
            let difference = compare(expected, found(&engine, expected).await?);
            performed.held.push(Held { table: expected.table.clone(), line: expected.line, difference });
        }
        Ok(())
    }

    /// The tables that a scenario needs: those expected, and all they are made of, but for what is given.
    fn needed(&self, scenario: &Scenario) -> BTreeSet<String> {
        let mut needed: BTreeSet<String> = scenario.expected.iter().map(|expected| expected.table.clone()).collect();
        // Models stand after what they read, so that one look from the end finds all.
        for model in self.checked.models.iter().rev() {
            if needed.contains(model.name.as_str()) && !is_given(scenario, model.name.as_str()) {
                needed.extend(model.selects_from().map(str::to_owned));
            }
        }
        needed
    }

    async fn fill(&self, engine: &Engine, scenario: &Scenario, delivered: &Delivered, needed: &BTreeSet<String>) -> Result<()> {
        for (name, batch) in &scenario.given {
            let what = || format!("cannot prepare `{name}`");
            let table = MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).map_err(|cause| error::engine(what(), cause))?;
            match name.split_once('.') {
                Some((schema, table_name)) => engine.add(Some(schema), table_name, Arc::new(table))?,
                None => engine.add(None, name, Arc::new(table))?,
            }
        }
        let wanted: BTreeSet<String> = needed.iter().filter(|name| !is_given(scenario, name)).cloned().collect();
        let mut filler = Filler::new(engine, &self.project, &delivered.submissions);
        filler.wanted = Some(&wanted);
        filler.until = Some(scenario.today);
        for pipeline in &self.project.pipelines {
            let feed = pipeline.contract.feed.as_str();
            if wanted.contains(&format!("feeds.{feed}")) {
                let rows = delivered.rows.get(feed).cloned().unwrap_or_default();
                let what = || format!("cannot prepare the feed `{feed}`");
                let loaded = MemTable::try_new(loaded_schema(&pipeline.contract), vec![rows]).map_err(|cause| error::engine(what(), cause))?;
                filler.feed(&pipeline.contract, Arc::new(loaded)).await?;
            }
        }
        filler.rest(self.references.clone()).map(|_| ())
    }
}

pub(super) fn is_given(scenario: &Scenario, table: &str) -> bool {
    scenario.given.iter().any(|(name, _)| name == table)
}

/// The rows of a table that an expectation looks at.
async fn found(engine: &Engine, expected: &Expected) -> Result<Vec<Cells>> {
    let what = || format!("cannot look at the table `{}`", expected.table);
    let columns = expected.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let condition = expected.condition.as_ref().map_or_else(String::new, |condition| format!(" WHERE {condition}"));
    let sql = format!("SELECT {columns} FROM {}{condition}", quoted(&expected.table));
    let frame = engine.context().sql(&sql).await.map_err(|cause| error::engine(what(), cause))?;
    let mut rows = Vec::new();
    for batch in frame.collect().await.map_err(|cause| error::engine(what(), cause))? {
        let columns: Vec<Vec<Option<String>>> = batch.columns().iter().map(texts).collect::<Result<_>>()?;
        rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect::<Cells>()));
    }
    Ok(rows)
}
