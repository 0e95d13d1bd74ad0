//! `rihla compare`

mod json;
mod notes;
mod text;
mod view;
mod workbook;

use super::args::{Args, Command, ReportFormat};
use super::{Terminal, closed, open_latest, print_json, spreadsheet};
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::report::{self, Labeller, Question};
use crate::run::{check_project, open_release};
use view::View;

/// The word that asks for totals: by no column at all.
const TOTAL: &str = "total";

/// Compares two periods of a table.
pub async fn compare(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let Command::Compare { table, current, prior, by, filters, format, output, force } = &args.command else { return Ok(0) };
    let question = Question {
        table: table.clone(),
        current: period(current)?,
        prior: period(prior)?,
        by: (!by.is_empty()).then(|| by.iter().filter(|column| *column != TOTAL).cloned().collect()),
        filters: filters.iter().map(|text| filter(text)).collect::<Result<_>>()?,
    };
    let prepared = check_project(&args.project).await?;
    let (warehouse, release) = open_latest(&prepared.project).await?;
    let comparison = report::compare(&prepared, &warehouse, &release, &question).await?;
    if terminal.json && *format == ReportFormat::Table {
        print_json(terminal, &json::comparison(&comparison, release.rihla.release))?;
        return Ok(0);
    }
    let engine = open_release(&prepared.project, &warehouse, &release).await?;
    let labeller = Labeller::of_release(&prepared.project, terminal.lang, &engine, &release).await?;
    let view = View::new(&comparison, &labeller, &release);
    match format {
        ReportFormat::Table => write!(terminal.out, "{}", text::comparison(&view)).map_err(closed)?,
        ReportFormat::Xlsx => {
            let path = output.clone().unwrap_or_else(|| file_name(&question).into());
            spreadsheet::save(workbook::comparison(&view, &prepared.project.title), &path, *force)?;
            spreadsheet::tell(terminal, &path)?;
        }
    }
    Ok(0)
}

fn period(text: &str) -> Result<Period> {
    text.parse().map_err(|error: crate::period::NotAPeriod| Error::new(Kind::Input, error.to_string()))
}

fn filter(text: &str) -> Result<(String, String)> {
    let (column, value) = text
        .split_once('=')
        .ok_or_else(|| Error::new(Kind::Input, format!("`{text}` chooses no rows")).hint("write a column and a value, such as --where sadd_group=women"))?;
    Ok((column.trim().to_owned(), value.trim().to_owned()))
}

/// Says table, level, chosen rows and periods.
fn file_name(question: &Question) -> String {
    let mut parts = vec![question.table.clone()];
    if let Some(by) = &question.by {
        parts.push(if by.is_empty() { TOTAL.to_owned() } else { format!("by-{}", by.join("-")) });
    }
    parts.extend(question.filters.iter().map(|(column, value)| format!("{column}-{value}")));
    parts.extend([question.current.to_string(), question.prior.to_string()]);
    let safe = |letter: char| if letter.is_alphanumeric() || matches!(letter, '-' | '_') { letter } else { '-' };
    format!("{}.xlsx", parts.join("_").chars().map(safe).collect::<String>())
}
