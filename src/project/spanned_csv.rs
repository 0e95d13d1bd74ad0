//! Small CSV files that people keep beside rihla.toml, every cell with its place.

use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::files::Files;
use super::forms::Text;
use crate::diagnostic::{Fault, SourceFile};

/// A line with its cells; a quoted cell may hold line breaks.
pub struct Line {
    /// Its bytes, without the line break.
    pub place: Range<usize>,
    /// Its cells, without quotation marks and surrounding spaces.
    pub cells: Vec<Text>,
}

/// The lines below the header of a file that must have `header`; lines of another length are told and left out, empty lines
/// are left out.
pub fn read(files: &Files, path: &str, header: &[&str], faults: &mut Vec<Fault>) -> Option<(Arc<SourceFile>, Vec<Line>)> {
    let file = files.read(path, faults)?;
    let mut lines = lines(&file.text, faults, &file)?.into_iter().filter(|line| line.cells.iter().any(|cell| !cell.get_ref().is_empty()));
    let first = lines.next();
    if !first.as_ref().is_some_and(|line| line.cells.iter().map(|cell| cell.get_ref().as_str()).eq(header.iter().copied())) {
        let place = first.map_or(0..0, |line| line.place);
        let hint = format!("the first line must be `{}`, with commas between the cells", header.join(","));
        faults.push(Fault::error(&file, place, "this is not the header of the file").hint(hint));
        return None;
    }
    let (whole, broken): (Vec<Line>, Vec<Line>) = lines.partition(|line| line.cells.len() == header.len());
    for line in broken {
        let message = format!("this line has {} cells; the header has {}", line.cells.len(), header.len());
        faults.push(Fault::error(&file, line.place, message).hint("put a cell that holds a comma between quotation marks"));
    }
    Some((file, whole))
}

fn lines(text: &str, faults: &mut Vec<Fault>, file: &Arc<SourceFile>) -> Option<Vec<Line>> {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = Vec::new();
    while at < text.len() {
        let Some(line) = line(text, at) else {
            faults.push(
                Fault::error(file, at..text.len(), "a quotation mark of this line is never closed").hint("a mark within a cell is written twice: `\"\"`"),
            );
            return None;
        };
        at = text[line.place.end..].find('\n').map_or(text.len(), |end| line.place.end + end + 1);
        lines.push(line);
    }
    Some(lines)
}

/// The line that begins at a byte; nothing where a quoted cell of it does not end.
fn line(text: &str, start: usize) -> Option<Line> {
    let mut cells = Vec::new();
    let mut at = start;
    loop {
        let (cell, end) = cell(text, at)?;
        cells.push(cell);
        if text[end..].starts_with(',') {
            at = end + 1;
        } else {
            return Some(Line { place: start..end, cells });
        }
    }
}

/// The cell that begins at a byte, and where it ends: at a comma, a line break or the end.
fn cell(text: &str, start: usize) -> Option<(Text, usize)> {
    let rest = &text[start..];
    if !rest.starts_with('"') {
        let end = start + rest.find([',', '\n', '\r']).unwrap_or(rest.len());
        let raw = &text[start..end];
        let lead = raw.len() - raw.trim_start().len();
        let trimmed = raw.trim();
        let place = start + lead..start + lead + trimmed.len();
        return Some((Spanned::new(place, trimmed.to_owned()), end));
    }
    let mut at = start + 1;
    loop {
        at += text[at..].find('"')?;
        if !text[at + 1..].starts_with('"') {
            break;
        }
        at += 2;
    }
    let value = text[start + 1..at].replace("\"\"", "\"").trim().to_owned();
    let after = at + 1;
    let end = after + text[after..].find([',', '\n', '\r']).unwrap_or(text.len() - after);
    Some((Spanned::new(start..after, value), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Cells = Vec<(Range<usize>, String)>;

    fn read_text(text: &str) -> Option<Vec<Cells>> {
        let file = Arc::new(SourceFile { path: "x.csv".into(), text: text.into() });
        let of = |line: Line| line.cells.into_iter().map(|cell| (cell.span(), cell.into_inner())).collect();
        Some(lines(text, &mut Vec::new(), &file)?.into_iter().map(of).collect())
    }

    #[test]
    fn cells_have_their_places() {
        let text = "\u{feff}a,b\r\n\"x, \"\"y\"\"\nz\", c \n,";
        let found = read_text(text).unwrap();
        let values: Vec<Vec<&str>> = found.iter().map(|line| line.iter().map(|(_, value)| value.as_str()).collect()).collect();
        assert_eq!(values, [vec!["a", "b"], vec!["x, \"y\"\nz", "c"], vec!["", ""]]);
        let written = |line: usize, cell: usize| &text[found[line][cell].0.clone()];
        assert_eq!([written(0, 1), written(1, 0), written(1, 1)], ["b", "\"x, \"\"y\"\"\nz\"", "c"]);
        assert_eq!(read_text("a,\"b\nc"), None, "a quotation mark that is never closed");
    }

    /// The `csv` crate says the same of every text that it can read.
    #[test]
    fn texts_mean_what_the_csv_crate_says() {
        for text in ["a,b\nc,d\n", "a,\"b,c\"\n", "\"a\"\"b\",c\r\nd,e", "\"two\nlines\",x\n", "é,\"ü\"\n"] {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let other: Vec<Vec<String>> = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
            let own: Vec<Vec<String>> = read_text(text).unwrap().into_iter().map(|line| line.into_iter().map(|(_, cell)| cell).collect()).collect();
            assert_eq!(own, other, "{text:?}");
        }
    }
}
