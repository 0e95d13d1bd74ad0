//! Tests that are of the run, and the rows that fail tests of what was built last, released or held back.

use arrow::record_batch::RecordBatch;

use super::prepare::{Prepared, fill};
use crate::clock::SharedClock;
use crate::diagnostic::did_you_mean;
use crate::engine::{Engine, PREVIOUS};
use crate::error::{Error, Kind, Result};
use crate::model::{self, Check, Checked, Model, Moment, keys_across, model_hash};
use crate::project::Project;
use crate::warehouse::{LastBuild, Manifest, Resource, TestResult, Warehouse};

/// What is asked of the tests.
#[derive(Debug, Clone, Copy)]
pub struct AuditQuestion<'a> {
    /// Only those of this table.
    pub table: Option<&'a str>,
    /// Only those of which anything fails.
    pub only_failing: bool,
    /// How many failing rows of each are wanted; all where absent.
    pub rows: Option<usize>,
}

/// The tests of what was built last.
#[derive(Debug)]
pub struct Audit {
    /// The newest release, where there is one.
    pub release: Option<u64>,
    /// True where that release says what was built last.
    pub is_released: bool,
    /// The release that changes are counted from, where there was one.
    pub against: Option<u64>,
    /// The tests that were asked for, table by table.
    pub tests: Vec<Audited>,
    /// How many tests there are of the tables that were asked for.
    pub count: usize,
}

/// A test with the rows that fail it.
#[derive(Debug)]
pub struct Audited {
    /// The test and its result.
    pub result: TestResult,
    /// Failing rows, or groups of rows, as many as were asked for; none where nothing fails.
    pub rows: Vec<RecordBatch>,
    /// Why failing rows cannot be shown.
    pub unshown: Option<String>,
}

/// The moment of a run, and the day that it is where the project is.
pub fn moment(project: &Project, clock: &SharedClock) -> Moment {
    let now = clock.now();
    Moment { now, today: now.with_timezone(&project.timezone).date_naive() }
}

/// The number of the release before another.
pub async fn release_before(warehouse: &Warehouse, release: Option<&Manifest>) -> Result<Option<u64>> {
    let numbers = warehouse.release_numbers().await?;
    Ok(release.and_then(|release| numbers.into_iter().rfind(|number| *number < release.rihla.release)))
}

/// Runs the tests that are of the run on what was built; the engine has its tables.
///
/// # Errors
/// As running a test says.
pub async fn audit_run(checked: &Checked, warehouse: &Warehouse, engine: &Engine, moment: Moment, built: &mut LastBuild) -> Result<()> {
    let previous = previous(warehouse, built.against).await?;
    // What failed or is out of date has no table to test.
    let is_tested = |model: &Model| model.tests.iter().any(model::Test::is_of_run) && engine.has(model.name.as_str());
    for (model, schema) in checked.models.iter().zip(&checked.schemas).filter(|(model, _)| is_tested(model)) {
        let before = add_previous(engine, warehouse, model, previous.as_ref()).await?;
        model::audit_of_run(engine, model, schema, moment, before, &mut built.tests).await?;
    }
    Ok(())
}

async fn previous(warehouse: &Warehouse, number: Option<u64>) -> Result<Option<Manifest>> {
    match number {
        Some(number) => warehouse.release(number).await.map(Some),
        None => Ok(None),
    }
}

/// Adds the table that a release has of a model, where a test holds the model against it.
async fn add_previous<'m>(engine: &Engine, warehouse: &Warehouse, model: &Model, previous: Option<&'m Manifest>) -> Result<Option<(u64, &'m Resource)>> {
    let tests_changes = model.tests.iter().any(|test| matches!(test.check, Check::Change(_)));
    let Some(release) = previous.filter(|_| tests_changes) else { return Ok(None) };
    let Some(table) = release.resources.iter().find(|table| table.name == model.name.as_str()) else { return Ok(None) };
    // Several tests of a model may ask for it.
    if !engine.has_in(PREVIOUS, &table.name) {
        engine.add_parquet_to(PREVIOUS, &table.name, &warehouse.resource_file(table)).await?;
    }
    Ok(Some((release.rihla.release, table)))
}

/// The tests of what was built last, with the rows that fail them.
///
/// # Errors
/// `Input` where nothing was built yet or there is no such table; as reading the warehouse and running a test say.
pub async fn audited(prepared: &Prepared, clock: SharedClock, question: AuditQuestion<'_>) -> Result<Audit> {
    let warehouse = Warehouse::open(&prepared.project, clock).await?;
    let built = warehouse.last_build().await?;
    if built.tables.is_empty() && built.staging.is_empty() && built.tests.is_empty() {
        return Err(
            Error::new(Kind::Input, "there is nothing built that could have been tested").hint("run `rihla run`, which builds the tables and tests them")
        );
    }
    check_table(prepared, &built, question.table)?;
    let release = warehouse.latest_release().await?;
    let of_table = |test: &&TestResult| question.table.is_none_or(|table| test.model == table);
    let asked: Vec<&TestResult> = built.tests.iter().filter(of_table).collect();
    let engine = match asked.iter().any(|test| test.failures > 0) {
        true => Some(engine(prepared, &warehouse, &built).await?),
        false => None,
    };
    let mut audit = Audit {
        release: release.as_ref().map(|release| release.rihla.release),
        is_released: release
            .as_ref()
            .is_some_and(|release| super::release::is_same(release, &built, &super::closing::closed_now(&prepared.project, &warehouse))),
        against: built.against,
        tests: Vec::new(),
        count: asked.len(),
    };
    let previous = previous(&warehouse, built.against).await?;
    for result in asked.into_iter().filter(|test| !question.only_failing || test.failures > 0) {
        let mut one = Audited { result: result.clone(), rows: Vec::new(), unshown: None };
        if let Some(engine) = engine.as_ref().filter(|_| result.failures > 0) {
            let asked = Shown { prepared, warehouse: &warehouse, engine, built: &built, previous: previous.as_ref(), rows: question.rows };
            match asked.rows_of(result).await? {
                Some(rows) => one.rows = rows,
                None => one.unshown = Some(Shown::why_not(result)),
            }
        }
        audit.tests.push(one);
    }
    Ok(audit)
}

fn check_table(prepared: &Prepared, built: &LastBuild, table: Option<&str>) -> Result<()> {
    let Some(name) = table else { return Ok(()) };
    let built_names = built.tables.iter().chain(&built.staging).map(|table| table.name.as_str());
    // Feeds whose keys refer to others are tested too.
    let names: Vec<&str> = built_names.chain(built.tests.iter().map(|test| test.model.as_str())).collect();
    if names.contains(&name) {
        return Ok(());
    }
    let hint = match prepared.checked.model(name) {
        Some(_) => "it was not built yet: run `rihla run`".to_owned(),
        None => did_you_mean(name, names.iter().copied()).unwrap_or_else(|| "`rihla tables` shows them".to_owned()),
    };
    Err(Error::new(Kind::Input, format!("there is no table `{name}` among those built last")).hint(hint))
}

/// An engine with all that models read and all that was built.
async fn engine(prepared: &Prepared, warehouse: &Warehouse, built: &LastBuild) -> Result<Engine> {
    let engine = Engine::new(prepared.project.memory_mib)?;
    let submissions = warehouse.read_submissions().await?;
    fill(&engine, &prepared.project, warehouse, &submissions, None).await?;
    for table in &built.tables {
        engine.add_parquet(&table.name, &warehouse.resource_file(table)).await?;
    }
    for table in &built.staging {
        engine.add_files(&table.name, &warehouse.staging_files(table), prepared.checked.schema(&table.name))?;
    }
    Ok(engine)
}

/// What is needed to show failing rows.
struct Shown<'a> {
    prepared: &'a Prepared,
    warehouse: &'a Warehouse,
    engine: &'a Engine,
    built: &'a LastBuild,
    previous: Option<&'a Manifest>,
    rows: Option<usize>,
}

impl Shown<'_> {
    /// The rows that fail a test; nothing where the project has another model by now.
    async fn rows_of(&self, result: &TestResult) -> Result<Option<Vec<RecordBatch>>> {
        if is_of_feed(result) {
            return self.rows_of_key(result).await;
        }
        let checked = &self.prepared.checked;
        let found = checked.models.iter().zip(&checked.schemas).find(|(model, _)| model.name.as_str() == result.model);
        let Some((model, schema)) = found else { return Ok(None) };
        let tables = self.built.tables.iter().chain(&self.built.staging);
        let is_as_built = tables.into_iter().any(|table| table.name == result.model && table.rihla.model == model_hash(model));
        let test = model.tests.iter().find(|test| test.name() == result.test && test.severity.as_str() == result.severity);
        let Some(test) = test.filter(|_| is_as_built) else { return Ok(None) };
        if matches!(test.check, Check::Change(_)) && add_previous(self.engine, self.warehouse, model, self.previous).await?.is_none() {
            return Ok(None);
        }
        let moment = moment(&self.prepared.project, self.warehouse.clock());
        model::failing(self.engine, model, schema, test, moment, self.rows).await.map(Some)
    }

    /// The rows of a feed that refer to nothing; nothing where the schema has another key by now, or others are loaded.
    async fn rows_of_key(&self, result: &TestResult) -> Result<Option<Vec<RecordBatch>>> {
        let keys = keys_across(&self.prepared.project);
        let Some(key) = keys.iter().find(|key| key.table() == result.model && key.name() == result.test) else { return Ok(None) };
        if key.count(self.engine).await? != result.failures {
            return Ok(None);
        }
        key.failing(self.engine, self.rows).await.map(Some)
    }

    fn why_not(result: &TestResult) -> String {
        let what = if is_of_feed(result) { "the feeds are not as they were when this was audited" } else { "the model is not as it was when this was built" };
        format!("{what}: `rihla run` tests it anew")
    }
}

/// True for audits of keys across feeds: models have no schema before their names.
fn is_of_feed(result: &TestResult) -> bool {
    result.model.contains('.')
}
