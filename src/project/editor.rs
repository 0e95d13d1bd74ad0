//! Schemas for editors, made from the forms themselves: what may stand in a file, and what each key means.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::edition::EditionForm;
use super::forms::{PipelineForm, ProjectForm, SchemaForm};

/// The schema of one kind of file.
#[derive(Debug)]
pub struct EditorSchema {
    /// Its name; its file is `{name}.schema.json`.
    pub name: &'static str,
    /// The files it is for, as a pattern below the project folder.
    pub files: &'static str,
    /// The JSON Schema (draft 7, which editors know best), indented, ending in a line break.
    pub text: String,
}

/// The schemas of the files that this module reads.
pub fn editor_schemas() -> Vec<EditorSchema> {
    vec![
        editor_schema::<ProjectForm>("project", "rihla.toml"),
        editor_schema::<PipelineForm>("pipeline", "pipelines/*.toml"),
        editor_schema::<EditionForm>("edition", "fixtures/published/*.toml"),
        editor_schema::<SchemaForm>("table-schema", "schemas/**/*.json"),
    ]
}

/// The schema of one kind of file, from the form it is read into.
pub fn editor_schema<F: JsonSchema>(name: &'static str, files: &'static str) -> EditorSchema {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<F>();
    let mut text = format!("{:#}", schema.to_value());
    text.push('\n');
    EditorSchema { name, files, text }
}

/// TOML has no null, and in the project's JSON null is absence: an optional key is left out, not emptied.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.insert("allOf".to_owned(), Value::Array(vec![only]));
        }
    }
    // A default that is null says no more than that the key may be left out.
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
}

/// A day as TOML writes it without quotes, which editors hand to a schema as text.
pub struct Day;

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_keys_are_left_out_and_not_null() {
        for schema in editor_schemas() {
            assert!(!schema.text.contains("\"null\""), "{}", schema.name);
            assert!(schema.text.contains("\"additionalProperties\": false"), "unknown keys are refused as the program does: {}", schema.name);
        }
    }
}
