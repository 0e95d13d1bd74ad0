//! A store that notes every request: what was asked for, where, and how many bytes were read or written. For tests.
//!
//! Guarantees: a request is noted once it is answered, also where the answer is that nothing is there; nothing is asked that
//! was not asked before. What is noted goes to the file that `RIHLA_TEST_REQUESTS` names, a line each: verb, place, bytes.

#![deny(clippy::missing_trait_methods)]

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    RenameOptions, Result, UploadPart,
};

use super::failpoint::class_of;

/// The list of requests, and where what is asked for lies.
#[derive(Debug, Clone)]
struct Notes {
    list: PathBuf,
    root: PathBuf,
}

impl Notes {
    fn add(&self, verb: &str, place: Option<&Path>, bytes: u64) {
        let place = place.map_or_else(|| self.root.clone(), |place| self.root.join(place.as_ref()));
        let line = format!("{verb}\t{}\t{bytes}\n", class_of(&place));
        // A request is not to fail for a list that cannot be written: the test misses its line.
        let _ = OpenOptions::new().create(true).append(true).open(&self.list).and_then(|mut list| list.write_all(line.as_bytes()));
    }
}

/// A store whose requests are noted.
#[derive(Debug)]
pub struct CountingStore {
    inner: Arc<dyn ObjectStore>,
    notes: Notes,
}

/// The store itself, or with its requests noted where a test asked for it; `root` is where it lies.
pub fn counted(inner: Arc<dyn ObjectStore>, root: PathBuf) -> Arc<dyn ObjectStore> {
    let list = if cfg!(debug_assertions) { std::env::var_os("RIHLA_TEST_REQUESTS") } else { None };
    match list {
        Some(list) => Arc::new(CountingStore { inner, notes: Notes { list: list.into(), root } }),
        None => inner,
    }
}

fn length(payload: &PutPayload) -> u64 {
    payload.content_length() as u64
}

impl fmt::Display for CountingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "counting {}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for CountingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let (verb, bytes) = (if options.mode == PutMode::Create { "create" } else { "put" }, length(&payload));
        let put = self.inner.put_opts(location, payload, options).await;
        self.notes.add(verb, Some(location), bytes);
        put
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(CountingUpload { inner, notes: self.notes.clone(), location: location.clone(), bytes: 0 }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let verb = if options.head { "head" } else { "get" };
        let got = self.inner.get_opts(location, options).await;
        let bytes = got.as_ref().map_or(0, |got| got.range.end - got.range.start);
        self.notes.add(verb, Some(location), if verb == "head" { 0 } else { bytes });
        got
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let got = self.inner.get_ranges(location, ranges).await;
        for range in ranges {
            self.notes.add("get", Some(location), range.end - range.start);
        }
        got
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let notes = self.notes.clone();
        let noted = locations.inspect(move |location| {
            if let Ok(location) = location {
                notes.add("delete", Some(location), 0);
            }
        });
        self.inner.delete_stream(noted.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.notes.add("list", prefix, 0);
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.notes.add("list", prefix, 0);
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.notes.add("list", prefix, 0);
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.notes.add("copy", Some(to), 0);
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.notes.add("rename", Some(to), 0);
        self.inner.rename_opts(from, to, options).await
    }
}

/// An upload of several parts, noted as one request when it is complete.
#[derive(Debug)]
struct CountingUpload {
    inner: Box<dyn MultipartUpload>,
    notes: Notes,
    location: Path,
    bytes: u64,
}

#[async_trait]
impl MultipartUpload for CountingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.bytes += length(&data);
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let put = self.inner.complete().await;
        self.notes.add("put", Some(&self.location), self.bytes);
        put
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
