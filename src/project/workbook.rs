//! The `workbook` of a source.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::WorkbookFormat;
use super::forms::{SourceForm, Text, WorkbookForm};
use crate::diagnostic::{Fault, SourceFile};

/// What stands among the formats of dates where plain numbers are days of the workbook's own count.
const SERIAL: &str = "excel";

/// The most rows that a header may have.
const MOST_HEADER_ROWS: u32 = 10;

/// Which sheets are read and where their header stands.
pub fn format(file: &Arc<SourceFile>, form: &WorkbookForm, source: &SourceForm, faults: &mut Vec<Fault>) -> Option<WorkbookFormat> {
    let before = faults.len();
    let (header_row, header_rows) = (*form.header_row.get_ref(), form.header_rows.as_ref().map_or(1, |rows| *rows.get_ref()));
    if !(1..=1_048_576).contains(&header_row) {
        faults.push(Fault::error(file, form.header_row.span(), "rows are counted from 1"));
    }
    if let Some(rows) = form.header_rows.as_ref().filter(|_| !(1..=MOST_HEADER_ROWS).contains(&header_rows)) {
        faults.push(Fault::error(file, rows.span(), format!("a header has 1 to {MOST_HEADER_ROWS} rows")));
    }
    let sheets = form.sheet.as_ref().map(|sheets| sheets.get_ref().0.clone()).unwrap_or_default();
    if let Some(named) = &form.sheet {
        if sheets.is_empty() {
            faults.push(Fault::error(file, named.span(), "the list names no sheet").hint("leave `sheet` out to read the only visible one"));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = sheets.iter().find(|name| !seen.insert(name.as_str())) {
            faults.push(Fault::error(file, named.span(), format!("the sheet `{twice}` is named twice")).hint("its rows would count twice"));
        }
    }
    let has_serial = |formats: &[Text]| formats.iter().any(|format| format.get_ref() == SERIAL);
    let (serial_dates, serial_datetimes) = (has_serial(&source.dates), has_serial(&source.datetimes));
    (faults.len() == before).then_some(WorkbookFormat { sheets, header_row, header_rows, hidden: form.hidden, serial_dates, serial_datetimes })
}

/// The formats in which texts are written.
pub fn written(formats: &[Text]) -> impl Iterator<Item = &Text> {
    formats.iter().filter(|format| format.get_ref() != SERIAL)
}

/// Only a workbook has a day of its own to count from.
pub fn check_serials(file: &Arc<SourceFile>, form: &SourceForm, faults: &mut Vec<Fault>) {
    let named = form.dates.iter().chain(&form.datetimes).filter(|format| format.get_ref() == SERIAL);
    for format in named.filter(|_| form.workbook.is_none()) {
        faults.push(
            Fault::error(file, format.span(), format!("`{SERIAL}` is for plain numbers in workbooks"))
                .hint("in other extracts nothing says from which day such numbers count"),
        );
    }
}
