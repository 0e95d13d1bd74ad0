//! `rihla runs show`

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{as_json, due, known_ledger, told, utc};
use crate::cli::render::{count, table};
use crate::cli::{Terminal, closed, print_json};
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::schedule::attempt::Attempt;
use crate::schedule::ledger::Ledger;
use crate::schedule::place::Place;
use crate::schedule::tick::{Tick, TickId};
use crate::warehouse::{RunRecord, Warehouse};

/// Show one due time or one run with all that happened, in order
///
/// Of a due time: each attempt with its end, and of each that came so far the run: when it came to loading, modelling and
/// releasing, what it loaded of each feed, and why it released nothing. A run that was started by hand is shown by its id.
///
///   rihla runs show returns
///   rihla runs show returns --due 2026-11-29T06:00:00+01:00
///   rihla runs show 20261129T050002123Z-a1b2c3
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// A pipeline, for the last time it was due; or the id of a run. The last run where absent
    which: Option<String>,
    /// The due time of the pipeline
    #[arg(long, value_name = "TIME", requires = "which")]
    due: Option<DateTime<chrono::FixedOffset>>,
}

/// A due time with its attempts, a run, or both.
struct Shown {
    tick: Option<(Tick, Vec<Attempt>)>,
    runs: Vec<RunRecord>,
}

/// Shows it.
pub async fn show(project: &Project, clock: SharedClock, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let ledger = if Place::of(project).was_scheduled() { Some(known_ledger(project).await?) } else { None };
    let warehouse = match Warehouse::open(project, clock.clone()).await {
        Ok(warehouse) => Some(warehouse),
        Err(error) if error.kind() == Kind::Input => None,
        Err(error) => return Err(error),
    };
    let shown = found(project, ledger.as_deref(), warehouse.as_ref(), options, clock.now()).await?;
    if terminal.json {
        print_json(terminal, &shown_json(&shown))?;
    } else {
        write!(terminal.out, "{}", text(project, &shown)).map_err(closed)?;
    }
    Ok(0)
}

async fn found(project: &Project, ledger: Option<&dyn Ledger>, warehouse: Option<&Warehouse>, options: &Options, now: DateTime<Utc>) -> Result<Shown> {
    let Some(which) = &options.which else {
        let last = match warehouse {
            Some(warehouse) => warehouse.last_runs(1).await?.pop(),
            None => None,
        };
        let run = last.ok_or_else(|| Error::new(Kind::Input, "nothing ran yet").hint("`rihla run` runs all; `rihla schedule` what is due"))?;
        let tick = tick_of_run(ledger, &run.run_id, now).await?;
        return Ok(Shown { tick, runs: vec![run] });
    };
    let is_pipeline = project.schedule.definitions.pipelines.contains_key(which);
    if !is_pipeline
        && let Some(warehouse) = warehouse
        && let Some(run) = warehouse.run_record(which).await?
    {
        let tick = tick_of_run(ledger, which, now).await?;
        return Ok(Shown { tick, runs: vec![run] });
    }
    let tick = tick_of_pipeline(ledger, which, options.due.map(|due| due.to_utc()), now).await?;
    let Some((tick, attempts)) = tick else { return Err(unknown(project, options, which)) };
    let mut runs = Vec::new();
    for id in attempts.iter().filter_map(|attempt| attempt.ended.as_ref()?.run_id.as_ref()) {
        if let Some(warehouse) = warehouse {
            runs.extend(warehouse.run_record(id).await?);
        }
    }
    Ok(Shown { tick: Some((tick, attempts)), runs })
}

fn unknown(project: &Project, options: &Options, which: &str) -> Error {
    if options.due.is_some() || project.schedule.definitions.pipelines.contains_key(which) {
        let when = options.due.map_or_else(String::new, |due| format!(" at {}", due.to_rfc3339_opts(SecondsFormat::Secs, true)));
        return Error::new(Kind::Input, format!("`{which}` was not due{when}")).hint("`rihla runs --days 30` lists what was due");
    }
    Error::new(Kind::Input, format!("`{which}` is no pipeline that is scheduled, and no run")).hint("`rihla runs` lists what was due, `rihla status` the runs")
}

/// Everything that the ledger may hold until now.
fn all(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    (DateTime::UNIX_EPOCH, now + TimeDelta::days(2))
}

/// The tick that a run was of; nothing where it was started by hand.
async fn tick_of_run(ledger: Option<&dyn Ledger>, run_id: &str, now: DateTime<Utc>) -> Result<Option<(Tick, Vec<Attempt>)>> {
    let Some(ledger) = ledger else { return Ok(None) };
    let (from, until) = all(now);
    let is_of = |attempt: &Attempt| attempt.ended.as_ref().is_some_and(|end| end.run_id.as_deref() == Some(run_id));
    let Some(attempt) = ledger.attempts(from, until).await?.into_iter().find(is_of) else { return Ok(None) };
    one(ledger, &attempt.id).await
}

async fn tick_of_pipeline(ledger: Option<&dyn Ledger>, pipeline: &str, due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Option<(Tick, Vec<Attempt>)>> {
    let Some(ledger) = ledger else { return Ok(None) };
    if let Some(due) = due {
        return one(ledger, &TickId::new(pipeline, due)).await;
    }
    let (from, until) = all(now);
    match ledger.ticks(from, until).await?.into_iter().rfind(|tick| tick.id.pipeline == pipeline) {
        Some(tick) => one(ledger, &tick.id).await,
        None => Ok(None),
    }
}

async fn one(ledger: &dyn Ledger, id: &TickId) -> Result<Option<(Tick, Vec<Attempt>)>> {
    let (from, until) = (id.nominal, id.nominal + TimeDelta::microseconds(1));
    let Some(tick) = ledger.ticks(from, until).await?.into_iter().find(|tick| tick.id == *id) else { return Ok(None) };
    let attempts = ledger.attempts(from, until).await?.into_iter().filter(|attempt| attempt.id == *id).collect();
    Ok(Some((tick, attempts)))
}

fn text(project: &Project, shown: &Shown) -> String {
    let mut text = String::new();
    if let Some((tick, _)) = &shown.tick {
        let (became, at) = told(&tick.state);
        let at = at.map(|at| format!(" {}", utc(at))).unwrap_or_default();
        text.push_str(&format!("{}, due {}: {became}{at}\n\n", tick.id.pipeline, due(project, &tick.id)));
    }
    let lines = timeline(shown).into_iter().map(|(at, what)| vec![utc(at), what]).collect();
    text.push_str(&format!("{}\n", table(&["at, in UTC", "what happened"], lines)));
    for run in &shown.runs {
        text.push_str(&loaded(run));
    }
    text
}

fn loaded(run: &RunRecord) -> String {
    let mut text = String::new();
    if !run.feeds.is_empty() {
        let lines = run.feeds.iter().map(|feed| {
            let rows = feed.rows;
            let counts = [feed.loaded, feed.unchanged, feed.refused, rows.read, rows.loaded, rows.superseded, rows.quarantined, rows.excluded, rows.refused];
            std::iter::once(feed.feed.clone()).chain(counts.map(count)).collect()
        });
        let header = ["feed", "loaded", "unchanged", "refused", "rows read", "= loaded", "+ superseded", "+ quarantined", "+ excluded", "+ refused"];
        text.push_str(&format!("\nrun {}\n{}\n", run.run_id, table(&header, lines.collect())));
    }
    text.extend(run.problems.iter().map(|problem| format!("problem: {problem}\n")));
    text
}

/// What happened, in order.
fn timeline(shown: &Shown) -> Vec<(DateTime<Utc>, String)> {
    let mut told = Vec::new();
    if let Some((tick, attempts)) = &shown.tick {
        told.push((tick.id.nominal, "due".to_owned()));
        attempts.iter().for_each(|attempt| told.extend(of_attempt(attempt)));
    }
    shown.runs.iter().for_each(|run| told.extend(of_run(run)));
    // What is of one moment stays in the order in which it was told.
    told.sort_by_key(|(at, _)| at.timestamp());
    told
}

fn of_attempt(attempt: &Attempt) -> Vec<(DateTime<Utc>, String)> {
    let number = attempt.number;
    let mut told = vec![(attempt.began, format!("attempt {number} began"))];
    if let Some(end) = &attempt.ended {
        let note = if end.note.is_empty() { String::new() } else { format!(": {}", end.note) };
        let what = match end.failure {
            None => format!("attempt {number} succeeded{note}"),
            Some(failure) => format!("attempt {number} failed: {}{note}", failure.name()),
        };
        told.push((end.at, what));
    }
    told
}

fn of_run(run: &RunRecord) -> Vec<(DateTime<Utc>, String)> {
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    let began = instant(&run.started_at).map(|at| (at, format!("run {} began", run.run_id)));
    let steps = run.steps.iter().filter_map(|step| {
        let things = if step.things == 0 { String::new() } else { format!(" ({})", count(step.things)) };
        Some((instant(&step.began_at)?, format!("{}{things}", step.step)))
    });
    let release = run.release.map(|number| format!(", release {number}")).unwrap_or_default();
    let ended = run.ended_at.as_deref().and_then(instant).map(|at| (at, format!("run ended: {}{release}", run.outcome)));
    began.into_iter().chain(steps).chain(ended).collect()
}

fn shown_json(shown: &Shown) -> Value {
    let attempts = |attempts: &[Attempt]| -> Vec<Value> {
        let one = |attempt: &Attempt| json!({"number": attempt.number, "began": attempt.began, "ended": attempt.ended, "term": attempt.token});
        attempts.iter().map(one).collect()
    };
    let timeline: Vec<Value> =
        timeline(shown).into_iter().map(|(at, what)| json!({"at": at.to_rfc3339_opts(SecondsFormat::Secs, true), "what": what})).collect();
    json!({
        "tick": shown.tick.as_ref().map(|(tick, _)| as_json(tick)),
        "attempts": shown.tick.as_ref().map(|(_, of)| attempts(of)),
        "runs": shown.runs,
        "timeline": timeline,
    })
}
