//! A column of text cast to its field's type, with a fault for every cell that does not fit.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, ListBuilder, StringArray, StringBuilder, TimestampMicrosecondBuilder,
    new_null_array,
};
use arrow::datatypes::Field as ArrowField;
use chrono_tz::Tz;

use crate::contract::{CodeList, Contract, Field, FieldKind, Misread, NumberStyle, Protection, Role, arrow_type, fold, written};

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
    pub dates: &'a [String],
    /// Formats of instants.
    pub datetimes: &'a [String],
    /// What separates the items of a list.
    pub list_separator: &'a str,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// The office's zone.
    pub zone: Tz,
}

/// Why a cell does not fit: error, rule, and the rest of the sentence after the value.
type Misfit = (&'static str, &'static str, String);

/// What Excel shows for a formula that failed.
const ERROR_CELLS: [&str; 8] = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"];

/// Casts the column of one field; `first_row` is the delivery's index of its first row.
pub fn column(contract: &Contract, index: usize, texts: &StringArray, habit: Habit<'_>, first_row: usize, faults: &mut Vec<CellFault>) -> ArrayRef {
    let field = &contract.fields[index];
    let mut cells = Cells { contract, field, index, texts, first_row, faults };
    match &field.kind {
        FieldKind::String => cells.strings(),
        FieldKind::Integer => cells.integers(habit.numbers),
        FieldKind::Number { scale } => cells.numbers(habit.numbers, *scale),
        FieldKind::Boolean { yes, no } => cells.booleans(yes, no),
        FieldKind::Date => cells.dates(habit.dates),
        FieldKind::DateTime => cells.instants(habit),
        FieldKind::List => cells.lists(habit.list_separator),
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
    texts: &'a StringArray,
    first_row: usize,
    faults: &'a mut Vec<CellFault>,
}

impl<'a> Cells<'a> {
    fn strings(&mut self) -> ArrayRef {
        let mut builder = StringBuilder::new();
        let (contract, field) = (self.contract, self.field);
        self.each(|text| string(contract, field, text), |value| builder.append_option(value.as_deref()));
        Arc::new(builder.finish())
    }

    fn integers(&mut self, style: NumberStyle) -> ArrayRef {
        let mut builder = Int64Builder::new();
        let field = self.field;
        self.each(|text| integer(field, style, text), |value| builder.append_option(value));
        Arc::new(builder.finish())
    }

    fn numbers(&mut self, style: NumberStyle, scale: u8) -> ArrayRef {
        let field = self.field;
        let mut builder = Decimal128Builder::new().with_data_type(arrow_type(&field.kind));
        self.each(|text| number(field, style, scale, text), |value| builder.append_option(value));
        Arc::new(builder.finish())
    }

    fn booleans(&mut self, yes: &[String], no: &[String]) -> ArrayRef {
        let mut builder = BooleanBuilder::new();
        self.each(|text| boolean(yes, no, text), |value| builder.append_option(value));
        Arc::new(builder.finish())
    }

    fn dates(&mut self, formats: &[String]) -> ArrayRef {
        let mut builder = Date32Builder::new();
        let misfit = || ("type-error", "date", format!("is not a date written {}", one_of(formats)));
        self.each(|text| super::temporal::day(text, formats).ok_or_else(misfit), |value| builder.append_option(value));
        Arc::new(builder.finish())
    }

    fn instants(&mut self, habit: Habit<'_>) -> ArrayRef {
        let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
        let cast = |text: &str| {
            super::temporal::instant(text, habit.datetimes, habit.zone)
                .map_err(|why| ("type-error", "datetime", format!("{why} ({})", one_of(habit.datetimes))))
        };
        self.each(cast, |value| builder.append_option(value));
        Arc::new(builder.finish())
    }

    fn lists(&mut self, separator: &str) -> ArrayRef {
        let element = Arc::new(ArrowField::new("element", arrow::datatypes::DataType::Utf8, true));
        let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element);
        let (codes, quotable) = (self.field.codes.as_deref(), self.is_quotable());
        self.each(
            |text| list(codes, separator, text, quotable),
            |value| match value {
                Some(items) => {
                    items.iter().for_each(|item| builder.values().append_value(item));
                    builder.append(true);
                }
                None => builder.append(false),
            },
        );
        Arc::new(builder.finish())
    }

    /// Casts every cell: missing ones to null (a fault where required), misfits to null and a fault.
    fn each<T>(&mut self, cast: impl Fn(&str) -> Result<T, Misfit>, mut append: impl FnMut(Option<T>)) {
        for row in 0..self.texts.len() {
            let text = if self.texts.is_null(row) { "" } else { self.texts.value(row).trim_matches(is_blank) };
            if self.contract.is_missing(text) {
                if self.field.required {
                    self.fault(row, "constraint-error", "required", "is missing".to_owned(), None);
                }
                append(None);
                continue;
            }
            let cast = if ERROR_CELLS.contains(&text) { Err(("type-error", "error-cell", "is a formula that failed".to_owned())) } else { cast(text) };
            match cast {
                Ok(value) => append(Some(value)),
                Err((error, rule, rest)) => {
                    self.fault(row, error, rule, rest, Some(text));
                    append(None);
                }
            }
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

/// Spaces of all kinds, no-break ones included.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn shorten(value: &str) -> String {
    if value.chars().count() <= 40 { value.to_owned() } else { value.chars().take(39).chain(['…']).collect() }
}

fn one_of(formats: &[String]) -> String {
    formats.join(" or ")
}

fn string(contract: &Contract, field: &Field, text: &str) -> Result<String, Misfit> {
    if field.role == Some(Role::CaseNumber) {
        return contract.canonical_case_number(text).ok_or_else(|| ("constraint-error", "pattern", "fits no office's pattern of case numbers".to_owned()));
    }
    if let Some(pattern) = &field.pattern
        && !pattern.is_match(text)
    {
        return Err(("constraint-error", "pattern", "does not match the pattern".to_owned()));
    }
    match &field.codes {
        Some(codes) => code(codes, text).map_err(|rest| ("constraint-error", "codes", rest)),
        None => Ok(text.to_owned()),
    }
}

fn code(codes: &CodeList, text: &str) -> Result<String, String> {
    codes.find(text).map(|code| code.code.clone()).ok_or_else(|| {
        let near = codes.near(text);
        let hint = if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) };
        format!("is not in the code list {}{hint}", codes.name)
    })
}

fn integer(field: &Field, style: NumberStyle, text: &str) -> Result<i64, Misfit> {
    let misfit = |why: Misread| ("type-error", "integer", format!("is not a whole number{}", why.because()));
    let value = style.read(text).map_err(misfit)?.whole().ok_or_else(|| misfit(Misread::NoNumber))?;
    within_limits(field, 0, value.into())?;
    Ok(value)
}

fn number(field: &Field, style: NumberStyle, scale: u8, text: &str) -> Result<i128, Misfit> {
    let figure = style.read(text).map_err(|why| ("type-error", "number", format!("is not a number{}", why.because())))?;
    let value = figure.scaled(scale).map_err(|rest| ("type-error", "number", rest))?;
    within_limits(field, scale, value)?;
    Ok(value)
}

fn within_limits(field: &Field, scale: u8, value: i128) -> Result<(), Misfit> {
    if let Some(minimum) = field.minimum.filter(|minimum| value < *minimum) {
        return Err(("constraint-error", "minimum", format!("is less than {}", written(minimum, scale))));
    }
    if let Some(maximum) = field.maximum.filter(|maximum| value > *maximum) {
        return Err(("constraint-error", "maximum", format!("is more than {}", written(maximum, scale))));
    }
    Ok(())
}

fn boolean(yes: &[String], no: &[String], text: &str) -> Result<bool, Misfit> {
    let folded = fold(text);
    match (yes.contains(&folded), no.contains(&folded)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(("type-error", "boolean", format!("is neither {} nor {}", yes.join("/"), no.join("/")))),
    }
}

/// The items of a list, once each, in the order written. The message names the item at fault, not the whole cell.
fn list(codes: Option<&CodeList>, separator: &str, text: &str, quotable: bool) -> Result<Vec<String>, Misfit> {
    let mut items: Vec<String> = Vec::new();
    for item in text.split(separator).map(|item| item.trim_matches(is_blank)).filter(|item| !item.is_empty()) {
        let shown = if quotable { format!("`{}`", shorten(item)) } else { "an item".to_owned() };
        let item = match codes {
            Some(codes) => code(codes, item).map_err(|rest| ("constraint-error", "codes", format!("holds {shown}, which {rest}")))?,
            None => item.to_owned(),
        };
        if !items.contains(&item) {
            items.push(item);
        }
    }
    Ok(items)
}
