//! When pipelines run: due times, what is done about those that were missed or meet one another, and the ledger of all of it.
//!
//! Guarantees: due means done once. Every due time becomes one tick in a ledger, which runs until it succeeded, failed for good,
//! or was skipped by a policy that the ledger names. Refuses: to know what was loaded; that is the warehouse's.

pub mod agenda;
pub mod alarm;
pub mod attempt;
pub mod chance;
pub mod decide;
pub mod driver;
pub mod lease;
pub mod ledger;
pub mod misfire;
pub mod moving;
pub mod objects;
mod passed_on;
pub mod pause;
pub mod place;
pub mod reopen;
pub mod retry;
pub mod runner;
pub mod service;
pub mod settle;
pub mod sqlite;
pub mod state;
pub mod terms;
pub mod tick;
pub mod trust;
pub mod upcoming;
pub mod vitals;
pub mod watch;

pub use crate::cadence::{clock_changes, policy, timetable};
