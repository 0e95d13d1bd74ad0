//! What tells that a table need not be made again: the hash of its model and of the content of all it reads.

use sha2::{Digest, Sha256};

use super::build::Builder;
use super::describe;
use super::parse::Model;
use super::partition::Partition;
use super::test::Check;
use crate::error::{Error, Kind, Result};
use crate::warehouse::Resource;

/// Changes when the way results are written changes, so that old ones are not taken for new.
const WRITER: &str = concat!("rihla-parquet-3 ", env!("CARGO_PKG_VERSION"));

impl Builder<'_> {
    /// The hash of the model and the content of all it reads.
    pub(super) fn fingerprint(&self, index: usize, of_model: impl Fn(&str) -> Option<String>) -> Result<String> {
        let read = self.checked.models[index].needs().map(|(read, _)| read.as_str());
        self.hash(index, read, of_model)
    }

    /// The hash of the model and the content of what it reads that is not made in parts. What only its tests hold it
    /// against is none of it: its rows do not change with that.
    pub(super) fn base(&self, index: usize, partition: &Partition, of_model: impl Fn(&str) -> Option<String>) -> Result<String> {
        let is_source = |read: &&str| partition.sources.iter().any(|source| source.table == *read);
        let read = self.checked.models[index].selects_from().filter(|read| !is_source(read));
        self.hash(index, read, of_model)
    }

    fn hash<'r>(&self, index: usize, reads: impl Iterator<Item = &'r str>, of_model: impl Fn(&str) -> Option<String>) -> Result<String> {
        let (model, schema) = (&self.checked.models[index], &self.checked.schemas[index]);
        let mut hash = Sha256::new();
        hash.update(WRITER);
        hash.update(model.file.text.as_bytes());
        if !model.is_staging {
            describe::tags(model, schema, self.project).iter().for_each(|tag| hash.update(format!("{tag}\n")));
        }
        // A code that a list lost may still stand in the table: the tests of codes are run anew where a list changed.
        let lists = model.tests.iter().filter_map(|test| match &test.check {
            Check::AcceptedCodes(_, list) => Some(format!("codes.{list}")),
            _ => None,
        });
        for list in lists {
            hash.update(format!("\n{list}={}", self.inputs.fingerprint(&list).unwrap_or_default()));
        }
        for read in reads {
            let content = of_model(read)
                .or_else(|| self.inputs.fingerprint(read).map(str::to_owned))
                .ok_or_else(|| Error::new(Kind::Internal, format!("{} reads `{read}`, of which nothing is known", model.name)))?;
            hash.update(format!("\n{read}={content}").as_bytes());
        }
        Ok(hex::encode(&hash.finalize()[..16]))
    }

    /// The table of the last build, where nothing that it rests on has changed.
    pub(super) fn reusable(&self, model: &Model, fingerprint: &str) -> Option<Resource> {
        let found = self.last_table(model).filter(|table| table.rihla.fingerprint == fingerprint)?;
        let knows_parts = model.header.partition.is_none() || self.last.partitioned.contains_key(model.name.as_str());
        (knows_parts && self.is_whole(model, found)).then(|| found.clone())
    }

    /// The table of a model that was built last.
    pub(super) fn last_table(&self, model: &Model) -> Option<&Resource> {
        let tables = if model.is_staging { &self.last.staging } else { &self.last.tables };
        tables.iter().find(|table| table.name == model.name.as_str())
    }

    /// True where the files of a table are as they were written: a file that was changed since is made anew, since its name
    /// says what it should hold.
    pub(super) fn is_whole(&self, model: &Model, table: &Resource) -> bool {
        if model.is_staging { self.warehouse.has_staging(table) } else { self.warehouse.has_released(table) }
    }
}
