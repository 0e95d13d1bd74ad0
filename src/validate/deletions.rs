//! Rows that say that a record is no more. They need only tell which, and when that was said; nothing else of them is kept.

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute::nullif;

use super::cast::CellFault;
use super::table::TypedRows;
use crate::contract::{Contract, Field, Role};
use crate::error::{Error, Kind, Result};

/// Which rows of a delivery are deletions; none where no field has the role `deleted`.
pub struct Deletions<'a> {
    marks: Option<&'a BooleanArray>,
}

/// Rules that ask for a cell to be filled, which a deletion need not do.
const OF_EMPTY_CELLS: [&str; 3] = ["required", "required-when", "together"];

impl<'a> Deletions<'a> {
    /// The deletions among some rows.
    pub fn of(contract: &Contract, typed: &'a TypedRows) -> Self {
        Self { marks: typed.role(contract, Role::Deleted).and_then(|column| column.as_any().downcast_ref()) }
    }

    /// True where a row is one.
    pub fn has(&self, row: usize) -> bool {
        self.marks.is_some_and(|marks| !marks.is_null(row) && marks.value(row))
    }

    /// True where a fault does not matter, since the row is one and only lacks what is of no meaning any more.
    pub fn excuse(&self, contract: &Contract, fault: &CellFault) -> bool {
        let tells_which = matches!(contract.fields[fault.field].role, Some(Role::RecordId | Role::ChangedAt | Role::Office));
        !tells_which && OF_EMPTY_CELLS.contains(&fault.rule) && self.has(fault.row)
    }

    /// A column without what deletions say in it, save which record it is and when that was said.
    ///
    /// # Errors
    /// `Internal` where the column is of another length.
    pub fn kept_of(&self, field: &Field, column: &ArrayRef) -> Result<ArrayRef> {
        match self.marks {
            Some(marks) if !matches!(field.role, Some(Role::RecordId | Role::ChangedAt | Role::Deleted)) => {
                nullif(column, marks).map_err(|cause| Error::new(Kind::Internal, "deletions cannot be told from other rows").because(cause))
            }
            _ => Ok(column.clone()),
        }
    }
}
