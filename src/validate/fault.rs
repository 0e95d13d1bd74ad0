//! What is wrong with a row, in Frictionless's names.

use std::borrow::Cow;
use std::sync::Arc;

/// What became of a row that was not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It has faults.
    Quarantined,
    /// A later change of the same record stands in the same delivery.
    Superseded,
    /// It is no record.
    Excluded,
    /// Its delivery was refused whole.
    Refused,
}

impl Outcome {
    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Superseded => "superseded",
            Self::Excluded => "excluded",
            Self::Refused => "refused",
        }
    }
}

/// Every error with its rule that a row can be set aside for, in Frictionless's names where it has one.
pub const RULES: &[(&str, &str)] = &[
    ("constraint-error", "categories"),
    ("constraint-error", "choices"),
    ("constraint-error", "codes"),
    ("constraint-error", "enum"),
    ("constraint-error", "excluded-when"),
    ("constraint-error", "exclusive-maximum"),
    ("constraint-error", "exclusive-minimum"),
    ("constraint-error", "json-schema"),
    ("constraint-error", "max-length"),
    ("constraint-error", "maximum"),
    ("constraint-error", "min-length"),
    ("constraint-error", "minimum"),
    ("constraint-error", "pattern"),
    ("constraint-error", "required"),
    ("constraint-error", "required-when"),
    ("constraint-error", "together"),
    ("excluded", "erased"),
    ("excluded", "expired"),
    ("excluded", "left-out"),
    ("extra-cell", "extra-cell"),
    ("extra-label", "new-column"),
    ("foreign-key", "foreign-key"),
    ("foreign-key", "no-parent"),
    ("foreign-key", "no-repetition"),
    ("foreign-key", "shifted-parent"),
    ("lone-cell", "lone-cell"),
    ("merged-cell", "merged-cell"),
    ("missing-cell", "missing-cell"),
    ("missing-label", "missing-column"),
    ("missing-label", "renamed-column"),
    ("primary-key", "primary-key"),
    ("rejected-row", "rejected-row"),
    ("row-constraint", "age-over-maximum"),
    ("row-constraint", "birth-after-event"),
    ("row-constraint", "changed-after-received"),
    ("row-constraint", "code-not-valid"),
    ("row-constraint", "event-after-received"),
    ("row-constraint", "event-before-calendar"),
    ("row-constraint", "in-order"),
    ("row-constraint", "office-mismatch"),
    ("row-constraint", "required-any"),
    ("superseded", "later-change"),
    ("superseded", "same-row"),
    ("total-row", "total-row"),
    ("type-error", "array"),
    ("type-error", "binary"),
    ("type-error", "boolean"),
    ("type-error", "choice"),
    ("type-error", "date"),
    ("type-error", "date-for-text"),
    ("type-error", "datetime"),
    ("type-error", "duration"),
    ("type-error", "email"),
    ("type-error", "error-cell"),
    ("type-error", "geojson"),
    ("type-error", "geopoint"),
    ("type-error", "inexact-number"),
    ("type-error", "integer"),
    ("type-error", "list"),
    ("type-error", "not-calculated"),
    ("type-error", "number"),
    ("type-error", "object"),
    ("type-error", "retyped-column"),
    ("type-error", "spreadsheet-number"),
    ("type-error", "time"),
    ("type-error", "uri"),
    ("type-error", "uuid"),
    ("type-error", "year"),
    ("type-error", "yearmonth"),
    ("unique-error", "unique"),
    ("unique-error", "unique-key"),
];

/// One reason why a row was not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The field at fault; absent where the row as a whole is.
    pub field: Option<String>,
    /// Frictionless's name of the error; for rows without fault the outcome.
    pub error: &'static str,
    /// The rule that was broken: one of [`RULES`], or with the error `row-constraint` one of the schema's own.
    pub rule: Cow<'static, str>,
    /// For people; holds no protected value.
    pub message: String,
}

/// A row that was not loaded, with all its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAsideRow {
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// The row or line, from 1.
    pub row: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why; at least one.
    pub reasons: Vec<Reason>,
    /// Its filled cells as they were written, by the name of the field, open fields alone. Nothing for rows without fault,
    /// and for those of which the cells may stand in other columns than their own.
    pub cells: Option<Vec<(String, String)>>,
}
