//! What of a table is compared: its dimensions and measures, which measures may be summed to a coarser level, which
//! rows are wanted. Refuses, with the reason, what the table's header does not allow.

use std::collections::BTreeSet;

use crate::contract::Measure;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::warehouse::{Manifest, Reports, Resource};

/// What is asked of a table.
#[derive(Debug, Clone)]
pub struct Question {
    /// The table.
    pub table: String,
    /// The current period.
    pub current: Period,
    /// The prior period, of the same kind.
    pub prior: Period,
    /// The dimensions to compare by, none for totals; those of the table where absent.
    pub by: Option<Vec<String>>,
    /// Columns and the value that rows must have; of one column any of its values.
    pub filters: Vec<(String, String)>,
}

/// Why a measure is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It may not be summed along these columns.
    NotAdditive(Vec<String>),
    /// It is money and the table does not say of which currency.
    NoCurrency,
}

/// A measure that is left out.
#[derive(Debug, Clone)]
pub struct RefusedMeasure {
    /// Its column.
    pub name: String,
    /// What it is.
    pub measure: Measure,
    /// Why.
    pub why: Refusal,
    /// The table that counts it at the level that was asked for.
    pub instead: Option<String>,
}

/// What of a table is compared.
pub struct Shape {
    /// What was asked.
    pub question: Question,
    /// The dimensions of a line.
    pub dimensions: Vec<String>,
    /// The measures, in the order of the table's columns.
    pub measures: Vec<(String, Measure)>,
    /// Measures that are left out.
    pub refused: Vec<RefusedMeasure>,
    /// True where each row says its own unit and date basis.
    pub has_own_units: bool,
    /// The reports that figures rest on.
    pub reports: Vec<Reports>,
}

impl Shape {
    /// The shape of a comparison.
    ///
    /// # Errors
    /// `Input` with the reason where the table, the periods, the level or a filter cannot be.
    pub fn of(release: &Manifest, resource: &Resource, question: &Question) -> Result<Self> {
        check_periods(&resource.name, question.current, question.prior)?;
        let names: Vec<&str> = resource.schema.fields.iter().map(|column| column.name.as_str()).collect();
        if !names.contains(&"period") {
            return Err(refuse(&resource.name, "it has no column `period`").hint("compare a table that counts by period; `rihla tables` shows the columns"));
        }
        let declared = measures(resource);
        if declared.is_empty() {
            return Err(refuse(&resource.name, "its header declares no measure"));
        }
        let all: Vec<String> = resource.schema.primary_key.iter().filter(|column| !matches!(column.as_str(), "period" | "period_kind")).cloned().collect();
        check_filters(resource, &names, question)?;
        let (dimensions, dropped) = level(resource, &all, question)?;
        let mut shape = Self {
            has_own_units: declared.iter().any(|(_, measure)| measure.is_by_row()),
            question: question.clone(),
            dimensions,
            measures: Vec::new(),
            refused: Vec::new(),
            reports: resource.rihla.reports.clone(),
        };
        for (name, measure) in declared {
            match refusal(&measure, &all, &dropped, question) {
                None => shape.measures.push((name, measure)),
                Some(why) => {
                    let instead = instead(release, resource, &shape.dimensions, &name, &measure);
                    shape.refused.push(RefusedMeasure { name, measure, why, instead });
                }
            }
        }
        if shape.measures.is_empty() { Err(shape.nothing_left()) } else { Ok(shape) }
    }

    /// The columns that are read of a row: dimensions, its own unit and date basis, measures.
    pub fn columns(&self) -> Vec<&str> {
        let own = if self.has_own_units { &["unit", "date_basis"][..] } else { &[] };
        self.dimensions.iter().map(String::as_str).chain(own.iter().copied()).chain(self.measures.iter().map(|(name, _)| name.as_str())).collect()
    }

    /// The condition for the rows that are wanted, periods apart.
    pub fn condition(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let columns: BTreeSet<&str> = self.question.filters.iter().map(|(column, _)| column.as_str()).collect();
        let conditions = columns.into_iter().map(|column| {
            let values: Vec<String> = self.question.filters.iter().filter(|(of, _)| of == column).map(|(_, value)| quoted(value)).collect();
            format!("CAST(\"{column}\" AS VARCHAR) IN ({})", values.join(", "))
        });
        let conditions: Vec<String> = conditions.collect();
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") }
    }

    fn nothing_left(&self) -> Error {
        let level = if self.dimensions.is_empty() { "in total".to_owned() } else { format!("by {}", self.dimensions.join(", ")) };
        let reasons: Vec<String> = self.refused.iter().map(ToString::to_string).collect();
        let error = refuse(&self.question.table, &format!("{level}: {}", reasons.join("; ")));
        let others: BTreeSet<&str> = self.refused.iter().filter_map(|measure| measure.instead.as_deref()).collect();
        match others.into_iter().map(|table| format!("`{table}`")).collect::<Vec<_>>().join(" or ") {
            none if none.is_empty() => error.hint("no released table counts it at that level: compare the table as it is, or have a model count it"),
            tables => error.hint(format!("compare {tables}, which counts it at that level")),
        }
    }
}

impl std::fmt::Display for RefusedMeasure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, measure, .. } = self;
        match &self.why {
            Refusal::NotAdditive(along) => write!(f, "{name} ({}) may not be summed along {}", measure.unit, along.join(", ")),
            Refusal::NoCurrency => write!(f, "{name} is money and the table has no column `currency`"),
        }
    }
}

fn refuse(table: &str, why: &str) -> Error {
    Error::new(Kind::Input, format!("`{table}` cannot be compared: {why}"))
}

fn check_periods(table: &str, current: Period, prior: Period) -> Result<()> {
    if current.kind() != prior.kind() {
        let why = format!("{current} is a {} and {prior} a {}", current.kind().as_str(), prior.kind().as_str());
        return Err(refuse(table, &why).hint("compare two periods of one kind"));
    }
    if current == prior { Err(refuse(table, &format!("both periods are {current}"))) } else { Ok(()) }
}

/// The figures of a table. What a model compares itself (the year before, changes, ranks) is not compared a second time.
fn measures(resource: &Resource) -> Vec<(String, Measure)> {
    let is_figure = |measure: &Measure| !matches!(measure.unit.as_str(), "rank" | "year" | "month");
    let is_own = |name: &str| !name.starts_with("change_") && !name.ends_with("_year_before");
    let names = resource.schema.fields.iter().map(|column| &column.name);
    let declared = names.filter_map(|name| resource.rihla.measures.get(name).map(|measure| (name.clone(), measure.clone())));
    declared.filter(|(name, measure)| is_figure(measure) && is_own(name)).collect()
}

fn check_filters(resource: &Resource, names: &[&str], question: &Question) -> Result<()> {
    for (column, _) in &question.filters {
        let is_measure = resource.rihla.measures.contains_key(column);
        if is_measure || matches!(column.as_str(), "period" | "period_kind") || !names.contains(&column.as_str()) {
            let others: Vec<&str> =
                names.iter().copied().filter(|name| !resource.rihla.measures.contains_key(*name) && !matches!(*name, "period" | "period_kind")).collect();
            let hint = did_you_mean(column, others.iter().copied()).unwrap_or_else(|| match others.join(", ") {
                none if none.is_empty() => "it has no column to choose rows by".to_owned(),
                others => format!("rows can be chosen by {others}"),
            });
            return Err(Error::new(Kind::Input, format!("rows of `{}` cannot be chosen by `{column}`", resource.name)).hint(hint));
        }
    }
    Ok(())
}

/// The dimensions that are kept and those that are dropped.
fn level(resource: &Resource, all: &[String], question: &Question) -> Result<(Vec<String>, Vec<String>)> {
    let Some(by) = &question.by else { return Ok((all.to_vec(), Vec::new())) };
    if let Some(unknown) = by.iter().find(|column| !all.contains(column)) {
        let hint = did_you_mean(unknown, all.iter().map(String::as_str)).unwrap_or_else(|| match all.join(", ") {
            none if none.is_empty() => "it has one row a period".to_owned(),
            columns => format!("it can be compared by {columns}, or by total"),
        });
        return Err(Error::new(Kind::Input, format!("`{}` cannot be compared by `{unknown}`", resource.name)).hint(hint));
    }
    Ok(all.iter().cloned().partition(|column| by.contains(column)))
}

fn refusal(measure: &Measure, all: &[String], dropped: &[String], question: &Question) -> Option<Refusal> {
    if measure.is_money() && !all.iter().any(|column| column == "currency") {
        return Some(Refusal::NoCurrency);
    }
    // A column of which one value is chosen is not summed along.
    let is_fixed = |column: &String| question.filters.iter().map(|(of, value)| (of, value)).filter(|(of, _)| *of == column).collect::<BTreeSet<_>>().len() == 1;
    let summed: Vec<String> = dropped.iter().filter(|column| !is_fixed(column)).cloned().collect();
    let along = measure.not_additive_along(&summed);
    (!along.is_empty()).then(|| Refusal::NotAdditive(along.into_iter().map(str::to_owned).collect()))
}

/// A table that counts the same thing at a level.
fn instead(release: &Manifest, resource: &Resource, level: &[String], name: &str, measure: &Measure) -> Option<String> {
    let wanted: BTreeSet<&str> = level.iter().map(String::as_str).collect();
    let counts = |other: &&Resource| {
        let dimensions: BTreeSet<&str> =
            other.schema.primary_key.iter().map(String::as_str).filter(|column| !matches!(*column, "period" | "period_kind")).collect();
        let has_period = other.schema.primary_key.iter().any(|column| column == "period");
        has_period
            && dimensions == wanted
            && other.rihla.measures.get(name) == Some(&Measure { additivity: additivity(other, name, measure), ..measure.clone() })
    };
    let same_reports = |other: &&Resource| other.rihla.reports == resource.rihla.reports;
    let shared = |other: &&Resource| other.name.bytes().zip(resource.name.bytes()).take_while(|(left, right)| left == right).count();
    release.resources.iter().filter(|other| other.name != resource.name).filter(counts).filter(same_reports).max_by_key(shared).map(|other| other.name.clone())
}

/// The other table's own additivity: it may differ where its columns do.
fn additivity(other: &Resource, name: &str, measure: &Measure) -> crate::contract::Additivity {
    other.rihla.measures.get(name).map_or_else(|| measure.additivity.clone(), |known| known.additivity.clone())
}
