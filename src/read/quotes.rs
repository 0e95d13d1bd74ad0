//! Quotation marks of a CSV looked at strictly, before it is split: the splitter is lenient, and a stray mark would make
//! several rows one cell without a word. Rows of more cells than an extract can have are found here too, before they are
//! split.

use super::Refusal;
use super::limits::{MOST_COLUMNS, past};

/// Checks every quotation mark and the width of every row of a CSV; `first` is the number of its first line.
///
/// # Errors
/// `source-error` with the line, where a mark stands inside an unquoted cell, where text follows a closing mark, where a
/// mark is never closed, where a quoted cell holds a line with as many delimiters as a whole row, and where a row has
/// more than [`MOST_COLUMNS`] cells.
pub fn check(text: &str, delimiter: u8, first: usize) -> Result<(), Refusal> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, line: first, delimiter, widest: usize::MAX };
    let mut cells = 1;
    let mut header_is_done = false;
    while let Some(end) = scan.cell()? {
        match end {
            End::Delimiter => {
                cells += 1;
                check_width(cells, scan.line)?;
            }
            End::Row => {
                if !std::mem::replace(&mut header_is_done, true) {
                    // A header of one or two cells says too little about what a row looks like.
                    scan.widest = if cells > 2 { cells - 1 } else { usize::MAX };
                }
                cells = 1;
            }
        }
    }
    Ok(())
}

fn check_width(cells: usize, line: usize) -> Result<(), Refusal> {
    if cells > MOST_COLUMNS {
        return Err(past(format!("line {line} has more than {MOST_COLUMNS} cells"), "is the delimiter right, and does every line end?"));
    }
    Ok(())
}

/// What ends a cell.
enum End {
    Delimiter,
    Row,
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    line: usize,
    delimiter: u8,
    /// Delimiters in one line within a quoted cell that make it a swallowed row.
    widest: usize,
}

impl Scan<'_> {
    /// Passes over a cell and what ends it; nothing at the end of the text.
    fn cell(&mut self) -> Result<Option<End>, Refusal> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        if self.bytes[self.at] == b'"' {
            self.quoted()?;
        }
        loop {
            let Some(byte) = self.bytes.get(self.at).copied() else { return Ok(Some(End::Row)) };
            self.at += 1;
            match byte {
                b'"' => return Err(refusal(self.line, "holds a quotation mark inside a cell that is not quoted, or text after a closing one")),
                b'\r' if self.bytes.get(self.at) == Some(&b'\n') => {}
                b'\r' | b'\n' => {
                    self.line += 1;
                    return Ok(Some(End::Row));
                }
                byte if byte == self.delimiter => return Ok(Some(End::Delimiter)),
                _ => {}
            }
        }
    }

    /// Passes over a quoted cell, up to what follows its closing mark.
    fn quoted(&mut self) -> Result<(), Refusal> {
        let opened = self.line;
        self.at += 1;
        let mut delimiters = 0;
        loop {
            let Some(byte) = self.bytes.get(self.at).copied() else { return Err(refusal(opened, "opens a quotation mark that is never closed")) };
            self.at += 1;
            match byte {
                b'"' if self.bytes.get(self.at) == Some(&b'"') => self.at += 1,
                b'"' => break,
                b'\n' => {
                    if self.line > opened && delimiters >= self.widest {
                        return Err(refusal(opened, "opens a quotation mark that swallows whole rows"));
                    }
                    self.line += 1;
                    delimiters = 0;
                }
                byte if byte == self.delimiter => delimiters += 1,
                _ => {}
            }
        }
        match self.bytes.get(self.at) {
            None | Some(b'\r' | b'\n') => Ok(()),
            Some(byte) if *byte == self.delimiter => Ok(()),
            Some(_) => Err(refusal(self.line, "has text after a closing quotation mark")),
        }
    }
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
