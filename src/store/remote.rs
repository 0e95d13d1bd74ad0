//! Stores of elsewhere: built from a URL, tried again where they fail in passing, and asked first whether they create in one
//! step.

use std::sync::Arc;

use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use url::Url;

use super::retrying::{Patience, RetryingStore};
use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};

/// The store behind a URL such as `s3://bucket/folder`, of which it holds the objects below the folder. `options` are those of
/// its kind, such as `region` and `endpoint`.
///
/// # Errors
/// `Input` where the URL names no store; as [`probe`] says.
pub async fn open(url: &str, options: impl IntoIterator<Item = (String, String)>) -> Result<Arc<dyn ObjectStore>> {
    let what = || format!("`{url}` is no store that can be opened");
    let parsed = Url::parse(url).map_err(|cause| Error::new(Kind::Input, what()).because(cause))?;
    let (store, folder) = object_store::parse_url_opts(&parsed, options).map_err(|cause| Error::new(Kind::Input, what()).because(cause))?;
    let store: Arc<dyn ObjectStore> = Arc::new(RetryingStore::new(Arc::new(PrefixStore::new(store, folder)), Patience::default()));
    probe(store.as_ref()).await?;
    Ok(store)
}

/// Makes an object that is not there yet, in one step; false where somebody made it before.
///
/// # Errors
/// `Unavailable` where it cannot be written.
pub async fn create(store: &dyn ObjectStore, path: &Path, bytes: impl Into<PutPayload>) -> Result<bool> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(path, bytes.into(), options).await {
        Ok(_) => Ok(true),
        Err(StoreError::AlreadyExists { .. }) => Ok(false),
        Err(cause) => Err(error::store(format!("cannot write `{path}`"), cause)),
    }
}

/// Refuses a store that does not create in one step: two runs could make the same release, and one would be lost.
///
/// # Errors
/// `Conflict` for such a store; `Unavailable` where it cannot be written.
pub async fn probe(store: &dyn ObjectStore) -> Result<()> {
    let path = Path::from(format!(".probe-{}", hex::encode(random_bytes::<8>())));
    let first = create(store, &path, "first").await?;
    let second = create(store, &path, "second").await?;
    // What stands there is nobody's; where it cannot be taken away the store is still sound.
    let _ = store.delete(&path).await;
    if first && !second {
        return Ok(());
    }
    Err(Error::new(Kind::Conflict, format!("the store {store} writes over an object that was to be created: it takes no notice of If-None-Match"))
        .hint("two runs at once could lose a release there: use a store that knows conditional writes, or a newer version of it"))
}
