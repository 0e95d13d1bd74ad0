//! The schedule: its ledger, who is at work, and what failed.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;
use crate::error::Result;
use crate::project::Project;
use crate::schedule::place::Place;
use crate::schedule::tick::{Tick, TickState};

/// What waits for so long although it may go is not run by anybody.
const LONG: TimeDelta = TimeDelta::hours(1);

pub async fn look(project: &Project, now: DateTime<Utc>) -> Vec<Finding> {
    if project.schedule.definitions.pipelines.is_empty() {
        return vec![Finding::well("schedule", "nothing is scheduled")];
    }
    if !Place::of(project).was_scheduled() {
        return vec![Finding::warning("schedule", "something is scheduled, and no scheduler ever ran", "`rihla schedule`, or deploy/rihla.service")];
    }
    known(project, now).await.unwrap_or_else(|error| vec![Finding::of_error("schedule", &error)])
}

async fn known(project: &Project, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let place = Place::of(project);
    let ledger = place.open().await?;
    let faults = ledger.faults().await?;
    if !faults.is_empty() {
        let remedy = "stop the scheduler, put the file aside and restore it from a backup (docs/operation.md)";
        return Ok(vec![Finding::fault("schedule", format!("the ledger is damaged: {}", faults.join("; ")), remedy)]);
    }
    let mut findings = vec![if place.is_scheduling(ledger.as_ref()).await? {
        Finding::well("schedule", format!("is kept by {}", ledger.lease().await?.holder))
    } else {
        Finding::warning("schedule", "no scheduler is at work", "`rihla schedule`, or `systemctl start rihla`")
    }];
    for pause in ledger.pauses().await?.into_iter().filter(|pause| pause.until.is_none()) {
        let which = pause.pipeline.as_deref().unwrap_or("everything");
        let found = format!("{which} is paused since {}: {}", pause.since.format("%Y-%m-%d %H:%M UTC"), pause.reason);
        findings.push(Finding::warning("schedule", found, format!("`rihla resume{}`", pause.pipeline.map(|name| format!(" {name}")).unwrap_or_default())));
    }
    findings.extend(overdue(&ledger.load().await?.ticks.into_values().collect::<Vec<_>>(), now));
    findings.extend(failing(project, &ledger.ticks(now - TimeDelta::days(400), now).await?));
    Ok(findings)
}

fn overdue(ticks: &[Tick], now: DateTime<Utc>) -> Option<Finding> {
    let waits = |tick: &&Tick| matches!(tick.state, TickState::Waiting { from } if now - from > LONG);
    let oldest = ticks.iter().filter(waits).min_by_key(|tick| tick.id.nominal)?;
    let found = format!("{} waits since it was due at {}", oldest.id.pipeline, oldest.id.nominal.format("%Y-%m-%d %H:%M UTC"));
    Some(Finding::warning("schedule", found, "`rihla runs` shows what it waits for: a pause, another run, or a scheduler"))
}

/// Pipelines that failed when they last came to an end by running.
fn failing(project: &Project, ticks: &[Tick]) -> Vec<Finding> {
    let mut last: BTreeMap<&str, &Tick> = BTreeMap::new();
    let has_run = |tick: &&Tick| matches!(tick.state, TickState::Succeeded { .. } | TickState::Failed { .. });
    for tick in ticks.iter().filter(has_run).filter(|tick| project.schedule.definitions.pipelines.contains_key(&tick.id.pipeline)) {
        last.insert(&tick.id.pipeline, tick);
    }
    let finding = |(pipeline, tick): (&str, &Tick)| match &tick.state {
        TickState::Failed { at, failure } => {
            let found = format!("{pipeline} failed on {}: {}", at.format("%Y-%m-%d %H:%M UTC"), failure.name());
            Some(Finding::warning("schedule", found, format!("`rihla runs show {pipeline}` says why; `rihla retry {pipeline}` runs it again")))
        }
        _ => None,
    };
    last.into_iter().filter_map(finding).collect()
}
