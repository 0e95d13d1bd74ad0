//! `rihla run`

use std::time::Duration;

use super::args::Args;
use super::progress::Bar;
use super::render::{count, plural, table, width, wrapped};
use super::selectors::Selectors;
use super::would_change::would_change;
use super::{Terminal, closed, drift, print_json};
use crate::clock;
use crate::error::Result;
use crate::project::Lang;
use crate::run::{self, Feeds, Request, RunOutcome, RunReport, check_project};
use crate::warehouse::TestResult;

/// Pull, load, model and release everything that is new
///
/// Prints what was pulled, loaded, quarantined, modelled and released. A second run finds nothing new and says so.
/// What could be loaded is loaded even where a delivery is refused; then the exit code is 1 and the delivery is
/// named. The last release stays where a required feed, a model or a test fails; a model that fails fails alone, and
/// what rests on it is skipped.
///
/// Columns that are not as the schema says, and are read all the same (`drift` in a pipeline), are told in every run
/// until a newer delivery of the report is without them.
///
/// With --select everything new is loaded, but only the models selected, and what they read, are built and tested. A
/// release is of one state: it is made where all tables are up to date, else those that are not are named.
///
/// For dbt's tools target/manifest.json and target/run_results.json tell the same.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Judge what is new and say what would be loaded; touch nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Wait for another run to end; for ten minutes where no time is given
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "600", conflicts_with = "dry_run")]
    pub wait: Option<u64>,

    /// Load this feed only, and build and release nothing; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with_all = ["dry_run", "select", "exclude"])]
    pub feed: Vec<String>,

    #[command(flatten)]
    pub selectors: Selectors,
}

/// Runs the project, or says what a run would do.
pub async fn run(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    if !options.dry_run {
        run::remember(&prepared);
    }
    let clock = clock::from_environment()?;
    let selected = run::select(&prepared, clock.clone(), &options.selectors.wish()).await?.map(|selection| selection.models());
    let patience = Duration::from_secs(options.wait.unwrap_or_default());
    let feeds = Feeds::of(&prepared.project, &options.feed)?;
    let request = Request { project: prepared.project, checked: prepared.checked, clock, selected, feeds, patience };
    let bar = Bar::new();
    let report = if options.dry_run { run::dry_run(request, &bar).await } else { run::run(request, &bar).await };
    bar.finish();
    let report = report?;
    if terminal.json {
        print_json(terminal, &report)?;
    } else {
        write!(terminal.out, "{}", text(&report, terminal.lang)).map_err(closed)?;
    }
    // A model that fails by a defect of ours is ours to fix.
    Ok(if report.failed_models.iter().any(|failed| failed.is_defect) { 2 } else { u8::from(report.needs_mending()) })
}

fn text(report: &RunReport, lang: Lang) -> String {
    let mut text = String::new();
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
    for correction in &report.corrections {
        let done = if report.outcome == RunOutcome::DryRun { "would be applied" } else { "applied" };
        text.push_str(&format!("\n{done}: {}\n  a returned workbook; it mends the submission {}\n", correction.path, correction.amends));
    }
    text.push_str(&drift::standing(lang, &report.drift));
    if !report.unclaimed.is_empty() {
        let shown: Vec<&str> = report.unclaimed.iter().take(5).map(String::as_str).collect();
        let more = if report.unclaimed.len() > shown.len() { ", …" } else { "" };
        text.push_str(&format!(
            "\nwarning: {} no source claims: {}{more}\n",
            plural(report.unclaimed.len() as u64, "file that", "files that"),
            shown.join(", ")
        ));
    }
    if report.judged_otherwise > 0 {
        let reports = plural(report.judged_otherwise, "report was", "reports were");
        text.push_str(&format!("\n{reports} judged by rules that have changed since: `rihla replay --dry-run` says what that changes\n"));
    }
    text.push_str(&outcome(report));
    text
}

/// What was built, tested and released of what was loaded.
pub(super) fn outcome(report: &RunReport) -> String {
    let mut text: String = report.failed_tests.iter().map(failed).collect();
    text.push_str(&models(report));
    if ![RunOutcome::DryRun, RunOutcome::Loaded].contains(&report.outcome) {
        text.push_str(&format!(
            "\nmodelled  {}, {} built anew, {}\n",
            plural(report.tables as u64, "table", "tables"),
            report.rebuilt,
            plural(report.tests as u64, "test", "tests")
        ));
    }
    text.push_str(&in_parts(report));
    text.push_str(&would_change(report));
    text.push_str(&ending(report));
    text
}

/// The tables of which only some parts were made anew.
fn in_parts(report: &RunReport) -> String {
    let some = report.in_parts.iter().filter(|table| table.rebuilt < table.parts);
    let lines =
        some.map(|table| format!("in part   {}: {} of {} by {}\n", table.model, count(table.rebuilt as u64), count(table.parts as u64), table.partition));
    lines.collect()
}

/// The models that were asked for, and those that are not up to date with the reason.
fn models(report: &RunReport) -> String {
    let mut text = String::new();
    if let Some(selected) = &report.selected {
        match selected.is_empty() {
            true => text.push_str("\nwarning: the selection holds no model: none is built\n"),
            false => text.push_str(&format!("\nselected  {}: {}\n", plural(selected.len() as u64, "model", "models"), some(selected))),
        }
    }
    for failed in &report.failed_models {
        text.push_str(&format!("\nmodel failed: {}\n", failed.error));
        text.extend(failed.causes.iter().map(|cause| format!("  because: {cause}\n")));
        text.extend(failed.hints.iter().map(|hint| format!("  help: {hint}\n")));
        let skipped = report.skipped_models.iter().filter(|skipped| skipped.because == failed.model);
        let skipped: Vec<String> = skipped.map(|skipped| skipped.model.clone()).collect();
        if !skipped.is_empty() {
            text.push_str(&format!("  skipped, since they rest on it: {}\n", skipped.join(", ")));
        }
    }
    text
}

/// Names, the first of them where there are many.
fn some(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// So many models are named.
const MOST_NAMED: usize = 12;

fn failed(test: &TestResult) -> String {
    let failures = plural(test.failures, "failure", "failures");
    let what = if test.fails() { "test failed" } else { "test passes with failures" };
    let may = if test.threshold > 0 { format!(", {} may", count(test.threshold)) } else { String::new() };
    let meaning = test.description.as_ref().map_or_else(String::new, |text| format!("{}\n", wrapped(text, width(), "  ")));
    format!("\n{what} ({}): {} {}: {failures}{may}\n{meaning}", test.severity, test.model, test.test)
}

fn deliveries(report: &RunReport) -> String {
    let lines = report.feeds.iter().map(|feed| {
        let refused = report.refused.iter().filter(|refused| refused.feed == feed.feed).count() as u64;
        [feed.feed.clone(), count(feed.found), count(feed.known), count(feed.loaded), count(feed.unchanged), count(feed.outdated), count(refused)].to_vec()
    });
    format!("{}\n", table(&["deliveries", "found", "known", "loaded", "unchanged", "outdated", "refused"], lines.collect()))
}

/// The conservation of rows, shown so that anybody can add it up.
pub(super) fn rows(report: &RunReport) -> String {
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
        RunOutcome::Loaded => "loaded: tables and releases stay as they are until `rihla run` without --feed\n".to_owned(),
        RunOutcome::Held | RunOutcome::Failed => format!("not released: {stays}\n"),
        RunOutcome::DryRun => "dry run: nothing was touched\n".to_owned(),
    };
    if !report.out_of_date.is_empty() {
        let noun = plural(report.out_of_date.len() as u64, "model is", "models are");
        text.push_str(&format!("{noun} out of date, or may be: {}; `rihla run` builds all and releases\n", some(&report.out_of_date)));
    }
    for problem in &report.problems {
        text.push_str(&format!("problem: {problem}\n"));
    }
    text
}
