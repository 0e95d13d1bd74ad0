//! Separated values.

use bytes::Bytes;
use csv::{ReaderBuilder, StringRecord};

use super::body::Body;
use super::encoding::decode;
use super::quotes;
use super::{Piece, Refusal};
use crate::contract::Contract;
use crate::project::{Source, TextEncoding};

/// Reads a CSV extract; rows are named by the line they begin on.
pub fn read(bytes: &Bytes, delimiter: u8, encoding: TextEncoding, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    let text = decode(bytes, encoding)?;
    let (labels, mut table) = Table::open(&text, delimiter)?;
    let mut body = Body::begin(labels, None, source, contract, sink)?;
    table.each(|line, cells| body.row(line, cells))?;
    body.finish()
}

/// The records of a text under their header.
pub struct Table<'t> {
    reader: csv::Reader<&'t [u8]>,
    lines: Lines<'t>,
}

impl<'t> Table<'t> {
    /// Reads the header.
    ///
    /// # Errors
    /// `source-error` for quotation marks that would merge rows; `blank-header` and `format-error` for what is no header.
    pub fn open(text: &'t str, delimiter: u8) -> Result<(Vec<String>, Self), Refusal> {
        let (text, first) = after_separator_line(text, delimiter)?;
        quotes::check(text, delimiter, first)?;
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
        let mut table = Self { reader, lines: Lines { text, byte: 0, line: i64::try_from(first).unwrap_or(i64::MAX) } };
        let mut record = StringRecord::new();
        if next(&mut table.reader, &mut record, &mut table.lines)?.is_none() {
            return Err(Refusal::new("blank-header", "the file has no header and no rows"));
        }
        let labels: Vec<String> = record.iter().map(str::to_owned).collect();
        check_delimiter(&labels, delimiter)?;
        Ok((labels, table))
    }

    /// Hands on every record with the line it begins on.
    ///
    /// # Errors
    /// `source-error` for a record that is no text, and what `take` refuses.
    pub fn each(&mut self, mut take: impl FnMut(i64, &[&str]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let mut record = StringRecord::new();
        while let Some(line) = next(&mut self.reader, &mut record, &mut self.lines)? {
            let cells: Vec<&str> = record.iter().collect();
            take(line, &cells)?;
        }
        Ok(())
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

/// Reads a record and tells its line; nothing at the end.
fn next<R: std::io::Read>(reader: &mut csv::Reader<R>, record: &mut StringRecord, lines: &mut Lines<'_>) -> Result<Option<i64>, Refusal> {
    let more = reader.read_record(record).map_err(|_| Refusal::new("source-error", format!("line {} cannot be read as text", lines.line)))?;
    Ok(more.then(|| lines.of(record)))
}

/// Counts lines as editors do; the reader's own count is one short after CR LF and stands at blank lines it skips.
struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: i64,
}

impl Lines<'_> {
    /// The line that a record begins on; records come in the order of the text.
    fn of(&mut self, record: &StringRecord) -> i64 {
        let start = record.position().map_or(self.byte, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let bytes = self.text.as_bytes();
        let mut end = start.clamp(self.byte, bytes.len());
        while bytes.get(end).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            end += 1;
        }
        let passed = &bytes[self.byte..end];
        // CR LF is one end of line, and so is either alone.
        let ends = passed.iter().enumerate().filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && passed.get(at + 1) != Some(&b'\n'))).count();
        self.line += i64::try_from(ends).unwrap_or(0);
        self.byte = end;
        self.line
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
