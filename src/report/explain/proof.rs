//! Whether records are all that a figure was made from: the table is made again of them alone.

use std::collections::{BTreeMap, BTreeSet};

use arrow::record_batch::RecordBatch;
use datafusion::common::Column;
use datafusion::logical_expr::Expr;
use serde::Serialize;
use serde_json::{Map, Value};

use super::select::{cells, chosen, failed};
use super::trace::Trace;
use crate::error::Result;
use crate::run::{Alone, Behind, Prepared};
use crate::warehouse::{Manifest, Warehouse};

/// Whether the records alone give the figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Proof {
    /// The table made again of them alone says the same.
    Proved,
    /// The same where the tables that were looked up are as released.
    ProvedWithLookups,
    /// No record counts, and the figures are zero or absent.
    Nothing,
    /// The table made again of them says something else.
    Differs {
        /// The rows as they are then; those that are not there any more are left out.
        again: Vec<Map<String, Value>>,
    },
}

impl Proof {
    /// True where there is nothing left to find.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Differs { .. })
    }
}

/// What a table is made again with.
pub struct Again<'a> {
    /// The project and its models.
    pub prepared: &'a Prepared,
    /// The warehouse.
    pub warehouse: &'a Warehouse,
    /// The release.
    pub release: &'a Manifest,
    /// What stands behind it.
    pub behind: &'a Behind,
    /// The table.
    pub table: &'a str,
    /// What tells its rows apart.
    pub key: &'a [String],
    /// The columns that are held against one another.
    pub shown: &'a [String],
}

impl Again<'_> {
    /// The models that a trace looked up, whose tables can be taken as released.
    pub fn given(&self, trace: &Trace) -> BTreeSet<String> {
        trace.looked_up.iter().filter(|table| self.prepared.checked.model(table).is_some()).cloned().collect()
    }

    /// Holds figures against the table made of the records of a trace alone, and of the tables given.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn prove(
        &self,
        figures: &[Map<String, Value>],
        measure: Option<&str>,
        wanted: &[RecordBatch],
        trace: &Trace,
        given: &BTreeSet<String>,
    ) -> Result<Proof> {
        let is_nothing = |row: &Map<String, Value>| measure.is_some_and(|measure| is_zero(&row[measure]));
        let counts_nothing = trace.rows.is_empty() && !trace.has_references;
        if counts_nothing && figures.iter().all(is_nothing) {
            return Ok(Proof::Nothing);
        }
        let again = self.rows(&trace.rows, given, wanted).await?;
        let key = |row: &Map<String, Value>| self.key.iter().map(|name| row[name].to_string()).collect::<Vec<_>>();
        let found: BTreeMap<Vec<String>, &Map<String, Value>> = again.iter().map(|row| (key(row), row)).collect();
        let is_same = |row: &Map<String, Value>| match found.get(&key(row)) {
            Some(other) => match measure {
                Some(measure) => are_equal(&row[measure], &other[measure]),
                None => row.iter().all(|(name, value)| are_equal(value, &other[name])),
            },
            // Of records that are not there no row is made; it would say zero.
            None => is_nothing(row),
        };
        Ok(match figures.iter().all(is_same) {
            true if given.is_empty() => Proof::Proved,
            true => Proof::ProvedWithLookups,
            false => Proof::Differs { again },
        })
    }

    /// The wanted rows of the table made anew.
    async fn rows(&self, rows: &BTreeMap<String, Vec<RecordBatch>>, given: &BTreeSet<String>, wanted: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
        let engine = Alone { rows, given }.make(self.prepared, self.warehouse, self.release, self.behind, self.table).await?;
        let frame = chosen(&engine, self.table, self.key, wanted).await?;
        let shown: Vec<Expr> = self.shown.iter().map(|name| Expr::Column(Column::new_unqualified(name))).collect();
        cells(&frame.select(shown).map_err(failed)?.collect().await.map_err(failed)?)
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.parse::<f64>() == Ok(0.0),
        _ => false,
    }
}

/// Equal, or floats that differ by the order in which they were added.
fn are_equal(one: &Value, other: &Value) -> bool {
    let is_float = |value: &Value| value.is_f64();
    match (one.as_f64(), other.as_f64()) {
        (Some(one_number), Some(other_number)) if is_float(one) || is_float(other) => {
            (one_number - other_number).abs() <= 1e-9 * one_number.abs().max(other_number.abs())
        }
        _ => one == other,
    }
}
