//! Two periods of one table side by side, by the rules of `domain.md`.
//!
//! Current, prior, absolute change, percentage change (percentage points for shares); no percentage where the prior is
//! zero; small bases under 20 are flagged; like for like on the offices that reported all of both periods, with the
//! change in coverage shown apart; restated figures are marked r, provisional ones p.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::query;
use super::coverage::Coverage;
use crate::contract::Measure;
use crate::diagnostic::did_you_mean;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::model::model_hash;
use crate::period::Period;
use crate::run::{Prepared, like_for_like, open_release};
use crate::warehouse::{Manifest, Resource, Warehouse};

/// A base under this makes percentages jump; they are flagged.
const SMALL_BASE: f64 = 20.0;

/// What is known about a figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// Not every report of its period has come.
    pub provisional: bool,
    /// An earlier release that had every report of the period said something else.
    pub restated: bool,
}

/// A measure in both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// In the current period.
    pub current: Option<f64>,
    /// In the prior one.
    pub prior: Option<f64>,
    /// Current less prior; for shares in percentage points.
    pub change: Option<f64>,
    /// The change in percent of the prior; nothing for shares and where the prior is zero.
    pub percent: Option<f64>,
    /// True where the prior is under 20, so that the percentage says little.
    pub small_base: bool,
}

/// A line of a comparison.
#[derive(Debug, Clone)]
pub struct Line {
    /// The values of the dimensions.
    pub key: Vec<String>,
    /// By measure.
    pub figures: Vec<Figure>,
    /// Like for like, where coverage differs; by measure.
    pub like_for_like: Option<Vec<Figure>>,
    /// By measure: what is known about the current and the prior figure.
    pub marks: Vec<(Mark, Mark)>,
}

/// Two periods of a table.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The dimensions.
    pub dimensions: Vec<String>,
    /// The measures.
    pub measures: Vec<(String, Measure)>,
    /// The lines, by key.
    pub lines: Vec<Line>,
    /// Reports for the current and the prior period.
    pub coverage: (Coverage, Coverage),
    /// The offices of the figures like for like, where coverage differs.
    pub common_offices: Option<Vec<String>>,
    /// Why there are no figures like for like although coverage differs.
    pub no_like_for_like: Option<String>,
}

/// Compares two periods of a table of a release.
///
/// # Errors
/// `Input` with the reason where the table or the periods cannot be compared.
pub async fn compare(prepared: &Prepared, warehouse: &Warehouse, release: &Manifest, table: &str, current: Period, prior: Period) -> Result<Comparison> {
    let resource = find(release, table)?;
    let shape = Shape::of(resource, current, prior)?;
    let engine = open_release(&prepared.project, warehouse, release).await?;
    let values = shape.read(&engine, current, prior).await?;
    if values.is_empty() {
        return Err(Error::new(Kind::Input, format!("`{table}` has no rows for {current} or {prior}"))
            .hint(format!("see `rihla sql \"SELECT DISTINCT period FROM {table}\"`")));
    }
    let reports = &resource.rihla.reports;
    let until = release.known_until();
    let coverage = (Coverage::read(&engine, reports, current, until).await?, Coverage::read(&engine, reports, prior, until).await?);
    let earlier = earlier_values(prepared, warehouse, release, resource, &shape, (current, prior)).await?;
    let mut comparison = shape.lines(&values, &coverage, &earlier);
    if coverage.0.complete_offices() != coverage.1.complete_offices() || coverage.0.months_open != coverage.1.months_open {
        add_like_for_like(prepared, warehouse, release, &shape, (current, prior), &mut comparison).await?;
    }
    Ok(comparison)
}

fn find<'r>(release: &'r Manifest, table: &str) -> Result<&'r Resource> {
    release.resources.iter().find(|resource| resource.name == table).ok_or_else(|| {
        let hint = did_you_mean(table, release.resources.iter().map(|resource| resource.name.as_str())).unwrap_or_else(|| "see `rihla tables`".to_owned());
        Error::new(Kind::Input, format!("the release has no table `{table}`")).hint(hint)
    })
}

/// Current and prior values of every measure, by key.
type Values = BTreeMap<Vec<String>, Vec<(Option<f64>, Option<f64>)>>;

struct Shape {
    table: String,
    dimensions: Vec<String>,
    measures: Vec<(String, Measure)>,
}

impl Shape {
    fn of(resource: &Resource, current: Period, prior: Period) -> Result<Self> {
        let refuse = |why: String| Error::new(Kind::Input, format!("`{}` cannot be compared: {why}", resource.name));
        if current.kind() != prior.kind() {
            return Err(
                refuse(format!("{current} is a {} and {prior} a {}", current.kind().as_str(), prior.kind().as_str())).hint("compare two periods of one kind")
            );
        }
        if current == prior {
            return Err(refuse(format!("both periods are {current}")));
        }
        let names: Vec<&str> = resource.schema.fields.iter().map(|column| column.name.as_str()).collect();
        if !names.contains(&"period") {
            return Err(refuse("it has no column `period`".to_owned()).hint("compare a table that counts by period; `rihla tables` shows the columns"));
        }
        // What a model compares itself (the year before, changes, ranks) is not compared a second time.
        let is_figure = |measure: &Measure| !matches!(measure.unit.as_str(), "rank" | "year" | "month");
        let is_own = |name: &str| !name.starts_with("change_") && !name.ends_with("_year_before");
        // In the order of the table's columns, as its header names them.
        let declared = names.iter().filter_map(|name| resource.rihla.measures.get(*name).map(|measure| ((*name).to_owned(), measure.clone())));
        let measures: Vec<_> = declared.filter(|(name, measure)| is_figure(measure) && is_own(name)).collect();
        if measures.is_empty() {
            return Err(refuse("its header declares no measure".to_owned()));
        }
        let dimensions = resource.schema.primary_key.iter().filter(|column| !matches!(column.as_str(), "period" | "period_kind")).cloned().collect();
        Ok(Self { table: resource.name.clone(), dimensions, measures })
    }

    async fn read(&self, engine: &Engine, current: Period, prior: Period) -> Result<Values> {
        let columns: Vec<String> = self.dimensions.iter().chain(self.measures.iter().map(|(name, _)| name)).map(|name| format!("\"{name}\"")).collect();
        let sql = format!("SELECT period, {} FROM \"{}\" WHERE period IN ('{current}', '{prior}')", columns.join(", "), self.table);
        let cells = query(engine, &sql).await?;
        let periods = cells.texts(0)?;
        let keys: Vec<Vec<Option<String>>> = (0..self.dimensions.len()).map(|index| cells.texts(index + 1)).collect::<Result<_>>()?;
        let numbers: Vec<Vec<Option<f64>>> = (0..self.measures.len()).map(|index| cells.numbers(1 + self.dimensions.len() + index)).collect::<Result<_>>()?;
        let known: BTreeSet<&str> = periods.iter().flatten().map(String::as_str).collect();
        // A key without a row had nobody, but only in a period of which the table knows anything.
        let absent = |period: Period, measure: &Measure| nobody(measure).filter(|_| known.contains(period.to_string().as_str()));
        let empty: Vec<_> = self.measures.iter().map(|(_, measure)| (absent(current, measure), absent(prior, measure))).collect();
        let mut values = Values::new();
        for (row, period) in periods.iter().enumerate() {
            let key = keys.iter().map(|column| column[row].clone().unwrap_or_default()).collect();
            let line = values.entry(key).or_insert_with(|| empty.clone());
            for (measure, column) in numbers.iter().enumerate() {
                let side = if period.as_deref() == Some(current.to_string().as_str()) { &mut line[measure].0 } else { &mut line[measure].1 };
                *side = column[row];
            }
        }
        Ok(values)
    }

    fn figures(&self, values: &[(Option<f64>, Option<f64>)]) -> Vec<Figure> {
        self.measures.iter().zip(values).map(|((_, measure), (current, prior))| figure(measure, *current, *prior)).collect()
    }

    fn lines(&self, values: &Values, coverage: &(Coverage, Coverage), earlier: &Earlier) -> Comparison {
        let provisional = (!coverage.0.is_complete(), !coverage.1.is_complete());
        let lines = values.iter().map(|(key, figures)| {
            let restated = |index: usize, is_current: bool, now: Option<f64>| earlier.differs(key, index, is_current, now);
            let marks = figures.iter().enumerate().map(|(index, (current, prior))| {
                let mark = |provisional, restated| Mark { provisional, restated };
                (mark(provisional.0, restated(index, true, *current)), mark(provisional.1, restated(index, false, *prior)))
            });
            Line { key: key.clone(), figures: self.figures(figures), like_for_like: None, marks: marks.collect() }
        });
        Comparison {
            dimensions: self.dimensions.clone(),
            measures: self.measures.clone(),
            lines: lines.collect(),
            coverage: coverage.clone(),
            common_offices: None,
            no_like_for_like: None,
        }
    }
}

/// What a measure says where a table has no row: nobody is none, and none of the total; of a rate it says nothing.
fn nobody(measure: &Measure) -> Option<f64> {
    (measure.unit != "percent").then_some(0.0)
}

/// True for measures that change in percentage points.
pub fn is_share(measure: &Measure) -> bool {
    matches!(measure.unit.as_str(), "percent" | "share")
}

/// A measure in both periods, by the rules.
pub fn figure(measure: &Measure, current: Option<f64>, prior: Option<f64>) -> Figure {
    let change = current.zip(prior).map(|(current, prior)| current - prior);
    let base = prior.filter(|prior| *prior != 0.0 && !is_share(measure));
    Figure {
        current,
        prior,
        change,
        percent: change.zip(base).map(|(change, base)| change / base * 100.0),
        small_base: base.is_some_and(|base| base.abs() < SMALL_BASE),
    }
}

/// What earlier releases said that had every report of a period.
#[derive(Default)]
struct Earlier {
    current: Vec<Values>,
    prior: Vec<Values>,
}

impl Earlier {
    fn differs(&self, key: &[String], measure: usize, is_current: bool, now: Option<f64>) -> bool {
        let releases = if is_current { &self.current } else { &self.prior };
        releases.iter().any(|values| {
            let said = values.get(key).map(|line| if is_current { line[measure].0 } else { line[measure].1 });
            // An absent line of a covered period said that there was nobody.
            said.unwrap_or(Some(0.0)) != now
        })
    }
}

async fn earlier_values(
    prepared: &Prepared,
    warehouse: &Warehouse,
    release: &Manifest,
    resource: &Resource,
    shape: &Shape,
    periods: (Period, Period),
) -> Result<Earlier> {
    let mut earlier = Earlier::default();
    let mut seen = BTreeSet::from([resource.hash.clone()]);
    for number in warehouse.release_numbers().await?.into_iter().filter(|number| *number < release.rihla.release) {
        let old = warehouse.release(number).await?;
        let Some(table) = old.resources.iter().find(|table| table.name == resource.name && table.rihla.measures == resource.rihla.measures) else { continue };
        if !seen.insert(table.hash.clone()) {
            continue;
        }
        let engine = open_release(&prepared.project, warehouse, &old).await?;
        let values = shape.read(&engine, periods.0, periods.1).await?;
        if Coverage::read(&engine, &table.rihla.reports, periods.0, old.known_until()).await?.is_complete() {
            earlier.current.push(values.clone());
        }
        if Coverage::read(&engine, &table.rihla.reports, periods.1, old.known_until()).await?.is_complete() {
            earlier.prior.push(values);
        }
    }
    Ok(earlier)
}

/// Runs the models again over the rows of the offices that reported all of both periods.
async fn add_like_for_like(
    prepared: &Prepared,
    warehouse: &Warehouse,
    release: &Manifest,
    shape: &Shape,
    periods: (Period, Period),
    comparison: &mut Comparison,
) -> Result<()> {
    let sides = [(periods.0, &comparison.coverage.0), (periods.1, &comparison.coverage.1)];
    if let Some((open, _)) = sides.iter().find(|(_, coverage)| coverage.months_open > 0) {
        comparison.no_like_for_like = Some(format!("{open} is not over in this release; compare periods that are"));
        return Ok(());
    }
    let common: Vec<String> =
        comparison.coverage.0.complete_offices().intersection(&comparison.coverage.1.complete_offices()).map(|office| (*office).to_owned()).collect();
    if common.is_empty() {
        comparison.no_like_for_like = Some("no office reported all of both periods".to_owned());
        return Ok(());
    }
    let tables = release.resources.iter().chain(&release.rihla.staging);
    let known: BTreeMap<&str, &str> = tables.map(|table| (table.name.as_str(), table.rihla.model.as_str())).collect();
    if prepared.checked.models.iter().any(|model| known.get(model.name.as_str()) != Some(&model_hash(model).as_str())) {
        comparison.no_like_for_like = Some(format!("models changed since release {}: run `rihla run` first", release.rihla.release));
        return Ok(());
    }
    // An erasure or pruning takes what was built last away: the rows are others than those of the release until the next run.
    if warehouse.last_build().await?.tables.is_empty() {
        comparison.no_like_for_like = Some(format!("rows were removed since release {}: run `rihla run` first", release.rihla.release));
        return Ok(());
    }
    let submissions = warehouse.submissions_of(release).await?;
    let engine = like_for_like(prepared, warehouse, &submissions, &common).await?;
    let values = shape.read(&engine, periods.0, periods.1).await?;
    let nobody: Vec<_> = shape.measures.iter().map(|(_, measure)| (nobody(measure), nobody(measure))).collect();
    for line in &mut comparison.lines {
        line.like_for_like = Some(shape.figures(values.get(&line.key).unwrap_or(&nobody)));
    }
    comparison.common_offices = Some(common);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Additivity, AdditivityWord};

    fn measure(unit: &str) -> Measure {
        Measure { unit: unit.to_owned(), additivity: Additivity::Word(AdditivityWord::None), date_basis: "departed_on".to_owned() }
    }

    #[test]
    fn no_percentage_of_nothing() {
        let figure = figure(&measure("person"), Some(5.0), Some(0.0));
        assert_eq!((figure.change, figure.percent, figure.small_base), (Some(5.0), None, false));
    }

    #[test]
    fn shares_change_in_points() {
        let figure = figure(&measure("percent"), Some(91.0), Some(88.5));
        assert_eq!((figure.change, figure.percent), (Some(2.5), None));
    }

    #[test]
    fn small_bases_are_flagged() {
        assert!(figure(&measure("person"), Some(30.0), Some(19.0)).small_base);
        assert!(!figure(&measure("person"), Some(30.0), Some(20.0)).small_base);
    }
}
