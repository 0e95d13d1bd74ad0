//! A store that fails as stores do, by a schedule that a seed decides: it stalls, fails before a write or after it landed, leaves
//! half an object, and leaves the newest object out of a listing. For tests.
//!
//! Guarantees: the same calls in the same order fail in the same way. An object that is created is never left in half, since
//! no store that creates in one step does so.

#![deny(clippy::missing_trait_methods)]

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, RenameOptions, Result,
};

/// How long a call stalls.
pub const STALL: Duration = Duration::from_millis(400);

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It takes long, and then is done.
    Stall,
    /// It is not done.
    Before,
    /// It is done, and nobody is told.
    After,
    /// Half of it is done; of what is created nothing.
    Torn,
    /// The newest object is left out of a listing.
    Lie,
}

/// A store that fails by a seed.
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<dyn ObjectStore>,
    seed: u64,
    /// Of so many calls one fails; none where it is zero.
    one_in: u64,
    ignores_conditions: bool,
    calls: Arc<AtomicU64>,
}

impl FailingStore {
    /// Fails on `inner`: of `one_in` calls one, which `seed` says.
    pub fn new(inner: Arc<dyn ObjectStore>, seed: u64, one_in: u64) -> Self {
        Self { inner, seed, one_in, ignores_conditions: false, calls: Arc::default() }
    }

    /// A store that takes no notice of `If-None-Match`, as some that speak the language of S3 do.
    pub fn ignoring_conditions(inner: Arc<dyn ObjectStore>) -> Self {
        Self { ignores_conditions: true, ..Self::new(inner, 0, 0) }
    }

    fn fault(&self) -> Fault {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let chance = mixed(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(call));
        if self.one_in == 0 || !chance.is_multiple_of(self.one_in) {
            return Fault::None;
        }
        let fault = [Fault::Stall, Fault::Before, Fault::After, Fault::Torn, Fault::Lie][usize::try_from(chance >> 32).unwrap_or_default() % 5];
        tracing::debug!(seed = self.seed, call, ?fault, "a store fails");
        fault
    }
}

/// The mixing step of SplitMix64.
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

fn lost() -> Error {
    Error::Generic { store: "failing", source: Box::new(io::Error::new(io::ErrorKind::TimedOut, "the store did not answer")) }
}

/// The fate of a call that changes nothing.
async fn read<T>(fault: Fault, call: impl Future<Output = Result<T>>) -> Result<T> {
    match fault {
        Fault::Stall => tokio::time::sleep(STALL).await,
        Fault::Before | Fault::After => return Err(lost()),
        Fault::None | Fault::Torn | Fault::Lie => {}
    }
    call.await
}

fn listed(fault: Fault, objects: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
    let call = async move {
        let mut objects: Vec<ObjectMeta> = read(fault, objects.try_collect()).await?;
        if fault == Fault::Lie
            && let Some(newest) = (0..objects.len()).max_by_key(|index| objects[*index].last_modified)
        {
            objects.remove(newest);
        }
        Ok::<_, Error>(futures::stream::iter(objects.into_iter().map(Ok)))
    };
    call.into_stream().try_flatten().boxed()
}

impl fmt::Display for FailingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "failing by {} {}", self.seed, self.inner)
    }
}

#[async_trait]
impl ObjectStore for FailingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.ignores_conditions {
            options.mode = PutMode::Overwrite;
        }
        let may_tear = options.mode == PutMode::Overwrite;
        match self.fault() {
            Fault::Before => return Err(lost()),
            Fault::Torn => {
                if may_tear {
                    let bytes = Bytes::from(payload);
                    self.inner.put(location, bytes.slice(..bytes.len() / 2).into()).await?;
                }
                return Err(lost());
            }
            Fault::After => {
                self.inner.put_opts(location, payload, options).await?;
                return Err(lost());
            }
            Fault::Stall => tokio::time::sleep(STALL).await,
            Fault::None | Fault::Lie => {}
        }
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        read(self.fault(), self.inner.put_multipart_opts(location, options)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        read(self.fault(), self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        read(self.fault(), self.inner.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        listed(self.fault(), self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        listed(self.fault(), self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        read(self.fault(), self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        read(self.fault(), self.inner.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        read(self.fault(), self.inner.rename_opts(from, to, options)).await
    }
}
