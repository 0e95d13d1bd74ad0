//! Rows about people in released tables. Aggregates are not among them and stay as published; a table that lists
//! records, such as the findings of an audit, loses the rows that tell of somebody erased.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::compute::{cast, filter_record_batch, not};
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

use super::wanted::PSEUDONYM;
use crate::error::{Error, Kind, Result, io, store};
use crate::warehouse::{Change, Manifest, ReleaseRemoval, Resource, Warehouse};

/// By what rows of released tables are known to tell of somebody.
#[derive(Default)]
pub struct Traces {
    /// Pseudonyms: of those wanted, of everybody in a case that goes whole, and of cases in which nobody is left.
    pub pseudonyms: BTreeSet<String>,
    /// Those of people whose rows were loaded.
    pub loaded: BTreeSet<String>,
    /// Records: feed, office and key.
    pub records: BTreeSet<(String, String, String)>,
    /// Rows of submissions.
    pub source_rows: BTreeSet<(String, i64)>,
    /// Names of columns that hold keys of records.
    pub record_columns: BTreeSet<String>,
}

/// Released files that hold rows about somebody.
pub struct Hits {
    manifests: Vec<Manifest>,
    /// Rows to go, by the path that manifests name.
    rows: BTreeMap<String, u64>,
}

impl Hits {
    /// Looks into every file of every release.
    ///
    /// # Errors
    /// `Unavailable` where one cannot be read.
    pub async fn find(warehouse: &Warehouse, traces: &Traces) -> Result<Self> {
        let mut hits = Self { manifests: Vec::new(), rows: BTreeMap::new() };
        for number in warehouse.release_numbers().await? {
            let manifest = warehouse.release(number).await?;
            for resource in &manifest.resources {
                if !hits.rows.contains_key(&resource.path) {
                    let (_, doomed) = read(warehouse, resource, traces)?;
                    hits.rows.insert(resource.path.clone(), doomed.iter().map(|doomed| doomed.true_count() as u64).sum());
                }
            }
            hits.manifests.push(manifest);
        }
        hits.rows.retain(|_, rows| *rows > 0);
        Ok(hits)
    }

    /// What is to go, by release and table.
    pub fn removals(&self) -> Vec<ReleaseRemoval> {
        let of = |manifest: &Manifest| {
            let hit = |resource: &Resource| {
                let rows = *self.rows.get(&resource.path)?;
                Some(ReleaseRemoval { release: manifest.rihla.release, table: resource.name.clone(), rows })
            };
            manifest.resources.iter().filter_map(hit).collect::<Vec<_>>()
        };
        self.manifests.iter().flat_map(of).collect()
    }

    /// Prepares every release without these rows, its manifest naming the receipt.
    ///
    /// # Errors
    /// `Unavailable` where a file cannot be written.
    pub fn remove(&self, warehouse: &Warehouse, change: &mut Change, traces: &Traces, receipt: &str) -> Result<()> {
        let mut fresh: BTreeMap<String, Resource> = BTreeMap::new();
        let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
        for resource in self.manifests.iter().flat_map(|manifest| &manifest.resources) {
            if self.rows.contains_key(&resource.path) && !fresh.contains_key(&resource.path) {
                let (bytes, rows) = rewritten(warehouse, resource, traces)?;
                let hash = hex::encode(Sha256::digest(&bytes));
                let (path, _) = warehouse.place_of_table(false, &resource.name, &hash);
                let below = format!("released/{path}");
                change.write(&below, &bytes)?;
                files.insert(path.clone(), warehouse.store().root().join(Change::place_aside(&below)));
                let mut new = resource.clone();
                (new.path, new.bytes, new.hash, new.rihla.rows) = (path, bytes.len() as u64, format!("sha256:{hash}"), rows);
                fresh.insert(resource.path.clone(), new);
                change.remove(&format!("released/{}", resource.path));
            }
        }
        for manifest in &self.manifests {
            let mut manifest = manifest.clone();
            let mut is_hit = false;
            for resource in &mut manifest.resources {
                if let Some(new) = fresh.get(&resource.path) {
                    is_hit = true;
                    (resource.path, resource.bytes, resource.hash, resource.rihla.rows) = (new.path.clone(), new.bytes, new.hash.clone(), new.rihla.rows);
                }
            }
            if is_hit {
                manifest.rihla.erasures.push(receipt.to_owned());
                warehouse.reissue(change, &manifest, &files)?;
            }
        }
        Ok(())
    }
}

/// The batches of a released table, and which of their rows tell of somebody wanted.
fn read(warehouse: &Warehouse, resource: &Resource, traces: &Traces) -> Result<(Vec<RecordBatch>, Vec<BooleanArray>)> {
    let path = warehouse.resource_file(resource);
    let what = || format!("cannot read `{}`", path.display());
    let file = File::open(&path).map_err(|cause| io(what(), cause))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build()).map_err(|cause| store(what(), cause))?;
    let feeds: BTreeSet<&str> = resource.rihla.reports.iter().map(|reports| reports.feed.as_str()).collect();
    let (mut batches, mut doomed) = (Vec::new(), Vec::new());
    for batch in reader {
        let batch = batch.map_err(|cause| store(what(), cause))?;
        doomed.push(telling(&batch, &feeds, traces)?);
        batches.push(batch);
    }
    Ok((batches, doomed))
}

fn telling(batch: &RecordBatch, feeds: &BTreeSet<&str>, traces: &Traces) -> Result<BooleanArray> {
    let mut goes = vec![false; batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if let Some(texts) = as_text(column)? {
            mark(&mut goes, |row| !texts.is_null(row) && traces.is_in(texts.value(row)));
            let offices = batch.column_by_name("office").filter(|_| traces.is_record_column(field.name()));
            if let Some(offices) = offices.map(as_text).transpose()?.flatten() {
                let has = |row| !texts.is_null(row) && !offices.is_null(row) && traces.has_record(feeds, offices.value(row), texts.value(row));
                mark(&mut goes, has);
            }
        } else if let Some(list) = column.as_list_opt::<i32>() {
            for (row, goes) in goes.iter_mut().enumerate() {
                let items = as_text(&list.value(row))?;
                *goes |= !list.is_null(row) && items.is_some_and(|items| items.iter().flatten().any(|item| traces.is_in(item)));
            }
        }
    }
    if let (Some(ids), Some(rows)) = (batch.column_by_name("submission_id"), batch.column_by_name("source_row"))
        && let (Some(ids), Some(rows)) = (as_text(ids)?, rows.as_primitive_opt::<Int64Type>())
    {
        let rows: &Int64Array = rows;
        mark(&mut goes, |row| !ids.is_null(row) && !rows.is_null(row) && traces.source_rows.contains(&(ids.value(row).to_owned(), rows.value(row))));
    }
    Ok(goes.into_iter().map(Some).collect())
}

fn mark(goes: &mut [bool], tells: impl Fn(usize) -> bool) {
    goes.iter_mut().enumerate().for_each(|(row, goes)| *goes |= tells(row));
}

/// A column of text of any make; nothing for others.
fn as_text(column: &ArrayRef) -> Result<Option<arrow::array::StringArray>> {
    match column.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let text = cast(column, &DataType::Utf8).map_err(|cause| Error::new(Kind::Internal, "text is no text").because(cause))?;
            Ok(Some(text.as_string::<i32>().clone()))
        }
        _ => Ok(None),
    }
}

impl Traces {
    /// True where a pseudonym stands in a text.
    fn is_in(&self, text: &str) -> bool {
        text.len() >= PSEUDONYM && self.pseudonyms.iter().any(|pseudonym| text.contains(pseudonym.as_str()))
    }

    /// True for columns such as `record_id` and `return_record_id`.
    fn is_record_column(&self, name: &str) -> bool {
        self.record_columns.iter().any(|known| name == known || name.strip_suffix(known.as_str()).is_some_and(|start| start.ends_with('_')))
    }

    /// True where an office's record is of somebody wanted, in any of the feeds that a table rests on.
    fn has_record(&self, feeds: &BTreeSet<&str>, office: &str, record: &str) -> bool {
        self.records.iter().any(|(feed, of, key)| of == office && key == record && (feeds.is_empty() || feeds.contains(feed.as_str())))
    }
}

/// A table without the rows that tell of somebody wanted, as Parquet, and how many rows it has.
fn rewritten(warehouse: &Warehouse, resource: &Resource, traces: &Traces) -> Result<(Vec<u8>, u64)> {
    let what = || format!("cannot write the table `{}` anew", resource.name);
    let internal = |cause| Error::new(Kind::Internal, what()).because(cause);
    let (batches, doomed) = read(warehouse, resource, traces)?;
    let schema = batches.first().map(RecordBatch::schema).ok_or_else(|| Error::new(Kind::Internal, what()))?;
    let level = ZstdLevel::try_new(3).map_err(|cause| store(what(), cause))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_created_by("rihla".to_owned()).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(|cause| store(what(), cause))?;
    let mut rows = 0;
    for (batch, doomed) in batches.iter().zip(&doomed) {
        let stays = not(doomed).and_then(|stays| filter_record_batch(batch, &stays)).map_err(internal)?;
        rows += stays.num_rows() as u64;
        writer.write(&stays).map_err(|cause| store(what(), cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| store(what(), cause))?;
    Ok((bytes, rows))
}
