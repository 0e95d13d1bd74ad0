//! `rihla reconcile`

use serde_json::json;

use super::args::Args;
use super::render::{plural, table};
use super::{Terminal, closed, open_latest, print_json};
use crate::error::Result;
use crate::project;
use crate::report::{self, Reconciled, Verdict};

/// Holds the latest release against a published edition.
pub async fn reconcile(args: &Args, edition: &str, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let (warehouse, release) = open_latest(&project).await?;
    let lines = report::reconcile(&project, &warehouse, &release, edition).await?;
    if terminal.json {
        let values: Vec<_> = lines.iter().map(json_line).collect();
        print_json(terminal, &json!({"edition": edition, "release": release.rihla.release, "controls": values}))?;
    } else {
        writeln!(terminal.out, "{}", text(edition, release.rihla.release, &lines)).map_err(closed)?;
    }
    let unexplained = lines.iter().any(|line| matches!(line.verdict, Verdict::Differs | Verdict::Missing));
    Ok(u8::from(unexplained))
}

fn text(edition: &str, release: u64, lines: &[Reconciled]) -> String {
    let rows = lines.iter().map(|line| {
        let control = &line.control;
        let published = format!("{} {}", control.operator.as_str(), decimals(control.value, control.decimals));
        let computed = line.computed.map_or_else(|| "none".to_owned(), number);
        let difference = line.computed.filter(|_| line.verdict != Verdict::Agrees).map_or_else(String::new, |computed| signed(computed - control.value));
        vec![
            control.indicator.clone(),
            control.dimension.clone(),
            control.period.to_string(),
            published,
            computed,
            difference,
            line.verdict.as_str().to_owned(),
            note(line),
        ]
    });
    let header = ["indicator", "dimension", "period", "published", "computed", "difference", "verdict", "note"];
    format!("edition {edition} against release {release}\n\n{}\n\n{}", table(&header, rows.collect()), ending(lines))
}

fn ending(lines: &[Reconciled]) -> String {
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count() as u64;
    let open = count(Verdict::Differs) + count(Verdict::Missing);
    let agree = format!("{} of {} agree", count(Verdict::Agrees), plural(lines.len() as u64, "control total", "control totals"));
    let explained = if count(Verdict::Explained) > 0 { format!(", {} differ as explained", count(Verdict::Explained)) } else { String::new() };
    let differ = if open > 0 { format!(", {} without an explanation", plural(open, "difference", "differences")) } else { String::new() };
    format!("{agree}{explained}{differ}")
}

fn note(line: &Reconciled) -> String {
    if line.verdict == Verdict::Explained { format!("{} (approved by {})", line.control.note, line.control.approver) } else { line.control.note.clone() }
}

fn json_line(line: &Reconciled) -> serde_json::Value {
    let control = &line.control;
    json!({
        "indicator": control.indicator,
        "dimension": control.dimension,
        "period": control.period.to_string(),
        "operator": control.operator.as_str(),
        "published": control.value,
        "computed": line.computed,
        "difference": line.computed.map(|computed| computed - control.value),
        "explained_difference": control.explained_difference,
        "verdict": line.verdict.as_str(),
        "note": control.note,
    })
}

/// A computed value: whole numbers whole, others to two decimals.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// A difference with its sign.
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

fn decimals(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}
