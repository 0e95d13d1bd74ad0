//! `rihla test`

use std::time::Duration;

use serde_json::{Value, json};

use super::args::Args;
use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::clock::Stopwatch;
use crate::error::Result;
use crate::run::unit::{Bench, Difference, FOLDER, Performed, Problem, RowDifference, Untested};

/// Run the unit tests of models; touch nothing
///
/// A unit test is a file of tests/models: what offices delivered, or the rows of tables, and a fixed day, with the rows
/// that must come out. Only the tables that are expected are made, in memory; no warehouse and no key is needed. What
/// differs is shown row by row: `-` is missing, `+` was not expected, `~` has other cells. Exits with 1 where a test
/// fails.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only these, by the name of their file, or of a table that they expect something of
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// List the models without a unit test; run none
    #[arg(long, conflicts_with = "names")]
    coverage: bool,
}

/// Rows of a difference shown.
const ROWS_SHOWN: usize = 20;

/// Reasons of a problem shown.
const REASONS_SHOWN: usize = 8;

/// Performs unit tests.
pub async fn test(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let bench = Bench::open(&args.project).await?;
    if options.coverage {
        let untested = bench.untested();
        if terminal.json {
            print_json(terminal, &json!({ "models": bench.models(), "untested": untested }))?;
        } else {
            write!(terminal.out, "{}", coverage(&untested, bench.models())).map_err(closed)?;
        }
        return Ok(0);
    }
    let watch = Stopwatch::start();
    let performed = bench.perform(&options.names).await?;
    if terminal.json {
        let tests: Vec<Value> = performed.iter().map(as_json).collect();
        print_json(terminal, &json!({ "tests": tests, "failed": performed.iter().filter(|one| !one.is_ok()).count() }))?;
    } else {
        write!(terminal.out, "{}", text(&performed, watch.elapsed(), options.names.is_empty().then(|| bench.untested()).as_ref())).map_err(closed)?;
    }
    Ok(u8::from(performed.iter().any(|one| !one.is_ok())))
}

fn text(performed: &[Performed], took: Duration, untested: Option<&Untested>) -> String {
    if performed.is_empty() {
        return format!("there are no unit tests: write the first in {FOLDER}\n");
    }
    let width = performed.iter().map(|one| one.name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for one in performed {
        let verdict = if one.is_ok() { "ok    " } else { "FAILED" };
        text.push_str(&format!("{verdict}  {:width$}  {}  {}\n", one.name, one.description, milliseconds(one.took)));
        if !one.is_ok() {
            text.push_str(&failure(one));
        }
    }
    let expectations: usize = performed.iter().map(|one| one.held.len()).sum();
    let failed = performed.iter().filter(|one| !one.is_ok()).count() as u64;
    let verdict = if failed == 0 { "all hold".to_owned() } else { plural(failed, "test fails", "tests fail") };
    text.push_str(&format!(
        "{}{}, {}: {verdict} ({})\n",
        if text.ends_with("\n\n") { "" } else { "\n" },
        plural(performed.len() as u64, "unit test", "unit tests"),
        plural(expectations as u64, "expectation", "expectations"),
        milliseconds(took)
    ));
    if let Some(count) = untested.map(|untested| untested.tables.len() as u64).filter(|count| *count > 0) {
        text.push_str(&format!("{} without a unit test: see `rihla test --coverage`\n", plural(count, "released table", "released tables")));
    }
    text
}

fn milliseconds(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

fn failure(one: &Performed) -> String {
    let mut text = String::new();
    for problem in &one.problems {
        text.push_str(&problem_text(one, problem));
    }
    for held in &one.held {
        if let Some(difference) = &held.difference {
            text.push_str(&format!("\n  {} is not as expected ({}:{})\n", held.table, one.file, held.line));
            text.push_str(&difference_text(difference));
        }
    }
    text + "\n"
}

fn problem_text(one: &Performed, problem: &Problem) -> String {
    let mut text = format!("\n  {} ({}:{})\n", problem.message, one.file, problem.line);
    problem.reasons.iter().take(REASONS_SHOWN).for_each(|reason| text.push_str(&format!("    {reason}\n")));
    if problem.reasons.len() > REASONS_SHOWN {
        text.push_str(&format!("    … and {} more\n", problem.reasons.len() - REASONS_SHOWN));
    }
    text
}

fn difference_text(difference: &Difference) -> String {
    let header: Vec<&str> = std::iter::once("").chain(difference.columns.iter().map(String::as_str)).chain(["line"]).collect();
    let rows = difference.rows.iter().take(ROWS_SHOWN).map(row_cells).collect();
    let mut text: String = table(&header, rows).lines().map(|line| format!("    {line}\n")).collect();
    if difference.rows.len() > ROWS_SHOWN {
        text.push_str(&format!("    … and {} more\n", difference.rows.len() - ROWS_SHOWN));
    }
    text
}

fn row_cells(row: &RowDifference) -> Vec<String> {
    let plain = |sign: &str, cells: &[Option<String>], line: String| {
        let cells = cells.iter().map(|cell| shown(cell.as_deref()));
        std::iter::once(sign.to_owned()).chain(cells).chain([line]).collect()
    };
    match row {
        RowDifference::Missing { expected, line } => plain("-", expected, line.to_string()),
        RowDifference::Unexpected { got } => plain("+", got, String::new()),
        RowDifference::Changed { expected, got, differs, line } => {
            let cells = expected.iter().zip(got).zip(differs).map(|((want, got), differs)| match differs {
                true => format!("{} → {}", word(want.as_deref()), word(got.as_deref())),
                false => shown(want.as_deref()),
            });
            std::iter::once("~".to_owned()).chain(cells).chain([line.to_string()]).collect()
        }
    }
}

/// A cell as a scenario writes it: null is empty.
fn shown(cell: Option<&str>) -> String {
    match cell {
        Some("") => "\"\"".to_owned(),
        Some(text) => text.to_owned(),
        None => String::new(),
    }
}

/// The same where nothing would be hard to see.
fn word(cell: Option<&str>) -> String {
    cell.map_or_else(|| "null".to_owned(), |text| shown(Some(text)))
}

fn coverage(untested: &Untested, models: usize) -> String {
    let count = untested.tables.len() + untested.staging.len();
    if count == 0 {
        return format!("every one of {} has a unit test\n", plural(models as u64, "model", "models"));
    }
    let mut text = format!("{} of {} without a unit test\n", count, plural(models as u64, "model", "models"));
    for (title, names) in [("released tables", &untested.tables), ("results that they share", &untested.staging)] {
        if !names.is_empty() {
            text.push_str(&format!("\n{title}\n"));
            names.iter().for_each(|name| text.push_str(&format!("  {name}\n")));
        }
    }
    text
}

fn as_json(one: &Performed) -> Value {
    json!({
        "name": one.name,
        "description": one.description,
        "file": one.file,
        "ok": one.is_ok(),
        "milliseconds": u64::try_from(one.took.as_millis()).unwrap_or(u64::MAX),
        "problems": one.problems,
        "expectations": one.held,
    })
}
