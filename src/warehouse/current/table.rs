//! The current rows of a feed as a table for the engine: its files, of which only the rows that count are read.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::path::Path as ObjectPath;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};

use super::{Current, CurrentFile};
use crate::error::{Error, Kind, Result};

/// The rows of a feed that count.
#[derive(Debug)]
pub struct CurrentTable {
    schema: SchemaRef,
    files: Vec<PartitionedFile>,
    rows: u64,
}

impl CurrentTable {
    /// The rows of files below a folder, with the columns of `schema`; those that a file is older than are null.
    ///
    /// # Errors
    /// `Internal` where a file cannot be named.
    pub fn of(current: &Current, folder: &Path, schema: SchemaRef) -> Result<Self> {
        let files = current.files.iter().map(|file| partitioned(file, folder)).collect::<Result<_>>()?;
        let held = current.files.iter().flat_map(|file| &file.held).map(|range| range.end - range.start);
        Ok(Self { schema, files, rows: held.sum() })
    }

    /// How many rows count.
    pub fn count(&self) -> u64 {
        self.rows
    }

    /// The files in as many groups as there are partitions, of about as many bytes each, their order kept.
    fn groups(&self, partitions: usize) -> Vec<FileGroup> {
        let bytes: u64 = self.files.iter().map(|file| file.object_meta.size).sum();
        let share = bytes.div_ceil(partitions.max(1) as u64).max(1);
        let mut groups: Vec<Vec<PartitionedFile>> = Vec::new();
        let mut passed = 0;
        for file in &self.files {
            let group = usize::try_from(passed / share).unwrap_or_default();
            groups.resize(groups.len().max(group + 1), Vec::new());
            groups[group].push(file.clone());
            passed += file.object_meta.size;
        }
        groups.into_iter().filter(|group| !group.is_empty()).map(FileGroup::new).collect()
    }
}

fn partitioned(file: &CurrentFile, folder: &Path) -> Result<PartitionedFile> {
    let path = folder.join(&file.file.name);
    let what = || Error::new(Kind::Internal, format!("the file `{}` cannot be named", path.display()));
    let location = ObjectPath::from_absolute_path(&path).map_err(|cause| what().because(cause))?;
    let mut partitioned = PartitionedFile::new(String::new(), file.file.bytes);
    partitioned.object_meta.location = location;
    let is_whole = matches!(file.held.as_slice(), [range] if range.start == 0 && range.end == file.file.rows);
    if is_whole { Ok(partitioned) } else { Ok(partitioned.with_extension(ParquetRowSelection::new(selection(file)))) }
}

/// The rows that count; the decoder wants every row of the file named, those at its end that do not count too.
fn selection(file: &CurrentFile) -> RowSelection {
    let size = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let mut selectors = Vec::with_capacity(file.held.len() * 2 + 1);
    let mut next = 0;
    for range in &file.held {
        selectors.push(RowSelector::skip(size(range.start - next)));
        selectors.push(RowSelector::select(size(range.end - range.start)));
        next = range.end;
    }
    selectors.push(RowSelector::skip(size(file.file.rows - next)));
    RowSelection::from(selectors)
}

#[async_trait]
impl TableProvider for CurrentTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> datafusion::error::Result<Vec<TableProviderFilterPushDown>> {
        // Filters pass files, groups of rows and pages over; which rows of the others fit is asked again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = projection.map_or_else(|| Ok(self.schema.clone()), |columns| self.schema.project(columns).map(Arc::new))?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let mut source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(TableParquetOptions { global: state.config_options().execution.parquet.clone(), ..TableParquetOptions::default() });
        if let Some(filter) = conjunction(filters.to_vec()) {
            let schema = DFSchema::try_from(self.schema.clone())?;
            source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        }
        let statistics = Statistics { num_rows: Precision::Inexact(usize::try_from(self.rows).unwrap_or(usize::MAX)), ..Statistics::new_unknown(&self.schema) };
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(self.groups(state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        ParquetFormat::default().create_physical_plan(state, scan).await
    }
}
