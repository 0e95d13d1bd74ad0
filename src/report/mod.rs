//! What people ask of releases: do the figures agree with what was published, what changed between periods, what came.
//!
//! Guarantees: a figure comes from one release. Writes nothing.

mod cells;
mod check;
mod compare;
mod controls;
mod coverage;
mod dictionary;
mod lineage;
mod quarantine;
mod reconcile;
mod status;

pub use cells::{Cells, query};
pub use check::check;
pub use compare::{Comparison, Figure, Line, Mark, compare, is_share};
pub use controls::{ControlTotal, Operator};
pub use coverage::Coverage;
pub use dictionary::{ColumnDocument, Released, TableDocument, TableLine, TestDocument, Values, document, newest, tables};
pub use lineage::Origins;
pub use quarantine::{QuarantineFilter, QuarantineLine, quarantine};
pub use reconcile::{Reconciled, Verdict, reconcile};
pub use status::{Matrix, Report, Status, status};
