//! Table Schemas as they are written in `schemas/*.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;

/// `schemas/*.json`: a Frictionless Table Schema; `rihla` holds what the standard has no word for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "properties of the standard that are read for others' sake")]
pub struct SchemaForm {
    #[serde(rename = "$schema")]
    schema: Option<String>,
    name: Option<String>,
    title: Option<String>,
    /// What one row is.
    pub description: Option<String>,
    /// The fields.
    #[schemars(with = "Vec<FieldForm>")]
    pub fields: Vec<Spanned<FieldForm>>,
    /// Spellings of "no value"; the empty text where absent.
    #[serde(rename = "missingValues")]
    pub missing_values: Option<Vec<String>>,
    /// The key of a record.
    #[serde(rename = "primaryKey")]
    #[schemars(with = "Option<Vec<String>>")]
    pub primary_key: Option<Spanned<Vec<String>>>,
    /// What the standard has no word for.
    #[serde(default)]
    pub rihla: SchemaExtras,
}

/// The schema's `rihla` object.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaExtras {
    /// Fields required by condition.
    #[serde(default)]
    pub required_when: Vec<RequiredWhenForm>,
    /// Codes excluded by condition.
    #[serde(default)]
    pub excluded_when: Vec<ExcludedWhenForm>,
    /// Groups of fields that are all filled or all empty: `[["amount", "currency"]]`.
    #[serde(default)]
    #[schemars(with = "Vec<Vec<String>>")]
    pub together: Vec<Vec<Text>>,
    /// Lists of dates of which none lies before a filled one that stands earlier: `[["referred_on", "closed_on"]]`.
    #[serde(default)]
    #[schemars(with = "Vec<Vec<String>>")]
    pub in_order: Vec<Vec<Text>>,
    /// Rules over a row as SQL expressions.
    #[serde(default)]
    pub rules: Vec<RowRuleForm>,
}

/// `{"field": "country_of_origin", "is": "MAR", "when": {"direction": "outbound"}}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExcludedWhenForm {
    /// The field that must be something else.
    #[schemars(with = "String")]
    pub field: Text,
    /// The code that it must not be.
    #[schemars(with = "String")]
    pub is: Text,
    /// The field that decides and the code it decides on.
    #[schemars(with = "BTreeMap<String, String>")]
    pub when: BTreeMap<Text, Text>,
}

/// `{"field": "host_country", "when": {"direction": "inbound"}}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredWhenForm {
    /// The field that must be filled.
    #[schemars(with = "String")]
    pub field: Text,
    /// The field that decides and the code it decides on.
    #[schemars(with = "BTreeMap<String, String>")]
    pub when: BTreeMap<Text, Text>,
}

/// `{"name": "closed_in_time", "expression": "closed_on >= referred_on", "message": {"en": "…", "fr": "…"}}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowRuleForm {
    /// Its name, by which rows set aside for it are found.
    #[schemars(with = "String")]
    pub name: Text,
    /// An SQL expression over the row's own fields, true or null for every row that is in order. Fields that stop at the
    /// reader are not there; `received_on` and `office_code` are, where no field has that name.
    #[schemars(with = "String")]
    pub expression: Text,
    /// The field that is told to be at fault; the row as a whole where absent.
    #[schemars(with = "Option<String>")]
    pub field: Option<Text>,
    /// What is said of a row that breaks it.
    pub message: RuleMessageForm,
}

/// `{"en": "the referral was closed before it was made", "fr": "l’orientation a été close avant d’être faite"}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleMessageForm {
    /// In English; it quotes no cell.
    #[schemars(with = "String")]
    pub en: Text,
    /// In French.
    #[schemars(with = "String")]
    pub fr: Text,
}

/// A field of a Table Schema.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "properties of the standard that are read for others' sake")]
pub struct FieldForm {
    /// The canonical name.
    #[schemars(with = "String")]
    pub name: Text,
    /// The type.
    #[serde(rename = "type")]
    #[schemars(with = "Option<String>", extend("enum" = super::schema::KINDS))]
    pub kind: Option<Text>,
    title: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    #[schemars(with = "Option<serde_json::Value>")]
    example: Option<toml::Value>,
    #[serde(rename = "rdfType")]
    rdf_type: Option<String>,
    /// Spellings of yes.
    #[serde(rename = "trueValues")]
    pub true_values: Option<Vec<String>>,
    /// Spellings of no.
    #[serde(rename = "falseValues")]
    pub false_values: Option<Vec<String>>,
    /// What values must satisfy.
    #[serde(default)]
    pub constraints: ConstraintsForm,
    /// What the standard has no word for.
    #[serde(default)]
    pub rihla: FieldExtras,
}

/// A field's `constraints`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstraintsForm {
    /// An empty cell is a fault.
    pub required: Option<bool>,
    /// Least value of an integer or a number.
    #[schemars(with = "Option<serde_json::Number>")]
    pub minimum: Option<Spanned<serde_json::Number>>,
    /// Greatest value of an integer or a number.
    #[schemars(with = "Option<serde_json::Number>")]
    pub maximum: Option<Spanned<serde_json::Number>>,
    /// What the whole text must match.
    #[schemars(with = "Option<String>")]
    pub pattern: Option<Text>,
}

/// A field's `rihla` object.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldExtras {
    /// What it means to the program.
    pub role: Option<crate::contract::Role>,
    /// The code list of its values.
    #[schemars(with = "Option<String>")]
    pub codes: Option<Text>,
    /// `open`, `normalise` or `direct`.
    pub protection: Option<ProtectionForm>,
    /// Labels under which extracts show it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub labels: Vec<Text>,
    /// HXL hashtag.
    pub hxl: Option<String>,
    /// How many decimals a number has, 0 to 9; 2 where absent.
    #[schemars(with = "Option<u8>")]
    pub scale: Option<Spanned<u8>>,
    /// How wide an id of digits is: one that lost its zeros gets them back.
    #[schemars(with = "Option<u8>")]
    pub pad: Option<Spanned<u8>>,
}

/// How far values may travel.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionForm {
    /// Into the warehouse.
    Open,
    /// Into normalising.
    Normalise,
    /// Nowhere.
    Direct,
}
