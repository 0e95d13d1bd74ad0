//! Separated values split strictly: a stray quotation mark would make several rows one cell without a word, so that it is a
//! refusal here. Rows of more cells than an extract can have are found here too.

use memchr::{memchr_iter, memchr2};

use super::Refusal;
use super::limits::{MOST_COLUMNS, past};
use super::signs::Signs;

/// Checks every quotation mark and the width of every row of a CSV; `first` is the number of its first line.
///
/// # Errors
/// As [`Scan::record`] says.
pub fn check(text: &str, delimiter: u8, first: usize) -> Result<(), Refusal> {
    let mut scan = Scan::of(text, delimiter, first);
    let mut cells = Vec::new();
    while scan.record(&mut cells)?.is_some() {}
    Ok(())
}

/// A cell, by its place in the text, without its quotation marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// True where quotation marks in it are written twice.
    pub is_escaped: bool,
}

/// What ends a cell.
#[derive(PartialEq, Eq)]
enum End {
    Delimiter,
    Row,
}

/// Goes through the records of a text.
pub struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Where the record begins that was read last.
    start: usize,
    line: usize,
    delimiter: u8,
    /// Delimiters in one line within a quoted cell that make it a swallowed row; not known before the header was read.
    widest: Option<usize>,
    /// True where a carriage return alone ends some line.
    has_lone_returns: bool,
    /// True where quotation marks in some cell of the record are written twice.
    has_escaped: bool,
    /// Where signs stand: bytes that end a cell, or may not stand in one.
    signs: Signs,
}

impl<'t> Scan<'t> {
    /// At the beginning of a text; `first` is the number of its first line.
    pub fn of(text: &'t str, delimiter: u8, first: usize) -> Self {
        let bytes = text.as_bytes();
        let has_lone_returns = memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'));
        Self {
            bytes,
            at: 0,
            start: 0,
            line: first,
            delimiter,
            widest: None,
            has_lone_returns,
            has_escaped: false,
            signs: Signs::of(bytes, delimiter, has_lone_returns),
        }
    }

    /// At the beginning of a part of a text whose header has so many cells; `line` is the number of its first line.
    pub fn within(bytes: &'t [u8], delimiter: u8, line: usize, cells: usize, has_lone_returns: bool) -> Self {
        Self {
            bytes,
            at: 0,
            start: 0,
            line,
            delimiter,
            widest: Some(widest(cells)),
            has_lone_returns,
            has_escaped: false,
            signs: Signs::of(bytes, delimiter, has_lone_returns),
        }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Where the record begins that was read last.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The number of the line that comes next.
    pub fn line(&self) -> usize {
        self.line
    }

    /// True where a carriage return alone ends some line.
    pub fn has_lone_returns(&self) -> bool {
        self.has_lone_returns
    }

    /// True where quotation marks in some cell of the record that was read last are written twice.
    pub fn has_escaped(&self) -> bool {
        self.has_escaped
    }

    /// Puts the cells of the next record in place of those that `cells` holds, and tells the line that it begins on; blank
    /// lines are passed over. Nothing at the end of the text.
    ///
    /// # Errors
    /// `source-error` with the line, where a mark stands inside an unquoted cell, where text follows a closing mark, where a
    /// mark is never closed, where a quoted cell holds a line with as many delimiters as a whole row, and where a row has
    /// more than [`MOST_COLUMNS`] cells.
    pub fn record(&mut self, cells: &mut Vec<Cell>) -> Result<Option<usize>, Refusal> {
        cells.clear();
        self.has_escaped = false;
        self.pass_blank_lines();
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        self.start = self.at;
        let line = self.line;
        loop {
            self.plain_cells(cells);
            let end = self.cell(cells)?;
            if cells.len() > MOST_COLUMNS {
                return Err(past(format!("line {line} has more than {MOST_COLUMNS} cells"), "is the delimiter right, and does every line end?"));
            }
            if end == End::Row {
                break;
            }
        }
        self.widest.get_or_insert(widest(cells.len()));
        Ok(Some(line))
    }

    fn pass_blank_lines(&mut self) {
        while let Some(byte @ (b'\r' | b'\n')) = self.bytes.get(self.at).copied() {
            self.at += 1;
            if byte == b'\r' && self.bytes.get(self.at) == Some(&b'\n') {
                self.at += 1;
            }
            self.line += 1;
        }
    }

    /// Passes over cells that are not quoted and that a delimiter ends, as most are, with it.
    fn plain_cells(&mut self, cells: &mut Vec<Cell>) {
        while cells.len() <= MOST_COLUMNS
            && let Some((block, mut found)) = self.signs.near(self.bytes, self.at)
        {
            while found != 0 {
                let end = block + found.trailing_zeros() as usize;
                if self.bytes[end] != self.delimiter {
                    return;
                }
                cells.push(Cell { start: self.at, end, is_escaped: false });
                self.at = end + 1;
                found &= found - 1;
            }
        }
    }

    /// Passes over a cell, which is put to the others, and what ends it.
    fn cell(&mut self, cells: &mut Vec<Cell>) -> Result<End, Refusal> {
        let is_quoted = self.bytes.get(self.at) == Some(&b'"');
        if is_quoted {
            self.quoted(cells)?;
        }
        let start = self.at;
        let (at, byte) = self.next_sign();
        if !is_quoted {
            cells.push(Cell { start, end: at, is_escaped: false });
        }
        self.at = at + 1;
        match byte {
            Some(b'"') => Err(refusal(self.line, "holds a quotation mark inside a cell that is not quoted, or text after a closing one")),
            Some(byte @ (b'\r' | b'\n')) => {
                if byte == b'\r' && self.bytes.get(self.at) == Some(&b'\n') {
                    self.at += 1;
                }
                self.line += 1;
                Ok(End::Row)
            }
            Some(_) => Ok(End::Delimiter),
            None => {
                self.at = at;
                Ok(End::Row)
            }
        }
    }

    /// The next delimiter, quotation mark or end of a line.
    #[inline]
    fn next_sign(&mut self) -> (usize, Option<u8>) {
        let Some(at) = self.signs.next(self.bytes, self.at) else { return (self.bytes.len(), None) };
        match self.bytes[at] {
            // Where no carriage return is alone, each stands before a line feed.
            b'\n' if at > self.at && self.bytes[at - 1] == b'\r' => (at - 1, Some(b'\r')),
            byte => (at, Some(byte)),
        }
    }

    /// Passes over a quoted cell, up to what follows its closing mark.
    fn quoted(&mut self, cells: &mut Vec<Cell>) -> Result<(), Refusal> {
        let opened = self.line;
        let start = self.at + 1;
        let (mut is_escaped, mut line_start) = (false, None);
        self.at = start;
        let end = loop {
            let Some(at) = memchr2(b'"', b'\n', &self.bytes[self.at..]).map(|at| self.at + at) else {
                return Err(refusal(opened, "opens a quotation mark that is never closed"));
            };
            self.count_returns(self.at, at);
            self.at = at + 1;
            match self.bytes[at] {
                b'\n' => {
                    let delimiters = |from: usize| memchr_iter(self.delimiter, &self.bytes[from..at]).count();
                    if line_start.is_some_and(|from| self.widest.is_some_and(|widest| delimiters(from) >= widest)) {
                        return Err(refusal(opened, "opens a quotation mark that swallows whole rows"));
                    }
                    self.line += 1;
                    line_start = Some(self.at);
                }
                _ if self.bytes.get(self.at) == Some(&b'"') => {
                    is_escaped = true;
                    self.at += 1;
                }
                _ => break at,
            }
        };
        match self.bytes.get(self.at) {
            None | Some(b'\r' | b'\n') => {}
            Some(byte) if *byte == self.delimiter => {}
            Some(_) => return Err(refusal(self.line, "has text after a closing quotation mark")),
        }
        self.has_escaped |= is_escaped;
        cells.push(Cell { start, end, is_escaped });
        Ok(())
    }

    /// Lines of a quoted cell that a carriage return alone ends.
    fn count_returns(&mut self, from: usize, to: usize) {
        if self.has_lone_returns {
            self.line += memchr_iter(b'\r', &self.bytes[from..to]).filter(|at| self.bytes.get(from + at + 1) != Some(&b'\n')).count();
        }
    }
}

/// Delimiters in a line that make it a row; a header of one or two cells says too little about what a row looks like.
fn widest(cells: usize) -> usize {
    if cells > 2 { cells - 1 } else { usize::MAX }
}

fn refusal(line: usize, what: &str) -> Refusal {
    Refusal::new("source-error", format!("line {line} {what}"))
}

#[cfg(test)]
mod tests {
    use super::{MOST_COLUMNS, check};

    #[test]
    fn marks_that_would_merge_rows_are_refused() {
        for (text, line) in
            [("a,b,c\n1,\"x,2\n3,y\" z,4\n", 3), ("a,b,c\n1,x\"y,2\n", 2), ("a,b,c\n1,2,\"open\n3,4,5\n", 2), ("a,b,c\n1,\"x\n3,y,4\n5,z\",2\n", 2)]
        {
            let refusal = check(text, b',', 1).unwrap_err();
            assert!(refusal.message.starts_with(&format!("line {line} ")), "{text:?}: {refusal}");
        }
    }

    #[test]
    fn sound_marks_pass() {
        let wide = format!("a,b\n{}\n", ",".repeat(MOST_COLUMNS));
        assert_eq!(check(&wide, b',', 1).unwrap_err().message.split(':').next(), Some("line 2 has more than 4096 cells"));
        for text in ["a,b,c\n1,\"x, \"\"y\"\"\nz\",2\n", "\"a\",\"b\"\r\n\"\",\"\"\r\n", "a,b\n1,\"2\"", ""] {
            assert!(check(text, b',', 1).is_ok(), "{text:?}");
        }
    }
}
