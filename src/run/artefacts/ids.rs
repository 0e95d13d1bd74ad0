//! The names that dbt gives to everything: `model.project.name`.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::model::{Model, Test};
use crate::project::Project;

/// A model's.
pub fn model(project: &Project, name: &str) -> String {
    format!("model.{}.{name}", project.name)
}

/// Of anything that a model reads: another model, `feeds.returns` (a source), `codes.country` (a seed).
pub fn read(project: &Project, name: &str) -> String {
    match name.split_once('.') {
        None => model(project, name),
        Some(("codes" | "ref", _)) => format!("seed.{}.{name}", project.name),
        Some(_) => format!("source.{}.{name}", project.name),
    }
}

/// The tests of a model, each with its own id.
pub fn tests<'m>(project: &Project, model: &'m Model) -> Vec<(String, &'m Test)> {
    let mut taken = BTreeSet::new();
    let mut tests = Vec::new();
    for test in &model.tests {
        let mut times = 0;
        // A model may state a test twice, with another weight.
        let id = loop {
            let id = format!("test.{}.{}.{}", project.name, test_name(model, test), hash(model, test, times));
            if taken.insert(id.clone()) {
                break id;
            }
            times += 1;
        };
        tests.push((id, test));
    }
    tests
}

/// A test's name, as dbt puts it together: `not_null_by_country_persons`.
pub fn test_name(model: &Model, test: &Test) -> String {
    let name = test.name();
    let name = name.split(" where ").next().unwrap_or(&name);
    let (kind, arguments) = name.split_once('(').unwrap_or((name, ""));
    let mut words = vec![kind.trim(), model.name.as_str()];
    words.extend(arguments.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty()));
    words.join("_")
}

/// What is tested: `not_null`.
pub fn test_kind(test: &Test) -> String {
    test.name().split('(').next().unwrap_or_default().trim().to_owned()
}

fn hash(model: &Model, test: &Test, times: u32) -> String {
    let digest = Sha256::new().chain_update(model.name.as_str()).chain_update("\n").chain_update(test.name()).chain_update(times.to_le_bytes()).finalize();
    hex::encode(&digest[..5])
}
