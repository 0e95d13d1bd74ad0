//! The constraints of a field, compiled: each value of the schema is read as a cell of the field would be.

use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::forms::FieldForm;
use super::schema::Use;
use super::schema_forms::ConstraintsForm;
use crate::contract::literal::Scalar;
use crate::contract::{Bound, BoundKind, Choices, Field, FieldKind, JsonRule, Limits};
use crate::diagnostic::{Fault, SourceFile};

/// Fills in the constraints of a field whose kind and syntax are known.
pub fn fill(file: &Arc<SourceFile>, form: &FieldForm, purpose: Use, field: &mut Field, faults: &mut Vec<Fault>) {
    let constraints = &form.constraints;
    check_kinds(file, form, field, faults);
    field.is_unique = constraints.unique.unwrap_or(false);
    let mut limits = Limits {
        min_length: constraints.min_length.as_ref().map(|length| *length.get_ref() as usize),
        max_length: constraints.max_length.as_ref().map(|length| *length.get_ref() as usize),
        json: constraints.json_schema.as_ref().and_then(|schema| json_rule(file, schema.span(), faults)),
        ..Limits::default()
    };
    for (kind, limit) in bounds(constraints).into_iter().filter_map(|(kind, limit)| Some((kind, limit?))) {
        let Some(value) = value(file, limit, field, purpose, faults) else { continue };
        match (&field.kind, kind, &value) {
            (FieldKind::Integer | FieldKind::Number { .. }, BoundKind::Minimum, Scalar::Whole(least)) => field.minimum = Some(*least),
            (FieldKind::Integer | FieldKind::Number { .. }, BoundKind::Maximum, Scalar::Whole(most)) => field.maximum = Some(*most),
            _ => limits.bounds.push(Bound { kind, value, shown: text(file, limit) }),
        }
    }
    check_contradictions(file, form, field, &limits, faults);
    limits.choices.extend(choices(file, form, field, purpose, faults));
    limits.choices.extend(categories(file, form, field, faults));
    field.limits = (!limits.is_empty()).then(|| Box::new(limits));
}

fn bounds(form: &ConstraintsForm) -> [(BoundKind, Option<&Spanned<toml::Value>>); 4] {
    [
        (BoundKind::Minimum, form.minimum.as_ref()),
        (BoundKind::Maximum, form.maximum.as_ref()),
        (BoundKind::ExclusiveMinimum, form.exclusive_minimum.as_ref()),
        (BoundKind::ExclusiveMaximum, form.exclusive_maximum.as_ref()),
    ]
}

/// A value of the schema as text: of a number its digits as written.
fn text(file: &SourceFile, value: &Spanned<toml::Value>) -> String {
    match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        _ => file.text.get(value.span()).unwrap_or_default().to_owned(),
    }
}

fn value(file: &Arc<SourceFile>, value: &Spanned<toml::Value>, field: &Field, purpose: Use, faults: &mut Vec<Fault>) -> Option<Scalar> {
    let text = text(file, value);
    // Text may not be written as a number, nor yes as a word that is none.
    let is_kind = match (&field.kind, value.get_ref()) {
        (FieldKind::List, toml::Value::Array(items)) => return Some(Scalar::Items(items.iter().map(plain).collect())),
        (FieldKind::Array | FieldKind::Object | FieldKind::GeoJson | FieldKind::GeoPoint | FieldKind::Any, _) => true,
        (FieldKind::String, found) => found.is_str(),
        (_, toml::Value::Array(_) | toml::Value::Table(_)) => false,
        _ => true,
    };
    let found = if is_kind { field.scalar(&text, purpose != Use::Feed) } else { Err("is not of the field's type".to_owned()) };
    found.map_err(|rest| faults.push(Fault::error(file, value.span(), format!("`{text}` {rest}")))).ok()
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The values of `enum`.
fn choices(file: &Arc<SourceFile>, form: &FieldForm, field: &Field, purpose: Use, faults: &mut Vec<Fault>) -> Option<Choices> {
    let one_of = form.constraints.one_of.as_ref()?;
    if one_of.get_ref().is_empty() {
        faults.push(Fault::error(file, one_of.span(), format!("`{}` may have no value at all", field.name)));
    }
    let mut choices = Choices { rule: "enum", values: Vec::new(), shown: Vec::new() };
    for written in one_of.get_ref() {
        let Some(found) = value(file, written, field, purpose, faults) else { continue };
        if choices.values.contains(&found) {
            faults.push(Fault::error(file, written.span(), format!("the value `{}` stands twice", text(file, written))));
        }
        choices.values.push(found);
        choices.shown.push(format!("`{}`", text(file, written)));
    }
    Some(choices)
}

/// The values of `categories`, which text and whole numbers may have.
fn categories(file: &Arc<SourceFile>, form: &FieldForm, field: &Field, faults: &mut Vec<Fault>) -> Option<Choices> {
    let categories = form.categories.as_ref()?;
    let mut fault = |message: String| faults.push(Fault::error(file, categories.span(), message));
    if !matches!(field.kind, FieldKind::String | FieldKind::Integer) {
        fault(format!("`{}` is neither text nor a whole number, so it has no categories", field.name));
        return None;
    }
    let mut choices = Choices { rule: "categories", values: Vec::new(), shown: Vec::new() };
    for (text, is_number) in categories.get_ref().iter().map(super::schema_parts::CategoryForm::value) {
        if is_number != (field.kind == FieldKind::Integer) {
            fault(format!("the category `{text}` is not of the field's type"));
            continue;
        }
        let Ok(found) = field.scalar(&text, true) else { continue };
        if choices.values.contains(&found) {
            fault(format!("the category `{text}` stands twice"));
        }
        choices.values.push(found);
        choices.shown.push(format!("`{text}`"));
    }
    Some(choices)
}

/// Constraints that a type cannot have.
fn check_kinds(file: &Arc<SourceFile>, form: &FieldForm, field: &Field, faults: &mut Vec<Fault>) {
    use FieldKind::{Array, Date, DateTime, Duration, Integer, List, Number, Object, Time, Year, YearMonth};
    let (constraints, name) = (&form.constraints, &field.name);
    let mut fault = |place: Range<usize>, message: String| faults.push(Fault::error(file, place, message));
    if !matches!(field.kind, Integer | Number { .. } | Date | DateTime | Time | Year | YearMonth | Duration) {
        for (_, limit) in bounds(constraints) {
            if let Some(limit) = limit {
                fault(limit.span(), format!("the values of `{name}` have no order, so it has no minimum or maximum"));
            }
        }
    }
    for length in [&constraints.min_length, &constraints.max_length].into_iter().flatten() {
        if !matches!(field.kind, FieldKind::String | List | Array | Object) {
            fault(length.span(), format!("`{name}` is neither text, list, array nor object, so it has no length"));
        }
    }
    if let Some(schema) = constraints.json_schema.as_ref().filter(|_| !matches!(field.kind, Array | Object)) {
        fault(schema.span(), format!("`{name}` is neither array nor object, so it has no JSON Schema"));
    }
}

/// Limits between which nothing lies.
fn check_contradictions(file: &Arc<SourceFile>, form: &FieldForm, field: &Field, limits: &Limits, faults: &mut Vec<Fault>) {
    use BoundKind::{ExclusiveMaximum, ExclusiveMinimum, Maximum, Minimum};
    let value = |kind: BoundKind| match kind {
        Minimum if field.minimum.is_some() => field.minimum.map(Scalar::Whole),
        Maximum if field.maximum.is_some() => field.maximum.map(Scalar::Whole),
        kind => limits.bounds.iter().find(|bound| bound.kind == kind).map(|bound| bound.value.clone()),
    };
    let constraints = &form.constraints;
    for (low, high, place) in [
        (Minimum, Maximum, &constraints.maximum),
        (Minimum, ExclusiveMaximum, &constraints.exclusive_maximum),
        (ExclusiveMinimum, Maximum, &constraints.maximum),
        (ExclusiveMinimum, ExclusiveMaximum, &constraints.exclusive_maximum),
    ] {
        let (Some(least), Some(most), Some(place)) = (value(low), value(high), place) else { continue };
        let leaves_something = match least.compare(&most) {
            Some(order) => order.is_lt() || (order.is_eq() && low == Minimum && high == Maximum),
            None => true,
        };
        if !leaves_something {
            faults.push(Fault::error(file, place.span(), format!("no value of `{}` lies between its limits", field.name)));
        }
    }
    if let (Some(least), Some(most)) = (&constraints.min_length, &constraints.max_length)
        && least.get_ref() > most.get_ref()
    {
        faults.push(Fault::error(file, most.span(), format!("no value of `{}` lies between its lengths", field.name)));
    }
}

/// Compiles a JSON Schema; what it refers to must stand within it, since nothing is fetched.
fn json_rule(file: &Arc<SourceFile>, place: Range<usize>, faults: &mut Vec<Fault>) -> Option<Arc<JsonRule>> {
    const NAME: &str = "memory:///schema.json";
    let mut fault = |cause: String| {
        let hint = cause.lines().last().unwrap_or_default().trim().replace(NAME, "the schema");
        faults.push(Fault::error(file, place.clone(), "this is no JSON Schema that can be held against values").hint(hint));
    };
    let schema: serde_json::Value = match serde_json::from_str(file.text.get(place.clone()).unwrap_or_default()) {
        Ok(schema) => schema,
        Err(cause) => {
            fault(cause.to_string());
            return None;
        }
    };
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.set_default_draft(boon::Draft::V2020_12);
    compiler.use_loader(Box::new(NothingIsFetched));
    let compiled = match compiler.add_resource(NAME, schema) {
        Ok(()) => compiler.compile(NAME, &mut schemas),
        Err(cause) => Err(cause),
    };
    match compiled {
        Ok(root) => Some(Arc::new(JsonRule { schemas, root })),
        Err(cause) => {
            fault(format!("{cause:#}"));
            None
        }
    }
}

/// Refuses every place outside of the schema.
struct NothingIsFetched;

impl boon::UrlLoader for NothingIsFetched {
    fn load(&self, url: &str) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        Err(format!("`{url}` is not within it, and nothing is fetched").into())
    }
}
