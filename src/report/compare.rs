//! Two periods of one table side by side, by the rules of `domain.md`.
//!
//! Current, prior, absolute change, percentage change (percentage points for shares); no percentage where the prior is
//! zero; small bases under 20 are flagged; like for like on the offices that reported all of both periods, with the
//! change in coverage shown apart; restated figures are marked r, provisional ones p. Persons and what happened to them
//! are never added to one another, nor amounts of two currencies; what a header does not allow is refused.

use std::collections::{BTreeMap, BTreeSet};

use super::basis::{self, Basis, NoLikeForLike};
use super::figure::{Figure, Mark, figure};
use super::number::Number;
use super::shape::{Question, RefusedMeasure, Shape};
use super::values::{self, Key, Table, nobody};
use crate::contract::Measure;
use crate::diagnostic::did_you_mean;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::model::model_hash;
use crate::run::{Prepared, like_for_like, open_release};
use crate::warehouse::{Manifest, Resource, Warehouse};

/// A line of a comparison.
#[derive(Debug, Clone)]
pub struct Line {
    /// The values of the dimensions, and the line's own unit and date basis where lines have one.
    pub key: Key,
    /// By measure.
    pub figures: Vec<Figure>,
    /// By measure: like for like, where coverage differs and there is such a figure.
    pub like_for_like: Vec<Option<Figure>>,
    /// By measure: what is known about the current and the prior figure.
    pub marks: Vec<(Mark, Mark)>,
    /// By measure: the place of what it rests on among [`Comparison::bases`].
    pub bases: Vec<usize>,
}

/// Two periods of a table.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What was asked.
    pub question: Question,
    /// The dimensions.
    pub dimensions: Vec<String>,
    /// The measures.
    pub measures: Vec<(String, Measure)>,
    /// Measures that were left out, with the reason.
    pub refused: Vec<RefusedMeasure>,
    /// The lines, by key.
    pub lines: Vec<Line>,
    /// What the figures rest on.
    pub bases: Vec<Basis>,
}

/// Lines that may stand in one table: one measure, one unit, one date basis, one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The measure's place among [`Comparison::measures`].
    pub measure: usize,
    /// Its unit.
    pub unit: String,
    /// Its date basis.
    pub date_basis: String,
    /// The currency of amounts.
    pub currency: Option<String>,
    /// The places of its lines.
    pub lines: Vec<usize>,
}

impl Comparison {
    /// The comparison in blocks, in the order of measures: persons and instances, currencies and date bases apart.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for (index, (_, measure)) in self.measures.iter().enumerate() {
            for (place, line) in self.lines.iter().enumerate() {
                let (unit, date_basis) = self.nature(index, line);
                let currency = measure.is_money().then(|| self.value(line, "currency")).flatten();
                let same = |block: &&mut Block| block.measure == index && block.unit == unit && block.date_basis == date_basis && block.currency == currency;
                match blocks.iter_mut().find(same) {
                    Some(block) => block.lines.push(place),
                    None => blocks.push(Block { measure: index, unit: unit.to_owned(), date_basis: date_basis.to_owned(), currency, lines: vec![place] }),
                }
            }
        }
        blocks
    }

    /// Unit and date basis of a measure in a line.
    pub fn nature<'c>(&'c self, measure: usize, line: &'c Line) -> (&'c str, &'c str) {
        let measure = &self.measures[measure].1;
        nature(measure, &line.key)
    }

    /// The value of a dimension in a line.
    pub fn value(&self, line: &Line, dimension: &str) -> Option<String> {
        self.dimensions.iter().position(|known| known == dimension).map(|index| line.key.values[index].clone())
    }
}

fn nature<'m>(measure: &'m Measure, key: &'m Key) -> (&'m str, &'m str) {
    match &key.own {
        Some((unit, date_basis)) if measure.is_by_row() => (unit, date_basis),
        _ => (&measure.unit, &measure.date_basis),
    }
}

/// Compares two periods of a table of a release.
///
/// # Errors
/// `Input` with the reason where the table, the level or the periods cannot be compared.
pub async fn compare(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest, question: &Question) -> Result<Comparison> {
    let resource = find(release, &question.table)?;
    let shape = Shape::of(release, resource, question)?;
    let engine = open_release(&prepared.project, warehouse, release).await?;
    let table = values::read(&shape, &engine).await?;
    if table.is_empty() {
        return Err(nothing_found(&shape, &engine).await);
    }
    let mut bases: Vec<Basis> = basis::of(&shape, &table, prepared.project.first_period);
    for basis in &mut bases {
        basis.read(&engine, release.known_until()).await?;
    }
    let earlier = earlier_values(prepared, warehouse, release, resource, &shape, &bases).await?;
    let mut comparison = lines(&shape, &table, bases, &earlier, release);
    add_like_for_like(prepared, warehouse, release, &shape, &mut comparison).await?;
    Ok(comparison)
}

fn find<'r>(release: &'r Manifest, table: &str) -> Result<&'r Resource> {
    release.resources.iter().find(|resource| resource.name == table).ok_or_else(|| {
        let hint = did_you_mean(table, release.resources.iter().map(|resource| resource.name.as_str())).unwrap_or_else(|| "see `rihla tables`".to_owned());
        Error::new(Kind::Input, format!("the release has no table `{table}`")).hint(hint)
    })
}

/// The error of a comparison without a line, with the values there are where one was chosen that is not.
async fn nothing_found(shape: &Shape, engine: &Engine) -> Error {
    let Question { table, current, prior, filters, .. } = &shape.question;
    let Some((column, value)) = filters.first() else {
        return Error::new(Kind::Input, format!("`{table}` has no rows for {current} or {prior}"))
            .hint(format!("see `rihla sql \"SELECT DISTINCT period FROM {table}\"`"));
    };
    let sql = format!("SELECT DISTINCT CAST(\"{column}\" AS VARCHAR) FROM \"{table}\" ORDER BY 1");
    let known: Vec<String> = match super::cells::query(engine, &sql).await.and_then(|cells| cells.texts(0)) {
        Ok(known) => known.into_iter().flatten().collect(),
        Err(error) => return error,
    };
    let error = Error::new(Kind::Input, format!("`{table}` has no rows with {column} `{value}` for {current} or {prior}"));
    match did_you_mean(value, known.iter().map(String::as_str).filter(|known| known != value)) {
        Some(hint) if !known.contains(value) => error.hint(hint),
        _ => error.hint(format!("there are {}", known.iter().take(20).cloned().collect::<Vec<_>>().join(", "))),
    }
}

fn lines(shape: &Shape, table: &Table, bases: Vec<Basis>, earlier: &[Earlier], release: &Manifest) -> Comparison {
    let is_final = |is_current: bool| release.is_final(if is_current { shape.question.current } else { shape.question.prior });
    let lines = table.iter().map(|(key, values)| {
        let mut line = Line { key: key.clone(), figures: Vec::new(), like_for_like: vec![None; shape.measures.len()], marks: Vec::new(), bases: Vec::new() };
        for (index, ((_, measure), (current, prior))) in shape.measures.iter().zip(&values.sides).enumerate() {
            let basis = bases.iter().position(|basis| basis.is_of(measure, &values.reports)).unwrap_or(0);
            let mark = |is_current: bool, now: Option<Number>| Mark {
                // Where periods are closed that decides; else a figure is final once every report has come.
                provisional: !is_final(is_current).unwrap_or_else(|| bases[basis].coverage(is_current).is_complete()),
                restated: earlier.iter().any(|release| release.differs(key, index, measure, is_current, basis, now)),
            };
            line.marks.push((mark(true, *current), mark(false, *prior)));
            line.figures.push(figure(nature(measure, key).0, *current, *prior));
            line.bases.push(basis);
        }
        line
    });
    Comparison {
        question: shape.question.clone(),
        dimensions: shape.dimensions.clone(),
        measures: shape.measures.clone(),
        refused: shape.refused.clone(),
        lines: lines.collect(),
        bases,
    }
}

/// What an earlier release said.
struct Earlier {
    table: Table,
    /// By basis: whether every report of the current and of the prior period had come.
    complete: Vec<(bool, bool)>,
}

impl Earlier {
    fn differs(&self, key: &Key, index: usize, measure: &Measure, is_current: bool, basis: usize, now: Option<Number>) -> bool {
        let complete = self.complete[basis];
        if !(if is_current { complete.0 } else { complete.1 }) {
            return false;
        }
        let side = |(current, prior): &(Option<Number>, Option<Number>)| if is_current { *current } else { *prior };
        match self.table.get(key).map(|values| side(&values.sides[index])) {
            Some(said) => said != now,
            // An absent line of a covered period said that there was nobody, where its absence says anything.
            None => nobody(measure).is_some_and(|nobody| Some(nobody) != now),
        }
    }
}

/// What earlier releases said in other files than this one's.
async fn earlier_values(
    prepared: &Prepared,
    warehouse: &Warehouse,
    release: &Manifest,
    resource: &Resource,
    shape: &Shape,
    bases: &[Basis],
) -> Result<Vec<Earlier>> {
    let mut earlier = Vec::new();
    let mut seen = BTreeSet::from([resource.hash.clone()]);
    let names = |table: &Resource| table.schema.fields.iter().map(|column| column.name.clone()).collect::<BTreeSet<_>>();
    for number in warehouse.release_numbers().await?.into_iter().filter(|number| *number < release.rihla.release) {
        let old = warehouse.release(number).await?;
        let same =
            |table: &&Resource| table.name == resource.name && table.rihla.measures == resource.rihla.measures && names(table).is_superset(&names(resource));
        let Some(table) = old.resources.iter().find(same) else { continue };
        if !seen.insert(table.hash.clone()) {
            continue;
        }
        let engine = open_release(&prepared.project, warehouse, &old).await?;
        let mut complete = Vec::new();
        for basis in bases {
            let mut then = basis.at(&table.rihla.reports);
            then.read(&engine, old.known_until()).await?;
            complete.push((then.coverage(true).is_complete(), then.coverage(false).is_complete()));
        }
        earlier.push(Earlier { table: values::read(shape, &engine).await?, complete });
    }
    Ok(earlier)
}

/// Runs the models again over the rows of the offices that reported all of both periods, where others did too.
async fn add_like_for_like(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest, shape: &Shape, comparison: &mut Comparison) -> Result<()> {
    let tables = release.resources.iter().chain(&release.rihla.staging);
    let known: BTreeMap<&str, &str> = tables.map(|table| (table.name.as_str(), table.rihla.model.as_str())).collect();
    let is_changed = prepared.checked.models.iter().any(|model| known.get(model.name.as_str()) != Some(&model_hash(model).as_str()));
    let number = release.rihla.release;
    // An erasure or pruning takes what was built last away: the rows are others than those of the release until a run has
    // built every table again.
    let last = warehouse.last_build().await?;
    let is_built = |name: &str| last.tables.iter().any(|table| table.name == name);
    let mut released = release.resources.iter().map(|table| table.name.as_str());
    let changed = match last.tables.is_empty() || released.any(|name| prepared.checked.model(name).is_some() && !is_built(name)) {
        true => Some(NoLikeForLike::RowsRemoved(number)),
        false => is_changed.then_some(NoLikeForLike::ModelsChanged(number)),
    };
    let mut read: BTreeMap<Vec<String>, Table> = BTreeMap::new();
    for (place, basis) in comparison.bases.iter_mut().enumerate() {
        let Some(offices) = basis.settle((shape.question.current, shape.question.prior), changed.clone()) else { continue };
        if !read.contains_key(&offices) {
            let submissions = warehouse.submissions_of(release).await?;
            let engine = like_for_like(prepared, warehouse, &submissions, &offices, &shape.question.table).await?;
            read.insert(offices.clone(), values::read(shape, &engine).await?);
        }
        let table = &read[&offices];
        for line in &mut comparison.lines {
            let values = table.get(&line.key);
            for (index, (_, measure)) in shape.measures.iter().enumerate().filter(|(index, _)| line.bases[*index] == place) {
                let (current, prior) = values.map_or_else(|| (nobody(measure), nobody(measure)), |values| values.sides[index]);
                line.like_for_like[index] = Some(figure(nature(measure, &line.key).0, current, prior));
            }
        }
    }
    Ok(())
}
