//! What a measure is: its unit, along what it may be summed, and the date that decides its period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column that is counted or calculated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What one of it is: `person`, `movement`, `percent`, …
    pub unit: String,
    /// Along which columns it may be summed.
    pub additivity: Additivity,
    /// The date that decides the period it falls in.
    pub date_basis: String,
}

/// Along which columns a measure may be summed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Additivity {
    /// `"full"` or `"none"`
    Word(AdditivityWord),
    /// Along these columns only.
    Along(Vec<String>),
}

/// `"full"` or `"none"`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdditivityWord {
    /// Along every column.
    Full,
    /// Along none: totals are counted, not summed.
    None,
}
