//! `rihla check`

use std::io::IsTerminal;

use serde_json::json;

use super::args::Args;
use super::render::plural;
use super::{Terminal, closed, wants_colour};
use crate::clock;
use crate::error::Result;
use crate::{report, run};

/// Checks the project.
pub async fn check(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = report::check(&args.project).await?;
    run::describe(&prepared, &clock::from_environment()?);
    // The process ends after this: to give thousands of plans back piece by piece would only take time.
    let prepared = std::mem::ManuallyDrop::new(prepared);
    let (project, models) = (&prepared.project, &prepared.checked.models);
    if terminal.json {
        let value = json!({"project": project.name, "pipelines": project.pipelines.len(), "offices": project.offices.len(), "models": models.len(), "faults": [],
            "warnings": prepared.warnings.iter().map(crate::diagnostic::Fault::to_json).collect::<Vec<_>>()});
        writeln!(terminal.out, "{value}").map_err(closed)?;
        return Ok(0);
    }
    let tests: usize = models.iter().map(|model| model.tests.len()).sum();
    for warning in &prepared.warnings {
        writeln!(terminal.out, "{}\n", warning.render(wants_colour(args.color, std::io::stdout().is_terminal()))).map_err(closed)?;
    }
    writeln!(
        terminal.out,
        "{}: no faults in {}, {}, {} and {}",
        project.name,
        plural(project.pipelines.len() as u64, "pipeline", "pipelines"),
        plural(project.code_lists.len() as u64, "code list", "code lists"),
        plural(models.len() as u64, "model", "models"),
        plural(tests as u64, "test", "tests"),
    )
    .map_err(closed)?;
    if !prepared.warnings.is_empty() {
        writeln!(terminal.out, "{}", plural(prepared.warnings.len() as u64, "warning", "warnings")).map_err(closed)?;
    }
    Ok(0)
}
