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
    /// True where it counts from a start to the end of the period, so that it rests on every report since then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cumulative: bool,
}

impl Measure {
    /// True where each row says its own unit and date basis, in columns of these names: the header's unit is then `by …`.
    pub fn is_by_row(&self) -> bool {
        self.unit.starts_with("by ") && !self.is_money()
    }

    /// True for amounts of money, `by currency`: they mean nothing without the column `currency`.
    pub fn is_money(&self) -> bool {
        self.unit == "by currency"
    }

    /// Of some columns those along which it must not be summed.
    pub fn not_additive_along<'c>(&self, columns: &'c [String]) -> Vec<&'c str> {
        let may = |column: &str| match &self.additivity {
            // Money of two currencies is no sum, whatever a header says.
            Additivity::Word(AdditivityWord::Full) => !(self.is_money() && column == "currency"),
            Additivity::Word(AdditivityWord::None) => false,
            Additivity::Along(along) => along.iter().any(|known| known == column) && !(self.is_money() && column == "currency"),
        };
        columns.iter().map(String::as_str).filter(|column| !may(column)).collect()
    }
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
