//! Released tables written anew under a content name of their own, and the manifests that name them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result, io, store};
use crate::warehouse::{Change, FileFacts, Manifest, Resource, Warehouse};

/// Lines of a released CSV file above its rows: labels and HXL tags.
const HEAD: usize = 2;

/// What becomes of the rows of a released table.
pub trait Rewrite {
    /// The rows that stay, rewritten, and for each row whether it stays.
    ///
    /// # Errors
    /// `Internal` only.
    fn rows(&mut self, resource: &Resource, batch: &RecordBatch) -> Result<(RecordBatch, BooleanArray)>;

    /// A cell of the same table as text.
    fn cell(&mut self, column: &str, text: &str) -> String;
}

/// Prepares the tables that `is_meant` names anew, and every release that holds one; their manifests name the receipt.
///
/// # Errors
/// `Unavailable` where a file cannot be read or written.
pub fn reissue(
    warehouse: &Warehouse,
    change: &mut Change,
    manifests: &[Manifest],
    is_meant: impl Fn(&Resource) -> bool,
    rewrite: &mut dyn Rewrite,
    receipt: &str,
) -> Result<()> {
    // A table may stand in several releases, with one CSV file or, where its tags changed, another.
    let key = |resource: &Resource| (resource.path.clone(), resource.rihla.csv.as_ref().map(|csv| csv.path.clone()));
    let mut fresh: BTreeMap<(String, Option<String>), Resource> = BTreeMap::new();
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for resource in manifests.iter().flat_map(|manifest| &manifest.resources).filter(|resource| is_meant(resource)) {
        if fresh.contains_key(&key(resource)) {
            continue;
        }
        let new = rewritten(warehouse, change, resource, rewrite)?;
        let (old_paths, new_paths) = (paths(resource), paths(&new));
        for path in &new_paths {
            files.insert(path.clone(), warehouse.store().root().join(Change::place_aside(&format!("released/{path}"))));
        }
        old_paths.iter().filter(|path| !new_paths.contains(path)).for_each(|path| change.remove(&format!("released/{path}")));
        fresh.insert(key(resource), new);
    }
    for manifest in manifests {
        let mut issued = manifest.clone();
        for resource in &mut issued.resources {
            if let Some(new) = fresh.get(&key(resource)) {
                (resource.path, resource.bytes, resource.hash, resource.rihla.rows) = (new.path.clone(), new.bytes, new.hash.clone(), new.rihla.rows);
                resource.rihla.csv.clone_from(&new.rihla.csv);
            }
        }
        if issued != *manifest {
            issued.rihla.reissued.push(receipt.to_owned());
            warehouse.reissue(change, &issued, &files)?;
        }
    }
    Ok(())
}

fn paths(resource: &Resource) -> Vec<String> {
    std::iter::once(&resource.path).chain(resource.rihla.csv.iter().map(|csv| &csv.path)).cloned().collect()
}

fn rewritten(warehouse: &Warehouse, change: &mut Change, resource: &Resource, rewrite: &mut dyn Rewrite) -> Result<Resource> {
    let what = || format!("cannot write the table `{}` anew", resource.name);
    let (read, batches) = read_table(warehouse, resource)?;
    let said = said(warehouse, resource)?;
    let schema = Arc::new(Schema::new(read.fields().clone()));
    let level = ZstdLevel::try_new(3).map_err(|cause| store(what(), cause))?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_created_by("rihla".to_owned()).set_key_value_metadata(Some(said)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(|cause| store(what(), cause))?;
    let mut staying = Vec::new();
    for batch in batches {
        let (batch, stays) = rewrite.rows(resource, &batch)?;
        staying.extend(stays.values().iter());
        let batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec()).map_err(|cause| store(what(), cause))?;
        writer.write(&batch).map_err(|cause| store(what(), cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| store(what(), cause))?;
    let mut new = resource.clone();
    new.rihla.rows = staying.iter().filter(|stays| **stays).count() as u64;
    let parquet = keep(warehouse, change, &resource.name, &bytes, "parquet")?;
    (new.path, new.bytes, new.hash) = (parquet.path, parquet.bytes, parquet.hash);
    if let Some(csv) = &resource.rihla.csv {
        let bytes = rewritten_csv(&warehouse.released_file(&csv.path), &staying, rewrite)?;
        new.rihla.csv = Some(keep(warehouse, change, &resource.name, &bytes, "csv")?);
    }
    Ok(new)
}

/// What a file says of itself, in its order; the writer adds the Arrow schema again.
fn said(warehouse: &Warehouse, resource: &Resource) -> Result<Vec<KeyValue>> {
    let path = warehouse.resource_file(resource);
    let what = || format!("cannot read `{}`", path.display());
    let file = File::open(&path).map_err(|cause| io(what(), cause))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| store(what(), cause))?;
    let said = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    Ok(said.into_iter().filter(|entry| entry.key != parquet::arrow::ARROW_SCHEMA_META_KEY).collect())
}

fn keep(warehouse: &Warehouse, change: &mut Change, name: &str, bytes: &[u8], extension: &str) -> Result<FileFacts> {
    let hash = hex::encode(Sha256::digest(bytes));
    let (path, _) = warehouse.place_of_table(false, name, &hash, extension);
    change.write(&format!("released/{path}"), bytes)?;
    Ok(FileFacts { path, bytes: bytes.len() as u64, hash: format!("sha256:{hash}") })
}

/// The rows of a CSV file stand in the order of the Parquet file's, below the labels and the HXL tags.
fn rewritten_csv(path: &Path, staying: &[bool], rewrite: &mut dyn Rewrite) -> Result<Vec<u8>> {
    let what = || format!("cannot write `{}` anew", path.display());
    let bytes = std::fs::read(path).map_err(|cause| io(what(), cause))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(|cause| store(what(), cause))?;
    if records.len() != staying.len() + HEAD {
        let message = format!("{}: the file holds {} lines where its Parquet file has {} rows", path.display(), records.len(), staying.len());
        return Err(Error::new(Kind::Conflict, message).hint("restore the release from a backup; nothing was changed"));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in &records[..HEAD] {
        writer.write_record(record).map_err(|cause| store(what(), cause))?;
    }
    for (record, _) in records[HEAD..].iter().zip(staying).filter(|(_, stays)| **stays) {
        let cells: Vec<String> = records[0].iter().zip(record).map(|(column, text)| rewrite.cell(column, text)).collect();
        writer.write_record(&cells).map_err(|cause| store(what(), cause))?;
    }
    writer.into_inner().map_err(|_| Error::new(Kind::Internal, what()))
}

/// The columns and rows of a released table.
///
/// # Errors
/// `Unavailable` where the file cannot be read.
pub fn read_table(warehouse: &Warehouse, resource: &Resource) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let path = warehouse.resource_file(resource);
    let what = || format!("cannot read `{}`", path.display());
    let file = File::open(&path).map_err(|cause| io(what(), cause))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| store(what(), cause))?;
    let schema = reader.schema().clone();
    let batches = reader.build().map_err(|cause| store(what(), cause))?.collect::<Result<_, _>>();
    Ok((schema, batches.map_err(|cause| store(what(), cause))?))
}

/// A column of text of any make; nothing for others.
///
/// # Errors
/// `Internal` only.
pub fn as_text(column: &ArrayRef) -> Result<Option<StringArray>> {
    match column.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let text = cast(column, &DataType::Utf8).map_err(|cause| Error::new(Kind::Internal, "text is no text").because(cause))?;
            Ok(Some(text.as_string::<i32>().clone()))
        }
        _ => Ok(None),
    }
}
