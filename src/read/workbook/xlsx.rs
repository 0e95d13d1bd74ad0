//! XLSX workbooks, by calamine, cell by cell.

use std::io::Cursor;
use std::ops::ControlFlow;

use bytes::Bytes;
use calamine::{CellErrorType, DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use quick_xml::events::Event;

use super::archive::Archive;
use super::merges::check_merges;
use super::rows::RowBuilder;
use super::{Cell, Epoch, Merge, Sheet, Visibility, cell};
use crate::read::Refusal;

/// An open XLSX workbook.
pub struct Book {
    inner: Xlsx<Cursor<Bytes>>,
    epoch: Epoch,
    /// True where the file says that its formulas are to be calculated when it is opened: what it holds as their results
    /// was never calculated, commonly 0.
    awaits_calculation: bool,
}

impl Book {
    /// Opens a workbook whose parts were found whole.
    pub fn open(bytes: &Bytes, archive: &mut Archive) -> Result<Self, Refusal> {
        let awaits_calculation = awaits_calculation(archive)?;
        archive.check_strings()?;
        let inner: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).map_err(|error| broken(&error))?;
        let first = NaiveDate::from_ymd_opt(1904, 1, 1).filter(|_| inner.has_1904_epoch());
        Ok(Self { epoch: first.map_or(Epoch::Excel1900, Epoch::Day), inner, awaits_calculation })
    }

    /// The day from which its dates count.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its sheets of cells, in order.
    pub fn sheets(&self) -> Vec<Sheet> {
        let cells = self.inner.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let visibility = |visible| match visible {
            SheetVisible::Visible => Visibility::Visible,
            SheetVisible::Hidden => Visibility::Hidden,
            SheetVisible::VeryHidden => Visibility::VeryHidden,
        };
        cells.map(|sheet| Sheet { name: sheet.name.clone(), visibility: visibility(sheet.visible) }).collect()
    }

    /// The merged regions of a sheet.
    pub fn merges(&mut self, sheet: &str) -> Result<Vec<Merge>, Refusal> {
        let found = self.inner.merge_cells_by_sheet_name(sheet).map_err(|error| broken(&error))?;
        check_merges(found.len())?;
        if found.iter().any(|region| region.start.0 > region.end.0 || region.start.1 > region.end.1) {
            return Err(Refusal::new("source-error", "a merged region of the workbook ends before it begins"));
        }
        let merge = |region: &calamine::Dimensions| Merge {
            first_row: region.start.0.saturating_add(1),
            last_row: region.end.0.saturating_add(1),
            first_column: region.start.1 as usize,
            last_column: region.end.1 as usize,
        };
        Ok(found.iter().filter(|region| region.start != region.end).map(merge).collect())
    }

    /// Hands the cells of a sheet on.
    pub fn cells(&mut self, sheet: &str, rows: &mut RowBuilder<'_>) -> Result<(), Refusal> {
        let (epoch, awaits_calculation) = (self.epoch, self.awaits_calculation);
        let mut cells = self.inner.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
        while let Some(found) = cells.next_cell_with_formula_metadata().map_err(|error| broken(&error))? {
            let (row, column) = found.pos;
            let is_result = found.formula.is_some();
            let cell = match value(found.value, epoch) {
                Cell::Failed(error) => Cell::Failed(error),
                Cell::Empty if is_result => Cell::Uncalculated,
                _ if is_result && awaits_calculation => Cell::Uncalculated,
                cell => cell,
            };
            if rows.cell(row.saturating_add(1), column as usize, cell)?.is_break() {
                return Ok(());
            }
        }
        rows.end().map(|_: ControlFlow<()>| ())
    }
}

fn value(value: DataRef<'_>, epoch: Epoch) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::Text(text),
        DataRef::SharedString(text) => Cell::Text(text.to_owned()),
        #[expect(clippy::cast_precision_loss, reason = "numbers that long are refused as inexact")]
        DataRef::Int(figure) => Cell::Number(figure as f64),
        DataRef::Float(figure) => Cell::Number(figure),
        DataRef::Bool(yes) => Cell::Bool(yes),
        DataRef::DateTime(at) if at.is_duration() => Cell::Text(cell::clock_time(at.as_f64())),
        DataRef::DateTime(at) => Cell::of_serial(at.as_f64(), epoch),
        DataRef::DateTimeIso(text) => iso(text),
        DataRef::DurationIso(text) => Cell::Text(text),
        DataRef::Error(error) => Cell::Failed(match error {
            CellErrorType::Div0 => "#DIV/0!",
            CellErrorType::NA => "#N/A",
            CellErrorType::Name => "#NAME?",
            CellErrorType::Null => "#NULL!",
            CellErrorType::Num => "#NUM!",
            CellErrorType::Ref => "#REF!",
            CellErrorType::Value => "#VALUE!",
            CellErrorType::GettingData => "#GETTING_DATA",
        }),
    }
}

/// A date or moment in ISO 8601 without a zone; any other text stays as it is.
pub fn iso(text: String) -> Cell {
    let date = text.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN));
    date.or_else(|_| text.parse::<NaiveDateTime>()).map_or(Cell::Text(text), Cell::Moment)
}

/// True where the workbook is marked to be calculated when it is opened.
fn awaits_calculation(archive: &mut Archive) -> Result<bool, Refusal> {
    let Some(mut xml) = archive.xlsx_book()? else { return Ok(false) };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) if tag.local_name().as_ref() == "calcPr" => {
                let marked = tag.try_get_attribute("fullCalcOnLoad").ok().flatten();
                return Ok(marked.is_some_and(|marked| matches!(marked.value.as_ref(), "1" | "true")));
            }
            Ok(Event::Eof) => return Ok(false),
            Ok(_) => {}
            Err(_) => return Err(Refusal::new("source-error", "the workbook is broken")),
        }
    }
}

/// Messages of the library are not passed on whole: they may quote a cell.
fn broken(error: &XlsxError) -> Refusal {
    let what = match error {
        XlsxError::Password => "the workbook is protected by a password",
        XlsxError::Zip(_) | XlsxError::Io(_) => "the file is no XLSX workbook, or it is cut off",
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => "the workbook lacks a part that every workbook has",
        _ => "the workbook is broken",
    };
    Refusal::new("source-error", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_written_out_are_moments_where_they_name_no_zone() {
        let at = |text: &str| match iso(text.to_owned()) {
            Cell::Moment(at) => at.to_string(),
            Cell::Text(text) => format!("text {text}"),
            _ => "something else".to_owned(),
        };
        assert_eq!(at("2023-01-10"), "2023-01-10 00:00:00");
        assert_eq!(at("2023-01-10T10:30:00"), "2023-01-10 10:30:00");
        assert_eq!(at("2023-01-10T10:30:00.250000000"), "2023-01-10 10:30:00.250");
        for text in ["2023-01-10T10:30:00Z", "2023-02-30", "10/01/2023", "PT10H30M00S", ""] {
            assert_eq!(at(text), format!("text {text}"));
        }
    }
}
