//! The header of a model: TOML in the block comment that opens the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::test_forms::TestForm;
use crate::contract::Measure;

/// Text with its place in the header.
pub type Text = Spanned<String>;

/// What a model says of its table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the table holds.
    pub description: String,
    /// Words by which models are chosen together, as `--select tag:…`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub tags: Vec<Text>,
    /// The columns that make a row unique.
    #[schemars(with = "Vec<String>")]
    pub grain: Vec<Text>,
    /// Who reads it, or what for, where no other model does; only for tables of `sql/staging`.
    #[schemars(with = "Option<String>")]
    pub kept_for: Option<Text>,
    /// The order in which rows are written; the grain where absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub order: Option<Vec<Text>>,
    /// The column by whose values the table is made in parts, such as a month: only those are made anew whose input changed.
    #[schemars(with = "Option<String>")]
    pub partition: Option<Text>,
    /// The reports that its figures rest on; where absent, those of all offices for every feed that it reads.
    #[serde(default)]
    #[schemars(with = "Vec<ReportsForm>")]
    pub reports: Vec<Spanned<ReportsForm>>,
    /// What each column holds.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub columns: BTreeMap<Text, String>,
    /// HXL tags of columns for which the project's own do not fit.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub hxl: BTreeMap<Text, Text>,
    /// What each measure is.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Measure>")]
    pub measures: BTreeMap<Text, Measure>,
    /// What must hold of the table.
    #[serde(default)]
    #[schemars(with = "Vec<TestForm>")]
    pub tests: Vec<Spanned<TestForm>>,
}

/// An entry of `[[reports]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportsForm {
    /// The feed.
    #[schemars(with = "String")]
    pub feed: Text,
    /// Which offices' reports of it, as a condition over `system.offices`; all that owe it where absent.
    #[schemars(with = "Option<String>")]
    pub offices: Option<Text>,
    /// Which rows of the table rest on it, as a condition over its columns; all where absent.
    #[schemars(with = "Option<String>")]
    pub rows: Option<Text>,
    /// Whether they also rest on the reports of the same months a year before, as changes do.
    #[serde(default)]
    pub year_before: bool,
    /// Whether they rest on every report since case files begin, as figures since a start do.
    #[serde(default)]
    pub cumulative: bool,
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

    /// The HXL tag that the model gives a column.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.hxl.iter().find(|(column, _)| column.get_ref() == name).map(|(_, tag)| tag.get_ref().as_str())
    }

    /// What a measure is.
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|(column, _)| column.get_ref() == name).map(|(_, measure)| measure)
    }
}
