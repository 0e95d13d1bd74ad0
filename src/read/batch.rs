//! Cells as places in texts: nothing is copied that stands in the text of an extract.

use std::ops::Range;
use std::sync::Arc;

use super::quotes::Cell;
use super::written::Written;
use crate::contract::Ahead;

/// Rows of text, a column per field of the contract, while they are handed on.
///
/// Has no `Debug`: its cells may be protected.
pub struct TextBatch<'t> {
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// For each row its row in the sheet or the line it begins on, from 1.
    pub rows: &'t [i64],
    /// By field index; `None` for fields that the extract lacks and for direct identifiers.
    pub columns: Vec<Option<TextColumn<'t>>>,
    /// Where the rows stand in an extract that is a text, so that they can be read once more.
    pub written: Option<Written>,
}

/// The cells of a field, of as many rows as its batch has.
#[derive(Clone, Copy)]
pub struct TextColumn<'t> {
    text: &'t str,
    own: &'t str,
    places: &'t [Place],
}

impl<'t> TextColumn<'t> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The cell of a row as it is written; nothing where the row has none.
    #[inline]
    pub fn get(&self, row: usize) -> Option<&'t str> {
        self.standing(row).map(|cell| cell.as_str())
    }

    /// The cell of a row where it stands; nothing where the row has none.
    #[inline]
    pub fn standing(&self, row: usize) -> Option<Standing<'t>> {
        let place = self.places[row];
        if place == Place::ABSENT {
            return None;
        }
        let (text, start) = if place.start & OWN == 0 { (self.text, place.start) } else { (self.own, place.start ^ OWN) };
        Some(Standing { text, start: start as usize, len: place.len as usize })
    }

    /// How long the cells are together, in bytes.
    pub fn bytes(&self) -> usize {
        self.places.iter().map(|place| place.len as usize).sum()
    }

    /// The cells of some rows.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        Self { places: &self.places[rows], ..*self }
    }
}

/// A cell with what stands around it.
///
/// Has no `Debug`: all of it may be protected.
#[derive(Clone, Copy)]
pub struct Standing<'t> {
    text: &'t str,
    start: usize,
    len: usize,
}

impl<'t> Standing<'t> {
    /// How long it is, in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True where it is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its text.
    #[inline]
    pub fn as_str(&self) -> &'t str {
        &self.text[self.start..self.start + self.len]
    }

    /// A part of its text.
    #[inline]
    pub fn part(&self, place: Range<usize>) -> &'t str {
        &self.as_str()[place]
    }

    /// As many bytes from its beginning as the shapes of texts are compared with, whatever they are: what stands behind its
    /// end is of other cells, and is not to be kept. Nothing where the text ends before.
    #[inline]
    pub fn ahead(&self) -> Option<&'t Ahead> {
        self.text.as_bytes().get(self.start..)?.first_chunk()
    }
}

/// Where a cell stands: in the text of the extract, or in that of the batch.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    start: u32,
    len: u32,
}

/// Set in the start of places in the text of the batch.
const OWN: u32 = 1 << 31;

impl Place {
    const ABSENT: Self = Self { start: u32::MAX, len: 0 };
}

/// Rows per batch: enough to amortise a batch, few enough that what they stand in is still in the cache when it is cast.
const BATCH_ROWS: usize = 2048;

/// Bytes of copied text with which a batch is handed on, however few rows it has.
const MOST_COPIED: usize = 16 << 20;

/// Rows being put together.
pub struct TextRows<'t> {
    /// The text that most cells stand in; empty where there is none.
    text: &'t str,
    /// What stands elsewhere: cells of other formats, and those in which something was written twice.
    own: String,
    columns: Vec<Option<Vec<Place>>>,
    rows: Vec<i64>,
}

impl<'t> TextRows<'t> {
    /// No rows yet, of the fields that are kept.
    pub fn new(kept: impl Iterator<Item = bool>) -> Self {
        Self { text: "", own: String::new(), columns: kept.map(|is_kept| is_kept.then(Vec::new)).collect(), rows: Vec::new() }
    }

    /// No rows yet, of the fields that those of a batch have, and standing in the same text.
    pub fn like(batch: &TextBatch<'t>) -> Self {
        let text = batch.columns.iter().flatten().next().map_or("", |column| column.text);
        Self { text, ..Self::new(batch.columns.iter().map(Option::is_some)) }
    }

    /// Says in which text most cells stand; before there are any.
    pub fn stand_in(&mut self, text: &'t str) {
        self.text = text;
    }

    /// True where the cells of a field are kept.
    pub fn keeps(&self, field: usize) -> bool {
        self.columns[field].is_some()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True where there are as many as are handed on together.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.own.len() >= MOST_COPIED
    }

    /// Adds the cell of a field to the row that ends next; cells of fields that are not kept go nowhere.
    #[inline]
    pub fn cell(&mut self, field: usize, cell: Option<&str>) {
        let Some(column) = &mut self.columns[field] else { return };
        // Records of JSON do not all have every field.
        if column.len() < self.rows.len() {
            column.resize(self.rows.len(), Place::ABSENT);
        }
        let place = match cell {
            None => Place::ABSENT,
            Some(cell) => place_in(self.text, cell).unwrap_or_else(|| copied(&mut self.own, cell)),
        };
        column.push(place);
    }

    /// True where the place of a cell in the text can be told, and something is seen in it at once.
    #[inline]
    pub fn has_place(&self, cell: &Cell) -> bool {
        let bytes = self.text.as_bytes();
        bytes.len() < OWN as usize && cell.start < cell.end && bytes[cell.start].is_ascii_graphic()
    }

    /// Adds the cell of a field that is kept to the row that ends next, by its place in the text, which ends before
    /// [`OWN`]; every row has one.
    #[inline]
    pub fn place(&mut self, field: usize, cell: &Cell) {
        if let Some(column) = &mut self.columns[field] {
            column.push(Place { start: cell.start as u32, len: (cell.end - cell.start) as u32 });
        }
    }

    /// Ends a row with its number.
    #[inline]
    pub fn end(&mut self, row: i64) {
        self.rows.push(row);
    }

    /// Hands the rows on, of which none is left then.
    pub fn take<R>(&mut self, sheet: Option<Arc<str>>, written: Option<Written>, take: impl FnOnce(TextBatch<'_>) -> R) -> R {
        let count = self.rows.len();
        self.columns.iter_mut().flatten().for_each(|column| column.resize(count, Place::ABSENT));
        let (text, own) = (self.text, self.own.as_str());
        let columns = self.columns.iter().map(|places| Some(TextColumn { text, own, places: places.as_deref()? })).collect();
        let taken = take(TextBatch { sheet, rows: &self.rows, columns, written });
        self.columns.iter_mut().flatten().for_each(Vec::clear);
        self.rows.clear();
        self.own.clear();
        taken
    }
}

/// Where a cell stands in a text, if it is a part of it that 31 bits can name.
#[inline]
fn place_in(text: &str, cell: &str) -> Option<Place> {
    let start = (cell.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(cell.len()).filter(|end| *end <= text.len() && *end < OWN as usize)?;
    Some(Place { start: start as u32, len: (end - start) as u32 })
}

/// Copies a cell. A batch is handed on long before it holds as much as 31 bits can name.
#[cold]
fn copied(own: &mut String, cell: &str) -> Place {
    let start = own.len();
    own.push_str(cell);
    debug_assert!(own.len() < OWN as usize, "a batch is handed on before it holds so much");
    Place { start: start as u32 | OWN, len: cell.len() as u32 }
}

#[cfg(test)]
mod tests {
    use super::{OWN, TextRows};

    #[test]
    fn cells_are_told_as_they_were_put_wherever_they_stand() {
        let text = "un;;été";
        let mut rows = TextRows::new([true, true, false, true].into_iter());
        rows.stand_in(text);
        for (row, first) in [(1, "un"), (3, "")] {
            rows.cell(0, Some(if first.is_empty() { &text[3..3] } else { &text[..2] }));
            rows.cell(1, Some("elsewhere"));
            rows.cell(2, Some("kept nowhere"));
            rows.end(row);
        }
        rows.cell(3, Some(&text[4..]));
        rows.end(4);
        assert_eq!((rows.len(), rows.own.len(), rows.is_full()), (3, 2 * "elsewhere".len(), false));
        rows.take(None, None, |batch| {
            assert_eq!(batch.rows, [1, 3, 4]);
            let cells = |field: usize| batch.columns[field].map(|cells| (0..cells.len()).map(|row| cells.get(row)).collect::<Vec<_>>());
            assert_eq!(cells(0), Some(vec![Some("un"), Some(""), None]));
            assert_eq!(cells(1), Some(vec![Some("elsewhere"), Some("elsewhere"), None]));
            assert_eq!(cells(2), None);
            assert_eq!(cells(3), Some(vec![None, None, Some("été")]));
            let last = batch.columns[3].map(|cells| cells.slice(1..3));
            assert_eq!(last.map(|cells| (cells.len(), cells.bytes(), cells.get(1))), Some((2, "été".len(), Some("été"))));
            let mut like = TextRows::like(&batch);
            like.cell(0, batch.columns[0].and_then(|cells| cells.get(0)));
            assert!(like.own.is_empty() && !like.keeps(2), "it stands in the same text");
        });
        assert_eq!((rows.len(), rows.own.len()), (0, 0));
    }

    #[test]
    fn a_cell_beside_a_text_is_copied() {
        let whole = String::from("before|text|behind");
        let mut rows = TextRows::new(std::iter::once(true));
        rows.stand_in(&whole[7..11]);
        for (row, part) in [&whole[..6], &whole[7..11], &whole[7..12], &whole[12..]].into_iter().enumerate() {
            rows.cell(0, Some(part));
            rows.end(row as i64);
        }
        let found = rows.columns[0].iter().flatten().map(|place| place.start & OWN == 0).collect::<Vec<_>>();
        assert_eq!(found, [false, true, false, false]);
        rows.take(None, None, |batch| {
            let cells = batch.columns[0].map(|cells| (0..4).filter_map(|row| cells.get(row)).collect::<Vec<_>>());
            assert_eq!(cells, Some(vec!["before", "text", "text|", "behind"]));
        });
    }
}
