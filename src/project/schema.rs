//! Table Schemas from `schemas/*.json`, resolved with the code lists into contracts.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use regex::Regex;
use serde_spanned::Spanned;
use sha2::{Digest, Sha256};

use super::codes::Lists;
use super::document::from_json;
use super::files::Files;
use super::forms::{ExcludedWhenForm, FieldForm, ProtectionForm, SchemaForm, Text};
use super::{relations, roles, row_rules, schema_keys, schema_limits, schema_syntax};
use crate::contract::{CaseNumberPattern, CodeList, Contract, ExcludedWhen, Field, FieldKind, Protection, RequiredWhen, Role, UNKEPT_SCALE, clean, fold};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::{FeedName, is_identifier};

/// What a schema is for: a feed needs its roles, a reference table does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A feed that offices send.
    Feed,
    /// A table of the project.
    Reference,
    /// Any table, which is held against its schema and not kept: the standard's words alone decide.
    Plain,
}

/// Builds the contract that a schema file describes, as far as its faults allow: what else rests on it is checked
/// against what there is, and the faults keep it from being used.
pub fn contract(
    file: &Arc<SourceFile>,
    name: &str,
    purpose: Use,
    lists: &Lists,
    patterns: &[CaseNumberPattern],
    files: Option<&Files>,
    faults: &mut Vec<Fault>,
) -> Option<Contract> {
    let before = faults.len();
    let form: SchemaForm = from_json(file, faults)?;
    // A field that was cut out for a fault is not also missing, nor is what it would have been.
    let is_whole = faults.len() == before;
    let mut fields: Vec<Field> = Vec::new();
    for form in &form.fields {
        let field = field(file, form.get_ref(), purpose, lists, faults);
        if fields.iter().any(|known| known.name == field.name) {
            faults.push(Fault::error(file, form.get_ref().name.span(), format!("the field `{}` stands twice", field.name)));
        }
        fields.push(field);
    }
    if purpose != Use::Plain {
        shared_labels(file, &form, &fields, faults);
    }
    let required_when = form.rihla.required_when.iter().filter_map(|rule| condition(file, &rule.field, &rule.when, &fields, faults)).collect();
    let excluded_when = form.rihla.excluded_when.iter().filter_map(|rule| excluded_when(file, rule, &fields, faults)).collect();
    if purpose == Use::Feed && is_whole {
        roles::check(file, &form, &fields, faults);
        check_key(file, &form, &fields, faults);
    }
    let foreign_keys = schema_keys::foreign(file, &form, name, &fields, files, faults);
    let referred = schema_keys::referred_content(&foreign_keys, files);
    Some(Contract {
        feed: FeedName::new(name),
        description: form.description.clone().unwrap_or_default(),
        key: schema_keys::primary(file, &form, &fields, faults),
        unique_keys: schema_keys::unique(file, &form, &fields, faults),
        foreign_keys,
        fields_match: form.fields_match,
        required_when,
        excluded_when,
        together: relations::together(file, &form.rihla.together, &fields, faults),
        in_order: relations::in_order(file, &form.rihla.in_order, &fields, faults),
        rules: if is_whole { row_rules::resolve(file, &form.rihla.rules, (purpose, &fields), faults) } else { Vec::new() },
        one_person_per_case: form.one_person_per_case(),
        case_numbers: patterns.to_vec(),
        missing_values: form.missing_values.unwrap_or_default().iter().map(|text| clean(text.value()).trim().to_owned()).collect(),
        fingerprint: fingerprint(file, &fields, patterns, &referred),
        fields,
        loaded: OnceLock::new(),
    })
}

fn field(file: &Arc<SourceFile>, form: &FieldForm, purpose: Use, lists: &Lists, faults: &mut Vec<Fault>) -> Field {
    let name = form.name.get_ref();
    if purpose != Use::Plain && !is_identifier(name) {
        faults.push(
            Fault::error(file, form.name.span(), format!("`{name}` cannot be a column"))
                .hint("use a lower-case letter, then lower-case letters, digits and `_`"),
        );
    }
    let kind = kind(file, form, purpose, faults);
    let codes = form.rihla.codes.as_ref().and_then(|list| code_list(file, list, lists, faults));
    let pattern = form.constraints.pattern.as_ref().and_then(|text| pattern(file, text, faults));
    let mut labels: Vec<String> = form.rihla.labels.iter().map(|label| fold(label.get_ref())).collect();
    labels.push(fold(name));
    check_limits(file, form, &kind, faults);
    let mut field = Field {
        name: name.clone(),
        description: form.description.clone().unwrap_or_default(),
        kind: kind.clone(),
        required: form.constraints.required.unwrap_or(false),
        minimum: None,
        maximum: None,
        pattern,
        syntax: schema_syntax::syntax(file, form, &kind, purpose, faults),
        limits: None,
        is_unique: false,
        pad: form.rihla.pad.as_ref().and_then(|pad| self::pad(file, form, pad, &kind, faults)),
        codes,
        labels,
        protection: match form.rihla.protection {
            Some(ProtectionForm::Direct) => Protection::Direct,
            Some(ProtectionForm::Normalise) => Protection::Normalise,
            Some(ProtectionForm::Open) | None => Protection::Open,
        },
        role: form.rihla.role,
        hxl: form.rihla.hxl.clone(),
    };
    schema_limits::fill(file, form, purpose, &mut field, faults);
    field
}

/// The types that fields may have.
pub const KINDS: [&str; 16] = [
    "string",
    "integer",
    "number",
    "boolean",
    "date",
    "datetime",
    "list",
    "time",
    "year",
    "yearmonth",
    "duration",
    "array",
    "object",
    "geopoint",
    "geojson",
    "any",
];

fn kind(file: &Arc<SourceFile>, form: &FieldForm, purpose: Use, faults: &mut Vec<Fault>) -> FieldKind {
    let folded = |texts: &Option<Vec<String>>, defaults: &[&str]| match texts {
        Some(texts) => texts.iter().map(|text| fold(text)).collect(),
        None => defaults.iter().map(|text| (*text).to_owned()).collect(),
    };
    // A field without a type is text here, where the standard leaves it open.
    let Some(text) = &form.kind else { return if purpose == Use::Plain { FieldKind::Any } else { FieldKind::String } };
    match text.get_ref().as_str() {
        "string" => FieldKind::String,
        "integer" => FieldKind::Integer,
        "number" => FieldKind::Number { scale: scale(file, form, purpose, faults) },
        "boolean" => FieldKind::Boolean { yes: folded(&form.true_values, &["true", "1"]), no: folded(&form.false_values, &["false", "0"]) },
        "date" => FieldKind::Date,
        "datetime" => FieldKind::DateTime,
        "list" => FieldKind::List,
        "time" => FieldKind::Time,
        "year" => FieldKind::Year,
        "yearmonth" => FieldKind::YearMonth,
        "duration" => FieldKind::Duration,
        "array" => FieldKind::Array,
        "object" => FieldKind::Object,
        "geopoint" => FieldKind::GeoPoint,
        "geojson" => FieldKind::GeoJson,
        "any" => FieldKind::Any,
        other => {
            let hint = did_you_mean(other, KINDS).unwrap_or_else(|| format!("this version knows {}", KINDS.join(", ")));
            faults.push(Fault::error(file, text.span(), format!("the type `{other}` is not known")).hint(hint));
            FieldKind::String
        }
    }
}

/// Decimals of a number whose field does not say.
const DEFAULT_SCALE: u8 = 2;

fn scale(file: &Arc<SourceFile>, form: &FieldForm, purpose: Use, faults: &mut Vec<Fault>) -> u8 {
    let Some(scale) = &form.rihla.scale else { return if purpose == Use::Plain { UNKEPT_SCALE } else { DEFAULT_SCALE } };
    if *scale.get_ref() > 9 {
        faults.push(Fault::error(file, scale.span(), "a number has 0 to 9 decimals"));
        return DEFAULT_SCALE;
    }
    *scale.get_ref()
}

/// The width of an id of digits.
fn pad(file: &Arc<SourceFile>, form: &FieldForm, pad: &Spanned<u8>, kind: &FieldKind, faults: &mut Vec<Fault>) -> Option<usize> {
    let is_plain_text = *kind == FieldKind::String && form.rihla.codes.is_none() && form.rihla.role != Some(Role::CaseNumber);
    if !is_plain_text {
        faults.push(
            Fault::error(file, pad.span(), format!("`{}` is no id of digits, so no zeros are put back", form.name.get_ref()))
                .hint("case numbers have the patterns of their offices (`case_number` in rihla.toml)"),
        );
        return None;
    }
    if !(2..=32).contains(pad.get_ref()) {
        faults.push(Fault::error(file, pad.span(), "an id of digits is 2 to 32 wide"));
        return None;
    }
    Some(usize::from(*pad.get_ref()))
}

fn code_list(file: &Arc<SourceFile>, list: &Text, lists: &Lists, faults: &mut Vec<Fault>) -> Option<Arc<CodeList>> {
    let found = lists.sound.get(list.get_ref()).cloned();
    if found.is_none() && !lists.broken.contains(list.get_ref()) {
        let hint = did_you_mean(list.get_ref(), lists.sound.keys().map(String::as_str))
            .unwrap_or_else(|| format!("there is no file `schemas/codes/{}.csv`", list.get_ref()));
        faults.push(Fault::error(file, list.span(), format!("the code list `{}` is not known", list.get_ref())).hint(hint));
    }
    found
}

fn pattern(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Regex> {
    // The standard's patterns match the whole value, as XML Schema's do.
    match Regex::new(&format!("^(?:{})$", text.get_ref())) {
        Ok(regex) => Some(regex),
        Err(error) => {
            faults.push(Fault::error(file, text.span(), "this is no regular expression").hint(error.to_string().lines().last().unwrap_or_default().to_owned()));
            None
        }
    }
}

fn check_limits(file: &Arc<SourceFile>, form: &FieldForm, kind: &FieldKind, faults: &mut Vec<Fault>) {
    if let Some(codes) = form.rihla.codes.as_ref().filter(|_| !matches!(kind, FieldKind::String | FieldKind::List)) {
        faults.push(Fault::error(file, codes.span(), format!("`{}` is neither text nor a list, so it has no code list", form.name.get_ref())));
    }
    if let Some(pattern) = form.constraints.pattern.as_ref().filter(|_| *kind != FieldKind::String) {
        faults.push(Fault::error(file, pattern.span(), format!("`{}` is no text, so it has no pattern", form.name.get_ref())));
    }
    if let Some(scale) = form.rihla.scale.as_ref().filter(|_| !matches!(kind, FieldKind::Number { .. })) {
        faults.push(Fault::error(file, scale.span(), format!("`{}` is no number, so it has no scale", form.name.get_ref())).hint("add `\"type\": \"number\"`"));
    }
}

fn shared_labels(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, field) in fields.iter().enumerate() {
        for label in &field.labels {
            if let Some(first) = seen.insert(label, index)
                && first != index
            {
                let message = format!("the label `{label}` means both `{}` and `{}`", fields[first].name, field.name);
                faults.push(Fault::error(file, form.fields[index].get_ref().name.span(), message));
            }
        }
    }
}

/// The field that a rule is about, and the code of another field on which it depends.
fn condition(file: &Arc<SourceFile>, field: &Text, when: &BTreeMap<Text, Text>, fields: &[Field], faults: &mut Vec<Fault>) -> Option<RequiredWhen> {
    let (decides, is) = when.iter().next()?;
    let (field, when) = (find(file, field, fields, faults)?, find(file, decides, fields, faults)?);
    check_code(file, is, &fields[when], faults)?;
    Some(RequiredWhen { field, when, is: is.get_ref().clone() })
}

fn excluded_when(file: &Arc<SourceFile>, rule: &ExcludedWhenForm, fields: &[Field], faults: &mut Vec<Fault>) -> Option<ExcludedWhen> {
    let condition = condition(file, &rule.field, &rule.when, fields, faults)?;
    check_code(file, &rule.is, &fields[condition.field], faults)?;
    Some(ExcludedWhen { condition, code: rule.is.get_ref().clone() })
}

pub(super) fn find(file: &Arc<SourceFile>, text: &Text, fields: &[Field], faults: &mut Vec<Fault>) -> Option<usize> {
    let found = fields.iter().position(|field| field.name == *text.get_ref());
    if found.is_none() {
        let hint = did_you_mean(text.get_ref(), fields.iter().map(|field| field.name.as_str()));
        faults.push(Fault::error(file, text.span(), format!("the schema has no field `{}`", text.get_ref())).maybe_hint(hint));
    }
    found
}

fn check_code(file: &Arc<SourceFile>, code: &Text, field: &Field, faults: &mut Vec<Fault>) -> Option<()> {
    let Some(codes) = field.codes.as_ref().filter(|codes| !codes.contains(code.get_ref())) else { return Some(()) };
    let hint = did_you_mean(code.get_ref(), codes.codes.iter().map(|code| code.code.as_str()));
    faults.push(Fault::error(file, code.span(), format!("`{}` is no code of the list `{}`", code.get_ref(), codes.name)).maybe_hint(hint));
    None
}

fn check_key(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) {
    let record = fields.iter().find(|field| field.role == Some(Role::RecordId)).map(|field| field.name.clone());
    match (&form.primary_key, record) {
        (Some(key), Some(record)) if key.get_ref().0 != [record.clone()] => {
            faults.push(Fault::error(file, key.span(), "the primary key is not the record id").hint(format!("write `\"primaryKey\": [\"{record}\"]`")));
        }
        (None, Some(record)) => faults.push(Fault::error(file, 0..1, "the schema has no primary key").hint(format!("add `\"primaryKey\": [\"{record}\"]`"))),
        _ => {}
    }
}

/// Everything that decides what a row becomes, save the source's own habit.
fn fingerprint(file: &SourceFile, fields: &[Field], patterns: &[CaseNumberPattern], referred: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    hash.update(file.text.as_bytes());
    for codes in fields.iter().filter_map(|field| field.codes.as_ref()) {
        for code in &codes.codes {
            hash.update(
                format!("{}\u{1}{}\u{1}{}\u{1}{}\u{1}{}\u{2}", code.code, code.label_en, code.label_fr, code.label_ar, code.aliases.join("\u{1}")).as_bytes(),
            );
            hash.update(format!("{:?}\u{2}{:?}", code.valid_from, code.valid_to).as_bytes());
        }
    }
    for pattern in patterns {
        hash.update(pattern.as_str().as_bytes());
    }
    referred.iter().for_each(|content| hash.update(content));
    hex::encode(&hash.finalize()[..8])
}
