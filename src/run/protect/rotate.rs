//! The rotation of the key: a further link of its chain makes new pseudonyms of the old ones, wherever they stand.
//!
//! Guarantees: nobody needs an extract again; the same person stays one person, so that no figure changes; afterwards no
//! file of the warehouse holds an old pseudonym, and the old key opens the warehouse no more.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, StringArray};
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use super::reissue::{Rewrite, as_text, read_table, reissue};
use super::wanted::{PSEUDONYM, text_column};
use super::{receipt_id, remove_staging, remove_unreleased};
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;
use crate::project::Project;
use crate::run::{Progress, seconds};
use crate::warehouse::{Change, Manifest, Resource, Warehouse, prepare_key};

/// The columns of feeds' tables that hold pseudonyms.
const PSEUDONYMS: [&str; 2] = ["person_id", "case_id"];

/// What a rotation did: its receipt in `rotations/`.
#[derive(Debug, Clone, Serialize)]
pub struct Rotation {
    /// Its name.
    pub id: String,
    /// When.
    pub at: String,
    /// The old key's fingerprint.
    pub from: String,
    /// The new key's fingerprint.
    pub to: String,
    /// How many links the chain has now.
    pub links: usize,
    /// Pseudonyms that were made anew.
    pub pseudonyms: u64,
    /// Rows of feeds that hold them, of all revisions.
    pub rows: u64,
    /// Released tables that held pseudonyms.
    pub released_tables: u64,
    /// The file that holds the key.
    pub key_file: String,
}

/// Rotates the key; `link` is 64 hex digits, made where there are none.
///
/// # Errors
/// As [`prepare_key`] and the warehouse say; nothing was changed then.
pub async fn rotate(project: &Arc<Project>, link: Option<&str>, clock: SharedClock, progress: &dyn Progress) -> Result<Rotation> {
    let writable = Warehouse::open_to_write(project, clock).await?;
    let warehouse = &writable.warehouse;
    let submissions = warehouse.read_submissions().await?;
    warehouse.reconcile_tables(&submissions).await?;
    let new = prepare_key(&project.name, &writable.key, link)?;
    let (id, at) = (receipt_id(warehouse.clock()), seconds(warehouse.clock().now()));
    let mut change = Change::begin(warehouse.store().root(), "a rotation of the key")?;
    let mut renewal = Renewal { key: &new.key, known: HashMap::new() };
    let tables = warehouse.row_tables().await?;
    progress.begin("rotating", tables.len() as u64);
    let mut rows = 0;
    for table in tables {
        progress.advance(&table.path);
        let mut none = |batch: &RecordBatch| Ok(BooleanArray::from(vec![false; batch.num_rows()]));
        let mut renew = |batch: RecordBatch| {
            rows += batch.num_rows() as u64;
            renewal.of_feed(&batch)
        };
        table.rewrite(warehouse, &mut change, &submissions, &mut none, &mut renew).await?;
    }
    let released_tables = renewal.of_releases(warehouse, &mut change, &format!("rotations/{id}.json")).await?;
    remove_staging(warehouse, Some(&mut change))?;
    remove_unreleased(warehouse, &mut change).await?;
    warehouse.erased().await?.renewed(&new.key).keep(&mut change)?;
    warehouse.mark(project, &new.key, &mut change).await?;
    let rotation = Rotation {
        at,
        from: writable.key.fingerprint(),
        to: new.key.fingerprint(),
        links: new.key.generation() + 1,
        pseudonyms: renewal.known.len() as u64,
        rows,
        released_tables,
        key_file: new.file.display().to_string(),
        id,
    };
    change.write_json(&format!("rotations/{}.json", rotation.id), &rotation)?;
    change.promote(new.prepared, new.file);
    change.make()?;
    Ok(rotation)
}

/// New pseudonyms of old ones.
struct Renewal<'a> {
    key: &'a Key,
    known: HashMap<String, String>,
}

impl Renewal<'_> {
    fn renewed(&mut self, old: &str) -> String {
        // A deletion need not say whose record it was.
        if old.is_empty() {
            return String::new();
        }
        let key = self.key;
        self.known.entry(old.to_owned()).or_insert_with(|| key.renewed(old)).clone()
    }

    fn of_feed(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let schema = batch.schema();
        let mut columns = batch.columns().to_vec();
        for name in PSEUDONYMS {
            let old = text_column(batch, name)?;
            let index = schema.index_of(name).map_err(|cause| misfit().because(cause))?;
            let new = old.as_string::<i32>().iter().map(|old| old.map(|old| self.renewed(old))).collect::<StringArray>();
            columns[index] = Arc::new(new);
        }
        RecordBatch::try_new(schema, columns).map_err(|cause| misfit().because(cause))
    }

    /// Prepares the releases of which tables hold pseudonyms; tells how many tables do.
    async fn of_releases(&mut self, warehouse: &Warehouse, change: &mut Change, receipt: &str) -> Result<u64> {
        let mut manifests: Vec<Manifest> = Vec::new();
        for number in warehouse.release_numbers().await? {
            manifests.push(warehouse.release(number).await?);
        }
        let mut holding = BTreeSet::new();
        for resource in manifests.iter().flat_map(|manifest| &manifest.resources) {
            if !holding.contains(&resource.path) {
                for batch in read_table(warehouse, resource)?.1 {
                    if self.of_table(&batch)? != batch {
                        holding.insert(resource.path.clone());
                        break;
                    }
                }
            }
        }
        reissue(warehouse, change, &manifests, |resource| holding.contains(&resource.path), self, receipt)?;
        Ok(holding.len() as u64)
    }

    /// A released table: every cell that is a known pseudonym, and whatever stands in columns called after them.
    fn of_table(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let schema = batch.schema();
        let mut columns = Vec::new();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let is_called = is_called(field.name());
            let new: ArrayRef = if let Some(texts) = as_text(column)? {
                arrow::compute::cast(&self.of_texts(&texts, is_called), column.data_type()).map_err(|cause| misfit().because(cause))?
            } else if let Some(list) = column.as_list_opt::<i32>() {
                self.of_list(list, is_called)?.unwrap_or_else(|| column.clone())
            } else {
                column.clone()
            };
            columns.push(new);
        }
        RecordBatch::try_new(schema, columns).map_err(|cause| misfit().because(cause))
    }

    fn of_texts(&mut self, texts: &StringArray, is_called: bool) -> StringArray {
        texts.iter().map(|old| old.map(|old| self.of_text(old, is_called))).collect()
    }

    /// A text with every pseudonym in it made anew; one may stand between other words, or beside other digits.
    fn of_text(&mut self, text: &str, is_called: bool) -> String {
        if text.len() < PSEUDONYM {
            return text.to_owned();
        }
        let (mut new, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(letter) = rest.chars().next() {
            let is_old = rest.get(..PSEUDONYM).is_some_and(|part| self.known.contains_key(part) || (is_called && is_pseudonym(part)));
            let end = if is_old { PSEUDONYM } else { letter.len_utf8() };
            new.push_str(&if is_old { self.renewed(&rest[..end]) } else { rest[..end].to_owned() });
            rest = &rest[end..];
        }
        new
    }

    fn of_list(&mut self, list: &ListArray, is_called: bool) -> Result<Option<ArrayRef>> {
        let Some(texts) = as_text(list.values())? else { return Ok(None) };
        let arrow::datatypes::DataType::List(item) = list.data_type() else { return Ok(None) };
        let values = arrow::compute::cast(&self.of_texts(&texts, is_called), item.data_type()).map_err(|cause| misfit().because(cause))?;
        let new = ListArray::try_new(item.clone(), list.offsets().clone(), values, list.nulls().cloned()).map_err(|cause| misfit().because(cause))?;
        Ok(Some(Arc::new(new)))
    }
}

impl Rewrite for Renewal<'_> {
    fn rows(&mut self, _: &Resource, batch: &RecordBatch) -> Result<(RecordBatch, BooleanArray)> {
        Ok((self.of_table(batch)?, BooleanArray::from(vec![true; batch.num_rows()])))
    }

    /// A list stands in one cell: every pseudonym in it is made anew.
    fn cell(&mut self, column: &str, text: &str) -> String {
        self.of_text(text, is_called(column))
    }
}

/// True for columns called after pseudonyms, such as `person_id` and `returned_person_id`.
fn is_called(column: &str) -> bool {
    PSEUDONYMS.iter().any(|name| column == *name || column.strip_suffix(name).is_some_and(|start| start.ends_with('_')))
}

fn is_pseudonym(text: &str) -> bool {
    text.len() == PSEUDONYM && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn misfit() -> Error {
    Error::new(Kind::Internal, "pseudonyms cannot be made anew")
}
