//! Rows written as text: a header, then a row a line, cells apart by `|`, each with its place in the file.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Fault, SourceFile};
use crate::model::Text;

/// A cell, or a column's name.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What it says; nothing where it is empty.
    pub text: Option<String>,
    /// Its place in the file.
    pub place: Range<usize>,
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// As many cells as the header has.
    pub cells: Vec<Cell>,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// A table of text.
#[derive(Debug)]
pub struct TextTable {
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// The names of the columns; none where nothing is written at all.
    pub header: Vec<Cell>,
    /// The rows.
    pub rows: Vec<Row>,
    /// The place of the header, or of the whole where there is none.
    pub place: Range<usize>,
}

impl TextTable {
    /// Reads a table; nothing where it has faults.
    pub fn read(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Self> {
        let before = faults.len();
        let start = start(file, text);
        let mut table = Self { file: file.clone(), header: Vec::new(), rows: Vec::new(), place: text.span() };
        let mut offset = 0;
        for line in text.get_ref().split_inclusive('\n') {
            let at = offset;
            offset += line.len();
            let line = line.trim_end();
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            // Where escapes stand in the text, its bytes are not those of the file, and it is pointed at whole.
            let place = |part: Range<usize>| start.map_or_else(|| text.span(), |start| start + at + part.start..start + at + part.end);
            match split(line) {
                Ok(cells) => table.line(cells.into_iter().map(|(text, part)| Cell { text, place: place(part) }).collect(), place(0..line.len()), faults),
                Err(part) => faults.push(Fault::error(file, place(part), "a quotation mark is never closed, or something stands behind it")),
            }
        }
        (faults.len() == before).then_some(table)
    }

    fn line(&mut self, cells: Vec<Cell>, place: Range<usize>, faults: &mut Vec<Fault>) {
        if self.header.is_empty() {
            for (index, cell) in cells.iter().enumerate() {
                let name = cell.text.as_deref().unwrap_or_default();
                if name.is_empty() {
                    faults.push(Fault::error(&self.file, cell.place.clone(), "a column has no name").hint("no `|` stands at the ends of a line"));
                } else if cells[..index].iter().any(|other| other.text.as_deref() == Some(name)) {
                    faults.push(Fault::error(&self.file, cell.place.clone(), format!("the column `{name}` stands twice")));
                }
            }
            (self.header, self.place) = (cells, place);
        } else if cells.len() == self.header.len() {
            let line = self.file.position(place.start).0;
            self.rows.push(Row { cells, line });
        } else {
            let message = format!("this row has {}, and the header {}", count(cells.len()), count(self.header.len()));
            faults.push(Fault::error(&self.file, place, message).hint("write text that holds `|` in quotation marks"));
        }
    }

    /// The place of a column of this name in the header.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|cell| cell.text.as_deref() == Some(name))
    }
}

fn count(cells: usize) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

/// Where the text begins in the file, behind its quotation marks; nothing where it is not written there as it is.
fn start(file: &SourceFile, text: &Text) -> Option<usize> {
    let written = file.text.get(text.span())?;
    let at = written.find(text.get_ref().as_str())?;
    let marks = &written[..at];
    // An empty text is found before its own marks.
    let marks = if text.get_ref().is_empty() { "\"" } else { marks };
    marks.trim_end().chars().all(|mark| mark == '"' || mark == '\'').then(|| text.span().start + at)
}

/// What a cell says, and its place in the line.
type Part = (Option<String>, Range<usize>);

/// The cells of a line with their places in it.
///
/// # Errors
/// The place of a quoted cell that does not end where it should.
fn split(line: &str) -> Result<Vec<Part>, Range<usize>> {
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let lead = line[at..].len() - line[at..].trim_start().len();
        let begin = at + lead;
        let (text, end, next) = if line[begin..].starts_with('"') { quoted(line, begin)? } else { plain(line, begin) };
        cells.push((text, begin..end));
        match next {
            Some(next) => at = next,
            None => return Ok(cells),
        }
    }
}

/// A cell, its end, and where the next one begins.
type Split = (Option<String>, usize, Option<usize>);

fn plain(line: &str, begin: usize) -> Split {
    let bar = line[begin..].find('|').map(|bar| begin + bar);
    let text = line[begin..bar.unwrap_or(line.len())].trim_end();
    ((!text.is_empty()).then(|| text.to_owned()), begin + text.len(), bar.map(|bar| bar + 1))
}

fn quoted(line: &str, begin: usize) -> Result<Split, Range<usize>> {
    let mut text = String::new();
    let mut at = begin + 1;
    loop {
        let mark = line[at..].find('"').ok_or(begin..line.len())?;
        text.push_str(&line[at..at + mark]);
        at += mark + 1;
        if !line[at..].starts_with('"') {
            break;
        }
        text.push('"');
        at += 1;
    }
    let rest = &line[at..];
    let gap = rest.len() - rest.trim_start().len();
    match rest.trim_start().chars().next() {
        None => Ok((Some(text), at, None)),
        Some('|') => Ok((Some(text), at, Some(at + gap + 1))),
        Some(_) => Err(begin..line.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<Option<String>> {
        split(line).unwrap().into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn cells_are_trimmed_and_empty_ones_are_null() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts("a | b  |c"), [some("a"), some("b"), some("c")]);
        assert_eq!(texts("|"), [None, None]);
        assert_eq!(texts("  | é |"), [None, some("é"), None]);
        assert_eq!(texts(r#""a | b" | "" | " x ""y"" " "#), [some("a | b"), some(""), some(" x \"y\" ")]);
        assert!(split("\"a | b").is_err() && split("\"a\" b | c").is_err());
    }
}
