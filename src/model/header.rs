//! The header of a model: TOML in the block comment that opens the file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::tests::TestForm;

/// Text with its place in the header.
pub type Text = Spanned<String>;

/// What a model says of its table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the table holds.
    pub description: String,
    /// The columns that make a row unique.
    pub grain: Vec<Text>,
    /// The order in which rows are written; the grain where absent.
    pub order: Option<Vec<Text>>,
    /// What each column holds.
    #[serde(default)]
    pub columns: BTreeMap<Text, String>,
    /// What each measure is.
    #[serde(default)]
    pub measures: BTreeMap<Text, Measure>,
    /// What must hold of the table.
    #[serde(default)]
    pub tests: Vec<Spanned<TestForm>>,
}

/// A column that is counted or calculated.
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Additivity {
    /// `"full"` or `"none"`
    Word(AdditivityWord),
    /// Along these columns only.
    Along(Vec<String>),
}

/// `"full"` or `"none"`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdditivityWord {
    /// Along every column.
    Full,
    /// Along none: totals are counted, not summed.
    None,
}

impl Header {
    /// The order in which rows are written.
    pub fn order(&self) -> impl Iterator<Item = &str> {
        self.order.as_ref().unwrap_or(&self.grain).iter().map(|column| column.get_ref().as_str())
    }

    /// What a column holds.
    pub fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|(column, _)| column.get_ref() == name).map(|(_, text)| text.as_str())
    }

    /// What a measure is.
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|(column, _)| column.get_ref() == name).map(|(_, measure)| measure)
    }
}
