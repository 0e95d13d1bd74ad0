//! What of a table's form changed, and totals of what may be summed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::cells::{Cell, Table};
use crate::contract::Measure;
use crate::report::number::Number;
use crate::warehouse::Resource;

/// A change of a table's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum SchemaChange {
    /// The columns that tell rows apart are others.
    Grain {
        /// They were.
        before: Vec<String>,
        /// They are.
        after: Vec<String>,
    },
    /// A column is new.
    Added {
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column is gone.
    Removed {
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column has another type.
    Retyped {
        /// Its name.
        column: String,
        /// The type it had.
        before: String,
        /// The type it has.
        after: String,
    },
    /// A measure has another unit, additivity or date basis.
    Measure {
        /// Its column.
        column: String,
    },
    /// A column, or the table, is described in other words.
    Described {
        /// The column; the table itself where absent.
        column: Option<String>,
    },
}

impl SchemaChange {
    /// False for descriptions: the figures are the same in other words.
    pub fn is_of_form(&self) -> bool {
        !matches!(self, Self::Described { .. })
    }
}

/// What of a table's form changed; descriptions last.
pub fn changes(a: &Resource, b: &Resource) -> Vec<SchemaChange> {
    let mut changes = Vec::new();
    if a.schema.primary_key != b.schema.primary_key {
        changes.push(SchemaChange::Grain { before: a.schema.primary_key.clone(), after: b.schema.primary_key.clone() });
    }
    let find = |table: &Resource, name: &str| table.schema.fields.iter().find(|column| column.name == name).cloned();
    let mut described = Vec::new();
    for column in &b.schema.fields {
        match find(a, &column.name) {
            None => changes.push(SchemaChange::Added { column: column.name.clone(), kind: column.kind.clone() }),
            Some(old) if old.kind != column.kind => {
                changes.push(SchemaChange::Retyped { column: column.name.clone(), before: old.kind, after: column.kind.clone() });
            }
            Some(old) if old.description != column.description => described.push(SchemaChange::Described { column: Some(column.name.clone()) }),
            Some(_) => {}
        }
    }
    for column in a.schema.fields.iter().filter(|column| find(b, &column.name).is_none()) {
        changes.push(SchemaChange::Removed { column: column.name.clone(), kind: column.kind.clone() });
    }
    let both = b.rihla.measures.iter().filter(|(name, measure)| a.rihla.measures.get(*name).is_some_and(|old| old != *measure));
    changes.extend(both.map(|(name, _)| SchemaChange::Measure { column: name.clone() }));
    if a.description != b.description {
        described.insert(0, SchemaChange::Described { column: None });
    }
    changes.extend(described);
    changes
}

/// The sum of a measure, or how many of its cells differ where it may not be summed.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// The measure.
    pub measure: String,
    /// Its unit.
    pub unit: String,
    /// The kind of periods and the currency that it is summed over, where the table has them.
    pub of: Vec<(String, String)>,
    /// Both sums; nothing where it may not be summed.
    pub sums: Option<(Number, Number)>,
    /// How many cells differ.
    pub changed_cells: u64,
}

/// Columns within which alone anything is summed: months and years overlap, and currencies are no sum.
const APART: [&str; 2] = ["period_kind", "currency"];

/// Both sums where there may be any, and how many cells differ.
type Group = (Option<(Number, Number)>, u64);

/// Totals of the measures that changed.
pub fn totals(tables: &(Table, Table), grain: &[String], measures: &BTreeMap<String, Measure>) -> Vec<Total> {
    let mut totals = Vec::new();
    let along: Vec<String> = grain.iter().filter(|column| !APART.contains(&column.as_str())).cloned().collect();
    let apart: Vec<(usize, &String)> = grain.iter().enumerate().filter(|(_, column)| APART.contains(&column.as_str())).collect();
    for (name, measure) in measures {
        let may_be_summed = measure.not_additive_along(&along).is_empty() && !measure.cumulative && !measure.is_by_row() && measure.unit != "percent";
        let keys: BTreeSet<_> = tables.0.rows.keys().chain(tables.1.rows.keys()).collect();
        let mut groups: BTreeMap<Vec<(String, String)>, Group> = BTreeMap::new();
        for key in keys {
            let of = if may_be_summed {
                apart.iter().map(|(place, column)| ((*column).clone(), key[*place].clone().unwrap_or_default())).collect()
            } else {
                Vec::new()
            };
            let (before, after) = (tables.0.cell(key, name), tables.1.cell(key, name));
            let group = groups.entry(of).or_insert((may_be_summed.then_some((Number::ZERO, Number::ZERO)), 0));
            group.0 = group.0.and_then(|(left, right)| Some((plus(left, before)?, plus(right, after)?)));
            group.1 += u64::from(before != after);
        }
        let changed = groups.into_iter().filter(|(_, (_, cells))| *cells > 0);
        totals.extend(changed.map(|(of, (sums, changed_cells))| Total { measure: name.clone(), unit: measure.unit.clone(), of, sums, changed_cells }));
    }
    totals
}

/// What is not there adds nothing; of what is not known no sum is known.
fn plus(sum: Number, cell: &Cell) -> Option<Number> {
    match cell {
        Cell::Absent => Some(sum),
        Cell::Number(number) => sum.plus(*number),
        Cell::Null | Cell::Text(_) => None,
    }
}
