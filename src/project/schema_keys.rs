//! The keys of a Table Schema: the primary one, further ones, and those that refer to other rows.

use std::ops::Range;
use std::sync::Arc;

use super::document::{from_json, from_toml};
use super::files::Files;
use super::forms::{PipelineForm, ProjectForm, ProtectionForm, SchemaForm, Text};
use super::schema::find;
use super::schema_parts::{ForeignKeyForm, NamesForm};
use crate::contract::{Field, FieldKind, ForeignKey, Protection, Role, Target};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// The fields of the primary key, of which each must be there.
pub fn primary(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) -> Vec<usize> {
    let Some(key) = &form.primary_key else { return Vec::new() };
    members(file, &key.get_ref().0, &key.span(), "the primary key", fields, faults)
}

/// Further keys.
pub fn unique(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) -> Vec<Vec<usize>> {
    let mut keys = Vec::new();
    for names in &form.unique_keys {
        let key: Vec<usize> = names.iter().filter_map(|name| find(file, name, fields, faults)).collect();
        for (index, name) in key.iter().zip(names) {
            check_compared(file, name.span(), &fields[*index], faults);
        }
        if !key.is_empty() {
            keys.push(key);
        }
    }
    keys
}

fn members(file: &Arc<SourceFile>, names: &[String], place: &Range<usize>, what: &str, fields: &[Field], faults: &mut Vec<Fault>) -> Vec<usize> {
    let mut key = Vec::new();
    for name in names {
        match fields.iter().position(|field| field.name == *name) {
            Some(index) => {
                check_compared(file, place.clone(), &fields[index], faults);
                key.push(index);
            }
            None => faults.push(
                Fault::error(file, place.clone(), format!("{what} names the field `{name}`, which the schema does not have"))
                    .maybe_hint(did_you_mean(name, fields.iter().map(|field| field.name.as_str()))),
            ),
        }
    }
    key
}

/// Rows are told apart by what is read of them.
fn check_compared(file: &Arc<SourceFile>, place: Range<usize>, field: &Field, faults: &mut Vec<Fault>) {
    if field.protection == Protection::Direct {
        faults.push(Fault::error(file, place, format!("`{}` stops at the reader, so no key can hold it", field.name)));
    } else if field.kind == FieldKind::List {
        faults.push(Fault::error(file, place, format!("`{}` is a list, so no key can hold it", field.name)));
    }
}

/// Fields whose values stand in other rows; `name` is the table's own, `files` the project around it, where there is one.
pub fn foreign(file: &Arc<SourceFile>, form: &SchemaForm, name: &str, fields: &[Field], files: Option<&Files>, faults: &mut Vec<Fault>) -> Vec<ForeignKey> {
    let mut keys = Vec::new();
    for key in &form.foreign_keys {
        let before = faults.len();
        let own = members(file, &key.fields.get_ref().0, &key.fields.span(), "the foreign key", fields, faults);
        let names = key.reference.fields.get_ref().0.clone();
        if own.len() != names.len() && faults.len() == before {
            let message = format!("the foreign key has {} fields, and refers to {}", own.len(), names.len());
            faults.push(Fault::error(file, key.reference.fields.span(), message));
        }
        let target = target(file, form, key, (name, fields, &own), files, faults);
        if let Some(target) = target.filter(|_| faults.len() == before && !own.is_empty()) {
            keys.push(ForeignKey { fields: own, target, names });
        }
    }
    keys
}

/// A field of the table that a key refers to.
struct Referred {
    name: String,
    kind: String,
    scale: Option<u8>,
    protection: Protection,
}

fn target(
    file: &Arc<SourceFile>,
    form: &SchemaForm,
    key: &ForeignKeyForm,
    (own_name, fields, own): (&str, &[Field], &[usize]),
    files: Option<&Files>,
    faults: &mut Vec<Fault>,
) -> Option<Target> {
    let resource = key.reference.resource.as_ref().map_or("", |text| text.get_ref().as_str());
    let place = key.reference.fields.span();
    if resource.is_empty() || resource == own_name {
        check_pairs(file, &place, form, (fields, own), (&key.reference.fields.get_ref().0, &referred(form)), faults);
        return Some(Target::Delivery);
    }
    // Without a project there is no other table at hand: what refers to one is told to be unchecked.
    let Some(files) = files else { return Some(Target::Feed(resource.to_owned())) };
    let text = key.reference.resource.as_ref()?;
    let (target, others) = match (reference_fields(files, resource), feed_fields(files, resource)) {
        (Ok(others), _) => (Target::Reference(resource.to_owned()), others),
        (_, Ok(others)) => (Target::Feed(resource.to_owned()), others),
        (Err(mut known), Err(feeds)) => {
            known.extend(feeds);
            faults.push(not_there(file, text, &known));
            return None;
        }
    };
    check_pairs(file, &place, form, (fields, own), (&key.reference.fields.get_ref().0, &others), faults);
    if matches!(target, Target::Feed(_)) {
        check_loaded(file, &key.fields, fields, own, &others, faults);
        // What is not audited must not be taken for audited.
        faults.push(
            Fault::error(file, text.span(), format!("`{resource}` is another feed, and this version makes no audit of such a key"))
                .hint("write it as a test of a model: `relationships = { column, table, to }` with `severity = \"warn\"`"),
        );
    }
    Some(target)
}

fn not_there(file: &Arc<SourceFile>, text: &Text, known: &[String]) -> Fault {
    let hint = did_you_mean(text.get_ref(), known.iter().map(String::as_str)).unwrap_or_else(|| format!("there are {}", known.join(", ")));
    Fault::error(file, text.span(), format!("`{}` is neither a feed nor a table of the project", text.get_ref())).hint(hint)
}

/// Each field must be there, and be of the same type.
fn check_pairs(
    file: &Arc<SourceFile>,
    place: &Range<usize>,
    form: &SchemaForm,
    (fields, own): (&[Field], &[usize]),
    (names, others): (&[String], &[Referred]),
    faults: &mut Vec<Fault>,
) {
    let mine = referred(form);
    for (index, name) in own.iter().zip(names) {
        let Some(other) = others.iter().find(|other| other.name == *name) else {
            let hint = did_you_mean(name, others.iter().map(|other| other.name.as_str()));
            faults.push(Fault::error(file, place.clone(), format!("the table that the foreign key refers to has no field `{name}`")).maybe_hint(hint));
            continue;
        };
        let same = mine.iter().find(|own| own.name == fields[*index].name).is_some_and(|own| own.kind == other.kind && own.scale == other.scale);
        if !same {
            faults.push(Fault::error(file, place.clone(), format!("`{}` and `{name}` are not of the same type", fields[*index].name)));
        }
    }
}

/// What an audit compares must be in the warehouse: an open field, or a case number or person number by its pseudonym.
fn check_loaded(
    file: &Arc<SourceFile>,
    place: &serde_spanned::Spanned<NamesForm>,
    fields: &[Field],
    own: &[usize],
    others: &[Referred],
    faults: &mut Vec<Fault>,
) {
    let has_case = own.iter().any(|index| fields[*index].role == Some(Role::CaseNumber));
    for index in own {
        let field = &fields[*index];
        let is_there = match field.role {
            Some(Role::CaseNumber) => true,
            Some(Role::PersonNumber) => has_case,
            Some(Role::BirthDate | Role::Age) => false,
            _ => field.protection == Protection::Open,
        };
        if !is_there {
            let message = format!("`{}` does not enter the warehouse as it is, so no audit can compare it with another feed", field.name);
            faults.push(Fault::error(file, place.span(), message));
        }
    }
    if others.iter().any(|other| other.protection == Protection::Direct && own.iter().any(|index| fields[*index].name == other.name)) {
        faults.push(Fault::error(file, place.span(), "the other feed's field stops at the reader"));
    }
}

fn referred(form: &SchemaForm) -> Vec<Referred> {
    let fields = form.fields.iter().map(serde_spanned::Spanned::get_ref);
    fields
        .map(|field| Referred {
            name: field.name.get_ref().clone(),
            kind: field.kind.as_ref().map_or_else(|| "string".to_owned(), |kind| kind.get_ref().clone()),
            scale: field.rihla.scale.as_ref().map(|scale| *scale.get_ref()),
            protection: match field.rihla.protection {
                Some(ProtectionForm::Direct) => Protection::Direct,
                Some(ProtectionForm::Normalise) => Protection::Normalise,
                _ => Protection::Open,
            },
        })
        .collect()
}

/// The fields of a table of the project; the names of such tables where it is none. Faults of other files are told there.
fn reference_fields(files: &Files, name: &str) -> Result<Vec<Referred>, Vec<String>> {
    let told = &mut Vec::new();
    let form = files.read("rihla.toml", told).and_then(|file| from_toml::<ProjectForm>(&file, told));
    let Some(form) = form else { return Err(Vec::new()) };
    let found = form.references.iter().find(|reference| reference.get_ref().name.get_ref() == name);
    let fields = found.and_then(|reference| schema_fields(files, reference.get_ref().schema.get_ref()));
    fields.ok_or_else(|| form.references.iter().map(|reference| reference.get_ref().name.get_ref().clone()).collect())
}

/// The fields of a feed; the names of feeds where it is none.
fn feed_fields(files: &Files, name: &str) -> Result<Vec<Referred>, Vec<String>> {
    let mut feeds = Vec::new();
    for path in files.list("pipelines", "toml") {
        let told = &mut Vec::new();
        let Some(form) = files.read(&path, told).and_then(|file| from_toml::<PipelineForm>(&file, told)) else { continue };
        let feed = form.feed.get_ref();
        if feed == name {
            let schema = form.schema.as_ref().map_or_else(|| format!("schemas/{feed}.json"), |path| path.get_ref().clone());
            return schema_fields(files, &schema).ok_or_else(Vec::new);
        }
        feeds.push(feed.clone());
    }
    Err(feeds)
}

fn schema_fields(files: &Files, path: &str) -> Option<Vec<Referred>> {
    let told = &mut Vec::new();
    files.read(path, told).and_then(|file| from_json::<SchemaForm>(&file, told)).map(|form| referred(&form))
}
