//! The files of tables and releases, each read through and held against its hash.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Finding;
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::{FileFacts, Resource, Warehouse};

/// A file, and what is to be done where it is not as it was written.
struct Known {
    facts: FileFacts,
    path: PathBuf,
    remedy: String,
}

/// Reads through what was built last and every release. What is still to be pruned or was pruned already is in neither.
pub async fn look(project: &Project, clock: &SharedClock) -> Vec<Finding> {
    found(project, clock).await.unwrap_or_else(|error| vec![Finding::of_error("files", &error)])
}

async fn found(project: &Project, clock: &SharedClock) -> Result<Vec<Finding>> {
    let Some(warehouse) = Warehouse::open_if_any(project, clock.clone()).await? else { return Ok(Vec::new()) };
    let files = known(&warehouse).await?;
    let looked = tokio::task::spawn_blocking(move || examine(&files)).await;
    looked.map_err(|cause| Error::new(Kind::Internal, "files were not read through").because(cause))
}

/// By path within the warehouse. Of a file that a run makes anew that is the remedy, whatever releases show it too.
async fn known(warehouse: &Warehouse) -> Result<BTreeMap<String, Known>> {
    let mut files = BTreeMap::new();
    let built = warehouse.last_build().await?;
    let anew = |path: &PathBuf| format!("rm {} && rihla run: it is made anew", path.display());
    for table in &built.staging {
        let whole = table.rihla.files.is_none().then(|| of_resource(table));
        for facts in table.rihla.files.iter().flatten().cloned().chain(whole) {
            let path = warehouse.store().root().join(&facts.path);
            files.insert(facts.path.clone(), Known { remedy: anew(&path), facts, path });
        }
    }
    for table in &built.tables {
        for facts in of_table(table) {
            let path = warehouse.released_file(&facts.path);
            files.insert(format!("released/{}", facts.path), Known { remedy: anew(&path), facts, path });
        }
    }
    let numbers = warehouse.release_numbers().await?;
    for number in &numbers {
        for table in &warehouse.release(*number).await?.resources {
            let is_newest = numbers.last() == Some(number);
            files.extend(of_table(table).filter(|_| is_newest).map(|facts| shown(warehouse, *number, &table.name, facts)));
            for facts in of_table(table) {
                let path = warehouse.released_file(&facts.path);
                let remedy = format!("release {number} shows it: restore it from a backup");
                files.entry(format!("released/{}", facts.path)).or_insert(Known { facts, path, remedy });
            }
        }
    }
    Ok(files)
}

/// A file as the folder of the newest release has it: another name of the same one, until that is made anew.
fn shown(warehouse: &Warehouse, number: u64, table: &str, facts: FileFacts) -> (String, Known) {
    let extension = if facts.path.ends_with(".csv") { "csv" } else { "parquet" };
    let name = format!("{number:06}/{table}.{extension}");
    let path = warehouse.released_file(&name);
    let folder = warehouse.released_file(&format!("{number:06}"));
    (format!("released/{name}"), Known { facts, path, remedy: format!("rm -r {} && rihla run: the folder is made anew", folder.display()) })
}

fn of_resource(table: &Resource) -> FileFacts {
    FileFacts { path: table.path.clone(), bytes: table.bytes, hash: table.hash.clone() }
}

fn of_table(table: &Resource) -> impl Iterator<Item = FileFacts> {
    std::iter::once(of_resource(table)).chain(table.rihla.csv.clone())
}

fn examine(files: &BTreeMap<String, Known>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, known) in files.iter().filter(|(_, known)| !known.facts.is_content_of(&known.path)) {
        let found = if known.path.exists() { "is not as it was written" } else { "is missing" };
        findings.push(Finding::fault(format!("file {name}"), found, known.remedy.clone()));
    }
    let bytes: u64 = files.values().map(|known| known.facts.bytes).sum();
    let whole = files.len() - findings.len();
    if findings.is_empty() {
        findings.push(Finding::well("files", format!("{whole} of tables and releases, {} MiB, are as they were written", bytes.div_ceil(1 << 20))));
    }
    findings
}
