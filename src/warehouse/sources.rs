//! What releases were made of beside deliveries: the text of models and the content of code lists, references and what
//! the project says of offices. Each is kept once under the hash that manifests name, so that what an earlier release
//! said can be computed again after the project changed. Holds no row that an office sent.

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{Manifest, Warehouse};
use crate::error::{Error, Kind, Result, store};

/// The folder of what is kept.
pub const SOURCES: &str = "sources";

/// Where a release's own sources lie, below the warehouse.
pub fn sources_of(release: &Manifest) -> impl Iterator<Item = String> {
    let tables = release.resources.iter().chain(&release.rihla.staging);
    tables.map(|table| model_path(&table.rihla.model)).chain(release.rihla.inputs.values().map(|print| input_path(print)))
}

impl Warehouse {
    /// Keeps the text of a model under its hash; nothing happens where it is kept already.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn keep_model(&self, hash: &str, text: &str) -> Result<()> {
        self.keep(&model_path(hash), || Ok(text.as_bytes().to_vec())).await
    }

    /// Keeps the content of a table that models read under its fingerprint; nothing happens where it is kept already.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn keep_input(&self, fingerprint: &str, content: &RecordBatch) -> Result<()> {
        self.keep(&input_path(fingerprint), || written(content)).await
    }

    /// The text of a model by its hash; nothing where it was not kept.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub async fn kept_model(&self, hash: &str) -> Result<Option<String>> {
        let bytes = self.store().read_if_any(&model_path(hash)).await?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }

    /// The content of a table that models read by its fingerprint; nothing where it was not kept.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub async fn kept_input(&self, fingerprint: &str) -> Result<Option<RecordBatch>> {
        let path = input_path(fingerprint);
        match self.store().read_if_any(&path).await? {
            Some(bytes) => read(&path, bytes).map(Some),
            None => Ok(None),
        }
    }

    async fn keep(&self, path: &str, bytes: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        if self.store().root().join(path).is_file() {
            return Ok(());
        }
        // Somebody who made it meanwhile made the same.
        self.store().create(path, bytes()?).await.map(|_| ())
    }
}

fn model_path(hash: &str) -> String {
    format!("{SOURCES}/models/{hash}.sql")
}

fn input_path(fingerprint: &str) -> String {
    format!("{SOURCES}/inputs/{fingerprint}.parquet")
}

fn written(content: &RecordBatch) -> Result<Vec<u8>> {
    let what = "a table that models read cannot be kept";
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, content.schema(), None).map_err(|cause| store(what, cause))?;
    writer.write(content).map_err(|cause| store(what, cause))?;
    writer.close().map_err(|cause| store(what, cause))?;
    Ok(bytes)
}

fn read(path: &str, bytes: Bytes) -> Result<RecordBatch> {
    let what = || format!("cannot read `{path}`");
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|cause| store(what(), cause))?;
    let schema = reader.schema().clone();
    let batches = reader.build().map_err(|cause| store(what(), cause))?.collect::<Result<Vec<_>, _>>().map_err(|cause| store(what(), cause))?;
    concat_batches(&schema, &batches).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))
}
