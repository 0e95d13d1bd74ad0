//! The scheduler: due times, policies, ledgers, and years of them simulated.

mod declared;
mod dice;
mod flaky;
mod judged;
mod kills;
mod ledgers;
mod memory;
mod oracle;
mod plans;
mod policies;
mod process;
mod served;
mod simulated;
mod timetables;
mod world;
mod years;
