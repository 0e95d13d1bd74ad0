//! What a table is: its columns, what must hold of it, what it is made from, and where its newest release lies.

use std::collections::BTreeSet;

use super::lineage::{Origins, origins};
use crate::clock::SharedClock;
use crate::contract::{CodeList, Measure};
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::model::{self, Check, Model, model_hash};
use crate::project::Project;
use crate::run::Prepared;
use crate::warehouse::{LATEST, Manifest, Reports, Resource, TestResult, Warehouse};

/// Lists of more codes than these are counted, not shown.
const SHORT_LIST: usize = 12;

/// A table in a list.
#[derive(Debug)]
pub struct TableLine {
    /// Its name.
    pub name: String,
    /// Its rows in the newest release; absent where it is in none.
    pub rows: Option<u64>,
    /// What it holds.
    pub description: String,
}

/// A table, documented.
#[derive(Debug)]
pub struct TableDocument {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// True for person-level tables that models share and no release holds.
    pub is_staging: bool,
    /// The words by which it is selected together with others.
    pub tags: Vec<String>,
    /// The columns that make a row unique.
    pub grain: Vec<String>,
    /// Its columns in order.
    pub columns: Vec<ColumnDocument>,
    /// What must hold of it.
    pub tests: Vec<TestDocument>,
    /// The file of its model; absent where the project has none any more.
    pub model: Option<String>,
    /// What it is made from; nothing where the project has no model of it any more.
    pub origins: Origins,
    /// Its place in the newest release.
    pub released: Option<Released>,
}

/// A column, documented.
#[derive(Debug)]
pub struct ColumnDocument {
    /// Its name.
    pub name: String,
    /// Its type in Table Schema's words.
    pub kind: String,
    /// What it holds.
    pub description: String,
    /// Its HXL tag, where it has one.
    pub hxl: Option<String>,
    /// What it measures, where it is a measure.
    pub measure: Option<Measure>,
    /// The values it may hold, where a test says so.
    pub values: Option<Values>,
}

/// The values that a column may hold.
#[derive(Debug)]
pub enum Values {
    /// Codes of a list.
    Codes {
        /// The list's name.
        list: String,
        /// How many codes it has.
        count: usize,
        /// The codes with their English labels; empty where there are many.
        codes: Vec<(String, String)>,
    },
    /// These.
    Accepted(Vec<String>),
}

/// A test, with its result where a release ran it.
#[derive(Debug)]
pub struct TestDocument {
    /// Its name, such as `unique(period)`.
    pub name: String,
    /// `error` or `warn`.
    pub severity: String,
    /// How much may fail, `5` or `2 %`; absent where nothing may.
    pub threshold: Option<String>,
    /// What a failure means.
    pub description: Option<String>,
    /// Its result in the newest release; absent where it was not run.
    pub result: Option<TestResult>,
}

/// A table's place in a release.
#[derive(Debug)]
pub struct Released {
    /// The release's number.
    pub number: u64,
    /// The moment up to which deliveries are known.
    pub known_until: String,
    /// Where people read it; absent for person-level tables, which nobody reads.
    pub file: Option<std::path::PathBuf>,
    /// How many rows it has.
    pub rows: u64,
    /// The reports that its figures rest on.
    pub reports: Vec<Reports>,
    /// True where the model is not as it was when the release was made.
    pub is_outdated: bool,
}

/// The newest release of a project, where there is one, with its warehouse.
///
/// # Errors
/// As opening a warehouse says; none for a project that was never run.
pub async fn newest(project: &Project, clock: SharedClock) -> Result<Option<(Warehouse, Manifest)>> {
    let Some(warehouse) = Warehouse::open_if_any(project, clock).await? else { return Ok(None) };
    Ok(warehouse.latest_release().await?.map(|release| (warehouse, release)))
}

/// The tables that people read: the release's, or those that the models would make.
pub fn tables(prepared: &Prepared, release: Option<&Manifest>) -> Vec<TableLine> {
    let mut lines: Vec<TableLine> = match release {
        Some(release) => {
            let line =
                |resource: &Resource| TableLine { name: resource.name.clone(), rows: Some(resource.rihla.rows), description: resource.description.clone() };
            release.resources.iter().map(line).collect()
        }
        None => {
            let line = |model: &Model| TableLine { name: model.name.as_str().to_owned(), rows: None, description: model.header.description.clone() };
            prepared.checked.models.iter().filter(|model| !model.is_staging).map(line).collect()
        }
    };
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

/// A table documented: by its model, with its place in the newest release.
///
/// # Errors
/// `Input` where neither the project nor the release has it.
pub fn document(prepared: &Prepared, newest: Option<&(Warehouse, Manifest)>, name: &str) -> Result<TableDocument> {
    let released = newest.and_then(|(_, release)| released(&prepared.project, release, name));
    let model = prepared.checked.models.iter().zip(&prepared.checked.schemas).find(|(model, _)| model.name.as_str() == name);
    let Some((model, schema)) = model else {
        let resource = newest.and_then(|(_, release)| release.resources.iter().find(|resource| resource.name == name));
        return resource.map(|resource| without_model(resource, released)).ok_or_else(|| unknown(prepared, newest.map(|(_, release)| release), name));
    };
    let columns = model::columns(model, schema, &prepared.project).into_iter().map(|column| ColumnDocument {
        measure: model.header.measure(&column.name).cloned(),
        values: values(model, &column.name, &prepared.project),
        name: column.name,
        kind: column.kind,
        description: column.description,
        hxl: column.hxl,
    });
    let results = newest.map_or(&[][..], |(_, release)| &release.rihla.tests);
    let tests = model.tests.iter().map(|test| {
        let name = test.name();
        let severity = test.severity.as_str();
        let is_its = |result: &&TestResult| result.model == model.name.as_str() && result.test == name && result.severity == severity;
        let result = results.iter().find(is_its).cloned();
        TestDocument { name, severity: severity.to_owned(), threshold: test.threshold.words(), description: test.description.clone(), result }
    });
    Ok(TableDocument {
        name: name.to_owned(),
        description: model.header.description.clone(),
        is_staging: model.is_staging,
        tags: model.header.tags.iter().map(|tag| tag.get_ref().clone()).collect(),
        grain: model.header.grain.iter().map(|column| column.get_ref().clone()).collect(),
        columns: columns.collect(),
        tests: tests.collect(),
        model: Some(model.file.path.clone()),
        origins: origins(&prepared.checked, model),
        released: released.map(|(released, hash)| Released { is_outdated: hash != model_hash(model), ..released }),
    })
}

fn unknown(prepared: &Prepared, release: Option<&Manifest>, name: &str) -> Error {
    let of_models = prepared.checked.models.iter().map(|model| model.name.as_str());
    let of_release = release.into_iter().flat_map(|release| &release.resources).map(|resource| resource.name.as_str());
    let names: BTreeSet<&str> = of_models.chain(of_release).collect();
    let hint = did_you_mean(name, names).unwrap_or_else(|| "`rihla tables` shows them all".to_owned());
    Error::new(Kind::Input, format!("there is no table `{name}`")).hint(hint)
}

/// A table of the release whose model the project has no more.
fn without_model(resource: &Resource, released: Option<(Released, String)>) -> TableDocument {
    let columns = resource.schema.fields.iter().map(|column| ColumnDocument {
        name: column.name.clone(),
        kind: column.kind.clone(),
        description: column.description.clone(),
        hxl: column.hxl.clone(),
        measure: resource.rihla.measures.get(&column.name).cloned(),
        values: None,
    });
    TableDocument {
        name: resource.name.clone(),
        description: resource.description.clone(),
        is_staging: false,
        tags: Vec::new(),
        grain: resource.schema.primary_key.clone(),
        columns: columns.collect(),
        tests: Vec::new(),
        model: None,
        origins: Origins::default(),
        released: released.map(|(released, _)| Released { is_outdated: true, ..released }),
    }
}

/// The place in a release, and the hash of the model that made it.
fn released(project: &Project, release: &Manifest, name: &str) -> Option<(Released, String)> {
    let in_release = release.resources.iter().find(|resource| resource.name == name);
    let resource = in_release.or_else(|| release.rihla.staging.iter().find(|resource| resource.name == name))?;
    let released = Released {
        number: release.rihla.release,
        known_until: release.rihla.known_until.clone(),
        file: in_release.map(|resource| project.warehouse.join("released").join(LATEST).join(format!("{}.parquet", resource.name))),
        rows: resource.rihla.rows,
        reports: resource.rihla.reports.clone(),
        is_outdated: false,
    };
    Some((released, resource.rihla.model.clone()))
}

/// The values that the tests of a model let a column hold.
fn values(model: &Model, column: &str, project: &Project) -> Option<Values> {
    model.tests.iter().find_map(|test| match &test.check {
        Check::AcceptedCodes(of, list) if of == column => project.code_lists.get(list).map(|list| codes(list)),
        Check::Accepted(of, values) if of == column && test.condition.is_none() => {
            Some(Values::Accepted(values.iter().map(|value| value.trim_matches('\'').replace("''", "'")).collect()))
        }
        _ => None,
    })
}

fn codes(list: &CodeList) -> Values {
    let is_short = list.codes.len() <= SHORT_LIST;
    let shown = list.codes.iter().filter(|_| is_short).map(|code| (code.code.clone(), code.label_en.clone()));
    Values::Codes { list: list.name.clone(), count: list.codes.len(), codes: shown.collect() }
}
