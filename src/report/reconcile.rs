//! Published figures beside those of the latest release.

use std::collections::BTreeMap;

use super::cells::query;
use super::controls::{self, ControlTotal};
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::run::open_release;
use crate::warehouse::{Manifest, Warehouse};

/// How a published figure compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It agrees.
    Agrees,
    /// It differs as somebody has explained.
    Explained,
    /// It differs.
    Differs,
    /// The release has no such figure.
    Missing,
}

impl Verdict {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Explained => "explained",
            Self::Differs => "differs",
            Self::Missing => "missing",
        }
    }
}

/// A published figure with the computed one.
#[derive(Debug, Clone)]
pub struct Reconciled {
    /// What the indicator says, in the words of the release; nothing where it has no such indicator.
    pub definition: Option<String>,
    /// The published figure.
    pub control: ControlTotal,
    /// The computed one; nothing where the release has none.
    pub computed: Option<f64>,
    /// How they compare.
    pub verdict: Verdict,
}

/// Reconciles an edition with a release.
///
/// # Errors
/// `Input` where there is no such edition; `Config` where control totals have faults.
pub async fn reconcile(project: &Project, warehouse: &Warehouse, release: &Manifest, edition: &str) -> Result<Vec<Reconciled>> {
    let totals = published(project)?;
    let wanted: Vec<ControlTotal> = totals.iter().filter(|total| total.edition == edition).cloned().collect();
    if wanted.is_empty() {
        let editions: Vec<String> = by_edition(&totals).into_iter().map(|(edition, _)| edition).collect();
        return Err(Error::new(Kind::Input, format!("there is no edition `{edition}`")).hint(format!("there are {}", editions.join(", "))));
    }
    let figures = figures(project, warehouse, release).await?;
    Ok(wanted.into_iter().map(|control| judge(control, &figures)).collect())
}

/// The editions that have control totals, with how many, in the order of their files.
///
/// # Errors
/// `Input` where the project has none; `Config` where control totals have faults.
pub fn editions(project: &Project) -> Result<Vec<(String, usize)>> {
    Ok(by_edition(&published(project)?))
}

fn published(project: &Project) -> Result<Vec<ControlTotal>> {
    let folder = project.published.as_ref();
    controls::load(folder.ok_or_else(|| Error::new(Kind::Input, "the project has no control totals").hint("name their folder as `published` in rihla.toml"))?)
}

fn by_edition(totals: &[ControlTotal]) -> Vec<(String, usize)> {
    let mut editions: Vec<(String, usize)> = Vec::new();
    for total in totals {
        match editions.iter_mut().find(|(edition, _)| *edition == total.edition) {
            Some((_, count)) => *count += 1,
            None => editions.push((total.edition.clone(), 1)),
        }
    }
    editions
}

/// Values by indicator, dimension and period; the definition of each indicator.
#[derive(Default)]
struct Figures {
    values: BTreeMap<(String, String, String), f64>,
    definitions: BTreeMap<String, String>,
}

async fn figures(project: &Project, warehouse: &Warehouse, release: &Manifest) -> Result<Figures> {
    let table = release.resources.iter().find(|table| table.name == "indicators");
    let table = table.ok_or_else(|| {
        Error::new(Kind::Input, "the release has no table `indicators`").hint("reconciliation reads its columns indicator, dimension, period and value")
    })?;
    let engine = open_release(project, warehouse, release).await?;
    let cells = query(&engine, "SELECT indicator, dimension, period, value FROM indicators").await?;
    let keys = cells.texts(0)?.into_iter().zip(cells.texts(1)?).zip(cells.texts(2)?);
    let values = keys.zip(cells.numbers(3)?).filter_map(|(((indicator, dimension), period), value)| Some(((indicator?, dimension?, period?), value?)));
    let mut figures = Figures { values: values.collect(), ..Figures::default() };
    let is_defined = table.schema.fields.iter().any(|column| column.name == "definition");
    if is_defined {
        let cells = query(&engine, "SELECT DISTINCT indicator, definition FROM indicators").await?;
        figures.definitions = cells.texts(0)?.into_iter().zip(cells.texts(1)?).filter_map(|(indicator, definition)| Some((indicator?, definition?))).collect();
    }
    Ok(figures)
}

fn judge(control: ControlTotal, figures: &Figures) -> Reconciled {
    let computed = figures.values.get(&(control.indicator.clone(), control.dimension.clone(), control.period.to_string())).copied();
    let verdict = match computed {
        None => Verdict::Missing,
        Some(computed) if control.agrees(computed) => Verdict::Agrees,
        Some(computed) if control.is_explained(computed) => Verdict::Explained,
        Some(_) => Verdict::Differs,
    };
    Reconciled { definition: figures.definitions.get(&control.indicator).cloned(), control, computed, verdict }
}
