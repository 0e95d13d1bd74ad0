//! When something is due, and what is done about what was missed, meets another, or fails: as projects declare it, without a
//! ledger and without a clock.

pub mod clock_changes;
pub mod policy;
pub mod timetable;
