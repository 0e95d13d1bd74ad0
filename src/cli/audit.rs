//! `rihla audit`

use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value, json};

use super::args::Args;
use super::render::{count, plural, table, width, wrapped};
use super::sql::texts;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::run::{Audit, AuditQuestion, Audited, audited, check_project};
use crate::warehouse::TestResult;

/// Show the tests of the tables built last, and the rows that fail them
///
/// What was built last may be released or held back: where a test failed, these are the rows for which it did. Of a test
/// that looks at sums, counts or dates the figures are shown. Rows of person-level tables hold pseudonyms: they are for
/// the owner of the data.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the tests of this table
    table: Option<String>,
    /// Only tests that anything fails
    #[arg(long)]
    failing: bool,
    /// How many failing rows of each test to show; 0 for all
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    rows: usize,
}

/// Shows the tests and the rows that fail them.
pub async fn audit(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let rows = (options.rows > 0).then_some(options.rows);
    let question = AuditQuestion { table: options.table.as_deref(), only_failing: options.failing, rows };
    let audit = audited(&prepared, clock::from_environment()?, question).await?;
    if terminal.json {
        print_json(terminal, &as_json(&audit)?)?;
    } else {
        writeln!(terminal.out, "{}", text(&audit)?).map_err(closed)?;
    }
    Ok(0)
}

/// What became of a test, in words; of one that was not run yet nothing is known.
pub fn outcome(result: &TestResult) -> String {
    match result {
        _ if result.fails() && result.threshold > 0 => format!("fails in {}, {} may", count(result.failures), count(result.threshold)),
        _ if result.fails() => format!("fails in {}", count(result.failures)),
        _ if result.failures > 0 => format!("passes: {} of {} that may fail", count(result.failures), count(result.threshold)),
        _ => result.note.clone().unwrap_or_else(|| "passes".to_owned()),
    }
}

fn text(audit: &Audit) -> Result<String> {
    let mut parts = vec![heading(audit)];
    if !audit.tests.is_empty() {
        let rows = audit.tests.iter().map(|test| {
            let result = &test.result;
            vec![result.model.clone(), result.test.clone(), result.severity.clone(), outcome(result)]
        });
        parts.push(table(&["table", "test", "severity", "result"], rows.collect()));
    }
    for test in audit.tests.iter().filter(|test| test.result.failures > 0) {
        parts.push(failing(test)?);
    }
    Ok(parts.join("\n\n"))
}

fn heading(audit: &Audit) -> String {
    let built = match (audit.release, audit.is_released) {
        (Some(number), true) => format!("built last: release {number}"),
        (Some(number), false) => format!("built last: not released, release {number} stays"),
        (None, _) => "built last: not released, there is no release yet".to_owned(),
    };
    let has_changes = audit.tests.iter().any(|test| test.result.test.starts_with("change("));
    let against = audit.against.filter(|_| has_changes).map_or_else(String::new, |number| format!("; changes are counted from release {number}"));
    let failing = audit.tests.iter().filter(|test| test.result.fails()).count() as u64;
    format!("{built}{against}\n{}, {} failing", plural(audit.count as u64, "test", "tests"), count(failing))
}

fn failing(test: &Audited) -> Result<String> {
    let result = &test.result;
    let mut lines = vec![format!("{} {} ({}): {}", result.model, result.test, result.severity, outcome(result))];
    lines.extend(result.description.iter().map(|description| wrapped(description, width(), "  ")));
    lines.extend(test.unshown.iter().map(|why| format!("  {why}")));
    if let Some(first) = test.rows.first() {
        let schema = first.schema();
        let header: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mut rows = Vec::new();
        for batch in &test.rows {
            rows.extend(texts(batch).map_err(unprintable)?);
        }
        let more = result.failures.saturating_sub(rows.len() as u64);
        lines.push(table(&header, rows));
        if more > 0 {
            lines.push(format!("({} more: `--rows 0` shows all)", count(more)));
        }
    }
    Ok(lines.join("\n"))
}

fn unprintable(cause: arrow::error::ArrowError) -> Error {
    Error::new(Kind::Internal, "rows that fail a test cannot be shown").because(cause)
}

fn as_json(audit: &Audit) -> Result<Value> {
    let mut tests = Vec::new();
    for test in &audit.tests {
        let result = &test.result;
        let rows = objects(&test.rows)?;
        tests.push(json!({
            "table": result.model,
            "test": result.test,
            "severity": result.severity,
            "description": result.description,
            "passes": !result.fails(),
            "failures": result.failures,
            "threshold": result.threshold,
            "note": result.note.as_ref().or(test.unshown.as_ref()),
            "rows": rows,
        }));
    }
    Ok(json!({"release": audit.release, "is_released": audit.is_released, "against": audit.against, "tests": tests}))
}

/// Rows as objects, every column in each.
fn objects(batches: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
    let mut writer = arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, arrow::json::writer::JsonArray>(Vec::new());
    for batch in batches {
        writer.write(batch).map_err(unprintable)?;
    }
    writer.finish().map_err(unprintable)?;
    let bytes = writer.into_inner();
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&bytes).map_err(|cause| Error::new(Kind::Internal, "rows that fail a test cannot be shown").because(cause))
}
