//! The sheet to read first: what the workbook is of, what is wrong by kind, and how to return it.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use super::super::rules::rule;
use super::super::spreadsheet::print_setup;
use super::super::words::heading;
use super::workbook::{Making, lock, upper};
use crate::read::{Mode, RowSheet};
use crate::warehouse::SubmissionOutcome;

/// Rows by sheet and number.
type Places<'r> = BTreeSet<(Option<&'r str>, i64)>;

/// Letters that fit on a line of the whole sheet, and of its last column.
const LINES: (usize, usize) = (140, 58);

/// The height of a line in points.
const LINE_HEIGHT: u32 = 15;

/// Writes the sheet.
pub fn write_summary(making: &Making<'_>, page: &mut Worksheet, sheets: &[RowSheet]) -> Result<(), XlsxError> {
    page.set_name(making.phrases.read_me)?;
    for (column, width) in [(0, 34.0), (1, 24.0), (2, 12.0), (3, 58.0)] {
        page.set_column_width(column, width)?;
    }
    page.write_string_with_format(0, 0, making.title(), &making.look.title)?;
    page.set_row_height(0, 24)?;
    let mut sheet = Summary { making, page, row: 1 };
    sheet.wide(making.phrases.what)?;
    sheet.row += 1;
    sheet.facts()?;
    sheet.counts()?;
    sheet.faults()?;
    sheet.steps()?;
    sheet.colours(sheets)?;
    page.set_screen_gridlines(false);
    lock(page);
    print_setup(page, &making.title(), making.lang, None)
}

struct Summary<'s> {
    making: &'s Making<'s>,
    page: &'s mut Worksheet,
    row: u32,
}

impl Summary<'_> {
    /// A text over all columns.
    fn wide(&mut self, text: &str) -> Result<(), XlsxError> {
        self.page.merge_range(self.row, 0, self.row, 3, text, &self.making.look.text)?;
        self.page.set_row_height(self.row, height(text, LINES.0))?;
        self.row += 1;
        Ok(())
    }

    fn heading(&mut self, text: &str) -> Result<(), XlsxError> {
        self.row += 1;
        for column in 0..4 {
            self.page.write_blank(self.row, column, &self.making.look.heading)?;
        }
        self.page.write_string_with_format(self.row, 0, text, &self.making.look.heading)?;
        self.page.set_row_height(self.row, 20)?;
        self.row += 1;
        Ok(())
    }

    fn facts(&mut self) -> Result<(), XlsxError> {
        let making = self.making;
        let one = &making.delivery.submission;
        let state = if one.outcome == SubmissionOutcome::Refused { making.phrases.refused } else { making.phrases.loaded };
        let values = [
            making.labeller.office(&one.office),
            heading(&making.labeller.feed(&one.feed)),
            heading(&making.period()),
            making.delivery.laid.path.clone(),
            one.received_at.format(making.phrases.day).to_string(),
            heading(state),
        ];
        for (name, value) in making.phrases.facts.iter().zip(values) {
            self.page.write_string_with_format(self.row, 0, *name, &making.look.strong)?;
            self.page.merge_range(self.row, 1, self.row, 3, &value, &making.look.text)?;
            self.row += 1;
        }
        Ok(())
    }

    fn counts(&mut self) -> Result<(), XlsxError> {
        let making = self.making;
        let rows = making.delivery.submission.rows;
        let faulty = making.delivery.rows.len() as u64;
        self.heading(making.phrases.rows)?;
        for (at, (name, count)) in making.phrases.counts.iter().zip([rows.read, rows.loaded, rows.superseded, faulty, rows.excluded, rows.refused]).enumerate()
        {
            // What did not happen is not told, save what was read, loaded and faulty.
            if count > 0 || matches!(at, 0 | 1 | 3) {
                self.page.write_string_with_format(self.row, 0, heading(name), &making.look.strong)?;
                #[expect(clippy::cast_precision_loss, reason = "a count of rows needs no more than 52 bits")]
                self.page.write_number_with_format(self.row, 1, count as f64, &making.look.number)?;
                self.row += 1;
            }
        }
        Ok(())
    }

    /// Faults by rule and column, what happens most first.
    fn faults(&mut self) -> Result<(), XlsxError> {
        let making = self.making;
        let mut groups: BTreeMap<(&str, &str, Option<&str>), Places<'_>> = BTreeMap::new();
        for row in &making.delivery.rows {
            for fault in &row.faults {
                groups.entry((&fault.error, &fault.rule, fault.field.as_deref())).or_default().insert((row.sheet.as_deref(), row.row));
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
        self.heading(making.phrases.faults)?;
        for (column, head) in (0..).zip(making.phrases.fault_heads) {
            self.page.write_string_with_format(self.row, column, head, &making.look.head)?;
        }
        self.row += 1;
        for ((error, name, field), rows) in groups {
            let advice = format!("{}.", upper(&making.told().advised(name, field)));
            self.page.write_string_with_format(self.row, 0, heading(&rule(making.lang, error, name)), &making.look.text)?;
            self.page.write_string_with_format(self.row, 1, field.map(|field| making.label(field)).unwrap_or_default(), &making.look.text)?;
            #[expect(clippy::cast_precision_loss, reason = "a count of rows needs no more than 52 bits")]
            self.page.write_number_with_format(self.row, 2, rows.len() as f64, &making.look.number)?;
            self.page.write_string_with_format(self.row, 3, &advice, &making.look.text)?;
            self.page.set_row_height(self.row, height(&advice, LINES.1).max(height(&rule(making.lang, error, name), 34)))?;
            self.row += 1;
        }
        Ok(())
    }

    fn steps(&mut self) -> Result<(), XlsxError> {
        self.heading(self.making.phrases.how)?;
        for (number, step) in (1..).zip(self.making.phrases.steps) {
            self.wide(&format!("{number}. {step}"))?;
        }
        Ok(())
    }

    fn colours(&mut self, sheets: &[RowSheet]) -> Result<(), XlsxError> {
        let making = self.making;
        let has_sealed = sheets.iter().any(|sheet| sheet.rows.values().any(|mode| *mode == Mode::Sealed));
        self.heading(making.phrases.colours)?;
        let look = &making.look;
        let meanings: [(&Format, &str, bool); 3] = [
            (&look.fault, making.phrases.colour_fault, true),
            (&look.protected, making.phrases.colour_protected, true),
            (&look.sealed, making.phrases.colour_sealed, has_sealed),
        ];
        for (format, meaning, is_there) in meanings {
            if is_there {
                self.page.write_blank(self.row, 0, &format.clone().set_locked())?;
                self.page.merge_range(self.row, 1, self.row, 3, &heading(meaning), &look.text)?;
                self.row += 1;
            }
        }
        Ok(())
    }
}

/// High enough for a text that wraps after so many letters.
fn height(text: &str, letters: usize) -> u32 {
    u32::try_from((text.chars().count() / letters + 1).clamp(1, 12)).unwrap_or(12) * LINE_HEIGHT
}
