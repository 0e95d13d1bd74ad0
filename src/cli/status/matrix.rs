//! `rihla status --matrix`: which reports came, and the numbers that DHIS2 makes of it.

use super::super::numbers::{NO_FIGURE, grouped};
use super::super::render::table;
use super::super::words::{Word, day, say};
use super::super::{Terminal, closed, print_json};
use super::as_of;
use crate::calendar::{Numbers, State};
use crate::error::Result;
use crate::period::Period;
use crate::project::{Lang, Project};
use crate::report::{self, ExcusedReports, FeedNumbers, Labeller, Matrix, MatrixWith, Shown};
use crate::warehouse::Warehouse;

/// Shows the reports with their numbers.
pub async fn show(project: &Project, warehouse: &Warehouse, shown: &Shown, terminal: &mut Terminal<'_>) -> Result<u8> {
    let submissions = warehouse.read_submissions().await?;
    let found = report::numbers(project, &submissions, warehouse.clock().now(), shown)?;
    if terminal.json {
        print_json(terminal, &found)?;
    } else {
        write!(terminal.out, "{}", text(&found, &Labeller::new(project, terminal.lang))).map_err(closed)?;
    }
    Ok(0)
}

fn text(found: &MatrixWith, labeller: &Labeller<'_>) -> String {
    let mut text = format!("{}\n", as_of(labeller, found.as_of));
    for feed in &found.feeds {
        text.push_str(&format!("\n{}\n\n{}\n", drawn(&feed.matrix, labeller), numbers(feed, labeller)));
        text.extend(feed.excused.iter().map(|excused| format!("{}\n", because(excused, labeller))));
    }
    text.push_str(&format!("\n{}\n", Word::StatusLegend.text(labeller.lang())));
    text
}

/// DHIS2's numbers first, then what became of the rest.
fn numbers(feed: &FeedNumbers, labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    let heads = [
        Word::Office,
        Word::ExpectedReports,
        Word::ActualReports,
        Word::ActualOnTime,
        Word::ReportingRate,
        Word::RateOnTime,
        Word::LateReports,
        Word::Refused,
        Word::MissingReports,
        Word::NotYetDue,
        Word::ExcusedReports,
    ];
    let mut rows: Vec<Vec<String>> = feed.numbers.iter().map(|of| row(lang, of.office.clone(), &of.numbers)).collect();
    if rows.len() > 1 {
        rows.push(row(lang, Word::AllOffices.text(lang).to_owned(), &feed.total));
    }
    table(&heads.map(|word| word.text(lang)), rows)
}

fn row(lang: Lang, name: String, of: &Numbers) -> Vec<String> {
    let count = |number: u32| grouped(lang, &number.to_string());
    let rate = |rate: Option<f64>| rate.map_or_else(|| NO_FIGURE.to_owned(), |rate| grouped(lang, &format!("{rate:.1}")));
    let dhis2 =
        [count(of.expected_reports), count(of.actual_reports), count(of.actual_reports_on_time), rate(of.reporting_rate), rate(of.reporting_rate_on_time)];
    let others = [of.late, of.refused, of.missing, of.not_yet_due, of.excused].map(count);
    [name].into_iter().chain(dhis2).chain(others).collect()
}

/// Months by their names; those that follow one another by the first and the last.
fn months(names: &[String]) -> String {
    let parsed: Vec<Period> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let are_whole = parsed.len() == names.len() && parsed.windows(2).all(|pair| pair[0].next() == pair[1]);
    match names {
        [first, _, .., last] if are_whole => format!("{first} … {last}"),
        _ => names.join(", "),
    }
}

fn because(excused: &ExcusedReports, labeller: &Labeller<'_>) -> String {
    let on = day(labeller.lang(), excused.on);
    say(labeller.lang(), Word::ExcusedBecause, &[&labeller.office(&excused.office), &months(&excused.periods), &excused.reason, &excused.approver, &on])
}

/// Months as columns, a year above its first month; offices with their names.
pub fn drawn(matrix: &Matrix, labeller: &Labeller<'_>) -> String {
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

fn mark(report: Option<State>) -> char {
    match report {
        Some(State::OnTime) => '#',
        Some(State::Late) => 'L',
        Some(State::Refused) => 'R',
        Some(State::Missing) => '.',
        Some(State::NotYetDue) => '-',
        Some(State::Excused) => 'E',
        Some(State::Unowed) => '+',
        None => ' ',
    }
}
