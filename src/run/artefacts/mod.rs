//! What dbt's tools read: `target/manifest.json` (the project) and `target/run_results.json` (the last run).
//!
//! In the shape of dbt's schemas manifest v12 and run-results v6. Holds names, descriptions, SQL and counts; no value of
//! any row save what the engine quotes when a model fails.

mod ids;
mod manifest;
mod nodes;
mod results;

pub use results::last_results;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::RunReport;
use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};
use crate::model::Checked;
use crate::project::Project;
use crate::store::files;

/// The folder of artefacts below the project's.
const FOLDER: &str = "target";

/// The version of dbt whose shapes these are.
const DBT_VERSION: &str = "1.10.0";

/// When and by what artefacts are made.
pub struct Making {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The run, where it is one.
    pub run_id: Option<String>,
}

impl Making {
    /// The metadata that every artefact opens with.
    fn metadata(&self, schema: &str) -> Value {
        json!({
            "dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{schema}.json"),
            "dbt_version": DBT_VERSION,
            "generated_at": moment(self.at),
            "invocation_id": self.run_id,
            "env": {"RIHLA_VERSION": env!("CARGO_PKG_VERSION")},
        })
    }
}

/// Writes what the project is.
///
/// # Errors
/// `Unavailable` where the folder cannot be written.
pub fn write_manifest(project: &Project, checked: &Checked, making: &Making) -> Result<()> {
    write(project, "manifest.json", manifest::manifest(project, checked, making))
}

/// Writes how a run ended that came to its models.
///
/// # Errors
/// `Unavailable` where the folder cannot be written.
pub fn write_results(project: &Project, checked: &Checked, report: &RunReport, started: DateTime<Utc>, making: &Making) -> Result<()> {
    write(project, results::FILE, serde_json::to_vec(&results::results(project, checked, report, started, making)))
}

/// A moment as dbt writes it.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Where an artefact stands.
pub(super) fn place(project: &Project, name: &str) -> PathBuf {
    project.root.join(FOLDER).join(name)
}

/// Writes a file in one step.
///
/// # Errors
/// `Unavailable` where the folder cannot be written.
pub(super) fn write(project: &Project, name: &str, written: serde_json::Result<Vec<u8>>) -> Result<()> {
    let path = place(project, name);
    let what = || format!("cannot write `{FOLDER}/{name}`");
    let mut bytes = written.map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
    bytes.push(b'\n');
    let draft = path.with_file_name(format!("{name}.{}", hex::encode(random_bytes::<6>())));
    let write = |draft: &Path| {
        files::make_folder(&project.root.join(FOLDER))?;
        files::write(draft, &bytes)?;
        files::rename(draft, &path)
    };
    write(&draft).map_err(|cause| {
        let _ = files::remove_file(&draft);
        error::io(what(), cause)
    })
}
