//! What a workbook of faulty rows says of itself, on a sheet that nobody sees: which delivery it is of, what its columns
//! mean, and which rows it holds. Spreadsheet programs keep it as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use bytes::Bytes;

use super::Refusal;
use super::workbook::Workbook;

/// The name of the sheet that nobody sees.
pub const PASSPORT: &str = "rihla";

/// What its first line says.
const MARK: [&str; 2] = ["rihla-corrections", "1"];

/// The error of a workbook that is no returned one, or of which the structure was changed.
pub const STRUCTURE: &str = "workbook-structure";

/// The delivery that a workbook is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The project.
    pub project: String,
    /// The submission.
    pub submission: String,
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting period.
    pub period: String,
    /// The file.
    pub path: String,
    /// SHA-256 of its bytes.
    pub content_hash: String,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The number of the row in the extract.
    Row,
    /// Whether the row is to be left out.
    LeaveOut,
    /// What is wrong with the row, for people.
    Why,
    /// The field with this name.
    Field(String),
}

/// What can be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its open cells are taken as they stand.
    Cells,
    /// Its cells are not shown; those that are filled are taken.
    Fill,
    /// It can only be left out.
    Sealed,
}

/// A sheet of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSheet {
    /// Its name in the workbook.
    pub name: String,
    /// The sheet of the extract; nothing where that has none.
    pub of: Option<String>,
    /// Its columns with their labels, which are unlike one another.
    pub columns: Vec<(String, Column)>,
    /// Its rows by their number in the extract.
    pub rows: BTreeMap<i64, Mode>,
}

/// Everything that a workbook says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passport {
    /// The delivery.
    pub mended: Mended,
    /// The sheets.
    pub sheets: Vec<RowSheet>,
}

impl Passport {
    /// Its lines as cells of text.
    pub fn lines(&self) -> Vec<Vec<String>> {
        let line = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let mut lines = vec![line(&MARK)];
        lines.extend(self.mended.parts().map(|(name, value)| line(&[name, value])));
        for sheet in &self.sheets {
            lines.push(line(&["sheet", &sheet.name, sheet.of.as_deref().unwrap_or_default()]));
            lines.extend(sheet.columns.iter().map(|(label, column)| line(&["column", label, column.name()])));
            lines.extend(sheet.rows.iter().map(|(number, mode)| line(&["row", &number.to_string(), mode.name()])));
        }
        lines
    }

    /// Reads the passport of a workbook.
    ///
    /// # Errors
    /// `workbook-structure` where it has none or it was changed; as the reader of workbooks says.
    pub fn of(bytes: &Bytes) -> Result<Self, Refusal> {
        let mut book = Workbook::open(bytes)?;
        if !book.sheets().iter().any(|sheet| sheet.name == PASSPORT) {
            return Err(Refusal::new(STRUCTURE, "this is no workbook that `rihla quarantine export` made, or its hidden sheet `rihla` was removed"));
        }
        let mut lines: Vec<Vec<String>> = Vec::new();
        book.rows(PASSPORT, &mut |_, cells| {
            lines.push(cells.iter().map(|cell| cell.plain().into_owned()).collect());
            Ok(ControlFlow::Continue(()))
        })?;
        Self::parse(&lines).ok_or_else(|| Refusal::new(STRUCTURE, "the hidden sheet `rihla` of the workbook was changed, or is of another version"))
    }

    fn parse(lines: &[Vec<String>]) -> Option<Self> {
        let cell = |line: &[String], at: usize| line.get(at).map(|text| text.trim().to_owned()).unwrap_or_default();
        let (first, rest) = lines.split_first()?;
        if MARK.iter().enumerate().any(|(at, mark)| cell(first, at) != *mark) {
            return None;
        }
        let mut parts: BTreeMap<String, String> = BTreeMap::new();
        let mut sheets: Vec<RowSheet> = Vec::new();
        for line in rest {
            let (name, second, third) = (cell(line, 0), cell(line, 1), cell(line, 2));
            match name.as_str() {
                "sheet" => sheets.push(RowSheet { name: second, of: Some(third).filter(|of| !of.is_empty()), columns: Vec::new(), rows: BTreeMap::new() }),
                "column" => sheets.last_mut()?.columns.push((second, Column::of(&third))),
                "row" => drop(sheets.last_mut()?.rows.insert(second.parse().ok()?, Mode::of(&third)?)),
                _ => drop(parts.insert(name, second)),
            }
        }
        let passport = Self { mended: Mended::of(&parts)?, sheets };
        passport.is_sound().then_some(passport)
    }

    fn is_sound(&self) -> bool {
        let is_sound = |sheet: &RowSheet| {
            let labels: BTreeSet<&str> = sheet.columns.iter().map(|(label, _)| label.as_str()).collect();
            labels.len() == sheet.columns.len() && sheet.columns.iter().filter(|(_, column)| *column == Column::Row).count() == 1
        };
        !self.sheets.is_empty() && self.sheets.iter().all(is_sound)
    }
}

impl Mended {
    fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { project, submission, feed, office, period, path, content_hash } = self;
        [
            ("project", project.as_str()),
            ("submission", submission),
            ("feed", feed),
            ("office", office),
            ("period", period),
            ("path", path),
            ("content", content_hash),
        ]
        .into_iter()
    }

    fn of(parts: &BTreeMap<String, String>) -> Option<Self> {
        let part = |name: &str| parts.get(name).filter(|text| !text.is_empty()).cloned();
        Some(Self {
            project: part("project")?,
            submission: part("submission")?,
            feed: part("feed")?,
            office: part("office")?,
            period: part("period")?,
            path: part("path")?,
            content_hash: part("content")?,
        })
    }
}

impl Column {
    fn name(&self) -> &str {
        match self {
            Self::Row => "@row",
            Self::LeaveOut => "@leave-out",
            Self::Why => "@why",
            Self::Field(name) => name,
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "@row" => Self::Row,
            "@leave-out" => Self::LeaveOut,
            "@why" => Self::Why,
            field => Self::Field(field.to_owned()),
        }
    }
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Fill => "fill",
            Self::Sealed => "sealed",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Cells, Self::Fill, Self::Sealed].into_iter().find(|mode| mode.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = str::to_owned;
        let mended = Mended {
            project: text("p"),
            submission: text("s"),
            feed: text("f"),
            office: text("O"),
            period: text("2023-01"),
            path: text("in/a.csv"),
            content_hash: text("00"),
        };
        let columns = vec![(text("Ligne"), Column::Row), (text("Sexe"), Column::Field(text("sex"))), (text("Pourquoi"), Column::Why)];
        let rows = BTreeMap::from([(2, Mode::Cells), (7, Mode::Fill), (9, Mode::Sealed)]);
        let passport = Passport { mended, sheets: vec![RowSheet { name: text("Retours"), of: None, columns, rows }] };
        assert_eq!(Passport::parse(&passport.lines()), Some(passport.clone()));
        let mut lines = passport.lines();
        lines.remove(3);
        assert_eq!(Passport::parse(&lines), None, "a part is missing");
    }
}
