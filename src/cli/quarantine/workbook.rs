//! A workbook of faulty rows: a sheet to read, the rows in the layout of the office's own file, and a passport by which the
//! workbook is known when it comes back.
//!
//! Guarantees: only open cells stand in it; what must not change is locked, without a password.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, FormatPattern, Note, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

use super::super::spreadsheet::print_setup;
use super::phrases::{Phrases, phrases};
use super::rows::write_rows;
use super::summary::write_summary;
use crate::contract::{Contract, Field, Protection};
use crate::error::{Error, Kind, Result};
use crate::project::{Lang, Project, fill};
use crate::read::{Column, Heading, Mode, PASSPORT, Passport, RowSheet};
use crate::report::{FaultToExplain, FaultyRow, Labeller, QuarantineLine, ToMend, Told, period_name};
use crate::run::mended;

/// The most letters that the name of a sheet may have.
const MOST_LETTERS: usize = 31;

/// What a workbook is made with.
pub struct Making<'a> {
    /// The delivery.
    pub delivery: &'a ToMend,
    /// What rows must be.
    pub contract: &'a Contract,
    /// The office's language.
    pub lang: Lang,
    /// Its phrases.
    pub phrases: &'static Phrases,
    /// Its labels.
    pub labeller: &'a Labeller<'a>,
    /// How cells look.
    pub look: Look,
}

/// How cells look.
pub struct Look {
    /// The title.
    pub title: Format,
    /// A heading within a sheet.
    pub heading: Format,
    /// The head of a column.
    pub head: Format,
    /// The head of a protected column.
    pub protected_head: Format,
    /// Text that wraps.
    pub text: Format,
    /// Text that is told apart.
    pub strong: Format,
    /// A number.
    pub number: Format,
    /// A cell to change.
    pub open: Format,
    /// A cell with a fault.
    pub fault: Format,
    /// A protected cell.
    pub protected: Format,
    /// A protected cell with a fault.
    pub protected_fault: Format,
    /// A cell that cannot be changed.
    pub sealed: Format,
    /// The number of a row.
    pub row: Format,
}

impl Look {
    fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        let boxed = |format: Format| format.set_border(FormatBorder::Thin).set_border_color("#A6A6A6");
        let cell = |colour: &str| boxed(top()).set_num_format("@").set_background_color(colour);
        let head = |colour: &str| {
            Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(colour)
                .set_font_color("#FFFFFF")
                .set_border(FormatBorder::Thin)
                .set_border_color("#FFFFFF")
        };
        Self {
            title: Format::new().set_bold().set_font_size(15),
            heading: Format::new().set_bold().set_font_size(12).set_font_color("#1F4E79").set_border_bottom(FormatBorder::Thin).set_border_color("#1F4E79"),
            head: head("#1F4E79"),
            protected_head: head("#595959"),
            text: top().set_text_wrap(),
            strong: top().set_bold().set_text_wrap(),
            number: top().set_num_format("#,##0").set_align(FormatAlign::Left),
            open: cell("#FFFFFF").set_unlocked(),
            fault: cell("#FFD966").set_unlocked(),
            protected: cell("#D9D9D9").set_unlocked(),
            protected_fault: cell("#F4B183").set_unlocked(),
            sealed: boxed(top()).set_pattern(FormatPattern::LightUp).set_foreground_color("#A6A6A6").set_background_color("#F2F2F2"),
            row: boxed(top()).set_bold().set_align(FormatAlign::Center).set_background_color("#F2F2F2"),
        }
    }
}

/// The workbook of a delivery.
///
/// # Errors
/// `Internal` where the library refuses what is written.
pub fn workbook(project: &Project, delivery: &ToMend, labeller: &Labeller<'_>) -> Result<Workbook> {
    let pipeline = project.pipeline(&delivery.submission.feed);
    let pipeline = pipeline.ok_or_else(|| Error::new(Kind::Internal, format!("there is no pipeline for {}", delivery.submission.feed)))?;
    let lang = labeller.lang();
    let making = Making { delivery, contract: &pipeline.contract, lang, phrases: phrases(lang), labeller, look: Look::new() };
    let sheets = sheets(&making);
    make(project, &making, &sheets).map_err(|cause| Error::new(Kind::Internal, "the workbook cannot be made").because(cause))
}

fn make(project: &Project, making: &Making<'_>, sheets: &[RowSheet]) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    // The moment of the judgement, so that the same delivery gives the same bytes.
    let made = ExcelDateTime::parse_from_str(&making.delivery.submission.loaded_at.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    let title = making.title();
    workbook.set_properties(&DocProperties::new().set_title(&title).set_subject(&project.title).set_author("rihla").set_creation_datetime(&made));
    write_summary(making, workbook.add_worksheet(), sheets)?;
    for sheet in sheets {
        let page = workbook.add_worksheet();
        page.set_name(&sheet.name)?;
        write_rows(making, page, sheet)?;
        print_setup(page, &title, making.lang, Some(0))?;
    }
    let passport = Passport { mended: mended(project, &making.delivery.submission), sheets: sheets.to_vec() };
    let page = workbook.add_worksheet();
    page.set_name(PASSPORT)?;
    let text = Format::new().set_num_format("@");
    for (row, line) in (0..).zip(passport.lines()) {
        for (column, cell) in (0..).zip(line) {
            page.write_string_with_format(row, column, cell, &text)?;
        }
    }
    lock(page);
    page.set_very_hidden(true);
    Ok(workbook)
}

/// Locks what is not marked as open; widths, heights and the order of looking may be changed.
pub fn lock(sheet: &mut Worksheet) {
    let options = ProtectionOptions { format_cells: true, format_columns: true, format_rows: true, ..ProtectionOptions::default() };
    sheet.protect_with_options(&options);
}

/// A sheet for each of the extract that has faulty rows.
fn sheets(making: &Making<'_>) -> Vec<RowSheet> {
    let mut of: BTreeMap<Option<String>, BTreeMap<i64, Mode>> = BTreeMap::new();
    for row in &making.delivery.rows {
        of.entry(row.sheet.clone()).or_default().insert(row.row, row.mode);
    }
    let mut names: BTreeSet<String> = [making.phrases.read_me.to_lowercase(), PASSPORT.to_owned()].into();
    let columns = making.columns();
    let sheet = |(of, rows): (Option<String>, BTreeMap<i64, Mode>)| {
        let wanted = of.clone().unwrap_or_else(|| making.labeller.feed(&making.delivery.submission.feed));
        RowSheet { name: sheet_name(&wanted, &mut names), of, columns: columns.clone(), rows }
    };
    of.into_iter().map(sheet).collect()
}

/// A name that a sheet may have and no other has.
fn sheet_name(wanted: &str, names: &mut BTreeSet<String>) -> String {
    let fit: String = wanted.chars().map(|c| if "[]:*?/\\".contains(c) { ' ' } else { c }).take(MOST_LETTERS - 3).collect();
    let fit = fit.trim().trim_matches('\'').to_owned();
    let mut name = if fit.is_empty() { "1".to_owned() } else { fit.clone() };
    let mut number = 2;
    while !names.insert(name.to_lowercase()) {
        name = format!("{fit} {number}");
        number += 1;
    }
    name
}

impl Making<'_> {
    /// The title of the workbook.
    pub fn title(&self) -> String {
        let one = &self.delivery.submission;
        fill(self.phrases.title, &[&self.labeller.feed(&one.feed), &self.period()])
    }

    /// The reporting period in words.
    pub fn period(&self) -> String {
        let period = &self.delivery.submission.period;
        period.parse().map_or_else(|_| period.clone(), |period| period_name(period, self.lang))
    }

    /// The columns with their labels: the row's number, what is wrong, whether it is left out, then the extract's own.
    fn columns(&self) -> Vec<(String, Column)> {
        let own = [(self.phrases.row, Column::Row), (self.phrases.why, Column::Why), (self.phrases.leave_out, Column::LeaveOut)];
        let mut columns: Vec<(String, Column)> = own.into_iter().map(|(label, column)| (label.to_owned(), column)).collect();
        let mut labels: BTreeSet<String> = columns.iter().map(|(label, _)| label.clone()).collect();
        for Heading { field, label } in &self.delivery.laid.headings {
            let name = &self.contract.fields[*field].name;
            let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
            let label = if !label.is_empty() && labels.insert(label.clone()) { label } else { format!("{label} ({name})") };
            columns.push((label, Column::Field(name.clone())));
        }
        columns
    }

    /// The field with a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.contract.field(name)
    }

    /// True for fields of which no value is shown.
    pub fn is_protected(&self, name: &str) -> bool {
        self.field(name).is_none_or(|field| field.protection != Protection::Open)
    }

    /// What the office calls a field.
    pub fn label(&self, name: &str) -> String {
        let heading = self.delivery.laid.headings.iter().find(|heading| self.contract.fields[heading.field].name == name);
        heading.map_or_else(|| name.to_owned(), |heading| heading.label.clone())
    }

    /// What explains faults.
    pub fn told(&self) -> Told<'_> {
        Told { lang: self.lang, contract: self.contract, source: &self.delivery.laid.source }
    }

    /// What is wrong with a row, and what to do: a sentence a fault.
    pub fn sentence(&self, row: &FaultyRow, fault: &QuarantineLine) -> String {
        let field = fault.field.as_deref();
        let label = field.map(|name| self.label(name));
        let cell = field.filter(|name| !self.is_protected(name)).and_then(|name| row.cells.get(name)).map(String::as_str);
        let told = self.told();
        let explained = told.explained(&FaultToExplain { rule: &fault.rule, field, label: label.as_deref(), cell, message: &fault.message });
        format!("{}. {}.", upper(&explained), upper(&told.advised(&fault.rule, field)))
    }

    /// A note beside a cell.
    pub fn note(&self, text: &str) -> Note {
        let lines = u32::try_from(text.chars().count() / 38 + 2).unwrap_or(8);
        Note::new(text).set_author("rihla").add_author_prefix(false).set_width(240).set_height(lines.min(14) * 17)
    }
}

/// With its first letter large.
pub fn upper(text: &str) -> String {
    let at = text.find(|c: char| c.is_alphabetic()).unwrap_or_default();
    let (before, rest) = text.split_at(at);
    // What stands in quotation marks is the office's own word.
    if before.is_empty() { super::super::words::heading(rest) } else { text.to_owned() }
}
