//! What a project begins with: a folder that runs at once, schemas for editors, and drafts of a feed from a sample.
//!
//! Guarantees: nothing is written over; no value of a column that is or may be protected stands in a draft or in what
//! is said of it. Refuses to guess: what a sample does not decide is a question for people.

pub mod editor;
mod place;
mod start;

pub use place::NewFile;
pub use start::{Started, start};
