//! A store that tries again what failed in passing.
//!
//! Guarantees: what is tried again is what may be done twice; a create that failed without a word may have landed, so it is read
//! back and compared before anybody is told who made it. Two writers of the same bytes would both hear that they made it:
//! whatever is created in a race holds something of its writer alone, as manifests hold their run and commits their files.
//! Refuses to try again what will not change: a place that is not there, a full disk, a right that is missing. What comes
//! after the head of an answer, in a stream, and uploads of several parts are not tried again.

#![deny(clippy::missing_trait_methods)]

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

/// How long and how often something is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often in all.
    pub tries: u32,
    /// How long one try may last: one that stalls is given up.
    pub limit: Duration,
    /// The pause before the second try; each further one is twice as long.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 4, limit: Duration::from_secs(300), pause: Duration::from_millis(100) }
    }
}

/// A store whose passing failures are not seen.
#[derive(Debug, Clone)]
pub struct RetryingStore {
    inner: Arc<dyn ObjectStore>,
    patience: Patience,
}

impl RetryingStore {
    /// Tries again on `inner`.
    pub fn new(inner: Arc<dyn ObjectStore>, patience: Patience) -> Self {
        Self { inner, patience }
    }

    async fn again<T, F: Future<Output = Result<T>>>(&self, mut attempt: impl FnMut() -> F) -> Result<T> {
        let mut pause = self.patience.pause;
        for _ in 1..self.patience.tries {
            match self.within(attempt()).await {
                Err(cause) if is_passing(&cause) => tracing::debug!(%cause, "a store failed: tried again"),
                done => return done,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.within(attempt()).await
    }

    async fn within<T>(&self, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        match tokio::time::timeout(self.patience.limit, attempt).await {
            Ok(done) => done,
            Err(late) => Err(Error::Generic { store: "retrying", source: Box::new(std::io::Error::new(std::io::ErrorKind::TimedOut, late)) }),
        }
    }

    /// Creates an object; where a try may have landed, what stands there decides.
    async fn create(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let mut pause = self.patience.pause;
        let mut may_have_landed = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let cause = match self.within(self.inner.put_opts(location, payload.clone(), options.clone())).await {
                Err(cause) if is_passing(&cause) => {
                    may_have_landed = true;
                    cause
                }
                Err(cause @ Error::AlreadyExists { .. }) if may_have_landed => cause,
                done => return done,
            };
            if let Some((result, found)) = self.standing(location).await? {
                let ours = payload.iter().flatten().eq(found.iter());
                return if ours { Ok(result) } else { Err(Error::AlreadyExists { path: location.to_string(), source: Box::new(cause) }) };
            }
            if tries >= self.patience.tries {
                return Err(cause);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn standing(&self, location: &Path) -> Result<Option<(PutResult, Bytes)>> {
        let read = self
            .again(|| async {
                let got = self.inner.get(location).await?;
                let result = PutResult { e_tag: got.meta.e_tag.clone(), version: got.meta.version.clone() };
                Ok((result, got.bytes().await?))
            })
            .await;
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(cause) => Err(cause),
        }
    }
}

/// True for failures after which the same may succeed.
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Generic { .. } | Error::JoinError { .. }) && !is_of_the_disk(error)
}

fn is_of_the_disk(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind as K;
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && matches!(io.kind(), K::StorageFull | K::QuotaExceeded | K::PermissionDenied | K::ReadOnlyFilesystem | K::NotADirectory | K::IsADirectory)
        {
            return true;
        }
        next = current.source();
    }
    false
}

impl fmt::Display for RetryingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "retrying {}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for RetryingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match options.mode {
            PutMode::Create => self.create(location, payload, options).await,
            PutMode::Overwrite => self.again(|| self.inner.put_opts(location, payload.clone(), options.clone())).await,
            PutMode::Update(_) => self.within(self.inner.put_opts(location, payload, options)).await,
        }
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.again(|| self.inner.put_multipart_opts(location, options.clone())).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.again(|| self.inner.get_opts(location, options.clone())).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.again(|| self.inner.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed = async move { store.again(|| store.inner.list(prefix.as_ref()).try_collect::<Vec<_>>()).await };
        flat(listed)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix, offset) = (self.clone(), prefix.cloned(), offset.clone());
        let listed = async move { store.again(|| store.inner.list_with_offset(prefix.as_ref(), &offset).try_collect::<Vec<_>>()).await };
        flat(listed)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.again(|| self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        match options.mode {
            CopyMode::Overwrite => self.again(|| self.inner.copy_opts(from, to, options.clone())).await,
            CopyMode::Create => self.within(self.inner.copy_opts(from, to, options)).await,
        }
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.within(self.inner.rename_opts(from, to, options)).await
    }
}

/// A listing is tried again whole, so it is handed on when it is whole.
fn flat(listed: impl Future<Output = Result<Vec<ObjectMeta>>> + Send + 'static) -> BoxStream<'static, Result<ObjectMeta>> {
    let objects = |listed: Result<Vec<ObjectMeta>>| listed.map_or_else(|cause| vec![Err(cause)], |objects| objects.into_iter().map(Ok).collect());
    listed.map(move |listed| futures::stream::iter(objects(listed))).flatten_stream().boxed()
}
