//! Current and prior values of a table's measures, by key, summed to the level that was asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::query;
use super::number::Number;
use super::shape::Shape;
use crate::contract::Measure;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};

/// What tells a line from the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The values of the dimensions; empty where null.
    pub values: Vec<String>,
    /// The row's own unit and date basis, where rows have one.
    pub own: Option<(String, String)>,
}

/// A value of the current and of the prior period.
pub type Sides = (Option<Number>, Option<Number>);

/// What is known of a key.
#[derive(Debug, Clone)]
pub struct Values {
    /// By measure.
    pub sides: Vec<Sides>,
    /// Which of the table's reports it rests on, by their place.
    pub reports: BTreeSet<usize>,
}

/// Values by key.
pub type Table = BTreeMap<Key, Values>;

/// Cells of a key while rows are summed: nothing where there was no row, no number where a row had none.
type Sums = Vec<[Option<Option<Number>>; 2]>;

/// Reads what a table of an engine says of both periods.
///
/// # Errors
/// As the engine says; `Data` where a sum has more digits than can be held.
pub async fn read(shape: &Shape, engine: &Engine) -> Result<Table> {
    let (current, prior) = (shape.question.current.to_string(), shape.question.prior.to_string());
    let columns = shape.columns().into_iter().map(|name| format!("\"{name}\""));
    let conditions = shape.reports.iter().enumerate();
    let conditions = conditions.map(|(place, reports)| format!("coalesce(({}), false) AS \"rests on {place}\"", reports.rows.as_deref().unwrap_or("true")));
    let selected: Vec<String> = columns.chain(conditions).collect();
    let table = &shape.question.table;
    let sql = format!("SELECT period, {} FROM \"{table}\" WHERE period IN ('{current}', '{prior}') AND {}", selected.join(", "), shape.condition());
    let cells = query(engine, &sql).await?;
    let periods = cells.texts(0)?;
    let width = shape.dimensions.len();
    let own = if shape.has_own_units { 2 } else { 0 };
    let texts: Vec<Vec<Option<String>>> = (1..=width + own).map(|index| cells.texts(index)).collect::<Result<_>>()?;
    let first = 1 + width + own;
    let numbers: Vec<Vec<Option<Number>>> = (0..shape.measures.len()).map(|index| cells.figures(first + index)).collect::<Result<_>>()?;
    let first = first + shape.measures.len();
    let rests: Vec<Vec<Option<String>>> = (0..shape.reports.len()).map(|index| cells.texts(first + index)).collect::<Result<_>>()?;
    let mut sums: BTreeMap<Key, (Sums, BTreeSet<usize>)> = BTreeMap::new();
    for (row, period) in periods.iter().enumerate() {
        let text = |column: usize| texts[column][row].clone().unwrap_or_default();
        let key = Key { values: (0..width).map(text).collect(), own: (own > 0).then(|| (text(width), text(width + 1))) };
        let (sums, reports) = sums.entry(key).or_insert_with(|| (vec![[None, None]; shape.measures.len()], BTreeSet::new()));
        reports.extend(rests.iter().enumerate().filter(|(_, column)| column[row].as_deref() == Some("true")).map(|(index, _)| index));
        let side = usize::from(period.as_deref() != Some(current.as_str()));
        for (sum, column) in sums.iter_mut().zip(&numbers) {
            sum[side] = Some(add(sum[side], column[row])?);
        }
    }
    let known = known_periods(shape, engine, &periods).await?;
    let is_known = (known.contains(&current), known.contains(&prior));
    // What no report is named for rests on all of them, so that nothing is called final that may not be.
    let every: BTreeSet<usize> = (0..shape.reports.len()).collect();
    let known_or_every = |reports: BTreeSet<usize>| if reports.is_empty() { every.clone() } else { reports };
    let values = |sums, reports| Values { sides: filled(shape, sums, is_known), reports: known_or_every(reports) };
    Ok(sums.into_iter().map(|(key, (sums, reports))| (key, values(sums, reports))).collect())
}

fn add(sum: Option<Option<Number>>, cell: Option<Number>) -> Result<Option<Number>> {
    match (sum, cell) {
        (None, cell) => Ok(cell),
        (Some(Some(sum)), Some(cell)) => sum.plus(cell).map(Some).ok_or_else(|| Error::new(Kind::Data, "a sum has more digits than can be held")),
        // Of what is not known no sum is known.
        _ => Ok(None),
    }
}

/// The periods of which the table knows anything, whichever rows are wanted.
async fn known_periods(shape: &Shape, engine: &Engine, seen: &[Option<String>]) -> Result<BTreeSet<String>> {
    if shape.question.filters.is_empty() {
        return Ok(seen.iter().flatten().cloned().collect());
    }
    let (current, prior) = (shape.question.current, shape.question.prior);
    let sql = format!("SELECT DISTINCT period FROM \"{}\" WHERE period IN ('{current}', '{prior}')", shape.question.table);
    Ok(query(engine, &sql).await?.texts(0)?.into_iter().flatten().collect())
}

/// A key without a row had nobody, but only in a period of which the table knows anything.
fn filled(shape: &Shape, sums: Sums, is_known: (bool, bool)) -> Vec<Sides> {
    let absent = |measure: &Measure, is_known: bool| nobody(measure).filter(|_| is_known);
    let sides = shape.measures.iter().zip(sums);
    sides
        .map(|((_, measure), [current, prior])| (current.unwrap_or_else(|| absent(measure, is_known.0)), prior.unwrap_or_else(|| absent(measure, is_known.1))))
        .collect()
}

/// What a measure says where a table has no row: nobody is none, and none of the total; of a rate, of what has
/// gathered since a start, and of rows that each have a unit of their own it says nothing.
pub fn nobody(measure: &Measure) -> Option<Number> {
    (measure.unit != "percent" && !measure.cumulative && !measure.is_by_row()).then_some(Number::ZERO)
}
