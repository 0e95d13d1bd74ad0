//! `manifest.json`: what the project is, in the shape of dbt's manifest v12.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::nodes::Nodes;
use super::{Making, ids};
use crate::model::{self, Checked, Resource};
use crate::project::Project;

/// The whole project: models, their tests and code lists as nodes, feeds and system tables as sources.
pub fn manifest(project: &Project, checked: &Checked, making: &Making<'_>) -> Value {
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
    for (model, schema) in checked.models.iter().zip(&checked.schemas) {
        let id = ids::model(project, model.name.as_str());
        let reads: BTreeSet<String> = model.reads.iter().filter(|(read, _)| all.contains_key(read)).map(|(read, _)| ids::read(project, read)).collect();
        nodes.insert(id.clone(), make.model(model, schema, &reads));
        for (test_id, test) in ids::tests(project, model) {
            let held_against = test.check.other_table().filter(|table| all.contains_key(table)).map(|table| ids::read(project, &table));
            let reads: BTreeSet<String> = std::iter::once(id.clone()).chain(held_against).collect();
            nodes.insert(test_id.clone(), make.test(model, &test_id, test, &reads));
            parents.insert(test_id, reads);
        }
        parents.insert(id, reads);
    }
    let mut metadata = making.metadata("manifest/v12");
    metadata["project_name"] = json!(project.name);
    metadata["adapter_type"] = json!("datafusion");
    metadata["send_anonymous_usage_stats"] = json!(false);
    json!({
        "metadata": metadata,
        "nodes": nodes,
        "sources": sources,
        "macros": {}, "docs": {}, "exposures": {}, "metrics": {}, "groups": {}, "selectors": {}, "disabled": {},
        "parent_map": parents,
        "child_map": children(&parents),
        "group_map": {}, "saved_queries": {}, "semantic_models": {}, "unit_tests": {},
    })
}

fn children(parents: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<&str, BTreeSet<&str>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = parents.iter().map(|(id, reads)| (id.as_str(), reads.iter().map(String::as_str).collect())).collect();
    crate::graph::reversed(&edges)
}
