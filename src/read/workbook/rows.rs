//! Cells put together to rows, with the limits that keep a small file from becoming a large sheet.

use std::ops::ControlFlow;

use super::Cell;
use crate::read::Refusal;
use crate::read::limits::{MOST_CHARACTERS, MOST_COLUMNS, MOST_TEXT, is_too_long};

/// Takes a row: its number in the sheet, from 1, and its cells from column A on without the empty ones at its end.
/// [`ControlFlow::Break`] ends the reading.
pub type TakeRow<'t> = dyn FnMut(u32, &[Cell]) -> Result<ControlFlow<()>, Refusal> + 't;

/// The rows of the largest sheet.
pub const MOST_ROWS: u32 = 1_048_576;

/// The row that is being gathered, cell by cell: a stray cell far away costs nothing.
pub struct RowBuilder<'t> {
    row: u32,
    cells: Vec<Cell>,
    room: usize,
    take: &'t mut TakeRow<'t>,
}

impl<'t> RowBuilder<'t> {
    /// Hands rows to `take`.
    pub fn new(take: &'t mut TakeRow<'t>) -> Self {
        Self { row: 0, cells: Vec::new(), room: MOST_TEXT, take }
    }

    /// Adds a cell of a row, from 1, and a column, from 0; cells of another row end the one before it.
    pub fn cell(&mut self, row: u32, column: usize, cell: Cell) -> Result<ControlFlow<()>, Refusal> {
        if row != self.row {
            if row < self.row {
                return Err(broken(format!("row {row} stands behind row {}", self.row)));
            }
            if self.end()?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.row = row;
        }
        if cell == Cell::Empty {
            return Ok(ControlFlow::Continue(()));
        }
        self.check(&cell, column)?;
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Cell::Empty);
        }
        if self.cells[column] != Cell::Empty {
            return Err(broken(format!("row {row} has two cells in column {}", column + 1)));
        }
        self.cells[column] = cell;
        Ok(ControlFlow::Continue(()))
    }

    fn check(&mut self, cell: &Cell, column: usize) -> Result<(), Refusal> {
        let row = self.row;
        if row > MOST_ROWS {
            return Err(broken(format!("row {row} lies behind the last row that a sheet can have")));
        }
        if column >= MOST_COLUMNS {
            return Err(broken(format!("row {row} has a cell in column {}; an extract has no more than {MOST_COLUMNS}", column + 1)));
        }
        let Cell::Text(text) = cell else { return Ok(()) };
        if is_too_long(text) {
            return Err(broken(format!("the cell in column {} of row {row} holds more than {MOST_CHARACTERS} characters", column + 1)));
        }
        self.room = self.room.checked_sub(text.len()).ok_or_else(|| broken("the cells of the sheet hold more than 1 GiB of text".to_owned()))?;
        Ok(())
    }

    /// Ends the row; a row without cells is no row.
    pub fn end(&mut self) -> Result<ControlFlow<()>, Refusal> {
        if self.cells.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let flow = (self.take)(self.row, &self.cells);
        self.cells.clear();
        flow
    }
}

fn broken(what: String) -> Refusal {
    Refusal::new("source-error", what)
}
