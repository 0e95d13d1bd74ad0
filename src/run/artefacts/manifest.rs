//! `manifest.json`: what the project is, in the shape of dbt's manifest v12.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use serde_json::{Map, Value, json};

use super::nodes::Nodes;
use super::{Making, ids};
use crate::model::{self, Checked, Model, Resource};
use crate::parallel;
use crate::project::Project;

/// The whole project: models, their tests and code lists as nodes, feeds and system tables as sources.
pub fn manifest(project: &Project, checked: &Checked, making: &Making) -> Value {
    let all = model::nodes(project, checked);
    let definitions = model::definitions(project, checked);
    let make = Nodes { project, definitions: &definitions, at: making.at };
    let (mut nodes, mut sources) = (Map::new(), Map::new());
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in all.values() {
        let id = ids::read(project, &node.name);
        match node.resource {
            Resource::Source => drop(sources.insert(id.clone(), make.source(node))),
            Resource::Seed => drop(nodes.insert(id.clone(), make.seed(node))),
            Resource::Model => {}
        }
        parents.entry(id).or_default();
    }
    let models: Vec<(&Model, &SchemaRef)> = checked.models.iter().zip(&checked.schemas).collect();
    let is_there = |name: &str| all.contains_key(name);
    for entry in parallel::each(&models, |(model, schema)| entries(&make, model, schema, &is_there)).into_iter().flatten() {
        nodes.insert(entry.id.clone(), entry.node);
        parents.insert(entry.id, entry.reads);
    }
    let mut metadata = making.metadata("manifest/v12");
    metadata["project_name"] = json!(project.name);
    metadata["adapter_type"] = json!("datafusion");
    metadata["send_anonymous_usage_stats"] = json!(false);
    // What is large is moved where it belongs: the macro would copy it.
    let mut manifest = json!({
        "metadata": metadata,
        "nodes": {}, "sources": {},
        "macros": {}, "docs": {}, "exposures": {}, "metrics": {}, "groups": {}, "selectors": {}, "disabled": {},
        "parent_map": parents,
        "child_map": children(&parents),
        "group_map": {}, "saved_queries": {}, "semantic_models": {}, "unit_tests": {},
    });
    manifest["nodes"] = Value::Object(nodes);
    manifest["sources"] = Value::Object(sources);
    manifest
}

/// An entry with its id and what it reads.
struct Entry {
    id: String,
    node: Value,
    reads: BTreeSet<String>,
}

/// The entries of a model and of its tests.
fn entries(make: &Nodes<'_>, model: &Model, schema: &SchemaRef, is_there: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Entry> {
    let project = make.project;
    let id = ids::model(project, model.name.as_str());
    let reads: BTreeSet<String> = model.reads.iter().filter(|(read, _)| is_there(read)).map(|(read, _)| ids::read(project, read)).collect();
    let mut entries = vec![Entry { id: id.clone(), node: make.model(model, schema, &reads), reads }];
    for (test_id, test) in ids::tests(project, model) {
        let held_against = test.check.other_table().filter(|table| is_there(table)).map(|table| ids::read(project, &table));
        let reads: BTreeSet<String> = std::iter::once(id.clone()).chain(held_against).collect();
        entries.push(Entry { node: make.test(model, &test_id, test, &reads), id: test_id, reads });
    }
    entries
}

fn children(parents: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<&str, BTreeSet<&str>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = parents.iter().map(|(id, reads)| (id.as_str(), reads.iter().map(String::as_str).collect())).collect();
    crate::graph::reversed(&edges)
}
