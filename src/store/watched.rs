//! A store of this machine's disk of which every write has its points, those of the table format included.

#![deny(clippy::missing_trait_methods)]

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, Result, UploadPart,
};

use super::failpoint::Point;

/// A disk that is watched.
#[derive(Debug)]
pub struct WatchedStore {
    disk: LocalFileSystem,
    root: PathBuf,
}

impl WatchedStore {
    /// The objects of a disk below `root`, which the disk has as its own root.
    pub fn new(disk: LocalFileSystem, root: PathBuf) -> Self {
        Self { disk, root }
    }

    fn before(&self, verb: &str, path: &ObjectPath) -> Result<Point> {
        Point::before(verb, &self.file(path)).map_err(generic)
    }

    fn file(&self, path: &ObjectPath) -> PathBuf {
        self.root.join(path.as_ref())
    }
}

impl fmt::Display for WatchedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.disk.fmt(formatter)
    }
}

fn generic(cause: io::Error) -> Error {
    Error::Generic { store: "local", source: Box::new(cause) }
}

#[async_trait]
impl ObjectStore for WatchedStore {
    async fn put_opts(&self, location: &ObjectPath, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let verb = if options.mode == PutMode::Create { "create" } else { "put" };
        let point = self.before(verb, location)?;
        // The disk writes beside the place and then gives the name: ended early, that is what stays.
        point.amid(|| half_put(&self.file(location), &payload)).map_err(generic)?;
        let put = self.disk.put_opts(location, payload, options).await?;
        point.after().map_err(generic)?;
        Ok(put)
    }

    async fn put_multipart_opts(&self, location: &ObjectPath, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let point = self.before("begin", location)?;
        let inner = self.disk.put_multipart_opts(location, options).await?;
        point.after().map_err(generic)?;
        Ok(Box::new(WatchedUpload { inner, file: self.file(location) }))
    }

    async fn get_opts(&self, location: &ObjectPath, options: GetOptions) -> Result<GetResult> {
        self.disk.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &ObjectPath, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.disk.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<ObjectPath>>) -> BoxStream<'static, Result<ObjectPath>> {
        let root = self.root.clone();
        let watched = locations.and_then(move |path| {
            let watched = Point::before("remove", &root.join(path.as_ref())).map(|_| path).map_err(generic);
            async move { watched }
        });
        self.disk.delete_stream(watched.boxed())
    }

    fn list(&self, prefix: Option<&ObjectPath>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.disk.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&ObjectPath>, offset: &ObjectPath) -> BoxStream<'static, Result<ObjectMeta>> {
        self.disk.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&ObjectPath>) -> Result<ListResult> {
        self.disk.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &ObjectPath, to: &ObjectPath, options: CopyOptions) -> Result<()> {
        let point = self.before("copy to", to)?;
        self.disk.copy_opts(from, to, options).await?;
        point.after().map_err(generic)
    }

    async fn rename_opts(&self, from: &ObjectPath, to: &ObjectPath, options: RenameOptions) -> Result<()> {
        let point = self.before("rename to", to)?;
        self.disk.rename_opts(from, to, options).await?;
        point.after().map_err(generic)
    }
}

/// What a put that ended early leaves beside its place.
fn half_put(file: &std::path::Path, payload: &PutPayload) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let bytes: Vec<u8> = payload.iter().flat_map(|part| part.iter().copied()).collect();
    let mut beside = file.as_os_str().to_owned();
    beside.push("#1");
    std::fs::write(beside, &bytes[..bytes.len() / 2])
}

/// An upload of several parts.
#[derive(Debug)]
struct WatchedUpload {
    inner: Box<dyn MultipartUpload>,
    file: PathBuf,
}

#[async_trait]
impl MultipartUpload for WatchedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let point = Point::before("finish", &self.file).map_err(generic)?;
        let put = self.inner.complete().await?;
        point.after().map_err(generic)?;
        Ok(put)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
