//! Published figures beside those of the release that they were published from, and of the latest.

use std::collections::BTreeMap;

use super::cells::query;
use super::controls::ControlTotal;
use super::since::{self, Since, changed};
use crate::error::{Error, Kind, Result};
use crate::project::{Edition, Project, usual_tag};
use crate::run::open_release;
use crate::warehouse::{LATEST, Manifest, Tag, Warehouse};

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

/// An edition held against a release.
#[derive(Debug, Clone)]
pub struct Reconciliation {
    /// The release: that of the edition's tag where there is one, else the latest.
    pub release: Manifest,
    /// The tag of the edition, where there is one.
    pub tag: Option<String>,
    /// The tag that the edition's file names although there is none.
    pub missing_tag: Option<String>,
    /// The control totals.
    pub lines: Vec<Reconciled>,
    /// What changed since the tagged release, where it is not the latest.
    pub since: Option<Since>,
}

impl Reconciliation {
    /// True where a difference is not explained, or a change since has no recorded cause.
    pub fn needs_mending(&self) -> bool {
        let differs = |line: &Reconciled| matches!(line.verdict, Verdict::Differs | Verdict::Missing);
        self.lines.iter().any(differs) || self.since.iter().flat_map(|since| &since.changed).any(|changed| changed.causes.is_empty())
    }
}

/// Reconciles an edition with the release that it was made from, and says what changed until the latest.
///
/// # Errors
/// `Input` where there is no such edition or release; `Config` where control totals or editions have faults.
pub async fn reconcile(project: &Project, warehouse: &Warehouse, edition: &str) -> Result<Reconciliation> {
    let (totals, editions) = published(project)?;
    let wanted: Vec<ControlTotal> = totals.iter().filter(|total| total.edition == edition).cloned().collect();
    if wanted.is_empty() {
        let editions: Vec<String> = by_edition(&totals).into_iter().map(|(edition, _)| edition).collect();
        return Err(Error::new(Kind::Input, format!("there is no edition `{edition}`")).hint(format!("there are {}", editions.join(", "))));
    }
    let latest = warehouse.release_named(LATEST).await?;
    let recorded = editions.iter().find(|known| known.name == edition);
    let name = recorded.map_or_else(|| usual_tag(edition), |recorded| recorded.tag.clone());
    let tagged = warehouse.tags().await?.iter().find(|tag| tag.name == name).and_then(Tag::release);
    let release = match tagged {
        Some(number) => warehouse.release(number).await?,
        None => latest.clone(),
    };
    let then = figures(project, warehouse, &release).await?;
    let since = if release.rihla.release == latest.rihla.release {
        None
    } else {
        let now = figures(project, warehouse, &latest).await?;
        let changed = changed(&wanted, recorded, |control| then.of(control), |control| now.of(control));
        Some(Since { from: release.rihla.release, release: latest.rihla.release, figures: wanted.len(), changed })
    };
    let missing_tag = recorded.filter(|_| tagged.is_none()).map(|_| name.clone());
    let lines = wanted.into_iter().map(|control| judge(control, &then)).collect();
    Ok(Reconciliation { release, tag: tagged.map(|_| name), missing_tag, lines, since })
}

/// The editions that have control totals, with how many, in the order of their files.
///
/// # Errors
/// `Input` where the project has none; `Config` where control totals have faults.
pub fn editions(project: &Project) -> Result<Vec<(String, usize)>> {
    Ok(by_edition(&published(project)?.0))
}

fn published(project: &Project) -> Result<(Vec<ControlTotal>, Vec<Edition>)> {
    let folder = project.published.as_ref();
    since::published(folder.ok_or_else(|| Error::new(Kind::Input, "the project has no control totals").hint("name their folder as `published` in rihla.toml"))?)
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

impl Figures {
    fn of(&self, control: &ControlTotal) -> Option<f64> {
        self.values.get(&(control.indicator.clone(), control.dimension.clone(), control.period.to_string())).copied()
    }
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
    let computed = figures.of(&control);
    let verdict = match computed {
        None => Verdict::Missing,
        Some(computed) if control.agrees(computed) => Verdict::Agrees,
        Some(computed) if control.is_explained(computed) => Verdict::Explained,
        Some(_) => Verdict::Differs,
    };
    Reconciled { definition: figures.definitions.get(&control.indicator).cloned(), control, computed, verdict }
}
