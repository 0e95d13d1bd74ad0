//! Released tables written anew under a content name of their own, and the manifests that name them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result, io, store};
use crate::warehouse::{Change, Manifest, Resource, Warehouse};

/// What becomes of the rows of a released table.
pub type RewriteTable<'a> = dyn FnMut(&Resource, RecordBatch) -> Result<RecordBatch> + 'a;

/// Prepares the tables that `is_meant` names anew, and every release that holds one; their manifests name the receipt.
///
/// # Errors
/// `Unavailable` where a file cannot be read or written.
pub fn reissue(
    warehouse: &Warehouse,
    change: &mut Change,
    manifests: &[Manifest],
    is_meant: impl Fn(&Resource) -> bool,
    rewrite: &mut RewriteTable<'_>,
    receipt: &str,
) -> Result<()> {
    let mut fresh: BTreeMap<&str, Resource> = BTreeMap::new();
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for resource in manifests.iter().flat_map(|manifest| &manifest.resources).filter(|resource| is_meant(resource)) {
        if fresh.contains_key(resource.path.as_str()) {
            continue;
        }
        let new = rewritten(warehouse, change, resource, rewrite)?;
        files.insert(new.path.clone(), warehouse.store().root().join(Change::place_aside(&format!("released/{}", new.path))));
        if new.path != resource.path {
            change.remove(&format!("released/{}", resource.path));
        }
        fresh.insert(&resource.path, new);
    }
    for manifest in manifests {
        let mut issued = manifest.clone();
        for resource in &mut issued.resources {
            if let Some(new) = fresh.get(resource.path.as_str()) {
                (resource.path, resource.bytes, resource.hash, resource.rihla.rows) = (new.path.clone(), new.bytes, new.hash.clone(), new.rihla.rows);
            }
        }
        if issued != *manifest {
            issued.rihla.reissued.push(receipt.to_owned());
            warehouse.reissue(change, &issued, &files)?;
        }
    }
    Ok(())
}

fn rewritten(warehouse: &Warehouse, change: &mut Change, resource: &Resource, rewrite: &mut RewriteTable<'_>) -> Result<Resource> {
    let what = || format!("cannot write the table `{}` anew", resource.name);
    let (schema, batches) = read_table(warehouse, resource)?;
    let level = ZstdLevel::try_new(3).map_err(|cause| store(what(), cause))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_created_by("rihla".to_owned()).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(|cause| store(what(), cause))?;
    let mut rows = 0;
    for batch in batches {
        let batch = rewrite(resource, batch)?;
        rows += batch.num_rows() as u64;
        writer.write(&batch).map_err(|cause| store(what(), cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| store(what(), cause))?;
    let hash = hex::encode(Sha256::digest(&bytes));
    let (path, _) = warehouse.place_of_table(false, &resource.name, &hash);
    change.write(&format!("released/{path}"), &bytes)?;
    let mut new = resource.clone();
    (new.path, new.bytes, new.hash, new.rihla.rows) = (path, bytes.len() as u64, format!("sha256:{hash}"), rows);
    Ok(new)
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
