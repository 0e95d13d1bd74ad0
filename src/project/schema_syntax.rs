//! How a field's values are written, as its Table Schema says: formats, characters of numbers, items of lists.

use std::sync::Arc;

use super::forms::{FieldForm, Text};
use super::schema::Use;
use crate::contract::literal::{ANY_DATES, GeoPointFormat, TextFormat, TimeFormat};
use crate::contract::{DateFormat, FieldKind, ItemKind, NumberStyle, Syntax, clean};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// The types of a list's items.
pub const ITEM_TYPES: [&str; 7] = ["string", "integer", "boolean", "number", "datetime", "date", "time"];

/// Dates and moments of ISO 8601.
const ISO_DATES: [&str; 1] = ["%Y-%m-%d"];
const ISO_MOMENTS: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f"];
/// Moments that can be read in one way only.
const ANY_MOMENTS: [&str; 6] =
    ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];

/// What a field's form says of its writing.
pub fn syntax(file: &Arc<SourceFile>, form: &FieldForm, kind: &FieldKind, purpose: Use, faults: &mut Vec<Fault>) -> Syntax {
    let mut syntax = Syntax { missing: missing(form), ..Syntax::default() };
    check_properties(file, form, kind, faults);
    match kind {
        FieldKind::String => syntax.text = one_of(file, form, &TextFormat::ALL, faults),
        FieldKind::Date => syntax.dates = dates(file, form, purpose, (&ISO_DATES, &ANY_DATES), DateFormat::of_days, faults),
        FieldKind::DateTime => syntax.dates = dates(file, form, purpose, (&ISO_MOMENTS, &ANY_MOMENTS), DateFormat::of_moments, faults),
        FieldKind::Time => syntax.times = times(file, form, faults),
        FieldKind::Integer | FieldKind::Number { .. } => {
            syntax.has_units = form.bare_number.as_ref().is_some_and(|is_bare| !is_bare.get_ref());
            syntax.numbers = numbers(file, form, faults);
        }
        FieldKind::List => {
            syntax.delimiter = delimiter(file, form, purpose, faults);
            syntax.items = items(file, form, faults);
        }
        FieldKind::GeoPoint => {
            let known = [("default", GeoPointFormat::Default), ("array", GeoPointFormat::Array), ("object", GeoPointFormat::Object)];
            syntax.points = one_of(file, form, &known, faults);
        }
        FieldKind::GeoJson => syntax.is_topology = one_of(file, form, &[("default", false), ("topojson", true)], faults),
        _ => one_of(file, form, &[("default", ())], faults),
    }
    syntax
}

fn missing(form: &FieldForm) -> Option<Vec<String>> {
    form.missing_values.as_ref().map(|values| values.iter().map(|missing| clean(missing.value()).trim().to_owned()).collect())
}

/// The format by its name; the first where there is none.
fn one_of<T: Copy>(file: &Arc<SourceFile>, form: &FieldForm, known: &[(&str, T)], faults: &mut Vec<Fault>) -> T {
    let first = known[0].1;
    let Some(text) = &form.format else { return first };
    if let Some((_, found)) = known.iter().find(|(name, _)| name == text.get_ref()) {
        return *found;
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let hint = did_you_mean(text.get_ref(), names.iter().copied()).unwrap_or_else(|| match names.as_slice() {
        [_] => "this type has no formats".to_owned(),
        names => format!("there are {}", names.join(", ")),
    });
    faults.push(Fault::error(file, text.span(), format!("the format `{}` is not known", text.get_ref())).hint(hint));
    first
}

type Compile = fn(&str) -> Result<DateFormat, (String, String)>;

/// Formats of dates; none for a feed whose schema does not say, since then its sources must.
fn dates(file: &Arc<SourceFile>, form: &FieldForm, purpose: Use, (iso, any): (&[&str], &[&str]), compile: Compile, faults: &mut Vec<Fault>) -> Vec<DateFormat> {
    let own = |formats: &[&str]| formats.iter().filter_map(|format| compile(format).ok()).collect();
    let Some(text) = &form.format else { return if purpose == Use::Feed { Vec::new() } else { own(iso) } };
    match text.get_ref().as_str() {
        "default" => own(iso),
        "any" => own(any),
        pattern => match compile(&pattern_of(pattern)) {
            Ok(format) => vec![format],
            Err((message, hint)) => {
                faults.push(Fault::error(file, text.span(), message).hint(hint));
                Vec::new()
            }
        },
    }
}

fn times(file: &Arc<SourceFile>, form: &FieldForm, faults: &mut Vec<Fault>) -> Option<TimeFormat> {
    let text = form.format.as_ref().filter(|text| !matches!(text.get_ref().as_str(), "default" | "any"))?;
    TimeFormat::new(&pattern_of(text.get_ref())).map_err(|(message, hint)| faults.push(Fault::error(file, text.span(), message).hint(hint))).ok()
}

/// A pattern as Python's strptime has it, which the standard names, in strftime's own words; version 0 wrote `fmt:` before.
fn pattern_of(text: &str) -> String {
    let text = text.strip_prefix("fmt:").unwrap_or(text);
    text.replace("%f", "%6f").replace("%z", "%#z")
}

/// How numbers are written, where the schema says anything of it.
fn numbers(file: &Arc<SourceFile>, form: &FieldForm, faults: &mut Vec<Fault>) -> Option<NumberStyle> {
    let decimal = form.decimal_char.as_ref().map(|text| character(file, text, faults));
    let group = form.group_char.as_ref().filter(|text| !text.get_ref().is_empty()).map(|text| character(file, text, faults));
    if decimal.is_none() && group.is_none() {
        return None;
    }
    let style = NumberStyle { decimal: decimal.flatten().unwrap_or('.'), group: group.flatten() };
    if let Some(text) = form.group_char.as_ref().filter(|_| style.group == Some(style.decimal)) {
        faults.push(Fault::error(file, text.span(), format!("`{}` cannot stand before decimals and part thousands too", style.decimal)));
    }
    Some(style)
}

/// The one character that a text is.
fn character(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<char> {
    let mut characters = text.get_ref().chars();
    let found = characters.next().filter(|c| characters.next().is_none() && !c.is_ascii_digit() && !matches!(c, '-' | '+'));
    if found.is_none() {
        faults.push(Fault::error(file, text.span(), format!("`{}` is not one character that could part a number", text.get_ref())));
    }
    found
}

fn delimiter(file: &Arc<SourceFile>, form: &FieldForm, purpose: Use, faults: &mut Vec<Fault>) -> Option<String> {
    match &form.delimiter {
        Some(text) if text.get_ref().trim().is_empty() && text.get_ref() != "\t" && text.get_ref() != " " => {
            faults.push(Fault::error(file, text.span(), "the delimiter of a list is a character or more"));
            None
        }
        Some(text) => Some(text.get_ref().clone()),
        // The standard's own; tables of a project and extracts have `|` where nobody says.
        None => (purpose == Use::Plain).then(|| ",".to_owned()),
    }
}

fn items(file: &Arc<SourceFile>, form: &FieldForm, faults: &mut Vec<Fault>) -> ItemKind {
    let Some(text) = &form.item_type else { return ItemKind::String };
    let kind = match text.get_ref().as_str() {
        "string" => ItemKind::String,
        "integer" => ItemKind::Integer,
        "number" => ItemKind::Number,
        "boolean" => ItemKind::Boolean,
        "date" => ItemKind::Date,
        "datetime" => ItemKind::DateTime,
        "time" => ItemKind::Time,
        other => {
            let hint = did_you_mean(other, ITEM_TYPES).unwrap_or_else(|| format!("there are {}", ITEM_TYPES.join(", ")));
            faults.push(Fault::error(file, text.span(), format!("the items of a list cannot be of the type `{other}`")).hint(hint));
            ItemKind::String
        }
    };
    if let Some(codes) = form.rihla.codes.as_ref().filter(|_| kind != ItemKind::String) {
        faults.push(Fault::error(file, codes.span(), "codes are text, so the items of this list have no code list"));
    }
    kind
}

/// Properties that say something of another type than the field's.
fn check_properties(file: &Arc<SourceFile>, form: &FieldForm, kind: &FieldKind, faults: &mut Vec<Fault>) {
    let is_number = matches!(kind, FieldKind::Integer | FieldKind::Number { .. });
    let properties = [
        ("decimalChar", form.decimal_char.as_ref().map(Text::span), matches!(kind, FieldKind::Number { .. }), "a number"),
        ("groupChar", form.group_char.as_ref().map(Text::span), is_number, "a number"),
        ("bareNumber", form.bare_number.as_ref().map(serde_spanned::Spanned::span), is_number, "a number"),
        ("delimiter", form.delimiter.as_ref().map(Text::span), *kind == FieldKind::List, "a list"),
        ("itemType", form.item_type.as_ref().map(Text::span), *kind == FieldKind::List, "a list"),
    ];
    for (name, place, fits, what) in properties {
        if let Some(place) = place.filter(|_| !fits) {
            faults.push(Fault::error(file, place, format!("`{}` is not {what}, so it has no `{name}`", form.name.get_ref())));
        }
    }
}
