//! ZIP archives of CSV files, as form systems export a form with its repeat groups.

use std::io::Cursor;

use bytes::Bytes;
use zip::ZipArchive;

use super::cells::Gatherer;
use super::csv::{self, Table};
use super::encoding::decode;
use super::repeat::{Joined, Link, Side};
use super::room::Room;
use super::unpack::{broken_zip as broken, locked};
use super::written::Text;
use super::{Piece, Refusal};
use crate::contract::Contract;
use crate::project::{Repeat, Source, TextEncoding, Wildcard};

/// Reads the CSV that the source names, joined with its repetitions where it names them; rows are named by their file, as
/// a workbook's by their sheet, and their line. Other files of the archive are not looked at.
pub fn read(
    bytes: &Bytes,
    delimiter: u8,
    encoding: TextEncoding,
    source: &Source,
    contract: &Contract,
    sink: &mut dyn FnMut(Piece<'_>),
) -> Result<u64, Refusal> {
    if !bytes.starts_with(b"PK") {
        return Err(Refusal::new("format-error", "this is no ZIP archive, as which the source reads it"));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| broken())?;
    let mut room = Room::new(source.limits, bytes.len());
    room.check_entries(archive.len())?;
    if archive.has_duplicate_names() {
        return Err(Refusal::new("source-error", "the archive holds two files of one name"));
    }
    let repeat = match &source.export.repeat {
        Some(Repeat::Rows { place, key, parent_key }) => Some((place, Link { key, parent_key })),
        Some(Repeat::Nested { .. }) | None => None,
    };
    let Some(wanted) = &source.export.archive else { return Err(Refusal::new("format-error", "the source names no file of the archive")) };
    let main = member(&mut archive, wanted, repeat.map(|(place, _)| place), &mut room)?;
    let main_text = Text::of(&main.bytes, encoding)?;
    let Some((place, link)) = repeat else {
        return csv::rows(&main_text, delimiter, Gatherer::new(source, contract, Some(&main.name), sink));
    };
    let (labels, mut table) = Table::open(main_text.as_str(), delimiter)?;
    let inner = member(&mut archive, place, None, &mut room)?;
    let inner_text = decode(&inner.bytes, encoding)?;
    let (inner_labels, mut inner_table) = Table::open(&inner_text, delimiter)?;
    let sides = (Side { labels, name: &main.name }, Side { labels: inner_labels, name: &inner.name });
    let mut joined = Joined::begin(sides.0, sides.1, link, source, contract, sink)?;
    table.each(|line, cells| joined.parent(line, cells.iter().map(|cell| (*cell).to_owned()).collect(), |_| None))?;
    inner_table.each(|line, cells| joined.repetition(line, cells, |_| None))?;
    joined.finish()
}

/// The labels of the files that are read, those of the repetitions first.
pub fn labels(bytes: &Bytes, delimiter: u8, encoding: TextEncoding, source: &Source) -> Result<Vec<String>, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| broken())?;
    let mut room = Room::new(source.limits, bytes.len());
    room.check_entries(archive.len())?;
    let repeat = match &source.export.repeat {
        Some(Repeat::Rows { place, .. }) => Some(place),
        Some(Repeat::Nested { .. }) | None => None,
    };
    let mut labels = Vec::new();
    for (wanted, other) in [(repeat, None), (source.export.archive.as_ref(), repeat)] {
        let Some(wanted) = wanted else { continue };
        let found = member(&mut archive, wanted, other, &mut room)?;
        labels.extend(Table::open(&decode(&found.bytes, encoding)?, delimiter)?.0);
    }
    Ok(labels)
}

/// A file of an archive, unpacked.
struct Member {
    name: String,
    bytes: Bytes,
}

/// Unpacks the one file that fits the pattern and not the other.
fn member(archive: &mut ZipArchive<Cursor<Bytes>>, wanted: &Wildcard, other: Option<&Wildcard>, room: &mut Room) -> Result<Member, Refusal> {
    let fits = |name: &str| !name.ends_with('/') && wanted.matches(name) && other.is_none_or(|other| !other.matches(name));
    let names: Vec<String> = (0..archive.len()).filter_map(|index| Some(archive.name_for_index(index)?.ok()?.into_owned())).collect();
    if names.len() < archive.len() {
        return Err(broken());
    }
    let found: Vec<usize> = (0..names.len()).filter(|index| fits(&names[*index])).collect();
    let [index] = found[..] else {
        let of = archive.len();
        return Err(Refusal::new("source-error", format!("of the {of} files of the archive {} are `{}`, not one", found.len(), wanted.as_str())));
    };
    let name = names[index].clone();
    let file = archive.by_index(index).map_err(|error| locked(&error))?;
    let bytes = room.read(file, |_| broken())?;
    if bytes.is_empty() {
        return Err(Refusal::new("source-error", format!("`{name}` is empty: it has neither a header nor rows")));
    }
    Ok(Member { name, bytes })
}
