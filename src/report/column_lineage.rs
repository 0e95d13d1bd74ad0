//! Where the columns of a table come from, and what is computed from them, through all models.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::contract::loaded_schema;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::model::{ColumnRef, Graph, Step, Way};
use crate::run::Prepared;

/// What kind of table a column is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableKind {
    /// Rows that offices send.
    Feed,
    /// A code list.
    Codes,
    /// A table of the project that no office sends.
    Reference,
    /// What the program itself knows.
    System,
    /// A model that is never released.
    Staging,
    /// A model that people read.
    Released,
}

impl TableKind {
    /// Its name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Codes => "code list",
            Self::Reference => "reference",
            Self::System => "system",
            Self::Staging => "staging",
            Self::Released => "released",
        }
    }
}

/// Which way the steps are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Back to where a column comes from.
    Upstream,
    /// On to what is computed from it.
    Downstream,
}

/// Columns with all that they come from, or all that comes from them.
#[derive(Debug)]
pub struct ColumnOrigins {
    /// What was asked for: the columns of a table in its order, or one column.
    pub of: Vec<ColumnRef>,
    /// The table that was asked for, where it was no single column.
    pub table: Option<String>,
    /// Which way the steps lead.
    pub direction: Direction,
    /// All steps on the way.
    pub steps: BTreeSet<Step>,
    /// The kind of every table on the way.
    pub kinds: BTreeMap<String, TableKind>,
    /// What each documented column on the way holds.
    pub descriptions: BTreeMap<ColumnRef, String>,
    graph: Graph,
}

/// The lineage of `table` or `table.column`; upstream for a model's and downstream for any other where no direction is given.
///
/// # Errors
/// `Input` where the project has no such table or column.
pub fn column_origins(prepared: &Prepared, target: &str, direction: Option<Direction>) -> Result<ColumnOrigins> {
    let checked = &prepared.checked;
    let graph = Graph::new(checked.models.iter().zip(&checked.lineages).map(|(model, lineage)| (model.name.as_str(), lineage)));
    let columns = all_columns(prepared);
    let (of, table) = resolve(&columns, target)?;
    let own = if of.first().is_some_and(ColumnRef::is_of_model) { Direction::Upstream } else { Direction::Downstream };
    let direction = direction.unwrap_or(own);
    let steps = match direction {
        Direction::Upstream => graph.upstream(&of, false),
        Direction::Downstream => graph.downstream(&of, false),
    };
    let met: BTreeSet<&ColumnRef> = steps.iter().flat_map(|step| [&step.from, &step.to]).chain(&of).collect();
    let kinds = met.iter().map(|column| (column.table.to_string(), kind(prepared, &column.table))).collect();
    let descriptions = met.iter().filter_map(|column| Some(((*column).clone(), description(prepared, column)?))).collect();
    Ok(ColumnOrigins { table, direction, kinds, descriptions, steps, of, graph })
}

/// Every column that a lineage can be asked of, by table.
fn all_columns(prepared: &Prepared) -> BTreeMap<String, Vec<String>> {
    let checked = &prepared.checked;
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pipeline in &prepared.project.pipelines {
        let columns = loaded_schema(&pipeline.contract).fields().iter().map(|field| field.name().clone()).collect();
        tables.insert(format!("feeds.{}", pipeline.contract.feed), columns);
    }
    for (model, lineage) in checked.models.iter().zip(&checked.lineages) {
        tables.insert(model.name.as_str().to_owned(), lineage.columns.iter().map(|column| column.name.clone()).collect());
        let read = lineage.columns.iter().flat_map(|column| column.direct.iter().chain(&column.indirect)).filter(|column| !column.is_of_model());
        for column in read {
            let columns = tables.entry(column.table.to_string()).or_default();
            if !columns.iter().any(|known| **known == *column.column) {
                columns.push(column.column.to_string());
            }
        }
    }
    tables
}

fn resolve(columns: &BTreeMap<String, Vec<String>>, target: &str) -> Result<(Vec<ColumnRef>, Option<String>)> {
    if let Some(known) = columns.get(target) {
        return Ok((known.iter().map(|column| ColumnRef::new(target, column.as_str())).collect(), Some(target.to_owned())));
    }
    let names = || columns.keys().map(String::as_str);
    let unknown = |table: &str| {
        let hint = did_you_mean(table, names()).unwrap_or_else(|| "`rihla tables` shows those that are released; feeds are `feeds.NAME`".to_owned());
        Error::new(Kind::Input, format!("there is no table `{table}` that a model makes or reads")).hint(hint)
    };
    let Some((table, column)) = target.rsplit_once('.') else { return Err(unknown(target)) };
    let Some(known) = columns.get(table) else {
        // `feeds.retruns` is a table mistyped, not a column of `feeds`.
        let whole = columns.keys().any(|name| name.starts_with(&format!("{table}.")));
        return Err(unknown(if whole { target } else { table }));
    };
    if !known.iter().any(|name| name == column) {
        let hint = did_you_mean(column, known.iter().map(String::as_str)).unwrap_or_else(|| format!("it has {}", known.join(", ")));
        return Err(Error::new(Kind::Input, format!("`{table}` has no column `{column}`")).hint(hint));
    }
    Ok((vec![ColumnRef::new(table, column)], None))
}

fn kind(prepared: &Prepared, table: &str) -> TableKind {
    match table.split_once('.') {
        Some(("feeds", _)) => TableKind::Feed,
        Some(("codes", _)) => TableKind::Codes,
        Some(("ref", _)) => TableKind::Reference,
        Some(_) => TableKind::System,
        None if prepared.checked.model(table).is_some_and(|model| model.is_staging) => TableKind::Staging,
        None => TableKind::Released,
    }
}

fn description(prepared: &Prepared, column: &ColumnRef) -> Option<String> {
    if let Some(model) = prepared.checked.model(&column.table) {
        return model.header.column(&column.column).map(str::to_owned);
    }
    let pipeline = prepared.project.pipeline(column.table.strip_prefix("feeds.")?)?;
    pipeline.contract.field(&column.column).map(|field| field.description.clone()).filter(|text| !text.is_empty())
}

impl ColumnOrigins {
    /// The columns whose values go into a column, one step back.
    pub fn values_of(&self, column: &ColumnRef) -> Vec<&ColumnRef> {
        self.graph.steps_into(column).iter().filter(|step| step.way == Way::Direct).map(|step| &step.from).collect()
    }

    /// The columns of what no model makes that decide which rows count, anywhere on the way back, by table.
    pub fn deciding(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let deciding: Vec<ColumnRef> = self.steps.iter().filter(|step| step.way == Way::Indirect).map(|step| step.from.clone()).collect();
        let behind = self.graph.upstream(&deciding, false);
        let ends = self.steps.iter().filter(|step| step.way == Way::Indirect || behind.contains(*step)).map(|step| &step.from);
        by_table(ends.filter(|column| !column.is_of_model()))
    }

    /// The columns that a column's values go into, anywhere on the way on, by table.
    pub fn receiving(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let carried = self.graph.downstream(&self.of, true);
        by_table(self.steps.iter().filter(|step| carried.contains(*step)).map(|step| &step.to))
    }

    /// The columns that rest on it in another way only, by table.
    pub fn decided(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let receiving = self.receiving();
        let carries = |column: &ColumnRef| receiving.get(&*column.table).is_some_and(|columns| columns.contains(&*column.column));
        by_table(self.steps.iter().map(|step| &step.to).filter(|column| !carries(column)))
    }

    /// The whole as programs read it: the columns asked for, all columns on the way, and the steps between them.
    pub fn to_json(&self) -> Value {
        let met: BTreeSet<&ColumnRef> = self.steps.iter().flat_map(|step| [&step.from, &step.to]).chain(&self.of).collect();
        let named = |column: &ColumnRef| json!({"table": &*column.table, "column": &*column.column});
        let column = |column: &&ColumnRef| {
            json!({"table": &*column.table, "column": &*column.column, "kind": self.kinds.get(&*column.table).map(|kind| kind.as_str()),
                "description": self.descriptions.get(*column)})
        };
        json!({
            "of": self.of.iter().map(named).collect::<Vec<_>>(),
            "direction": if self.direction == Direction::Upstream { "upstream" } else { "downstream" },
            "columns": met.iter().map(column).collect::<Vec<_>>(),
            "steps": self.steps.iter().map(|step| json!({"from": named(&step.from), "to": named(&step.to), "way": step.way.as_str()})).collect::<Vec<_>>(),
        })
    }
}

fn by_table<'c>(columns: impl Iterator<Item = &'c ColumnRef>) -> BTreeMap<&'c str, BTreeSet<&'c str>> {
    let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for column in columns {
        tables.entry(&column.table).or_default().insert(&column.column);
    }
    tables
}
