//! The engine: the only place that builds a session, its limits and its catalogue.

mod joins;
mod months;
mod pool;
mod turns;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::options::ReadOptions;
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionConfig, SessionContext};
use futures::{StreamExt, TryStreamExt};

use self::months::MonthsOfDays;
use self::pool::SharedPool;
use self::turns::InTurns;
use crate::error::{self, Error, Kind, Result};

/// The catalogue that all tables live in.
const CATALOGUE: &str = "rihla";

/// The schema of models, which SQL names without a prefix.
pub const MODELS: &str = "public";

/// Schemas that SQL names with a prefix.
pub const SCHEMAS: [&str; 6] = ["feeds", "codes", "ref", "system", "raw", PREVIOUS];

/// The schema of the last release's tables, which tests of changes hold new ones against.
pub const PREVIOUS: &str = "previous";

/// A session with nothing in it.
#[derive(Clone)]
pub struct Engine {
    context: SessionContext,
}

impl Engine {
    /// An engine that may use `memory_mib` before it spills to disk.
    ///
    /// # Errors
    /// `Internal` where the engine cannot be built.
    pub fn new(memory_mib: usize) -> Result<Self> {
        Self::with(memory_mib, |_| ())
    }

    /// An engine for a few rows, as many others beside it: it plans for one core.
    ///
    /// # Errors
    /// `Internal` where the engine cannot be built.
    pub fn small(memory_mib: usize) -> Result<Self> {
        Self::with(memory_mib, |config| config.options_mut().execution.target_partitions = 1)
    }

    fn with(memory_mib: usize, adjust: impl FnOnce(&mut SessionConfig)) -> Result<Self> {
        let bytes = memory_mib.saturating_mul(1024 * 1024);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(SharedPool::new(bytes)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::OsTmpDirectory))
            .build_arc()
            .map_err(|cause| error::engine("cannot start the engine", cause))?;
        let mut config = SessionConfig::new().with_default_catalog_and_schema(CATALOGUE, MODELS).with_information_schema(false);
        let options = config.options_mut();
        options.sql_parser.collect_spans = true;
        // Text stays text, so that what is planned without data is what is planned with it.
        options.execution.parquet.schema_force_view_types = false;
        options.sql_parser.map_string_types_to_utf8view = false;
        // What is known of the rows of tables is carried over joins, so that each join holds its small side in memory: it cannot
        // spill.
        options.optimizer.use_statistics_registry = true;
        // What a sort keeps for the merging of what it wrote; of a small budget less than it would take of itself.
        options.execution.sort_spill_reservation_bytes = options.execution.sort_spill_reservation_bytes.min(memory_mib.saturating_mul(1 << 14));
        adjust(&mut config);
        let state = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
        let state = state.with_statistics_registry(joins::registry()).with_physical_optimizer_rule(Arc::new(InTurns { bytes }));
        let state = state.with_optimizer_rule(Arc::new(MonthsOfDays));
        let context = SessionContext::new_with_state(state.build());
        let catalogue = context.catalog(CATALOGUE).ok_or_else(|| Error::new(Kind::Internal, "the engine has no catalogue"))?;
        for schema in SCHEMAS {
            let empty: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalogue.register_schema(schema, empty).map_err(|cause| error::engine("cannot build the engine's catalogue", cause))?;
        }
        Ok(Self { context })
    }

    /// The session.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Adds a table under `schema.name`, or `name` alone for a model.
    ///
    /// # Errors
    /// `Internal` where the name is taken.
    pub fn add(&self, schema: Option<&str>, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        let reference = datafusion::common::TableReference::partial(schema.unwrap_or(MODELS), name);
        self.context.register_table(reference, table).map(|_| ()).map_err(|cause| error::engine(format!("cannot add the table `{name}`"), cause))
    }

    /// True where there is a model's table of this name.
    pub fn has(&self, name: &str) -> bool {
        self.has_in(MODELS, name)
    }

    /// True where a schema has a table of this name.
    pub fn has_in(&self, schema: &str, name: &str) -> bool {
        self.context.table_exist(datafusion::common::TableReference::partial(schema, name)).unwrap_or(false)
    }

    /// The columns of a table, `schema.name` or a model's name; nothing where there is none.
    pub async fn columns(&self, name: &str) -> Option<SchemaRef> {
        let reference = match name.split_once('.') {
            Some((schema, table)) => datafusion::common::TableReference::partial(schema, table),
            None => datafusion::common::TableReference::bare(name),
        };
        self.context.table_provider(reference).await.ok().map(|table| table.schema())
    }

    /// Adds a Parquet file as a model's table.
    ///
    /// # Errors
    /// `Unavailable` where the file cannot be read.
    pub async fn add_parquet(&self, name: &str, file: &std::path::Path) -> Result<()> {
        self.add_parquet_to(MODELS, name, file).await
    }

    /// Adds a Parquet file as `schema.name`.
    ///
    /// # Errors
    /// `Unavailable` where the file cannot be read.
    pub async fn add_parquet_to(&self, schema: &str, name: &str, file: &std::path::Path) -> Result<()> {
        let path = file.to_string_lossy();
        let what = || format!("cannot read the table `{name}`");
        self.context
            .register_parquet(datafusion::common::TableReference::partial(schema, name), path.as_ref(), ParquetReadOptions::default())
            .await
            .map_err(|cause| error::engine(what(), cause))
    }

    /// Adds Parquet files as one model's table; `schema` are its columns, of which there are no rows where there is no file.
    ///
    /// # Errors
    /// `Internal` where the name is taken or a file has no name that the engine knows.
    pub fn add_files(&self, name: &str, files: &[std::path::PathBuf], schema: SchemaRef) -> Result<()> {
        let table = self.files(files, schema).map_err(|cause| error::engine(format!("cannot read the table `{name}`"), cause))?;
        self.add(None, name, table)
    }

    /// Parquet files as one table; `schema` are its columns.
    ///
    /// # Errors
    /// As the engine says of a file's name.
    pub fn files(&self, files: &[std::path::PathBuf], schema: SchemaRef) -> datafusion::error::Result<Arc<dyn TableProvider>> {
        if files.is_empty() {
            return Ok(Arc::new(EmptyTable::new(schema)));
        }
        let state = self.context.state();
        let options = ParquetReadOptions::default().to_listing_options(state.config(), state.default_table_options());
        let paths = files.iter().map(|file| ListingTableUrl::parse(file.to_string_lossy())).collect::<datafusion::error::Result<Vec<_>>>()?;
        let config = ListingTableConfig::new_with_multi_paths(paths).with_listing_options(options).with_schema(schema);
        Ok(Arc::new(ListingTable::try_new(config)?))
    }

    /// A frame over the rows of others of the same columns, each run when the one before it has ended, and planned apart from
    /// what is made of it.
    ///
    /// The optimiser pushed the sorting of a UNION with constant columns below a join and then refused its own plan
    /// (DataFusion 55.2); what it does not see through it cannot push through.
    ///
    /// # Errors
    /// As planning says; `Internal` where there is none.
    pub async fn apart(&self, frames: Vec<DataFrame>) -> datafusion::error::Result<DataFrame> {
        let mut plans = Vec::new();
        for frame in frames {
            plans.push(frame.create_physical_plan().await?);
        }
        let schema = plans.first().map(|plan| plan.schema()).ok_or_else(|| DataFusionError::Internal("there is nothing to run".to_owned()))?;
        let rows: Arc<dyn PartitionStream> = Arc::new(Apart { schema, plans });
        let table = StreamingTable::try_new(rows.schema().clone(), vec![rows])?;
        self.context.read_table(Arc::new(table))
    }
}

/// The rows of plans, one after another, that another plan does not see through.
#[derive(Debug)]
struct Apart {
    schema: SchemaRef,
    plans: Vec<Arc<dyn ExecutionPlan>>,
}

impl PartitionStream for Apart {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let begun = futures::stream::iter(self.plans.clone()).map(move |plan| execute_stream(plan, context.clone()));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), begun.try_flatten()))
    }
}
