//! `rihla status`

use super::args::Args;
use super::render::{count, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::project;
use crate::report::{self, Matrix, Report, Status};
use crate::warehouse::{RunRecord, Warehouse};

/// Shows the last runs and what came.
pub async fn status(args: &Args, months: usize, runs: usize, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let status = report::status(&project, &warehouse, runs, months).await?;
    if terminal.json {
        print_json(terminal, &status)?;
    } else {
        write!(terminal.out, "{}", text(&status)).map_err(closed)?;
    }
    Ok(0)
}

fn text(status: &Status) -> String {
    let release = status.release.map_or_else(|| "no release yet".to_owned(), |number| format!("release {number}"));
    let until = status.known_until.clone().unwrap_or_else(|| "nothing received yet".to_owned());
    let mut text = format!("{release}, known until {until}\n\n{}\n", runs(&status.runs));
    for problem in status.runs.first().iter().flat_map(|run| &run.problems) {
        text.push_str(&format!("problem: {problem}\n"));
    }
    for feed in &status.feeds {
        text.push_str(&format!("\n{}\n", matrix(feed)));
    }
    text.push_str("\n# on time   L late   R refused   . missing   + came though not owed\n");
    text
}

fn runs(runs: &[RunRecord]) -> String {
    let lines = runs.iter().map(|run| {
        let sum = |get: fn(&crate::warehouse::StepRecord) -> u64| count(run.feeds.iter().map(get).sum());
        // A record without an end is of a run that works still, or was killed.
        let outcome = if run.ended_at.is_none() { "running or interrupted" } else { run.outcome.as_str() };
        vec![
            run.run_id.clone(),
            run.started_at.clone(),
            outcome.to_owned(),
            sum(|feed| feed.loaded),
            sum(|feed| feed.refused),
            run.release.map(|number| number.to_string()).unwrap_or_default(),
        ]
    });
    table(&["run", "started", "outcome", "loaded", "refused", "release"], lines.collect())
}

/// Months as columns, a year above its first month.
fn matrix(matrix: &Matrix) -> String {
    let width = matrix.feed.len().max(8);
    let mut years = " ".repeat(width);
    let mut months = format!("{:<width$}", matrix.feed);
    let mut year = "";
    for period in &matrix.periods {
        let (of, month) = period.split_once('-').unwrap_or((period, ""));
        // Four digits stand over the first two columns of their year.
        let shown = if of == year { "" } else { of };
        let room = (months.chars().count() + 3).saturating_sub(years.chars().count());
        years.push_str(&format!("{:>room$}", "", room = room.saturating_sub(shown.len())));
        years.push_str(shown);
        year = of;
        months.push_str(&format!(" {month}"));
    }
    let mut lines = vec![years.trim_end().to_owned(), months];
    for (office, reports) in &matrix.offices {
        let marks: String = reports.iter().map(|report| format!("  {}", mark(*report))).collect();
        lines.push(format!("{office:<width$}{marks}").trim_end().to_owned());
    }
    lines.join("\n")
}

fn mark(report: Option<Report>) -> char {
    match report {
        Some(Report::OnTime) => '#',
        Some(Report::Late) => 'L',
        Some(Report::Refused) => 'R',
        Some(Report::Missing) => '.',
        Some(Report::Unowed) => '+',
        None => ' ',
    }
}
