//! All object-store construction, and the few ways in which the program writes objects.
//!
//! Guarantees: an object is either whole or not there; [`create`] makes it once, whoever else tries.

pub mod counting;
pub mod failing;
pub mod failpoint;
pub mod files;
pub mod objects;
pub mod probe;
pub mod remote;
pub mod retrying;
mod watched;
pub mod web;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};

use counting::counted;
use failing::FailingStore;
use retrying::{Patience, RetryingStore};
use watched::WatchedStore;

use crate::error::{self, Error, Kind, Result};

/// A place of objects.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    root: PathBuf,
}

impl Store {
    /// The objects below a folder of this machine, which must be there.
    ///
    /// # Errors
    /// `Unavailable` where the folder cannot be opened.
    pub fn local(root: &Path) -> Result<Self> {
        let what = || format!("cannot open the folder `{}`", root.display());
        let root = root.canonicalize().map_err(|cause| error::io(what(), cause))?;
        let inner = LocalFileSystem::new_with_prefix(&root).map_err(|cause| error::store(what(), cause))?.with_automatic_cleanup(false);
        Ok(Self { inner: dressed(WatchedStore::new(inner, root.clone()), root.clone()), root })
    }

    /// The store for the engine.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.inner.clone()
    }

    /// The whole disk of this machine, as the table format wants it: paths of it begin at the root.
    pub fn whole_disk() -> Arc<dyn ObjectStore> {
        dressed(WatchedStore::new(LocalFileSystem::new(), PathBuf::from("/")), PathBuf::from("/"))
    }

    /// The folder behind the store.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything below a folder, sorted by path; nothing where the folder is not there.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be listed.
    pub async fn list(&self, folder: &str) -> Result<Vec<ObjectMeta>> {
        let path = parse(folder)?;
        let listed: Result<Vec<_>, _> = self.inner.list(Some(&path)).try_collect().await;
        let mut objects = listed.map_err(|cause| error::store(format!("cannot list `{folder}`"), cause))?;
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(objects)
    }

    /// A whole object.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub async fn read(&self, path: &ObjectPath) -> Result<Bytes> {
        let what = || format!("cannot read `{path}`");
        let got = self.inner.get(path).await.map_err(|cause| error::store(what(), cause))?;
        got.bytes().await.map_err(|cause| error::store(what(), cause))
    }

    /// A whole object, or nothing where there is none.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub async fn read_if_any(&self, path: &str) -> Result<Option<Bytes>> {
        let what = || format!("cannot read `{path}`");
        match self.inner.get(&parse(path)?).await {
            Ok(got) => got.bytes().await.map(Some).map_err(|cause| error::store(what(), cause)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(cause) => Err(error::store(what(), cause)),
        }
    }

    /// Makes an object that is not there yet, in one atomic step; false where somebody made it before.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn create(&self, path: &str, bytes: impl Into<PutPayload>) -> Result<bool> {
        remote::create(self.inner.as_ref(), &parse(path)?, bytes).await
    }

    /// Writes an object, in place of another if there is one.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn write(&self, path: &str, bytes: impl Into<PutPayload>) -> Result<()> {
        self.inner.put(&parse(path)?, bytes.into()).await.map(|_| ()).map_err(|cause| error::store(format!("cannot write `{path}`"), cause))
    }
}

/// True for the name of an object that was still being written to this machine's disk when the process died: `name#1`.
pub fn is_unfinished(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The SHA-256 of a file in hex digits.
///
/// # Errors
/// As the disk says.
pub fn hash_of_file(path: &Path) -> std::io::Result<String> {
    let mut hash = HashingWriter(Sha256::new());
    std::io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
    Ok(hex::encode(hash.0.finalize()))
}

struct HashingWriter(Sha256);

impl std::io::Write for HashingWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A disk that is tried again where it fails in passing, as those behind a network do. Builds for tests make it fail by the seed
/// that `RIHLA_TEST_SEED` names.
fn dressed(disk: WatchedStore, root: PathBuf) -> Arc<dyn ObjectStore> {
    let disk = counted(Arc::new(disk), root);
    let seed = if cfg!(debug_assertions) { std::env::var("RIHLA_TEST_SEED").ok().and_then(|seed| seed.parse().ok()) } else { None };
    let Some(seed) = seed else { return Arc::new(RetryingStore::new(disk, Patience::default())) };
    let patience = Patience { tries: 2, limit: failing::STALL / 2, pause: Duration::from_millis(1) };
    Arc::new(RetryingStore::new(Arc::new(FailingStore::new(disk, seed, 6)), patience))
}

fn parse(path: &str) -> Result<ObjectPath> {
    ObjectPath::parse(path).map_err(|cause| Error::new(Kind::Input, format!("`{path}` is no path of a store")).because(cause))
}
