//! Rows read once more from the text that they stand in: of few rows the cells are wanted as they were written, once it is
//! known which, and to keep those of all would take as much memory again as the text.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::Refusal;
use super::encoding::decode;
use super::quotes::Scan;
use crate::project::TextEncoding;

/// A decoded text that may outlive who reads it, without a copy.
pub enum Text<'t> {
    /// As it was sent.
    Sent(&'t Bytes, &'t str),
    /// Made of another encoding.
    Decoded(Arc<String>),
}

impl<'t> Text<'t> {
    /// Decodes an extract.
    ///
    /// # Errors
    /// As [`decode`] says.
    pub fn of(bytes: &'t Bytes, encoding: TextEncoding) -> Result<Self, Refusal> {
        Ok(match decode(bytes, encoding)? {
            Cow::Borrowed(text) => Self::Sent(bytes, text),
            Cow::Owned(text) => Self::Decoded(Arc::new(text)),
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sent(_, text) => text,
            Self::Decoded(text) => text,
        }
    }

    /// A part of it, to be kept.
    pub fn share(&self, part: &str) -> Bytes {
        match self {
            Self::Sent(bytes, _) => bytes.slice_ref(part.as_bytes()),
            Self::Decoded(text) => Bytes::from_owner(Owner(text.clone())).slice_ref(part.as_bytes()),
        }
    }
}

/// A text as bytes.
struct Owner(Arc<String>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What the rows of a text stand in.
pub struct Origin<'t> {
    /// The text.
    pub text: &'t str,
    /// The same, to be kept.
    pub shared: Bytes,
    /// What separates cells.
    pub delimiter: u8,
    /// True where a carriage return alone ends some line.
    pub has_lone_returns: bool,
}

impl Origin<'_> {
    /// Its records under a header of so many labels.
    pub fn records(&self, labels: usize, fields: Arc<[Option<usize>]>) -> Records {
        let Self { shared, delimiter, has_lone_returns, .. } = self;
        Records { text: shared.clone(), delimiter: *delimiter, labels, has_lone_returns: *has_lone_returns, fields }
    }
}

/// Records of a text, and which of their cells are of which field.
pub struct Records {
    /// Rows begin at places in it.
    text: Bytes,
    delimiter: u8,
    /// How many the header has.
    labels: usize,
    has_lone_returns: bool,
    /// The fields of cells that are kept.
    fields: Arc<[Option<usize>]>,
}

/// Where the rows of a batch stand in a text.
///
/// Has no `Debug`: their cells may be protected.
pub struct Written {
    records: Arc<Records>,
    starts: Vec<u32>,
}

impl Written {
    /// Rows that begin at such places.
    pub fn new(records: Arc<Records>, starts: Vec<u32>) -> Self {
        Self { records, starts }
    }

    /// The cells of a row, by the index of their fields, in the order of these.
    pub fn cells(&self, row: usize) -> Vec<(usize, String)> {
        let Records { text, delimiter, labels, has_lone_returns, fields } = &*self.records;
        let text = &text[self.starts[row] as usize..];
        let mut cells = Vec::new();
        // Rows that could not be read were not handed on.
        if !matches!(Scan::within(text, *delimiter, 1, *labels, *has_lone_returns).record(&mut cells), Ok(Some(_))) {
            return Vec::new();
        }
        let kept = cells.iter().zip(fields.iter()).filter_map(|(cell, field)| {
            let text = std::str::from_utf8(&text[cell.start..cell.end]).ok()?;
            Some(((*field)?, if cell.is_escaped { text.replace("\"\"", "\"") } else { text.to_owned() }))
        });
        let mut kept: Vec<(usize, String)> = kept.collect();
        kept.sort_by_key(|(field, _)| *field);
        kept
    }
}
