//! How the columns of an extract differ from its schema, where the extract is read all the same.
//!
//! Guarantees: no cell of a column that nobody knows is kept, only in which rows there is one; its label is only kept
//! where it is nearly a known one, since what stands in place of a label may be anything, a name too.

use std::sync::Arc;

/// What a column that is not as the schema says is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// A column that no field, label, `ignore` or link explains.
    New,
    /// A field without a column.
    Missing,
    /// A column under a label that nobody knows: by its tag it is certainly the field's, by its label it may be.
    Renamed,
    /// A column of which most filled cells are not of the field's type.
    Retyped,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftEffect {
    /// The column was read as the field that its tag names.
    Accepted,
    /// The column was dropped, or the field is empty.
    Ignored,
    /// The rows that it touches were set aside.
    Quarantined,
    /// The delivery was refused whole.
    Refused,
}

/// A column that is not as the schema says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What it is.
    pub kind: DriftKind,
    /// What becomes of it.
    pub effect: DriftEffect,
    /// The index of the field that is missing, or that the column is or may be.
    pub field: Option<usize>,
    /// The column, from 1; of JSON the place of the key among its record's.
    pub column: Option<usize>,
    /// The row of the first JSON record that has the key; nothing for tables.
    pub record: Option<i64>,
    /// The label, where it is nearly a known one.
    pub label: Option<String>,
    /// The sheet; the whole delivery where absent.
    pub sheet: Option<Arc<str>>,
    /// Of a new column the rows that have a filled cell there.
    pub filled: Vec<(Option<Arc<str>>, i64)>,
    /// Of a retyped column how many cells are not of its type, and how many are filled.
    pub misfits: Option<(u64, u64)>,
}

impl Drift {
    /// A drift of which nothing is known but what it is.
    pub fn of(kind: DriftKind, effect: DriftEffect) -> Self {
        Self { kind, effect, field: None, column: None, record: None, label: None, sheet: None, filled: Vec::new(), misfits: None }
    }
}
