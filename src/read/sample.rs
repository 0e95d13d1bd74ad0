//! A file looked at before anybody has said how it is written: its text in an encoding, its records by a delimiter, its
//! sheets. Decides nothing but the encoding; for drafts of a feed, by the same strict rules as extracts are read.
//!
//! Cells of people stand in what is handed on, so that nothing here has a `Debug`.

use std::borrow::Cow;
use std::io::Cursor;

use bytes::Bytes;
use calamine::{Data, Reader, SheetType, SheetVisible, Xlsx};
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::csv::{Lines, next};
use super::encoding::decode;
use super::workbook::{broken, check_archive};
use super::{Refusal, quotes};

/// A cell as text, and what its format holds it as.
pub struct SampleCell {
    /// The text; of real dates ISO 8601, of numbers with a point before decimals.
    pub text: String,
    /// What a workbook holds it as; nothing for text.
    pub native: Option<Native>,
}

/// What a cell of a workbook is besides text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Native {
    /// A number.
    Number,
    /// A date without a time.
    Date,
    /// A date with a time.
    Moment,
    /// Yes or no.
    Boolean,
}

/// A row of cells with its line or row, from 1.
pub struct SampleRow {
    /// The line or row.
    pub number: i64,
    /// Its cells.
    pub cells: Vec<SampleCell>,
}

/// A sheet of a workbook.
pub struct SampleSheet {
    /// Its name.
    pub name: String,
    /// False for sheets that people do not see.
    pub is_visible: bool,
    /// Rows with any cell.
    pub rows: Vec<SampleRow>,
}

/// True where the bytes are a workbook or another ZIP file.
pub fn is_archive(bytes: &Bytes) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The text of a file, the encoding that it is in, and why it is that one.
///
/// # Errors
/// Where it is no text, or in no encoding that can be told for certain.
pub fn text(bytes: &Bytes) -> Result<(Cow<'_, str>, &'static Encoding, String), Refusal> {
    if let Ok(text) = decode(bytes, UTF_8) {
        let beyond = text.chars().filter(|c| !c.is_ascii()).count();
        let why = if beyond == 0 { "plain ASCII, which is UTF-8 too".to_owned() } else { format!("valid UTF-8 with {beyond} letters beyond ASCII") };
        return Ok((text, UTF_8, why));
    }
    let text = decode(bytes, WINDOWS_1252)?;
    let beyond: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
    let is_latin = beyond.iter().all(|c| is_western(*c)) && !has_long_run(&text);
    if !is_latin {
        return Err(Refusal::new("encoding-error", "the text is not UTF-8, and read as windows-1252 it holds signs that no western language writes so"));
    }
    Ok((text, WINDOWS_1252, format!("not UTF-8, and all {} letters beyond ASCII are western ones in windows-1252", beyond.len())))
}

/// Letters and signs that texts of western languages hold.
fn is_western(c: char) -> bool {
    matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ' | 'Œ' | 'œ' | 'Š' | 'š' | 'Ž' | 'ž' | 'Ÿ' | '€' | '«' | '»' | '°' | 'º' | 'ª' | '·' | '²' | '\u{a0}')
        || matches!(c, '‘' | '’' | '“' | '”' | '–' | '—' | '…' | '•' | '‹' | '›' | '¿' | '¡' | '§')
}

/// Western words hold two accented letters in a row at most; other alphabets read so hold whole words of them.
fn has_long_run(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        run = if !c.is_ascii() && c.is_alphabetic() { run + 1 } else { 0 };
        run > 3
    })
}

/// The records of a text cut at a delimiter.
///
/// # Errors
/// Where a quotation mark stands so that rows could be merged.
pub fn records(text: &str, delimiter: u8) -> Result<Vec<SampleRow>, Refusal> {
    quotes::check(text, delimiter)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut lines = Lines::new(text);
    let mut rows = Vec::new();
    while let Some(number) = next(&mut reader, &mut record, &mut lines)? {
        rows.push(SampleRow { number, cells: record.iter().map(|text| SampleCell { text: text.to_owned(), native: None }).collect() });
    }
    Ok(rows)
}

/// The sheets of an XLSX workbook.
///
/// # Errors
/// Where it is none, is damaged, or is locked by a password.
pub fn sheets(bytes: &Bytes) -> Result<Vec<SampleSheet>, Refusal> {
    check_archive(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).map_err(|error| broken(&error))?;
    let facts: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    let mut sheets = Vec::new();
    for (name, is_visible) in facts {
        let mut cells = workbook.worksheet_cells_reader(&name).map_err(|error| broken(&error))?;
        let mut rows: Vec<SampleRow> = Vec::new();
        while let Some(found) = cells.next_cell().map_err(|error| broken(&error))? {
            let (row, column) = found.get_position();
            let cell = cell(Data::from(found.get_value().clone()));
            // A stray cell far to the right must not cost memory.
            if cell.text.trim().is_empty() || column >= MOST_COLUMNS {
                continue;
            }
            let number = i64::from(row) + 1;
            if rows.last().is_none_or(|last| last.number != number) {
                rows.push(SampleRow { number, cells: Vec::new() });
            }
            if let Some(last) = rows.last_mut() {
                last.cells.resize_with(column as usize, SampleCell::blank);
                last.cells.push(cell);
            }
        }
        sheets.push(SampleSheet { name, is_visible, rows });
    }
    Ok(sheets)
}

/// The most columns that a sample may have.
const MOST_COLUMNS: u32 = 4096;

impl SampleCell {
    fn blank() -> Self {
        Self { text: String::new(), native: None }
    }
}

fn cell(value: Data) -> SampleCell {
    let (text, native) = match value {
        Data::Empty => (String::new(), None),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => (text, None),
        Data::Int(number) => (number.to_string(), Some(Native::Number)),
        Data::Float(number) => (number.to_string(), Some(Native::Number)),
        Data::Bool(yes) => (yes.to_string(), Some(Native::Boolean)),
        Data::Error(error) => (error.to_string(), None),
        Data::DateTime(at) => match at.as_datetime() {
            Some(at) if at.time() == chrono::NaiveTime::MIN => (at.date().to_string(), Some(Native::Date)),
            Some(at) => (at.format("%Y-%m-%dT%H:%M:%S").to_string(), Some(Native::Moment)),
            None => (at.as_f64().to_string(), Some(Native::Number)),
        },
    };
    SampleCell { text, native }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_told_by_evidence_or_not_at_all() {
        let told = |bytes: &[u8]| text(&Bytes::copy_from_slice(bytes)).map(|(_, encoding, _)| encoding.name()).map_err(|refusal| refusal.error);
        assert_eq!(told("Prénom;Âge".as_bytes()), Ok("UTF-8"));
        assert_eq!(told(b"Pr\xE9nom;\xC2ge;C\xF4te d\x92Ivoire"), Ok("windows-1252"));
        // Arabic in windows-1256 is no western text.
        assert_eq!(told(b"\xC7\xE1\xCC\xE4\xD3;\xC7\xE1\xD3\xE4"), Err("encoding-error"));
        assert_eq!(told("NumÃ©ro".as_bytes()), Err("encoding-error"));
    }
}
