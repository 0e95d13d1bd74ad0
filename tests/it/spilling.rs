//! Models side by side share one memory budget: what is larger goes through the disk, and gives the same.

use std::sync::Arc;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use datafusion::physical_plan::{ExecutionPlan, collect};
use rihla::engine::Engine;

use crate::support::Folder;

/// Some 30 MB of rows, grouped and sorted.
const LARGE: &str = "WITH digits AS (SELECT n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS t (n)),
numbers AS (
    SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS n
    FROM digits AS a CROSS JOIN digits AS b CROSS JOIN digits AS c CROSS JOIN digits AS d CROSS JOIN digits AS e
    WHERE e.n < 4
)
SELECT (n * 7919) % 40009 AS id, max(repeat('x', 750) || CAST(n AS VARCHAR)) AS text
FROM numbers
GROUP BY 1
ORDER BY id";

/// The rows of the query, and how often it went through the disk.
async fn run(engine: Engine) -> (RecordBatch, usize) {
    let frame = engine.context().sql(LARGE).await.expect("a plan");
    let (task, plan) = (Arc::new(frame.task_ctx()), frame.create_physical_plan().await.expect("a plan"));
    let rows = collect(plan.clone(), task).await.expect("rows, within the budget");
    (concat_batches(&plan.schema(), &rows).expect("one batch"), spilled(plan.as_ref()))
}

fn spilled(plan: &dyn ExecutionPlan) -> usize {
    let own = plan.metrics().and_then(|metrics| metrics.spill_count()).unwrap_or_default();
    own + plan.children().into_iter().map(|child| spilled(child.as_ref())).sum::<usize>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_larger_than_the_budget_goes_through_the_disk_and_gives_the_same() {
    let (whole, never) = run(Engine::new(1024).expect("an engine")).await;
    let (through_disk, spilled) = run(Engine::new(40).expect("an engine")).await;
    assert_eq!((never, whole.num_rows()), (0, 40_000));
    assert!(spilled > 0 && through_disk == whole, "{spilled} times through the disk");
}

/// A model of some 20 MB.
fn model(name: &str) -> String {
    format!(
        "/*\ndescription = \"Many rows\"\ngrain = [\"id\"]\n\n[columns]\nid = \"The row\"\ntext = \"Much text\"\n*/\n{}\n",
        LARGE.replace("WHERE e.n < 4", "WHERE e.n < 3").replace("'x'", &format!("'{}'", &name[..1])).replace("\nORDER BY id", "")
    )
}

#[test]
fn models_side_by_side_within_a_budget_that_is_small_give_the_same() {
    let made = |memory: usize| {
        let folder = Folder::of("tests/data/periods");
        for path in folder.files("sql").into_keys() {
            std::fs::remove_file(folder.path(&format!("sql/{path}"))).expect("a model");
        }
        for name in ["first", "second"] {
            folder.write(&format!("sql/marts/{name}.sql"), model(name));
        }
        let text = std::fs::read_to_string(folder.path("rihla.toml")).expect("the project's file");
        folder.write("rihla.toml", format!("{text}\n[engine]\nmemory_mib = {memory}\n"));
        // No delivery has come, so that nothing is released; the tables are built all the same.
        let report = folder.rihla(&["run", "--json"]).json();
        assert_eq!((report["rebuilt"].as_u64(), report["failed_models"].as_array().map(Vec::len)), (Some(2), Some(0)), "{report}");
        folder.files("warehouse/released/tables").into_keys().collect::<Vec<_>>()
    };
    assert_eq!(made(28), made(1024), "other rows, or in another order");
}
