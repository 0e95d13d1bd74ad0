//! The releases there are, and everything about one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::warehouse::{ClosedPeriod, Manifest, RestatedPeriod, RolledBack, TableChange, Tag, TestResult, UsedExcuse, Warehouse, table_changes};

/// A release as a list shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseLine {
    /// Its number.
    pub release: u64,
    /// When it was made.
    pub created: String,
    /// The run that made it.
    pub run_id: String,
    /// Up to when deliveries are known in it.
    pub known_until: String,
    /// True for the newest, which everybody reads.
    pub is_current: bool,
    /// How many tables it has.
    pub tables: usize,
    /// The release before it, of those that are still there.
    pub before: Option<u64>,
    /// Tables that are otherwise than in the release before; empty for the first.
    pub changes: Vec<TableChange>,
    /// Tests that fail without stopping a release.
    pub warnings: Vec<TestResult>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Receipts by which it was issued anew.
    pub reissued: Vec<String>,
    /// Periods whose figures are final in it.
    pub closed: Vec<ClosedPeriod>,
    /// Changes of closed periods that it brought, with who approved them.
    pub restated: Vec<RestatedPeriod>,
    /// Excuses for want of which reports would have been missing when it was made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excuses: Vec<UsedExcuse>,
    /// The earlier release that it says again, where it is a rollback.
    pub rolled_back_to: Option<RolledBack>,
    /// True where runs may not release anything after it, since nobody has cleared the rollback.
    pub holds_runs: bool,
}

/// Everything about a release.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseDocument {
    /// As a list shows it.
    #[serde(flatten)]
    pub line: ReleaseLine,
    /// `restricted`: nothing is withheld.
    pub tier: String,
    /// The versions of the tables behind it.
    pub pins: BTreeMap<String, u64>,
    /// Its tables with their rows.
    pub tables_shown: Vec<TableShown>,
    /// The tests that were run on it.
    pub tests: Vec<TestResult>,
    /// What was said of its tags, with what they named before.
    pub tag_history: Vec<Tag>,
}

/// A table of a release.
#[derive(Debug, Clone, Serialize)]
pub struct TableShown {
    /// The table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// What it holds.
    pub description: String,
}

/// Every release, oldest first.
///
/// # Errors
/// `Unavailable` where one cannot be read.
pub async fn releases(warehouse: &Warehouse) -> Result<Vec<ReleaseLine>> {
    let numbers = warehouse.release_numbers().await?;
    let tags = warehouse.tags().await?;
    let mut lines = Vec::new();
    let mut before: Option<Manifest> = None;
    for number in &numbers {
        let release = warehouse.release(*number).await?;
        lines.push(line(warehouse, &release, before.as_ref(), Some(number) == numbers.last(), &tags).await?);
        before = Some(release);
    }
    Ok(lines)
}

/// Everything about one release, by its number, `latest` or a tag.
///
/// # Errors
/// `Input` where there is none of that name.
pub async fn release_document(warehouse: &Warehouse, name: &str) -> Result<ReleaseDocument> {
    let release = warehouse.release_named(name).await?;
    let numbers = warehouse.release_numbers().await?;
    let number = release.rihla.release;
    let before = match numbers.iter().rev().find(|other| **other < number) {
        Some(before) => Some(warehouse.release(*before).await?),
        None => None,
    };
    let tags = warehouse.tags().await?;
    let shown = release.resources.iter().map(|table| TableShown { table: table.name.clone(), rows: table.rihla.rows, description: table.description.clone() });
    Ok(ReleaseDocument {
        line: line(warehouse, &release, before.as_ref(), numbers.last() == Some(&number), &tags).await?,
        tier: release.rihla.tier.clone(),
        pins: release.rihla.pins.clone(),
        tables_shown: shown.collect(),
        tests: release.rihla.tests.clone(),
        tag_history: tags.into_iter().filter(|tag| tag.history.iter().any(|said| said.release == Some(number))).collect(),
    })
}

async fn line(warehouse: &Warehouse, release: &Manifest, before: Option<&Manifest>, is_current: bool, tags: &[Tag]) -> Result<ReleaseLine> {
    let said = &release.rihla;
    Ok(ReleaseLine {
        release: said.release,
        created: release.created.clone(),
        run_id: said.run_id.clone(),
        known_until: said.known_until.clone(),
        is_current,
        tables: release.resources.len(),
        before: before.map(|before| before.rihla.release),
        changes: before.map(|before| table_changes(&before.resources, &release.resources)).unwrap_or_default(),
        warnings: said.tests.iter().filter(|test| test.failures > 0).cloned().collect(),
        tags: tags.iter().filter(|tag| tag.release() == Some(said.release)).map(|tag| tag.name.clone()).collect(),
        reissued: said.reissued.clone(),
        closed: said.closed.clone(),
        restated: said.restated.clone(),
        excuses: said.excuses.clone(),
        rolled_back_to: said.rolled_back_to.clone(),
        holds_runs: is_current && warehouse.is_held_by_rollback(release).await?,
    })
}
