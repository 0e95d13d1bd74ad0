//! Whom of a case a row tells of.

/// Whom of a case a row tells of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum InCase {
    /// The person of a number within the case.
    Number(i64),
    /// The only one: a case of the feed is one person.
    Only,
    /// Somebody, whose number cannot be read.
    Unknown,
}
