//! The sheets of rows: the office's own columns behind the row's number, what is wrong, and whether it is left out.

use std::collections::BTreeSet;

use rust_xlsxwriter::{DataValidation, Format, Worksheet, XlsxError};

use super::workbook::{Making, lock};
use crate::contract::{Field, FieldKind};
use crate::read::{Column, Mode, RowSheet};
use crate::report::FaultyRow;

/// The most letters that the values of a list in a cell may have together.
const MOST_LISTED: usize = 250;

/// Letters that fit on a line of the column of what is wrong.
const LINE: usize = 58;

/// The height of a line in points.
const LINE_HEIGHT: u32 = 15;

/// Writes the rows of a sheet.
pub fn write_rows(making: &Making<'_>, page: &mut Worksheet, sheet: &RowSheet) -> Result<(), XlsxError> {
    page.set_default_note_author("rihla");
    write_head(making, page, sheet)?;
    let rows: Vec<&FaultyRow> = making.delivery.rows.iter().filter(|row| row.sheet == sheet.of).collect();
    for (at, row) in (1..).zip(&rows) {
        write_row(making, page, sheet, at, row)?;
    }
    let last = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    for (place, (_, column)) in (0..).zip(&sheet.columns) {
        if let Some(choice) = choice(making, column)? {
            page.add_data_validation(1, place, last.max(1), place, &choice)?;
        }
    }
    page.set_freeze_panes(1, 1)?;
    lock(page);
    Ok(())
}

fn write_head(making: &Making<'_>, page: &mut Worksheet, sheet: &RowSheet) -> Result<(), XlsxError> {
    page.set_row_height(0, 48)?;
    for (place, (label, column)) in (0..).zip(&sheet.columns) {
        let (format, width) = match column {
            Column::Row => (&making.look.head, 10.0),
            Column::Why => (&making.look.head, 52.0),
            Column::LeaveOut => (&making.look.head, 11.0),
            Column::Field(name) if making.is_protected(name) => (&making.look.protected_head, width(label, making, sheet, name)),
            Column::Field(name) => (&making.look.head, width(label, making, sheet, name)),
        };
        page.write_string_with_format(0, place, label, format)?;
        page.set_column_width(place, width)?;
        match column {
            Column::Field(name) if making.is_protected(name) => drop(page.insert_note(0, place, &making.note(making.phrases.protected))?),
            Column::LeaveOut => drop(page.insert_note(0, place, &making.note(making.phrases.leave_out_note))?),
            _ => {}
        }
    }
    Ok(())
}

/// As wide as its longest cell, within reason.
fn width(label: &str, making: &Making<'_>, sheet: &RowSheet, name: &str) -> f64 {
    let words = label.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default();
    let cells = making.delivery.rows.iter().filter(|row| row.sheet == sheet.of).filter_map(|row| row.cells.get(name));
    let longest = cells.map(|cell| cell.chars().count()).chain([words, label.chars().count() / 2]).max().unwrap_or_default();
    f64::from(u32::try_from(longest.clamp(9, 34)).unwrap_or(34)) + 2.0
}

fn write_row(making: &Making<'_>, page: &mut Worksheet, sheet: &RowSheet, at: u32, row: &FaultyRow) -> Result<(), XlsxError> {
    let look = &making.look;
    let why = why(making, row);
    page.set_row_height(at, height(&why))?;
    let faulty: BTreeSet<&str> = row.faults.iter().filter_map(|fault| fault.field.as_deref()).collect();
    for (place, (_, column)) in (0..).zip(&sheet.columns) {
        match column {
            Column::Row => drop(page.write_string_with_format(at, place, row.row.to_string(), &look.row)?),
            Column::Why => drop(page.write_string_with_format(at, place, &why, &look.text)?),
            Column::LeaveOut => drop(page.write_blank(at, place, &look.open)?),
            Column::Field(name) => {
                let text = row.cells.get(name).filter(|_| !making.is_protected(name)).map_or("", String::as_str);
                let format = format(making, row, name, faulty.contains(name.as_str()));
                match text {
                    "" => drop(page.write_blank(at, place, format)?),
                    text => drop(page.write_string_with_format(at, place, text, format)?),
                }
                let notes: Vec<String> =
                    row.faults.iter().filter(|fault| fault.field.as_ref() == Some(name)).map(|fault| making.sentence(row, fault)).collect();
                if !notes.is_empty() {
                    page.insert_note(at, place, &making.note(&notes.join("\n")))?;
                }
            }
        }
    }
    Ok(())
}

fn format<'m>(making: &'m Making<'_>, row: &FaultyRow, field: &str, is_faulty: bool) -> &'m Format {
    let look = &making.look;
    match (row.mode, making.is_protected(field), is_faulty) {
        (Mode::Sealed, ..) => &look.sealed,
        (_, true, false) | (Mode::Fill, _, false) => &look.protected,
        (_, true, true) => &look.protected_fault,
        (_, false, true) => &look.fault,
        (Mode::Cells, false, false) => &look.open,
    }
}

/// What is wrong with a row, a sentence a line, and what else is to be known of it.
fn why(making: &Making<'_>, row: &FaultyRow) -> String {
    let sentences = row.faults.iter().map(|fault| making.sentence(row, fault));
    let more = match row.mode {
        Mode::Cells => None,
        Mode::Fill => Some(making.phrases.fill.to_owned()),
        Mode::Sealed => Some(making.phrases.sealed.to_owned()),
    };
    sentences.chain(more).collect::<Vec<_>>().join("\n")
}

/// High enough for a text that wraps.
fn height(text: &str) -> u32 {
    let lines: usize = text.lines().map(|line| line.chars().count() / LINE + 1).sum();
    u32::try_from(lines.clamp(2, 24)).unwrap_or(24) * LINE_HEIGHT
}

/// The values that a column offers: yes and no, or a code list that is short enough.
fn choice(making: &Making<'_>, column: &Column) -> Result<Option<DataValidation>, XlsxError> {
    let values: Vec<String> = match column {
        Column::LeaveOut => making.phrases.yes_no.map(str::to_owned).to_vec(),
        Column::Field(name) => making.field(name).map(|field| offered(making, field)).unwrap_or_default(),
        Column::Row | Column::Why => Vec::new(),
    };
    let letters: usize = values.iter().map(|value| value.chars().count() + 1).sum();
    // A comma parts the values, so that none may hold one.
    if values.is_empty() || letters > MOST_LISTED || values.iter().any(|value| value.contains([',', '"'])) {
        return Ok(None);
    }
    let choice = DataValidation::new().allow_list_strings(&values)?.set_input_message(making.phrases.choose)?;
    // Other spellings that the list knows are right as well.
    Ok(Some(if *column == Column::LeaveOut { choice } else { choice.show_error_message(false) }))
}

fn offered(making: &Making<'_>, field: &Field) -> Vec<String> {
    let suffix = if making.lang == crate::project::Lang::Fr { "fr" } else { "en" };
    match (&field.kind, &field.codes) {
        (FieldKind::Boolean { .. }, _) => making.phrases.yes_no.iter().map(|word| (*word).to_owned()).filter(|word| is_spelling(field, word)).collect(),
        (FieldKind::String, Some(list)) => {
            list.codes.iter().map(|code| if code.label(suffix).is_empty() { code.code.clone() } else { code.label(suffix).to_owned() }).collect()
        }
        _ => Vec::new(),
    }
}

/// True where the field knows the word for yes or no.
fn is_spelling(field: &Field, word: &str) -> bool {
    let folded = crate::contract::fold(word);
    matches!(&field.kind, FieldKind::Boolean { yes, no } if yes.contains(&folded) || no.contains(&folded))
}
