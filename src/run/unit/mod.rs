//! Unit tests of models: given what offices delivered, or the rows of tables, and a fixed day, what must come out.
//!
//! Guarantees: deliveries become revisions and current rows by the same code as real ones; only what is expected is
//! built, in memory; no warehouse and no key is touched. Refuses rows that no loaded table can hold.

mod cells;
mod deliveries;
mod differ;
mod feed_rows;
mod perform;
mod resolve;
mod scenario;
mod shared;
mod sheet;
mod tables;
mod text_table;

pub use differ::{Cells, Difference, RowDifference};
pub use perform::{Held, Performed, Problem};
pub use resolve::FOLDER;
pub use scenario::Scenario;

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use futures::executor::block_on;

use super::prepare::{check_project_and, read_references};
use super::rulebook::Rulebook;
use crate::diagnostic::{Fault, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::model::Checked;
use crate::parallel;
use crate::project::Project;
use perform::{Stage, perform};
use shared::Shared;
use tables::Tables;

/// What rows of a scenario say of the run that loaded them, and the folder of their extracts.
const TEST: &str = "test";

/// A project's scenarios, ready to be performed.
pub struct Bench {
    stage: Arc<Stage>,
    scenarios: Vec<Arc<Scenario>>,
}

/// Models that no scenario expects anything of.
#[derive(Debug, Default, serde::Serialize)]
pub struct Untested {
    /// Released tables.
    pub tables: Vec<String>,
    /// Person-level results that they share.
    pub staging: Vec<String>,
}

/// Checks every scenario of a project; of models with faults nothing is known, and only the form is checked.
///
/// # Errors
/// `Internal` where the engine cannot be used at all.
pub fn check(project: &Project, checked: Option<&Checked>, faults: &mut Vec<Fault>) -> Result<Vec<Scenario>> {
    let written = resolve::read(project, faults);
    let Some(checked) = checked.filter(|_| !written.is_empty()) else { return Ok(Vec::new()) };
    let tables = Tables::of(project, checked)?;
    let resolved = parallel::each(&written, |written| {
        let mut told = Vec::new();
        // Nothing is waited for: the tables are in memory, and have no rows.
        (block_on(resolve::resolve(&tables, written, &mut told)), told)
    });
    let mut scenarios = Vec::new();
    for (scenario, told) in resolved {
        faults.extend(told);
        scenarios.extend(scenario?);
    }
    Ok(scenarios)
}

impl Bench {
    /// Checks a project, its models and its scenarios.
    ///
    /// # Errors
    /// `Config` with every fault found; `Data` where a reference table has one.
    pub async fn open(root: &Path) -> Result<Self> {
        let mut scenarios = Vec::new();
        let prepared = check_project_and(root, async |project, checked, faults| {
            scenarios = check(project, checked, faults)?;
            Ok(())
        })
        .await?;
        let references = read_references(&prepared.project)?;
        let stage = Arc::new(Stage {
            project: prepared.project,
            checked: Arc::new(prepared.checked),
            rulebook: Rulebook::default(),
            references,
            shared: Shared::default(),
        });
        Ok(Self { stage, scenarios: scenarios.into_iter().map(Arc::new).collect() })
    }

    /// The scenarios, in order of their names.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter().map(AsRef::as_ref)
    }

    /// The models that no scenario expects anything of, by name.
    pub fn untested(&self) -> Untested {
        let is_tested = |name: &str| self.scenarios().any(|scenario| scenario.expected.iter().any(|expected| expected.table == name));
        let mut untested = Untested::default();
        for model in self.stage.checked.models.iter().filter(|model| !is_tested(model.name.as_str())) {
            if model.is_staging { &mut untested.staging } else { &mut untested.tables }.push(model.name.as_str().to_owned());
        }
        untested.tables.sort();
        untested.staging.sort();
        untested
    }

    /// How many models there are.
    pub fn models(&self) -> usize {
        self.stage.checked.models.len()
    }

    /// Performs the scenarios of these names, or that expect something of tables of these names; all where none is named.
    ///
    /// # Errors
    /// `Input` where nothing has one of the names; `Internal` where a scenario did not end.
    pub async fn perform(&self, names: &[String]) -> Result<Vec<Performed>> {
        let is_meant = |scenario: &Scenario, name: &str| scenario.name == name || scenario.expected.iter().any(|expected| expected.table == name);
        if let Some(unknown) = names.iter().find(|name| !self.scenarios().any(|scenario| is_meant(scenario, name))) {
            return Err(self.unknown(unknown));
        }
        let chosen = self.scenarios.iter().filter(|scenario| names.is_empty() || names.iter().any(|name| is_meant(scenario, name)));
        let begun = futures::stream::iter(chosen.cloned()).map(|scenario| {
            let stage = self.stage.clone();
            // A task of its own, so that scenarios run on all cores.
            tokio::spawn(async move { perform(&stage, &scenario).await })
        });
        let most = parallel::cores();
        let ended: Vec<_> = begun.buffered(most).collect().await;
        ended.into_iter().map(|performed| performed.map_err(|cause| Error::new(Kind::Internal, "a unit test did not end").because(cause))).collect()
    }

    fn unknown(&self, name: &str) -> Error {
        let tables = self.scenarios().flat_map(|scenario| scenario.expected.iter().map(|expected| expected.table.as_str()));
        let names: Vec<&str> = self.scenarios().map(|scenario| scenario.name.as_str()).chain(tables).collect();
        let hint = match (did_you_mean(name, names.iter().copied()), self.stage.checked.model(name)) {
            (_, Some(_)) => format!("the model has none yet: write one in {FOLDER}"),
            (Some(hint), None) => hint,
            (None, None) => format!("name a file of {FOLDER} without its ending, or a table that one expects something of"),
        };
        Error::new(Kind::Input, format!("there is no unit test `{name}`")).hint(hint)
    }
}
