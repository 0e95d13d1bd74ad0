//! `rihla run`

use std::time::Duration;

use super::args::Args;
use super::progress::Bar;
use super::render::{count, plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::run::{self, Request, RunOutcome, RunReport, check_project};

/// Runs the project, or says what a run would do.
pub async fn run(args: &Args, dry_run: bool, wait: Option<u64>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let request = Request {
        project: prepared.project,
        checked: prepared.checked,
        clock: clock::from_environment()?,
        patience: Duration::from_secs(wait.unwrap_or_default()),
    };
    let bar = Bar::new();
    let report = if dry_run { run::dry_run(request, &bar).await } else { run::run(request, &bar).await };
    bar.finish();
    let report = report?;
    if terminal.json {
        print_json(terminal, &report)?;
    } else {
        write!(terminal.out, "{}", text(&report)).map_err(closed)?;
    }
    Ok(u8::from(report.needs_mending()))
}

fn text(report: &RunReport) -> String {
    let mut text = String::new();
    let dry = report.outcome == RunOutcome::DryRun;
    text.push_str(&deliveries(report));
    if report.feeds.iter().any(|feed| feed.rows.read > 0) {
        text.push_str(&rows(report));
    }
    for refused in &report.refused {
        let when = match refused {
            refused if refused.overtaken => "refused, but a later delivery of the same report was loaded",
            refused if refused.standing => "still refused",
            _ => "refused",
        };
        text.push_str(&format!("\n{when}: {}\n  {}: {}\n", refused.path, refused.error, refused.reason));
    }
    if !report.unclaimed.is_empty() {
        let shown: Vec<&str> = report.unclaimed.iter().take(5).map(String::as_str).collect();
        let more = if report.unclaimed.len() > shown.len() { ", …" } else { "" };
        text.push_str(&format!(
            "\nwarning: {} no source claims: {}{more}\n",
            plural(report.unclaimed.len() as u64, "file that", "files that"),
            shown.join(", ")
        ));
    }
    for test in &report.failed_tests {
        text.push_str(&format!("\ntest failed ({}): {} {}: {}\n", test.severity, test.model, test.test, plural(test.failures, "failure", "failures")));
    }
    if !dry {
        text.push_str(&format!(
            "\nmodelled  {}, {} built anew, {}\n",
            plural(report.tables as u64, "table", "tables"),
            report.rebuilt,
            plural(report.tests as u64, "test", "tests")
        ));
    }
    text.push_str(&ending(report));
    text
}

fn deliveries(report: &RunReport) -> String {
    let lines = report.feeds.iter().map(|feed| {
        let refused = report.refused.iter().filter(|refused| refused.feed == feed.feed).count() as u64;
        [feed.feed.clone(), count(feed.found), count(feed.known), count(feed.loaded), count(feed.unchanged), count(feed.outdated), count(refused)].to_vec()
    });
    format!("{}\n", table(&["deliveries", "found", "known", "loaded", "unchanged", "outdated", "refused"], lines.collect()))
}

/// The conservation of rows, shown so that anybody can add it up.
fn rows(report: &RunReport) -> String {
    let lines = report.feeds.iter().map(|feed| {
        let rows = feed.rows;
        let sum = if rows.are_conserved() { "adds up" } else { "DOES NOT ADD UP" };
        [
            feed.feed.clone(),
            count(rows.read),
            count(rows.loaded),
            count(rows.superseded),
            count(rows.quarantined),
            count(rows.excluded),
            count(rows.refused),
            sum.to_owned(),
        ]
        .to_vec()
    });
    format!("\n{}\n", table(&["rows", "read", "= loaded", "+ superseded", "+ quarantined", "+ excluded", "+ refused", ""], lines.collect()))
}

fn ending(report: &RunReport) -> String {
    let stays = report.release.map_or_else(|| "there is no release yet".to_owned(), |number| format!("release {number} stays"));
    let mut text = match report.outcome {
        RunOutcome::Released => format!("released  release {} in released/latest\n", report.release.unwrap_or_default()),
        RunOutcome::Unchanged => format!("nothing changed: {stays}\n"),
        RunOutcome::Held | RunOutcome::Failed => format!("not released: {stays}\n"),
        RunOutcome::DryRun => "dry run: nothing was touched\n".to_owned(),
    };
    for problem in &report.problems {
        text.push_str(&format!("problem: {problem}\n"));
    }
    text
}
