//! Closed periods: what a release would say otherwise of them than the last one does.
//!
//! Guarantees: a figure of a closed period is released otherwise only where somebody recorded the very change, with its
//! cause and who approved it. Late rows load all the same; it is the release that waits.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::rows::{ClosedRows, RowChange, closed_changes};
use crate::error::Result;
use crate::period::Period;
use crate::project::Project;
use crate::warehouse::{ClosedPeriod, Manifest, Resource, RestatedPeriod, RowChanges, Warehouse};

/// What would change of a closed period.
#[derive(Debug, Clone, Serialize)]
pub struct ClosedChange {
    /// The closed period.
    pub period: String,
    /// Since when it is closed.
    pub closed_on: chrono::NaiveDate,
    /// The name of the very change, for `[[reopened]]`: of these figures, against the last release.
    pub change: String,
    /// The tables.
    pub tables: Vec<ClosedTable>,
}

/// What would change of a closed period in a table.
#[derive(Debug, Clone, Serialize)]
pub struct ClosedTable {
    /// The table.
    pub table: String,
    /// How many of its rows.
    pub rows: RowChanges,
    /// True where its key or a measure is defined otherwise, so that no figure can be held against another.
    pub is_redefined: bool,
    /// The first hundred of these rows, before and after.
    pub lines: Vec<RowChange>,
}

/// What stands against a release, and what it would be marked with.
#[derive(Debug, Default)]
pub struct Judgement {
    /// The periods that are closed.
    pub closed: Vec<ClosedPeriod>,
    /// Changes of closed periods that nobody approved.
    pub changes: Vec<ClosedChange>,
    /// Changes of closed periods that somebody did.
    pub approved: Vec<RestatedPeriod>,
    /// Periods that the last release closes and the project no longer names.
    pub forgotten: Vec<ClosedPeriod>,
}

/// The periods that are closed now, as a release says them.
pub fn closed_now(project: &Project, warehouse: &Warehouse) -> Vec<ClosedPeriod> {
    let closed = project.closings.on(warehouse.clock().now().date_naive());
    closed.into_iter().map(|closing| ClosedPeriod { period: closing.period.to_string(), on: closing.on }).collect()
}

/// Judges what tables say otherwise of closed periods than the last release.
///
/// # Errors
/// `Unavailable` where a table cannot be read.
pub fn judge(project: &Project, warehouse: &Warehouse, last: &Manifest, tables: &[Resource]) -> Result<Judgement> {
    let mut judgement = Judgement { closed: closed_now(project, warehouse), ..Judgement::default() };
    judgement.forgotten = forgotten(project, warehouse, last, &judgement.closed);
    let closed = judgement.closed.iter().chain(&judgement.forgotten);
    let closed: Vec<(&ClosedPeriod, Period)> = closed.filter_map(|closed| Some((closed, closed.period.parse().ok()?))).collect();
    let periods: Vec<Period> = closed.iter().map(|(_, period)| *period).collect();
    let mut found: Vec<Vec<(&Resource, ClosedRows)>> = closed.iter().map(|_| Vec::new()).collect();
    if !periods.is_empty() {
        // What rests on no report counts reports or describes the calendar: late reports change it, and no figure with it.
        for before in last.resources.iter().filter(|table| !table.rihla.reports.is_empty()) {
            let after = tables.iter().find(|table| table.name == before.name);
            if after.is_some_and(|after| after.hash == before.hash && after.rihla.measures == before.rihla.measures) {
                continue;
            }
            for (place, rows) in closed_changes(warehouse, before, after, &periods)? {
                found[place].push((before, rows));
            }
        }
    }
    let (mut changes, mut approved) = (Vec::new(), Vec::new());
    for ((closed, period), tables) in closed.iter().zip(found).filter(|(_, tables)| !tables.is_empty()) {
        let change = change_of(last.rihla.release, &tables);
        match project.closings.approval(*period, &change) {
            Some(reopening) => {
                approved.push(RestatedPeriod { period: closed.period.clone(), change, cause: reopening.cause.clone(), approver: reopening.approver.clone() });
            }
            None => changes.push(ClosedChange { period: closed.period.clone(), closed_on: closed.on, change, tables: told(tables) }),
        }
    }
    (judgement.changes, judgement.approved) = (changes, approved);
    Ok(judgement)
}

/// What the last release closes and the project no longer names: a closing is taken back with a cause only.
fn forgotten(project: &Project, warehouse: &Warehouse, last: &Manifest, closed: &[ClosedPeriod]) -> Vec<ClosedPeriod> {
    let today = warehouse.clock().now().date_naive();
    let is_reopened = |known: &ClosedPeriod| known.period.parse().is_ok_and(|period| project.closings.is_reopened(period, known.on, today));
    let is_known = |known: &ClosedPeriod| closed.iter().any(|closed| closed.period == known.period);
    last.rihla.closed.iter().filter(|known| !is_known(known) && !is_reopened(known)).cloned().collect()
}

/// Names the very change: of these figures, against this release.
fn change_of(release: u64, tables: &[(&Resource, ClosedRows)]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("release {release}\n"));
    for (table, rows) in tables {
        hash.update(format!("{} {}\n", table.name, rows.digest.len()));
        hash.update(&rows.digest);
    }
    hex::encode(&hash.finalize()[..6])
}

fn told(tables: Vec<(&Resource, ClosedRows)>) -> Vec<ClosedTable> {
    let told =
        |(table, rows): (&Resource, ClosedRows)| ClosedTable { table: table.name.clone(), rows: rows.rows, is_redefined: rows.is_redefined, lines: rows.lines };
    tables.into_iter().map(told).collect()
}

impl Judgement {
    /// What stands against a release, a sentence each.
    pub fn problems(&self, last: u64) -> Vec<String> {
        let changes = self.changes.iter().map(|change| {
            format!(
                "figures of {} would change, which is closed since {}: to release it, record [[reopened]] in rihla.toml with period = \"{}\", change = \"{}\", on, cause and approver",
                change.period, change.closed_on, change.period, change.change
            )
        });
        let forgotten = self.forgotten.iter().map(|closed| {
            format!(
                "release {last} closes {} since {} and rihla.toml no longer does: put its [[closed]] back; to open the whole period again add [[reopened]] with period, on, cause and approver",
                closed.period, closed.on
            )
        });
        changes.chain(forgotten).collect()
    }
}
