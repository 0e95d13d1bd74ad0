//! `rihla runs`

mod follow;
mod show;

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::args::Args;
use super::render::table;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::project::{self, Project};
use crate::schedule::ledger::Ledger;
use crate::schedule::pause::Pause;
use crate::schedule::place::Place;
use crate::schedule::tick::{Tick, TickId, TickState};

/// Show what was due and what became of it
///
/// One line for each due time, the newest first: whether it waits, runs, succeeded, failed and how, or was skipped and by
/// which policy. What was loaded stands in the warehouse: `rihla status`.
///
///   rihla runs --days 30 --pipeline returns
///   rihla runs --follow
///   rihla runs show returns
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Sub>,
    /// Only those of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// How many days back
    #[arg(long, value_name = "COUNT", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=4000))]
    days: u32,
    /// Go on showing what happens, a line each, until it is interrupted
    #[arg(long)]
    follow: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    Show(show::Options),
}

/// Shows the ticks of the last days, or one run.
pub async fn runs(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let clock = clock::from_environment()?;
    if let Some(Sub::Show(options)) = &options.command {
        return show::show(&project, clock, options, terminal).await;
    }
    let ledger = known_ledger(&project).await?;
    let is_asked = |tick: &Tick| options.pipeline.as_ref().is_none_or(|name| *name == tick.id.pipeline);
    if options.follow {
        return follow::follow(&project, ledger.as_ref(), &clock, is_asked, terminal).await;
    }
    let now = clock.now();
    let mut ticks = ledger.ticks(now - TimeDelta::days(i64::from(options.days)), now + TimeDelta::seconds(1)).await?;
    ticks.retain(is_asked);
    ticks.reverse();
    let pauses: Vec<Pause> = ledger.pauses().await?.into_iter().filter(|pause| pause.until.is_none()).collect();
    if terminal.json {
        print_json(terminal, &json!({ "ticks": ticks.iter().map(as_json).collect::<Vec<_>>(), "pauses": pauses }))?;
        return Ok(0);
    }
    for pause in &pauses {
        let name = pause.pipeline.as_deref().unwrap_or("all pipelines");
        writeln!(terminal.out, "paused: {name} since {}: {}", utc(pause.since), pause.reason).map_err(closed)?;
    }
    let lines = ticks.iter().map(|tick| row(&project, tick)).collect();
    writeln!(terminal.out, "{}", table(&["due", "pipeline", "became", "at, in UTC", "attempts"], lines)).map_err(closed)?;
    Ok(0)
}

/// The ledger of a project for which something was scheduled.
pub(super) async fn known_ledger(project: &Project) -> Result<Arc<dyn Ledger>> {
    let place = Place::of(project);
    if !place.was_scheduled() {
        return Err(Error::new(Kind::Input, "nothing was ever scheduled").hint("`rihla schedule` runs what is due; `rihla status` shows runs by hand"));
    }
    place.open().await
}

fn row(project: &Project, tick: &Tick) -> Vec<String> {
    let (became, at) = told(&tick.state);
    vec![due(project, &tick.id), tick.id.pipeline.clone(), became, at.map(utc).unwrap_or_default(), tick.attempts.to_string()]
}

/// When a tick is due, in the zone of its pipeline.
pub(super) fn due(project: &Project, id: &TickId) -> String {
    let zone = project.schedule.definitions.pipelines.get(&id.pipeline).map(|definition| definition.timetable.zone());
    zone.map_or_else(|| format!("{} UTC", utc(id.nominal)), |zone| id.nominal.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %:z").to_string())
}

/// Where a tick stands, in words, and since when.
fn told(state: &TickState) -> (String, Option<DateTime<Utc>>) {
    match state {
        TickState::Waiting { from } => ("waits until".to_owned(), Some(*from)),
        TickState::Claimed { .. } => ("begins".to_owned(), None),
        TickState::Running { since, .. } => ("runs since".to_owned(), Some(*since)),
        TickState::Succeeded { at } => ("succeeded".to_owned(), Some(*at)),
        TickState::Failed { at, failure } => (format!("failed: {}", failure.name()), Some(*at)),
        TickState::Skipped { at, by } => (format!("skipped: {}", by.name()), Some(*at)),
    }
}

fn as_json(tick: &Tick) -> serde_json::Value {
    let mut value = json!(tick.state);
    value["pipeline"] = json!(tick.id.pipeline);
    value["due"] = json!(tick.id.nominal.to_rfc3339_opts(SecondsFormat::Secs, true));
    value["attempts"] = json!(tick.attempts);
    value["interruptions"] = json!(tick.interruptions);
    value
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
