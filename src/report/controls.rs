//! Control totals: the figures of published editions, as rows of CSV files.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Fault, SourceFile};
use crate::error::{Error, Result};
use crate::period::Period;

const HEADER: [&str; 9] = ["edition", "indicator", "dimension", "period", "operator", "value", "note", "explained_difference", "approver"];

/// How a published figure binds the computed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// It is the figure.
    Equal,
    /// It is at least the figure.
    AtLeast,
    /// Rounded as published (half away from zero) it is the figure.
    RoundsTo,
}

impl Operator {
    /// As files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::RoundsTo => "rounds-to",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Equal, Self::AtLeast, Self::RoundsTo].into_iter().find(|operator| operator.as_str() == text)
    }
}

/// A published figure.
#[derive(Debug, Clone)]
pub struct ControlTotal {
    /// The edition.
    pub edition: String,
    /// The indicator's code.
    pub indicator: String,
    /// `total`, or `column=value`.
    pub dimension: String,
    /// The period.
    pub period: Period,
    /// How it binds.
    pub operator: Operator,
    /// The figure.
    pub value: f64,
    /// The decimals it was published with.
    pub decimals: usize,
    /// Where it stands and what was assumed.
    pub note: String,
    /// The difference that somebody has explained, computed less published.
    pub explained_difference: Option<f64>,
    /// Who approved the explanation.
    pub approver: String,
}

impl ControlTotal {
    /// True where the difference of a computed value is the one that was explained; of a figure that was published
    /// rounded, the difference of the rounded ones will do.
    pub fn is_explained(&self, computed: f64) -> bool {
        const SAME: f64 = 1e-9;
        let rounded = if self.operator == Operator::RoundsTo { self.round(computed) } else { computed };
        self.explained_difference.is_some_and(|explained| [computed, rounded].iter().any(|value| (value - self.value - explained).abs() < SAME))
    }

    /// True where two values are one as it was published: of a rounded figure the rounded ones are the same, a bound
    /// holds for both or for neither.
    pub fn says_the_same(&self, one: f64, other: f64) -> bool {
        match self.operator {
            Operator::Equal => is_close(one, other),
            Operator::RoundsTo => is_close(self.round(one), self.round(other)),
            Operator::AtLeast => self.agrees(one) == self.agrees(other),
        }
    }

    /// True where a value is the one that somebody wrote down; of a figure that was published rounded, rounded will do.
    pub fn is_written_so(&self, value: f64, written: f64) -> bool {
        is_close(value, written) || (self.operator == Operator::RoundsTo && is_close(self.round(value), self.round(written)))
    }

    /// Rounds half away from zero to the decimals that were published.
    fn round(&self, value: f64) -> f64 {
        let scale = 10f64.powi(i32::try_from(self.decimals).unwrap_or(0));
        (value * scale).round() / scale
    }

    /// True where a computed value agrees.
    pub fn agrees(&self, computed: f64) -> bool {
        const SAME: f64 = 1e-9;
        match self.operator {
            Operator::Equal => (computed - self.value).abs() < SAME,
            Operator::AtLeast => computed > self.value - SAME,
            Operator::RoundsTo => (self.round(computed) - self.value).abs() < SAME,
        }
    }
}

/// Fractions are compared to ten digits and more.
fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-10 * one.abs().max(other.abs()).max(1.0)
}

/// Reads the control totals of every edition in a folder.
///
/// # Errors
/// `Config` with every faulty row; `Unavailable` where a file cannot be read.
pub fn load(folder: &Path) -> Result<Vec<ControlTotal>> {
    let mut totals = Vec::new();
    let mut faults = Vec::new();
    let what = || format!("cannot read the control totals in `{}`", folder.display());
    let entries = std::fs::read_dir(folder).map_err(|cause| crate::error::io(what(), cause))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|extension| extension == "csv")).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|cause| crate::error::io(what(), cause))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        read(&Arc::new(SourceFile { path: format!("{}/{name}", folder.display()), text }), &mut totals, &mut faults);
    }
    if faults.is_empty() { Ok(totals) } else { Err(Error::faults(faults)) }
}

fn read(file: &Arc<SourceFile>, totals: &mut Vec<ControlTotal>, faults: &mut Vec<Fault>) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file.text.as_bytes());
    let header: Vec<String> = reader.headers().map(|header| header.iter().map(str::to_owned).collect()).unwrap_or_default();
    if header != HEADER {
        faults.push(
            Fault::error(file, 0..line_end(file, 0), "this is not the header of control totals").hint(format!("the first line must be `{}`", HEADER.join(","))),
        );
        return;
    }
    for record in reader.records().flatten() {
        let start = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
        match total(&record) {
            Ok(total) => totals.push(total),
            Err(message) => faults.push(Fault::error(file, start..line_end(file, start), message)),
        }
    }
}

fn total(record: &csv::StringRecord) -> Result<ControlTotal, String> {
    if record.len() != HEADER.len() {
        return Err(format!("this line has {} cells for {} columns", record.len(), HEADER.len()));
    }
    let cell = |index: usize| record[index].trim().to_owned();
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| format!("`{text}` is no number"));
    let value = cell(5);
    let explained = cell(7);
    if !explained.is_empty() && cell(8).is_empty() {
        return Err("an explained difference needs somebody who approved it".to_owned());
    }
    Ok(ControlTotal {
        edition: cell(0),
        indicator: cell(1),
        dimension: cell(2),
        period: cell(3).parse().map_err(|error: crate::period::NotAPeriod| error.to_string())?,
        operator: Operator::parse(&record[4]).ok_or_else(|| format!("`{}` is no operator: use =, >= or rounds-to", &record[4]))?,
        decimals: value.split_once('.').map_or(0, |(_, decimals)| decimals.len()),
        value: number(&value)?,
        note: cell(6),
        explained_difference: if explained.is_empty() { None } else { Some(number(&explained)?) },
        approver: cell(8),
    })
}

fn line_end(file: &SourceFile, start: usize) -> usize {
    file.text.get(start..).and_then(|rest| rest.find('\n')).map_or(file.text.len(), |end| start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(operator: Operator, value: f64, decimals: usize) -> ControlTotal {
        ControlTotal {
            edition: String::new(),
            indicator: String::new(),
            dimension: String::new(),
            period: "2023-H1".parse().unwrap(),
            operator,
            value,
            decimals,
            note: String::new(),
            explained_difference: None,
            approver: String::new(),
        }
    }

    #[test]
    fn operators_bind_as_published() {
        assert!(control(Operator::Equal, 938.0, 0).agrees(938.0));
        assert!(!control(Operator::Equal, 938.0, 0).agrees(937.0));
        assert!(control(Operator::RoundsTo, 91.0, 0).agrees(91.26));
        assert!(!control(Operator::RoundsTo, 91.0, 0).agrees(91.5), "half goes away from zero");
        assert!(control(Operator::RoundsTo, 91.3, 1).agrees(91.26));
        assert!(control(Operator::AtLeast, 20000.0, 0).agrees(20000.0));
        assert!(!control(Operator::AtLeast, 20000.0, 0).agrees(19999.0));
    }

    #[test]
    fn a_figure_changes_as_it_was_published() {
        assert!(!control(Operator::Equal, 938.0, 0).says_the_same(938.0, 937.0));
        assert!(control(Operator::RoundsTo, 29.0, 0).says_the_same(28.87, 28.6));
        assert!(!control(Operator::RoundsTo, 29.0, 0).says_the_same(28.87, 28.4));
        assert!(control(Operator::AtLeast, 20000.0, 0).says_the_same(20001.0, 20500.0));
        assert!(!control(Operator::AtLeast, 20000.0, 0).says_the_same(20001.0, 19999.0));
        assert!(control(Operator::RoundsTo, 29.0, 0).is_written_so(28.4, 28.0) && !control(Operator::Equal, 29.0, 0).is_written_so(28.4, 28.0));
    }
}
