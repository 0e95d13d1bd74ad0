//! Table Schemas as they are written in `schemas/*.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;
use super::schema_parts::{CategoryForm, ForeignKeyForm, MissingForm, NamesForm};
use crate::contract::FieldsMatch;

/// `schemas/*.json`: a Frictionless Table Schema; `rihla` holds what the standard has no word for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "properties of the standard that are read for others' sake")]
pub struct SchemaForm {
    #[serde(rename = "$schema")]
    schema: Option<String>,
    profile: Option<String>,
    name: Option<String>,
    title: Option<String>,
    /// What one row is.
    pub description: Option<String>,
    /// The fields.
    #[schemars(with = "Vec<FieldForm>")]
    pub fields: Vec<Spanned<FieldForm>>,
    /// How columns and fields match; by their labels, in any order, where absent.
    #[serde(rename = "fieldsMatch")]
    pub fields_match: Option<FieldsMatch>,
    /// Spellings of "no value"; the empty text where absent.
    #[serde(rename = "missingValues")]
    pub missing_values: Option<Vec<MissingForm>>,
    /// The key of a record: a field or a list of them.
    #[serde(rename = "primaryKey")]
    #[schemars(with = "Option<NamesForm>")]
    pub primary_key: Option<Spanned<NamesForm>>,
    /// Further keys, each a list of fields in which no two rows agree: `[["email"], ["country", "number"]]`.
    #[serde(rename = "uniqueKeys", default)]
    #[schemars(with = "Vec<Vec<String>>")]
    pub unique_keys: Vec<Vec<Text>>,
    /// Fields whose values stand in another row, of the same table or of another.
    #[serde(rename = "foreignKeys", default)]
    pub foreign_keys: Vec<ForeignKeyForm>,
    /// What the standard has no word for.
    #[serde(default)]
    pub rihla: SchemaExtras,
}

impl SchemaForm {
    /// True where the schema says that a case is one person.
    pub fn one_person_per_case(&self) -> bool {
        self.rihla.one_person_per_case.as_ref().is_some_and(|says| *says.get_ref())
    }
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
    /// True where a case is one person: the case number alone says who it is, and no field has the role `person_number`.
    #[schemars(with = "Option<bool>")]
    pub one_person_per_case: Option<Spanned<bool>>,
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
    /// How its values are written where the source does not say: for text `email`, `uri`, `binary` or `uuid`; for dates,
    /// times and moments `default` (ISO 8601), `any` or a strftime pattern; for a geopoint `array` or `object`.
    #[schemars(with = "Option<String>")]
    pub format: Option<Text>,
    title: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    #[schemars(with = "Option<serde_json::Value>")]
    example: Option<toml::Value>,
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    examples: Option<Vec<toml::Value>>,
    #[serde(rename = "rdfType")]
    rdf_type: Option<String>,
    /// Spellings of yes.
    #[serde(rename = "trueValues")]
    pub true_values: Option<Vec<String>>,
    /// Spellings of no.
    #[serde(rename = "falseValues")]
    pub false_values: Option<Vec<String>>,
    /// What stands before the decimals of a number; a point where absent.
    #[serde(rename = "decimalChar")]
    #[schemars(with = "Option<String>")]
    pub decimal_char: Option<Text>,
    /// What parts the thousands of a number.
    #[serde(rename = "groupChar")]
    #[schemars(with = "Option<String>")]
    pub group_char: Option<Text>,
    /// False where a unit may stand before or behind a number, as in `95 %`.
    #[serde(rename = "bareNumber")]
    #[schemars(with = "Option<bool>")]
    pub bare_number: Option<Spanned<bool>>,
    #[serde(rename = "floatNumber")]
    float_number: Option<bool>,
    /// What separates the items of a list.
    #[schemars(with = "Option<String>")]
    pub delimiter: Option<Text>,
    /// The type of a list's items; `string` where absent.
    #[serde(rename = "itemType")]
    #[schemars(with = "Option<String>", extend("enum" = super::schema_syntax::ITEM_TYPES))]
    pub item_type: Option<Text>,
    /// Spellings of "no value" of this field, in place of the schema's.
    #[serde(rename = "missingValues")]
    pub missing_values: Option<Vec<MissingForm>>,
    /// The values of a categorical field.
    #[schemars(with = "Option<Vec<CategoryForm>>")]
    pub categories: Option<Spanned<Vec<CategoryForm>>>,
    #[serde(rename = "categoriesOrdered")]
    categories_ordered: Option<bool>,
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
    /// No two rows have the same value.
    pub unique: Option<bool>,
    /// Least value of what has an order.
    #[schemars(with = "Option<serde_json::Value>")]
    pub minimum: Option<Spanned<toml::Value>>,
    /// Greatest value of what has an order.
    #[schemars(with = "Option<serde_json::Value>")]
    pub maximum: Option<Spanned<toml::Value>>,
    /// What all values are greater than.
    #[serde(rename = "exclusiveMinimum")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub exclusive_minimum: Option<Spanned<toml::Value>>,
    /// What all values are less than.
    #[serde(rename = "exclusiveMaximum")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub exclusive_maximum: Option<Spanned<toml::Value>>,
    /// Least number of characters, items or members.
    #[serde(rename = "minLength")]
    #[schemars(with = "Option<u32>")]
    pub min_length: Option<Spanned<u32>>,
    /// Greatest number of characters, items or members.
    #[serde(rename = "maxLength")]
    #[schemars(with = "Option<u32>")]
    pub max_length: Option<Spanned<u32>>,
    /// The only values that there are.
    #[serde(rename = "enum")]
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    pub one_of: Option<Spanned<Vec<Spanned<toml::Value>>>>,
    /// A JSON Schema that arrays and objects satisfy.
    #[serde(rename = "jsonSchema")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub json_schema: Option<Spanned<toml::Value>>,
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
