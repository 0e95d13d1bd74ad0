//! What two releases say differently, and why: schema, rows by their grain, cells, totals, each with its causes.
//!
//! Guarantees: applied to the first release the differences give the second; shares of causes add up to the change.

mod causes;
mod cells;
mod history;
mod schema;
mod trail;

pub use causes::{Between, Cause};
pub use cells::{Cell, Key};
pub use history::{FigureHistory, Figures, History, Span, Tags, history, tags};
pub use schema::{SchemaChange, Total};
pub use trail::{CellChange, RowChange, RowState};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::common::TableReference;
use serde::Serialize;

use cells::Table;
use trail::Trail;

use crate::contract::Measure;
use crate::diagnostic::{SourceFile, did_you_mean};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::model::sql_fault;
use crate::run::{Prepared, Progress, Rows};
use crate::warehouse::{Manifest, Resource, Warehouse};

/// What became of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableState {
    /// Only the second release has it.
    Added,
    /// Only the first release has it.
    Removed,
    /// It has other columns or rows.
    Changed,
    /// It says the same.
    Equal,
}

/// A table of two releases.
#[derive(Debug)]
pub struct TableDiff {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub state: TableState,
    /// What of its form changed.
    pub schema: Vec<SchemaChange>,
    /// The columns that tell rows apart.
    pub grain: Vec<String>,
    /// False where the grain is another one: then rows are not compared one by one.
    pub is_matched: bool,
    /// How many rows it had and has.
    pub rows: (u64, u64),
    /// The rows that say something else, by key.
    pub changes: Vec<RowChange>,
    /// What may be summed, where it changed.
    pub totals: Vec<Total>,
    /// The model that is lost, where causes cannot be computed.
    pub lost_model: Option<String>,
}

impl TableDiff {
    /// How many rows became so.
    pub fn count(&self, state: RowState) -> usize {
        self.changes.iter().filter(|row| row.state == state).count()
    }

    /// How many changed cells each cause has a share in.
    pub fn causes(&self) -> BTreeMap<BTreeSet<Cause>, u64> {
        let mut counts = BTreeMap::new();
        for (causes, _) in self.changes.iter().flat_map(|row| &row.cells).flat_map(CellChange::shares) {
            *counts.entry(causes).or_default() += 1;
        }
        counts
    }
}

/// Two releases, the earlier one first.
pub struct Diff {
    /// The tables, by name.
    pub tables: Vec<TableDiff>,
    /// What lies between.
    pub between: Between,
}

/// Compares two releases: all tables, or one, and of it the rows for which a condition holds in either.
///
/// # Errors
/// `Input` where there is no such table, the condition is none, or the second release is the earlier one.
pub async fn diff(prepared: &Prepared, warehouse: &Warehouse, of: (&Manifest, &Manifest), asked: Asked<'_>, progress: &dyn Progress) -> Result<Diff> {
    let (a, b) = of;
    if a.rihla.release > b.rihla.release {
        let message = format!("release {} is newer than release {}", a.rihla.release, b.rihla.release);
        return Err(Error::new(Kind::Input, message).hint("name the earlier release first"));
    }
    if let Some(table) = asked.table {
        known(table, &[a, b])?;
    }
    let names: BTreeSet<&str> = a.resources.iter().chain(&b.resources).map(|table| table.name.as_str()).collect();
    let names = names.into_iter().filter(|name| asked.table.is_none_or(|table| table == *name));
    let mut pairs = Vec::new();
    for name in names {
        pairs.push(Pair::read(prepared, warehouse, (a, b), name, asked.condition).await?);
    }
    let between = Between::of(prepared, warehouse, a, b).await?;
    let (lost, mut trails) = traced(prepared, &between, &pairs, progress).await?;
    let tables = pairs.into_iter().map(|pair| {
        let trail = trails.remove(&pair.name);
        let lost = lost.get(&pair.name).cloned();
        pair.told(trail, lost)
    });
    Ok(Diff { tables: tables.collect(), between })
}

/// What is asked of two releases.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// One table; all where absent.
    pub table: Option<&'a str>,
    /// Which of its rows, as SQL over its columns.
    pub condition: Option<&'a str>,
}

/// Nothing where one of the releases has the table.
///
/// # Errors
/// `Input` with the nearest name.
pub fn known(table: &str, releases: &[&Manifest]) -> Result<()> {
    let names: BTreeSet<&str> = releases.iter().flat_map(|release| &release.resources).map(|table| table.name.as_str()).collect();
    if names.contains(table) {
        return Ok(());
    }
    let hint = did_you_mean(table, names.iter().copied()).unwrap_or_else(|| "see `rihla tables`".to_owned());
    Err(Error::new(Kind::Input, format!("no such release has a table `{table}`")).hint(hint))
}

/// The steps of tables that differ, and the models that are lost for those without.
async fn traced(
    prepared: &Prepared,
    between: &Between,
    pairs: &[Pair],
    progress: &dyn Progress,
) -> Result<(BTreeMap<String, String>, BTreeMap<String, Trail>)> {
    let differing: BTreeMap<&str, &Pair> = pairs.iter().filter(|pair| pair.is_traceable()).map(|pair| (pair.name.as_str(), pair)).collect();
    let mut trails: BTreeMap<String, Trail> = differing.iter().map(|(name, pair)| ((*name).to_owned(), Trail::from(pair.tables.0.clone()))).collect();
    let targets: BTreeSet<String> = trails.keys().cloned().collect();
    if targets.is_empty() {
        return Ok((BTreeMap::new(), trails));
    }
    let mut sink = |name: &str, causes: &BTreeSet<Cause>, rows: Option<&Rows>| {
        let (Some(pair), Some(trail)) = (differing.get(name), trails.get_mut(name)) else { return Ok(()) };
        let next = rows.map_or_else(|| Ok(pair.tables.1.clone()), |rows| Table::read(rows, &pair.grain))?;
        trail.step(causes, next);
        Ok(())
    };
    let lost = between.trace(prepared.project.memory_mib, &targets, progress, &mut sink).await?;
    trails.retain(|name, _| !lost.contains_key(name));
    Ok((lost, trails))
}

/// A table as two releases have it.
struct Pair {
    name: String,
    grain: Vec<String>,
    is_matched: bool,
    tables: (Table, Table),
    rows: (u64, u64),
    has: (bool, bool),
    schema: Vec<SchemaChange>,
    measures: BTreeMap<String, Measure>,
    /// The grain of the rows that are wanted; all where absent.
    chosen: Option<BTreeSet<Key>>,
}

impl Pair {
    async fn read(prepared: &Prepared, warehouse: &Warehouse, of: (&Manifest, &Manifest), name: &str, condition: Option<&str>) -> Result<Self> {
        let find = |release: &Manifest| release.resources.iter().find(|table| table.name == name).cloned();
        let (a, b) = (find(of.0), find(of.1));
        let newest = b.as_ref().or(a.as_ref()).ok_or_else(|| Error::new(Kind::Internal, "a table of no release"))?;
        let grain = newest.schema.primary_key.clone();
        let is_matched = [&a, &b].into_iter().flatten().all(|table| table.schema.primary_key == grain);
        let (mut tables, mut chosen) = (Vec::new(), condition.map(|_| BTreeSet::new()));
        let is_same = a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.hash == b.hash);
        for resource in [&a, &b] {
            let Some(resource) = resource.as_ref().filter(|_| is_matched && (!is_same || condition.is_some())) else {
                tables.push(Table::default());
                continue;
            };
            tables.push(Table::read(&released(prepared, warehouse, resource, None).await?, &grain)?);
            if let (Some(condition), Some(chosen)) = (condition, &mut chosen) {
                // A table that lost the column on the way has no such rows.
                match released(prepared, warehouse, resource, Some(condition)).await {
                    Ok(rows) => chosen.extend(Table::read(&rows, &grain)?.rows.into_keys().map(|key| key[..grain.len()].to_vec())),
                    Err(error) if std::ptr::eq(resource, newest) => return Err(error),
                    Err(_) => {}
                }
            }
        }
        let second = tables.pop().unwrap_or_default();
        let first = tables.pop().unwrap_or_default();
        Ok(Self {
            name: name.to_owned(),
            is_matched,
            tables: (first, second),
            rows: (a.as_ref().map_or(0, |table| table.rihla.rows), b.as_ref().map_or(0, |table| table.rihla.rows)),
            has: (a.is_some(), b.is_some()),
            schema: a.as_ref().zip(b.as_ref()).map(|(a, b)| schema::changes(a, b)).unwrap_or_default(),
            // A measure that is gone still was one.
            measures: [&a, &b].into_iter().flatten().flat_map(|table| table.rihla.measures.clone()).collect(),
            grain,
            chosen,
        })
    }

    /// True where both releases have the table, say something else, and rows can be held against one another.
    fn is_traceable(&self) -> bool {
        self.has == (true, true) && self.is_matched && !trail::differing(&self.tables.0, &self.tables.1).is_empty()
    }

    fn told(self, trail: Option<Trail>, lost_model: Option<String>) -> TableDiff {
        let trail = trail.unwrap_or_else(|| {
            // Nothing is known of the way: the change stands alone.
            let mut trail = Trail::from(self.tables.0.clone());
            trail.jump(self.tables.1.clone());
            trail
        });
        let mut changes = if self.is_matched { trail.changes(&self.grain, &self.measures) } else { Vec::new() };
        if let Some(chosen) = &self.chosen {
            changes.retain(|row| chosen.contains(&row.key[..self.grain.len()]));
        }
        let state = match self.has {
            (false, _) => TableState::Added,
            (_, false) => TableState::Removed,
            _ if changes.is_empty() && self.is_matched && !self.schema.iter().any(SchemaChange::is_of_form) => TableState::Equal,
            _ => TableState::Changed,
        };
        let totals = schema::totals(&self.tables, &self.grain, &self.measures);
        TableDiff {
            name: self.name,
            state,
            schema: self.schema,
            grain: self.grain,
            is_matched: self.is_matched,
            rows: self.rows,
            changes,
            totals: if state == TableState::Equal { Vec::new() } else { totals },
            lost_model,
        }
    }
}

/// The rows of a released table, those alone for which a condition holds where there is one.
async fn released(prepared: &Prepared, warehouse: &Warehouse, resource: &Resource, condition: Option<&str>) -> Result<Rows> {
    let what = || format!("cannot read the table `{}`", resource.name);
    let engine = Engine::new(prepared.project.memory_mib)?;
    engine.add_parquet(&resource.name, &warehouse.resource_file(resource)).await?;
    let mut frame = engine.context().table(TableReference::bare(resource.name.as_str())).await.map_err(|cause| error::engine(what(), cause))?;
    if let Some(condition) = condition {
        let wrong = |cause: &datafusion::error::DataFusionError| {
            let text = Arc::new(SourceFile { path: "--where".to_owned(), text: condition.to_owned() });
            Error::query(sql_fault(&text, cause)).hint(format!("write a condition over the columns of {}, such as \"period = '2023-H1'\"", resource.name))
        };
        let chosen = frame.parse_sql_expr(condition).map_err(|cause| wrong(&cause))?;
        frame = frame.filter(chosen).map_err(|cause| wrong(&cause))?;
        // What the planner finds wrong is the condition's; what running finds is not.
        frame.clone().create_physical_plan().await.map_err(|cause| wrong(&cause))?;
    }
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.map_err(|cause| error::engine(what(), cause))?;
    Ok(Rows { schema, batches })
}
