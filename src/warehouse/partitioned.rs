//! What is remembered of tables that are made in parts, so that only the parts whose input changed are made anew.

use serde::{Deserialize, Serialize};

use super::manifest::FileFacts;

/// How a table that is made in parts was built last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionedBuild {
    /// The column whose values are the parts.
    pub column: String,
    /// Hash of the model and all it reads that is not made in parts: where it is another, every part is made anew.
    pub base: String,
    /// What tells the content of the tables read in parts.
    pub inputs: Vec<InputParts>,
    /// The parts, by value.
    pub parts: Vec<Part>,
}

/// A part of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The value of the column; null is a part too.
    pub value: Option<String>,
    /// How many rows it has.
    pub rows: u64,
    /// What tells its content.
    pub content: String,
    /// Its file, where the table has one for each part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFacts>,
}

/// What tells the content of a table that is read in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputParts {
    /// The table, `feeds.<feed>` or a model's name.
    pub table: String,
    /// The column that its parts go by: of a feed a date, whose months they are.
    pub column: String,
    /// The parts, by value.
    pub parts: Vec<InputPart>,
}

/// What tells the content of a part that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputPart {
    /// The value; of a feed the first day of the month, and null for rows without the date.
    pub value: Option<String>,
    /// What tells its content.
    pub content: String,
}
