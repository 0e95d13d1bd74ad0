//! Parts of a Table Schema that may be written in two ways.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;

/// `"record_id"` or `["case", "person"]`
#[derive(Debug, Clone)]
pub struct NamesForm(pub Vec<String>);

impl JsonSchema for NamesForm {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Names".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "array"], "items": {"type": "string"}})
    }
}

impl<'de> Deserialize<'de> for NamesForm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> serde::de::Visitor<'de> for OneOrMany {
            type Value = NamesForm;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a field or a list of names")
            }

            fn visit_str<E>(self, name: &str) -> Result<NamesForm, E> {
                Ok(NamesForm(vec![name.to_owned()]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<NamesForm, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(NamesForm(names))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// `"ND"` or `{"value": "ND", "label": "not disclosed"}`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MissingForm {
    /// A spelling of "no value".
    Plain(String),
    /// One with what it means.
    Labelled {
        /// The spelling.
        value: String,
        /// What it means, for people.
        #[serde(rename = "label")]
        _label: Option<String>,
    },
}

impl MissingForm {
    /// The spelling.
    pub fn value(&self) -> &str {
        match self {
            Self::Plain(value) | Self::Labelled { value, .. } => value,
        }
    }
}

/// `"apple"`, `1` or `{"value": 1, "label": "apple"}`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CategoryForm {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Either with what it means.
    Labelled {
        /// The value.
        value: CategoryValue,
        /// What it means, for people.
        #[serde(rename = "label")]
        _label: Option<String>,
    },
}

/// Text or a whole number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CategoryValue {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
}

impl CategoryForm {
    /// The value as text, and whether it is a number.
    pub fn value(&self) -> (String, bool) {
        match self {
            Self::Text(text) | Self::Labelled { value: CategoryValue::Text(text), .. } => (text.clone(), false),
            Self::Number(number) | Self::Labelled { value: CategoryValue::Number(number), .. } => (number.to_string(), true),
        }
    }
}

/// `{"fields": "parent", "reference": {"resource": "", "fields": "id"}}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignKeyForm {
    /// The field, or fields, of this table.
    #[schemars(with = "NamesForm")]
    pub fields: Spanned<NamesForm>,
    /// Where their values stand.
    pub reference: ReferenceKeyForm,
}

/// A foreign key's `reference`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceKeyForm {
    /// Another feed or a table of the project; the same table where absent or empty.
    #[schemars(with = "Option<String>")]
    pub resource: Option<Text>,
    /// Its field or fields.
    #[schemars(with = "NamesForm")]
    pub fields: Spanned<NamesForm>,
}
