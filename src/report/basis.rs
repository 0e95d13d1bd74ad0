//! What figures rest on: reports, how they cover both periods, and the offices that can be compared like for like.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

use super::coverage::Coverage;
use super::shape::Shape;
use super::values::Table;
use crate::contract::Measure;
use crate::engine::Engine;
use crate::error::Result;
use crate::period::{Period, PeriodKind};
use crate::warehouse::Reports;

/// Why there are no figures like for like although coverage differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLikeForLike {
    /// A period is not over in the release.
    NotOver(Period),
    /// No office reported all of both periods.
    NoOffice,
    /// Models are not those of the release, whose number is given.
    ModelsChanged(u64),
    /// Rows were removed since the release, whose number is given.
    RowsRemoved(u64),
    /// Figures since a start rest on a history that is not by office.
    Cumulative,
}

impl fmt::Display for NoLikeForLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOver(period) => write!(f, "{period} is not over in this release; compare periods that are"),
            Self::NoOffice => write!(f, "no office reported all of both periods"),
            Self::ModelsChanged(release) => write!(f, "models changed since release {release}: run `rihla run` first"),
            Self::RowsRemoved(release) => write!(f, "rows were removed since release {release}: run `rihla run` first"),
            Self::Cumulative => write!(f, "figures since a start also rest on what is not known by office"),
        }
    }
}

/// What some figures of a comparison rest on.
#[derive(Debug, Clone)]
pub struct Basis {
    /// The reports.
    pub reports: Vec<Reports>,
    /// True for figures since a start: they rest on every report since case files begin.
    pub cumulative: bool,
    /// How reports cover the current and the prior period.
    pub sides: (Coverage, Coverage),
    /// The offices of the figures like for like, where coverage differs.
    pub common_offices: Option<Vec<String>>,
    /// Why there are none although coverage differs.
    pub no_like_for_like: Option<NoLikeForLike>,
    by_measure: bool,
    places: BTreeSet<usize>,
    months: (Vec<Period>, Vec<Period>),
}

/// The bases of a table's figures: most tables have one.
pub fn of(shape: &Shape, table: &Table, first_period: Period) -> Vec<Basis> {
    let mut bases: Vec<Basis> = Vec::new();
    for (values, (_, measure)) in table.values().flat_map(|values| shape.measures.iter().map(move |measure| (values, measure))) {
        if !bases.iter().any(|basis| basis.is_of(measure, &values.reports)) {
            let reports: Vec<Reports> = values.reports.iter().map(|place| shape.reports[*place].clone()).collect();
            let cumulative = measure.cumulative || reports.iter().any(|reports| reports.cumulative);
            let is_change = reports.iter().any(|reports| reports.year_before);
            let months = |period: Period| match (cumulative, is_change) {
                (true, _) => Period::range(PeriodKind::Month, first_period.start(), period.end()).collect(),
                (false, true) => period.year_before().months().chain(period.months()).collect(),
                (false, false) => period.months().collect(),
            };
            bases.push(Basis {
                reports,
                cumulative,
                by_measure: measure.cumulative,
                sides: (Coverage::default(), Coverage::default()),
                common_offices: None,
                no_like_for_like: None,
                places: values.reports.clone(),
                months: (months(shape.question.current), months(shape.question.prior)),
            });
        }
    }
    bases
}

impl Basis {
    /// True for the figures of a measure in a row that rests on the reports of these places.
    pub fn is_of(&self, measure: &Measure, reports: &BTreeSet<usize>) -> bool {
        self.by_measure == measure.cumulative && self.places == *reports
    }

    /// How reports cover a period.
    pub fn coverage(&self, is_current: bool) -> &Coverage {
        if is_current { &self.sides.0 } else { &self.sides.1 }
    }

    /// The same in another release, whose table rests on `reports`.
    pub fn at(&self, reports: &[Reports]) -> Self {
        let is_ours = |then: &&Reports| {
            self.reports
                .iter()
                .any(|now| (&now.feed, &now.rows, now.year_before, now.cumulative) == (&then.feed, &then.rows, then.year_before, then.cumulative))
        };
        Self { reports: reports.iter().filter(is_ours).cloned().collect(), ..self.clone() }
    }

    /// Reads the coverage of both periods from a release.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn read(&mut self, engine: &Engine, known_until: Option<NaiveDate>) -> Result<()> {
        let reports: Vec<&Reports> = self.reports.iter().collect();
        self.sides =
            (Coverage::read(engine, &reports, &self.months.0, known_until).await?, Coverage::read(engine, &reports, &self.months.1, known_until).await?);
        Ok(())
    }

    /// Decides on figures like for like: the offices where there are to be any, else the reason where coverage differs.
    pub fn settle(&mut self, periods: (Period, Period), changed: Option<NoLikeForLike>) -> Option<Vec<String>> {
        let (current, prior) = (&self.sides.0, &self.sides.1);
        if !current.rests_on_reports {
            return None;
        }
        let common: Vec<String> = current.complete_offices().intersection(&prior.complete_offices()).map(|office| (*office).to_owned()).collect();
        let everybody: BTreeSet<&String> = current.offices.keys().chain(prior.offices.keys()).collect();
        let not_over = [(periods.0, current), (periods.1, prior)].into_iter().find(|(_, coverage)| coverage.months_open > 0).map(|(period, _)| period);
        if everybody.len() == common.len() && not_over.is_none() {
            return None;
        }
        self.no_like_for_like = match (not_over, changed) {
            (Some(open), _) => Some(NoLikeForLike::NotOver(open)),
            _ if self.cumulative => Some(NoLikeForLike::Cumulative),
            _ if common.is_empty() => Some(NoLikeForLike::NoOffice),
            (_, changed) => changed,
        };
        self.common_offices = self.no_like_for_like.is_none().then_some(common);
        self.common_offices.clone()
    }
}
