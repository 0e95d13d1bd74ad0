//! Many groups, made by turns.
//!
//! Whoever groups rows by people holds every group until the last row was read. Where they do not fit into memory the engine
//! sorts them, writes them to disk and merges them again, which takes many times as long as the grouping. Here rows are parted
//! by their keys into more parts than there are cores: a part for each core is grouped at a time, in little memory, and the rows
//! of the others wait for their turn, on disk where memory is short. What comes out is the same, in another order.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, InputOrderMode, Partitioning, PlanProperties, SendableRecordBatchStream};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;

/// The part of the memory, one in so many, that the groups of a turn should fit into: two cores have one each, and other steps
/// need theirs.
const PART: usize = 16;

/// The most parts.
const MOST: usize = 128;

/// What a group takes beside its values: its place in a table of hashes, and what is counted.
const GROUP_BYTES: usize = 48;

/// What a value takes of which that cannot be told by its type.
const TEXT_BYTES: usize = 40;

/// Parts the rows of large groupings.
#[derive(Debug)]
pub struct InTurns {
    /// What may be held in memory.
    pub bytes: usize,
}

impl PhysicalOptimizerRule for InTurns {
    fn name(&self) -> &'static str {
        "in_turns"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let cores = config.execution.target_partitions;
        let rewritten = plan.transform_up(|step| {
            let below = if takes_any_parts(step.as_ref()) { self.below(step.children()[0], cores)? } else { None };
            match below {
                Some(below) => Ok(Transformed::yes(over(&step, Arc::new(Turns::new(below, cores)))?)),
                None => Ok(Transformed::no(step)),
            }
        });
        rewritten.data()
    }
}

/// True for steps that gather what is below them however many parts it comes in.
fn takes_any_parts(step: &dyn ExecutionPlan) -> bool {
    step.downcast_ref::<RepartitionExec>().map_or_else(|| step.is::<CoalescePartitionsExec>(), |step| !step.preserve_order())
}

/// True for steps that make of each part one part.
fn keeps_parts(step: &dyn ExecutionPlan) -> bool {
    let is_partial = |step: &AggregateExec| *step.mode() == AggregateMode::Partial && *step.input_order_mode() == InputOrderMode::Linear;
    step.is::<ProjectionExec>() || step.is::<FilterExec>() || step.downcast_ref::<AggregateExec>().is_some_and(is_partial)
}

impl InTurns {
    /// A step and what is below it in more parts, where that groups so many rows that it is better done by turns. The turn is
    /// taken above all of them: whatever is made of a part holds its least share of the memory from its beginning.
    fn below(&self, step: &Arc<dyn ExecutionPlan>, cores: usize) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let Some(grouping) = step.downcast_ref::<AggregateExec>()
            && let Some(input) = parted(grouping)
        {
            let Partitioning::Hash(keys, known) = input.partitioning() else { return Ok(None) };
            let parts = self.parts(grouping, cores)?;
            if parts <= *known {
                return Ok(None);
            }
            let input = RepartitionExec::try_new(input.input().clone(), Partitioning::Hash(keys.clone(), parts))?;
            return Ok(Some(over(step, Arc::new(input))?));
        }
        if !keeps_parts(step.as_ref()) {
            return Ok(None);
        }
        let below = self.below(step.children()[0], cores)?;
        below.map(|below| over(step, below)).transpose()
    }

    /// How many parts a grouping should have: its groups may be as many as the rows that it is made of.
    fn parts(&self, grouping: &AggregateExec, cores: usize) -> Result<usize> {
        let width = |field: &Arc<arrow::datatypes::Field>| field.data_type().primitive_width().unwrap_or(TEXT_BYTES);
        let bytes = GROUP_BYTES + grouping.schema().fields().iter().map(width).sum::<usize>();
        let all = rows(grouping)?.saturating_mul(bytes);
        let parts = all.div_ceil((self.bytes / PART).max(1)).min(MOST);
        Ok(parts.next_multiple_of(cores.max(1)))
    }
}

/// The step that hands rows to a grouping by their keys; nothing where it needs them in an order.
fn parted(grouping: &AggregateExec) -> Option<&RepartitionExec> {
    let is_plain = *grouping.mode() == AggregateMode::FinalPartitioned && *grouping.input_order_mode() == InputOrderMode::Linear;
    let input = grouping.input().downcast_ref::<RepartitionExec>()?;
    (is_plain && grouping.limit_options().is_none() && !input.preserve_order()).then_some(input)
}

/// A step over another one than before.
fn over(step: &Arc<dyn ExecutionPlan>, below: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    step.clone().replace_children(vec![below], ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
}

/// How many rows a step is made of, as far as that is known: what filters leave is not reckoned with.
fn rows(step: &dyn ExecutionPlan) -> Result<usize> {
    let (mut rows, known) = (0_usize, StatisticsContext::new());
    let mut steps = vec![step];
    while let Some(step) = steps.pop() {
        if step.children().is_empty() {
            let told = known.compute(step, &StatisticsArgs::new())?;
            rows = rows.saturating_add(told.num_rows.get_value().copied().unwrap_or_default());
        }
        steps.extend(step.children().into_iter().map(AsRef::as_ref));
    }
    Ok(rows)
}

/// Lets only so many parts of what is below it be made at a time.
#[derive(Debug)]
struct Turns {
    input: Arc<dyn ExecutionPlan>,
    at_once: usize,
    turns: Arc<Semaphore>,
}

impl Turns {
    fn new(input: Arc<dyn ExecutionPlan>, at_once: usize) -> Self {
        Self { input, at_once, turns: Arc::new(Semaphore::new(at_once)) }
    }
}

impl DisplayAs for Turns {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Turns: at_once={}", self.at_once)
    }
}

impl ExecutionPlan for Turns {
    fn name(&self) -> &'static str {
        "Turns"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>, _: ReplaceChildrenOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.pop().ok_or_else(|| DataFusionError::Internal("turns of nothing".to_owned()))?;
        Ok(Arc::new(Self::new(input, self.at_once)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, part: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (input, turns) = (self.input.clone(), self.turns.clone());
        let rows = async move {
            let turn = turns.acquire_owned().await.map_err(|cause| DataFusionError::External(Box::new(cause)))?;
            let mut rows = input.execute(part, context)?;
            // With the first rows all groups are made. The turn ends here, so that nobody waits for a part that nobody asks for more.
            let first = rows.next().await;
            drop(turn);
            Ok::<_, DataFusionError>(stream::iter(first).chain(rows))
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::once(rows).try_flatten())))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::Int64Type;
    use arrow::record_batch::RecordBatch;
    use datafusion::physical_plan::displayable;

    use crate::engine::Engine;

    const ROWS: i64 = 400_000;

    const PERSONS: i64 = 150_000;

    /// Returns of so many persons, as a file, in an engine of so much memory.
    fn engine(folder: &std::path::Path, memory_mib: usize) -> Engine {
        let persons: ArrayRef = std::sync::Arc::new(StringArray::from_iter_values((0..ROWS).map(|row| format!("person-{:032}", row % PERSONS))));
        let rows: ArrayRef = std::sync::Arc::new(Int64Array::from_iter_values(0..ROWS));
        let returns = RecordBatch::try_from_iter([("person", persons), ("row", rows)]).expect("rows");
        let path = folder.join("returns.parquet");
        let file = std::fs::File::create(&path).expect("a file");
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, returns.schema(), None).expect("a writer");
        writer.write(&returns).and_then(|()| writer.close()).expect("written");
        let engine = Engine::new(memory_mib).expect("an engine");
        engine.add(Some("feeds"), "returns", engine.files(&[path], returns.schema()).expect("a table")).expect("added");
        engine
    }

    /// Whole numbers of the only row of a query, and its plan.
    async fn asked(engine: &Engine, sql: &str) -> (Vec<i64>, String) {
        let frame = engine.context().sql(sql).await.expect("planned");
        let plan = frame.clone().create_physical_plan().await.expect("planned");
        let rows = frame.collect().await.expect("run");
        let rows = arrow::compute::concat_batches(&rows[0].schema(), &rows).expect("one batch");
        let numbers = rows.columns().iter().map(|column| column.as_primitive::<Int64Type>().value(0)).collect();
        (numbers, displayable(plan.as_ref()).indent(false).to_string())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_groups_are_made_by_turns_and_are_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let sql = "SELECT count(*) AS persons, sum(returns) AS returns, min(returns) AS least, max(last) AS last
            FROM (SELECT person, count(*) AS returns, max(row) AS last FROM feeds.returns GROUP BY person)";
        let expected = vec![PERSONS, ROWS, 2, ROWS - 1];
        let (small, large) = (engine(folder.path(), 16), engine(folder.path(), 4096));
        let (numbers, plan) = asked(&small, sql).await;
        assert!(plan.contains("Turns: at_once="), "{plan}");
        assert_eq!(numbers, expected);
        let (numbers, plan) = asked(&large, sql).await;
        assert!(!plan.contains("Turns"), "{plan}");
        assert_eq!(numbers, expected);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn first_halves_of_groupings_above_wait_for_the_same_turn() {
        let folder = tempfile::tempdir().expect("a folder");
        let sql = "WITH persons AS (SELECT person, max(row) AS last FROM feeds.returns GROUP BY person),
            kinds AS (SELECT last % 7 AS kind, count(*) AS persons FROM persons GROUP BY last % 7)
            SELECT count(*) AS kinds, sum(persons) AS persons FROM kinds";
        let (numbers, plan) = asked(&engine(folder.path(), 16), sql).await;
        assert_eq!(numbers, vec![7, PERSONS]);
        let steps: Vec<&str> = plan.lines().map(str::trim_start).collect();
        let turns = steps.iter().rposition(|step| step.starts_with("Turns")).expect("turns");
        assert!(steps[turns - 1].starts_with("RepartitionExec") && steps[turns + 1].starts_with("AggregateExec: mode=Partial"), "{plan}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_step_that_needs_two_groupings_in_the_same_parts_finds_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let sql = "WITH first AS (SELECT person, min(row) AS row FROM feeds.returns GROUP BY person),
            last AS (SELECT person, max(row) AS row FROM feeds.returns GROUP BY person)
            SELECT count(*) AS persons, sum(last.row - first.row) AS apart FROM first JOIN last ON last.person = first.person";
        let (numbers, _) = asked(&engine(folder.path(), 64), sql).await;
        let apart = (0..PERSONS).map(|person| (ROWS - 1 - person) / PERSONS * PERSONS).sum();
        assert_eq!(numbers, vec![PERSONS, apart]);
    }
}
