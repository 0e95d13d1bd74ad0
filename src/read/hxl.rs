//! The row of HXL tags under a header.

use crate::contract::hashtag;

/// True for a row that holds tags and nothing else.
pub fn is_tag_row<T: AsRef<str>>(cells: &[T]) -> bool {
    let mut filled = cells.iter().map(AsRef::as_ref).filter(|cell| !cell.trim().is_empty()).peekable();
    filled.peek().is_some() && filled.all(|cell| hashtag(cell).is_some())
}
