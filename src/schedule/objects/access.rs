//! How the ledger's objects are listed, read and written.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStoreExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ObjectLedger;
use crate::error::{self, Error, Kind};
use crate::schedule::ledger::Result;
use crate::store::remote::create;

impl ObjectLedger {
    pub(super) fn path(&self, parts: &[&str]) -> Path {
        parts.iter().fold(self.root.clone(), |path, part| path.join(*part))
    }

    /// The names below a folder, parts split, in order.
    pub(super) async fn names(&self, folder: &Path) -> Result<Vec<Vec<String>>> {
        let listed: std::result::Result<Vec<_>, _> = self.store.list(Some(folder)).try_collect().await;
        let listed = listed.map_err(|cause| error::store(format!("cannot list `{folder}`"), cause))?;
        let parts = |location: &Path| location.prefix_match(folder).map(|parts| parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>());
        let mut names: Vec<Vec<String>> = listed.iter().filter_map(|object| parts(&object.location)).collect();
        names.sort();
        Ok(names)
    }

    /// An object, or nothing where there is none.
    pub(super) async fn read<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>> {
        let what = || format!("cannot read `{path}`");
        let bytes = match self.store.get(path).await {
            Ok(got) => got.bytes().await.map_err(|cause| error::store(what(), cause))?,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(cause) => return Err(error::store(what(), cause).into()),
        };
        let strange = |cause| Error::new(Kind::Conflict, format!("`{path}` is nothing that this version wrote")).because(cause);
        Ok(Some(serde_json::from_slice(&bytes).map_err(strange)?))
    }

    pub(super) async fn write(&self, path: &Path, form: &impl Serialize) -> Result<()> {
        let put = self.store.put(path, encoded(form)?.into()).await;
        put.map_err(|cause| error::store(format!("cannot write `{path}`"), cause))?;
        Ok(())
    }

    pub(super) async fn create(&self, path: &Path, form: &impl Serialize) -> Result<bool> {
        Ok(create(self.store.as_ref(), path, encoded(form)?).await?)
    }

    /// Removes an object; one that is not there is no fault.
    pub(super) async fn remove(&self, path: &Path) -> Result<()> {
        match self.store.delete(path).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(cause) => Err(error::store(format!("cannot remove `{path}`"), cause).into()),
        }
    }
}

fn encoded(form: &impl Serialize) -> Result<Bytes> {
    let bytes = serde_json::to_vec(form).map_err(|cause| Error::new(Kind::Internal, "the ledger's form cannot be written").because(cause))?;
    Ok(bytes.into())
}
