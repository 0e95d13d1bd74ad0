//! How an extract lays its columns out: the labels of fields in the order in which they stand.

use std::collections::BTreeSet;

use super::cells::Target;
use super::csv::Table;
use super::encoding::decode;
use super::json::{Members, Node, parse};
use super::meaning::{Meaning, meaning};
use super::{Page, Refusal, archive, unpack, workbook};
use crate::contract::{Contract, hashtag};
use crate::project::{Format, Source, TextEncoding};

/// A field as an extract shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The index of the field.
    pub field: usize,
    /// Its label; of a field that stands in several columns of choices what those have in common.
    pub label: String,
}

/// The fields of an extract that get past the reader, in the order of its columns. A field of which no column was found
/// stands last, by its own name.
///
/// # Errors
/// A [`Refusal`] where the extract cannot be opened as its source says.
pub fn layout(pages: &[Page], source: &Source, contract: &Contract) -> Result<Vec<Heading>, Refusal> {
    let unpacked;
    let pages = match source.compression {
        Some(compression) => {
            unpacked = unpack::pages(pages, compression, source.limits)?;
            unpacked.as_slice()
        }
        None => pages,
    };
    let Some(page) = pages.first() else { return Err(Refusal::new("source-error", "the delivery has no file")) };
    let labels: Vec<(String, String)> = match &source.format {
        Format::Csv { delimiter, encoding } if source.export.archive.is_some() => untagged(archive::labels(&page.bytes, *delimiter, *encoding, source)?),
        Format::Csv { delimiter, encoding } => of_csv(page, *delimiter, *encoding, source)?,
        Format::Workbook(format) => untagged(workbook::labels(&page.bytes, format, source, contract)?),
        Format::JsonLines | Format::Json(_) => untagged(of_json(page, source)?),
    };
    let mut seen = BTreeSet::new();
    let mut headings: Vec<Heading> = Vec::new();
    let is_shown: BTreeSet<usize> = contract.readable().map(|(index, _)| index).filter(|index| !source.absent.contains(index)).collect();
    for (label, tag) in &labels {
        let found = field(label, tag, source, contract).filter(|(field, _)| is_shown.contains(field) && seen.insert(*field));
        headings.extend(found.map(|(field, label)| Heading { field, label: label.trim().to_owned() }));
    }
    let rest: Vec<usize> = is_shown.into_iter().filter(|field| !seen.contains(field)).collect();
    headings.extend(rest.into_iter().map(|field| Heading { field, label: contract.fields[field].name.clone() }));
    Ok(headings)
}

fn untagged(labels: Vec<String>) -> Vec<(String, String)> {
    labels.into_iter().map(|label| (label, String::new())).collect()
}

fn field(label: &str, tag: &str, source: &Source, contract: &Contract) -> Option<(usize, String)> {
    let tagged = hashtag(tag).and_then(|tag| source.export.tags.as_ref()?.get(&tag).copied());
    match (tagged, meaning(label, source, contract)) {
        (Some(field), _) => Some((field, label.to_owned())),
        (None, Meaning::Known { target: Target::Field(field), .. }) => Some((field, label.to_owned())),
        (None, Meaning::Known { target: Target::Choice { field, .. }, prefix }) => Some((field, prefix.unwrap_or_else(|| label.to_owned()))),
        _ => None,
    }
}

fn of_csv(page: &Page, delimiter: u8, encoding: TextEncoding, source: &Source) -> Result<Vec<(String, String)>, Refusal> {
    let text = decode(&page.bytes, encoding)?;
    let (labels, mut table) = Table::open(&text, delimiter)?;
    let mut tags: Option<Vec<String>> = None;
    if source.export.tags.is_some() {
        table.each(|_, cells| {
            tags.get_or_insert_with(|| cells.iter().map(|cell| (*cell).to_owned()).collect());
            Ok(())
        })?;
    }
    let tags = tags.unwrap_or_default();
    let tag = |column: usize| tags.get(column).cloned().unwrap_or_default();
    Ok(labels.into_iter().enumerate().map(|(column, label)| (label, tag(column))).collect())
}

fn of_json(page: &Page, source: &Source) -> Result<Vec<String>, Refusal> {
    let text = decode(&page.bytes, TextEncoding::Utf8)?;
    let mut keys = Vec::new();
    if matches!(source.format, Format::JsonLines) {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            gather(&parse(line, "a line")?, &mut keys);
        }
    } else {
        gather(&parse(&text, &page.name)?, &mut keys);
    }
    Ok(keys)
}

/// The keys of all objects within, in the order in which they are met first.
fn gather(node: &Node, keys: &mut Vec<String>) {
    let mut members = |members: &Members| {
        for (key, value) in members {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
            gather(value, keys);
        }
    };
    match node {
        Node::Object(found) => members(found),
        Node::List(nodes) => nodes.iter().for_each(|node| gather(node, keys)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
    }
}
