//! What models and what they read were when the last release was made.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::{Checked, Model, model_hash};
use crate::project::Project;
use crate::warehouse::Manifest;

/// What a release was made of.
#[derive(Debug, Default)]
pub struct Released {
    models: BTreeMap<String, String>,
    definitions: BTreeMap<String, String>,
}

/// How a thing stands to the last release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    New,
    /// It was another.
    Modified,
    /// It was the same.
    None,
}

impl Released {
    /// What a release says of what it was made of; nothing is known where there is none.
    pub fn of(release: Option<&Manifest>) -> Self {
        let Some(release) = release else { return Self::default() };
        let tables = release.resources.iter().chain(&release.rihla.staging);
        Self { models: tables.map(|table| (table.name.clone(), table.rihla.model.clone())).collect(), definitions: release.rihla.definitions.clone() }
    }

    /// How a model stands to it: by its own file, and by the definitions of what it reads that no model makes.
    pub fn model(&self, model: &Model, now: &BTreeMap<String, String>) -> Change {
        let Some(then) = self.models.get(model.name.as_str()) else { return Change::New };
        let is_other = *then != model_hash(model) || model.reads.iter().any(|(read, _)| self.input(read, now) == Change::Modified);
        if is_other { Change::Modified } else { Change::None }
    }

    /// How a feed, code list or reference stands to it. A release that did not note what they were says nothing of them.
    pub fn input(&self, name: &str, now: &BTreeMap<String, String>) -> Change {
        match (self.definitions.get(name), now.get(name)) {
            (None, Some(_)) if !self.definitions.is_empty() || self.models.is_empty() => Change::New,
            (Some(then), Some(now)) if then != now => Change::Modified,
            _ => Change::None,
        }
    }
}

/// What feeds, code lists and references are by definition, not by what was delivered: a hash of each that models read.
pub fn definitions(project: &Project, checked: &Checked) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for pipeline in &project.pipelines {
        all.insert(format!("feeds.{}", pipeline.contract.feed), pipeline.contract.fingerprint.clone());
    }
    for (name, list) in &project.code_lists {
        let codes = list
            .codes
            .iter()
            .map(|code| format!("{}\t{}\t{}\t{}\t{:?}\t{:?}\n", code.code, code.label_en, code.label_fr, code.label_ar, code.valid_from, code.valid_to));
        all.insert(format!("codes.{name}"), hash(codes.collect::<String>().as_bytes()));
    }
    for reference in &project.references {
        // A file that cannot be read is told when it is loaded.
        let content = std::fs::read(&reference.path).unwrap_or_default();
        all.insert(format!("ref.{}", reference.name), hash(&[reference.contract.fingerprint.as_bytes(), &content].concat()));
    }
    all.retain(|name, _| checked.models.iter().any(|model| model.reads.iter().any(|(read, _)| read == name)));
    all
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..16])
}
