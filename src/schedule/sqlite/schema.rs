//! The tables of the ledger, version after version.

use crate::store::database::Form;

/// Each brings a ledger from one version to the next. A version that was released is never edited.
const MIGRATIONS: [&str; 2] = [include_str!("v1.sql"), include_str!("v2.sql")];

/// What a ledger is, among databases.
pub const LEDGER: Form = Form { name: "the schedule's ledger", application: 0x7268_6c61, journal: "WAL", migrations: &MIGRATIONS };
