//! What must hold of a model's table.

use serde::Deserialize;
use serde_spanned::Spanned;

/// Text with its place in the header.
type Text = Spanned<String>;

/// An entry of `[[tests]]`: exactly one check, and how it weighs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestForm {
    /// No null in these columns.
    pub not_null: Option<Vec<Text>>,
    /// No two rows agree in these columns.
    pub unique: Option<Vec<Text>>,
    /// Only these values, or null.
    pub accepted: Option<AcceptedForm>,
    /// Only codes of a list, or null.
    pub accepted_codes: Option<AcceptedCodesForm>,
    /// Only values that another table has, or null.
    pub relationships: Option<RelationshipsForm>,
    /// Rows that the test is for.
    pub r#where: Option<Text>,
    /// How a failure weighs.
    #[serde(default)]
    pub severity: Severity,
}

/// `{ column = "…", values = [...] }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedForm {
    /// The column.
    pub column: Text,
    /// Text or whole numbers.
    pub values: Vec<toml::Value>,
}

/// `{ column = "…", codes = "…" }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedCodesForm {
    /// The column.
    pub column: Text,
    /// The code list.
    pub codes: Text,
}

/// `{ column = "…", table = "…", to = "…" }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationshipsForm {
    /// The column.
    pub column: Text,
    /// The table whose column has all its values.
    pub table: Text,
    /// That table's column; of the same name where absent.
    pub to: Option<Text>,
}

/// How a failure weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No release is made.
    #[default]
    Error,
    /// It is told, and the release is made.
    Warn,
}

impl Severity {
    /// Its name in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
        }
    }
}

/// A test, resolved.
#[derive(Debug, Clone)]
pub struct Test {
    /// What is checked.
    pub check: Check,
    /// Rows that it is for.
    pub condition: Option<String>,
    /// How a failure weighs.
    pub severity: Severity,
}

/// What is checked.
#[derive(Debug, Clone)]
pub enum Check {
    /// No null.
    NotNull(Vec<String>),
    /// No two rows agree.
    Unique(Vec<String>),
    /// Only these values; text is quoted for SQL.
    Accepted(String, Vec<String>),
    /// Only codes of a list.
    AcceptedCodes(String, String),
    /// Only values that a column of another table has: column, table, its column.
    Relationships(String, String, String),
}

impl Test {
    /// The test that an entry states; nothing where it states none or several.
    pub fn from_form(form: &TestForm) -> Option<Self> {
        let names = |texts: &Vec<Text>| texts.iter().map(|text| text.get_ref().clone()).collect();
        let mut checks = Vec::new();
        checks.extend(form.not_null.as_ref().map(|columns| Check::NotNull(names(columns))));
        checks.extend(form.unique.as_ref().map(|columns| Check::Unique(names(columns))));
        checks.extend(form.accepted.as_ref().map(|accepted| Check::Accepted(accepted.column.get_ref().clone(), accepted.values.iter().map(literal).collect())));
        checks.extend(form.accepted_codes.as_ref().map(|accepted| Check::AcceptedCodes(accepted.column.get_ref().clone(), accepted.codes.get_ref().clone())));
        checks.extend(form.relationships.as_ref().map(|related| {
            let column = related.column.get_ref().clone();
            let to = related.to.as_ref().map_or_else(|| column.clone(), |to| to.get_ref().clone());
            Check::Relationships(column, related.table.get_ref().clone(), to)
        }));
        let check = checks.pop().filter(|_| checks.is_empty())?;
        Some(Self { check, condition: form.r#where.as_ref().map(|text| text.get_ref().clone()), severity: form.severity })
    }

    /// The columns that it names, with their places in the header.
    pub fn columns_of(form: &TestForm) -> Vec<&Spanned<String>> {
        let lists = form.not_null.iter().chain(&form.unique).flatten();
        lists
            .chain(form.accepted.iter().map(|a| &a.column))
            .chain(form.accepted_codes.iter().map(|a| &a.column))
            .chain(form.relationships.iter().map(|r| &r.column))
            .collect()
    }

    /// The test as manifests and messages name it.
    pub fn name(&self) -> String {
        let name = match &self.check {
            Check::NotNull(columns) => format!("not_null({})", columns.join(", ")),
            Check::Unique(columns) => format!("unique({})", columns.join(", ")),
            Check::Accepted(column, _) => format!("accepted({column})"),
            Check::AcceptedCodes(column, codes) => format!("accepted_codes({column}, {codes})"),
            Check::Relationships(column, table, to) => format!("relationships({column}, {table}.{to})"),
        };
        match &self.condition {
            Some(condition) => format!("{name} where {condition}"),
            None => name,
        }
    }
}

fn literal(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}
