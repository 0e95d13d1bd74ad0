//! Models: SQL files that make tables of tables. Parsed, checked without data, run, audited.
//!
//! Guarantees: models run in the order of what they name; a result is written once under the hash of its content;
//! nothing is read that was not planned before. Knows no command line.

mod across;
mod audit;
mod build;
mod check;
mod check_codes;
mod check_sums;
mod check_tests;
mod check_unused;
mod describe;
mod diagnose;
mod failing;
mod family;
mod header;
mod inputs;
mod known;
mod lineage;
mod memory;
mod parse;
mod places;
mod plain;
mod plan;
mod provenance;
mod repair;
mod reports;
mod row_rule_check;
mod row_rules;
mod scenario_form;
mod select;
mod test;
mod test_forms;
mod trace;
mod trace_expr;
mod values;
mod walk;
mod write;

pub use across::{KeyAcross, audit_keys, keys_across};
pub use audit::{audit_of_run, failing};
pub use build::{Builder, model_hash};
pub use check::{Checked, check, written_schema};
pub use describe::columns;
pub use diagnose::fault as sql_fault;
pub use failing::Moment;
pub use header::{Header, Text};
pub use inputs::{Filler, Input, Inputs, Owed, empty_inputs, known_until, owed};
pub use lineage::{ColumnLineage, ColumnRef, Graph, ModelLineage, Step, Way};
pub use memory::{fitted, in_memory};
pub use parse::Model;
pub use provenance::{Asked, Depth, Identities, Leaf, Lineage, identities};
pub use row_rules::ProjectRules;
pub use scenario_form::{DeliveryForm, ExpectForm, GivenForm, ScenarioForm};
pub use select::{Known, Node, Released, Resource, Selection, Wish, definitions, nodes, reads};
pub use test::{Check, Severity, Test, Threshold};
pub use walk::{Built, Ending, Facts, ModelOutcome};
