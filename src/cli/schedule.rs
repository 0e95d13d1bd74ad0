//! `rihla schedule`

use chrono::{DateTime, Utc};
use serde_json::json;

use super::args::Args;
use super::render::table;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::project;
use crate::schedule::upcoming::{Upcoming, upcoming};

/// Show when pipelines are due
///
/// Lists the next due times of every pipeline, in the zone that its expression is meant in and in UTC. A start is later than
/// the due time where the pipeline has a jitter; the same one each time for the same due time.
///
///   rihla schedule --next 20
///   rihla schedule --next 5 --pipeline returns
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// How many due times are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    next: usize,
    /// Only those of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

/// Shows what is coming.
pub fn schedule(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let now = clock::from_environment()?.now();
    let chosen = project.schedule.chosen(options.pipeline.as_deref())?;
    let coming = upcoming(&chosen, now, options.next);
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
