//! What can be selected, and what reads what.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Checked;
use crate::project::Project;

/// What a thing is, in dbt's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A model.
    Model,
    /// A feed, or a table that the system knows of itself.
    Source,
    /// A code list or a reference table: a file of the project that is a table.
    Seed,
}

impl Resource {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Source => "source",
            Self::Seed => "seed",
        }
    }
}

/// A table that can be selected.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name in SQL: `by_country`, `feeds.returns`, `codes.country`.
    pub name: String,
    /// What it is.
    pub resource: Resource,
    /// Its file below the project folder; empty for what the system knows.
    pub path: String,
    /// Its tags.
    pub tags: Vec<String>,
}

impl Node {
    /// The folders above it and its name, the project first.
    pub fn qualified<'n>(&'n self, project: &'n str) -> Vec<&'n str> {
        let folders = self.path.strip_prefix("sql/").and_then(|path| path.rsplit_once('/')).map_or("", |(folders, _)| folders);
        let folders = folders.split('/').filter(|folder| !folder.is_empty() && self.resource == Resource::Model);
        std::iter::once(project).chain(folders).chain(self.name.split('.')).collect()
    }
}

/// Everything that can be selected, by name.
pub fn nodes(project: &Project, checked: &Checked) -> BTreeMap<String, Node> {
    let mut nodes = Vec::new();
    for model in &checked.models {
        let tags = model.header.tags.iter().map(|tag| tag.get_ref().clone()).collect();
        nodes.push(Node { name: model.name.as_str().to_owned(), resource: Resource::Model, path: model.file.path.clone(), tags });
    }
    let other = |name: String, resource: Resource, path: String| Node { name, resource, path, tags: Vec::new() };
    for pipeline in &project.pipelines {
        let feed = &pipeline.contract.feed;
        // A pipeline may name its schema otherwise; then the feed has no path to be chosen by.
        let path = Some(format!("schemas/{feed}.json")).filter(|path| project.root.join(path).is_file());
        nodes.push(other(format!("feeds.{feed}"), Resource::Source, path.unwrap_or_default()));
    }
    for name in project.code_lists.keys() {
        nodes.push(other(format!("codes.{name}"), Resource::Seed, format!("schemas/codes/{name}.csv")));
    }
    for reference in &project.references {
        let path = reference.path.strip_prefix(&project.root).unwrap_or(&reference.path).to_string_lossy().replace('\\', "/");
        nodes.push(other(format!("ref.{}", reference.name), Resource::Seed, path));
    }
    let of_system = checked.models.iter().flat_map(|model| &model.reads).filter(|(read, _)| read.starts_with("system."));
    let of_system: BTreeSet<&str> = of_system.map(|(read, _)| read.as_str()).collect();
    nodes.extend(of_system.into_iter().map(|name| other(name.to_owned(), Resource::Source, String::new())));
    nodes.into_iter().map(|node| (node.name.clone(), node)).collect()
}

/// What each thing reads.
pub fn reads<'n>(nodes: &'n BTreeMap<String, Node>, checked: &'n Checked) -> BTreeMap<&'n str, BTreeSet<&'n str>> {
    let mut reads: BTreeMap<&str, BTreeSet<&str>> = nodes.keys().map(|name| (name.as_str(), BTreeSet::new())).collect();
    for model in &checked.models {
        let known = model.reads.iter().map(|(read, _)| read.as_str()).filter(|read| nodes.contains_key(*read));
        reads.insert(model.name.as_str(), known.collect());
    }
    reads
}
