//! A sample made labels and rows: its encoding, delimiter, sheet and header decided by evidence, or refused.

use bytes::Bytes;

use super::vocabulary::Vocabulary;
use crate::contract::fold;
use crate::error::{Error, Kind, Result};
use crate::project::{Compression, Limits, TextEncoding};
use crate::read::Refusal;
use crate::read::hxl::is_tag_row;
use crate::read::sample::{self, SampleCell, SampleRow, SampleSheet};
use crate::read::unpack::{Room, told, unpack};

/// How a sample is written.
pub enum Habit {
    /// Separated values.
    Csv {
        /// The separator.
        delimiter: char,
        /// The encoding.
        encoding: TextEncoding,
    },
    /// A workbook.
    Workbook {
        /// The sheet's name, where there are several or it was asked for.
        sheet: Option<String>,
        /// The header's row, from 1.
        header_row: i64,
    },
}

/// Labels and rows. Its cells may be a person's, so that there is no `Debug`.
pub struct Sample {
    /// How it is packed, where it is.
    pub compression: Option<Compression>,
    /// How it is written.
    pub habit: Habit,
    /// The labels.
    pub labels: Vec<String>,
    /// The rows below them, totals and blank ones left out.
    pub rows: Vec<SampleRow>,
    /// Whether a row of HXL tags stood under the header; it is left out.
    pub is_tagged: bool,
    /// First cells of the rows that are totals: words that are known to be no person's.
    pub totals: Vec<String>,
    /// What was decided, and why.
    pub evidence: Vec<String>,
}

const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// First words of rows that are totals, folded.
const TOTALS: [&str; 7] = ["total", "totaux", "sous total", "total general", "grand total", "المجموع", "الاجمالي"];

/// Reads a sample; `wanted` names a sheet of a workbook.
///
/// # Errors
/// `Data` where it cannot be read, or where what it is cannot be decided.
pub fn read(bytes: &Bytes, wanted: Option<&str>, words: &Vocabulary) -> Result<Sample> {
    if let Some(compression) = told(bytes) {
        let mut room = Room::new(Limits::default(), bytes.len());
        let unpacked = unpack(bytes, compression, &mut room).map_err(refused)?;
        let mut sample = read(&unpacked, wanted, words)?;
        sample.compression = Some(compression);
        sample.evidence.insert(0, format!("packed with {}: its first bytes say so", compression.as_str()));
        return Ok(sample);
    }
    if sample::is_archive(bytes) {
        workbook(bytes, wanted, words)
    } else if wanted.is_some() {
        Err(Error::new(Kind::Input, "the file is no workbook, so it has no sheets"))
    } else {
        csv(bytes, words)
    }
}

fn refused(refusal: Refusal) -> Error {
    Error::new(Kind::Data, refusal.message)
}

fn csv(bytes: &Bytes, words: &Vocabulary) -> Result<Sample> {
    let (text, encoding, why) = sample::text(bytes).map_err(refused)?;
    let mut evidence = vec![format!("encoding {}: {why}", encoding.name())];
    let mut cuts: Vec<(char, Vec<String>, Vec<SampleRow>, usize)> = Vec::new();
    let mut last = None;
    for delimiter in DELIMITERS {
        match sample::records(&text, u8::try_from(delimiter).unwrap_or(b',')) {
            Ok((labels, rows)) => {
                let width = labels.len();
                let alike = rows.iter().filter(|row| row.cells.len() == width).count();
                // Nine rows of ten as wide as the header: a few may be damaged, as in real extracts.
                if width > 1 && alike * 10 >= rows.len() * 9 {
                    cuts.push((delimiter, labels, rows, alike));
                }
            }
            Err(refusal) => last = Some(refusal),
        }
    }
    if cuts.len() > 1 {
        let named = cuts.iter().map(|(delimiter, ..)| format!("`{}`", delimiter.escape_default())).collect::<Vec<_>>().join(" and ");
        return Err(Error::new(Kind::Data, format!("the delimiter cannot be decided: the rows are as wide as the header with {named}"))
            .hint("write the pipeline by hand, or export the file with another delimiter"));
    }
    let Some((delimiter, labels, rows, alike)) = cuts.pop() else {
        let error =
            Error::new(Kind::Data, "no delimiter makes most rows as wide as the header: is this a CSV file or a workbook, with its header in the first line?");
        return Err(last.map_or(error, refused));
    };
    let width = labels.len();
    evidence.push(format!(
        "delimiter `{}`: {alike} of {} rows have {width} cells as the header has, with no other delimiter",
        delimiter.escape_default(),
        rows.len()
    ));
    finish(Habit::Csv { delimiter, encoding }, labels, rows, words, evidence)
}

fn workbook(bytes: &Bytes, wanted: Option<&str>, words: &Vocabulary) -> Result<Sample> {
    let mut sheets = sample::sheets(bytes).map_err(refused)?;
    let count = sheets.len();
    let (position, why) = choose(&sheets, wanted)?;
    let sheet = sheets.swap_remove(position);
    let at = header(&sheet.rows, words).ok_or_else(|| {
        Error::new(Kind::Data, "no row of the sheet is a header: a row of text alone, as wide as the rows below it, with a label that is known")
            .hint("known are words such as `id`, `sexe`, `date of birth`; see what `rihla infer --help` says")
    })?;
    let header_row = sheet.rows[at].number;
    let evidence =
        vec![format!("sheet {}: {why}", position + 1), format!("header in row {header_row}: the first row of text alone that is as wide as the rows below it")];
    let habit = Habit::Workbook { sheet: (count > 1 || wanted.is_some()).then_some(sheet.name), header_row };
    let mut rows = sheet.rows.into_iter().skip(at);
    let labels = rows.next().map(|row| row.cells.into_iter().map(|cell| cell.text).collect()).unwrap_or_default();
    finish(habit, labels, rows.collect(), words, evidence)
}

/// The place of the sheet with the rows, and why it is that one.
fn choose(sheets: &[SampleSheet], wanted: Option<&str>) -> Result<(usize, &'static str)> {
    if let Some(name) = wanted {
        let found = sheets.iter().position(|sheet| sheet.name == name);
        return found
            .map(|at| (at, "as asked for"))
            .ok_or_else(|| Error::new(Kind::Input, format!("the workbook has no sheet `{name}`")).hint(format!("it has {} of other names", sheets.len())));
    }
    let is_table = |sheet: &&SampleSheet| sheet.is_visible && sheet.rows.iter().filter(|row| filled(row) > 1).count() > 1;
    let tables: Vec<usize> = sheets.iter().enumerate().filter(|(_, sheet)| is_table(sheet)).map(|(index, _)| index).collect();
    match tables.as_slice() {
        [only] => Ok((*only, "the only visible one with rows")),
        [] => Err(Error::new(Kind::Data, "no visible sheet of the workbook has rows")),
        several => Err(Error::new(Kind::Data, format!("{} sheets of the workbook have rows", several.len())).hint("name the one with --sheet NAME")),
    }
}

fn filled(row: &SampleRow) -> usize {
    row.cells.iter().filter(|cell| !cell.text.trim().is_empty()).count()
}

/// The first row that can be a header.
fn header(rows: &[SampleRow], words: &Vocabulary) -> Option<usize> {
    // Banners and totals are narrow, so that half of the rows are at least as wide as a real one.
    let mut widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    let usual = (*widths.get(widths.len() / 2)?).max(2);
    rows.iter().position(|row| {
        let labels: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        row.cells.len() >= usual && row.cells.iter().all(|cell| cell.native.is_none()) && header_problem(&labels, words).is_none()
    })
}

/// Why these cells are no header. A first row that is a person's would be shown as labels.
fn header_problem(labels: &[&str], words: &Vocabulary) -> Option<&'static str> {
    let folded: Vec<String> = labels.iter().map(|label| fold(label)).collect();
    let is_value = |label: &&&str| label.contains('@') || label.chars().filter(char::is_ascii_digit).count() > 3 || label.trim().parse::<f64>().is_ok();
    if folded.iter().any(String::is_empty) {
        return Some("one of its cells is blank");
    }
    if labels.iter().any(|label| is_value(&label)) {
        return Some("one of its cells is a number, a date or an address");
    }
    let mut seen = std::collections::HashSet::new();
    if !folded.iter().all(|label| seen.insert(label)) {
        return Some("two of its cells say the same");
    }
    let known = labels.iter().any(|label| words.find(label).is_some());
    (!known).then_some("none of its cells is a label that is known in English, French or Arabic")
}

fn finish(habit: Habit, labels: Vec<String>, rows: Vec<SampleRow>, words: &Vocabulary, mut evidence: Vec<String>) -> Result<Sample> {
    let labels: Vec<String> = labels.into_iter().map(|label| label.trim().to_owned()).collect();
    if let Some(problem) = header_problem(&labels.iter().map(String::as_str).collect::<Vec<_>>(), words) {
        return Err(Error::new(Kind::Data, format!("the first row is no header: {problem}")).hint("its cells are not shown, since they may be a person's"));
    }
    let is_tagged = rows.first().is_some_and(|row| is_tag_row(&row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>()));
    if is_tagged {
        evidence.push("the row under the header holds HXL tags".to_owned());
    }
    let mut sample = Sample { compression: None, habit, labels, rows: Vec::new(), is_tagged, totals: Vec::new(), evidence: Vec::new() };
    let mut odd: Vec<i64> = Vec::new();
    for mut row in rows.into_iter().skip(usize::from(is_tagged)) {
        let Some(first) = row.cells.iter().find(|cell| !cell.text.trim().is_empty()) else { continue };
        if TOTALS.contains(&fold(&first.text).as_str()) {
            let word = first.text.trim().to_owned();
            if !sample.totals.contains(&word) {
                sample.totals.push(word);
            }
        } else if is_odd(&sample, &mut row) {
            odd.push(row.number);
        } else {
            sample.rows.push(row);
        }
    }
    if sample.rows.is_empty() {
        return Err(Error::new(Kind::Data, "the sample has a header and no rows: there is nothing to draft from"));
    }
    if !odd.is_empty() {
        evidence.push(format!("left out: {} that are not as wide as the header ({})", super::some_rows(&odd), odd.len()));
    }
    if !sample.totals.is_empty() {
        evidence.push(format!("rows that are totals begin with {}", sample.totals.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")));
    }
    sample.evidence = evidence;
    Ok(sample)
}

/// True for a row whose cells may be shifted. A workbook's row ends where its last cell does, which is no fault.
fn is_odd(sample: &Sample, row: &mut SampleRow) -> bool {
    if matches!(sample.habit, Habit::Workbook { .. }) && row.cells.len() < sample.labels.len() {
        row.cells.resize_with(sample.labels.len(), || SampleCell { text: String::new(), native: None });
    }
    row.cells.len() != sample.labels.len()
}
