//! How the columns of deliveries differ from their schemas, kept with each submission and told until a newer revision of
//! its slot is without.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contract::Contract;
use crate::error::{Error, Kind, Result};
use crate::read::{Drift, DriftEffect, DriftKind};
use crate::warehouse::{Live, Submission};

/// A column that is not as the schema says. Holds no cell, and a label only where it is nearly a known one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DriftLine {
    /// What it is.
    pub kind: DriftKind,
    /// What became of it.
    pub effect: DriftEffect,
    /// The field that is missing, or that the column is or may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The column, from 1; of JSON the place of the key among its record's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The row of the first JSON record that has the key; nothing for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<i64>,
    /// The label, where it is nearly a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The sheet, where the delivery has sheets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Of a new column the rows with a filled cell there; of a retyped one the cells that are not of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Of a retyped column the filled cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<u64>,
}

/// A drift of an office's current deliveries for a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drifted {
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting periods of the deliveries that have it, oldest first.
    pub periods: Vec<String>,
    /// The extract of the last of them.
    pub path: String,
    /// What it is; rows and cells of all of them together.
    #[serde(flatten)]
    pub line: DriftLine,
}

/// The drift of a delivery as it is kept and shown.
pub fn lines(drift: &[Drift], contract: &Contract) -> Vec<DriftLine> {
    drift.iter().map(|drift| line(drift, contract)).collect()
}

fn line(drift: &Drift, contract: &Contract) -> DriftLine {
    let cells = match drift.kind {
        DriftKind::New => Some(drift.filled.len() as u64),
        _ => drift.misfits.map(|(misfits, _)| misfits),
    };
    DriftLine {
        kind: drift.kind,
        effect: drift.effect,
        field: drift.field.map(|index| contract.fields[index].name.clone()),
        column: drift.column,
        record: drift.record,
        label: drift.label.clone(),
        sheet: drift.sheet.as_ref().map(ToString::to_string),
        rows: cells,
        filled: drift.misfits.map(|(_, filled)| filled),
    }
}

/// The drift of a delivery as its submission keeps it; nothing where there is none.
///
/// # Errors
/// `Internal` where it cannot be written.
pub fn kept(drift: &[Drift], contract: &Contract) -> Result<Option<String>> {
    if drift.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(&lines(drift, contract)).map_err(|cause| Error::new(Kind::Internal, "a drift cannot be kept").because(cause))?;
    Ok(Some(text))
}

/// The drift of the newest revision of every slot; what is the same for several periods of an office is told once.
///
/// # Errors
/// `Conflict` where a submission keeps a drift of another make.
pub fn standing(live: &Live<'_>) -> Result<Vec<Drifted>> {
    let mut found: BTreeMap<(String, String, DriftLine), Drifted> = BTreeMap::new();
    let mut current: Vec<&Submission> = live.iter().map(|one| one.submission).collect();
    current.sort_by_key(|submission| &submission.period);
    for submission in current {
        let Some(text) = &submission.drift else { continue };
        let foreign = |cause| Error::new(Kind::Conflict, format!("the drift of {} is of another make", submission.path)).because(cause);
        let lines: Vec<DriftLine> = serde_json::from_str(text).map_err(foreign)?;
        lines.into_iter().for_each(|line| add(&mut found, submission, line));
    }
    Ok(found.into_values().collect())
}

fn add(found: &mut BTreeMap<(String, String, DriftLine), Drifted>, submission: &Submission, line: DriftLine) {
    // How many rows it touches, and where its first record stands, is another thing each month.
    let same = DriftLine { rows: None, filled: None, record: line.record.map(|_| 0), sheet: None, ..line.clone() };
    let (feed, office) = (&submission.feed, &submission.office);
    let known = found.entry((feed.clone(), office.clone(), same)).or_insert_with(|| Drifted {
        feed: feed.clone(),
        office: office.clone(),
        periods: Vec::new(),
        path: String::new(),
        line: DriftLine { rows: None, filled: None, ..line.clone() },
    });
    let sum = |known: Option<u64>, more: Option<u64>| known.map_or(more, |known| Some(known + more.unwrap_or_default()));
    known.line.rows = sum(known.line.rows, line.rows);
    known.line.filled = sum(known.line.filled, line.filled);
    known.path.clone_from(&submission.path);
    if known.periods.last() != Some(&submission.period) {
        known.periods.push(submission.period.clone());
    }
}
