//! `rihla pause` and `rihla resume`

use super::args::Args;
use super::{Terminal, closed};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::project;
use crate::schedule::place::Place;

/// Let a pipeline, or all, start nothing until it is resumed
///
/// What runs goes on; what waits is held; times that fall into the pause are skipped, and `rihla runs` says so. A running
/// scheduler hears it within seconds.
///
///   rihla pause returns --reason "the office mends its extracts"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Pause {
    /// The feed, or `models`; all where absent
    pipeline: Option<String>,
    /// Why, for whoever finds it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// End a pause
///
/// Ends the pause of one pipeline, or, without a name, the one that held all. Each is ended as it was begun.
#[derive(Debug, clap::Args)]
pub struct Resume {
    /// The feed, or `models`; the pause of all where absent
    pipeline: Option<String>,
}

/// Begins a pause.
pub async fn pause(args: &Args, options: &Pause, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    project.schedule.chosen(options.pipeline.as_deref())?;
    let ledger = Place::of(&project).open().await?;
    ledger.pause(options.pipeline.as_deref(), clock::from_environment()?.now(), &options.reason).await?;
    writeln!(terminal.out, "paused: {}", named(options.pipeline.as_deref())).map_err(closed)?;
    Ok(0)
}

/// Ends a pause.
pub async fn resume(args: &Args, options: &Resume, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let ledger = Place::of(&project).open().await?;
    if !ledger.resume(options.pipeline.as_deref(), clock::from_environment()?.now()).await? {
        let error = Error::new(Kind::Input, format!("there is no pause of {}", named(options.pipeline.as_deref())));
        return Err(error.hint("`rihla runs` shows the pauses there are"));
    }
    writeln!(terminal.out, "resumed: {}", named(options.pipeline.as_deref())).map_err(closed)?;
    Ok(0)
}

fn named(pipeline: Option<&str>) -> String {
    pipeline.map_or_else(|| "all pipelines".to_owned(), |name| format!("`{name}`"))
}
