//! Each kind of node on tiny tables, and an oracle: a row without which a value is another one is never left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::datasource::MemTable;
use datafusion::prelude::DataFrame;

use super::*;

/// Tables by name; every one has a column `id`.
type Data = BTreeMap<&'static str, RecordBatch>;

fn data() -> Data {
    let whole = |values: &[Option<i64>]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let ids = |count: i64| Arc::new((1..=count).collect::<Int64Array>()) as ArrayRef;
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        Some(vec![Some(2)]),
        None,
        Some(vec![Some(1), Some(1)]),
        Some(vec![]),
        Some(vec![Some(3)]),
        Some(vec![Some(2)]),
    ]);
    let events = [
        ("id", ids(7)),
        ("g", whole(&[Some(1), Some(1), Some(1), Some(2), Some(2), None, None])),
        ("p", whole(&[Some(10), Some(10), Some(11), Some(12), Some(13), Some(10), Some(14)])),
        ("v", whole(&[Some(5), Some(0), None, Some(7), Some(-7), Some(3), Some(3)])),
        ("tags", Arc::new(lists)),
    ];
    let people = [("id", ids(4)), ("p", whole(&[Some(10), Some(11), Some(12), Some(15)])), ("h", whole(&[Some(1), Some(1), Some(2), Some(2)]))];
    let groups = [("id", ids(3)), ("g", whole(&[Some(1), Some(2), Some(3)])), ("name", Arc::new(StringArray::from(vec!["one", "two", "three"])) as ArrayRef)];
    let batch =
        |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap();
    BTreeMap::from([("events", batch(events.to_vec())), ("people", batch(people.to_vec())), ("groups", batch(groups.to_vec()))])
}

fn engine(data: &Data) -> Engine {
    let engine = Engine::new(64).unwrap();
    for (name, batch) in data {
        engine.add(None, name, Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).unwrap())).unwrap();
    }
    engine
}

fn keys() -> Identities {
    let key = |table: &str, column: &str| (table.to_owned(), vec![vec!["id".to_owned()], vec![column.to_owned()]]);
    Identities::new([("events".to_owned(), vec![vec!["id".to_owned()]]), key("people", "p"), key("groups", "g")])
}

async fn lineage(engine: &Engine, sql: &str, column: &str, depth: Depth) -> Lineage {
    let state = engine.context().state();
    let plan = state.create_logical_plan(sql).await.unwrap();
    let plan = state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {}).unwrap();
    let asked = Asked { columns: BTreeSet::from([column.to_owned()]), rows: depth == Depth::Everything };
    Lineage::of_plan(joined(plan).unwrap(), &asked, depth, &keys()).unwrap()
}

/// The ids of the rows, by table, that a column was made from where the column `k` has a value.
async fn rows(engine: &Engine, lineage: &Lineage, k: &RecordBatch) -> BTreeMap<String, BTreeSet<i64>> {
    let mut found: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let wanted = engine.context().read_batch(k.clone()).unwrap().into_unoptimized_plan();
    for leaf in &lineage.leaves {
        let plan = lineage.rows_of(leaf, &["id".to_owned()], &["k".to_owned()], &wanted, &keys()).unwrap();
        let batches = DataFrame::new(engine.context().state(), plan).collect().await.unwrap();
        let ids = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        found.entry(leaf.table.clone()).or_default().extend(ids);
    }
    found
}

/// The same in a query of its own, of the row where `k` is a number.
async fn made_from(sql: &str, k: Option<i64>, depth: Depth) -> BTreeMap<String, BTreeSet<i64>> {
    let engine = engine(&data());
    let lineage = lineage(&engine, sql, "n", depth).await;
    assert_eq!(lineage.gaps, BTreeSet::new());
    let k = RecordBatch::try_from_iter_with_nullable([("k", Arc::new(Int64Array::from(vec![k])) as ArrayRef, true)]).unwrap();
    rows(&engine, &lineage, &k).await
}

#[track_caller]
fn only(table: &str, ids: &[i64]) -> BTreeMap<String, BTreeSet<i64>> {
    BTreeMap::from([(table.to_owned(), ids.iter().copied().collect())])
}

async fn events(sql: &str, k: Option<i64>) -> Vec<i64> {
    let found = made_from(sql, k, Depth::Figure).await;
    found.get("events").into_iter().flatten().copied().collect()
}

#[tokio::test]
async fn rows_pass_through_projections_and_filters() {
    assert_eq!(events("SELECT id AS k, v + 1 AS n FROM events WHERE g = 1", Some(2)).await, [2]);
    assert_eq!(events("SELECT id AS k, v + 1 AS n FROM events WHERE g = 1", Some(4)).await, [0_i64; 0]);
}

#[tokio::test]
async fn a_group_is_made_from_its_rows_and_nulls_are_a_group() {
    assert_eq!(events("SELECT g AS k, count(*) AS n FROM events GROUP BY g", Some(1)).await, [1, 2, 3]);
    assert_eq!(events("SELECT g AS k, count(*) AS n FROM events GROUP BY g", None).await, [6, 7]);
    assert_eq!(events("SELECT 1 AS k, count(DISTINCT p) AS n FROM events", Some(1)).await, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn nulls_zeros_and_what_a_filter_leaves_out_count_nothing() {
    assert_eq!(events("SELECT g AS k, sum(v) AS n FROM events GROUP BY g", Some(1)).await, [1]);
    assert_eq!(events("SELECT g AS k, count(v) AS n FROM events GROUP BY g", Some(1)).await, [1, 2]);
    assert_eq!(events("SELECT g AS k, count(*) FILTER (WHERE p = 10) AS n, count(*) AS m FROM events GROUP BY g", Some(1)).await, [1, 2]);
}

#[tokio::test]
async fn rows_that_are_one_by_distinct_are_all_told() {
    assert_eq!(events("SELECT 1 AS k, count(*) AS n FROM (SELECT DISTINCT p FROM events WHERE p = 10)", Some(1)).await, [1, 2, 6]);
    assert_eq!(events("SELECT p AS k, g AS n FROM events UNION SELECT 0, 0", Some(10)).await, [1, 2, 6]);
}

#[tokio::test]
async fn of_a_union_each_branch_tells_its_own() {
    let sql = "SELECT k, sum(n) AS n FROM (SELECT g AS k, v AS n FROM events UNION ALL SELECT h, 1.5 FROM people) GROUP BY k";
    let found = made_from(sql, Some(2), Depth::Figure).await;
    assert_eq!(found["events"], BTreeSet::from([4, 5]));
    assert_eq!(found["people"], BTreeSet::from([3, 4]));
}

#[tokio::test]
async fn what_is_looked_up_is_named_and_followed_where_everything_is() {
    let sql = "SELECT e.g AS k, count(DISTINCT e.p) AS n FROM events AS e JOIN people AS o ON o.p = e.p WHERE o.h = 1 GROUP BY e.g";
    assert_eq!(made_from(sql, Some(1), Depth::Figure).await, only("events", &[1, 2, 3]));
    let all = made_from(sql, Some(1), Depth::Joined).await;
    assert_eq!((&all["events"], &all["people"]), (&BTreeSet::from([1, 2, 3]), &BTreeSet::from([1, 2])));
    let named = lineage(&engine(&data()), sql, "n", Depth::Figure).await;
    assert_eq!(named.deciding, BTreeSet::from(["people".to_owned()]));
}

#[tokio::test]
async fn a_join_that_makes_rows_tells_both_sides() {
    let sql = "SELECT e.g AS k, count(*) AS n FROM events AS e JOIN people AS o ON o.h = e.g GROUP BY e.g";
    let found = made_from(sql, Some(2), Depth::Figure).await;
    assert_eq!((&found["events"], &found["people"]), (&BTreeSet::from([4, 5]), &BTreeSet::from([3, 4])));
}

#[tokio::test]
async fn an_outer_join_tells_no_rows_where_there_are_none() {
    let sql = "SELECT t.g AS k, coalesce(c.n, 0) AS n FROM groups AS t LEFT JOIN (SELECT g, count(*) AS n FROM events GROUP BY g) AS c ON c.g = t.g";
    assert_eq!(events(sql, Some(2)).await, [4, 5]);
    assert_eq!(events(sql, Some(3)).await, [0_i64; 0]);
    let full = "SELECT coalesce(o.h, e.g) AS k, e.v AS n FROM people AS o FULL JOIN events AS e ON e.p = o.p AND e.id = 4";
    assert_eq!(events(full, Some(2)).await, [4, 5]);
}

#[tokio::test]
async fn subqueries_are_joins() {
    let some = "SELECT g AS k, count(*) AS n FROM events WHERE p IN (SELECT p FROM people WHERE h = 1) GROUP BY g";
    assert_eq!(made_from(some, Some(1), Depth::Figure).await, only("events", &[1, 2, 3]));
    assert_eq!(made_from(some, Some(1), Depth::Joined).await["people"], BTreeSet::from([1, 2]));
    let none = "SELECT 1 AS k, count(*) AS n FROM events AS e WHERE NOT EXISTS (SELECT 1 FROM people AS o WHERE o.p = e.p)";
    assert_eq!(made_from(none, Some(1), Depth::Everything).await, only("events", &[5, 7]));
}

#[tokio::test]
async fn a_window_is_made_from_its_partition_and_otherwise_lets_rows_pass() {
    assert_eq!(events("SELECT id AS k, row_number() OVER (PARTITION BY g ORDER BY v, id) AS n FROM events", Some(2)).await, [1, 2, 3]);
    let newest = "SELECT p AS k, v AS n FROM events QUALIFY row_number() OVER (PARTITION BY p ORDER BY id DESC) = 1";
    assert_eq!(events(newest, Some(10)).await, [6]);
    let over_groups = "SELECT k, n FROM (SELECT p AS k, count(*) AS n FROM events GROUP BY p) QUALIFY row_number() OVER (ORDER BY n DESC) = 1";
    assert_eq!(events(over_groups, Some(10)).await, [1, 2, 6]);
    assert_eq!(events(over_groups, Some(11)).await, [0_i64; 0]);
    let rank = "SELECT k, row_number() OVER (PARTITION BY n ORDER BY k) AS n FROM (SELECT p AS k, count(*) AS n FROM events GROUP BY p)";
    assert_eq!(events(rank, Some(11)).await, [3, 4, 5, 7]);
}

#[tokio::test]
async fn of_the_first_rows_only_these_are_told() {
    assert_eq!(events("SELECT id AS k, v AS n FROM events ORDER BY v DESC NULLS LAST, id LIMIT 2", Some(4)).await, [4]);
    assert_eq!(events("SELECT id AS k, v AS n FROM events ORDER BY v DESC NULLS LAST, id LIMIT 2", Some(6)).await, [0_i64; 0]);
    let groups = "SELECT 1 AS k, sum(c) AS n FROM (SELECT p, count(*) AS c FROM events GROUP BY p ORDER BY c DESC, p LIMIT 2)";
    assert_eq!(events(groups, Some(1)).await, [1, 2, 3, 6]);
}

#[tokio::test]
async fn a_list_is_of_the_row_that_it_stands_in() {
    let sql = "SELECT k, count(DISTINCT p) AS n FROM (SELECT unnest(tags) AS k, p FROM events) GROUP BY k";
    assert_eq!(events(sql, Some(1)).await, [1, 4]);
    assert_eq!(events(sql, Some(2)).await, [1, 2, 7]);
}

#[tokio::test]
async fn what_cannot_be_followed_is_named() {
    let engine = engine(&data());
    let recursive = "WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 3) SELECT k, k AS n FROM t";
    assert_eq!(lineage(&engine, recursive, "n", Depth::Figure).await.gaps, BTreeSet::from(["a recursive query".to_owned()]));
    let rolled = "SELECT g AS k, count(*) AS n FROM events GROUP BY ROLLUP (g)";
    let rolled = lineage(&engine, rolled, "n", Depth::Figure).await;
    assert_eq!(rolled.gaps, BTreeSet::from(["GROUPING SETS, ROLLUP or CUBE".to_owned()]));
    assert_eq!((rolled.leaves.len(), rolled.deciding), (0, BTreeSet::from(["events".to_owned()])));
    let within = lineage(&engine, "SELECT id AS k, v - (SELECT max(p) FROM people) AS n FROM events", "n", Depth::Figure).await;
    assert_eq!(within.gaps, BTreeSet::from(["a subquery within an expression".to_owned()]));
    assert_eq!((within.leaves.len(), within.deciding), (1, BTreeSet::from(["people".to_owned()])));
    let first = "SELECT DISTINCT ON (g) g AS k, v AS n FROM events ORDER BY g, id";
    assert_eq!(lineage(&engine, first, "n", Depth::Figure).await.gaps, BTreeSet::from(["DISTINCT ON".to_owned()]));
}

/// Queries with a key `k` and a value `n`, of which every row that matters must be told.
const QUERIES: [&str; 14] = [
    "SELECT id AS k, v * 2 AS n FROM events WHERE v > 0",
    "SELECT g AS k, sum(v) AS n FROM events GROUP BY g",
    "SELECT g AS k, count(DISTINCT p) AS n FROM events GROUP BY g",
    "SELECT g AS k, max(v) - min(v) AS n FROM events GROUP BY g",
    "SELECT g AS k, count(*) FILTER (WHERE v >= 0) AS n FROM events GROUP BY g",
    "SELECT o.h AS k, count(*) AS n FROM events AS e JOIN people AS o ON o.h = e.g OR o.p = e.p GROUP BY o.h",
    "SELECT t.g AS k, coalesce(c.n, 0) AS n FROM groups AS t LEFT JOIN (SELECT g, count(*) AS n FROM events GROUP BY g) AS c ON c.g = t.g",
    "SELECT k, count(*) AS n FROM (SELECT DISTINCT g AS k, p FROM events) GROUP BY k",
    "SELECT k, sum(n) AS n FROM (SELECT g AS k, v AS n FROM events UNION ALL SELECT h, 1 FROM people) GROUP BY k",
    "SELECT k, count(*) AS n FROM (SELECT unnest(tags) AS k FROM events) GROUP BY k",
    "SELECT id AS k, sum(v) OVER (PARTITION BY g) AS n FROM events",
    "WITH c AS (SELECT g, count(*) AS n FROM events GROUP BY g) SELECT a.g AS k, 100.0 * a.n / b.n AS n FROM c AS a CROSS JOIN (SELECT sum(n) AS n FROM c) AS b",
    "WITH r AS (SELECT p, min(v) AS low, max(v) AS high FROM events GROUP BY p) SELECT high - low AS k, count(*) AS n FROM r GROUP BY high - low",
    "SELECT g AS k, count(*) AS n FROM events WHERE p IN (SELECT p FROM people) GROUP BY g",
];

/// The value of `n` by `k`.
async fn values(engine: &Engine, sql: &str) -> (Vec<RecordBatch>, BTreeMap<String, String>) {
    let batches = engine.context().sql(sql).await.unwrap().collect().await.unwrap();
    let mut values = BTreeMap::new();
    for batch in &batches {
        let options = FormatOptions::default();
        let text = |name: &str| ArrayFormatter::try_new(batch.column_by_name(name).unwrap(), &options).unwrap();
        let (k, n) = (text("k"), text("n"));
        values.extend((0..batch.num_rows()).map(|row| (k.value(row).to_string(), n.value(row).to_string())));
    }
    (batches, values)
}

fn without(data: &Data, table: &str, id: i64) -> Data {
    let mut data = data.clone();
    let batch = data.get_mut(table).unwrap();
    let keep = batch.column(0).as_primitive::<Int64Type>().iter().map(|other| Some(other != Some(id))).collect();
    *batch = arrow::compute::filter_record_batch(batch, &keep).unwrap();
    data
}

#[tokio::test]
async fn no_row_is_left_out_without_which_a_value_is_another_one() {
    let data = data();
    let full = engine(&data);
    let mut held = 0;
    for sql in QUERIES {
        let (batches, before) = values(&full, sql).await;
        let lineage = lineage(&full, sql, "n", Depth::Figure).await;
        assert_eq!(lineage.gaps, BTreeSet::new(), "{sql}");
        for (table, batch) in data.iter().filter(|(table, _)| lineage.leaves.iter().any(|leaf| leaf.table == **table)) {
            for id in 1..=i64::try_from(batch.num_rows()).unwrap() {
                let (_, after) = values(&engine(&without(&data, table, id)), sql).await;
                for row in batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1))) {
                    let k = row.project(&[row.schema().index_of("k").unwrap()]).unwrap();
                    let name = ArrayFormatter::try_new(k.column(0), &FormatOptions::default()).unwrap().value(0).to_string();
                    if before[&name] != after.get(&name).cloned().unwrap_or_default() {
                        let told = rows(&full, &lineage, &k).await;
                        assert!(
                            told.get(table.to_owned()).is_some_and(|ids| ids.contains(&id)),
                            "{sql}: without row {id} of {table} the value of {name} changes"
                        );
                        held += 1;
                    }
                }
            }
        }
    }
    assert!(held > 50, "{held} rows mattered");
}
