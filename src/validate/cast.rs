//! A column of text cast to its field's type, with a fault for every cell that does not fit.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder, new_null_array,
};
use arrow::datatypes::Field as ArrowField;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::literals;
use super::met::{ColumnMet, Met};
use super::value::{boolean, integer, list, number, plain_number, string, takes_any_digits};
use crate::contract::literal::Scalar;
use crate::contract::{CaseNumberPattern, Contract, DateFormat, Field, FieldKind, NumberStyle, Protection, Role, arrow_type, is_spreadsheet_number, trimmed};
use crate::project::Says;
use crate::read::workbook::{DATED, FAILED, INEXACT, UNCALCULATED};
use crate::read::{Standing, TextColumn};

/// A fault of one cell.
#[derive(Debug)]
pub struct CellFault {
    /// The row within the delivery, from 0.
    pub row: usize,
    /// The field's index.
    pub field: usize,
    /// Frictionless's name.
    pub error: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// For people.
    pub message: String,
    /// The same without the value: where a row has several such faults its cells may be shifted.
    pub reserved: String,
}

/// How the extract's habit writes values.
#[derive(Clone, Copy)]
pub struct Habit<'a> {
    /// Formats of dates.
    pub dates: &'a [DateFormat],
    /// Formats of instants.
    pub datetimes: &'a [DateFormat],
    /// What separates the items of a list.
    pub list_separator: &'a str,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// The office's zone.
    pub zone: Tz,
    /// What of this the source says itself; for the rest the schema's own syntax stands first.
    pub says: Says,
    /// The day the delivery was received: a year of two digits is the latest that is not after it.
    pub received: NaiveDate,
}

/// Why a cell does not fit: error, rule, and the rest of the sentence after the value.
pub(super) type Misfit = (&'static str, &'static str, String);

/// What Excel shows for a formula that failed.
const ERROR_CELLS: [&str; 9] = [FAILED, "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"];

/// The rule and the rest of the sentence of a cell that has no value, though it is not empty.
fn no_value(text: &str) -> Option<(&'static str, &'static str)> {
    if !text.starts_with('#') {
        return None;
    }
    match text {
        UNCALCULATED => Some(("not-calculated", "is a formula that was never calculated: open the workbook, save it and send it again")),
        DATED => Some(("date-for-text", "is a date, where text is meant: if something like `3-12` was typed, format the column as text and type it again")),
        INEXACT => Some(("inexact-number", "is a number of more than 15 digits, which workbooks and JSON do not keep: write it as text")),
        text if ERROR_CELLS.contains(&text) => Some(("error-cell", "is a formula that failed")),
        _ => None,
    }
}

/// Casts rows of the column of one field, of whose cells some were met before; `first_row` is the delivery's index of the
/// first of them.
pub fn column(
    contract: &Contract,
    index: usize,
    texts: TextColumn<'_>,
    habit: Habit<'_>,
    met: &mut ColumnMet,
    first_row: usize,
    faults: &mut Vec<CellFault>,
) -> ArrayRef {
    let field = &contract.fields[index];
    let mut cells = Cells { contract, field, index, texts, first_row, faults };
    let numbers = field.syntax.numbers.filter(|_| !habit.says.numbers).unwrap_or(habit.numbers);
    match &field.kind {
        FieldKind::String => cells.strings(&mut met.codes),
        FieldKind::Integer => cells.integers(numbers),
        FieldKind::Number { scale } => cells.numbers(numbers, *scale),
        FieldKind::Boolean { yes, no } => cells.booleans(yes, no, &mut met.truths),
        FieldKind::Date => cells.dates(habit),
        FieldKind::DateTime => cells.instants(habit),
        FieldKind::List => cells.lists(field.syntax.delimiter.as_deref().filter(|_| !habit.says.lists).unwrap_or(habit.list_separator), &mut met.lists),
        FieldKind::Year => cells.years(),
        FieldKind::Time | FieldKind::YearMonth | FieldKind::Duration | FieldKind::Any => cells.kept(),
        FieldKind::Array | FieldKind::Object | FieldKind::GeoPoint | FieldKind::GeoJson => cells.kept(),
    }
}

/// A column for a field that the extract lacks.
pub fn absent(field: &Field, rows: usize) -> ArrayRef {
    new_null_array(&arrow_type(&field.kind), rows)
}

struct Cells<'a> {
    contract: &'a Contract,
    field: &'a Field,
    index: usize,
    texts: TextColumn<'a>,
    first_row: usize,
    faults: &'a mut Vec<CellFault>,
}

impl<'a> Cells<'a> {
    fn strings(&mut self, met: &mut Met<String>) -> ArrayRef {
        let mut builder = StringBuilder::with_capacity(self.texts.len(), self.texts.bytes());
        let (contract, field) = (self.contract, self.field);
        let read = |builder: &mut StringBuilder, text: &str| string(contract, field, text).map(|value| builder.append_value(&value));
        if field.codes.is_some() {
            let put = |builder: &mut StringBuilder, value: &String| builder.append_value(value);
            self.each_met(met, &mut builder, StringBuilder::append_null, put, |text| string(contract, field, text).map(Cow::into_owned));
        } else if field.role == Some(Role::CaseNumber) {
            let patterns = contract.case_numbers_apart();
            self.each(&mut builder, StringBuilder::append_null, |builder, cell| plain_case_number(&patterns, builder, cell), read);
        } else if takes_any_digits(field) {
            let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let plain = |builder: &mut StringBuilder, cell: Standing<'_>| Some(cell.as_str()).filter(|text| is_id(text)).map(|text| builder.append_value(text));
            self.each(&mut builder, StringBuilder::append_null, plain, read);
        } else {
            self.each(&mut builder, StringBuilder::append_null, never, read);
        }
        Arc::new(builder.finish())
    }

    fn integers(&mut self, style: NumberStyle) -> ArrayRef {
        let mut builder = Int64Builder::with_capacity(self.texts.len());
        let field = self.field;
        let plain = |builder: &mut Int64Builder, cell: Standing<'_>| {
            plain_number(field, style, 0, cell.as_str()).and_then(|value| i64::try_from(value).ok()).map(|value| builder.append_value(value))
        };
        self.each(&mut builder, Int64Builder::append_null, plain, |builder, text| integer(field, style, text).map(|value| builder.append_value(value)));
        Arc::new(builder.finish())
    }

    fn numbers(&mut self, style: NumberStyle, scale: u8) -> ArrayRef {
        let field = self.field;
        let mut builder = Decimal128Builder::with_capacity(self.texts.len()).with_data_type(arrow_type(&field.kind));
        let plain =
            |builder: &mut Decimal128Builder, cell: Standing<'_>| plain_number(field, style, scale, cell.as_str()).map(|value| builder.append_value(value));
        let read = |builder: &mut Decimal128Builder, text: &str| number(field, style, scale, text).map(|value| builder.append_value(value));
        self.each(&mut builder, Decimal128Builder::append_null, plain, read);
        Arc::new(builder.finish())
    }

    fn booleans(&mut self, yes: &[String], no: &[String], met: &mut Met<bool>) -> ArrayRef {
        let mut builder = BooleanBuilder::with_capacity(self.texts.len());
        let field = self.field;
        let put = |builder: &mut BooleanBuilder, value: &bool| builder.append_value(*value);
        self.each_met(met, &mut builder, BooleanBuilder::append_null, put, |text| boolean(field, yes, no, text));
        Arc::new(builder.finish())
    }

    fn dates(&mut self, habit: Habit<'_>) -> ArrayRef {
        let mut builder = Date32Builder::with_capacity(self.texts.len());
        let field = self.field;
        let formats = with_own(habit.dates, habit.says.dates, field);
        let misfit = |why: Option<&str>| {
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            ("type-error", "date", format!("is not a date written {}{why}", one_of(&formats)))
        };
        // The first format that fits counts.
        let first = formats.first();
        let plain = |builder: &mut Date32Builder, cell: Standing<'_>| {
            let day = first?.plain_day(cell.ahead()?, cell.len())?;
            field.check(|| Scalar::Whole(day.into())).ok().map(|()| builder.append_value(day))
        };
        self.each(&mut builder, Date32Builder::append_null, plain, |builder, text| {
            let day = super::temporal::day(text, &formats, habit.received).map_err(misfit)?;
            field.check(|| Scalar::Whole(day.into())).map_err(literals::breach)?;
            builder.append_value(day);
            Ok(())
        });
        Arc::new(builder.finish())
    }

    fn instants(&mut self, habit: Habit<'_>) -> ArrayRef {
        let mut builder = TimestampMicrosecondBuilder::with_capacity(self.texts.len()).with_timezone("UTC");
        let field = self.field;
        let formats = with_own(habit.datetimes, habit.says.datetimes, field);
        // Systems that export all at once write the same moment again and again.
        let last = RefCell::new((String::new(), 0));
        let plain = |builder: &mut TimestampMicrosecondBuilder, cell: Standing<'_>| {
            let (text, instant) = &*last.borrow();
            (text == cell.as_str()).then(|| builder.append_value(*instant))
        };
        self.each(&mut builder, TimestampMicrosecondBuilder::append_null, plain, |builder, text| {
            let instant = super::temporal::instant(text, &formats, habit.zone, habit.received)
                .map_err(|why| ("type-error", "datetime", format!("{why} ({})", one_of(&formats))))?;
            field.check(|| Scalar::Whole(instant.into())).map_err(literals::breach)?;
            *last.borrow_mut() = (text.to_owned(), instant);
            builder.append_value(instant);
            Ok(())
        });
        Arc::new(builder.finish())
    }

    fn lists(&mut self, separator: &str, met: &mut Met<Vec<String>>) -> ArrayRef {
        let element = Arc::new(ArrowField::new("element", arrow::datatypes::DataType::Utf8, true));
        let mut builder = ListBuilder::with_capacity(StringBuilder::new(), self.texts.len()).with_field(element);
        let (field, quotable) = (self.field, self.is_quotable());
        let put = |builder: &mut ListBuilder<StringBuilder>, items: &Vec<String>| {
            items.iter().for_each(|item| builder.values().append_value(item));
            builder.append(true);
        };
        if field.codes.is_some() {
            self.each_met(met, &mut builder, ListBuilder::append_null, put, |text| list(field, separator, text, quotable));
        } else {
            self.each(&mut builder, ListBuilder::append_null, never, |builder, text| list(field, separator, text, quotable).map(|items| put(builder, &items)));
        }
        Arc::new(builder.finish())
    }

    fn years(&mut self) -> ArrayRef {
        let mut builder = Int64Builder::with_capacity(self.texts.len());
        let field = self.field;
        self.each(&mut builder, Int64Builder::append_null, never, |builder, text| literals::years(field, text).map(|value| builder.append_value(value)));
        Arc::new(builder.finish())
    }

    fn kept(&mut self) -> ArrayRef {
        let mut builder = StringBuilder::new();
        let field = self.field;
        self.each(&mut builder, StringBuilder::append_null, never, |builder, text| literals::kept(field, text).map(|value| builder.append_value(value)));
        Arc::new(builder.finish())
    }

    /// Casts every cell: missing ones to null (a fault where required), misfits to null and a fault. What `plain` takes as it
    /// stands is what `put` would make of it: most cells are written as machines write, and nothing else is asked of these.
    fn each<B>(
        &mut self,
        builder: &mut B,
        null: fn(&mut B),
        mut plain: impl FnMut(&mut B, Standing<'a>) -> Option<()>,
        mut put: impl FnMut(&mut B, &str) -> Result<(), Misfit>,
    ) {
        let missing = Missing::of(self.contract, self.index);
        for row in 0..self.texts.len() {
            let cell = self.texts.standing(row).filter(|cell| !missing.may_be(cell.len()));
            if cell.and_then(|cell| plain(builder, cell)).is_none() {
                self.cell(row, &missing, builder, null, &mut put);
            }
        }
    }

    /// The same where texts repeat themselves: each is read once, and known again as it is written.
    fn each_met<B, T>(
        &mut self,
        met: &mut Met<T>,
        builder: &mut B,
        null: fn(&mut B),
        put: impl Fn(&mut B, &T),
        mut read: impl FnMut(&str) -> Result<T, Misfit>,
    ) {
        let missing = Missing::of(self.contract, self.index);
        for row in 0..self.texts.len() {
            let written = self.texts.get(row).unwrap_or_default();
            if let Some(known) = met.get(written) {
                put(builder, known);
                continue;
            }
            self.cell(row, &missing, builder, null, &mut |builder: &mut B, text: &str| {
                let value = read(text)?;
                put(builder, &value);
                met.put(written, value);
                Ok(())
            });
        }
    }

    #[inline]
    fn cell<B>(&mut self, row: usize, missing: &Missing<'_>, builder: &mut B, null: fn(&mut B), put: &mut impl FnMut(&mut B, &str) -> Result<(), Misfit>) {
        let text = trimmed(self.texts.get(row).unwrap_or_default());
        let text = text.as_ref();
        if missing.has(text) {
            if self.field.required {
                self.fault(row, "constraint-error", "required", "is missing".to_owned(), None);
            }
            return null(builder);
        }
        let done = no_value(text).map_or_else(|| put(builder, text), |(rule, rest)| Err(("type-error", rule, rest.to_owned())));
        if let Err((error, rule, rest)) = done {
            self.fault(row, error, rule, rest, Some(text));
            null(builder);
        }
    }

    fn fault(&mut self, row: usize, error: &'static str, rule: &'static str, rest: String, value: Option<&str>) {
        let name = &self.field.name;
        // A protected value is not repeated, and neither is a whole paragraph; of a list the message names the item.
        let shown = value.filter(|_| self.is_quotable() && self.field.kind != FieldKind::List).map(shorten);
        let message = shown.map_or_else(|| format!("{name} {rest}"), |value| format!("{name} `{value}` {rest}"));
        let what = if rule == "codes" { "is not in its code list" } else { rest.as_str() };
        let reserved = format!("{name} {what} (no value shown: other cells of the row do not fit either)");
        self.faults.push(CellFault { row: self.first_row + row, field: self.index, error, rule, message, reserved });
    }

    fn is_quotable(&self) -> bool {
        self.field.protection == Protection::Open
    }
}

/// Takes no cell as it stands.
fn never<B>(_: &mut B, _: Standing<'_>) -> Option<()> {
    None
}

/// Takes a case number that is written sign for sign as a pattern is.
fn plain_case_number(patterns: &[&CaseNumberPattern], builder: &mut StringBuilder, cell: Standing<'_>) -> Option<()> {
    let ahead = cell.ahead()?;
    let runs = patterns.iter().find_map(|pattern| pattern.runs(ahead, cell.len())).filter(|_| !is_spreadsheet_number(cell.as_str()))?;
    runs.iter().try_for_each(|run| builder.write_str(cell.part(run.clone()))).ok()?;
    builder.append_value("");
    Some(())
}

/// Spellings of "no value".
struct Missing<'a> {
    spellings: &'a [String],
    /// A bit for each of their lengths, and for nothing at all: most cells are longer, or of another length.
    lengths: u64,
}

impl<'a> Missing<'a> {
    fn of(contract: &'a Contract, field: usize) -> Self {
        let spellings = contract.missing_of(field);
        Self { spellings, lengths: spellings.iter().fold(1, |lengths, spelling| lengths | 1 << spelling.len().min(63)) }
    }

    /// True where a spelling is so long, or nothing is.
    fn may_be(&self, len: usize) -> bool {
        self.lengths >> len.min(63) & 1 == 1
    }

    fn has(&self, text: &str) -> bool {
        self.may_be(text.len()) && (text.is_empty() || self.spellings.iter().any(|spelling| spelling == text))
    }
}

pub(super) fn shorten(value: &str) -> String {
    if value.chars().count() <= 40 { value.to_owned() } else { value.chars().take(39).chain(['…']).collect() }
}

/// The source's formats; where it says none, the schema's before those that its kind of file has of itself.
fn with_own<'f>(formats: &'f [DateFormat], says: bool, field: &'f Field) -> Cow<'f, [DateFormat]> {
    if says || field.syntax.dates.is_empty() { Cow::Borrowed(formats) } else { field.syntax.dates.iter().chain(formats).cloned().collect() }
}

fn one_of(formats: &[DateFormat]) -> String {
    formats.iter().map(DateFormat::as_str).collect::<Vec<_>>().join(" or ")
}
