//! `rihla status`

mod matrix;
mod reminders;

use chrono::{DateTime, Utc};

use super::args::Args;
use super::numbers::grouped;
use super::render::table;
use super::words::{Word, day, say};
use super::{Terminal, closed, drift, print_json};
use crate::clock;
use crate::error::Result;
use crate::project::{self, Lang};
use crate::report::{self, Labeller, Shown, Status};
use crate::warehouse::{RunRecord, Warehouse};

/// Show the last runs, and which reports came and which did not
///
/// Reports are on time, late, missing or not yet due as of now, by the end of the due day where
/// the office is. With --matrix only the reports are shown, with the numbers that DHIS2 makes of
/// them in the months shown: expected reports, actual reports, actual reports on time, reporting
/// rate, reporting rate on time. Releases say the same as of their newest delivery, in the tables
/// completeness and reporting_rates.
///
/// With --reminders the reminders that fall today and within the next --days are listed, for
/// reports that have not come.
///
///   rihla status
///   rihla status --matrix --feed returns --months 12
///   rihla status --reminders --office RAB
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// How many months to show
    #[arg(long, default_value_t = 18, value_name = "COUNT")]
    months: usize,
    /// How many runs to show
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    runs: usize,
    /// Only the reports, with DHIS2's numbers
    #[arg(long)]
    matrix: bool,
    /// Only the reminders of today and the next days
    #[arg(long, conflicts_with = "matrix")]
    reminders: bool,
    /// How many days ahead reminders are listed
    #[arg(long, default_value_t = 14, value_name = "COUNT", requires = "reminders")]
    days: u16,
    /// Only this feed; may stand several times
    #[arg(long, value_name = "FEED")]
    feed: Vec<String>,
    /// Only this office; may stand several times
    #[arg(long, value_name = "CODE")]
    office: Vec<String>,
}

/// Shows what came: with the last runs, with its numbers, or as reminders of what did not.
pub async fn status(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let shown = Shown { months: options.months, feeds: options.feed.clone(), offices: options.office.clone() };
    if options.matrix {
        return matrix::show(&project, &warehouse, &shown, terminal).await;
    }
    if options.reminders {
        return reminders::show(&project, &warehouse, &shown, options.days, terminal).await;
    }
    let status = report::status(&project, &warehouse, options.runs, &shown).await?;
    if terminal.json {
        print_json(terminal, &status)?;
    } else {
        write!(terminal.out, "{}", text(&status, &Labeller::new(&project, terminal.lang))).map_err(closed)?;
    }
    Ok(0)
}

/// The moment of what is shown, in the project's zone.
fn as_of(labeller: &Labeller<'_>, at: DateTime<Utc>) -> String {
    let zone = labeller.project().timezone;
    let local = at.with_timezone(&zone);
    let date = day(labeller.lang(), local.date_naive());
    say(labeller.lang(), Word::AsOf, &[&date, &local.format("%H:%M").to_string(), zone.name()])
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
    text.push_str(&format!("\n{}\n", as_of(labeller, status.as_of)));
    for feed in &status.feeds {
        text.push_str(&format!("\n{}\n", matrix::drawn(feed, labeller)));
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
