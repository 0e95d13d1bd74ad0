//! Separated values.

use bytes::Bytes;
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::Encoding;

use super::cells::{Gatherer, Target, judge_width};
use super::encoding::decode;
use super::labels::match_labels;
use super::quotes;
use super::{Piece, Refusal, Why};
use crate::contract::{Contract, fold};
use crate::project::Source;

/// Reads a CSV extract; rows are named by the line they begin on.
pub fn read(
    bytes: &Bytes,
    delimiter: u8,
    encoding: &'static Encoding,
    source: &Source,
    contract: &Contract,
    sink: &mut dyn FnMut(Piece),
) -> Result<u64, Refusal> {
    let text = decode(bytes, encoding)?;
    quotes::check(&text, delimiter)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut lines = Lines::new(&text);
    if next(&mut reader, &mut record, &mut lines)?.is_none() {
        return Err(Refusal::new("blank-header", "the file has no header and no rows"));
    }
    let labels: Vec<String> = record.iter().map(str::to_owned).collect();
    check_delimiter(&labels, delimiter)?;
    let targets = match_labels(&labels, source, contract)?;
    let mut rows = Gatherer::new(contract, |index| targets.contains(&Target::Field(index)), None, sink);
    while let Some(line) = next(&mut reader, &mut record, &mut lines)? {
        gather(&record, line, &targets, source, &mut rows);
    }
    Ok(rows.finish())
}

/// Reads a record and tells its line; nothing at the end.
pub(super) fn next<R: std::io::Read>(reader: &mut csv::Reader<R>, record: &mut StringRecord, lines: &mut Lines<'_>) -> Result<Option<i64>, Refusal> {
    let more = reader.read_record(record).map_err(|_| Refusal::new("source-error", format!("line {} cannot be read as text", lines.line)))?;
    Ok(more.then(|| lines.of(record)))
}

/// Counts lines as editors do; the reader's own count is one short after CR LF and stands at blank lines it skips.
pub(super) struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: i64,
}

impl<'t> Lines<'t> {
    /// At the first line of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, byte: 0, line: 1 }
    }

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

fn gather(record: &StringRecord, line: i64, targets: &[Target], source: &Source, rows: &mut Gatherer<'_>) {
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return;
    }
    if !source.total_rows.is_empty() && source.total_rows.contains(&fold(&record[0])) {
        return rows.aside(line, Why::Total);
    }
    if let Some(why) = judge_width(targets, record.iter()) {
        return rows.aside(line, why);
    }
    rows.row(line, targets, record.iter());
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
