//! `rihla status`

use super::args::Args;
use super::numbers::grouped;
use super::render::table;
use super::words::{Word, day, say};
use super::{Terminal, closed, drift, print_json};
use crate::clock;
use crate::error::Result;
use crate::project::{self, Lang};
use crate::report::{self, Labeller, Matrix, Report, Status};
use crate::warehouse::{RunRecord, Warehouse};

/// Shows the last runs and what came.
pub async fn status(args: &Args, months: usize, runs: usize, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let status = report::status(&project, &warehouse, runs, months).await?;
    if terminal.json {
        print_json(terminal, &status)?;
    } else {
        write!(terminal.out, "{}", text(&status, &Labeller::new(&project, terminal.lang))).map_err(closed)?;
    }
    Ok(0)
}

fn text(status: &Status, labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    let release = status.release.map_or_else(|| Word::NoRelease.text(lang).to_owned(), |number| say(lang, Word::Release, &[&number.to_string()]));
    let until = status
        .known_until
        .as_deref()
        .map_or_else(|| Word::NothingReceived.text(lang).to_owned(), |until| until.parse().map_or_else(|_| until.to_owned(), |date| day(lang, date)));
    let mut text = format!("{}\n\n{}\n", say(lang, Word::KnownUntil, &[&release, &until]), runs(&status.runs, lang));
    for problem in status.runs.first().iter().flat_map(|run| &run.problems) {
        text.push_str(&format!("{}\n", say(lang, Word::Problem, &[problem])));
    }
    text.push_str(&drift::standing(lang, &status.drift));
    for feed in &status.feeds {
        text.push_str(&format!("\n{}\n", matrix(feed, labeller)));
    }
    text.push_str(&format!("\n{}\n", Word::StatusLegend.text(lang)));
    text
}

fn runs(runs: &[RunRecord], lang: Lang) -> String {
    let lines = runs.iter().map(|run| {
        let sum = |get: fn(&crate::warehouse::StepRecord) -> u64| grouped(lang, &run.feeds.iter().map(get).sum::<u64>().to_string());
        vec![
            run.run_id.clone(),
            run.started_at.clone(),
            outcome(run, lang),
            sum(|feed| feed.loaded),
            sum(|feed| feed.refused),
            run.release.map(|number| number.to_string()).unwrap_or_default(),
        ]
    });
    let header = [Word::Run, Word::Started, Word::Outcome, Word::Loaded, Word::Refused, Word::ReleaseColumn].map(|word| word.text(lang));
    table(&header, lines.collect())
}

fn outcome(run: &RunRecord, lang: Lang) -> String {
    // A record without an end is of a run that works still, or was killed.
    let word = match run.outcome.as_str() {
        _ if run.ended_at.is_none() => Word::RunningOrInterrupted,
        "released" => Word::OutcomeReleased,
        "unchanged" => Word::OutcomeUnchanged,
        "loaded" => Word::OutcomeHeld,
        "feeds loaded" => Word::OutcomeLoaded,
        "failed" => Word::OutcomeFailed,
        other => return other.to_owned(),
    };
    word.text(lang).to_owned()
}

/// Months as columns, a year above its first month; offices with their names.
fn matrix(matrix: &Matrix, labeller: &Labeller<'_>) -> String {
    let feed = labeller.feed(&matrix.feed);
    let offices: Vec<String> = matrix.offices.iter().map(|(office, _)| labeller.office(office)).collect();
    let width = offices.iter().chain([&feed]).map(|name| name.chars().count()).max().unwrap_or(0).max(8);
    let mut years = " ".repeat(width);
    let mut months = format!("{feed:<width$}");
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
    for (office, (_, reports)) in offices.iter().zip(&matrix.offices) {
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
