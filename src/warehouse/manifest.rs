//! What a release says: the forms of its manifest, a Data Package descriptor, and of what was built last.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::partitioned::PartitionedBuild;
use crate::contract::Measure;
use crate::period::Period;
use crate::store::hash_of_file;

/// A release: a Data Package descriptor with what rihla adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The profile of Data Package 2.
    #[serde(rename = "$schema")]
    pub profile: String,
    /// `<project>-000001`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The tier, and what it means.
    pub description: String,
    /// The release's number.
    pub version: String,
    /// When it was made.
    pub created: String,
    /// The tables.
    pub resources: Vec<Resource>,
    /// What the standard has no word for.
    pub rihla: Provenance,
}

/// What a release was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The release's number.
    pub release: u64,
    /// `restricted`: nothing is withheld, for the owner's eyes only.
    pub tier: String,
    /// The run that made it.
    pub run_id: String,
    /// The moment up to which deliveries are known: the latest one's.
    pub known_until: String,
    /// The versions of the tables behind it, pinned and never copied.
    pub pins: BTreeMap<String, u64>,
    /// What feeds, code lists and references were by definition: a hash of each that models read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<String, String>,
    /// The person-level tables that models share; they are not part of the release.
    pub staging: Vec<Resource>,
    /// The tests that were run, with their results.
    pub tests: Vec<TestResult>,
    /// The content of every table that models read and do not make, as its fingerprint, by the table's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// Receipts by which tables of this release were written anew after it was made: people erased, the key rotated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reissued: Vec<String>,
    /// Periods whose figures are final in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<ClosedPeriod>,
    /// Changes of closed periods that it brings, with who approved them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restated: Vec<RestatedPeriod>,
    /// Excuses for want of which reports would have been missing when it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excuses: Vec<UsedExcuse>,
    /// The earlier release that it says again, where it is a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<RolledBack>,
}

/// A period whose figures are final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedPeriod {
    /// The period.
    pub period: String,
    /// Since when.
    pub on: chrono::NaiveDate,
}

/// A change of a closed period that somebody approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestatedPeriod {
    /// The closed period.
    pub period: String,
    /// What the run that held it called the change.
    pub change: String,
    /// Why.
    pub cause: String,
    /// Who approved it.
    pub approver: String,
}

/// Reports that had not come when a release was made and did not have to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedExcuse {
    /// The office.
    pub office: String,
    /// The feed.
    pub feed: String,
    /// The months of the reports, oldest first; not empty.
    pub periods: Vec<String>,
    /// Why they did not have to come.
    pub reason: String,
    /// Who approved it.
    pub approver: String,
    /// The day of the decision.
    pub on: chrono::NaiveDate,
}

/// What a rollback went back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledBack {
    /// The release whose tables are current again.
    pub release: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A table of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The table's name.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// The file.
    pub path: String,
    /// `parquet`
    pub format: String,
    /// `application/vnd.apache.parquet`
    pub mediatype: String,
    /// `utf-8`, for text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// How a CSV file is to be read, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// The file's size.
    pub bytes: u64,
    /// `sha256:` and the hash of the file.
    pub hash: String,
    /// Its columns.
    pub schema: TableSchema,
    /// What the standard has no word for.
    pub rihla: TableFacts,
}

/// A Table Dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Lines that are no rows, from 1: that of the HXL tags.
    #[serde(rename = "commentRows")]
    pub comment_rows: Vec<u32>,
}

/// A Table Schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSchema {
    /// The columns.
    pub fields: Vec<Column>,
    /// The columns that make a row unique.
    #[serde(rename = "primaryKey")]
    pub primary_key: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in the standard's words.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it holds.
    pub description: String,
    /// What holds of every value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Constraints>,
    /// Its HXL tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hxl: Option<String>,
}

/// What holds of every value of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraints {
    /// None is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// It is one of these; any where empty.
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// What a table was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableFacts {
    /// How many rows it has.
    pub rows: u64,
    /// Hash of the model and all it reads; the same means the same table.
    pub fingerprint: String,
    /// Hash of the model alone.
    pub model: String,
    /// The reports that its figures rest on.
    pub reports: Vec<Reports>,
    /// What each measure is.
    pub measures: BTreeMap<String, Measure>,
    /// The same rows as CSV, where the resource is the Parquet file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<FileFacts>,
    /// The same rows as Parquet, where the resource is the CSV file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parquet: Option<FileFacts>,
    /// The files of a person-level table that is made in parts, one for each part; the resource is the folder of them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileFacts>>,
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Where it lies.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// `sha256:` and the hash of the file.
    pub hash: String,
}

/// Reports that figures rest on: of a feed, by offices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// The feed.
    pub feed: String,
    /// The offices, in order of precedence.
    pub offices: Vec<String>,
    /// The rows of the table whose figures rest on them, as a condition; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// True where the figures also rest on the reports of the same months a year before, as changes do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub year_before: bool,
    /// True where the figures rest on every report since case files begin, as those since a start do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cumulative: bool,
}

/// The result of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The model.
    pub model: String,
    /// The test, such as `unique(period)`.
    pub test: String,
    /// `error` or `warn`.
    pub severity: String,
    /// How many rows or groups of rows fail.
    pub failures: u64,
    /// How many may fail and are only told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub threshold: u64,
    /// What a failure means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Why it could not be held against anything, so that nothing fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// True where the result depends on the moment of the run or on the last release, not on the table alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_run: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What was built last, released or not: the tables, by which the next run knows what it need not build again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LastBuild {
    /// Released tables.
    pub tables: Vec<Resource>,
    /// Person-level tables that models share.
    pub staging: Vec<Resource>,
    /// The results of tests.
    pub tests: Vec<TestResult>,
    /// The release that changes were counted from, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<u64>,
    /// How the tables that are made in parts were built, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub partitioned: BTreeMap<String, PartitionedBuild>,
}

impl Manifest {
    /// The day up to which deliveries are known.
    pub fn known_until(&self) -> Option<chrono::NaiveDate> {
        chrono::DateTime::parse_from_rfc3339(&self.rihla.known_until).ok().map(|at| at.to_utc().date_naive())
    }
}

impl Manifest {
    /// Whether the figures of a period are final in it; nothing where it closes no period at all, and then the reports
    /// that have come decide.
    pub fn is_final(&self, period: Period) -> Option<bool> {
        let closed = &self.rihla.closed;
        let holds = |closed: &ClosedPeriod| closed.period.parse().is_ok_and(|closed: Period| closed.holds(period));
        (!closed.is_empty()).then(|| closed.iter().any(holds))
    }
}

impl TestResult {
    /// True where more fails than may.
    pub fn fails(&self) -> bool {
        self.failures > self.threshold
    }

    /// True where the test stops a release.
    pub fn stops(&self) -> bool {
        self.fails() && self.severity == "error"
    }

    /// The test without its result.
    #[must_use]
    pub fn unrun(&self) -> Self {
        Self { failures: 0, threshold: 0, note: None, ..self.clone() }
    }
}

impl Resource {
    /// The paths of the files of a person-level table.
    pub fn staging_paths(&self) -> impl Iterator<Item = &str> {
        let whole = self.rihla.files.is_none().then_some(self.path.as_str());
        whole.into_iter().chain(self.rihla.files.iter().flatten().map(|file| file.path.as_str()))
    }

    /// True where a file has the content that the hash says.
    pub fn is_content_of(&self, file: &Path) -> bool {
        is_content(file, self.bytes, &self.hash)
    }
}

impl FileFacts {
    /// True where a file has the content that the hash says.
    pub fn is_content_of(&self, file: &Path) -> bool {
        is_content(file, self.bytes, &self.hash)
    }
}

fn is_content(file: &Path, bytes: u64, hash: &str) -> bool {
    let has_size = std::fs::metadata(file).is_ok_and(|facts| facts.len() == bytes);
    has_size && hash_of_file(file).is_ok_and(|found| hash == format!("sha256:{found}"))
}
