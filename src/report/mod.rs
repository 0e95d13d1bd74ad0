//! What people ask of releases: do the figures agree with what was published, what changed between periods, what came.
//!
//! Guarantees: a figure comes from one release. Writes nothing.

mod basis;
mod cells;
mod check;
mod column_lineage;
mod compare;
mod controls;
mod coverage;
mod dictionary;
mod diff;
mod drawing;
mod explain;
mod fault_words;
mod figure;
mod labeller;
mod lineage;
mod number;
mod quarantine;
mod reconcile;
mod releases;
mod shape;
mod since;
mod status;
mod to_mend;
mod trend;
mod values;

pub use basis::{Basis, NoLikeForLike};
pub use cells::{Cells, query};
pub use check::check;
pub use column_lineage::{ColumnOrigins, Direction, TableKind, column_origins};
pub use compare::{Block, Comparison, Line, compare};
pub use controls::{ControlTotal, Operator};
pub use coverage::{Coverage, Lack, Part};
pub use dictionary::{ColumnDocument, Released, TableDocument, TableLine, TestDocument, Values, document, newest, tables};
pub use diff::{
    Asked, Between, Cause, Cell, CellChange, Diff, FigureHistory, Figures, History, Key, RowChange, RowState, SchemaChange, Span, TableDiff, TableState, Tags,
    Total, diff, history, tags as tags_of_releases,
};
pub use drawing::drawing;
pub use explain::{Explained, Proof, Record, Step, ToExplain, explain};
pub use fault_words::{ToExplain as FaultToExplain, Told};
pub use figure::{Figure, Mark, is_share};
pub use labeller::{Labeller, period_name};
pub use lineage::Origins;
pub use number::Number;
pub use quarantine::{QuarantineFilter, QuarantineLine, quarantine};
pub use reconcile::{Reconciled, Reconciliation, Verdict, editions, reconcile};
pub use releases::{ReleaseDocument, ReleaseLine, TableShown, release_document, releases};
pub use shape::{Question, Refusal, RefusedMeasure};
pub use since::{Changed, Since};
pub use status::{ExcusedReports, FeedNumbers, Matrix, MatrixWith, OfficeNumbers, Shown, Status, numbers, status};
pub use to_mend::{FaultyRow, MendFilter, Mendable, ToMend, to_mend};
pub use trend::{By as TrendBy, TrendLine, trend};
