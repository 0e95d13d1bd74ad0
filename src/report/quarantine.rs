//! Rows that were not loaded, with their places and reasons.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::warehouse::{Submission, SubmissionOutcome, Warehouse, live_of};

/// One reason why a row was not loaded.
#[derive(Debug, Clone, Serialize)]
pub struct QuarantineLine {
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting period.
    pub period: String,
    /// The extract.
    pub path: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The row or line.
    pub row: i64,
    /// `quarantined`, `superseded`, `excluded` or `refused`.
    pub outcome: String,
    /// The field at fault.
    pub field: Option<String>,
    /// Frictionless's name of the error.
    pub error: String,
    /// The rule.
    pub rule: String,
    /// For people.
    pub message: String,
    /// The submission.
    pub submission: String,
    /// The submission that this one mends, where it came as a returned workbook.
    pub amends: Option<String>,
    /// The open cells of the row as written, by field; nothing where they are withheld.
    pub cells: Option<Map<String, Value>>,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct QuarantineFilter {
    /// Of this feed.
    pub feed: Option<String>,
    /// Of this office.
    pub office: Option<String>,
    /// Of this reporting period.
    pub period: Option<String>,
    /// Of this rule or error.
    pub rule: Option<String>,
    /// Of revisions that newer ones replaced, too.
    pub all_revisions: bool,
    /// Superseded and excluded rows, too.
    pub all_outcomes: bool,
    /// Of this submission, whatever came after it.
    pub submission: Option<String>,
}

/// The lines that are wanted, by feed, office, period, extract, sheet, row.
///
/// # Errors
/// `Unavailable` where the table cannot be read.
pub async fn quarantine(warehouse: &Warehouse, filter: &QuarantineFilter) -> Result<Vec<QuarantineLine>> {
    let submissions = warehouse.read_submissions().await?;
    let vouched = vouched(&submissions, filter.all_revisions || filter.submission.is_some());
    let mut lines = Vec::new();
    for batch in warehouse.set_aside.read_all().await? {
        read(&batch, &vouched, &mut lines)?;
    }
    let amends: BTreeMap<&str, &str> = submissions.iter().filter_map(|one| Some((one.submission_id.as_str(), one.amends.as_deref()?))).collect();
    complete(&mut lines, &amends);
    lines.retain(|line| filter.wants(line));
    lines.sort_by(|a, b| place(a).cmp(&place(b)));
    Ok(lines)
}

/// Gives every line of a row the cells that its first line holds, and what its submission mends.
fn complete(lines: &mut [QuarantineLine], amends: &BTreeMap<&str, &str>) {
    let key = |line: &QuarantineLine| (line.submission.clone(), line.sheet.clone(), line.row);
    let cells: BTreeMap<_, _> = lines.iter().filter_map(|line| Some((key(line), line.cells.clone()?))).collect();
    for line in lines {
        line.cells = cells.get(&key(line)).cloned();
        line.amends = amends.get(line.submission.as_str()).map(|id| (*id).to_owned());
    }
}

fn place(line: &QuarantineLine) -> (&str, &str, &str, &str, Option<&str>, i64, Option<&str>) {
    (&line.feed, &line.office, &line.period, &line.path, line.sheet.as_deref(), line.row, line.field.as_deref())
}

/// Submissions whose rows are shown: those that count, and what was refused that nothing later made up for.
fn vouched(submissions: &[Submission], all: bool) -> BTreeSet<&str> {
    let live = live_of(submissions);
    let is_open = |one: &Submission| one.outcome == SubmissionOutcome::Refused && !live.makes_up_for(one);
    let is_shown = |one: &&Submission| all || live.has(one) || is_open(one);
    submissions.iter().filter(is_shown).map(|submission| submission.submission_id.as_str()).collect()
}

impl QuarantineFilter {
    fn wants(&self, line: &QuarantineLine) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let is_rule =
            self.rule.as_ref().is_none_or(|wanted| *wanted == line.rule || *wanted == line.error || *wanted == format!("{}/{}", line.error, line.rule));
        let is_fault = self.all_outcomes || matches!(line.outcome.as_str(), "quarantined" | "refused");
        is(&self.feed, &line.feed)
            && is(&self.office, &line.office)
            && is(&self.period, &line.period)
            && is(&self.submission, &line.submission)
            && is_rule
            && is_fault
    }
}

fn read(batch: &RecordBatch, vouched: &BTreeSet<&str>, lines: &mut Vec<QuarantineLine>) -> Result<()> {
    let foreign = |name: &str| Error::new(Kind::Conflict, format!("the table `quarantine` is of another make: column `{name}`"));
    let column = |name: &str, kind: DataType| batch.column_by_name(name).and_then(|column| cast(column, &kind).ok()).ok_or_else(|| foreign(name));
    let names = ["submission_id", "feed", "office", "period", "source_path", "source_sheet", "outcome", "field", "error", "rule", "message"];
    let columns = names.iter().map(|name| column(name, DataType::Utf8)).collect::<Result<Vec<_>>>()?;
    let rows = column("source_row", DataType::Int64)?;
    // A table that no younger make has written to lacks the cells.
    let cells = column("cells", DataType::Utf8).ok();
    for row in 0..batch.num_rows() {
        let maybe = |index: usize| {
            let texts = columns[index].as_string::<i32>();
            (!texts.is_null(row)).then(|| texts.value(row).to_owned())
        };
        let text = |index: usize| maybe(index).unwrap_or_default();
        if !vouched.contains(text(0).as_str()) {
            continue;
        }
        lines.push(QuarantineLine {
            feed: text(1),
            office: text(2),
            period: text(3),
            path: text(4),
            sheet: maybe(5),
            row: rows.as_primitive::<Int64Type>().value(row),
            outcome: text(6),
            field: maybe(7),
            error: text(8),
            rule: text(9),
            message: text(10),
            submission: text(0),
            amends: None,
            cells: cells.as_ref().map(|cells| cells.as_string::<i32>()).filter(|cells| !cells.is_null(row)).and_then(|cells| parsed(cells.value(row))),
        });
    }
    Ok(())
}

fn parsed(cells: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(cells).ok()
}
