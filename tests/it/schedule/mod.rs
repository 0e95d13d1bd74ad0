//! The scheduler: due times, policies, ledgers, and years of them simulated.

mod dice;
mod judged;
mod memory;
mod oracle;
mod simulated;
mod timetables;
mod world;
