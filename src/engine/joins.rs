//! How many rows come of a join, as far as that can be known: each join holds its smaller side in memory, and cannot spill.
//!
//! Of a join whose condition is no equality, such as BETWEEN, the engine knows nothing, and holds whichever side was written
//! first: with months joined to the periods that they are part of, all visits in place of a few hundred months. Of one by equal
//! keys it takes every pair to meet where it does not know how many keys there are, so that a table twice as large would be
//! held in place of two that are joined. Joins go by the key of one of the sides, mostly; then no more rows come of them
//! than the larger side has.

use std::sync::Arc;

use datafusion::common::stats::Precision;
use datafusion::common::{JoinType, Statistics};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{HashJoinExec, JoinOn, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::operator_statistics::{ExtendedStatistics, StatisticsProvider, StatisticsRegistry, StatisticsResult};

/// What the engine knows of rows, and what is known here of joins.
pub fn registry() -> StatisticsRegistry {
    let mut registry = StatisticsRegistry::default_with_builtin_providers();
    registry.register(Arc::new(Joins));
    registry
}

/// How many rows joins give; nothing where a side's rows are not known.
#[derive(Debug)]
struct Joins;

impl StatisticsProvider for Joins {
    fn compute_statistics(&self, plan: &dyn ExecutionPlan, sides: &[ExtendedStatistics]) -> Result<StatisticsResult> {
        let [left, right] = sides else { return Ok(StatisticsResult::Delegate) };
        let Some((kind, keys)) = join(plan) else { return Ok(StatisticsResult::Delegate) };
        let (Some(lefts), Some(rights)) = (left.base().num_rows.get_value(), right.base().num_rows.get_value()) else {
            return Ok(StatisticsResult::Delegate);
        };
        let met = match keys {
            None => lefts.saturating_mul(*rights),
            // Where it is known how many keys there are the engine reckons with them.
            Some(keys) if are_counted(keys, left.base(), right.base()) => return Ok(StatisticsResult::Delegate),
            Some(_) => *lefts.max(rights),
        };
        let mut known = Statistics::new_unknown(&plan.schema());
        known.num_rows = Precision::Inexact(rows(kind, met, *lefts, *rights));
        Ok(StatisticsResult::Computed(ExtendedStatistics::new(known)))
    }
}

/// The kind of a join, and its equal keys where it has any.
fn join(plan: &dyn ExecutionPlan) -> Option<(JoinType, Option<&JoinOn>)> {
    if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        return Some((*join.join_type(), None));
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return Some((*join.join_type(), Some(&join.on)));
    }
    plan.downcast_ref::<SortMergeJoinExec>().map(|join| (join.join_type(), Some(&join.on)))
}

/// True where it is known how many different values every key has.
fn are_counted(keys: &JoinOn, left: &Statistics, right: &Statistics) -> bool {
    let is_counted = |key: &dyn std::any::Any, side: &Statistics| {
        let column = key.downcast_ref::<Column>().and_then(|column| side.column_statistics.get(column.index()));
        column.is_some_and(|column| column.distinct_count.get_value().is_some())
    };
    keys.iter().all(|(mine, theirs)| is_counted(mine.as_ref(), left) && is_counted(theirs.as_ref(), right))
}

/// The rows of a join in which so many pairs meet.
fn rows(kind: JoinType, met: usize, left: usize, right: usize) -> usize {
    match kind {
        JoinType::Inner => met,
        JoinType::Left => met.max(left),
        JoinType::Right => met.max(right),
        JoinType::Full => met.max(left.saturating_add(right)),
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => left,
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => right,
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray};
    use arrow::record_batch::RecordBatch;
    use datafusion::datasource::MemTable;
    use datafusion::physical_plan::displayable;

    use super::*;
    use crate::engine::Engine;

    fn texts(of: impl Iterator<Item = String>) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(of))
    }

    fn add_small(engine: &Engine, schema: &str, name: &str, rows: RecordBatch) {
        let table = MemTable::try_new(rows.schema(), vec![vec![rows]]).expect("a table");
        engine.add(Some(schema), name, Arc::new(table)).expect("added");
    }

    /// A file of many rows: an office, a kind, a day and a number each.
    fn add_visits(engine: &Engine, folder: &std::path::Path, rows: i32) {
        let numbers = || 0..i64::from(rows);
        let visits = [
            ("office", texts(numbers().map(|i| format!("O{}", i % 20)))),
            ("kind", texts(numbers().map(|i| format!("K{}", i % 3)))),
            ("month", Arc::new(Date32Array::from_iter_values((0..rows).map(|i| i % 120 * 31))) as ArrayRef),
            ("number", Arc::new(Int64Array::from_iter_values(numbers())) as ArrayRef),
        ];
        let visits = RecordBatch::try_from_iter(visits).expect("rows");
        let path = folder.join("visits.parquet");
        let file = std::fs::File::create(&path).expect("a file");
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, visits.schema(), None).expect("a writer");
        writer.write(&visits).and_then(|()| writer.close()).expect("written");
        engine.add(Some("feeds"), "visits", engine.files(&[path], visits.schema()).expect("a table")).expect("added");
    }

    /// The lines of a query's plan under each join by equal keys: the side that is held in memory, from its root on; and how
    /// many rows the query gives.
    async fn held(engine: &Engine, sql: &str) -> (Vec<String>, usize) {
        let frame = engine.context().sql(sql).await.expect("planned");
        let plan = frame.clone().create_physical_plan().await.expect("planned");
        let told = displayable(plan.as_ref()).indent(false).to_string();
        let lines: Vec<&str> = told.lines().map(str::trim).collect();
        let is_passed_on = |line: &&&str| line.starts_with("CoalescePartitionsExec") || line.starts_with("RepartitionExec");
        let below = |join: usize| lines[join + 1..].iter().find(|line| !is_passed_on(line)).map(|line| (*line).to_owned());
        let held = (0..lines.len()).filter(|line| lines[*line].starts_with("HashJoinExec")).filter_map(below).collect();
        (held, frame.count().await.expect("counted"))
    }

    /// How many rows come of a join of other tables nobody knows beforehand. Held in memory it would be, where it is large.
    #[tokio::test]
    async fn of_a_join_the_side_is_held_in_memory_that_is_known_to_be_small() {
        let (engine, folder) = (Engine::new(64).expect("an engine"), tempfile::tempdir().expect("a folder"));
        add_visits(&engine, folder.path(), 300_000);
        let kinds = [("code", texts((0..3).map(|i| format!("K{i}")))), ("label", texts((0..3).map(|i| format!("kind {i}"))))];
        add_small(&engine, "codes", "kind", RecordBatch::try_from_iter(kinds).expect("rows"));
        let offices = [("office", texts((0..20).map(|i| format!("O{i}")))), ("country", texts((0..20).map(|_| "MAR".to_owned())))];
        add_small(&engine, "system", "offices", RecordBatch::try_from_iter(offices).expect("rows"));
        let sql = "SELECT v.number, k.label FROM feeds.visits AS v JOIN codes.kind AS k ON k.code = v.kind
                   LEFT JOIN system.offices AS o ON o.office = v.office WHERE o.country = 'MAR'";
        let (held, rows) = held(&engine, sql).await;
        assert!(
            matches!(&held[..], [offices, kinds] if offices.starts_with("FilterExec: country") && kinds.starts_with("DataSourceExec: partitions=1")),
            "{held:?}"
        );
        assert_eq!(rows, 300_000);
    }

    /// Months of periods are joined by BETWEEN, and what is joined with them by the month.
    #[tokio::test]
    async fn months_of_periods_are_held_in_memory_and_not_the_rows_of_the_months() {
        let (engine, folder) = (Engine::new(64).expect("an engine"), tempfile::tempdir().expect("a folder"));
        add_visits(&engine, folder.path(), 300_000);
        let starts: Vec<i32> = (0..120).map(|month| month * 31).collect();
        let (years, months) = (starts.iter().step_by(12), starts.iter());
        let kinds = texts(years.clone().map(|_| "year".to_owned()).chain(months.clone().map(|_| "month".to_owned())));
        let ends = years.clone().map(|start| start + 12 * 31 - 1).chain(months.clone().map(|start| start + 30));
        let periods = [
            ("kind", kinds),
            ("start_on", Arc::new(Date32Array::from_iter_values(years.chain(months).copied())) as ArrayRef),
            ("end_on", Arc::new(Date32Array::from_iter_values(ends)) as ArrayRef),
        ];
        add_small(&engine, "system", "periods", RecordBatch::try_from_iter(periods).expect("rows"));
        let sql = "WITH period_months AS (
                       SELECT p.kind, p.start_on, m.start_on AS month_start FROM system.periods AS p
                       JOIN system.periods AS m ON m.kind = 'month' AND m.start_on BETWEEN p.start_on AND p.end_on
                   )
                   SELECT v.number, p.kind FROM feeds.visits AS v JOIN period_months AS p ON p.month_start = v.month";
        let (held, rows) = held(&engine, sql).await;
        assert!(matches!(&held[..], [months] if months.starts_with("NestedLoopJoinExec") || months.starts_with("ProjectionExec")), "{held:?}");
        assert_eq!(rows, 2 * 300_000);
    }

    /// Records are joined by their keys.
    #[tokio::test]
    async fn what_comes_of_joins_by_keys_is_held_and_not_a_table_that_is_larger() {
        let (engine, folder) = (Engine::new(64).expect("an engine"), tempfile::tempdir().expect("a folder"));
        add_visits(&engine, folder.path(), 300_000);
        for name in ["people", "cards"] {
            let numbers = Arc::new(Int64Array::from_iter_values((0..10_000).map(|number| number * 7))) as ArrayRef;
            let texts = texts((0..10_000).map(|number| format!("{name} {number}")));
            add_small(&engine, "ref", name, RecordBatch::try_from_iter([("number", numbers), ("text", texts)]).expect("rows"));
        }
        let sql = "SELECT v.office, p.text, c.text AS card FROM ref.people AS p JOIN ref.cards AS c ON c.number = p.number
                   JOIN feeds.visits AS v ON v.number = p.number";
        let (held, rows) = held(&engine, sql).await;
        assert!(matches!(&held[..], [joined, _] if joined.starts_with("HashJoinExec") || joined.starts_with("Projection")), "{held:?}");
        assert_eq!(rows, 10_000);
    }
}
