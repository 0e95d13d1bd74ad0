//! Deliveries with rows that an office can mend: for each slot the newest, with its faulty rows and how its extract is laid
//! out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::quarantine::{QuarantineFilter, QuarantineLine, quarantine};
use crate::error::Result;
use crate::project::{JSON_LIST_SEPARATOR, Project};
use crate::read::{LIST_SEPARATOR, Mode};
use crate::run::{Laid, Places, newest_to_mend};
use crate::warehouse::{Submission, Warehouse};

/// Rules by which a reader sets rows aside before their cells are told apart.
const UNREAD: [&str; 9] = ["choice", "choices", "extra-cell", "lone-cell", "merged-cell", "missing-cell", "no-parent", "no-repetition", "shifted-parent"];

/// Errors of rows that have no fault.
pub const FAULTLESS: [&str; 4] = ["excluded", "rejected-row", "superseded", "total-row"];

/// Which deliveries are wanted.
pub struct MendFilter<'a> {
    /// Of this office.
    pub office: &'a str,
    /// Of this feed.
    pub feed: Option<&'a str>,
    /// Of this reporting period.
    pub period: Option<&'a str>,
}

/// A delivery with rows to mend.
pub struct ToMend {
    /// What became of it.
    pub submission: Submission,
    /// How its extract is laid out.
    pub laid: Laid,
    /// Its faulty rows, by sheet and number.
    pub rows: Vec<FaultyRow>,
}

/// A row that was not loaded for its faults.
pub struct FaultyRow {
    /// The sheet of the extract.
    pub sheet: Option<String>,
    /// Its number in the extract.
    pub row: i64,
    /// Its open cells as written, by field; empty where they are withheld.
    pub cells: BTreeMap<String, String>,
    /// What can be done with it.
    pub mode: Mode,
    /// What is wrong.
    pub faults: Vec<QuarantineLine>,
}

/// Deliveries that could be made workbooks of, and those that could not with the reason.
#[derive(Default)]
pub struct Mendable {
    /// With rows to mend.
    pub deliveries: Vec<ToMend>,
    /// Path and reason.
    pub unmendable: Vec<(String, String)>,
}

/// The deliveries of an office that have rows to mend.
///
/// # Errors
/// `Unavailable` where the warehouse or an extract cannot be read.
pub async fn to_mend(project: &Arc<Project>, warehouse: &Warehouse, filter: &MendFilter<'_>) -> Result<Mendable> {
    let submissions = warehouse.read_submissions().await?;
    let wanted: BTreeMap<String, Submission> = newest(&submissions, filter).into_iter().map(|one| (one.submission_id.clone(), one.clone())).collect();
    let of_office = QuarantineFilter { office: Some(filter.office.to_owned()), all_revisions: true, all_outcomes: true, ..QuarantineFilter::default() };
    let mut lines: BTreeMap<String, Vec<QuarantineLine>> = BTreeMap::new();
    for line in quarantine(warehouse, &of_office).await? {
        if wanted.contains_key(&line.submission) && !FAULTLESS.contains(&line.error.as_str()) {
            lines.entry(line.submission.clone()).or_default().push(line);
        }
    }
    let places = Places::open(project, warehouse.clock().now()).await?;
    let mut found = Mendable::default();
    for (id, lines) in lines {
        let Some(submission) = wanted.get(&id) else { continue };
        let Some(pipeline) = project.pipeline(&submission.feed) else { continue };
        match places.laid(project, submission, &pipeline.contract).await? {
            Ok(laid) => found.deliveries.push(ToMend { submission: submission.clone(), laid, rows: rows(lines) }),
            Err(refusal) => found.unmendable.push((submission.path.clone(), refusal.message)),
        }
    }
    found.deliveries.sort_by(|a, b| a.submission.slot().cmp(&b.submission.slot()));
    Ok(found)
}

/// The newest delivery of each slot that is wanted.
fn newest<'s>(submissions: &'s [Submission], filter: &MendFilter<'_>) -> Vec<&'s Submission> {
    let is = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
    let mut slots: BTreeMap<(&str, &str, &str), Vec<Submission>> = BTreeMap::new();
    for one in submissions.iter().filter(|one| one.office == filter.office && is(filter.feed, &one.feed) && is(filter.period, &one.period)) {
        slots.entry(one.slot()).or_default().push(one.clone());
    }
    let newest: BTreeSet<String> = slots.values().filter_map(|known| newest_to_mend(known)).map(|one| one.submission_id.clone()).collect();
    submissions.iter().filter(|one| newest.contains(&one.submission_id)).collect()
}

fn rows(lines: Vec<QuarantineLine>) -> Vec<FaultyRow> {
    let mut rows: BTreeMap<(Option<String>, i64), Vec<QuarantineLine>> = BTreeMap::new();
    for line in lines {
        rows.entry((line.sheet.clone(), line.row)).or_default().push(line);
    }
    let row = |((sheet, row), faults): ((Option<String>, i64), Vec<QuarantineLine>)| {
        let cells = faults.first().and_then(|line| line.cells.as_ref());
        let is_unread = faults.iter().any(|fault| UNREAD.contains(&fault.rule.as_str()));
        let mode = match cells {
            Some(_) => Mode::Cells,
            None if is_unread => Mode::Sealed,
            None => Mode::Fill,
        };
        FaultyRow { sheet, row, cells: cells.map(texts).unwrap_or_default(), mode, faults }
    };
    rows.into_iter().map(row).collect()
}

fn texts(cells: &Map<String, Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace(JSON_LIST_SEPARATOR, LIST_SEPARATOR);
    cells.iter().map(|(field, value)| (field.clone(), text(value))).collect()
}
