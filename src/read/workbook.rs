//! XLSX workbooks.

use std::io::{Cursor, Read};

use bytes::Bytes;
use calamine::{Data, Reader, Xlsx, XlsxError};

use super::cells::{Gatherer, Target, judge_width};
use super::encoding::{decoded_twice, mangled};
use super::labels::match_labels;
use super::{Piece, Refusal, Why};
use crate::contract::{Contract, FieldKind, NumberStyle, fold};
use crate::project::Source;

/// Reads a sheet; rows are named as the sheet numbers them.
pub fn read(bytes: &Bytes, sheet: Option<&str>, header_row: u32, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    check_archive(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).map_err(|error| broken(&error))?;
    let name = choose(&workbook.sheet_names(), sheet)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|error| broken(&error))?;
    let mut sheet = Sheet { row: 0, cells: Vec::new() };
    let mut header: Option<Vec<String>> = None;
    let mut body: Option<(Vec<Target>, Gatherer<'_>)> = None;
    let mut sink = Some(sink);
    loop {
        let cell = cells.next_cell().map_err(|error| broken(&error))?;
        // Rows come in order; a cell of another row ends the one before it.
        let is_end = cell.as_ref().is_none_or(|cell| cell.get_position().0 != sheet.row);
        if is_end {
            let row = sheet.row + 1;
            if row == header_row {
                header = Some(sheet.cells.iter().map(|cell| text(cell, &FieldKind::String, source.numbers)).collect());
            } else if row > header_row && !sheet.cells.is_empty() {
                if body.is_none() {
                    body = Some(begin(header.as_deref(), &name, header_row, source, contract, &mut sink)?);
                }
                if let Some((targets, rows)) = &mut body {
                    check_decoding(&sheet.cells, row)?;
                    gather(&sheet.cells, i64::from(row), targets, source, contract, rows);
                }
            }
            sheet.cells.clear();
        }
        let Some(cell) = cell else { break };
        sheet.take(cell.get_position(), Data::from(cell.get_value().clone()))?;
    }
    let (_, rows) = match body {
        Some(body) => body,
        None => begin(header.as_deref(), &name, header_row, source, contract, &mut sink)?,
    };
    Ok(rows.finish())
}

/// The row of a sheet that is being gathered, cell by cell: a stray cell far away costs nothing.
struct Sheet {
    row: u32,
    cells: Vec<Data>,
}

/// The most columns that an extract may have: Excel's own limit is 16,384, and nobody fills that.
const MOST_COLUMNS: usize = 4096;

impl Sheet {
    fn take(&mut self, (row, column): (u32, u32), value: Data) -> Result<(), Refusal> {
        self.row = row;
        if matches!(value, Data::Empty) {
            return Ok(());
        }
        let column = column as usize;
        if column >= MOST_COLUMNS {
            return Err(Refusal::new(
                "source-error",
                format!("row {} has a cell in column {}; an extract has no more than {MOST_COLUMNS}", row + 1, column + 1),
            ));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Data::Empty);
        }
        self.cells[column] = value;
        Ok(())
    }
}

/// Matches the header and begins to gather rows.
fn begin<'s>(
    header: Option<&[String]>,
    sheet: &str,
    header_row: u32,
    source: &Source,
    contract: &Contract,
    sink: &mut Option<&'s mut dyn FnMut(Piece)>,
) -> Result<(Vec<Target>, Gatherer<'s>), Refusal> {
    let labels = header.filter(|labels| labels.iter().any(|label| !label.trim().is_empty()));
    let (Some(labels), Some(sink)) = (labels, sink.take()) else {
        return Err(Refusal::new("blank-header", format!("sheet `{sheet}` has nothing in row {header_row}, where its header should be")));
    };
    let targets = match_labels(labels, source, contract)?;
    let rows = Gatherer::new(contract, |index| targets.contains(&Target::Field(index)), Some(sheet), sink);
    Ok((targets, rows))
}

fn gather(cells: &[Data], row: i64, targets: &[Target], source: &Source, contract: &Contract, rows: &mut Gatherer<'_>) {
    let kind = |index: usize| match targets.get(index) {
        Some(Target::Field(field)) => &contract.fields[*field].kind,
        _ => &FieldKind::String,
    };
    let blank = std::iter::repeat_n(&Data::Empty, targets.len().saturating_sub(cells.len()));
    let mut texts: Vec<String> = cells.iter().chain(blank).enumerate().map(|(index, cell)| text(cell, kind(index), source.numbers)).collect();
    // Sheets keep emptied cells far to the right of their table.
    while texts.len() > targets.len() && texts.last().is_some_and(|text| text.trim().is_empty()) {
        texts.pop();
    }
    let Some(first) = texts.iter().find(|text| !text.trim().is_empty()) else { return };
    if source.total_rows.contains(&fold(first)) {
        return rows.aside(row, Why::Total);
    }
    if let Some(why) = judge_width(targets, texts.iter().map(String::as_str)) {
        return rows.aside(row, why);
    }
    rows.row(row, targets, texts.iter().map(String::as_str));
}

/// The most that a workbook may hold unpacked: a sheet of a million rows is well below.
const MOST_UNPACKED: u64 = 1 << 30;

/// Reads every part once: the library that reads cells stops where the sheet ends and so sees no checksum.
pub(super) fn check_archive(bytes: &Bytes) -> Result<(), Refusal> {
    let broken = || Refusal::new("source-error", "the file is no XLSX workbook, or it is cut off or damaged");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| broken())?;
    let mut room = MOST_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| broken())?;
        let unpacked = std::io::copy(&mut part.take(room + 1), &mut std::io::sink()).map_err(|_| broken())?;
        room = room.checked_sub(unpacked).ok_or_else(|| Refusal::new("source-error", "the workbook unpacks to more than 1 GiB"))?;
    }
    Ok(())
}

fn check_decoding(cells: &[Data], row: u32) -> Result<(), Refusal> {
    let twice = cells.iter().find_map(|cell| if let Data::String(text) = cell { decoded_twice(text) } else { None });
    twice.map_or(Ok(()), |(_, meant)| {
        Err(Refusal::new("encoding-error", format!("row {row} holds text that was decoded twice (`{}` for `{meant}`): export it again", mangled(meant))))
    })
}

/// The sheet with the rows.
fn choose(names: &[String], wanted: Option<&str>) -> Result<String, Refusal> {
    match (wanted, names) {
        (Some(wanted), _) => names
            .iter()
            .find(|name| *name == wanted)
            .cloned()
            .ok_or_else(|| Refusal::new("source-error", format!("the workbook has no sheet `{wanted}`; it has {} of other names", names.len()))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Refusal::new("source-error", format!("the workbook has {} sheets and the source names none", names.len()))),
    }
}

/// A cell as text: whole numbers without a point, dates as ISO 8601, errors as Excel shows them.
fn text(cell: &Data, kind: &FieldKind, numbers: NumberStyle) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) if matches!(kind, FieldKind::Integer | FieldKind::Number { .. }) => numbers.native(&number.to_string()),
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => yes.to_string(),
        Data::Error(error) => error.to_string(),
        Data::DateTime(at) => match at.as_datetime() {
            Some(at) if *kind == FieldKind::Date && at.time() == chrono::NaiveTime::MIN => at.date().to_string(),
            Some(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            None => at.as_f64().to_string(),
        },
    }
}

/// Messages of the library are not passed on whole: they may quote a cell.
pub(super) fn broken(error: &XlsxError) -> Refusal {
    let what = match error {
        XlsxError::Password => "the workbook is protected by a password",
        XlsxError::Zip(_) | XlsxError::Io(_) => "the file is no XLSX workbook, or it is cut off",
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => "the workbook lacks a part that every workbook has",
        _ => "the workbook is broken",
    };
    Refusal::new("source-error", what)
}
