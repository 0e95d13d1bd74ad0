//! How the rows of a table refer to rows, and how its columns match the fields.

/// Fields whose values stand in fields of another row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The fields' indexes.
    pub fields: Vec<usize>,
    /// Where the other row is.
    pub target: Target,
    /// The names of its fields, in the same order.
    pub names: Vec<String>,
}

/// Where the rows are that a foreign key refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// In the same delivery.
    Delivery,
    /// In another feed, or another table that is not at hand; what arrives first would decide, so that rows are loaded all
    /// the same and an audit tells.
    Feed(String),
    /// In a table of the project.
    Reference(String),
}

/// How columns and fields match (the property `fieldsMatch`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FieldsMatch {
    /// The same, in the same order.
    Exact,
    /// The same, in any order.
    Equal,
    /// All fields have a column; further columns are passed over.
    Subset,
    /// All columns have a field; fields without a column are empty.
    Superset,
    /// At least one column has a field.
    Partial,
}

impl FieldsMatch {
    /// True where columns without a field are passed over.
    pub fn allows_extra(self) -> bool {
        matches!(self, Self::Subset | Self::Partial)
    }

    /// True where a field that is not required may have no column.
    pub fn allows_missing(self) -> bool {
        matches!(self, Self::Superset | Self::Partial)
    }
}
