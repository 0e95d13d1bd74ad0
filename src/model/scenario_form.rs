//! A unit test of models as it is written: one scenario a file, unknown keys refused, places kept.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use toml::value::Datetime;

use super::header::Text;
use crate::project::{Day, DeliveryMode};
use crate::warehouse::SubmissionOutcome;

/// `tests/models/*.toml`: what is given, and what models must make of it.
///
/// Rows are tables of text: a header, then a row a line, cells apart by `|`, blanks around them of no meaning. An empty
/// cell is null, `""` is text of no letters, and text in quotation marks stands as it is. Items of a list are apart by
/// commas. Blank lines and lines that begin with `#` are passed over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioForm {
    /// What the scenario shows.
    pub description: String,
    /// The day up to which deliveries are known: the calendar of periods and of reports owed ends by it.
    #[schemars(with = "Day")]
    pub today: Spanned<Datetime>,
    /// By table, such as `feeds.returns`, the cells of columns that its rows leave out.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, String>>")]
    pub defaults: BTreeMap<Text, BTreeMap<Text, Text>>,
    /// What offices delivered: it becomes revisions, and current rows, as real deliveries do.
    #[serde(default)]
    #[schemars(with = "Vec<DeliveryForm>")]
    pub deliveries: Vec<Spanned<DeliveryForm>>,
    /// Tables that stand in place of the project's own; a model that is given is not built.
    #[serde(default)]
    pub given: Vec<GivenForm>,
    /// What must come out.
    pub expect: Vec<ExpectForm>,
}

/// An entry of `[[deliveries]]`: either `rows` or `extract`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryForm {
    /// The feed.
    #[schemars(with = "String")]
    pub feed: Text,
    /// The office's code.
    #[schemars(with = "String")]
    pub office: Text,
    /// The reporting month, such as `2023-01`.
    #[schemars(with = "String")]
    pub period: Text,
    /// The day or the moment at which it was received.
    #[schemars(with = "String")]
    pub received: Spanned<Datetime>,
    /// What it holds: all of its month (`period`), all there is (`full`), what changed (`changes`); as the pipeline says
    /// where absent.
    pub delivery: Option<DeliveryMode>,
    /// Rows as the loaded table has them: people by names of your own (`p1`), groups of sex and age made of `sex` and
    /// `age` where they are left out. Text without a header is a report of zero.
    #[schemars(with = "Option<String>")]
    pub rows: Option<Text>,
    /// Rows as an office writes them, under the names of the schema's fields: they are validated and normalised. People
    /// are called by case and number, `MARAB000001-1`.
    #[schemars(with = "Option<String>")]
    pub extract: Option<Text>,
    /// What must become of the delivery.
    #[serde(default)]
    pub outcome: OutcomeForm,
    /// How many rows of the extract must not be loaded.
    #[serde(default)]
    pub set_aside: u64,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeForm {
    /// Its rows are a revision of its slot.
    #[default]
    Loaded,
    /// It says what the slot's current revision says.
    Unchanged,
    /// It was refused whole.
    Refused,
    /// A delivery received later was loaded before it.
    Outdated,
}

impl From<OutcomeForm> for SubmissionOutcome {
    fn from(form: OutcomeForm) -> Self {
        match form {
            OutcomeForm::Loaded => Self::Loaded,
            OutcomeForm::Unchanged => Self::Unchanged,
            OutcomeForm::Refused => Self::Refused,
            OutcomeForm::Outdated => Self::Outdated,
        }
    }
}

/// An entry of `[[given]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenForm {
    /// A model's name, or `feeds.…`, `codes.…`, `ref.…`, `system.…`.
    #[schemars(with = "String")]
    pub table: Text,
    /// All its rows; columns that they leave out are null.
    #[schemars(with = "String")]
    pub rows: Text,
}

/// An entry of `[[expect]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectForm {
    /// A model's name, or any table that models read.
    #[schemars(with = "String")]
    pub table: Text,
    /// The rows that are looked at, as a condition over the table's columns; all where absent.
    #[schemars(with = "Option<String>")]
    pub r#where: Option<Text>,
    /// Exactly these rows, in any order; only the columns of their header are compared. Figures with decimals that are
    /// no exact ones (shares, rates) are compared to as many decimals as are written.
    #[schemars(with = "String")]
    pub rows: Text,
}
