//! Rows of a feed as its loaded table has them, given as text: what every loaded row has is filled in or asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, SecondsFormat, Utc};

use super::sheet::{Defaults, Sheet};
use super::text_table::TextTable;
use crate::contract::{Contract, FieldKind, Role, is_carried, loaded_schema, provenance_fields};
use crate::diagnostic::{Fault, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::normalise::group;

/// What is known of the delivery that rows stand in; of rows that are given outright nothing but when.
pub struct Origin<'a> {
    /// The office; asked of the rows where absent.
    pub office: Option<&'a str>,
    /// The reporting month.
    pub period: String,
    /// When it was received.
    pub received: DateTime<Utc>,
    /// The path of the extract.
    pub path: String,
}

/// The row that the first row of a delivery stands in: under the header.
const FIRST_ROW: usize = 2;

/// Rows of a feed; nothing where they have faults. Submission and revision are filled in by [`stamped`].
pub fn feed_rows(contract: &Contract, table: &TextTable, defaults: Option<&Defaults>, origin: &Origin<'_>, faults: &mut Vec<Fault>) -> Option<RecordBatch> {
    let before = faults.len();
    let mut sheet = Sheet::of(&loaded_schema(contract), table, defaults, faults);
    if origin.office.is_some() {
        own_provenance(table, faults);
    }
    fill(&mut sheet, contract, origin);
    let what = format!("a row of `{}`", contract.feed);
    for column in 0..sheet.schema.fields().len() {
        let name = sheet.schema.field(column).name();
        let is_required = contract.field(name).is_some_and(|field| is_carried(field) && field.required);
        if is_required || !sheet.schema.field(column).is_nullable() {
            sheet.needed(column, &what, faults);
        }
    }
    known_codes(&sheet, contract, faults);
    if origin.office.is_some() {
        told_once(&sheet, contract, faults);
    }
    let batch = sheet.cast(faults);
    batch.filter(|_| faults.len() == before)
}

/// Rows with the submission and the revision that they belong to.
///
/// # Errors
/// `Internal` where the rows are of no feed.
pub fn stamped(batch: &RecordBatch, submission: &str, revision: i64) -> Result<RecordBatch> {
    let what = || Error::new(Kind::Internal, "rows of a feed have no submission");
    let schema = batch.schema();
    let mut columns = batch.columns().to_vec();
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(submission, batch.num_rows())));
    let revisions: ArrayRef = Arc::new(Int64Array::from_value(revision, batch.num_rows()));
    for (name, column) in [("submission_id", ids), ("revision", revisions)] {
        let index = schema.index_of(name).map_err(|cause| what().because(cause))?;
        columns[index] = column;
    }
    RecordBatch::try_new(schema, columns).map_err(|cause| what().because(cause))
}

/// Where rows come from is what their delivery says.
fn own_provenance(table: &TextTable, faults: &mut Vec<Fault>) {
    for field in provenance_fields() {
        if let Some(column) = table.column(field.name()) {
            let fault = Fault::error(&table.file, table.header[column].place.clone(), format!("`{}` is what the delivery says", field.name()));
            faults.push(fault.hint("leave the column out"));
        }
    }
}

/// Fills the cells that follow from others: where a row comes from, its case, its group, when it was changed.
fn fill(sheet: &mut Sheet, contract: &Contract, origin: &Origin<'_>) {
    let received = origin.received.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    sheet.fill("submission_id", |_| Some("given".to_owned()));
    sheet.fill("office", |_| origin.office.map(str::to_owned));
    sheet.fill("period", |_| Some(origin.period.clone()));
    sheet.fill("revision", |_| Some("1".to_owned()));
    sheet.fill("received_at", |_| Some(received.clone()));
    sheet.fill("source_path", |_| Some(origin.path.clone()));
    sheet.fill("source_row", |row| Some((row + FIRST_ROW).to_string()));
    if let Some(persons) = sheet.column("person_id").cloned() {
        sheet.fill("case_id", |row| persons.texts[row].clone());
    }
    if let Some(changed) = contract.role(Role::ChangedAt) {
        sheet.fill(&contract.fields[changed].name, |_| Some(received.clone()));
    }
    let sexes = contract.role(Role::Sex).and_then(|sex| sheet.column(&contract.fields[sex].name).cloned()).unwrap_or_default();
    let ages = sheet.column("age").cloned().unwrap_or_default();
    sheet.fill("sadd_group", |row| {
        let sex = sexes.texts.get(row).and_then(Option::as_deref);
        let age = ages.texts.get(row).and_then(Option::as_deref).and_then(|age| age.parse().ok());
        Some(group(sex, age).to_owned())
    });
}

/// Loaded rows hold canonical codes, whatever extracts wrote.
fn known_codes(sheet: &Sheet, contract: &Contract, faults: &mut Vec<Fault>) {
    for field in contract.fields.iter().filter(|field| is_carried(field)) {
        let (Some(codes), Ok(column)) = (&field.codes, sheet.schema.index_of(&field.name)) else { continue };
        for (row, text) in sheet.columns[column].texts.iter().enumerate() {
            let items = text.iter().flat_map(|text| match field.kind {
                FieldKind::List => text.split(super::cells::LIST_SEPARATOR).map(str::trim).filter(|item| !item.is_empty()).collect(),
                _ => vec![text.as_str()],
            });
            for item in items.filter(|item| !codes.contains(item)) {
                let hint = codes.find(item).map(|code| format!("loaded rows have the code `{}`", code.code));
                let hint = hint.or_else(|| did_you_mean(item, codes.codes.iter().map(|code| code.code.as_str())));
                faults.push(sheet.fault(column, row, format!("{}: `{item}` is no code of the list `{}`", field.name, codes.name)).maybe_hint(hint));
            }
        }
    }
}

/// Of a record only one row of a delivery is loaded.
fn told_once(sheet: &Sheet, contract: &Contract, faults: &mut Vec<Fault>) {
    let Some(column) = contract.role(Role::RecordId).and_then(|record| sheet.schema.index_of(&contract.fields[record].name).ok()) else { return };
    let mut seen = BTreeSet::new();
    for (row, record) in sheet.columns[column].texts.iter().enumerate() {
        if let Some(record) = record.as_deref().filter(|record| !seen.insert(*record)) {
            faults.push(sheet.fault(column, row, format!("the record `{record}` stands twice in the delivery")));
        }
    }
}
