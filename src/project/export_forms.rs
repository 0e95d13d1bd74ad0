//! What a source says of the exports of form systems, as it is written in `pipelines/*.toml`.

use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;

/// `review = { field = "_validation_status", excluded = ["Not Approved"], accepted = ["Approved", "On Hold"] }`
///
/// Statuses are compared without case, accents and punctuation. A record without a status is accepted; one with a status
/// that stands in neither list refuses the delivery. In JSON the status may be an object: its `uid` decides, else its
/// `label`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewForm {
    /// The label of the column.
    pub field: Text,
    /// Statuses of records that do not count; such rows are excluded.
    pub excluded: Spanned<Vec<String>>,
    /// Statuses of records that do.
    pub accepted: Vec<String>,
}

/// A repeat group, in one of three ways:
///
/// - `repeat = { sheet = "personnes", key = "_index", parent_key = "_parent_index" }` beside `workbook`,
/// - `repeat = { file = "plans-personnes.csv", key = "KEY", parent_key = "PARENT_KEY" }` beside `csv` and `archive`,
/// - `repeat = { path = "personnes" }` beside `json`: a list of objects in every record.
///
/// Rows are the repetitions, each with the columns of its parent. One that names no parent is faulty, and so is a parent
/// without repetitions. The record id must come from a column as elsewhere: the parent's key alone is none, since its
/// repetitions share it; ODK's `KEY` of the repetition is one (`labels = { KEY = "record_id" }`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatForm {
    /// The sheet of the repetitions.
    pub sheet: Option<Text>,
    /// The file of the repetitions in the archive, `*` for any run of characters.
    pub file: Option<Text>,
    /// The key of the list of repetitions.
    pub path: Option<Text>,
    /// The label of the parent's key; it links and is no field's.
    pub key: Option<Text>,
    /// The label under which a repetition names its parent; it links and is no field's.
    pub parent_key: Option<Text>,
}

/// `archive = { file = "plans.csv" }`: the extracts are ZIP archives, and this file of theirs is the extract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveForm {
    /// The file, `*` for any run of characters; it must be one file.
    pub file: Text,
}

/// `[sources.json_lines]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonLinesForm {}

/// `json = {}` is a list of objects, `json = { records = "results" }` an object that holds the list, and
/// `json = { records = "results", next = "next" }` such an object a page, with `{page}` in the url.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonForm {
    /// The key of the list of records.
    pub records: Option<Text>,
    /// The key that names the file of the next page, null on the last.
    pub next: Option<Text>,
    /// The key that says how many records there are on all pages together; it must be right. `count` where absent, which
    /// a document may then lack.
    pub count: Option<Text>,
}
