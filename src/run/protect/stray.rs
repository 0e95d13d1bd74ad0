//! What nobody needs any more: releases past those that are kept, and files that no manifest names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::STAGING;
use crate::error::{self, Result};
use crate::store::is_unfinished;
use crate::warehouse::{POINTING, Resource, SOURCES, Warehouse, sources_of};

/// The folder of releases.
const RELEASED: &str = "released";

/// Files and releases that go.
#[derive(Default)]
pub struct Stray {
    /// Releases that go.
    pub releases: Vec<u64>,
    /// Releases that stay.
    pub kept: Vec<u64>,
    /// Of those, the ones that stay for their tags alone, with them.
    pub tagged: BTreeMap<u64, Vec<String>>,
    /// Paths below the warehouse.
    pub paths: Vec<String>,
}

impl Stray {
    /// Looks for what no kept release and no last build names. Where the person-level results go whole, what was built
    /// last and never released goes with them: it was made of them.
    ///
    /// # Errors
    /// `Unavailable` where a folder cannot be listed.
    pub async fn find(warehouse: &Warehouse, keep: Option<u64>, staging_goes: bool) -> Result<Self> {
        let mut stray = Self::of_releases(warehouse, keep).await?;
        let mut needed: BTreeSet<String> = BTreeSet::new();
        for number in &stray.kept {
            let manifest = warehouse.release(*number).await?;
            needed.extend(manifest.resources.iter().flat_map(files_of));
            needed.extend(sources_of(&manifest));
        }
        if !staging_goes {
            let last = warehouse.last_build().await?;
            needed.extend(last.tables.iter().flat_map(files_of));
            needed.extend(last.staging.iter().flat_map(Resource::staging_paths).map(str::to_owned));
        }
        let root = warehouse.store().root();
        stray.paths.extend(stray.releases.iter().map(|number| format!("{RELEASED}/release-{number:06}.json")));
        let beside: Vec<String> = entries(root, RELEASED)?.into_iter().filter(|name| stray.is_stray_entry(name)).collect();
        stray.paths.extend(beside.into_iter().map(|name| format!("{RELEASED}/{name}")));
        let cleared = entries(root, &format!("{RELEASED}/cleared"))?.into_iter();
        let is_of =
            |name: &String| name.strip_suffix(".json").and_then(|number| number.parse().ok()).is_some_and(|number: u64| stray.releases.contains(&number));
        let cleared: Vec<String> = cleared.filter(is_of).collect();
        stray.paths.extend(cleared.into_iter().map(|name| format!("{RELEASED}/cleared/{name}")));
        let links = entries(root, &format!("{RELEASED}/tags"))?.into_iter().filter(|name| name.starts_with(POINTING));
        stray.paths.extend(links.map(|name| format!("{RELEASED}/tags/{name}")));
        let mut files = Vec::new();
        walk(root, &format!("{RELEASED}/tables"), &mut files)?;
        if !staging_goes {
            walk(root, STAGING, &mut files)?;
        }
        walk(root, SOURCES, &mut files)?;
        stray.paths.extend(
            files.into_iter().filter(|path| (path.ends_with(".sql") || path.ends_with(".parquet") || path.ends_with(".csv")) && !needed.contains(path)),
        );
        stray.paths.extend(unnamed_submissions(warehouse)?);
        stray.paths.extend(unfinished(root)?);
        stray.paths.sort();
        Ok(stray)
    }

    /// Which releases go and which stay: the newest, and those that somebody named.
    async fn of_releases(warehouse: &Warehouse, keep: Option<u64>) -> Result<Self> {
        let numbers = warehouse.release_numbers().await?;
        let past = keep.map_or(0, |keep| numbers.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX)));
        let mut stray = Self::default();
        for tag in warehouse.tags().await? {
            if let Some(number) = tag.release().filter(|number| numbers[..past].contains(number)) {
                stray.tagged.entry(number).or_default().push(tag.name);
            }
        }
        (stray.releases, stray.kept) = numbers.iter().partition(|number| numbers[..past].contains(number) && !stray.tagged.contains_key(number));
        Ok(stray)
    }

    /// A folder of a release that is not kept, or what an interrupted run left beside them.
    fn is_stray_entry(&self, name: &str) -> bool {
        let of_release = name.len() == 6 && name.parse::<u64>().is_ok_and(|number| !self.kept.contains(&number));
        of_release || name.starts_with(".building-") || name.starts_with(POINTING) || name.strip_prefix("latest.").is_some_and(|rest| rest != "txt")
    }
}

fn files_of(resource: &Resource) -> impl Iterator<Item = String> {
    std::iter::once(&resource.path).chain(resource.rihla.csv.iter().map(|csv| &csv.path)).map(|path| format!("{RELEASED}/{path}"))
}

/// Files beside the table of submissions that its log does not name: written, and killed before the commit.
fn unnamed_submissions(warehouse: &Warehouse) -> Result<Vec<String>> {
    let (folder, named) = (warehouse.submissions.name(), warehouse.submissions.file_names()?);
    let files = entries(warehouse.store().root(), folder)?.into_iter();
    Ok(files.filter(|name| name.ends_with(".parquet") && !named.contains(name)).map(|name| format!("{folder}/{name}")).collect())
}

/// Objects that were being written when the process died. Of the rows' own tables they go as the table is written anew.
fn unfinished(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in entries(root, "")? {
        if !root.join(&name).is_dir() {
            found.push(name);
        } else if !name.starts_with('.') {
            walk(root, &name, &mut found)?;
        }
    }
    found.retain(|path| is_unfinished(path));
    Ok(found)
}

fn entries(root: &Path, folder: &str) -> Result<Vec<String>> {
    let path = root.join(folder);
    match std::fs::read_dir(&path) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(error::io(format!("cannot list `{}`", path.display()), cause)),
    }
}

fn walk(root: &Path, folder: &str, files: &mut Vec<String>) -> Result<()> {
    for name in entries(root, folder)? {
        let path = format!("{folder}/{name}");
        if root.join(&path).is_dir() { walk(root, &path, files)? } else { files.push(path) }
    }
    Ok(())
}
