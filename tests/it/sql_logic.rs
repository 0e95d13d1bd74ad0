//! Identities of the released tables: every `tests/sql/*.slt` runs against the release of the real project.
//!
//! The files hold no published figure (those are control totals); they say what must hold whatever the figures are.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use rihla::clock::FixedClock;
use rihla::engine::Engine;
use rihla::warehouse::Warehouse;
use serde_json::Value;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

use crate::support::{NOW, loaded, repository};

/// The tables of the latest release of the loaded project.
struct Release(Engine);

impl Release {
    async fn open() -> Self {
        let project = rihla::project::load(&loaded().path("")).expect("the project");
        let clock = Arc::new(FixedClock(NOW.parse().expect("an instant")));
        let warehouse = Warehouse::open(&project, clock).await.expect("the warehouse");
        let release = warehouse.latest_release().await.expect("releases").expect("a release");
        Self(rihla::run::open_release(&project, &warehouse, &release).await.expect("an engine"))
    }
}

#[async_trait]
impl AsyncDB for Release {
    type Error = datafusion::error::DataFusionError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Self::ColumnType>, Self::Error> {
        let frame = self.0.context().sql(sql).await?;
        let width = frame.schema().fields().len();
        let mut rows = Vec::new();
        for batch in frame.collect().await? {
            let options = FormatOptions::default().with_null("NULL");
            let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<Vec<_>, _>>()?;
            rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()));
        }
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Any; width], rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "datafusion"
    }
}

/// The files, by name.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository("tests/sql")).expect("tests/sql");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "slt"));
    files.sort();
    files
}

/// The tables of the release, as its descriptor has them.
fn released() -> Vec<Value> {
    let text = std::fs::read(loaded().path("warehouse/released/latest/datapackage.json")).expect("a descriptor");
    let descriptor: Value = serde_json::from_slice(&text).expect("JSON");
    descriptor["resources"].as_array().expect("tables").clone()
}

#[test]
fn every_identity_holds() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut wrong = Vec::new();
    for path in files() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a text file");
        let mut runner = Runner::new(|| async { Ok(Release::open().await) });
        // Record by record, so that one that fails does not hide the next.
        for record in sqllogictest::parse_with_name::<DefaultColumnType>(&text, name.as_str()).expect("sqllogictest") {
            if let Err(error) = runtime.block_on(runner.run_async(record)) {
                wrong.push(format!("{error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} identities do not hold:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_released_table_has_identities() {
    let texts: String = files().iter().map(|path| std::fs::read_to_string(path).expect("a text file")).collect();
    for table in released() {
        let name = table["name"].as_str().expect("a name");
        let named = texts.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == name);
        assert!(named, "no file of tests/sql asks `{name}`");
    }
}

/// Whatever a released table is for, it counts people; it never tells of one. What checks found is the one exception:
/// it points at rows of extracts, which only their office can open, and says nothing of the person in them.
#[test]
fn no_released_table_has_a_column_of_a_person() {
    for table in released() {
        for column in table["schema"]["fields"].as_array().expect("columns") {
            let name = column["name"].as_str().expect("a name");
            let is_of_a_person = ["person_id", "case_id", "record_id", "case_number", "person_number", "birth_date", "age", "sex", "source_row", "source_path"];
            let points_at_a_row = table["name"] == "audit_findings" && ["record_id", "source_row", "source_path"].contains(&name);
            assert!(points_at_a_row || !is_of_a_person.contains(&name), "{} has a column `{name}`", table["name"]);
        }
    }
}
