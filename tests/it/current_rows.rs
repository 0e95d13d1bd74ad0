//! Which rows of a feed count, held against the rule said plainly, over tables and submissions of every kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rihla::contract::{Contract, loaded_schema};
use rihla::engine::Engine;
use rihla::project::{self, DeliveryMode};
use rihla::store::Store;
use rihla::warehouse::{AppendedTable, CurrentTable, Keep, LiveSubmission, RowCounts, Submission, SubmissionOutcome, current};

use crate::modes;

const OFFICES: [&str; 3] = ["AGA", "CAS", "RAB"];

/// A row as the rule sees it.
#[derive(Clone)]
struct Told {
    office: &'static str,
    record: String,
    submission: usize,
    changed: i64,
    deleted: Option<bool>,
    day: Option<i32>,
    place: i64,
}

fn submission(number: usize, office: &str, mode: DeliveryMode, received: i64) -> Submission {
    Submission {
        submission_id: format!("submission-{number:04}"),
        feed: "registrations".to_owned(),
        office: office.to_owned(),
        period: format!("2023-{:02}", number % 12 + 1),
        revision: Some(1),
        received_at: moment(received),
        path: String::new(),
        size: 0,
        modified_at: moment(received),
        content_hash: String::new(),
        outcome: SubmissionOutcome::Loaded,
        error: None,
        reason: None,
        rows: RowCounts::default(),
        set_aside_lines: 0,
        contract: String::new(),
        delivery: mode,
        amends: None,
        drift: None,
        loaded_at: moment(received),
        run_id: String::new(),
    }
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_675_000_000 + seconds, 0).expect("a moment")
}

fn batch(contract: &Contract, rows: &[Told], submissions: &[Submission]) -> RecordBatch {
    let text = |get: &dyn Fn(&Told) -> String| Arc::new(StringArray::from_iter_values(rows.iter().map(get))) as ArrayRef;
    let schema = loaded_schema(contract);
    let columns = schema.fields().iter().map(|field| match (field.name().as_str(), field.data_type()) {
        ("submission_id", _) => text(&|row| submissions[row.submission].submission_id.clone()),
        ("office", _) => text(&|row| row.office.to_owned()),
        ("record_id", _) => text(&|row| row.record.clone()),
        ("source_row", _) => Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.place))),
        ("changed_at", _) => Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.changed)).with_timezone("UTC")),
        ("deleted", _) => Arc::new(rows.iter().map(|row| row.deleted).collect::<BooleanArray>()),
        (_, DataType::Date32) => Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>()),
        (_, DataType::Utf8) if !field.is_nullable() => text(&|_| "x".to_owned()),
        (_, DataType::Int64) if !field.is_nullable() => Arc::new(Int64Array::from_value(1, rows.len())),
        (_, kind @ DataType::Timestamp(..)) => arrow::compute::cast(&Int64Array::from_value(0, rows.len()), kind).expect("moments"),
        (_, kind) => new_null_array(kind, rows.len()),
    });
    let columns = columns.collect();
    RecordBatch::try_new(schema, columns).expect("rows of the feed")
}

/// The rule: of all rows of a record, the one last changed, then the one said last; none where that says it is deleted.
fn expected(rows: &[Told], live: &[LiveSubmission<'_>], submissions: &[Submission]) -> BTreeSet<i64> {
    let mut last: BTreeMap<(&str, &str), &Told> = BTreeMap::new();
    let rank = |row: &Told| {
        let one = live.iter().find(|one| one.submission.submission_id == submissions[row.submission].submission_id)?;
        Some((row.changed, one.said_at(), one.submission.period.clone()))
    };
    for row in rows.iter().filter(|row| rank(row).is_some()) {
        let known = last.entry((row.office, &row.record)).or_insert(row);
        if rank(row) > rank(known) {
            *known = row;
        }
    }
    last.into_values().filter(|row| row.deleted != Some(true)).map(|row| row.place).collect()
}

async fn shown(found: &rihla::warehouse::Current, folder: &std::path::Path, contract: &Contract, condition: &str) -> BTreeSet<i64> {
    let engine = Engine::new(64).expect("an engine");
    engine.add(Some("feeds"), "registrations", Arc::new(CurrentTable::of(found, folder, loaded_schema(contract)).expect("a table"))).expect("a table added");
    let frame = engine.context().sql(&format!("SELECT source_row FROM feeds.registrations WHERE {condition}")).await.expect("a query");
    let batches = frame.collect().await.expect("rows");
    let places: Vec<i64> = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    let told: BTreeSet<i64> = places.iter().copied().collect();
    assert_eq!(told.len(), places.len(), "no row is told twice");
    told
}

#[test]
fn the_rows_that_count_are_those_of_the_rule() {
    let project_folder = modes::changes();
    let project = project::load(&project_folder.path("")).expect("a project");
    let contract = &project.pipeline("registrations").expect("a feed").contract;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for seed in 0..40 {
        let mut random = StdRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::local(folder.path()).expect("a store");
        let submissions: Vec<Submission> = (0..random.random_range(1..12))
            .map(|number| {
                let mode = if random.random_bool(0.5) { DeliveryMode::Changes } else { DeliveryMode::Period };
                submission(number, OFFICES[random.random_range(0..3)], mode, random.random_range(0..6))
            })
            .collect();
        let mut rows: Vec<Told> = Vec::new();
        for (number, one) in submissions.iter().enumerate() {
            let office = OFFICES.into_iter().find(|office| *office == one.office).expect("an office");
            let mut records: Vec<u32> = (0..random.random_range(0..30)).map(|_| random.random_range(0..40)).collect();
            records.sort_unstable();
            records.dedup();
            rows.extend(records.into_iter().map(|record| Told {
                office,
                record: format!("r-{record}"),
                submission: number,
                changed: random.random_range(0..3),
                deleted: random.random_bool(0.2).then(|| random.random_bool(0.7)),
                day: random.random_bool(0.9).then(|| 19_300 + random.random_range(0..100)),
                place: 0,
            }));
        }
        (1..).zip(&mut rows).for_each(|(place, row)| row.place = place);
        runtime.block_on(async {
            let mut table = AppendedTable::make(&store, "registrations", "registrations", loaded_schema(contract)).await.expect("a table");
            for part in rows.chunks(rows.len().div_ceil(random.random_range(1..4)).max(1)) {
                table.append(vec![batch(contract, part, &submissions)], Vec::new()).await.expect("rows appended");
            }
            let live: Vec<LiveSubmission<'_>> = submissions
                .iter()
                .filter(|_| random.random_bool(0.8))
                .map(|submission| LiveSubmission {
                    submission,
                    heard_at: submission.received_at + chrono::Duration::seconds(i64::from(submission.size as u32)),
                    contract: "",
                })
                .collect();
            let meant = expected(&rows, &live, &submissions);
            let asked: Vec<&LiveSubmission<'_>> = live.iter().collect();
            let found = current(&store, &table, contract, &asked, Keep::Yes).await.expect("current rows");
            let place = store.root().join("registrations");
            assert_eq!(shown(&found, &place, contract, "TRUE").await, meant, "seed {seed}");
            let of_casablanca: BTreeSet<i64> = rows.iter().filter(|row| row.office == "CAS" && meant.contains(&row.place)).map(|row| row.place).collect();
            assert_eq!(shown(&found, &place, contract, "office = 'CAS'").await, of_casablanca, "seed {seed}");
            let months: u64 = found.months.values().next().expect("a date").0.values().map(|print| print.rows).sum();
            assert_eq!(months, meant.len() as u64, "every row that counts is of a month, seed {seed}");
            let again = current(&store, &table, contract, &asked, Keep::No).await.expect("the answer that was kept");
            assert_eq!((again.files, again.months), (found.files, found.months), "seed {seed}");
        });
    }
}
