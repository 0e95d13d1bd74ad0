//! `rihla schedule`

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::args::Args;
use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{self, Result};
use crate::monitor::{self, Gatherer};
use crate::project;
use crate::schedule::moving::move_to;
use crate::schedule::place::Place;
use crate::schedule::runner::Program;
use crate::schedule::service::{self, Service};
use crate::schedule::upcoming::{Upcoming, upcoming};
use crate::schedule::vitals::Vitals;

/// Run what is due, for months; or show when pipelines are due
///
/// Runs every pipeline at its times, and models after them, each as a process of its own. A time that was missed is made up
/// for as the schedule says (`misfire`); a run that fails is tried again (`retry`). A changed project is taken over once it
/// passes `rihla check`; a broken one is refused, and what was scheduled stays so. A second scheduler of the same warehouse
/// waits, and takes over when the first has died.
///
/// SIGTERM, or Ctrl-C, lets what runs end, within --drain; a second one stops it at once. What was cut off is begun again by
/// the next scheduler: a load appends nothing twice.
///
/// With --next nothing is run: the next due times are listed, in the zone that an expression is meant in and in UTC. A start
/// is later than the due time where the pipeline has a jitter; the same one each time for the same due time.
///
/// With --listen it answers over HTTP whether it lives (/health) and schedules (/ready), with 200 or 503, and figures for
/// Prometheus (/metrics); no row's values are among them.
///
///   rihla schedule
///   rihla schedule --listen 127.0.0.1:9464
///   rihla schedule --next 20
///   rihla schedule --next 5 --pipeline returns
///
/// Where several hosts share the folder of the warehouse, `[schedule] hosts = "several"` lets one of them schedule, and another
/// take over within a minute of its death.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// Show so many due times; run nothing
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, default_missing_value = "20")]
    pub next: Option<usize>,
    /// Only those of this pipeline
    #[arg(long, value_name = "NAME", requires = "next")]
    pipeline: Option<String>,
    /// How long what runs may go on after a signal
    #[arg(long, value_name = "SECONDS", default_value_t = 300, conflicts_with = "next")]
    drain: u64,
    /// Answer /health, /ready and /metrics at this address, such as 127.0.0.1:9464
    #[arg(long, value_name = "HOST:PORT", env = "RIHLA_LISTEN")]
    listen: Option<String>,
    /// Move what is known to a ledger as `[schedule] hosts` says, after that was changed; run nothing
    #[arg(long, conflicts_with_all = ["next", "listen"])]
    move_ledger: bool,
}

/// Runs what is due, or shows what is coming.
pub async fn schedule(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    match options.next {
        Some(next) => coming(args, options, next, terminal),
        None if options.move_ledger => move_ledger(args, terminal).await,
        None => serve(args, options).await,
    }
}

async fn serve(args: &Args, options: &Options) -> Result<u8> {
    let file = std::env::current_exe().map_err(|cause| error::io("cannot tell where this program lies", cause))?;
    let program = Program { file, project: args.project.clone() };
    let holder = holder();
    let (clock, vitals) = (clock::from_environment()?, Arc::new(Vitals::default()));
    let gatherer = Gatherer::new(program.clone(), clock.clone(), vitals.clone());
    let server = match options.listen.as_deref().filter(|address| !address.is_empty()) {
        Some(address) => Some(monitor::listen(address, gatherer).await?),
        None => None,
    };
    if let Some(server) = &server {
        tracing::info!(address = %server.address, "answers /health, /ready and /metrics");
    }
    let service = Service { program, clock, drain: Duration::from_secs(options.drain), holder, stops: stops()?, vitals };
    service::serve(service).await?;
    Ok(0)
}

/// This process, and the host where its system tells a name.
fn holder() -> String {
    let process = format!("process {}", std::process::id());
    match std::fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) if !host.trim().is_empty() => format!("{process} of {}", host.trim()),
        _ => process,
    }
}

async fn move_ledger(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let place = Place::of(&project);
    let moved = move_to(&place, clock::from_environment()?.now()).await?;
    if terminal.json {
        print_json(terminal, &json!({ "ledger": place.path(), "due_times": moved.ticks, "pauses": moved.pauses }))?;
    } else {
        writeln!(
            terminal.out,
            "moved to {}: {}, {}",
            place.path().display(),
            plural(moved.ticks as u64, "due time", "due times"),
            plural(moved.pauses as u64, "pause", "pauses")
        )
        .map_err(closed)?;
    }
    Ok(0)
}

/// A message for each signal that asks for an end.
fn stops() -> Result<UnboundedReceiver<()>> {
    let (sender, stops) = unbounded_channel();
    let heard = |kind| signal(kind).map_err(|cause| error::io("cannot listen for signals", cause));
    let (mut term, mut interrupt) = (heard(SignalKind::terminate())?, heard(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            }
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    Ok(stops)
}

fn coming(args: &Args, options: &Options, next: usize, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let now = clock::from_environment()?.now();
    let chosen = project.schedule.chosen(options.pipeline.as_deref())?;
    let coming = upcoming(&chosen, now, next);
    if terminal.json {
        print_json(terminal, &coming.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(0);
    }
    let rows = coming.iter().map(row).collect();
    writeln!(terminal.out, "{}", table(&["due", "zone", "due in UTC", "starts in UTC", "pipeline", "after"], rows)).map_err(closed)?;
    Ok(0)
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn row(coming: &Upcoming) -> Vec<String> {
    let local = coming.id.nominal.with_timezone(&coming.zone).format("%a %Y-%m-%d %H:%M %:z").to_string();
    vec![local, coming.zone.name().to_owned(), utc(coming.id.nominal), utc(coming.from), coming.id.pipeline.clone(), coming.after.join(", ")]
}

fn as_json(coming: &Upcoming) -> serde_json::Value {
    json!({
        "pipeline": coming.id.pipeline,
        "due": coming.id.nominal.with_timezone(&coming.zone).to_rfc3339(),
        "zone": coming.zone.name(),
        "due_utc": coming.id.nominal.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "starts_utc": coming.from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "after": coming.after,
    })
}
