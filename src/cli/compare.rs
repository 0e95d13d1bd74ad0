//! `rihla compare`

use serde_json::{Value, json};

use super::args::Args;
use super::reconcile::{number, signed};
use super::render::table;
use super::{Terminal, closed, open_latest, print_json};
use crate::contract::Measure;
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::report::{self, Comparison, Coverage, Figure, Line, Mark};
use crate::run::check_project;

/// Compares two periods of a table.
pub async fn compare(args: &Args, name: &str, current: &str, prior: &str, terminal: &mut Terminal<'_>) -> Result<u8> {
    let (current, prior) = (period(current)?, period(prior)?);
    let prepared = check_project(&args.project).await?;
    let (warehouse, release) = open_latest(&prepared.project).await?;
    let comparison = report::compare(&prepared, &warehouse, &release, name, current, prior).await?;
    if terminal.json {
        print_json(terminal, &as_json(&comparison, name, release.rihla.release, current, prior))?;
    } else {
        let title = format!("{name}, {current} against {prior}, release {}", release.rihla.release);
        write!(terminal.out, "{title}\n{}", text(&comparison, current, prior)).map_err(closed)?;
    }
    Ok(0)
}

fn period(text: &str) -> Result<Period> {
    text.parse().map_err(|error: crate::period::NotAPeriod| Error::new(Kind::Input, error.to_string()))
}

fn text(comparison: &Comparison, current: Period, prior: Period) -> String {
    let mut text = String::new();
    for (index, (name, measure)) in comparison.measures.iter().enumerate() {
        text.push_str(&format!("\n{name} ({}, by {})\n{}\n", measure.unit, measure.date_basis, measure_table(comparison, index, measure, current, prior)));
    }
    text.push('\n');
    for (period, coverage) in [(current, &comparison.coverage.0), (prior, &comparison.coverage.1)].into_iter().filter(|(_, coverage)| coverage.rests_on_reports)
    {
        text.push_str(&format!("coverage {period}: {}\n", coverage_line(coverage)));
    }
    if let Some(offices) = &comparison.common_offices {
        text.push_str(&format!("like for like: the {} offices that reported all of both periods ({})\n", offices.len(), offices.join(" ")));
    }
    if let Some(why) = &comparison.no_like_for_like {
        text.push_str(&format!("like for like: not shown, {why}\n"));
    }
    if let Some(legend) = legend(comparison) {
        text.push_str(&format!("{legend}\n"));
    }
    text
}

fn measure_table(comparison: &Comparison, index: usize, measure: &Measure, current: Period, prior: Period) -> String {
    let (now, before) = (current.to_string(), prior.to_string());
    let is_share = report::is_share(measure);
    let mut header: Vec<&str> = comparison.dimensions.iter().map(String::as_str).collect();
    header.extend([now.as_str(), before.as_str(), if is_share { "points" } else { "change" }]);
    if !is_share {
        header.push("percent");
    }
    let (like_now, like_before) = (format!("like {now}"), format!("like {before}"));
    if comparison.common_offices.is_some() {
        header.extend([like_now.as_str(), like_before.as_str(), if is_share { "like points" } else { "like change" }]);
        if !is_share {
            header.push("like percent");
        }
    }
    let lines = comparison.lines.iter().map(|line| cells(line, index, is_share));
    table(&header, lines.collect())
}

fn cells(line: &Line, index: usize, is_share: bool) -> Vec<String> {
    let figure = &line.figures[index];
    let (now, before) = line.marks[index];
    let mut cells = line.key.clone();
    cells.push(marked(figure.current, now));
    cells.push(marked(figure.prior, before));
    cells.push(figure.change.map_or_else(|| "–".to_owned(), signed));
    if !is_share {
        cells.push(percent(figure));
    }
    if let Some(like) = &line.like_for_like {
        let like = &like[index];
        let show = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
        cells.extend([show(like.current), show(like.prior), like.change.map_or_else(|| "–".to_owned(), signed)]);
        if !is_share {
            cells.push(percent(like));
        }
    }
    cells
}

fn marked(value: Option<f64>, mark: Mark) -> String {
    let value = value.map_or_else(|| "–".to_owned(), number);
    format!("{value}{}{}", if mark.provisional { " p" } else { "" }, if mark.restated { " r" } else { "" })
}

fn percent(figure: &Figure) -> String {
    let flag = if figure.small_base { " *" } else { "" };
    figure.percent.map_or_else(|| "–".to_owned(), |percent| format!("{}{percent:.1} %{flag}", if percent > 0.0 { "+" } else { "" }))
}

fn coverage_line(coverage: &Coverage) -> String {
    let complete = coverage.complete_offices().len();
    let lacking = coverage.lacking();
    let lacking = if lacking.is_empty() { String::new() } else { format!(": {lacking}") };
    let open =
        if coverage.months_open > 0 { format!("; {} of {} months are not over in this release", coverage.months_open, coverage.months) } else { String::new() };
    if coverage.offices.is_empty() {
        return format!("no reports were owed{open}");
    }
    format!("{complete} of {} offices reported all they owed{lacking}{open}", coverage.offices.len())
}

fn legend(comparison: &Comparison) -> Option<String> {
    let marks = || comparison.lines.iter().flat_map(|line| &line.marks).flat_map(|(now, before)| [*now, *before]);
    let mut parts = Vec::new();
    if comparison.lines.iter().flat_map(|line| &line.figures).any(|figure| figure.small_base) {
        parts.push("* base under 20");
    }
    if marks().any(|mark| mark.provisional) {
        parts.push("p provisional: not every report has come");
    }
    if marks().any(|mark| mark.restated) {
        parts.push("r restated: an earlier release said something else");
    }
    (!parts.is_empty()).then(|| parts.join("   "))
}

fn as_json(comparison: &Comparison, table: &str, release: u64, current: Period, prior: Period) -> Value {
    let lines: Vec<Value> = comparison.lines.iter().map(|line| line_json(comparison, line)).collect();
    json!({
        "table": table,
        "release": release,
        "current": current.to_string(),
        "prior": prior.to_string(),
        "coverage": {"current": coverage_json(&comparison.coverage.0), "prior": coverage_json(&comparison.coverage.1)},
        "like_for_like_offices": comparison.common_offices,
        "no_like_for_like": comparison.no_like_for_like,
        "lines": lines,
    })
}

fn line_json(comparison: &Comparison, line: &Line) -> Value {
    let key: serde_json::Map<String, Value> = comparison.dimensions.iter().cloned().zip(line.key.iter().map(|value| json!(value))).collect();
    let mut measures = serde_json::Map::new();
    for (index, (name, _)) in comparison.measures.iter().enumerate() {
        let (now, before) = line.marks[index];
        let mut value = figure_json(&line.figures[index]);
        value["marks"] = json!({"current": mark_json(now), "prior": mark_json(before)});
        value["like_for_like"] = line.like_for_like.as_ref().map_or(Value::Null, |like| figure_json(&like[index]));
        measures.insert(name.clone(), value);
    }
    json!({"key": key, "measures": measures})
}

fn figure_json(figure: &Figure) -> Value {
    json!({"current": figure.current, "prior": figure.prior, "change": figure.change, "percent": figure.percent, "small_base": figure.small_base})
}

fn mark_json(mark: Mark) -> Value {
    json!({"provisional": mark.provisional, "restated": mark.restated})
}

fn coverage_json(coverage: &Coverage) -> Value {
    json!({"offices": coverage.offices.len(), "complete": coverage.complete_offices(), "lacking": coverage.offices, "months": coverage.months, "months_open": coverage.months_open})
}
