//! `rihla backfill`

use std::time::Duration;

use serde_json::json;

use super::args::Args;
use super::progress::Bar;
use super::render::{count, plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::period::Period;
use crate::run::{self, Feeds, MonthPlan, Request, RunReport, check_project};

/// Load months of one feed, however long ago, one after another
///
/// Shows first what there is of each month and what of it is new, then loads month by month; the offices of a month are judged
/// side by side. Sources that are asked for recent months only (`lookback`) are asked for these anew. Between two months other
/// runs may load; a month that they hold up waits. It can be interrupted and asked again: what was loaded is not loaded twice.
/// Nothing is built or released: `rihla run` does so.
///
///   rihla backfill --feed returns --from 2022-01 --to 2022-12 --dry-run
///   rihla backfill --feed returns --from 2022-01 --to 2022-12
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The feed
    #[arg(long, value_name = "NAME")]
    feed: String,
    /// The first month
    #[arg(long, value_name = "MONTH")]
    from: Period,
    /// The last month
    #[arg(long, value_name = "MONTH")]
    to: Period,
    /// Show the plan; load nothing
    #[arg(long)]
    dry_run: bool,
    /// How long a month may wait for other runs
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, conflicts_with = "dry_run")]
    wait: u64,
}

/// Plans, and loads.
pub async fn backfill(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let clock = clock::from_environment()?;
    let feeds = Feeds::of(&prepared.project, std::slice::from_ref(&options.feed))?;
    let months = run::months_to_backfill(&prepared.project, &options.feed, options.from, options.to)?;
    let plan = run::plan_backfill(&prepared.project, clock.clone(), &options.feed, &months).await?;
    if !terminal.json {
        write!(terminal.out, "{}", planned(&plan)).map_err(closed)?;
        terminal.out.flush().map_err(closed)?;
    }
    let has_news = |month: &&Period| plan.iter().any(|planned| planned.month == month.to_string() && planned.to_load > 0);
    let mut reports = Vec::new();
    for month in months.iter().filter(has_news).filter(|_| !options.dry_run) {
        let prepared = check_project(&args.project).await?;
        let request = Request {
            project: prepared.project,
            checked: prepared.checked,
            clock: clock.clone(),
            selected: None,
            feeds: feeds.clone().in_months(*month, *month),
            patience: Duration::from_secs(options.wait),
        };
        let bar = Bar::new();
        let report = run::run(request, &bar).await;
        bar.finish();
        let report = report?;
        if !terminal.json {
            write!(terminal.out, "{}", done(*month, &report)).map_err(closed)?;
            terminal.out.flush().map_err(closed)?;
        }
        reports.push(report);
    }
    let needs_mending = reports.iter().any(RunReport::needs_mending);
    if terminal.json {
        print_json(terminal, &json!({ "plan": plan, "runs": reports }))?;
    } else {
        writeln!(terminal.out, "{}", ending(&plan, options.dry_run)).map_err(closed)?;
    }
    Ok(u8::from(needs_mending))
}

fn planned(plan: &[MonthPlan]) -> String {
    let line = |month: &MonthPlan| {
        let counts = [month.found, month.known, month.still_refused, month.to_load, month.bytes.div_ceil(1024)];
        std::iter::once(month.month.clone()).chain(counts.map(count)).collect()
    };
    let header = ["month", "found", "known", "refused before", "to load", "KiB"];
    format!("{}\n", table(&header, plan.iter().map(line).collect()))
}

fn done(month: Period, report: &RunReport) -> String {
    let sum = |get: fn(&run::FeedReport) -> u64| report.feeds.iter().map(get).sum::<u64>();
    let (loaded, refused, rows) = (sum(|feed| feed.loaded), sum(|feed| feed.refused), sum(|feed| feed.rows.loaded));
    let quarantined = sum(|feed| feed.rows.quarantined);
    let mut text = format!(
        "{month}  {} loaded, {} refused; {} loaded, {} quarantined\n",
        plural(loaded, "delivery", "deliveries"),
        count(refused),
        plural(rows, "row", "rows"),
        count(quarantined)
    );
    text.extend(report.open_refusals().map(|refused| format!("  refused: {}\n    {}: {}\n", refused.path, refused.error, refused.reason)));
    text.extend(report.problems.iter().map(|problem| format!("  problem: {problem}\n")));
    text
}

fn ending(plan: &[MonthPlan], is_dry_run: bool) -> String {
    match plan.iter().filter(|month| month.to_load > 0).count() as u64 {
        0 => "nothing is new in these months".to_owned(),
        months if is_dry_run => format!("{} would be loaded; nothing was touched", plural(months, "month", "months")),
        months => format!("{} loaded; tables and releases stay as they are until `rihla run`", plural(months, "month", "months")),
    }
}
