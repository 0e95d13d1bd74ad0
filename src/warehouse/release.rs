//! Releases: numbered manifests of tables that never change, and the places where people read them.
//!
//! `released/release-000001.json` is the release: a Data Package descriptor, created in one atomic step.
//! `released/000001/` shows the same as a folder of plain Parquet, and `released/latest` points to the newest;
//! both are made again from the manifest when they are missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Warehouse;
use crate::clock::random_bytes;
use crate::contract::Measure;
use crate::error::{self, Error, Kind, Result};
use crate::store::hash_of_file;

/// The name of the place that shows the newest release.
pub const LATEST: &str = "latest";

pub(super) const FOLDER: &str = "released";

const LAST_BUILD: &str = "staging/last-build.json";

/// A release: a Data Package descriptor with what rihla adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The profile of Data Package 2.
    #[serde(rename = "$schema")]
    pub profile: String,
    /// `<project>-000001`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The tier, and what it means.
    pub description: String,
    /// The release's number.
    pub version: String,
    /// When it was made.
    pub created: String,
    /// The tables.
    pub resources: Vec<Resource>,
    /// What the standard has no word for.
    pub rihla: Provenance,
}

/// What a release was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The release's number.
    pub release: u64,
    /// `restricted`: nothing is withheld, for the owner's eyes only.
    pub tier: String,
    /// The run that made it.
    pub run_id: String,
    /// The moment up to which deliveries are known: the latest one's.
    pub known_until: String,
    /// The versions of the tables behind it, pinned and never copied.
    pub pins: BTreeMap<String, u64>,
    /// The person-level tables that models share; they are not part of the release.
    pub staging: Vec<Resource>,
    /// The tests that were run, with their results.
    pub tests: Vec<TestResult>,
    /// Receipts by which tables of this release were written anew after it was made: people erased, the key rotated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reissued: Vec<String>,
}

/// A table of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The table's name.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// The file.
    pub path: String,
    /// `parquet`
    pub format: String,
    /// `application/vnd.apache.parquet`
    pub mediatype: String,
    /// The file's size.
    pub bytes: u64,
    /// `sha256:` and the hash of the file.
    pub hash: String,
    /// Its columns.
    pub schema: TableSchema,
    /// What the standard has no word for.
    pub rihla: TableFacts,
}

/// A Table Schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSchema {
    /// The columns.
    pub fields: Vec<Column>,
    /// The columns that make a row unique.
    #[serde(rename = "primaryKey")]
    pub primary_key: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in the standard's words.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it holds.
    pub description: String,
}

/// What a table was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableFacts {
    /// How many rows it has.
    pub rows: u64,
    /// Hash of the model and all it reads; the same means the same table.
    pub fingerprint: String,
    /// Hash of the model alone.
    pub model: String,
    /// The reports that its figures rest on.
    pub reports: Vec<Reports>,
    /// What each measure is.
    pub measures: BTreeMap<String, Measure>,
}

/// Reports that figures rest on: of a feed, by offices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// The feed.
    pub feed: String,
    /// The offices, in order of precedence.
    pub offices: Vec<String>,
}

/// The result of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The model.
    pub model: String,
    /// The test, such as `unique(period)`.
    pub test: String,
    /// `error` or `warn`.
    pub severity: String,
    /// How many rows or groups of rows fail.
    pub failures: u64,
}

/// What was built last, released or not: the tables, by which the next run knows what it need not build again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LastBuild {
    /// Released tables.
    pub tables: Vec<Resource>,
    /// Person-level tables that models share.
    pub staging: Vec<Resource>,
    /// The results of tests.
    pub tests: Vec<TestResult>,
}

impl Manifest {
    /// The day up to which deliveries are known.
    pub fn known_until(&self) -> Option<chrono::NaiveDate> {
        chrono::DateTime::parse_from_rfc3339(&self.rihla.known_until).ok().map(|at| at.to_utc().date_naive())
    }
}

impl TestResult {
    /// True where the test stops a release.
    pub fn stops(&self) -> bool {
        self.failures > 0 && self.severity == "error"
    }
}

impl Warehouse {
    /// The numbers of all releases, oldest first.
    ///
    /// # Errors
    /// `Unavailable` where they cannot be listed.
    pub async fn release_numbers(&self) -> Result<Vec<u64>> {
        let folder = self.store().root().join(FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => {
                return Err(error::io(format!("cannot list `{}`", folder.display()), cause));
            }
        };
        let mut numbers: Vec<u64> = entries.flatten().filter_map(|entry| number_of(&entry.file_name().to_string_lossy())).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A release.
    ///
    /// # Errors
    /// `Input` where there is none of that number.
    pub async fn release(&self, number: u64) -> Result<Manifest> {
        let path = manifest_path(number);
        let bytes = self.store().read_if_any(&path).await?.ok_or_else(|| Error::new(Kind::Input, format!("there is no release {number}")))?;
        serde_json::from_slice(&bytes).map_err(|cause| Error::new(Kind::Conflict, format!("`{path}` is no release that this program knows")).because(cause))
    }

    /// The newest release, where there is one.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub async fn latest_release(&self) -> Result<Option<Manifest>> {
        match self.release_numbers().await?.last() {
            Some(number) => self.release(*number).await.map(Some),
            None => Ok(None),
        }
    }

    /// What was built last; nothing where that is not known, and then everything is built anew.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub async fn last_build(&self) -> Result<LastBuild> {
        let bytes = self.store().read_if_any(LAST_BUILD).await?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Remembers what was built.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn remember_build(&self, build: &LastBuild) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(build).map_err(|cause| Error::new(Kind::Internal, "cannot write what was built").because(cause))?;
        self.store().write(LAST_BUILD, bytes).await
    }

    /// Makes a release in one atomic step, then the places that show it.
    ///
    /// # Errors
    /// `Conflict` where another process made the same number.
    pub async fn publish(&self, manifest: &Manifest) -> Result<()> {
        let number = manifest.rihla.release;
        let bytes = serde_json::to_vec_pretty(manifest).map_err(|cause| Error::new(Kind::Internal, "cannot write the manifest").because(cause))?;
        if !self.store().create(&manifest_path(number), bytes).await? {
            return Err(Error::new(Kind::Conflict, format!("another process made release {number}")).hint("run again"));
        }
        self.show(manifest)
    }

    /// Makes the folder of a release and points `latest` to it, where that was not done.
    ///
    /// # Errors
    /// `Unavailable` where the folder cannot be made.
    pub fn show(&self, manifest: &Manifest) -> Result<()> {
        let released = self.store().root().join(FOLDER);
        let name = format!("{:06}", manifest.rihla.release);
        let shown = shown(manifest);
        let bytes = serde_json::to_vec_pretty(&shown).map_err(|cause| Error::new(Kind::Internal, "cannot write the manifest").because(cause))?;
        let folder = released.join(&name);
        if !shows(&folder, &shown, &bytes, |index| self.resource_file(&manifest.resources[index])) {
            self.build_folder(&released, &name, manifest, &shown, &bytes)?;
        }
        point(&released.join(LATEST), &name)
    }

    fn build_folder(&self, released: &Path, name: &str, manifest: &Manifest, shown: &Manifest, bytes: &[u8]) -> Result<()> {
        let building = released.join(format!(".building-{}", hex::encode(random_bytes::<6>())));
        let what = || format!("cannot make the folder of release {name}");
        std::fs::create_dir_all(&building).map_err(|cause| error::io(what(), cause))?;
        for (resource, shown) in manifest.resources.iter().zip(&shown.resources) {
            let (from, to) = (self.resource_file(resource), building.join(&shown.path));
            // A link costs nothing and the file never changes; where the disk knows no links it is copied.
            std::fs::hard_link(&from, &to).or_else(|_| std::fs::copy(&from, &to).map(|_| ())).map_err(|cause| error::io(what(), cause))?;
        }
        std::fs::write(building.join("datapackage.json"), bytes).map_err(|cause| error::io(what(), cause))?;
        // A folder of that name that shows something else is of a manifest that somebody took away.
        let folder = released.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|cause| error::io(what(), cause))?;
        }
        std::fs::rename(&building, folder).map_err(|cause| error::io(what(), cause))
    }

    /// The file of a table of a release.
    pub fn resource_file(&self, resource: &Resource) -> PathBuf {
        self.store().root().join(FOLDER).join(&resource.path)
    }

    /// The file of a person-level table that models share.
    pub fn staging_file(&self, resource: &Resource) -> PathBuf {
        self.store().root().join(&resource.path)
    }

    /// Where a model's result goes by its content: the path as manifests name it, and the file.
    pub fn place_of_table(&self, staging: bool, name: &str, hash: &str) -> (String, PathBuf) {
        let short = &hash[..16.min(hash.len())];
        if staging {
            let path = format!("staging/{name}/{short}.parquet");
            let file = self.store().root().join(&path);
            (path, file)
        } else {
            let path = format!("tables/{name}/{short}.parquet");
            let file = self.store().root().join(FOLDER).join(&path);
            (path, file)
        }
    }
}

/// The manifest as a folder of plain files has it.
pub(super) fn shown(manifest: &Manifest) -> Manifest {
    let mut shown = manifest.clone();
    for resource in &mut shown.resources {
        resource.path = format!("{}.parquet", resource.name);
    }
    shown
}

/// True where a folder shows a manifest: every file is the one that the manifest names, or has its content.
fn shows(folder: &Path, shown: &Manifest, bytes: &[u8], file: impl Fn(usize) -> PathBuf) -> bool {
    let is_described = std::fs::read(folder.join("datapackage.json")).is_ok_and(|found| found == bytes);
    is_described
        && shown.resources.iter().enumerate().all(|(index, resource)| {
            let shown = folder.join(&resource.path);
            is_one_file(&shown, &file(index)) || resource.is_content_of(&shown)
        })
}

/// True for two names of one file.
#[cfg(unix)]
fn is_one_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b)) else { return false };
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_one_file(_: &Path, _: &Path) -> bool {
    false
}

impl Resource {
    /// True where a file has the content that the hash says.
    pub fn is_content_of(&self, file: &Path) -> bool {
        let has_size = std::fs::metadata(file).is_ok_and(|facts| facts.len() == self.bytes);
        has_size && hash_of_file(file).is_ok_and(|hash| self.hash == format!("sha256:{hash}"))
    }
}

pub(super) fn manifest_path(number: u64) -> String {
    format!("{FOLDER}/release-{number:06}.json")
}

fn number_of(file: &str) -> Option<u64> {
    file.strip_prefix("release-")?.strip_suffix(".json")?.parse().ok()
}

/// Points a symbolic link elsewhere in one step: readers see the old place or the new one, never none.
#[cfg(unix)]
fn point(link: &Path, target: &str) -> Result<()> {
    if std::fs::read_link(link).is_ok_and(|now| now == Path::new(target)) {
        return Ok(());
    }
    let what = || format!("cannot point `{}` to {target}", link.display());
    let fresh = link.with_extension(hex::encode(random_bytes::<6>()));
    std::os::unix::fs::symlink(target, &fresh).map_err(|cause| error::io(what(), cause))?;
    std::fs::rename(&fresh, link).map_err(|cause| error::io(what(), cause))
}

/// Where there are no symbolic links for everybody, a file names the newest release.
#[cfg(not(unix))]
fn point(link: &Path, target: &str) -> Result<()> {
    let file = link.with_extension("txt");
    std::fs::write(&file, target).map_err(|cause| error::io(format!("cannot write `{}`", file.display()), cause))
}
