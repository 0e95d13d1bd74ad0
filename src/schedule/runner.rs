//! Pipelines run as processes of their own: what one of them does to memory, or dies of, is not the scheduler's.
//!
//! Guarantees: a run that is stopped is killed, which a load bears at any moment; a run that outlives its scheduler holds the
//! lock of the warehouse until it ends, and the next one waits for it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::attempt::End;
use super::driver::{Run, Runner};
use super::passed_on::passed_on;
use super::policy::{Definitions, Failure};
use super::tick::TickId;
use crate::trail;

/// The name under which models are scheduled.
pub const MODELS: &str = "models";

/// A run waits so many seconds for another one that loads into the warehouse.
const PATIENCE: &str = "3600";

/// This program, as it is started for runs.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
    /// The project's folder.
    pub project: PathBuf,
}

impl Program {
    /// A command of it, that dies with whoever holds it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.file);
        command.arg("--project").arg(&self.project).arg("--json").args(args);
        // Its log is read by the scheduler, which passes it on in its own form.
        command.arg("--log-format").arg("json");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // What a terminal sends to the scheduler is for it alone: it lets runs end.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

/// Runs pipelines.
pub struct Processes {
    program: Program,
    /// True where models have times of their own, so that a load builds none.
    loads_only: bool,
    runs: BTreeMap<TickId, JoinHandle<()>>,
    stopped: Vec<JoinHandle<()>>,
    sender: UnboundedSender<(TickId, End)>,
    ends: UnboundedReceiver<(TickId, End)>,
    wake: Arc<Notify>,
}

impl Processes {
    /// Nothing runs yet; `wake` is told when a run ends.
    pub fn new(program: Program, wake: Arc<Notify>) -> Self {
        let (sender, ends) = unbounded_channel();
        Self { program, loads_only: false, runs: BTreeMap::new(), stopped: Vec::new(), sender, ends, wake }
    }

    /// Takes over what is scheduled.
    pub fn redefine(&mut self, definitions: &Definitions) {
        self.loads_only = definitions.pipelines.contains_key(MODELS);
    }

    /// Waits until everything that was stopped is gone.
    pub async fn gone(&mut self) {
        for stopped in self.stopped.drain(..) {
            // It was aborted: that it says so is no news.
            let _ = stopped.await;
        }
    }

    fn command(&self, pipeline: &str) -> Command {
        let whole = ["run", "--wait", PATIENCE];
        if self.loads_only && pipeline != MODELS { self.program.command(&[&whole[..], &["--feed", pipeline]].concat()) } else { self.program.command(&whole) }
    }
}

impl Runner for Processes {
    fn start(&mut self, run: Run) {
        let command = self.command(&run.id.pipeline);
        let (sender, wake) = (self.sender.clone(), self.wake.clone());
        let id = run.id.clone();
        let task = tokio::spawn(async move {
            let end = performed(command, &run).await;
            // Where nobody listens the scheduler is gone.
            let _ = sender.send((run.id, end));
            wake.notify_one();
        });
        self.runs.insert(id, task);
    }

    fn ended(&mut self) -> Vec<(TickId, End)> {
        let mut ended = Vec::new();
        while let Ok(end) = self.ends.try_recv() {
            self.runs.remove(&end.0);
            ended.push(end);
        }
        ended
    }

    fn stop_all(&mut self) {
        for (_, task) in std::mem::take(&mut self.runs) {
            task.abort();
            self.stopped.push(task);
        }
        while self.ends.try_recv().is_ok() {}
    }
}

/// Runs a command to its end, or until it has taken longer than it may; in the scheduler's traces a span, below which the run's
/// own trace hangs.
async fn performed(mut command: Command, run: &Run) -> End {
    let (pipeline, due) = (run.id.pipeline.as_str(), run.id.nominal.to_rfc3339());
    let span = tracing::info_span!(target: trail::TRACED, "tick", pipeline, due, attempt = run.attempt, otel.status_code = tracing::field::Empty);
    if let Some(parent) = trail::below(&span) {
        command.env(trail::TRACEPARENT, parent);
    }
    if std::env::var_os("RIHLA_LOG").is_none() {
        command.env("RIHLA_LOG", "rihla=info");
    }
    let end = watched(command, run).instrument(span.clone()).await;
    if end.result.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    end
}

/// What a command puts out until it ends; what it says meanwhile is passed on.
async fn output(mut command: Command, pipeline: &str) -> std::io::Result<Output> {
    let mut child = command.spawn()?;
    let lost = || std::io::Error::other("what it says cannot be heard");
    let (mut stdout, stderr) = (child.stdout.take().ok_or_else(lost)?, child.stderr.take().ok_or_else(lost)?);
    let mut told = Vec::new();
    let (_, stderr, status) = tokio::try_join!(stdout.read_to_end(&mut told), passed_on(stderr, pipeline), child.wait())?;
    Ok(Output { status, stdout: told, stderr })
}

async fn watched(command: Command, run: &Run) -> End {
    let (pipeline, due) = (run.id.pipeline.as_str(), run.id.nominal.to_rfc3339());
    tracing::info!(pipeline, due, attempt = run.attempt, "run begins");
    let limit = run.timeout.unwrap_or(Duration::MAX);
    let end = match tokio::time::timeout(limit, output(command, pipeline)).await {
        Err(_) => failed(Failure::Timeout, format!("it took longer than {} s and was stopped", limit.as_secs())),
        Ok(Err(cause)) => failed(Failure::Unavailable, format!("it cannot be started: {cause}")),
        Ok(Ok(output)) => told(&output),
    };
    let (run_id, note) = (end.run_id.as_deref().unwrap_or_default(), end.note.as_str());
    match end.result {
        Ok(()) => tracing::info!(pipeline, due, attempt = run.attempt, run_id, note, "run ended"),
        Err(failure) => tracing::warn!(pipeline, due, attempt = run.attempt, run_id, failure = failure.name(), note, "run failed"),
    }
    end
}

fn failed(failure: Failure, note: impl Into<String>) -> End {
    End { result: Err(failure), run_id: None, note: note.into() }
}

/// What a process told.
fn told(output: &Output) -> End {
    let last_line = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
    if let Some(report) = last_line(&output.stdout) {
        return told_by(&report, output.status.code());
    }
    match (output.status.code(), last_line(&output.stderr)) {
        (None, _) => failed(Failure::Unavailable, "it was killed by the system, as happens where memory is short"),
        (Some(1), Some(error)) => {
            let kind = error["kind"].as_str().unwrap_or_default();
            let failure = Failure::NAMES.iter().find(|(_, name)| *name == kind).map_or(Failure::Internal, |(failure, _)| *failure);
            failed(failure, error["error"].as_str().unwrap_or_default())
        }
        _ => failed(Failure::Internal, "it met a defect of its own"),
    }
}

/// A run that loaded what it could did what was due, also where there is something to mend; one that could not reach a source,
/// or was kept from a release, did not.
fn told_by(report: &Value, code: Option<i32>) -> End {
    let is_out_of_reach = report["out_of_reach"].as_array().is_some_and(|feeds| !feeds.is_empty());
    let result = match report["outcome"].as_str() {
        _ if code == Some(2) => Err(Failure::Internal),
        _ if is_out_of_reach => Err(Failure::Unavailable),
        Some("released" | "unchanged" | "loaded") => Ok(()),
        _ => Err(Failure::Data),
    };
    let problems: Vec<&str> = report["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    End { result, run_id: report["run_id"].as_str().map(str::to_owned), note: problems.join("; ") }
}
