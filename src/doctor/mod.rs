//! Whether everything is in order that loads stand on: the project, this machine, the key, the warehouse, the sources, the
//! schedule. Each thing that is not has a remedy.
//!
//! Guarantees: nothing is changed; what is written to try the disk is taken away again. No secret and no value of a row is told.

mod files;
mod ledger;
mod machine;
mod place;
mod sources;

use std::path::Path;

use serde::Serialize;

use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::run::check_project;

/// How it stands with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is in order.
    Well,
    /// Loads go on, but somebody should look.
    Warning,
    /// Loads fail, or will.
    Fault,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at, such as `key` or `source fixtures/extracts`.
    pub what: String,
    /// How it stands with it.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing where it is well.
    pub remedy: Option<String>,
}

impl Finding {
    fn well(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Well, found: found.into(), remedy: None }
    }

    fn warning(what: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn fault(what: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Fault, found: found.into(), remedy: Some(remedy.into()) }
    }

    /// The finding of an error, whose first hint is the remedy.
    fn of_error(what: impl Into<String>, error: &Error) -> Self {
        let found = std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": ");
        let remedy = error.hints().first().map_or_else(|| "mend what it says and ask again".to_owned(), |hint| (*hint).to_string());
        Self::fault(what, found, remedy)
    }
}

/// Looks at everything; reads the files of tables through as well where `reads_files` says so. Without a project that is in
/// order only the machine is looked at.
///
/// # Errors
/// Where no client of the web can be made.
pub async fn examine(root: &Path, clock: &SharedClock, reads_files: bool) -> Result<Vec<Finding>> {
    let mut findings = machine::look(clock);
    let prepared = match check_project(root).await {
        Ok(prepared) => prepared,
        Err(error) => {
            let remedy = if error.kind() == Kind::Config { "`rihla check` shows every fault in its place" } else { "name the project's folder by --project" };
            findings.push(Finding::fault("project", error.to_string(), remedy));
            return Ok(findings);
        }
    };
    let project = &prepared.project;
    findings.push(match prepared.warnings.len() {
        0 => Finding::well("project", format!("`{}`: no faults", project.name)),
        count => Finding::warning("project", format!("`{}`: no faults, {count} warnings", project.name), "`rihla check` shows them"),
    });
    findings.extend(place::look(project, clock).await);
    if reads_files {
        findings.extend(files::look(project, clock).await);
    }
    findings.extend(sources::look(project, clock.now()).await?);
    findings.extend(ledger::look(project, clock.now()).await);
    Ok(findings)
}
