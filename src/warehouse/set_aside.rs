//! The `quarantine` table: every row that was not loaded, a line per reason, with its place and no protected value.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::Submission;
use crate::contract::instant;
use crate::error::{Error, Kind, Result};
use crate::validate::{Outcome, Reason, SetAsideRow};

/// The table's columns; `field` and `source_sheet` may be null. `cells` holds the open cells of a faulty row as a JSON object
/// by the name of the field; it is null on every further line of the row and where cells are withheld.
pub fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("submission_id", false),
        text("feed", false),
        text("office", false),
        text("period", false),
        Field::new("received_at", instant(), false),
        text("source_path", false),
        text("source_sheet", true),
        Field::new("source_row", DataType::Int64, false),
        text("outcome", false),
        text("field", true),
        text("error", false),
        text("rule", false),
        text("message", false),
        // Younger than the first warehouses. On the first line of a row alone.
        text("cells", true),
    ]))
}

/// The rows of a submission that were not loaded, of the extract at `path`; where it was refused whole their outcome is `refused`.
/// Nothing where there are none.
///
/// # Errors
/// `Internal` where they do not fit the table.
pub fn set_aside_batch(submission: &Submission, path: &str, rows: &[SetAsideRow], refused: bool) -> Result<Option<RecordBatch>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let lines: Vec<(&SetAsideRow, &Reason)> = rows.iter().flat_map(|row| row.reasons.iter().map(move |reason| (row, reason))).collect();
    let cells = rows.iter().flat_map(|row| std::iter::once(row.cells.as_deref().map(as_json)).chain(std::iter::repeat(None)).take(row.reasons.len()));
    let count = lines.len();
    let repeated = |text: &str| Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, count))) as ArrayRef;
    let text = |get: &dyn Fn(&(&SetAsideRow, &Reason)) -> String| Arc::new(StringArray::from_iter_values(lines.iter().map(get))) as ArrayRef;
    let outcome = |row: &SetAsideRow| {
        if refused { Outcome::Refused } else { row.outcome }
    };
    let columns = vec![
        repeated(&submission.submission_id),
        repeated(&submission.feed),
        repeated(&submission.office),
        repeated(&submission.period),
        Arc::new(TimestampMicrosecondArray::from_value(submission.received_at.timestamp_micros(), count).with_timezone("UTC")),
        repeated(path),
        Arc::new(lines.iter().map(|(row, _)| row.sheet.as_deref()).collect::<StringArray>()),
        Arc::new(lines.iter().map(|(row, _)| row.row).collect::<Int64Array>()),
        text(&|(row, _)| outcome(row).as_str().to_owned()),
        Arc::new(lines.iter().map(|(_, reason)| reason.field.as_deref()).collect::<StringArray>()),
        text(&|(_, reason)| reason.error.to_owned()),
        text(&|(_, reason)| reason.rule.to_string()),
        text(&|(_, reason)| reason.message.clone()),
        Arc::new(cells.collect::<StringArray>()),
    ];
    RecordBatch::try_new(schema(), columns).map(Some).map_err(|cause| Error::new(Kind::Internal, "rows set aside do not fit their table").because(cause))
}

fn as_json(cells: &[(String, String)]) -> String {
    let object: serde_json::Map<String, serde_json::Value> = cells.iter().map(|(field, text)| (field.clone(), text.as_str().into())).collect();
    serde_json::Value::Object(object).to_string()
}
