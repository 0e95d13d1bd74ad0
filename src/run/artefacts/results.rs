//! `run_results.json`: how each model and test ended, in the shape of dbt's run-results v6.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Making, ids, moment, place};
use crate::error::{self, Error, Kind, Result};
use crate::model::{Checked, Ending, Facts, Model, ModelOutcome};
use crate::project::Project;
use crate::run::RunReport;
use crate::warehouse::TestResult;

/// Its name.
pub const FILE: &str = "run_results.json";

/// How a run ended: the models that were to be up to date, and their tests.
pub fn results(project: &Project, checked: &Checked, report: &RunReport, started: DateTime<Utc>, making: &Making) -> Value {
    let mut results = Vec::new();
    for outcome in report.outcomes.iter().filter(|outcome| outcome.is_wanted) {
        let Some(model) = checked.model(&outcome.model) else { continue };
        results.push(of_model(project, model, outcome, making.at));
        results.extend(of_tests(project, model, outcome, making.at));
    }
    json!({
        "metadata": making.metadata("run-results/v6"),
        "results": results,
        "elapsed_time": seconds(started, making.at),
        "args": {"which": "run", "invocation_command": "rihla run", "select": report.selected},
    })
}

fn of_model(project: &Project, model: &Model, outcome: &ModelOutcome, at: DateTime<Utc>) -> Value {
    let id = ids::model(project, model.name.as_str());
    let (status, message, facts) = match &outcome.ending {
        Ending::UpToDate(facts) if facts.is_rebuilt => ("success", format!("{} row{}", facts.rows, if facts.rows == 1 { "" } else { "s" }), Some(facts)),
        Ending::UpToDate(facts) => ("success", "used again: nothing that it rests on has changed".to_owned(), Some(facts)),
        Ending::Failed(error) => ("error", std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": "), None),
        Ending::Skipped(because) => ("skipped", format!("it rests on {because}, which failed"), None),
        Ending::OutOfDate => ("skipped", "out of date".to_owned(), None),
    };
    let (begun, ended) = facts.map_or((at, at), |facts| (facts.times[0], facts.times[1]));
    let response = facts.map_or_else(|| json!({}), |facts| json!({"_message": message, "rows_affected": facts.rows}));
    result(&id, status, (begun, ended), facts, Some(message), None, response)
}

fn of_tests(project: &Project, model: &Model, outcome: &ModelOutcome, at: DateTime<Utc>) -> Vec<Value> {
    let tests = ids::tests(project, model);
    let Ending::UpToDate(facts) = &outcome.ending else {
        let skipped = |(id, _): (String, _)| result(&id, "skipped", (at, at), None, Some(format!("{} was not built", model.name)), None, json!({}));
        return tests.into_iter().map(skipped).collect();
    };
    // Results stand in the order of the tests; should one have none it was not run.
    let told = |(index, (id, test)): (usize, (String, &crate::model::Test))| {
        let found = facts.tests.get(index).filter(|result| result.test == test.name());
        let found = found?;
        let (status, message) = verdict(found);
        Some(result(&id, status, (facts.times[1], facts.times[2]), Some(facts), message, Some(found.failures), json!({})))
    };
    tests.into_iter().enumerate().filter_map(told).collect()
}

/// What dbt calls the result of a test, and why it did not pass.
fn verdict(result: &TestResult) -> (&'static str, Option<String>) {
    if result.failures == 0 {
        return ("pass", None);
    }
    let status = match () {
        () if result.stops() => "fail",
        () if result.fails() => "warn",
        // So many may fail: they are told all the same.
        () => "pass",
    };
    let rows = if result.failures == 1 { "row or group of rows fails" } else { "rows or groups of rows fail" };
    (status, Some(format!("{} {rows}", result.failures)))
}

fn result(
    id: &str,
    status: &str,
    (begun, ended): (DateTime<Utc>, DateTime<Utc>),
    facts: Option<&Facts>,
    message: Option<String>,
    failures: Option<u64>,
    response: Value,
) -> Value {
    json!({
        "status": status,
        // Every model is planned when the project is checked, before any begins.
        "timing": [
            {"name": "compile", "started_at": moment(begun), "completed_at": moment(begun)},
            {"name": "execute", "started_at": moment(begun), "completed_at": moment(ended)},
        ],
        "thread_id": format!("Thread-{}", facts.map_or(1, |facts| facts.place)),
        "execution_time": seconds(begun, ended),
        "adapter_response": response,
        "message": message,
        "failures": failures,
        "unique_id": id,
        "compiled": status != "skipped",
        "compiled_code": Value::Null,
        "relation_name": Value::Null,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a run takes no 285 years")]
fn seconds(begun: DateTime<Utc>, ended: DateTime<Utc>) -> f64 {
    (ended - begun).num_microseconds().unwrap_or_default() as f64 / 1e6
}

/// How the last run ended for each model, the statuses of its tests included; nothing where no run told.
///
/// # Errors
/// `Conflict` where the file is none that this program wrote.
pub fn last_results(project: &Project, checked: &Checked) -> Result<Option<BTreeMap<String, BTreeSet<String>>>> {
    let path = place(project, FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(error::io(format!("cannot read `{}`", path.display()), cause)),
    };
    let wrong = || Error::new(Kind::Conflict, format!("`{}` holds no results of a run", path.display())).hint("take it away and run `rihla run`");
    let value: Value = serde_json::from_slice(&bytes).map_err(|cause| wrong().because(cause))?;
    let mut by_id: BTreeMap<&str, &str> = BTreeMap::new();
    for result in value["results"].as_array().ok_or_else(wrong)? {
        by_id.insert(result["unique_id"].as_str().ok_or_else(wrong)?, result["status"].as_str().ok_or_else(wrong)?);
    }
    let mut statuses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for model in &checked.models {
        let ids = std::iter::once(ids::model(project, model.name.as_str())).chain(ids::tests(project, model).into_iter().map(|(id, _)| id));
        let ended = ids.filter_map(|id| by_id.get(id.as_str()).map(|status| (*status).to_owned())).collect();
        statuses.insert(model.name.as_str().to_owned(), ended);
    }
    Ok(Some(statuses))
}
