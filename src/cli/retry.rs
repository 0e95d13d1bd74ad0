//! `rihla retry`

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde_json::json;

use super::args::Args;
use super::runs::{due, known_ledger};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::project::{self, Project};
use crate::schedule::place::Place;
use crate::schedule::reopen::can_be_asked;
use crate::schedule::tick::{SkippedBy, Tick, TickId, TickState};

/// Run again what failed, at once
///
/// Asks the scheduler to run a failed due time once more, and after it what was skipped because of it. It keeps its due time.
/// It goes on where it failed: what was loaded is not loaded twice, and tables that are up to date are used again. Where no
/// scheduler runs, it begins when one does.
///
/// A run that was started by hand is run again by hand, with the same effect: `rihla run`.
///
///   rihla retry
///   rihla retry returns
///   rihla retry returns --due 2026-11-29T06:00:00+01:00
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The feed, or `models`; where absent, all that failed when they were last due
    pipeline: Option<String>,
    /// The due time; the last one where absent
    #[arg(long, value_name = "TIME", requires = "pipeline")]
    due: Option<DateTime<FixedOffset>>,
}

/// Asks for it.
pub async fn retry(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let chosen = project.schedule.chosen(options.pipeline.as_deref())?;
    let ledger = known_ledger(&project).await?;
    let now = clock::from_environment()?.now();
    let ticks = ledger.ticks(DateTime::UNIX_EPOCH, now + TimeDelta::days(2)).await?;
    let is_due = |tick: &&Tick| options.due.is_none_or(|due| tick.id.nominal == due.to_utc());
    let last = |pipeline: &String| {
        ticks.iter().filter(is_due).rfind(|tick| tick.id.pipeline == *pipeline && !matches!(tick.state, TickState::Waiting { .. } if tick.attempts == 0))
    };
    let last: Vec<&Tick> = chosen.pipelines.keys().filter_map(last).collect();
    let failed: Vec<&TickId> = last.iter().filter(|tick| can_be_asked(&tick.state)).map(|tick| &tick.id).collect();
    if failed.is_empty() {
        return Err(nothing_failed(&project, options, last.first().copied()));
    }
    for id in &failed {
        ledger.ask(id).await?;
    }
    let is_heard = Place::of(&project).is_scheduling(ledger.as_ref()).await?;
    if terminal.json {
        let asked: Vec<_> = failed.iter().map(|id| json!({"pipeline": id.pipeline, "due": id.nominal.to_rfc3339_opts(SecondsFormat::Secs, true)})).collect();
        print_json(terminal, &json!({ "asked": asked, "is_scheduling": is_heard }))?;
        return Ok(0);
    }
    for id in &failed {
        writeln!(terminal.out, "asked for: {}, due {}", id.pipeline, due(&project, id)).map_err(closed)?;
    }
    if !is_heard {
        writeln!(terminal.out, "no scheduler runs: it begins when one does (`rihla schedule`)").map_err(closed)?;
    }
    Ok(0)
}

/// Why there is nothing to run again.
fn nothing_failed(project: &Project, options: &Options, last: Option<&Tick>) -> Error {
    let Some(pipeline) = &options.pipeline else {
        return Error::new(Kind::Input, "nothing failed when it was last due")
            .hint("`rihla runs` shows what was due; name a pipeline and --due for an earlier time");
    };
    let Some(tick) = last else {
        return Error::new(Kind::Input, format!("`{pipeline}` was not due then")).hint("`rihla runs --days 30` lists what was due");
    };
    let error = Error::new(Kind::Input, format!("`{pipeline}`, due {}, did not fail", due(project, &tick.id)));
    match &tick.state {
        TickState::Skipped { by: SkippedBy::Upstream, .. } => {
            error.hint("it was skipped, since what it depends on did not succeed: retry that, and this one runs after it")
        }
        TickState::Skipped { .. } => error.hint("it was skipped by a policy; `rihla run` does at once what it would do"),
        TickState::Succeeded { .. } => error.hint("`rihla run` does at once what it would do"),
        _ => error.hint("it is not done yet: `rihla runs --follow` shows how it goes on"),
    }
}
