//! Separated values.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2_iter;

use super::body::Body;
use super::cells::{Gatherer, Target};
use super::labels::match_labels;
use super::quotes::{Cell, Scan};
use super::unpack::packed_as;
use super::written::{Origin, Text};
use super::{Piece, Refusal};
use crate::contract::Contract;
use crate::parallel;
use crate::project::{Format, Source, TextEncoding};

/// Reads a CSV extract; rows are named by the line they begin on.
pub fn read(
    bytes: &Bytes,
    delimiter: u8,
    encoding: TextEncoding,
    source: &Source,
    contract: &Contract,
    sink: &mut dyn FnMut(Piece<'_>),
) -> Result<u64, Refusal> {
    rows(&Text::of(bytes, encoding)?, delimiter, Gatherer::new(source, contract, None, sink))
}

/// Reads the rows of a text under its header, and hands them on.
///
/// # Errors
/// As [`read`] says, save of encodings.
pub fn rows<'a>(text: &'a Text<'a>, delimiter: u8, rows: Gatherer<'a>) -> Result<u64, Refusal> {
    let (labels, mut table) = Table::open(text.as_str(), delimiter)?;
    let mut body = Body::begin(labels, rows.within(table.origin(text)))?;
    table.fill(&mut body)?;
    body.finish()
}

/// A text whose records may be read part by part, side by side: nothing in one part decides about another.
pub struct Parts<'t> {
    text: Text<'t>,
    delimiter: u8,
    labels: Vec<String>,
    targets: Vec<Target>,
    /// Where each part begins and ends, and the line it begins on.
    places: Vec<(Range<usize>, usize)>,
}

impl<'t> Parts<'t> {
    /// The parts of an extract, of about `size` bytes each; nothing where it is read as a whole.
    ///
    /// # Errors
    /// As [`read`] says of the header and of text.
    pub fn of(bytes: &'t Bytes, size: usize, source: &Source, contract: &Contract) -> Result<Option<Self>, Refusal> {
        let Format::Csv { delimiter, encoding } = source.format else { return Ok(None) };
        let export = &source.export;
        if bytes.len() < size * 2
            || packed_as(bytes).is_some()
            || export.archive.is_some()
            || export.tags.is_some()
            || export.review.is_some()
            || export.repeat.is_some()
        {
            return Ok(None);
        }
        let text = Text::of(bytes, encoding)?;
        let whole = text.as_str();
        let (labels, table) = Table::open(whole, delimiter)?;
        let matching = match_labels(&labels, &[], &[], source, contract)?;
        let is_plain = matching.targets.iter().all(|target| matches!(target, Target::Field(_) | Target::Dropped | Target::Unlabelled));
        if !matching.drift.is_empty() || !is_plain || table.scan.has_lone_returns() {
            return Ok(None);
        }
        let places = split(whole, whole.len() - table.scan.left(), table.scan.line(), size);
        Ok(Some(Self { text, delimiter, labels, targets: matching.targets, places }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Reads a part; hands every row on and returns how many there were.
    ///
    /// # Errors
    /// As [`read`] says.
    pub fn read(&self, part: usize, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
        let (place, line) = &self.places[part];
        let text = &self.text.as_str()[place.clone()];
        let scan = Scan::within(text.as_bytes(), self.delimiter, *line, self.labels.len(), false);
        let mut table = Table { text, delimiter: self.delimiter, scan, cells: Vec::new(), texts: Vec::new() };
        let rows = Gatherer::new(source, contract, None, sink).within(table.origin(&self.text));
        let mut body = Body::resume(self.labels.clone(), self.targets.clone(), part == 0, rows);
        table.fill(&mut body)?;
        body.finish()
    }
}

/// Cuts a text into parts of about `size` bytes where a line ends outside of quotation marks.
fn split(text: &str, body: usize, line: usize, size: usize) -> Vec<(Range<usize>, usize)> {
    let bytes = text.as_bytes();
    let stretches: Vec<Range<usize>> = (body..bytes.len()).step_by(size).map(|start| start..bytes.len().min(start + size)).collect();
    let looks = parallel::each(&stretches, |stretch| Stretch::of(&bytes[stretch.clone()]));
    let (mut places, mut start, mut first) = (Vec::new(), body, line);
    let (mut is_quoted, mut lines) = (false, line);
    for (stretch, look) in stretches.iter().zip(looks) {
        if let Some((end, passed)) = look.ends[usize::from(is_quoted)].filter(|_| stretch.start > body) {
            let end = stretch.start + end;
            places.push((start..end, first));
            (start, first) = (end, lines + passed);
        }
        is_quoted ^= look.is_odd;
        lines += look.lines;
    }
    if start < bytes.len() {
        places.push((start..bytes.len(), first));
    }
    places
}

/// What is known of a stretch of a text, whether it begins within a quoted cell or not.
#[derive(Default)]
struct Stretch {
    /// True where it has an odd number of quotation marks: one that is written twice in a cell counts twice.
    is_odd: bool,
    /// How many lines end in it.
    lines: usize,
    /// Where the first line outside of quotation marks ends, and how many have ended by then: of a stretch that does not begin
    /// within a quoted cell, and of one that does.
    ends: [Option<(usize, usize)>; 2],
}

impl Stretch {
    fn of(bytes: &[u8]) -> Self {
        let mut stretch = Self::default();
        for at in memchr2_iter(b'"', b'\n', bytes) {
            if bytes[at] == b'"' {
                stretch.is_odd = !stretch.is_odd;
            } else {
                stretch.lines += 1;
                stretch.ends[usize::from(stretch.is_odd)].get_or_insert((at + 1, stretch.lines));
            }
        }
        stretch
    }
}

/// The records of a text under their header.
pub struct Table<'t> {
    text: &'t str,
    delimiter: u8,
    scan: Scan<'t>,
    /// The cells of the record, and their texts: kept for the room that they have.
    cells: Vec<Cell>,
    texts: Vec<&'t str>,
}

impl<'t> Table<'t> {
    /// Reads the header.
    ///
    /// # Errors
    /// `source-error` for quotation marks that would merge rows; `blank-header` and `format-error` for what is no header.
    pub fn open(text: &'t str, delimiter: u8) -> Result<(Vec<String>, Self), Refusal> {
        let (text, first) = after_separator_line(text, delimiter)?;
        let mut table = Self { text, delimiter, scan: Scan::of(text, delimiter, first), cells: Vec::new(), texts: Vec::new() };
        let mut labels = Vec::new();
        if table.next()?.is_none() {
            return Err(Refusal::new("blank-header", "the file has no header and no rows"));
        }
        table.read(|cells| labels.extend(cells.iter().map(|cell| (*cell).to_owned())));
        check_delimiter(&labels, delimiter)?;
        Ok((labels, table))
    }

    /// Hands on every record with the line it begins on.
    ///
    /// # Errors
    /// `source-error` for quotation marks that would merge rows, and what `take` refuses.
    pub fn each(&mut self, mut take: impl FnMut(i64, &[&str]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        while let Some(line) = self.next()? {
            self.read(|cells| take(line, cells))?;
        }
        Ok(())
    }

    /// Fills a body with every record: by the places of its cells where they need not be looked at, as most.
    fn fill(&mut self, body: &mut Body<'_>) -> Result<(), Refusal> {
        while let Some(line) = self.next()? {
            let start = self.scan.start();
            if self.scan.has_escaped() || !body.row_of_places(start, line, &self.cells)? {
                self.read(|cells| body.row_at(start, line, cells))?;
            }
        }
        Ok(())
    }

    /// What its rows stand in, which is the text or a part of it.
    pub fn origin(&self, text: &Text<'_>) -> Origin<'t> {
        Origin { text: self.text, shared: text.share(self.text), delimiter: self.delimiter, has_lone_returns: self.scan.has_lone_returns() }
    }

    /// Goes to the next record, and tells the line it begins on; nothing where there is none.
    fn next(&mut self) -> Result<Option<i64>, Refusal> {
        let line = self.scan.record(&mut self.cells)?;
        Ok(line.map(|line| i64::try_from(line).unwrap_or(i64::MAX)))
    }

    /// Hands on the texts of the record's cells.
    fn read<R>(&mut self, take: impl FnOnce(&[&str]) -> R) -> R {
        let text = self.text;
        let written = |cell: &Cell| text.get(cell.start..cell.end).unwrap_or_default();
        if self.scan.has_escaped() {
            let plain = |cell: &Cell| if cell.is_escaped { Cow::Owned(written(cell).replace("\"\"", "\"")) } else { Cow::Borrowed(written(cell)) };
            let cells: Vec<Cow<'_, str>> = self.cells.iter().map(plain).collect();
            take(&cells.iter().map(AsRef::as_ref).collect::<Vec<_>>())
        } else {
            self.texts.clear();
            self.texts.extend(self.cells.iter().map(written));
            take(&self.texts)
        }
    }
}

/// What follows a first line `sep=;`, which Excel writes and reads as a word on the file, and the number of its first line.
fn after_separator_line(text: &str, delimiter: u8) -> Result<(&str, usize), Refusal> {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = text[..end].trim_matches('"');
    let Some(said) = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..]) else { return Ok((text, 1)) };
    let mut characters = said.chars();
    let separator = characters.next();
    let declared = char::from(delimiter);
    match separator {
        // Excel pads the line with separators where the sheet has more columns.
        Some(separator) if separator == declared && characters.all(|c| c == declared) => {
            let rest = &text[end..];
            Ok((rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n'])).unwrap_or(rest), 2))
        }
        Some(separator) if separator.is_ascii_punctuation() || separator == '\t' => {
            let (found, declared) = (separator.escape_default(), declared.escape_default());
            Err(Refusal::new("format-error", format!("the first line says that the separator is `{found}`; the source says `{declared}`")))
        }
        _ => Err(Refusal::new("format-error", "the first line begins with `sep=` and names no separator")),
    }
}

/// One label that holds another separator many times is a header cut at the wrong character.
fn check_delimiter(labels: &[String], delimiter: u8) -> Result<(), Refusal> {
    let [only] = labels else { return Ok(()) };
    let likely = [';', ',', '\t', '|'].into_iter().filter(|c| *c as u32 != u32::from(delimiter)).max_by_key(|c| only.matches(*c).count());
    match likely {
        Some(other) if only.contains(other) => {
            let found = only.matches(other).count();
            Err(Refusal::new(
                "format-error",
                format!("the header has one cell and {found} `{}` in it: is the delimiter `{}`?", other.escape_default(), other.escape_default()),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_are_cut_where_records_begin(
            records in prop::collection::vec(prop_oneof!["[a-z,]{0,9}", "\"([a-z\n,]|\"\"){0,9}\"", "\"\n{1,30}\""], 1..60),
            size in 1..40_usize,
            is_ended in any::<bool>(),
        ) {
            let text = format!("head\n{}{}", records.join("\n"), if is_ended { "\n" } else { "" });
            let mut begins = BTreeMap::new();
            let (mut at, mut line) = (5, 2);
            for record in &records {
                begins.insert(at, line);
                (at, line) = (at + record.len() + 1, line + record.matches('\n').count() + 1);
            }
            let parts = split(&text, 5, 2, size);
            prop_assert_eq!(parts.iter().map(|(place, _)| &text[place.clone()]).collect::<String>(), &text[5..]);
            for (place, line) in &parts {
                prop_assert_eq!(begins.get(&place.start), Some(line), "{:?} in {:?}", place, text);
            }
            // In every stretch behind the first the first record that ends there ends a part.
            let ends = begins.keys().skip(1).copied().chain(is_ended.then_some(text.len()));
            let firsts: BTreeMap<_, _> = ends.collect::<Vec<_>>().into_iter().rev().map(|end| ((end - 6) / size, end)).collect();
            let cuts = firsts.into_iter().filter(|(stretch, _)| *stretch > 0).map(|(_, end)| end).chain([text.len()]);
            let cuts: BTreeSet<usize> = cuts.filter(|_| text.len() > 5).collect();
            prop_assert_eq!(parts.iter().map(|(place, _)| place.end).collect::<BTreeSet<_>>(), cuts);
        }
    }
}
