//! A file looked at before anybody has said how it is written: its text in an encoding, its records by a delimiter, its
//! sheets. Decides nothing but the encoding; for drafts of a feed, by the same strict rules as extracts are read.
//!
//! Cells of people stand in what is handed on, so that nothing here has a `Debug`.

use std::borrow::Cow;
use std::ops::ControlFlow;

use bytes::Bytes;

use super::Refusal;
use super::csv::Table;
use super::encoding::decode;
use super::limits::{MOST_SHEETS, MOST_VALUES, check_size, past};
use super::quotes;
use super::workbook::{Cell, Visibility, Workbook};
use crate::project::{MOST_BYTES, TextEncoding};

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
/// Where it is no text, or in no encoding that can be told for certain, or too large.
pub fn text(bytes: &Bytes) -> Result<(Cow<'_, str>, TextEncoding, String), Refusal> {
    check_size(std::iter::once(bytes.len() as u64), MOST_BYTES)?;
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return decode(bytes, TextEncoding::Utf16).map(|text| (text, TextEncoding::Utf16, "the file begins with its byte-order mark".to_owned()));
    }
    let is_utf_8 = std::str::from_utf8(bytes).is_ok();
    if is_utf_8 {
        // Whatever is wrong with it, such as text decoded twice, is no question of the encoding.
        let text = decode(bytes, TextEncoding::Utf8)?;
        let beyond = text.chars().filter(|c| !c.is_ascii()).count();
        let why = if beyond == 0 { "plain ASCII, which is UTF-8 too".to_owned() } else { format!("valid UTF-8 with {beyond} letters beyond ASCII") };
        return Ok((text, TextEncoding::Utf8, why));
    }
    let text = decode(bytes, TextEncoding::Windows1252)?;
    let beyond: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
    let is_latin = beyond.iter().all(|c| is_western(*c)) && !has_long_run(&text);
    if !is_latin {
        return Err(Refusal::new("encoding-error", "the text is not UTF-8, and read as windows-1252 it holds signs that no western language writes so"));
    }
    Ok((text, TextEncoding::Windows1252, format!("not UTF-8, and all {} letters beyond ASCII are western ones in windows-1252", beyond.len())))
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

/// The labels and records of a text cut at a delimiter.
///
/// # Errors
/// Where a quotation mark stands so that rows could be merged, or a first line `sep=;` says another delimiter.
pub fn records(text: &str, delimiter: u8) -> Result<(Vec<String>, Vec<SampleRow>), Refusal> {
    // A stray mark is told before what it makes of the header.
    quotes::check(text, delimiter, 1)?;
    let (labels, mut table) = Table::open(text, delimiter)?;
    let (mut rows, mut room) = (Vec::new(), MOST_VALUES);
    table.each(|number, cells| {
        room = room.checked_sub(cells.len()).ok_or_else(too_large)?;
        rows.push(SampleRow { number, cells: cells.iter().map(|text| SampleCell { text: (*text).to_owned(), native: None }).collect() });
        Ok(())
    })?;
    Ok((labels, rows))
}

/// The sheets of an XLSX or ODS workbook.
///
/// # Errors
/// Where it is none, is damaged, too large, or locked by a password.
pub fn sheets(bytes: &Bytes) -> Result<Vec<SampleSheet>, Refusal> {
    check_size(std::iter::once(bytes.len() as u64), MOST_BYTES)?;
    let mut book = Workbook::open(bytes)?;
    let facts: Vec<(String, bool)> = book.sheets().iter().map(|sheet| (sheet.name.clone(), sheet.visibility == Visibility::Visible)).collect();
    // Each sheet is read from the start of the file.
    if facts.len() > MOST_SHEETS {
        return Err(past(
            format!("the workbook has {} sheets, more than the {MOST_SHEETS} that are looked through", facts.len()),
            "keep the one with the rows",
        ));
    }
    let (mut sheets, mut room) = (Vec::new(), MOST_VALUES);
    for (name, is_visible) in facts {
        let mut rows: Vec<SampleRow> = Vec::new();
        book.rows(&name, &mut |number, cells| {
            room = room.checked_sub(cells.len()).ok_or_else(too_large)?;
            rows.push(SampleRow { number: i64::from(number), cells: cells.iter().map(cell).collect() });
            Ok(ControlFlow::Continue(()))
        })?;
        sheets.push(SampleSheet { name, is_visible, rows });
    }
    Ok(sheets)
}

fn too_large() -> Refusal {
    past(format!("the sample has more than {MOST_VALUES} cells"), "a few hundred rows are enough")
}

fn cell(cell: &Cell) -> SampleCell {
    let native = match cell {
        Cell::Number(_) => Some(Native::Number),
        Cell::Bool(_) => Some(Native::Boolean),
        Cell::Moment(at) if at.time() == chrono::NaiveTime::MIN => Some(Native::Date),
        Cell::Moment(_) => Some(Native::Moment),
        Cell::Empty | Cell::Text(_) | Cell::Failed(_) | Cell::Uncalculated => None,
    };
    SampleCell { text: cell.plain().into_owned(), native }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_told_by_evidence_or_not_at_all() {
        let told = |bytes: &[u8]| text(&Bytes::copy_from_slice(bytes)).map(|(_, encoding, _)| encoding.name()).map_err(|refusal| refusal.error);
        assert_eq!(told("Prénom;Âge".as_bytes()), Ok("utf-8"));
        assert_eq!(told(b"Pr\xE9nom;\xC2ge;C\xF4te d\x92Ivoire"), Ok("windows-1252"));
        // Arabic in windows-1256 is no western text.
        assert_eq!(told(b"\xC7\xE1\xCC\xE4\xD3;\xC7\xE1\xD3\xE4"), Err("encoding-error"));
        assert_eq!(told(b"\xFF\xFEa\0;\0\xE9\0"), Ok("utf-16"));
        assert_eq!(told("NumÃ©ro".as_bytes()), Err("encoding-error"));
    }
}
