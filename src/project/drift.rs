//! What becomes of a delivery whose columns are not those of its schema.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::FieldsMatch;

/// `drift = { new = "ignore", missing = "refuse" }`
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftForm {
    /// A column that no field, label, `ignore` or link explains: refused, its cells dropped, or its filled rows set aside.
    pub new: Option<DriftPolicy>,
    /// A field without a column that is not `absent`: refused, left empty where it is neither required nor has a role, or
    /// all rows set aside.
    pub missing: Option<DriftPolicy>,
    /// A new column whose label is nearly that of a field without one: likewise. It is never taken for that field.
    pub renamed: Option<DriftPolicy>,
    /// A column of ten filled cells or more of which most are not of their field's type: refused, left empty where the
    /// field is neither required nor has a role, or the rows at fault set aside.
    pub retyped: Option<DriftPolicy>,
}

/// What becomes of a drift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// The delivery is refused whole.
    #[default]
    Refuse,
    /// The column is dropped, or the field empty.
    Ignore,
    /// The rows are set aside that it touches.
    Quarantine,
}

/// What becomes of each kind of drift in a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DriftPolicies {
    /// Of columns that nobody knows.
    pub new: DriftPolicy,
    /// Of fields without a column.
    pub missing: DriftPolicy,
    /// Of columns that may be those of a field under another name.
    pub renamed: DriftPolicy,
    /// Of columns whose cells are of another type.
    pub retyped: DriftPolicy,
}

impl DriftPolicies {
    /// What a source says, else what its pipeline says, else what the schema allows by `fieldsMatch`; refused where none
    /// does. A column that may be a renamed field's is allowed by no schema: which it is would be a guess.
    pub fn of(source: DriftForm, pipeline: DriftForm, matching: Option<FieldsMatch>) -> Self {
        let first = |own: Option<DriftPolicy>, other: Option<DriftPolicy>| own.or(other);
        let allowed = |allows: fn(FieldsMatch) -> bool| if matching.is_some_and(allows) { DriftPolicy::Ignore } else { DriftPolicy::Refuse };
        Self {
            new: first(source.new, pipeline.new).unwrap_or_else(|| allowed(FieldsMatch::allows_extra)),
            missing: first(source.missing, pipeline.missing).unwrap_or_else(|| allowed(FieldsMatch::allows_missing)),
            renamed: first(source.renamed, pipeline.renamed).unwrap_or_default(),
            retyped: first(source.retyped, pipeline.retyped).unwrap_or_default(),
        }
    }
}
