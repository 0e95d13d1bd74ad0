//! The roles of a feed's fields: those that must be there, of the right type, once each, and readable.

use std::sync::Arc;

use super::Pipeline;
use super::forms::SchemaForm;
use super::schema::KINDS;
use crate::contract::{Field, Protection, Role};
use crate::diagnostic::{Fault, SourceFile};

/// Every role with its name, the type that it needs, and whether a feed's rows can be told apart and counted without it.
const ROLES: [(Role, &str, &str, bool); 10] = [
    (Role::RecordId, "record_id", "string", true),
    (Role::CaseNumber, "case_number", "string", true),
    (Role::PersonNumber, "person_number", "integer", true),
    (Role::Sex, "sex", "string", true),
    (Role::EventDate, "event_date", "date", true),
    (Role::ChangedAt, "changed_at", "datetime", true),
    (Role::Office, "office", "string", false),
    (Role::BirthDate, "birth_date", "date", false),
    (Role::Age, "age", "integer", false),
    (Role::Deleted, "deleted", "boolean", false),
];

/// Checks the roles of a schema.
pub fn check(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) {
    for (role, name, kind, is_needed) in ROLES {
        let holders: Vec<usize> = (0..fields.len()).filter(|index| fields[*index].role == Some(role)).collect();
        let Some(index) = holders.first() else {
            if is_needed && !(role == Role::PersonNumber && form.one_person_per_case()) {
                faults.push(Fault::error(file, 0..1, format!("no field has the role `{name}`")).hint(missing_hint(role, name)));
            }
            continue;
        };
        for index in &holders {
            let form = form.fields[*index].get_ref();
            let written = form.kind.as_ref().map_or("string", |kind| kind.get_ref());
            // A type that is not known was told already.
            if KINDS.contains(&written) && written != kind {
                faults.push(Fault::error(file, form.name.span(), format!("the role `{name}` needs the type {kind}")));
            }
            if fields[*index].protection == Protection::Direct {
                faults.push(Fault::error(file, form.name.span(), format!("the role `{name}` is read, but `{}` stops at the reader", fields[*index].name)));
            }
        }
        // Of several dates of the event a row needs any one.
        let is_any_of_several = role == Role::EventDate && holders.len() > 1;
        let place = form.fields[*index].get_ref().name.span();
        if holders.len() > 1 && !is_any_of_several {
            faults.push(Fault::error(file, place.clone(), format!("the role `{name}` has {} fields", holders.len())));
        }
        if is_needed && role != Role::Sex && !is_any_of_several && !fields[*index].required {
            faults.push(
                Fault::error(file, place, format!("the field with the role `{name}` must be required")).hint("add `\"constraints\": {\"required\": true}`"),
            );
        }
    }
    check_only_person(file, form, fields, faults);
    check_protection(file, form, fields, faults);
}

fn missing_hint(role: Role, name: &str) -> String {
    let field = format!("add `\"rihla\": {{\"role\": \"{name}\"}}` to the field that holds it");
    if role != Role::PersonNumber {
        return field;
    }
    field + "; where a case is always one person, add `\"one_person_per_case\": true` to the schema's own `rihla` object"
}

/// Where a case is one person there is nobody to number.
fn check_only_person(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) {
    let Some(says) = form.rihla.one_person_per_case.as_ref().filter(|says| *says.get_ref()) else { return };
    if let Some(field) = fields.iter().find(|field| field.role == Some(Role::PersonNumber)) {
        faults.push(
            Fault::error(file, says.span(), format!("a case is one person here, though `{}` numbers the persons of a case", field.name))
                .hint("take one of the two away: people are counted by what stays"),
        );
    }
}

/// Of one case, a feed that numbers its persons and one in which it is one person make different pseudonyms.
pub fn check_numbering(pipelines: &[(Arc<SourceFile>, Pipeline)], faults: &mut Vec<Fault>) {
    let (alone, numbered): (Vec<_>, Vec<_>) = pipelines.iter().partition(|(_, pipeline)| pipeline.contract.one_person_per_case);
    let Some((_, other)) = numbered.first() else { return };
    for (file, pipeline) in alone {
        let message = format!("a case of `{}` is one person, and `{}` numbers the persons of a case", pipeline.contract.feed, other.contract.feed);
        faults.push(
            Fault::warning(file, 0..0, message)
                .hint("nobody is known again in the other feed by `person_id`; where both tell of the same cases, join by `case_id`"),
        );
    }
}

/// Case numbers and birth dates stop at normalising.
fn check_protection(file: &Arc<SourceFile>, form: &SchemaForm, fields: &[Field], faults: &mut Vec<Fault>) {
    for (index, field) in fields.iter().enumerate() {
        // What says that a record is gone must be there to be read for as long as the record may be.
        if field.role == Some(Role::Deleted) && field.protection != Protection::Open {
            faults.push(
                Fault::error(file, form.fields[index].get_ref().name.span(), format!("`{}` says whether a record is deleted, so it is open", field.name))
                    .hint("take `protection` away"),
            );
        }
        let sensitive = matches!(field.role, Some(Role::CaseNumber | Role::BirthDate));
        if sensitive && field.protection == Protection::Open {
            faults.push(
                Fault::error(file, form.fields[index].get_ref().name.span(), format!("`{}` would enter the warehouse as it is", field.name))
                    .hint("add `\"protection\": \"normalise\"` to its `rihla` object"),
            );
        }
    }
}
