//! The stages of a load apart, over a generated extract of the shape that `benches/peers/make_extracts.py` makes.
//! `cargo bench --bench stages -- 300000 5`: rows of each of four months, and rounds, of which the best counts.

mod stages {
    pub mod extract;
}

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use rihla::clock::SystemClock;
use rihla::contract::loaded_schema;
use rihla::normalise::{Key, Provenance, normalise};
use rihla::project::{Pipeline, Project};
use rihla::read::{Piece, read};
use rihla::run::{Prepared, Progress, Request, RunOutcome, check_project, run};
use rihla::store::Store;
use rihla::validate::{Context, Delivery, Formats, Validated};
use rihla::warehouse::AppendedTable;

const OFFICE: &str = "RAB";
const MONTHS: [&str; 4] = ["2022-03", "2022-11", "2023-03", "2023-11"];

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let (rows, rounds) = (numbers.first().copied().unwrap_or(300_000), numbers.get(1).copied().unwrap_or(5));
    let Some(extracts) = std::env::var_os("EXTRACTS") else { return again(rows, rounds) };
    let folder = Path::new(&extracts);
    let size = lay_out(folder, rows);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = runtime.block_on(prepared(folder)).project;
    println!("{} months of {rows} rows, {:.0} MB, best of {rounds}\n\n| stage | s | rows/s | MB/s | |\n|---|---|---|---|---|", MONTHS.len(), size as f64 / 1e6);
    let taken = Taken { rows: rows as f64, bytes: size as f64 / MONTHS.len() as f64 };
    alone(&project, folder, rounds, &taken, &runtime);
    let whole = Taken { rows: taken.rows * MONTHS.len() as f64, bytes: size as f64 };
    runtime.block_on(together(folder, rounds, &whole));
}

async fn prepared(folder: &Path) -> Prepared {
    check_project(&folder.join("project")).await.expect("a project in order")
}

/// The same in a process that has the variables which the project and its key are read from.
fn again(rows: usize, rounds: usize) {
    let folder = tempfile::TempDir::with_prefix("rihla-stages-").expect("a temporary folder");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([rows.to_string(), rounds.to_string()]).env("EXTRACTS", folder.path()).env("RIHLA_KEY", "5a".repeat(32));
    assert!(command.status().expect("it runs").success());
}

/// Writes extracts and a copy of the project; gives the extracts' size.
fn lay_out(folder: &Path, rows: usize) -> usize {
    let office = folder.join(format!("office={OFFICE}"));
    std::fs::create_dir(&office).expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/side_by_side"), &folder.join("project"));
    let write = |(place, month): (usize, &&str)| {
        let text = stages::extract::extract(month, place * rows, rows);
        std::fs::write(office.join(format!("returns_{month}.csv")), &text).expect("an extract");
        text.len()
    };
    MONTHS.iter().enumerate().map(write).sum()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        match from.is_dir() {
            true if !from.ends_with("warehouse") => copy(&from, &to),
            true => {}
            false => std::fs::copy(&from, &to).map(drop).expect("a copy"),
        }
    }
}

/// What a stage went over.
struct Taken {
    rows: f64,
    bytes: f64,
}

impl Taken {
    fn tell(&self, stage: &str, best: Duration, note: &str) {
        let seconds = best.as_secs_f64();
        println!("| {stage} | {seconds:.3} | {:.0} | {:.0} | {note} |", self.rows / seconds, self.bytes / seconds / 1e6);
    }
}

/// The best of some rounds; what is made to be measured is made in `prepare`.
fn best<P, T>(rounds: usize, mut prepare: impl FnMut() -> P, mut stage: impl FnMut(P) -> T) -> (Duration, T) {
    let mut best: Option<(Duration, T)> = None;
    for _ in 0..rounds.max(1) {
        let prepared = prepare();
        let began = Instant::now();
        let made = stage(prepared);
        let taken = began.elapsed();
        if best.as_ref().is_none_or(|(known, _)| taken < *known) {
            best = Some((taken, made));
        }
    }
    best.expect("a round at least")
}

/// Stages of one delivery, on one core.
fn alone(project: &Project, folder: &Path, rounds: usize, taken: &Taken, runtime: &tokio::runtime::Runtime) {
    let pipeline = project.pipeline("returns").expect("the feed");
    let bytes = Bytes::from(std::fs::read(folder.join(format!("office={OFFICE}/returns_{}.csv", MONTHS[0]))).expect("an extract"));
    let (time, ()) = best(rounds, || (), |()| pieces(pipeline, &bytes, &mut |piece| drop(std::hint::black_box(piece))));
    taken.tell("read", time, "CSV to cells of columns");
    let read = time;
    let (time, validated) = best(rounds, || (), |()| validate(project, pipeline, &bytes));
    taken.tell("validate", time.saturating_sub(read), "cells to typed rows and reasons: what it takes more than reading");
    let (time, pieces) = best(rounds, || (), |()| normalised(pipeline, &validated));
    taken.tell("normalise", time, "pseudonyms, age, group, provenance");
    let (time, size) = best(rounds, || (), |()| encoded(&pieces));
    taken.tell("encode", time, &format!("Parquet in memory, {:.1} MB", size as f64 / 1e6));
    let row = vec![pieces[0].slice(0, 1)];
    for (stage, pieces, note) in [("commit", pieces, "the same appended to a Delta table"), ("commit a row", row, "what a commit costs by itself")] {
        let (time, ()) = best(
            rounds,
            || runtime.block_on(table(pipeline)),
            |(folder, mut table)| {
                runtime.block_on(table.append(pieces.clone(), Vec::new())).expect("a commit");
                drop(folder);
            },
        );
        taken.tell(stage, time, note);
    }
}

fn pieces(pipeline: &Pipeline, bytes: &Bytes, sink: &mut dyn FnMut(Piece<'_>)) {
    read(bytes, &pipeline.sources[0], &pipeline.contract, sink).unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn validate(project: &Project, pipeline: &Pipeline, bytes: &Bytes) -> Validated {
    let (source, office) = (&*pipeline.sources[0], project.office(OFFICE).expect("the office"));
    let received = "2024-01-10T00:00:00Z".parse().expect("an instant");
    let context =
        Context { contract: &pipeline.contract, source, office, received, since: project.since, barred: &|_| Ok(Vec::new()), lookups: &Default::default() };
    let formats = Formats::of(source);
    let mut delivery = Delivery::new(&context, &formats);
    pieces(pipeline, bytes, &mut |piece| delivery.push(piece));
    delivery.finish().expect("every row is accounted for")
}

fn normalised(pipeline: &Pipeline, validated: &Validated) -> Vec<RecordBatch> {
    let received = "2024-01-10T00:00:00Z".parse().expect("an instant");
    let path = format!("office={OFFICE}/returns_{}.csv", MONTHS[0]);
    let provenance = Provenance { submission_id: "0123456789abcdef", office: OFFICE, period: MONTHS[0], revision: 1, received, path: &path };
    normalise(&pipeline.contract, &validated.good, &provenance, &Key::new([0x5a; 32])).expect("rows to load")
}

fn encoded(pieces: &[RecordBatch]) -> usize {
    let properties = parquet::file::properties::WriterProperties::builder().set_compression(parquet::basic::Compression::SNAPPY).build();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), pieces[0].schema(), Some(properties)).expect("a writer");
    pieces.iter().for_each(|piece| writer.write(piece).expect("rows"));
    writer.into_inner().expect("a file").len()
}

async fn table(pipeline: &Pipeline) -> (tempfile::TempDir, AppendedTable) {
    let folder = tempfile::TempDir::with_prefix("rihla-stages-").expect("a temporary folder");
    let store = Store::local(folder.path()).expect("a store");
    let table = AppendedTable::make(&store, "returns", "returns", loaded_schema(&pipeline.contract)).await.expect("a table");
    (folder, table)
}

/// When the steps of a run began.
#[derive(Default)]
struct Steps(Mutex<Vec<(String, Instant)>>);

impl Progress for Steps {
    fn begin(&self, step: &str, _: u64) {
        self.0.lock().expect("no panic").push((step.to_owned(), Instant::now()));
    }

    fn advance(&self, _: &str) {}
}

/// Whole runs on all cores, by their steps.
async fn together(folder: &Path, rounds: usize, taken: &Taken) {
    let mut bests: Vec<(String, Duration)> = Vec::new();
    for _ in 0..rounds.max(1) {
        let Prepared { project, checked, .. } = prepared(folder).await;
        let _ = std::fs::remove_dir_all(folder.join("project/warehouse"));
        let steps = Steps::default();
        let request = Request { project, checked, clock: Arc::new(SystemClock), selected: None, feeds: rihla::run::Feeds::default(), patience: Duration::ZERO };
        let began = Instant::now();
        let report = run(request, &steps).await.expect("a run");
        assert_eq!(report.outcome, RunOutcome::Released, "{:?}", report.problems);
        let ended = Instant::now();
        let mut steps = steps.0.into_inner().expect("no panic");
        steps.insert(0, ("opening".to_owned(), began));
        let ends = steps.iter().skip(1).map(|(_, at)| *at).chain([ended]);
        let lasted = steps.iter().zip(ends).map(|((step, from), to)| (step.clone(), to - *from)).chain([("the whole run".to_owned(), ended - began)]);
        for (place, (step, lasted)) in lasted.enumerate() {
            match bests.get_mut(place) {
                Some(known) => known.1 = known.1.min(lasted),
                None => bests.push((step, lasted)),
            }
        }
    }
    for (step, best) in bests {
        taken.tell(&step, best, &format!("a run on {} cores", std::thread::available_parallelism().map_or(1, std::num::NonZero::get)));
    }
}
