//! Which reports are owed, when each is due, what has become of it, and who is to be reminded.
//!
//! Guarantees: a report is due by the end of its due day in the office's own zone, and never before its month is over; at any
//! moment each report that is owed is in exactly one state. Everything here follows from the project, the submissions and the
//! moment that is given: it knows no clock.

mod day;
mod due;
mod reminders;
mod required;
mod state;

pub use day::end_of_day;
pub use due::{Owed, due_on, owed};
pub use reminders::{Reminder, ReminderKind, coming, reminders};
pub use required::{Lacking, lacking, used_excuses};
pub use state::{Numbers, Report, State, reports};
