//! `rihla replay`

use std::time::Duration;

use super::args::Args;
use super::progress::Bar;
use super::render::{count, plural, table};
use super::run::{outcome, rows};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::run::{self, FieldChange, Rejudged, RejudgedAs, Replay, Request, RowTold, WhichReports, check_project};
use crate::warehouse::RowCounts;

/// Judge reports anew that were judged by rules, code lists or aliases that have changed since
///
/// Reads again what is still at the sources as it was, and says what would become of it now: rows
/// that would be loaded and why they were not, rows that no longer would be and why, fields that
/// would say something else. Then loads what says something else as a new revision of its report,
/// received when it was received, and builds and releases as `run` does. What says the same is
/// noted and not read again.
///
/// A report that would now be refused whole stays as it was loaded, and is named. Closed periods,
/// tolerance and erasures hold as in a run. New deliveries are left to `rihla run`.
///
///   rihla replay --dry-run
///   rihla replay --feed registrations --office OUJ --period 2023-01
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// Only reports of this feed
    #[arg(long)]
    pub feed: Option<String>,

    /// Only reports of this office
    #[arg(long)]
    pub office: Option<String>,

    /// Only reports for this month, such as 2023-01; may be repeated
    #[arg(long)]
    pub period: Vec<String>,

    /// Say what would change; touch nothing
    #[arg(long)]
    pub dry_run: bool,

    /// How many rows of each report to show; 0 for all
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    pub limit: usize,

    /// Wait for another run to end; for ten minutes where no time is given
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "600", conflicts_with = "dry_run")]
    pub wait: Option<u64>,
}

/// Replays, or says what a replay would change.
pub async fn replay(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let which = which(&prepared.project, options)?;
    let patience = Duration::from_secs(options.wait.unwrap_or_default());
    let request = Request {
        project: prepared.project,
        checked: prepared.checked,
        clock: clock::from_environment()?,
        selected: None,
        feeds: run::Feeds::default(),
        patience,
    };
    let bar = Bar::new();
    let done = if options.dry_run { run::would_replay(request, &which, &bar).await } else { run::replay(request, &which, &bar).await };
    bar.finish();
    let done = done?;
    if terminal.json {
        print_json(terminal, &done)?;
    } else {
        write!(terminal.out, "{}", text(&done, options.limit)).map_err(closed)?;
    }
    let has_refused = done.reports.iter().any(|report| report.becomes == RejudgedAs::Refused);
    Ok(u8::from(has_refused || done.run.as_ref().is_some_and(run::RunReport::needs_mending)))
}

fn which(project: &Project, options: &Options) -> Result<WhichReports> {
    let wrong = |message: String| Err(Error::new(Kind::Input, message));
    if let Some(feed) = options.feed.as_ref().filter(|feed| project.pipeline(feed).is_none()) {
        return wrong(format!("there is no feed `{feed}`"));
    }
    if let Some(office) = options.office.as_ref().filter(|office| project.office(office).is_none()) {
        return wrong(format!("there is no office `{office}`"));
    }
    if let Some(period) = options.period.iter().find(|period| period.parse::<crate::period::Period>().is_err()) {
        return wrong(format!("`{period}` is no reporting month"));
    }
    Ok(WhichReports { feed: options.feed.clone(), office: options.office.clone(), periods: options.period.clone() })
}

fn text(done: &Replay, limit: usize) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut text: String = done.reports.iter().map(|report| told(report, limit)).collect();
    if !done.not_replayed.is_empty() {
        let lines = done.not_replayed.iter().map(|one| vec![one.feed.clone(), one.office.clone(), one.period.clone(), one.path.clone(), one.why.clone()]);
        text.push_str(&format!("cannot be judged anew\n{}\n\n", table(&["feed", "office", "period", "extract", "why"], lines.collect())));
    }
    text.push_str(&format!("{}\n", summary(done)));
    match &done.run {
        Some(report) => {
            if report.feeds.iter().any(|feed| feed.rows.read > 0) {
                text.push_str(&rows(report));
            }
            text.push_str(&outcome(report));
        }
        None => text.push_str("dry run: nothing was touched\n"),
    }
    text
}

fn summary(done: &Replay) -> String {
    let of = |becomes: RejudgedAs| done.reports.iter().filter(|report| report.becomes == becomes).count() as u64;
    let judged = done.reports.len() as u64 + done.same;
    if judged == 0 {
        return "no report was judged by anything else than holds now".to_owned();
    }
    let mut parts = vec![format!("{} changed", count(of(RejudgedAs::Changed)))];
    for (becomes, what) in [(RejudgedAs::Loaded, "loaded that were refused"), (RejudgedAs::Refused, "that would be refused now, left as they are")] {
        let reports = of(becomes);
        parts.extend((reports > 0).then(|| format!("{} {what}", count(reports))));
    }
    parts.push(format!("{} the same", count(done.same)));
    format!("{} judged anew: {}", plural(judged, "report", "reports"), parts.join(", "))
}

fn told(report: &Rejudged, limit: usize) -> String {
    let received = report.received_at.format("%Y-%m-%d");
    let mut text = format!("{} of {}, {}, received {received}: {}\n", report.feed, report.office, report.period, report.path);
    match report.becomes {
        RejudgedAs::Changed => {}
        RejudgedAs::Loaded => text.push_str("  was refused and is loaded now\n"),
        RejudgedAs::Refused => text.push_str("  would be refused now, and stays as it was loaded\n"),
    }
    text.extend(report.reason.iter().map(|reason| format!("  {}: {reason}\n", if report.becomes == RejudgedAs::Loaded { "was" } else { "would be" })));
    let header = ["", "rows read", "= loaded", "+ superseded", "+ quarantined", "+ excluded", "+ refused"];
    let lines = vec![counts("before", report.rows_before), counts("now", report.rows_after)];
    text.push_str(&format!("{}\n", indented(&table(&header, lines))));
    text.push_str(&places("loaded now", &report.loaded, limit));
    text.push_str(&places("not loaded any more", &report.set_aside, limit));
    text.push_str(&places("not loaded for other reasons", &report.other_reasons, limit));
    text.extend(report.fields.iter().map(field));
    text.push('\n');
    text
}

fn counts(name: &str, rows: RowCounts) -> Vec<String> {
    let cells = [rows.read, rows.loaded, rows.superseded, rows.quarantined, rows.excluded, rows.refused].map(count);
    std::iter::once(name.to_owned()).chain(cells).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn places(what: &str, rows: &[RowTold], limit: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("  {} {what}\n", plural(rows.len() as u64, "row", "rows"));
    for row in rows.iter().take(limit) {
        let sheet = row.sheet.as_ref().map_or_else(String::new, |sheet| format!("{sheet}, "));
        let reasons = if row.reasons.is_empty() { "no reason is kept".to_owned() } else { row.reasons.join("; ") };
        text.push_str(&format!("    {sheet}row {}: {reasons}\n", row.row));
    }
    let more = rows.len().saturating_sub(limit);
    text.push_str(&if more > 0 { format!("    … {} more\n", count(more as u64)) } else { String::new() });
    text
}

fn field((name, change): (&String, &FieldChange)) -> String {
    let said = |text: &Option<String>| text.as_ref().map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"));
    let examples: Vec<String> = change.examples.iter().map(|(before, after)| format!("{} → {}", said(before), said(after))).collect();
    let examples = if examples.is_empty() { String::new() } else { format!(": {}", examples.join(", ")) };
    format!("  {name} says something else in {}{examples}\n", plural(change.rows, "row", "rows"))
}
