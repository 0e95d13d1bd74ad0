//! Text batches made typed rows, strictly, with every fault of every cell in the same pass.
//!
//! Guarantees: nothing is rounded, truncated or guessed; every row read is loaded, superseded, quarantined or
//! excluded, each with its reason; no message repeats the value of a protected field or a cell of a shifted row.

mod aside;
mod cast;
mod cells;
mod deletions;
mod delivery;
mod drift;
mod duplicates;
mod fault;
mod foreign;
mod judged;
mod literals;
mod met;
mod people;
mod plain;
mod rules;
mod table;
mod temporal;
mod value;

pub use deletions::Deletions;
pub use delivery::{Barred, Context, Delivery, Formats, Validated};
pub use drift::is_of_drift;
pub use fault::{Outcome, RULES, Reason, SetAsideRow};
pub use foreign::{Keys, Lookups, keys};
pub use met::Memory;
pub use people::{PersonRow, cases, people};
pub use plain::{PlainFault, PlainReport, hold};
pub use table::{LARGE_ROWS, TypedRows, plain_source, read_reference};
