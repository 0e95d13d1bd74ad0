//! A CSV as it stands, record by record, numbered as they are counted: the header is 1, and a blank line counts too.

use csv::{ByteRecord, ReaderBuilder, StringRecord};

use super::encoding::decode;
use super::{Refusal, quotes};
use crate::project::TextEncoding;

/// Hands on every record with its number; a blank line is a record without cells.
///
/// # Errors
/// A [`Refusal`] where the bytes are no text in the encoding, or quotation marks would merge records.
pub fn records(bytes: &[u8], delimiter: u8, encoding: TextEncoding, take: &mut dyn FnMut(i64, &[&str])) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Err(Refusal { error: "source-error", message: "the file is empty".to_owned() });
    }
    let text = decode(bytes, encoding)?;
    quotes::check(&text, delimiter, 1)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let (mut record, mut number, mut end) = (ByteRecord::new(), 0, 0);
    loop {
        let unreadable = |_| Refusal { error: "source-error", message: format!("what follows record {number} cannot be read") };
        let more = reader.read_byte_record(&mut record).map_err(unreadable)?;
        let start = if more { first_of(&text, end) } else { text.len() };
        for _ in 0..blank_lines(&text, end, start) {
            number += 1;
            take(number, &[]);
        }
        if !more {
            return Ok(());
        }
        number += 1;
        let cells = StringRecord::from_byte_record(std::mem::take(&mut record))
            .map_err(|_| Refusal { error: "source-error", message: format!("record {number} cannot be read as text") })?;
        take(number, &cells.iter().collect::<Vec<_>>());
        end = usize::try_from(reader.position().byte()).unwrap_or(text.len()).min(text.len());
    }
}

/// Where the next record begins: behind ends of lines, the first of which may be the last record's own.
fn first_of(text: &str, end: usize) -> usize {
    end + text[end..].find(|c| !matches!(c, '\r' | '\n')).unwrap_or(text.len() - end)
}

/// The lines that are blank between two records. A line feed that belongs to the carriage return before it ends none, and
/// that return may be the last record's own.
fn blank_lines(text: &str, end: usize, start: usize) -> usize {
    let bytes = text.as_bytes();
    (end..start).filter(|at| bytes[*at] == b'\r' || (bytes[*at] == b'\n' && (*at == 0 || bytes[*at - 1] != b'\r'))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(i64, usize)> {
        let mut found = Vec::new();
        records(text.as_bytes(), b',', TextEncoding::Utf8, &mut |number, cells| found.push((number, cells.len()))).unwrap();
        found
    }

    #[test]
    fn records_are_counted_with_blank_lines() {
        for end in ["\n", "\r\n"] {
            let text = |text: &str| text.replace('|', end);
            assert_eq!(numbers(&text("a,b|1,2|")), [(1, 2), (2, 2)], "{end:?}");
            assert_eq!(numbers(&text("a,b|1,2")), [(1, 2), (2, 2)]);
            assert_eq!(numbers(&text("a||\"x|y\"|||2|")), [(1, 1), (2, 0), (3, 1), (4, 0), (5, 0), (6, 1)], "{end:?}");
            assert_eq!(numbers(&text("a|1||")), [(1, 1), (2, 1), (3, 0)], "{end:?}");
        }
    }
}
