//! A scheduler as it is seen from outside: whether it lives, whether it is the one, and figures of what was due, run and loaded.
//!
//! Guarantees: nothing here holds up or stops a run; figures are gathered aside, seldom and when somebody asks, and what cannot
//! be gathered is told with the figures that were last known. Counts are those of the schedule's ledger and of the warehouse,
//! so that a restart changes none. Refuses: values of rows; labels are names of pipelines, feeds and kinds.

mod answers;
mod feeds;
mod gather;
mod page;
mod server;
mod sizes;
mod ticks;

pub use gather::Gatherer;
pub use server::{Server, listen};
