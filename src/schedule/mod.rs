//! When pipelines run.
pub mod clock_changes;
pub mod timetable;
