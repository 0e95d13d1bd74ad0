//! Relations between the fields of a schema: those filled together, and dates in order.

use std::sync::Arc;

use super::forms::Text;
use super::schema::find;
use crate::contract::{Contract, Field, FieldKind, Protection, Role};
use crate::diagnostic::{Fault, SourceFile};

/// Groups of fields that are all filled or all empty.
pub fn together(file: &Arc<SourceFile>, groups: &[Vec<Text>], fields: &[Field], faults: &mut Vec<Fault>) -> Vec<Vec<usize>> {
    groups.iter().map(|group| members(file, group, fields, "filled together", faults)).collect()
}

/// Lists of dates of which none lies before a filled one that stands earlier.
pub fn in_order(file: &Arc<SourceFile>, lists: &[Vec<Text>], fields: &[Field], faults: &mut Vec<Fault>) -> Vec<Vec<usize>> {
    for text in lists.iter().flatten() {
        if fields.iter().any(|field| field.name == *text.get_ref() && field.kind != FieldKind::Date) {
            faults.push(Fault::error(file, text.span(), format!("`{}` is no date, so it has no place in `in_order`", text.get_ref())));
        }
    }
    lists.iter().map(|list| members(file, list, fields, "in order", faults)).collect()
}

fn members(file: &Arc<SourceFile>, names: &[Text], fields: &[Field], what: &str, faults: &mut Vec<Fault>) -> Vec<usize> {
    let mut members = Vec::new();
    for text in names {
        let Some(index) = find(file, text, fields, faults) else { continue };
        if members.contains(&index) {
            faults.push(Fault::error(file, text.span(), format!("`{}` stands twice among the fields that are {what}", text.get_ref())));
        }
        if fields[index].protection == Protection::Direct {
            let message = format!("`{}` stops at the reader, so nothing can be said of it in a row", text.get_ref());
            faults.push(Fault::error(file, text.span(), message));
        }
        members.push(index);
    }
    if let [only] = names {
        faults.push(Fault::error(file, only.span(), format!("one field alone cannot be {what}")).hint("name two fields or more"));
    }
    members
}

/// What a source may not lack of fields that depend on one another: all dates of the event, or a part of a group.
pub fn check_absent(file: &Arc<SourceFile>, named: &[Text], contract: &Contract, faults: &mut Vec<Fault>) {
    let place = |index: usize| named.iter().find(|text| *text.get_ref() == contract.fields[index].name);
    let events: Vec<usize> = contract.roles(Role::EventDate).collect();
    if let Some(last) = events.last().and_then(|index| place(*index)).filter(|_| events.len() > 1 && events.iter().all(|index| place(*index).is_some())) {
        faults.push(Fault::error(file, last.span(), "the source lacks every date of the event").hint("a row needs one of them"));
    }
    for group in &contract.together {
        let (lacking, kept): (Vec<usize>, Vec<usize>) = group.iter().partition(|index| place(**index).is_some());
        if let (Some(text), Some(kept)) = (lacking.first().and_then(|index| place(*index)), kept.first()) {
            let message = format!("`{}` is filled together with `{}`, so no source can be without it alone", text.get_ref(), contract.fields[*kept].name);
            faults.push(Fault::error(file, text.span(), message));
        }
    }
}
