//! Models: SQL files that make tables of tables. Parsed, checked without data, run, audited.
//!
//! Guarantees: models run in the order of what they name; a result is written once under the hash of its content;
//! nothing is read that was not planned before. Knows no command line.

mod audit;
mod build;
mod check;
mod describe;
mod diagnose;
mod header;
mod inputs;
mod parse;
mod provenance;
mod reports;
mod select;
mod test;
mod walk;
mod write;

pub use audit::audit;
pub use build::{Builder, model_hash};
pub use check::{Checked, check, written_schema};
pub use describe::columns;
pub use diagnose::fault as sql_fault;
pub use header::Header;
pub use inputs::{Filler, Input, Inputs, Owed, empty_inputs, known_until, owed};
pub use parse::Model;
pub use provenance::{Asked, Depth, Identities, Leaf, Lineage, identities};
pub use select::{Known, Node, Released, Resource, Selection, Wish, definitions, nodes, reads};
pub use test::{Check, Severity, Test, TestForm};
pub use walk::{Built, Ending, Facts, ModelOutcome};
