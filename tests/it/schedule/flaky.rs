//! A store whose calls fail now and then: before they are done, or after, so that nobody is told that they were.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result,
};

use super::dice::Dice;

/// Objects in memory; of `one_in` calls one fails.
#[derive(Debug, Clone)]
pub struct FlakyStore {
    inner: Arc<InMemory>,
    dice: Arc<Mutex<Dice>>,
    one_in: u64,
}

/// When a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fails {
    Not,
    Before,
    After,
}

impl FlakyStore {
    /// A store that fails by a seed.
    pub fn new(seed: u64, one_in: u64) -> Self {
        Self { inner: Arc::default(), dice: Arc::new(Mutex::new(Dice(seed))), one_in }
    }

    fn fate(&self) -> Fails {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        match dice.between(1, self.one_in * 2) {
            1 => Fails::Before,
            2 => Fails::After,
            _ => Fails::Not,
        }
    }
}

impl std::fmt::Display for FlakyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("flaky")
    }
}

fn lost() -> Error {
    Error::Generic { store: "flaky", source: "the store did not answer".into() }
}

async fn met<T>(fate: Fails, call: impl Future<Output = Result<T>>) -> Result<T> {
    if fate == Fails::Before {
        return Err(lost());
    }
    let done = call.await;
    if fate == Fails::After { Err(lost()) } else { done }
}

#[async_trait]
impl ObjectStore for FlakyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        met(self.fate(), self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        met(self.fate(), self.inner.get_opts(location, options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.fate() {
            Fails::Before => stream::once(async { Err(lost()) }).boxed(),
            Fails::After => self.inner.delete_stream(locations).map(|done| done.and_then(|_| Err(lost()))).boxed(),
            Fails::Not => self.inner.delete_stream(locations),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.fate() == Fails::Not { self.inner.list(prefix) } else { stream::once(async { Err(lost()) }).boxed() }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
