//! `rihla rollback`

use serde_json::json;

use super::args::Args;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::project;
use crate::run;

/// Make an earlier release current again
///
/// Its tables are released again under a new number; no release is taken away. Runs then load what comes and release
/// nothing, so that none undoes it, until `rihla rollback --clear`.
///
///   rihla rollback 3 --note "the returns of May stand twice"
///   rihla rollback --clear
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The release: its number or a tag
    #[arg(required_unless_present = "clear", conflicts_with = "clear")]
    release: Option<String>,
    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Let the next run release again
    #[arg(long)]
    clear: bool,
}

/// Rolls back, or lets runs release again.
pub async fn rollback(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let clock = clock::from_environment()?;
    let (value, text) = match options.release.as_deref() {
        Some(release) => {
            let done = run::rollback(&project, release, options.note.clone(), clock).await?;
            let text = format!(
                "released  release {}, which says what release {} says; release {} stays under its number\nruns load and release nothing until `rihla rollback --clear`",
                done.release, done.rolled_back_to, done.before
            );
            (json!(done), text)
        }
        None => {
            let number = run::clear_rollback(&project, options.note.clone(), clock).await?;
            (json!({"release": number, "cleared": true}), format!("the next run releases again; until then release {number} stays"))
        }
    };
    if terminal.json {
        print_json(terminal, &value)?;
    } else {
        writeln!(terminal.out, "{text}").map_err(closed)?;
    }
    Ok(0)
}
