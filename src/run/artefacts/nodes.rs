//! The entries of the manifest, one function a kind.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::ids;
use crate::contract::{Contract, loaded_schema};
use crate::model::{self, Model, Node, Severity, Test};
use crate::project::Project;

/// What entries are made from.
pub struct Nodes<'a> {
    /// The project.
    pub project: &'a Project,
    /// Hashes of what no model makes.
    pub definitions: &'a BTreeMap<String, String>,
    /// The moment.
    pub at: DateTime<Utc>,
}

impl Nodes<'_> {
    /// A model: released ones are public, person-level ones protected.
    pub fn model(&self, model: &Model, schema: &SchemaRef, reads: &BTreeSet<String>) -> Value {
        let name = model.name.as_str();
        let tags: Vec<&str> = model.header.tags.iter().map(|tag| tag.get_ref().as_str()).collect();
        let meta = json!({"grain": model.header.grain.iter().map(|column| column.get_ref()).collect::<Vec<_>>(), "released": !model.is_staging});
        let mut config = config("table", &tags);
        config["meta"] = meta.clone();
        config["access"] = json!(if model.is_staging { "protected" } else { "public" });
        let sources = model.reads.iter().filter_map(|(read, _)| read.split_once('.')).filter(|(schema, _)| !matches!(*schema, "codes" | "ref"));
        let refs = model.reads.iter().filter(|(read, _)| !read.contains('.') || matches!(read.split_once('.'), Some(("codes" | "ref", _))));
        let mut entry = self.entry(&ids::model(self.project, name), name, "model", if model.is_staging { "staging" } else { "released" }, &model.file.path);
        extend(
            &mut entry,
            json!({
                "alias": name,
                "checksum": {"name": "sha256", "checksum": hex::encode(Sha256::digest(&model.file.text))},
                "config": config,
                "tags": tags,
                "description": model.header.description,
                "columns": self.model_columns(model, schema),
                "meta": meta,
                "language": "sql",
                "raw_code": model.file.text,
                "compiled": true,
                "compiled_code": select_of(model),
                "refs": refs.map(|(read, _)| json!({"name": read, "package": null, "version": null})).collect::<Vec<_>>(),
                "sources": sources.map(|(schema, table)| json!([schema, table])).collect::<Vec<_>>(),
                "metrics": [],
                "depends_on": {"macros": [], "nodes": reads},
                "access": if model.is_staging { "protected" } else { "public" },
                "primary_key": model.header.grain.iter().map(|column| column.get_ref()).collect::<Vec<_>>(),
            }),
        );
        entry
    }

    /// A test of a model.
    pub fn test(&self, model: &Model, id: &str, test: &Test, reads: &BTreeSet<String>) -> Value {
        let columns = test.check.columns();
        let column = match columns.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let name = ids::test_name(model, test);
        let mut config = config("test", &[]);
        config["severity"] = json!(if test.severity == Severity::Error { "ERROR" } else { "WARN" });
        config["where"] = json!(test.condition);
        let mut entry = self.entry(id, &name, "test", "tests", &model.file.path);
        extend(
            &mut entry,
            json!({
                "alias": name,
                "checksum": {"name": "none", "checksum": ""},
                "config": config,
                "tags": [],
                "description": test.name(),
                "columns": {},
                "meta": {},
                "language": "sql",
                "raw_code": "",
                "compiled": false,
                "refs": [{"name": model.name.as_str(), "package": null, "version": null}],
                "sources": [],
                "metrics": [],
                "depends_on": {"macros": [], "nodes": reads},
                "column_name": column,
                "file_key_name": format!("models.{}", model.name),
                "attached_node": ids::model(self.project, model.name.as_str()),
                "test_metadata": {"name": ids::test_kind(test), "kwargs": {"columns": columns, "model": model.name.as_str()}, "namespace": null},
            }),
        );
        entry
    }

    /// A code list or a reference table.
    pub fn seed(&self, node: &Node) -> Value {
        let (schema, table) = node.name.split_once('.').unwrap_or(("codes", &node.name));
        let contract = self.project.references.iter().find(|reference| schema == "ref" && reference.name == table).map(|reference| &reference.contract);
        let mut entry = self.entry(&ids::read(self.project, &node.name), table, "seed", schema, &node.path);
        extend(
            &mut entry,
            json!({
                "alias": table,
                "checksum": {"name": "sha256", "checksum": self.definitions.get(&node.name).map_or("", String::as_str)},
                "config": config("seed", &[]),
                "tags": [],
                "description": contract.map_or("", |contract| contract.description.as_str()),
                "columns": contract.map_or_else(|| json!({}), |contract| contract_columns(contract, contract.fields.iter().map(|field| field.name.as_str()))),
                "meta": {},
                "raw_code": "",
                "root_path": null,
                "depends_on": {"macros": []},
            }),
        );
        entry
    }

    /// A feed, or a table that the system knows of itself.
    pub fn source(&self, node: &Node) -> Value {
        let (schema, table) = node.name.split_once('.').unwrap_or(("feeds", &node.name));
        let contract = self.project.pipeline(table).filter(|_| schema == "feeds").map(|pipeline| &pipeline.contract);
        let columns = contract.map(|contract| {
            let loaded = loaded_schema(contract);
            contract_columns(contract, loaded.fields().iter().map(|field| field.name().as_str()))
        });
        let mut entry = self.entry(&ids::read(self.project, &node.name), table, "source", schema, &node.path);
        extend(
            &mut entry,
            json!({
                "source_name": schema,
                "source_description": if schema == "feeds" { "what offices send" } else { "what the program itself knows" },
                "loader": "rihla",
                "identifier": table,
                "description": contract.map_or("", |contract| contract.description.as_str()),
                "columns": columns.unwrap_or_else(|| json!({})),
                "meta": {},
                "source_meta": {},
                "tags": [],
                "config": {"enabled": true},
            }),
        );
        entry
    }

    /// What every entry has.
    fn entry(&self, id: &str, name: &str, resource: &str, schema: &str, path: &str) -> Value {
        let short = path.strip_prefix("sql/").unwrap_or(path);
        let folders = short.rsplit_once('/').map_or("", |(folders, _)| folders).split('/').filter(|folder| !folder.is_empty());
        let qualified: Vec<&str> = std::iter::once(self.project.name.as_str()).chain(folders).chain([name]).collect();
        #[expect(clippy::cast_precision_loss, reason = "dbt writes moments as seconds with decimals")]
        let created = self.at.timestamp_micros() as f64 / 1e6;
        json!({
            "database": self.project.name,
            "schema": schema,
            "name": name,
            "resource_type": resource,
            "package_name": self.project.name,
            "path": short,
            "original_file_path": path,
            "unique_id": id,
            "fqn": qualified,
            "relation_name": if resource == "test" { Value::Null } else { json!(format!("\"{}\".\"{schema}\".\"{name}\"", self.project.name)) },
            "created_at": created,
            "unrendered_config": {},
        })
    }

    fn model_columns(&self, model: &Model, schema: &SchemaRef) -> Map<String, Value> {
        let column = |column: crate::warehouse::Column| {
            let measure = model.header.measure(&column.name);
            let mut meta = Map::new();
            meta.extend(column.hxl.map(|tag| ("hxl".to_owned(), json!(tag))));
            meta.extend(measure.map(|measure| ("measure".to_owned(), json!(measure))));
            let entry = json!({"name": column.name, "description": column.description, "data_type": column.kind, "meta": meta, "tags": [], "constraints": []});
            (column.name, entry)
        };
        model::columns(model, schema, self.project).into_iter().map(column).collect()
    }
}

/// The columns of a table that a contract describes; those that the program adds have no description there.
fn contract_columns<'c>(contract: &Contract, names: impl Iterator<Item = &'c str>) -> Value {
    let column = |name: &str| {
        let description = contract.field(name).map_or("", |field| field.description.as_str());
        (name.to_owned(), json!({"name": name, "description": description, "meta": {}, "tags": [], "constraints": []}))
    };
    Value::Object(names.map(column).collect())
}

fn config(materialized: &str, tags: &[&str]) -> Value {
    json!({"enabled": true, "materialized": materialized, "tags": tags, "meta": {}})
}

/// What a model's file holds behind its header.
fn select_of(model: &Model) -> &str {
    let text = model.file.text.as_str();
    text[model.header_start..].find("*/").map_or(text, |end| text[model.header_start + end + 2..].trim())
}

fn extend(entry: &mut Value, more: Value) {
    if let (Value::Object(entry), Value::Object(more)) = (entry, more) {
        entry.extend(more);
    }
}
