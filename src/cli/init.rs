//! `rihla init`

use std::path::Path;

use serde_json::json;

use super::args::Args;
use super::render::plural;
use super::{Terminal, closed, print_json};
use crate::draft;
use crate::error::Result;

/// Makes a new project folder.
pub fn init(args: &Args, folder: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let folder = folder.unwrap_or(&args.project);
    let started = draft::start(folder)?;
    if terminal.json {
        print_json(terminal, &json!({"project": started.name, "folder": folder, "files": started.files}))?;
        return Ok(0);
    }
    let shown = folder.display();
    let files = plural(started.files.len() as u64, "file", "files");
    writeln!(terminal.out, "made the project {} in {shown}: {files}, with made-up extracts\n\nnext:", started.name).map_err(closed)?;
    for (command, what) in [
        ("check", "looks the project through"),
        ("run", "loads the extracts and makes a release"),
        ("reconcile 2023-Q1", "holds it against a published edition"),
    ] {
        writeln!(terminal.out, "  rihla --project {shown} {command:<18}  {what}").map_err(closed)?;
    }
    writeln!(terminal.out, "\n{shown}/README.md says what comes then").map_err(closed)?;
    Ok(0)
}
