//! Every value that figures had in the releases that are still there, from when to when, and why each changed.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cell, Key, Table};
use super::trail::CellChange;
use super::{Asked, diff, known, released};
use crate::contract::Measure;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::run::{Prepared, Progress};
use crate::warehouse::{Manifest, Resource, Warehouse};

/// What is asked of a table.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// The table.
    pub table: &'a str,
    /// Which of its rows, as SQL over its columns; all where absent.
    pub condition: Option<&'a str>,
    /// Which of its columns; every measure where absent.
    pub column: Option<&'a str>,
}

/// A value and the releases that said it.
#[derive(Debug, Clone)]
pub struct Span {
    /// The value.
    pub value: Cell,
    /// The place of the first release that said it among [`History::releases`].
    pub first: usize,
    /// The place of the last release that said it.
    pub last: usize,
    /// How it came of the value before; nothing for the first.
    pub change: Option<CellChange>,
}

/// The values that a figure had.
#[derive(Debug, Clone)]
pub struct FigureHistory {
    /// The values of the grain.
    pub key: Key,
    /// The column.
    pub column: String,
    /// What it is, where it is a measure.
    pub measure: Option<Measure>,
    /// Its values, oldest first.
    pub spans: Vec<Span>,
}

/// The history of figures.
#[derive(Debug)]
pub struct History {
    /// The columns that tell rows apart.
    pub grain: Vec<String>,
    /// The releases that are there, oldest first.
    pub releases: Vec<Manifest>,
    /// Releases that are there no more, from and to.
    pub gone: Vec<(u64, u64)>,
    /// Releases without the table, or in which other columns tell its rows apart: nothing is known of them.
    pub without: Vec<u64>,
    /// The figures, by key.
    pub figures: Vec<FigureHistory>,
    /// The tags of releases, by number.
    pub tags: Tags,
}

/// The names of releases, by number.
pub type Tags = BTreeMap<u64, Vec<String>>;

/// The names that releases have now.
///
/// # Errors
/// As the warehouse says.
pub async fn tags(warehouse: &Warehouse) -> Result<Tags> {
    let mut tags = Tags::new();
    for tag in warehouse.tags().await? {
        if let Some(number) = tag.release() {
            tags.entry(number).or_default().push(tag.name);
        }
    }
    Ok(tags)
}

/// The history of figures of a table.
///
/// # Errors
/// `Input` where there is no such table or column, or the condition is none.
pub async fn history(prepared: &Prepared, warehouse: &Warehouse, asked: Figures<'_>, progress: &dyn Progress) -> Result<History> {
    let mut releases = Vec::new();
    for number in warehouse.release_numbers().await? {
        releases.push(warehouse.release(number).await?);
    }
    known(asked.table, &releases.iter().collect::<Vec<_>>())?;
    let newest = releases.iter().rev().find_map(|release| table_of(release, asked.table)).cloned();
    let newest = newest.ok_or_else(|| Error::new(Kind::Internal, "a table of no release"))?;
    let columns = columns(&newest, asked.column)?;
    let (said, chosen, without) = read(prepared, warehouse, &releases, &newest, asked).await?;
    let mut figures = Vec::new();
    for key in &chosen {
        for column in &columns {
            let spans = spans(&said, key, column);
            if spans.iter().any(|span| span.value != Cell::Absent) {
                figures.push(FigureHistory { key: key.clone(), column: column.clone(), measure: newest.rihla.measures.get(column).cloned(), spans });
            }
        }
    }
    explain(prepared, warehouse, &releases, asked.table, &mut figures, progress).await?;
    Ok(History { grain: newest.schema.primary_key.clone(), gone: gone(&releases), without, figures, tags: tags(warehouse).await?, releases })
}

fn table_of<'r>(release: &'r Manifest, table: &str) -> Option<&'r Resource> {
    release.resources.iter().find(|resource| resource.name == table)
}

/// The columns that are asked for.
fn columns(table: &Resource, asked: Option<&str>) -> Result<Vec<String>> {
    let names: Vec<&str> =
        table.schema.fields.iter().map(|column| column.name.as_str()).filter(|name| !table.schema.primary_key.iter().any(|key| key == name)).collect();
    let Some(asked) = asked else {
        let measures: Vec<String> = names.iter().filter(|name| table.rihla.measures.contains_key(**name)).map(|name| (*name).to_owned()).collect();
        return Ok(if measures.is_empty() { names.into_iter().map(str::to_owned).collect() } else { measures });
    };
    if names.contains(&asked) {
        return Ok(vec![asked.to_owned()]);
    }
    let hint = did_you_mean(asked, names.iter().copied()).unwrap_or_else(|| format!("it has {}", names.join(", ")));
    Err(Error::new(Kind::Input, format!("`{}` has no figure `{asked}`", table.name)).hint(hint))
}

/// What releases said: a table for each, nothing where nothing is known.
type Said = Vec<Option<Table>>;

/// Reads the table in every release, the rows that are wanted in any of them, and the releases of which nothing is known.
async fn read(
    prepared: &Prepared,
    warehouse: &Warehouse,
    releases: &[Manifest],
    newest: &Resource,
    asked: Figures<'_>,
) -> Result<(Said, BTreeSet<Key>, Vec<u64>)> {
    let grain = &newest.schema.primary_key;
    let (mut said, mut chosen, mut without): (Said, BTreeSet<Key>, Vec<u64>) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for release in releases {
        let Some(resource) = table_of(release, asked.table).filter(|resource| resource.schema.primary_key == *grain) else {
            without.push(release.rihla.release);
            said.push(None);
            continue;
        };
        if let Some(place) = seen.get(&resource.hash) {
            said.push(said[*place].clone());
            continue;
        }
        seen.insert(resource.hash.clone(), said.len());
        let table = Table::read(&released(prepared, warehouse, resource, None).await?, grain)?;
        match asked.condition {
            None => chosen.extend(table.rows.keys().cloned()),
            Some(condition) => match released(prepared, warehouse, resource, Some(condition)).await {
                Ok(rows) => chosen.extend(Table::read(&rows, grain)?.rows.into_keys()),
                // A table that gained the column later has no such rows yet.
                Err(error) if resource.hash == newest.hash => return Err(error),
                Err(_) => {}
            },
        }
        said.push(Some(table));
    }
    Ok((said, chosen, without))
}

fn spans(said: &Said, key: &Key, column: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let values = said.iter().enumerate().filter_map(|(place, table)| table.as_ref().map(|table| (place, table.cell(key, column))));
    for (place, value) in values {
        match spans.last_mut() {
            Some(span) if span.value == *value => span.last = place,
            _ => spans.push(Span { value: value.clone(), first: place, last: place, change: None }),
        }
    }
    spans
}

/// Releases between those that are there, and before the first.
fn gone(releases: &[Manifest]) -> Vec<(u64, u64)> {
    let numbers = std::iter::once(0).chain(releases.iter().map(|release| release.rihla.release)).collect::<Vec<_>>();
    numbers.windows(2).filter(|pair| pair[1] > pair[0] + 1).map(|pair| (pair[0] + 1, pair[1] - 1)).collect()
}

/// Adds why values changed, computed only between releases that say something else.
async fn explain(
    prepared: &Prepared,
    warehouse: &Warehouse,
    releases: &[Manifest],
    table: &str,
    figures: &mut [FigureHistory],
    progress: &dyn Progress,
) -> Result<()> {
    let places = |figure: &FigureHistory| figure.spans.windows(2).map(|pair| (pair[0].last, pair[1].first)).collect::<Vec<_>>();
    let pairs: BTreeSet<(usize, usize)> = figures.iter().flat_map(places).collect();
    for (before, after) in pairs {
        let asked = Asked { table: Some(table), condition: None };
        let told = diff(prepared, warehouse, (&releases[before], &releases[after]), asked, progress).await?;
        let mut cells: BTreeMap<(&Key, &str), &CellChange> = BTreeMap::new();
        let rows = told.tables.iter().flat_map(|table| &table.changes);
        cells.extend(rows.flat_map(|row| row.cells.iter().map(move |cell| ((&row.key, cell.column.as_str()), cell))));
        for figure in figures.iter_mut() {
            let change = cells.get(&(&figure.key, figure.column.as_str())).map(|change| (*change).clone());
            for place in 1..figure.spans.len() {
                if (figure.spans[place - 1].last, figure.spans[place].first) == (before, after) {
                    figure.spans[place].change.clone_from(&change);
                }
            }
        }
    }
    Ok(())
}
