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
    let folder = project
        .published
        .as_ref()
        .ok_or_else(|| Error::new(Kind::Input, "the project has no control totals").hint("name their folder as `published` in rihla.toml"))?;
    let totals = controls::load(folder)?;
    let wanted: Vec<ControlTotal> = totals.iter().filter(|total| total.edition == edition).cloned().collect();
    if wanted.is_empty() {
        let mut editions: Vec<&str> = totals.iter().map(|total| total.edition.as_str()).collect();
        editions.dedup();
        return Err(Error::new(Kind::Input, format!("there is no edition `{edition}`")).hint(format!("there are {}", editions.join(", "))));
    }
    let figures = figures(project, warehouse, release).await?;
    Ok(wanted.into_iter().map(|control| judge(control, &figures)).collect())
}

type Figures = BTreeMap<(String, String, String), f64>;

async fn figures(project: &Project, warehouse: &Warehouse, release: &Manifest) -> Result<Figures> {
    if !release.resources.iter().any(|table| table.name == "indicators") {
        return Err(
            Error::new(Kind::Input, "the release has no table `indicators`").hint("reconciliation reads its columns indicator, dimension, period and value")
        );
    }
    let engine = open_release(project, warehouse, release).await?;
    let cells = query(&engine, "SELECT indicator, dimension, period, value FROM indicators").await?;
    let keys = cells.texts(0)?.into_iter().zip(cells.texts(1)?).zip(cells.texts(2)?);
    let figures = keys.zip(cells.numbers(3)?).filter_map(|(((indicator, dimension), period), value)| Some(((indicator?, dimension?, period?), value?)));
    Ok(figures.collect())
}

fn judge(control: ControlTotal, figures: &Figures) -> Reconciled {
    let computed = figures.get(&(control.indicator.clone(), control.dimension.clone(), control.period.to_string())).copied();
    let verdict = match computed {
        None => Verdict::Missing,
        Some(computed) if control.agrees(computed) => Verdict::Agrees,
        Some(computed) if control.is_explained(computed) => Verdict::Explained,
        Some(_) => Verdict::Differs,
    };
    Reconciled { control, computed, verdict }
}
