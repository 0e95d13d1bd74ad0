//! Extracts that lie in folders of this machine or in stores of elsewhere: listed, and read as one state.
//!
//! Guarantees: nothing is written; what is handed on is as long as the store says and did not change while it was read; no
//! secret stands in an error. Credentials come from the environment alone, under the names that the tools of each store know.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use md5::{Digest, Md5};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, ClientOptions, Error as StoreError, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt, ObjectStoreScheme, RetryConfig,
};
use url::Url;

use super::Store;
use super::counting::counted;
use crate::error::{self, Error, Kind, Result};

/// The stores that can be named, by the schemes of their URLs, and the variables that tell who asks.
const STORES: [(&[&str], &str, &str); 3] = [
    (&["s3", "s3a"], "AWS_", "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION"),
    (&["az", "azure", "adl", "abfs", "abfss"], "AZURE_", "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or AZURE_STORAGE_SAS_TOKEN)"),
    (&["gs"], "GOOGLE_", "GOOGLE_APPLICATION_CREDENTIALS"),
];

fn store_of(scheme: &str) -> Option<(&'static str, &'static str)> {
    STORES.iter().find(|(schemes, _, _)| schemes.contains(&scheme)).map(|(_, prefix, who)| (*prefix, *who))
}

/// The objects below a folder of this machine or below a URL such as `s3://bucket/folder`.
#[derive(Debug, Clone)]
pub struct Objects {
    inner: Arc<dyn ObjectStore>,
    shown: String,
    /// What to set where the store does not know who asks; nothing for a folder of this machine.
    credentials: Option<&'static str>,
}

/// An object, of one state.
#[derive(Debug, Clone)]
pub struct Steady {
    /// All of it.
    pub bytes: Bytes,
    /// What the store says of it.
    pub meta: ObjectMeta,
}

/// How often what changes is read before it is given up.
const STEADY_TRIES: u32 = 3;

/// The pause before what changed is read again.
const STEADY_PAUSE: Duration = Duration::from_millis(200);

/// How long a store may send nothing.
const STALL: Duration = Duration::from_secs(60);

impl Objects {
    /// Opens a folder, below `root` where it is not absolute, or a store.
    ///
    /// # Errors
    /// `Unavailable` where the folder is not there; `Config` where the URL or what the environment says of the store is wrong.
    pub fn open(root: &Path, folder: &str) -> Result<Self> {
        let Some((scheme, _)) = folder.split_once("://") else {
            return Ok(Self { inner: Store::local(&root.join(folder))?.object_store(), shown: folder.to_owned(), credentials: None });
        };
        let wrong = || Error::new(Kind::Config, format!("`{folder}` is no store that can be opened"));
        let Some((prefix, credentials)) = store_of(scheme) else { return Err(wrong()) };
        let url = Url::parse(folder).map_err(|cause| wrong().because(cause))?;
        let settings = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let settings = settings.filter(|(name, value)| name.starts_with(prefix) && !value.is_empty()).collect();
        // What a builder says may quote what the environment holds.
        let (store, path) =
            build(&url, settings).ok_or_else(|| wrong().hint(format!("set {credentials}, and the endpoint where it is a store of your own")))?;
        Ok(Self { inner: counted(Arc::new(PrefixStore::new(store, path)), folder.into()), shown: folder.to_owned(), credentials: Some(credentials) })
    }

    /// True for a store of elsewhere.
    pub fn is_remote(&self) -> bool {
        self.credentials.is_some()
    }

    /// Everything below it, sorted by path.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be listed.
    pub async fn list(&self) -> Result<Vec<ObjectMeta>> {
        let listed: Result<Vec<_>, _> = self.inner.list(None).try_collect().await;
        let mut objects = listed.map_err(|cause| self.failed(format!("cannot list `{}`", self.shown), cause))?;
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(objects)
    }

    /// A whole object that does not change while it is read, of no more than `most` bytes.
    ///
    /// # Errors
    /// `Conflict` where it changes every time that it is read; `Unavailable` where it cannot be read, or is larger.
    pub async fn read(&self, location: &ObjectPath, most: u64) -> Result<Steady> {
        let what = || format!("cannot read `{}/{location}`", self.shown);
        let mut last: Option<Bytes> = None;
        for turn in 0..STEADY_TRIES {
            if turn > 0 {
                tokio::time::sleep(STEADY_PAUSE).await;
            }
            let got = self.inner.get(location).await.map_err(|cause| self.failed(what(), cause))?;
            let meta = got.meta.clone();
            if meta.size > most {
                let cause = super::web::Failure::TooLarge(most);
                return Err(cause.error(what()));
            }
            let read = match got.payload {
                GetResultPayload::File(file, _) => of_file(file, &meta).await.map(|(bytes, after)| (bytes, Some(after))),
                GetResultPayload::Stream(chunks) => of_chunks(chunks, &meta).await.map(|bytes| (bytes, None)),
            };
            let (bytes, after) = match read {
                Ok(read) => read,
                Err(cause) if turn + 1 == STEADY_TRIES => return Err(self.failed(what(), cause)),
                Err(cause) => {
                    tracing::debug!(%location, cause = plain(&cause), "a reading was cut off: read again");
                    continue;
                }
            };
            let after = match after {
                Some(after) => after,
                None => self.inner.head(location).await.map_err(|cause| self.failed(what(), cause))?,
            };
            let is_known_twice = last.as_ref().is_some_and(|last| *last == bytes);
            if is_one_state(&meta, &after) && meta.size == bytes.len() as u64 && (is_known_twice || !self.contradicts(&meta, &bytes)) {
                return Ok(Steady { bytes, meta: after });
            }
            tracing::debug!(%location, "an object changed while it was read: read again");
            last = Some(bytes);
        }
        Err(super::web::Failure::Changed.error(what()))
    }

    /// True where the tag of an object looks like an MD5 and is not that of the bytes. Of objects that are encrypted it is
    /// not, so that a second reading decides.
    fn contradicts(&self, meta: &ObjectMeta, bytes: &Bytes) -> bool {
        let tag = meta.e_tag.as_deref().map(|tag| tag.trim_matches('"').to_lowercase()).filter(|_| self.shown.starts_with("s3"));
        let tag = tag.filter(|tag| tag.len() == 32 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()));
        tag.is_some_and(|tag| tag != hex::encode(Md5::digest(bytes)))
    }

    /// The error of a store. Of stores of elsewhere only the kind is told: their own words hold addresses, which may be signed.
    fn failed(&self, what: String, cause: StoreError) -> Error {
        let Some(credentials) = self.credentials else { return error::store(what, cause) };
        let plain = plain(&cause);
        let hint = match plain {
            NOT_THERE => "check the name of the bucket or container".to_owned(),
            NOT_LET_IN | NOT_KNOWN => format!("check {credentials}, and what they may read"),
            _ => format!("check the network, and {credentials}"),
        };
        Error::new(Kind::Unavailable, what).hint(hint).because(Plain(plain))
    }
}

/// A cause in words of ours.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Plain(&'static str);

const NOT_THERE: &str = "nothing is there";
const NOT_LET_IN: &str = "the store does not let it in";
const NOT_KNOWN: &str = "the store does not know who asks";

/// What a store's failure is, by its kind.
fn plain(cause: &StoreError) -> &'static str {
    match (cause, status(cause)) {
        (StoreError::NotFound { .. }, _) | (_, Some(404)) => NOT_THERE,
        (StoreError::PermissionDenied { .. }, _) | (_, Some(403)) => NOT_LET_IN,
        (StoreError::Unauthenticated { .. }, _) | (_, Some(401)) => NOT_KNOWN,
        (StoreError::Precondition { .. } | StoreError::NotModified { .. }, _) => "it changed meanwhile",
        (StoreError::Generic { .. }, None) if is_of_the_way(cause) => "no connection can be made, or it breaks off",
        _ => "the store fails",
    }
}

/// The status that a listing failed with, of which the error's kind says nothing.
fn status(cause: &StoreError) -> Option<u16> {
    let text = cause.to_string();
    let (_, after) = text.split_once("status code: ")?;
    after.get(..3)?.parse().ok()
}

/// True where the answer never came, or not whole.
fn is_of_the_way(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(current) = next {
        if current.is::<object_store::client::HttpError>() || current.is::<reqwest::Error>() || current.is::<std::io::Error>() {
            return true;
        }
        next = current.source();
    }
    false
}

fn is_one_state(before: &ObjectMeta, after: &ObjectMeta) -> bool {
    before.size == after.size && before.last_modified == after.last_modified && before.e_tag == after.e_tag && before.version == after.version
}

/// The bytes of a stream; an error where it stalls.
async fn of_chunks(mut chunks: BoxStream<'static, object_store::Result<Bytes>>, meta: &ObjectMeta) -> object_store::Result<Bytes> {
    let mut bytes = BytesMut::with_capacity(usize::try_from(meta.size).unwrap_or_default());
    loop {
        let chunk = tokio::time::timeout(STALL, chunks.next())
            .await
            .map_err(|late| StoreError::Generic { store: "objects", source: Box::new(std::io::Error::new(std::io::ErrorKind::TimedOut, late)) })?;
        match chunk {
            Some(chunk) => bytes.extend_from_slice(&chunk?),
            None => return Ok(bytes.freeze()),
        }
    }
}

/// Bytes of a file that is read by who asks for it: another thread would begin later than it takes.
const SMALL_FILE: u64 = 64 << 10;

/// The bytes of an opened file of this machine, and what is said of it then. A file that took its name meanwhile is another.
async fn of_file(file: File, meta: &ObjectMeta) -> object_store::Result<(Bytes, ObjectMeta)> {
    let read = if meta.size <= SMALL_FILE {
        read_file(file, meta)
    } else {
        let meta = meta.clone();
        tokio::task::spawn_blocking(move || read_file(file, &meta)).await.unwrap_or_else(|cause| Err(std::io::Error::other(cause)))
    };
    read.map_err(|cause| StoreError::Generic { store: "objects", source: Box::new(cause) })
}

fn read_file(mut file: File, meta: &ObjectMeta) -> std::io::Result<(Bytes, ObjectMeta)> {
    let mut bytes = Vec::with_capacity(usize::try_from(meta.size).unwrap_or_default());
    file.by_ref().take(meta.size).read_to_end(&mut bytes)?;
    let now = file.metadata()?;
    let after = ObjectMeta { size: now.len(), last_modified: now.modified()?.into(), ..meta.clone() };
    Ok((bytes.into(), after))
}

/// The store of a URL with the settings of the environment, and the path in it; nothing where they do not fit.
fn build(url: &Url, settings: Vec<(String, String)>) -> Option<(Arc<dyn ObjectStore>, ObjectPath)> {
    let (scheme, path) = ObjectStoreScheme::parse(url).ok()?;
    let options = ClientOptions::new().with_connect_timeout(Duration::from_secs(10)).with_timeout(Duration::from_secs(900));
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(10), base: 2.0 };
    let retry = RetryConfig { backoff, max_retries: 5, retry_timeout: Duration::from_secs(90) };
    let settings = settings.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    let store: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let builder = AmazonS3Builder::new().with_url(url.as_str()).with_client_options(options).with_retry(retry);
            let known = settings.filter_map(|(name, value)| Some((name.parse().ok()?, value)));
            Arc::new(known.fold(builder, |builder, (key, value)| builder.with_config(key, value)).build().ok()?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let builder = MicrosoftAzureBuilder::new().with_url(url.as_str()).with_client_options(options).with_retry(retry);
            let known = settings.filter_map(|(name, value)| Some((name.parse().ok()?, value)));
            Arc::new(known.fold(builder, |builder, (key, value)| builder.with_config(key, value)).build().ok()?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let builder = GoogleCloudStorageBuilder::new().with_url(url.as_str()).with_client_options(options).with_retry(retry);
            let known = settings.filter_map(|(name, value)| Some((name.parse().ok()?, value)));
            Arc::new(known.fold(builder, |builder, (key, value)| builder.with_config(key, value)).build().ok()?)
        }
        _ => return None,
    };
    Some((store, path))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn opened(path: &Path) -> (File, ObjectMeta) {
        let file = File::open(path).unwrap();
        let of = file.metadata().unwrap();
        (file, ObjectMeta { location: "extract".into(), last_modified: of.modified().unwrap().into(), size: of.len(), e_tag: None, version: None })
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_not_of_one_state() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("extract.csv");
        std::fs::write(&path, "first").unwrap();
        let (file, meta) = opened(&path);
        let (bytes, after) = read_file(file.try_clone().unwrap(), &meta).unwrap();
        assert!(is_one_state(&meta, &after));
        assert_eq!(bytes, "first");
        File::options().append(true).open(&path).unwrap().write_all(b" and last").unwrap();
        let (bytes, after) = read_file(file, &meta).unwrap();
        assert!(!is_one_state(&meta, &after), "{} bytes of {}", bytes.len(), after.size);
    }

    #[test]
    fn a_file_whose_name_another_took_is_read_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (path, newer) = (folder.path().join("extract.csv"), folder.path().join("newer.csv"));
        std::fs::write(&path, "first").unwrap();
        std::fs::write(&newer, "second").unwrap();
        let (file, meta) = opened(&path);
        std::fs::rename(newer, &path).unwrap();
        let (bytes, after) = read_file(file, &meta).unwrap();
        assert_eq!(bytes, "first");
        assert!(is_one_state(&meta, &after));
    }
}
