//! A workbook of faulty rows as an office returned it: what it says of each row.
//!
//! Guarantees: every row that the workbook was made with is there once, and no other. Refuses: a workbook of which sheets,
//! columns or row numbers were changed. No message quotes a cell.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::Refusal;
use super::amended::{Amendment, Mend};
use super::passport::{Column, Mode, Passport, RowSheet, STRUCTURE};
use super::workbook::{Cell, Figures, Workbook};
use crate::contract::{Contract, DateFormat, Field, FieldKind, Moment, Protection, fold};
use crate::project::{Format, JSON_LIST_SEPARATOR, Source};

/// What stands between the values of a list in workbooks of extracts whose format has lists of its own.
pub const LIST_SEPARATOR: &str = " | ";

/// Words for yes and no, folded, by which a row is left out or not.
const YES: [&str; 4] = ["oui", "yes", "x", "true"];
const NO: [&str; 3] = ["non", "no", "false"];

/// How the extract was written that a workbook mends.
pub struct Habit<'a> {
    /// The source.
    pub source: &'a Source,
    /// What rows must be.
    pub contract: &'a Contract,
    /// The office's zone.
    pub zone: Tz,
    /// When the workbook was received.
    pub received: DateTime<Utc>,
}

/// What a returned workbook says of its rows.
///
/// # Errors
/// `workbook-structure` where sheets, columns or row numbers are not those it was made with.
pub fn amendment(bytes: &Bytes, passport: &Passport, habit: &Habit<'_>) -> Result<Amendment, Refusal> {
    let mut book = Workbook::open(bytes)?;
    let figures = Figures::of(habit.source, book.epoch());
    let mut rows = BTreeMap::new();
    for sheet in &passport.sheets {
        if !book.sheets().iter().any(|known| known.name == sheet.name) {
            return Err(changed(format!("the sheet `{}` is missing or has another name", sheet.name)));
        }
        if !book.merges(&sheet.name)?.is_empty() {
            return Err(changed(format!("cells of the sheet `{}` were merged", sheet.name)));
        }
        let mut reading = Reading { sheet, habit, figures, places: None, met: BTreeMap::new() };
        book.rows(&sheet.name, &mut |row, cells| reading.row(row, cells).map(|()| ControlFlow::Continue(())))?;
        let of: Option<Arc<str>> = sheet.of.as_deref().map(Arc::from);
        rows.extend(reading.finish()?.into_iter().map(|(row, mend)| ((of.clone(), row), mend)));
    }
    Ok(Amendment { rows })
}

fn changed(what: String) -> Refusal {
    Refusal::new(STRUCTURE, format!("{what}: export the workbook again and change cells of rows only"))
}

struct Reading<'a> {
    sheet: &'a RowSheet,
    habit: &'a Habit<'a>,
    figures: Figures,
    /// The place of each of the sheet's columns, once the header was met.
    places: Option<Vec<usize>>,
    met: BTreeMap<i64, Mend>,
}

impl Reading<'_> {
    fn row(&mut self, row: u32, cells: &[Cell]) -> Result<(), Refusal> {
        let Some(places) = &self.places else {
            self.places = self.header(cells)?;
            return Ok(());
        };
        let at = |wanted: &Column| self.sheet.columns.iter().zip(places).find(|((_, column), _)| column == wanted).and_then(|(_, place)| cells.get(*place));
        let number = at(&Column::Row).map(|cell| cell.plain().trim().to_owned()).unwrap_or_default();
        if number.is_empty() && cells.iter().all(|cell| cell.plain().trim().is_empty()) {
            return Ok(());
        }
        let known = number.parse::<i64>().ok().and_then(|number| Some((number, *self.sheet.rows.get(&number)?)));
        let Some((number, mode)) = known else {
            return Err(changed(format!("row {row} of the sheet `{}` has a row number that the workbook was not made with", self.sheet.name)));
        };
        let is_left_out = at(&Column::LeaveOut).map_or(Ok(false), |cell| self.is_left_out(number, cell))?;
        let mend = if is_left_out { Mend::LeaveOut } else { Mend::Cells(self.cells(cells, places, number, mode)?) };
        match self.met.insert(number, mend) {
            None => Ok(()),
            Some(_) => Err(changed(format!("row {number} stands twice in the sheet `{}`", self.sheet.name))),
        }
    }

    /// Where each column stands, where these cells are the header.
    fn header(&self, cells: &[Cell]) -> Result<Option<Vec<usize>>, Refusal> {
        let labels: Vec<String> = cells.iter().map(|cell| cell.plain().trim().to_owned()).collect();
        let first = self.sheet.columns.iter().find(|(_, column)| *column == Column::Row);
        if !first.is_some_and(|(label, _)| labels.contains(label)) {
            return Ok(None);
        }
        let place = |(wanted, _): &(String, Column)| {
            let found: Vec<usize> = (0..labels.len()).filter(|at| labels[*at] == *wanted).collect();
            let [only] = found[..] else {
                return Err(changed(format!("the column `{wanted}` stands {} times in the sheet `{}`, not once", found.len(), self.sheet.name)));
            };
            Ok(only)
        };
        self.sheet.columns.iter().map(place).collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn is_left_out(&self, number: i64, cell: &Cell) -> Result<bool, Refusal> {
        let said = fold(cell.plain().trim());
        if said.is_empty() || NO.contains(&said.as_str()) {
            return Ok(false);
        }
        if YES.contains(&said.as_str()) {
            return Ok(true);
        }
        Err(Refusal::new(STRUCTURE, format!("row {number} of the sheet `{}` says neither yes nor no to being left out", self.sheet.name)))
    }

    /// The cells of a row that count, by the index of the field.
    fn cells(&self, cells: &[Cell], places: &[usize], number: i64, mode: Mode) -> Result<Vec<(usize, String)>, Refusal> {
        let mut found = Vec::new();
        for ((_, column), place) in self.sheet.columns.iter().zip(places) {
            let Column::Field(name) = column else { continue };
            let fields = &self.habit.contract.fields;
            let index = fields.iter().position(|field| field.name == *name);
            let index = index.ok_or_else(|| changed(format!("the schema knows the field `{name}` no more")))?;
            let text = cells.get(*place).map(|cell| self.text(cell, &fields[index])).unwrap_or_default();
            let is_blank = text.trim().is_empty();
            match mode {
                Mode::Sealed if !is_blank => {
                    return Err(Refusal::new(STRUCTURE, format!("row {number} cannot be mended in the workbook: mend it in the extract, or leave it out")));
                }
                Mode::Sealed => {}
                // What was not shown counts only where somebody filled it.
                Mode::Fill if is_blank => {}
                Mode::Cells if is_blank && fields[index].protection != Protection::Open => {}
                Mode::Cells | Mode::Fill => found.push((index, text)),
            }
        }
        Ok(found)
    }

    fn text(&self, cell: &Cell, field: &Field) -> String {
        let source = self.habit.source;
        if let (Cell::Moment(at), false) = (cell, matches!(source.format, Format::Workbook(_)))
            && let Some(text) = as_the_source_writes(*at, field, self.habit)
        {
            return text;
        }
        let text = cell.text(&field.kind, self.figures).into_owned();
        if field.kind == FieldKind::List && source.list_separator == JSON_LIST_SEPARATOR {
            let items: Vec<&str> = text.split(LIST_SEPARATOR.trim()).map(str::trim).filter(|item| !item.is_empty()).collect();
            return items.join(JSON_LIST_SEPARATOR);
        }
        text
    }

    fn finish(self) -> Result<BTreeMap<i64, Mend>, Refusal> {
        if self.places.is_none() {
            return Err(changed(format!("the sheet `{}` has no header", self.sheet.name)));
        }
        let missing: BTreeSet<&i64> = self.sheet.rows.keys().filter(|number| !self.met.contains_key(number)).collect();
        match missing.first() {
            None => Ok(self.met),
            Some(first) => Err(changed(format!("{} rows are missing from the sheet `{}`, the first of them row {first}", missing.len(), self.sheet.name))),
        }
    }
}

/// A real date as the extract's own format has it: the first that reads back as the same day or moment.
fn as_the_source_writes(at: NaiveDateTime, field: &Field, habit: &Habit<'_>) -> Option<String> {
    let latest = habit.received.date_naive();
    let local = habit.zone.from_local_datetime(&at).single();
    let utc = local.map(|local| local.with_timezone(&Utc));
    let is_same = |format: &DateFormat, text: &str| match field.kind {
        FieldKind::Date => format.day(text, latest) == Ok(at.date()),
        _ => match format.moment(text, latest) {
            Ok(Moment::Utc(read)) => Some(read) == utc,
            Ok(Moment::Local(read)) => read == at,
            Err(_) => false,
        },
    };
    let formats = match field.kind {
        FieldKind::Date => &habit.source.dates,
        FieldKind::DateTime => &habit.source.datetimes,
        _ => return None,
    };
    formats.iter().find_map(|format| {
        let written = |text: std::result::Result<String, std::fmt::Error>| text.ok().filter(|text| is_same(format, text));
        let tried = [written(shown(&at.format(format.as_str()))), local.and_then(|at| written(shown(&at.format(format.as_str()))))];
        tried.into_iter().flatten().next().or_else(|| utc.and_then(|at| written(shown(&at.format(format.as_str())))))
    })
}

/// A text that may be impossible: a moment without a zone has no offset to write.
fn shown(value: &impl std::fmt::Display) -> std::result::Result<String, std::fmt::Error> {
    use std::fmt::Write;
    let mut text = String::new();
    write!(text, "{value}").map(|()| text)
}
