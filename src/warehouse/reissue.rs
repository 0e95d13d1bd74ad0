//! Releases issued anew: a manifest that says which of its tables lost rows by an erasure, and its folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::release::{FOLDER, link_files, manifest_path, shown};
use super::{Change, Manifest, Warehouse};
use crate::error::{self, Error, Kind, Result};
use crate::store::files;

impl Warehouse {
    /// Prepares a release in place of the one of its number; `fresh` are files that the change brings, by the path that
    /// manifests name.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub fn reissue(&self, change: &mut Change, manifest: &Manifest, fresh: &BTreeMap<String, PathBuf>) -> Result<()> {
        let number = manifest.rihla.release;
        let what = || format!("cannot make the folder of release {number}");
        let shown = shown(manifest);
        let folder = self.store().root().join(change.aside(&format!("{FOLDER}/{number:06}")));
        files::make_folder(&folder).map_err(|cause| error::io(what(), cause))?;
        let file = |path: &str| fresh.get(path).cloned().unwrap_or_else(|| self.released_file(path));
        link_files(manifest, &folder, file).map_err(|cause| error::io(what(), cause))?;
        let text = serde_json::to_vec_pretty(&shown).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
        files::write(&folder.join("datapackage.json"), &text).map_err(|cause| error::io(what(), cause))?;
        change.write_json(&manifest_path(number), manifest)
    }
}
