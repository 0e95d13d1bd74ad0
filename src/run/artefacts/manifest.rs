//! `manifest.json`: what the project is, in the shape of dbt's manifest v12.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::nodes::Nodes;
use super::{Making, ids};
use crate::model::{self, Checked, Model, Resource};
use crate::parallel;
use crate::project::Project;

/// The whole project as JSON: models, their tests and code lists as nodes, feeds and system tables as sources. Nodes are
/// written as they are made, on all cores: there are hundreds, and together they are large.
///
/// # Errors
/// Where something is no JSON.
pub fn manifest(project: &Project, checked: &Checked, making: &Making) -> serde_json::Result<Vec<u8>> {
    let all = model::nodes(project, checked);
    let definitions = model::definitions(project, checked);
    let make = Nodes { project, definitions: &definitions, at: making.at };
    let (mut nodes, mut sources) = (Members::default(), Map::new());
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in all.values() {
        let id = ids::read(project, &node.name);
        match node.resource {
            Resource::Source => drop(sources.insert(id.clone(), make.source(node))),
            Resource::Seed => nodes.put(&id, &make.seed(node))?,
            Resource::Model => {}
        }
        parents.entry(id).or_default();
    }
    let models: Vec<(&Model, &SchemaRef)> = checked.models.iter().zip(&checked.schemas).collect();
    let is_there = |name: &str| all.contains_key(name);
    for made in parallel::each(&models, |(model, schema)| entries(&make, model, schema, &is_there)) {
        for entry in made? {
            nodes.put_written(&entry.id, &entry.node)?;
            parents.insert(entry.id, entry.reads);
        }
    }
    let mut metadata = making.metadata("manifest/v12");
    metadata["project_name"] = json!(project.name);
    metadata["adapter_type"] = json!("datafusion");
    metadata["send_anonymous_usage_stats"] = json!(false);
    let mut manifest = Members::default();
    manifest.put("metadata", &metadata)?;
    manifest.put_written("nodes", &nodes.finish())?;
    manifest.put("sources", &sources)?;
    manifest.put("parent_map", &parents)?;
    manifest.put("child_map", &children(&parents))?;
    let nothing = ["macros", "docs", "exposures", "metrics", "groups", "selectors", "disabled", "group_map", "saved_queries", "semantic_models", "unit_tests"];
    nothing.into_iter().try_for_each(|name| manifest.put(name, &json!({})))?;
    Ok(manifest.finish())
}

/// An object of JSON that is written member by member.
#[derive(Default)]
struct Members(Vec<u8>);

impl Members {
    /// A member that is still to be written.
    fn put(&mut self, name: &str, value: &impl Serialize) -> serde_json::Result<()> {
        self.name(name)?;
        serde_json::to_writer(&mut self.0, value)
    }

    /// A member that was written.
    fn put_written(&mut self, name: &str, value: &[u8]) -> serde_json::Result<()> {
        self.name(name)?;
        self.0.extend_from_slice(value);
        Ok(())
    }

    fn name(&mut self, name: &str) -> serde_json::Result<()> {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        serde_json::to_writer(&mut self.0, name)?;
        self.0.push(b':');
        Ok(())
    }

    fn finish(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        self.0
    }
}

/// An entry, written, with its id and what it reads.
struct Entry {
    id: String,
    node: Vec<u8>,
    reads: BTreeSet<String>,
}

impl Entry {
    fn of(id: String, node: &Value, reads: BTreeSet<String>) -> serde_json::Result<Self> {
        Ok(Self { id, node: serde_json::to_vec(node)?, reads })
    }
}

/// The entries of a model and of its tests.
fn entries(make: &Nodes<'_>, model: &Model, schema: &SchemaRef, is_there: &(dyn Fn(&str) -> bool + Sync)) -> serde_json::Result<Vec<Entry>> {
    let project = make.project;
    let id = ids::model(project, model.name.as_str());
    let reads: BTreeSet<String> = model.reads.iter().filter(|(read, _)| is_there(read)).map(|(read, _)| ids::read(project, read)).collect();
    let mut entries = vec![Entry::of(id.clone(), &make.model(model, schema, &reads), reads)?];
    for (test_id, test) in ids::tests(project, model) {
        let held_against = test.check.other_table().filter(|table| is_there(table)).map(|table| ids::read(project, &table));
        let reads: BTreeSet<String> = std::iter::once(id.clone()).chain(held_against).collect();
        let node = make.test(model, &test_id, test, &reads);
        entries.push(Entry::of(test_id, &node, reads)?);
    }
    Ok(entries)
}

fn children(parents: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<&str, BTreeSet<&str>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = parents.iter().map(|(id, reads)| (id.as_str(), reads.iter().map(String::as_str).collect())).collect();
    crate::graph::reversed(&edges)
}
