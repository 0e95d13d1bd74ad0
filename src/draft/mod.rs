//! What a project begins with: a folder that runs at once, schemas for editors, and drafts of a feed from a sample.
//!
//! Guarantees: nothing is written over; no value of a column that is or may be protected stands in a draft or in what
//! is said of it. Refuses to guess: what a sample does not decide is a question for people.

mod codes;
mod column;
mod dates;
// Headers of models have a schema for editors too, and new projects hold models.
#[cfg(feature = "engine")]
pub mod editor;
mod habit;
mod infer;
mod kinds;
mod origin;
mod place;
mod protect;
mod roles;
mod sample;
#[cfg(feature = "engine")]
mod start;
mod vocabulary;
mod write;

pub use column::{Column, role_name};
pub use infer::{Draft, Wanted, infer};
pub use kinds::Kind;
pub use place::{NewFile, write};
#[cfg(feature = "engine")]
pub use start::{Started, start};

/// Rows by their numbers, the first few of many.
fn some_rows(rows: &[i64]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = rows.iter().take(SHOWN).map(i64::to_string).collect();
    format!("{} {}{}", if rows.len() == 1 { "row" } else { "rows" }, shown.join(", "), if rows.len() > SHOWN { " …" } else { "" })
}
