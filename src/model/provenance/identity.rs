//! What makes the rows of tables unique, as far as that is declared.

use std::collections::BTreeMap;

use crate::contract::Role;
use crate::model::check::Checked;
use crate::model::test::Check;
use crate::project::Project;

/// The keys of tables.
#[derive(Debug, Default)]
pub struct Identities {
    keys: BTreeMap<String, Vec<Vec<String>>>,
}

impl Identities {
    /// The keys of tables, given one by one.
    pub fn new(keys: impl IntoIterator<Item = (String, Vec<Vec<String>>)>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// The keys of a table, `schema.name` or `name`; none where none is declared.
    pub fn keys_of(&self, table: &str) -> impl Iterator<Item = &Vec<String>> {
        self.keys.get(table).into_iter().flatten()
    }
}

/// The keys of all tables of a project: of models the grain and what tests hold, of feeds office and record.
pub fn identities(project: &Project, checked: &Checked) -> Identities {
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut keys = BTreeMap::new();
    for model in &checked.models {
        let grain = model.header.grain.iter().map(|column| column.get_ref().clone()).collect();
        let tested = model.tests.iter().filter(|test| test.condition.is_none()).filter_map(|test| match &test.check {
            Check::Unique(columns) => Some(columns.clone()),
            _ => None,
        });
        keys.insert(model.name.as_str().to_owned(), std::iter::once(grain).chain(tested).collect());
    }
    for pipeline in &project.pipelines {
        let contract = &pipeline.contract;
        let record = contract.role(Role::RecordId).map_or("record_id", |index| contract.fields[index].name.as_str());
        keys.insert(format!("feeds.{}", contract.feed), vec![columns(&["office", record])]);
    }
    for list in project.code_lists.keys() {
        keys.insert(format!("codes.{list}"), vec![columns(&["code"])]);
    }
    for reference in &project.references {
        let key: Vec<String> = reference.contract.key.iter().map(|index| reference.contract.fields[*index].name.clone()).collect();
        keys.insert(format!("ref.{}", reference.name), if key.is_empty() { Vec::new() } else { vec![key] });
    }
    for (name, key) in
        [("offices", vec!["office"]), ("periods", vec!["period"]), ("calendar", vec!["office", "feed", "period"]), ("submissions", vec!["submission_id"])]
    {
        keys.insert(format!("system.{name}"), vec![columns(&key)]);
    }
    Identities { keys }
}
