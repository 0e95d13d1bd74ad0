//! From a figure down through the models to the records that it was made from, with submission, sheet and row.
//!
//! Guarantees: the rows are those that the release pins. The records listed are proved: the table is made again of them
//! alone, and where the figure is not the same that is said. Shows pseudonyms, and no field of a record but its id.

mod proof;
mod select;
mod trace;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::contract::Measure;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::model::{Depth, Model, identities};
use crate::run::{Prepared, behind};
use crate::warehouse::{Manifest, Warehouse};

pub use proof::Proof;
pub use trace::{Record, Step};

use select::{Tables, cells};
use trace::{Chosen, Trace};

/// What is to be explained.
#[derive(Debug, Clone)]
pub struct ToExplain {
    /// A released table.
    pub table: String,
    /// Its rows, as a condition in SQL; all where absent.
    pub condition: Option<String>,
    /// The measure; the table's first where absent.
    pub measure: Option<String>,
}

/// Where figures come from.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The release.
    pub release: u64,
    /// The table.
    pub table: String,
    /// The measure that is explained; none where the table has none, and then its rows are.
    pub measure: Option<String>,
    /// What the measure holds.
    pub description: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// Measures that can be asked after as well.
    pub other_measures: Vec<String>,
    /// The rows that were chosen: what tells them apart, and the figure.
    pub figures: Vec<Map<String, Value>>,
    /// The tables on the way, from the figure down to feeds, with the rows that were counted.
    pub steps: Vec<Step>,
    /// Tables on the way that were looked up or decide which rows count; their rows are not listed.
    pub looked_up: BTreeSet<String>,
    /// What could not be followed.
    pub gaps: BTreeSet<String>,
    /// Whether the records alone give the figures.
    pub proof: Proof,
    /// How many persons the records are of.
    pub persons: u64,
    /// How many submissions they stand in.
    pub submissions: u64,
    /// The records, by feed, office and place.
    pub records: Vec<Record>,
}

/// Explains figures of a release.
///
/// # Errors
/// `Input` for an unknown table or measure, a condition that is none, or one that no row satisfies; `Input` where a model
/// changed since the release; else as the engine says.
pub async fn explain(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest, asked: &ToExplain) -> Result<Explained> {
    let model = model_of(prepared, release, &asked.table)?;
    let measures = measures(model, release);
    let measure = chosen_measure(&asked.table, &measures, asked.measure.as_deref())?;
    let behind = behind(prepared, warehouse, release, &asked.table).await?;
    let identities = identities(&prepared.project, &prepared.checked);
    let mut tables = Tables::new(&behind.engine, &identities);
    let key = tables.key_of(&asked.table).await?;
    let shown = shown(model, &prepared.checked.schemas, prepared, measure.map(|(name, _)| name.as_str()), &key);
    let rows = select::rows(&behind.engine, &asked.table, asked.condition.as_deref(), &shown).await?;
    let figures = cells(&rows)?;
    if figures.is_empty() {
        return Err(Error::new(Kind::Input, format!("no row of `{}` satisfies the condition", asked.table))
            .hint(format!("`rihla sql \"SELECT * FROM {}\"` shows the rows", asked.table)));
    }
    let wanted = select::columns(&rows, &key)?;
    let measured = measure.map(|(name, _)| name.as_str());
    let chosen = Chosen { model, wanted: &wanted, measure: measured };
    let again = proof::Again { prepared, warehouse, release, behind: &behind, table: &asked.table, key: &key, shown: &shown };
    let (trace, proof) = follow(&mut tables, &chosen, &again, &figures).await?;
    let records = trace.records(&prepared.project)?;
    Ok(Explained {
        release: release.rihla.release,
        table: asked.table.clone(),
        measure: measure.map(|(name, _)| name.clone()),
        description: measured.and_then(|name| model.header.column(name)).map(str::to_owned),
        unit: measure.map(|(_, measure)| measure.unit.clone()),
        other_measures: measures.iter().map(|(name, _)| name.clone()).filter(|name| Some(name.as_str()) != measured).collect(),
        figures,
        persons: records.iter().map(|record| &record.person_id).collect::<BTreeSet<_>>().len() as u64,
        submissions: records.iter().map(|record| &record.submission_id).collect::<BTreeSet<_>>().len() as u64,
        steps: trace.steps,
        looked_up: trace.looked_up,
        gaps: trace.gaps,
        proof,
        records,
    })
}

/// Follows the figures as far as it takes to prove them.
///
/// What was looked up is followed only where the records are not enough without it; where they are not with it either,
/// because the row itself rests on other records, the tables looked up are taken as released.
async fn follow(tables: &mut Tables<'_>, chosen: &Chosen<'_>, again: &proof::Again<'_>, figures: &[Map<String, Value>]) -> Result<(Trace, Proof)> {
    let none = BTreeSet::new();
    let mut attempts = Vec::new();
    for depth in [Depth::Figure, Depth::Joined, Depth::Everything] {
        let trace = trace::trace(again.prepared, tables, chosen, depth).await?;
        let proof = again.prove(figures, chosen.measure, chosen.wanted, &trace, &none).await?;
        if proof.is_settled() {
            return Ok((trace, proof));
        }
        attempts.push((trace, proof));
        if depth != Depth::Joined {
            continue;
        }
        for at in 0..attempts.len() {
            let given = again.given(&attempts[at].0);
            let proof = again.prove(figures, chosen.measure, chosen.wanted, &attempts[at].0, &given).await?;
            if proof.is_settled() {
                return Ok((attempts.swap_remove(at).0, proof));
            }
        }
    }
    attempts.pop().ok_or_else(|| Error::new(Kind::Internal, "a figure was not followed"))
}

fn model_of<'p>(prepared: &'p Prepared, release: &Manifest, table: &str) -> Result<&'p Model> {
    let names = || release.resources.iter().map(|resource| resource.name.as_str());
    if !names().any(|name| name == table) {
        let hint = did_you_mean(table, names()).unwrap_or_else(|| "`rihla tables` shows the tables".to_owned());
        return Err(Error::new(Kind::Input, format!("there is no table `{table}` in release {}", release.rihla.release)).hint(hint));
    }
    prepared.checked.model(table).ok_or_else(|| {
        Error::new(Kind::Input, format!("the project has no model `{table}` any more, by which release {} was made", release.rihla.release))
            .hint("use the project folder as it was then")
    })
}

/// The measures of a table, in the order of its columns.
fn measures(model: &Model, release: &Manifest) -> Vec<(String, Measure)> {
    let resource = release.resources.iter().find(|resource| resource.name == model.name.as_str());
    let columns = resource.into_iter().flat_map(|resource| &resource.schema.fields);
    columns.filter_map(|column| model.header.measure(&column.name).map(|measure| (column.name.clone(), measure.clone()))).collect()
}

fn chosen_measure<'m>(table: &str, measures: &'m [(String, Measure)], asked: Option<&str>) -> Result<Option<&'m (String, Measure)>> {
    let Some(asked) = asked else { return Ok(measures.first()) };
    let names: Vec<&str> = measures.iter().map(|(name, _)| name.as_str()).collect();
    let found = measures.iter().find(|(name, _)| name == asked);
    found.map(Some).ok_or_else(|| {
        let all = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
        Error::new(Kind::Input, format!("`{table}` has no measure `{asked}`")).hint(did_you_mean(asked, names.iter().copied()).unwrap_or(all))
    })
}

/// The columns that are shown of a row: those that are no measure and the one asked after; all where there is none.
fn shown(model: &Model, schemas: &[arrow::datatypes::SchemaRef], prepared: &Prepared, measure: Option<&str>, key: &[String]) -> Vec<String> {
    let at = prepared.checked.models.iter().position(|other| other.name == model.name);
    let columns = at.and_then(|at| schemas.get(at)).into_iter().flat_map(|schema| schema.fields().iter().map(|field| field.name().clone()));
    let is_shown = |name: &String| measure.is_none_or(|measure| name == measure || key.contains(name) || model.header.measure(name).is_none());
    columns.filter(is_shown).collect()
}
