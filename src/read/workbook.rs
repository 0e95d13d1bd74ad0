//! XLSX workbooks.

use std::io::{Cursor, Read};

use bytes::Bytes;
use calamine::{Data, Reader, Xlsx, XlsxError};

use super::cells::{Gatherer, Target, judge_width};
use super::encoding::{decoded_twice, mangled};
use super::labels::match_labels;
use super::{Piece, Refusal, Why};
use crate::contract::{Contract, FieldKind, fold};
use crate::project::Source;

/// Reads a sheet; rows are named as the sheet numbers them.
pub fn read(bytes: &Bytes, sheet: Option<&str>, header_row: u32, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    check_archive(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).map_err(|error| broken(&error))?;
    let name = choose(&workbook.sheet_names(), sheet)?;
    let range = workbook.worksheet_range(&name).map_err(|error| broken(&error))?;
    let first_row = range.start().map_or(0, |(row, _)| row);
    let Some(skip) = header_row.checked_sub(first_row + 1).filter(|skip| (*skip as usize) < range.height()) else {
        return Err(Refusal::new("blank-header", format!("sheet `{name}` has nothing in row {header_row}, where its header should be")));
    };
    let mut lines = range.rows().skip(skip as usize);
    let labels: Vec<String> = lines.next().unwrap_or_default().iter().map(|cell| text(cell, &FieldKind::String)).collect();
    let targets = match_labels(&labels, source, contract)?;
    let mut rows = Gatherer::new(contract, |index| targets.contains(&Target::Field(index)), Some(&name), sink);
    for (offset, cells) in lines.enumerate() {
        check_decoding(cells, header_row + 1 + u32::try_from(offset).unwrap_or(0))?;
        let row = i64::from(header_row) + 1 + i64::try_from(offset).unwrap_or(i64::MAX);
        gather(cells, row, &targets, source, contract, &mut rows);
    }
    Ok(rows.finish())
}

fn gather(cells: &[Data], row: i64, targets: &[Target], source: &Source, contract: &Contract, rows: &mut Gatherer<'_>) {
    let kind = |index: usize| match targets.get(index) {
        Some(Target::Field(field)) => &contract.fields[*field].kind,
        _ => &FieldKind::String,
    };
    let texts: Vec<String> = cells.iter().enumerate().map(|(index, cell)| text(cell, kind(index))).collect();
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
fn check_archive(bytes: &Bytes) -> Result<(), Refusal> {
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
            .ok_or_else(|| Refusal::new("source-error", format!("the workbook has no sheet `{wanted}`; it has {}", quoted(names)))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Refusal::new("source-error", format!("the workbook has {} sheets ({}) and the source names none", names.len(), quoted(names)))),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A cell as text: whole numbers without a point, dates as ISO 8601, errors as Excel shows them.
fn text(cell: &Data, kind: &FieldKind) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
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
fn broken(error: &XlsxError) -> Refusal {
    let what = match error {
        XlsxError::Password => "the workbook is protected by a password",
        XlsxError::Zip(_) | XlsxError::Io(_) => "the file is no XLSX workbook, or it is cut off",
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => "the workbook lacks a part that every workbook has",
        _ => "the workbook is broken",
    };
    Refusal::new("source-error", what)
}
