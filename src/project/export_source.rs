//! What a source says of the exports of form systems, resolved with its contract.

use std::collections::HashMap;
use std::sync::Arc;

use super::forms::{JsonForm, RepeatForm, ReviewForm, SourceForm, Text};
use super::{Export, JsonShape, Repeat, Review, Wildcard};
use crate::contract::{Contract, fold, hashtag};
use crate::diagnostic::{Fault, SourceFile};

/// Resolves what the source says; `labels` are the folded labels that it knows.
pub fn resolve(file: &Arc<SourceFile>, form: &SourceForm, contract: &Contract, labels: &HashMap<String, usize>, faults: &mut Vec<Fault>) -> Export {
    if let Some(archive) = form.archive.as_ref().filter(|_| form.csv.is_none()) {
        faults.push(Fault::error(file, archive.span(), "only CSV files are read from archives").hint("add `csv = {}`, or take `archive` away"));
    }
    Export {
        groups: form.groups.as_ref().and_then(|text| groups(file, text, faults)),
        ignored: form.ignore.iter().map(|text| ignored(file, text, contract, labels, faults)).collect(),
        tags: form.hxl.then(|| tags(file, form, contract, faults)),
        review: form.review.as_ref().map(|review| resolve_review(file, review, contract, labels, faults)),
        repeat: form.repeat.as_ref().and_then(|repeat| resolve_repeat(file, form, repeat.get_ref(), repeat.span(), faults)),
        archive: form.archive.as_ref().map(|archive| Wildcard::new(archive.get_ref().file.get_ref())),
        text_separator: form
            .list_separator
            .as_ref()
            .filter(|_| form.json.is_some() || form.json_lines.is_some() || form.api.is_some())
            .map(|text| text.get_ref().clone()),
    }
}

fn groups(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<String> {
    let separator = text.get_ref();
    if separator.is_empty() || separator.chars().any(char::is_alphanumeric) {
        faults.push(Fault::error(file, text.span(), format!("`{separator}` cannot stand between groups")).hint("`/` or `-`"));
        return None;
    }
    Some(separator.clone())
}

/// A pattern of ignored labels; none of them may be a field's, whose column would vanish.
fn ignored(file: &Arc<SourceFile>, text: &Text, contract: &Contract, labels: &HashMap<String, usize>, faults: &mut Vec<Fault>) -> Wildcard {
    let pattern = Wildcard::new(text.get_ref());
    let folded = fold(text.get_ref());
    let by_label = labels.iter().filter(|(label, _)| pattern.matches(label) || **label == folded).map(|(_, index)| *index);
    let by_name = (0..contract.fields.len()).filter(|index| pattern.matches(&contract.fields[*index].name));
    if let Some(index) = by_label.chain(by_name).min() {
        let message = format!("`{}` is to be ignored, but it also means `{}`", text.get_ref(), contract.fields[index].name);
        faults.push(Fault::error(file, text.span(), message).hint("ignore labels that no field has"));
    }
    pattern
}

/// The fields by tag; a tag of two fields tells nothing.
fn tags(file: &Arc<SourceFile>, form: &SourceForm, contract: &Contract, faults: &mut Vec<Fault>) -> HashMap<String, usize> {
    let mut tags: HashMap<String, usize> = HashMap::new();
    for (index, field) in contract.fields.iter().enumerate() {
        let Some(tag) = &field.hxl else { continue };
        let Some(tag) = hashtag(tag) else {
            faults.push(Fault::error(file, form.url.span(), format!("`{tag}`, of `{}`, is no HXL tag", field.name)).hint("such as `#date+start`"));
            continue;
        };
        if let Some(first) = tags.insert(tag.clone(), index) {
            let message = format!("the tag `{tag}` means both `{}` and `{}`, so that columns cannot be told by it", contract.fields[first].name, field.name);
            faults.push(Fault::error(file, form.url.span(), message).hint("give one of them a further attribute in the schema"));
        }
    }
    for (part, what) in [(form.repeat.is_some(), "a repeat group"), (form.json.is_some() || form.json_lines.is_some() || form.api.is_some(), "JSON")] {
        if part {
            faults.push(Fault::error(file, form.url.span(), format!("{what} has no row of HXL tags")).hint("take `hxl = true` away"));
        }
    }
    tags
}

fn resolve_review(file: &Arc<SourceFile>, form: &ReviewForm, contract: &Contract, labels: &HashMap<String, usize>, faults: &mut Vec<Fault>) -> Review {
    if let Some(index) = labels.get(&fold(form.field.get_ref())) {
        let message = format!("`{}` is the review's column, but it also means `{}`", form.field.get_ref(), contract.fields[*index].name);
        faults.push(Fault::error(file, form.field.span(), message));
    }

    let review = Review::new(form.field.get_ref(), form.excluded.get_ref().iter().map(String::as_str), form.accepted.iter().map(String::as_str));
    if let Some(status) = review.clash() {
        faults.push(Fault::error(file, form.excluded.span(), format!("the status `{status}` is both excluded and accepted")));
    }
    review
}

fn resolve_repeat(file: &Arc<SourceFile>, form: &SourceForm, repeat: &RepeatForm, whole: std::ops::Range<usize>, faults: &mut Vec<Fault>) -> Option<Repeat> {
    let mut wrong = |message: &str, hint: &str| {
        faults.push(Fault::error(file, whole.clone(), message).hint(hint.to_owned()));
        None
    };
    let place = match (&repeat.sheet, &repeat.file, &repeat.path) {
        (None, None, Some(path)) => {
            if repeat.key.is_some() || repeat.parent_key.is_some() {
                return wrong("a list within its parent has no keys", "take `key` and `parent_key` away");
            }
            if form.json.is_none() && form.api.is_none() {
                return wrong("`path` is for whole JSON documents", "add `json = {}`");
            }
            return Some(Repeat::Nested { path: path.get_ref().clone() });
        }
        (Some(sheet), None, None)
            if form.workbook.as_ref().and_then(|workbook| workbook.sheet.as_ref()).is_some_and(|sheets| sheets.get_ref().0.len() == 1) =>
        {
            sheet
        }
        (Some(_), None, None) => {
            return wrong("`sheet` is for workbooks of which the parents' one sheet is named", "add `workbook = { sheet = \"…\", header_row = 1 }`");
        }
        (None, Some(file), None) if form.archive.is_some() => file,
        (None, Some(_), None) => return wrong("`file` is for archives", "add `archive = { file = \"…\" }` for the parents' file"),
        _ => return wrong("the repeat group must stand in one place", "name one of `sheet`, `file` and `path`"),
    };
    let (Some(key), Some(parent_key)) = (&repeat.key, &repeat.parent_key) else {
        return wrong("the repetitions cannot be linked with their parents", "add `key` and `parent_key`");
    };
    Some(Repeat::Rows { place: Wildcard::new(place.get_ref()), key: key.get_ref().clone(), parent_key: parent_key.get_ref().clone() })
}

/// The shape of JSON documents; pages need their part of the url, and the other way round.
pub fn json(file: &Arc<SourceFile>, form: &SourceForm, json: &JsonForm, faults: &mut Vec<Fault>) -> JsonShape {
    for (key, name) in [(&json.next, "next"), (&json.count, "count")] {
        if let Some(key) = key.as_ref().filter(|_| json.records.is_none()) {
            faults.push(Fault::error(file, key.span(), format!("`{name}` is for an object that holds the records")).hint("add `records = \"…\"`"));
        }
    }
    let shape = |text: &Option<Text>| text.as_ref().map(|text| text.get_ref().clone());
    let has_pages = form.url.get_ref().contains("{page}");
    if let Some(next) = json.next.as_ref().filter(|_| !has_pages) {
        faults.push(Fault::error(file, next.span(), "pages follow one another, but the url has no `{page}`").hint("such as `plans-{period}/page-{page}.json`"));
    }
    JsonShape { records: shape(&json.records), next: shape(&json.next), count: shape(&json.count), is_fetched: false }
}

/// `{page}` in the url needs pages that name one another.
pub fn check_pages(file: &Arc<SourceFile>, form: &SourceForm, faults: &mut Vec<Fault>) {
    let has_next = form.json.as_ref().is_some_and(|json| json.next.is_some());
    if form.url.get_ref().contains("{page}") && !has_next {
        faults
            .push(Fault::error(file, form.url.span(), "`{page}` is for JSON whose pages name the next").hint("add `json = { records = \"…\", next = \"…\" }`"));
    }
}
