//! Releases: numbered manifests of tables that never change, and the places where people read them.
//!
//! `released/release-000001.json` is the release: a Data Package descriptor, created in one atomic step.
//! `released/000001/` shows the same as a folder of plain Parquet, and `released/latest` points to the newest;
//! both are made again from the manifest when they are missing.

use std::path::{Path, PathBuf};

use super::Warehouse;
use super::manifest::{Dialect, FileFacts, LastBuild, Manifest, Resource};
use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};
use crate::store::files;

/// The name of the place that shows the newest release.
pub const LATEST: &str = "latest";

pub(super) const FOLDER: &str = "released";

const LAST_BUILD: &str = "staging/last-build.json";

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

    /// A release by what people call it: its number, `latest`, or a tag.
    ///
    /// # Errors
    /// `Input` where there is none of that name.
    pub async fn release_named(&self, name: &str) -> Result<Manifest> {
        if name == LATEST {
            let hint = "run `rihla run`; where it releases nothing it says why";
            return self.latest_release().await?.ok_or_else(|| Error::new(Kind::Input, "there is no release yet").hint(hint));
        }
        match name.parse() {
            Ok(number) => self.release(number).await,
            Err(_) => self.tagged_release(name).await,
        }
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
        if !self.shows(&folder, &shown, &bytes) {
            self.build_folder(&released, &name, manifest, &bytes)?;
        }
        point(&released.join(LATEST), &name)
    }

    fn build_folder(&self, released: &Path, name: &str, manifest: &Manifest, bytes: &[u8]) -> Result<()> {
        let building = released.join(format!(".building-{}", hex::encode(random_bytes::<6>())));
        let what = || format!("cannot make the folder of release {name}");
        files::make_folder(&building).map_err(|cause| error::io(what(), cause))?;
        link_files(manifest, &building, |path| self.released_file(path)).map_err(|cause| error::io(what(), cause))?;
        files::write(&building.join("datapackage.json"), bytes).map_err(|cause| error::io(what(), cause))?;
        // A folder of that name that shows something else is of a manifest that somebody took away, or is damaged. It makes
        // room whole, so that nobody reads a part of it.
        let folder = released.join(name);
        let gone = released.join(format!(".building-{}", hex::encode(random_bytes::<6>())));
        let is_there = folder.exists();
        if is_there {
            files::rename(&folder, &gone).map_err(|cause| error::io(what(), cause))?;
        }
        files::rename(&building, &folder).map_err(|cause| error::io(what(), cause))?;
        if is_there { files::remove_folder(&gone).map_err(|cause| error::io(what(), cause)) } else { Ok(()) }
    }

    /// True where a folder shows a manifest: every file has the content that it says.
    fn shows(&self, folder: &Path, shown: &Manifest, bytes: &[u8]) -> bool {
        let has = |path: &str, bytes: u64, hash: &str| self.seen.is_content(&folder.join(path), bytes, hash);
        let is_described = std::fs::read(folder.join("datapackage.json")).is_ok_and(|found| found == bytes);
        is_described
            && shown.resources.iter().all(|resource| {
                let parquet = resource.rihla.parquet.as_ref();
                has(&resource.path, resource.bytes, &resource.hash) && parquet.is_none_or(|parquet| has(&parquet.path, parquet.bytes, &parquet.hash))
            })
    }

    /// The file of a table of a release.
    pub fn resource_file(&self, resource: &Resource) -> PathBuf {
        self.released_file(&resource.path)
    }

    /// A file of a release, by its path as manifests name it.
    pub fn released_file(&self, path: &str) -> PathBuf {
        self.store().root().join(FOLDER).join(path)
    }

    /// The files of a person-level table that models share.
    pub fn staging_files(&self, resource: &Resource) -> Vec<PathBuf> {
        resource.staging_paths().map(|path| self.store().root().join(path)).collect()
    }

    /// True where a person-level table is on disk as it was written.
    pub fn has_staging(&self, resource: &Resource) -> bool {
        match &resource.rihla.files {
            Some(files) => files.iter().all(|file| self.is_as_written(file)),
            None => self.seen.is_content(&self.store().root().join(&resource.path), resource.bytes, &resource.hash),
        }
    }

    /// True where a file of a part of a person-level table is on disk as it was written.
    pub fn is_as_written(&self, file: &FileFacts) -> bool {
        self.seen.is_content(&self.store().root().join(&file.path), file.bytes, &file.hash)
    }

    /// True where the files of a released table are on disk as they were written.
    pub fn has_released(&self, resource: &Resource) -> bool {
        let csv = resource.rihla.csv.as_ref();
        csv.is_some_and(|csv| self.seen.is_content(&self.released_file(&csv.path), csv.bytes, &csv.hash))
            && self.seen.is_content(&self.resource_file(resource), resource.bytes, &resource.hash)
    }

    /// Where a model's result goes by its content: the path as manifests name it, and the file.
    pub fn place_of_table(&self, staging: bool, name: &str, hash: &str, extension: &str) -> (String, PathBuf) {
        let short = &hash[..16.min(hash.len())];
        if staging {
            let path = format!("staging/{name}/{short}.{extension}");
            let file = self.store().root().join(&path);
            (path, file)
        } else {
            let path = format!("tables/{name}/{short}.{extension}");
            let file = self.store().root().join(FOLDER).join(&path);
            (path, file)
        }
    }
}

/// Links the files of a release into a folder, under the names of their tables.
pub(super) fn link_files(manifest: &Manifest, folder: &Path, file: impl Fn(&str) -> PathBuf) -> std::io::Result<()> {
    for resource in &manifest.resources {
        let csv = resource.rihla.csv.iter().map(|csv| (csv.path.as_str(), "csv"));
        for (path, extension) in std::iter::once((resource.path.as_str(), "parquet")).chain(csv) {
            let (from, to) = (file(path), folder.join(format!("{}.{extension}", resource.name)));
            // A link costs nothing and the file never changes; where the disk knows no links it is copied.
            files::link(&from, &to)?;
        }
    }
    Ok(())
}

/// The manifest as a folder of plain files has it: of tables with both files the CSV is the resource, since that is what
/// every tool for Data Packages reads, and the Parquet stands beside it.
pub(super) fn shown(manifest: &Manifest) -> Manifest {
    let mut shown = manifest.clone();
    for resource in &mut shown.resources {
        let parquet = FileFacts { path: format!("{}.parquet", resource.name), bytes: resource.bytes, hash: resource.hash.clone() };
        let Some(csv) = resource.rihla.csv.take() else {
            resource.path = parquet.path;
            continue;
        };
        resource.path = format!("{}.csv", resource.name);
        resource.format = "csv".to_owned();
        resource.mediatype = "text/csv".to_owned();
        resource.encoding = Some("utf-8".to_owned());
        resource.dialect = Some(Dialect { comment_rows: vec![2] });
        (resource.bytes, resource.hash) = (csv.bytes, csv.hash);
        resource.rihla.parquet = Some(parquet);
    }
    shown
}

pub(super) fn manifest_path(number: u64) -> String {
    format!("{FOLDER}/release-{number:06}.json")
}

fn number_of(file: &str) -> Option<u64> {
    file.strip_prefix("release-")?.strip_suffix(".json")?.parse().ok()
}

/// What a link is called before it takes the place of another.
pub const POINTING: &str = ".pointing-";

/// Points a symbolic link elsewhere in one step: readers see the old place or the new one, never none.
#[cfg(unix)]
pub(super) fn point(link: &Path, target: &str) -> Result<()> {
    if std::fs::read_link(link).is_ok_and(|now| now == Path::new(target)) {
        return Ok(());
    }
    let what = || format!("cannot point `{}` to {target}", link.display());
    let fresh = link.with_file_name(format!("{POINTING}{}", hex::encode(random_bytes::<6>())));
    files::point_at(&fresh, target).map_err(|cause| error::io(what(), cause))?;
    files::rename(&fresh, link).map_err(|cause| error::io(what(), cause))
}

/// Where there are no symbolic links for everybody, a file names the release.
#[cfg(not(unix))]
pub(super) fn point(link: &Path, target: &str) -> Result<()> {
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    let file = link.with_file_name(format!("{name}.txt"));
    files::write(&file, target.as_bytes()).map_err(|cause| error::io(format!("cannot write `{}`", file.display()), cause))
}
