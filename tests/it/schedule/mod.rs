//! The scheduler: due times, policies, ledgers, and years of them simulated.

mod oracle;
mod timetables;
