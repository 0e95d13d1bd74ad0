//! The entries of `[[tests]]` as a model's header writes them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::header::Text;
use super::test::Severity;

/// An entry of `[[tests]]`: exactly one check, and how it weighs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestForm {
    /// No null in these columns.
    #[schemars(with = "Option<Vec<String>>")]
    pub not_null: Option<Vec<Text>>,
    /// No two rows agree in these columns.
    #[schemars(with = "Option<Vec<String>>")]
    pub unique: Option<Vec<Text>>,
    /// Only these values, or null.
    pub accepted: Option<AcceptedForm>,
    /// Only codes of a list, or null.
    pub accepted_codes: Option<AcceptedCodesForm>,
    /// Only values that another table has, or null.
    pub relationships: Option<RelationshipsForm>,
    /// A condition over the table's own columns that is false for no row; a row for which it is null passes, as CHECK
    /// has it in SQL.
    #[schemars(with = "Option<String>")]
    pub expression: Option<Text>,
    /// How many rows there are.
    #[schemars(with = "Option<RowCountForm>")]
    pub row_count: Option<Spanned<RowCountForm>>,
    /// How old the newest date is on the day of the run.
    pub freshness: Option<FreshnessForm>,
    /// Sums that equal those of another table.
    pub sum_equals: Option<SumEqualsForm>,
    /// How far figures are from those of the last release.
    #[schemars(with = "Option<ChangeForm>")]
    pub change: Option<Spanned<ChangeForm>>,
    /// Rows that the test is for, as a condition over the table's own columns.
    #[schemars(with = "Option<String>")]
    pub r#where: Option<Text>,
    /// How a failure weighs.
    #[serde(default)]
    pub severity: Severity,
    /// How much may fail and is only told: a number of rows, or a share of them such as "2 %".
    #[schemars(with = "Option<ThresholdSchema>")]
    pub threshold: Option<Spanned<toml::Value>>,
    /// What a failure means, shown with it.
    pub description: Option<String>,
}

/// `{ column = "…", values = [...] }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedForm {
    /// The column.
    #[schemars(with = "String")]
    pub column: Text,
    /// Text or whole numbers.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub values: Vec<toml::Value>,
}

/// `{ column = "…", codes = "…" }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedCodesForm {
    /// The column.
    #[schemars(with = "String")]
    pub column: Text,
    /// The code list.
    #[schemars(with = "String")]
    pub codes: Text,
}

/// `{ column = "…", table = "…", to = "…" }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationshipsForm {
    /// The column.
    #[schemars(with = "String")]
    pub column: Text,
    /// The table whose column has all its values.
    #[schemars(with = "String")]
    pub table: Text,
    /// That table's column; of the same name where absent.
    #[schemars(with = "Option<String>")]
    pub to: Option<Text>,
}

/// `{ min = …, max = … }`, one of them or both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowCountForm {
    /// So many at least.
    #[schemars(with = "Option<u64>")]
    pub min: Option<Spanned<u64>>,
    /// So many at most.
    #[schemars(with = "Option<u64>")]
    pub max: Option<Spanned<u64>>,
}

/// `{ column = "…", within_days = … }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreshnessForm {
    /// A column of dates or moments; a table without any fails.
    #[schemars(with = "String")]
    pub column: Text,
    /// The newest lies so many days before the run at most.
    pub within_days: u16,
}

/// `{ column = "…", table = "…", by = ["…"] }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SumEqualsForm {
    /// The column that is summed.
    #[schemars(with = "String")]
    pub column: Text,
    /// The other table.
    #[schemars(with = "String")]
    pub table: Text,
    /// That table's column; of the same name where absent.
    #[schemars(with = "Option<String>")]
    pub to: Option<Text>,
    /// The columns, of both tables, by which is summed; one sum over all where absent. A group that one side has not
    /// fails.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub by: Vec<Text>,
    /// How far apart two sums may be; not at all where absent.
    #[schemars(with = "Option<f64>")]
    pub tolerance: Option<Spanned<f64>>,
    /// Rows of the other table that count, as a condition over its columns; all where absent.
    #[schemars(with = "Option<String>")]
    pub table_where: Option<Text>,
}

/// `{ column = "…", max_percent = …, max_absolute = … }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeForm {
    /// The column; rows are those that agree in the grain.
    #[schemars(with = "String")]
    pub column: Text,
    /// It is not more than so many percent of the last release's figure away from it; anything is, of zero.
    #[schemars(with = "Option<f64>")]
    pub max_percent: Option<Spanned<f64>>,
    /// It is not more than so much away from the last release's figure.
    #[schemars(with = "Option<f64>")]
    pub max_absolute: Option<Spanned<f64>>,
}

/// How a threshold is written: a number of rows, or text such as "2 %".
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "editors read its schema; the header is read as TOML has it, so that a fault is told in words")]
enum ThresholdSchema {
    /// Rows.
    Rows(u64),
    /// Percent of the rows.
    Share(String),
}

impl TestForm {
    /// The columns of the model's own table that it names, with their places in the header.
    pub fn columns(&self) -> Vec<&Text> {
        let lists = self.not_null.iter().chain(&self.unique).flatten();
        lists
            .chain(self.accepted.iter().map(|form| &form.column))
            .chain(self.accepted_codes.iter().map(|form| &form.column))
            .chain(self.relationships.iter().map(|form| &form.column))
            .chain(self.freshness.iter().map(|form| &form.column))
            .chain(self.sum_equals.iter().flat_map(|form| std::iter::once(&form.column).chain(&form.by)))
            .chain(self.change.iter().map(|form| &form.get_ref().column))
            .collect()
    }

    /// The tables that it holds the model's own against.
    pub fn tables(&self) -> impl Iterator<Item = &Text> {
        self.relationships.iter().map(|form| &form.table).chain(self.sum_equals.iter().map(|form| &form.table))
    }
}
