//! The log: as objects, with what each line is of, and passed on by the scheduler while a run goes.

use serde_json::Value;

use super::watched::Watched;
use crate::support::{Folder, assert_nobody};

/// When a scheduler first sees the project, and after the next due time.
const BEFORE: &str = "2023-07-21T06:00:00Z";
const AFTER: &str = "2023-07-22T07:00:00Z";

/// Every line as an object.
#[track_caller]
fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"))).collect()
}

fn saying<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"].as_str().is_some_and(|said| said.starts_with(message))).collect()
}

#[test]
fn every_line_of_a_run_says_what_it_is_of() {
    let folder = Folder::small();
    let ran = folder.rihla_with(&["run", "--json", "--log-format", "json"], &[("RIHLA_LOG", "rihla=debug")]).ok();
    let run = ran.json()["run_id"].as_str().expect("a run").to_owned();
    let lines = lines(&ran.stderr);
    let judged = saying(&lines, "delivery judged");
    assert_eq!(judged.len(), 4, "{}", ran.stderr);
    for line in &judged {
        assert_eq!((line["run"].as_str(), line["step"].as_str(), line["pipeline"].as_str()), (Some(run.as_str()), Some("loading"), Some("registrations")));
        assert!(line["submission"].as_str().is_some_and(|id| id.len() == 16), "{line}");
        assert!(line["read"].as_u64().is_some_and(|read| read > 0) && line["path"].is_string(), "{line}");
    }
    for (message, step) in [("model built", "modelling"), ("release made", "releasing")] {
        let said = saying(&lines, message);
        assert!(!said.is_empty(), "no `{message}`: {}", ran.stderr);
        assert!(said.iter().all(|line| line["step"] == step && line["run"] == run.as_str()), "{said:?}");
    }
    assert_nobody(&ran.stderr);
    let again = folder.rihla_with(&["run"], &[("RIHLA_LOG", "rihla=debug"), ("RIHLA_LOG_FORMAT", "json")]).ok();
    assert!(!saying(&self::lines(&again.stderr), "model used again").is_empty(), "{}", again.stderr);
}

#[test]
fn in_words_too_a_line_says_what_it_is_of() {
    let folder = Folder::small();
    let ran = folder.rihla_with(&["run"], &[("RIHLA_LOG", "rihla=info")]).ok();
    let line = ran.stderr.lines().find(|line| line.contains("delivery judged")).expect("a line");
    for part in ["run{run=", "load{step=\"loading\"}", "feed{pipeline=\"registrations\"}", "submission=\"", "outcome=\"loaded\""] {
        assert!(line.contains(part), "no {part}: {line}");
    }
    let quiet = folder.rihla(&["run"]).ok();
    assert_eq!(quiet.stderr, "", "nothing is said that nobody asked for");
}

#[test]
fn a_scheduler_passes_on_what_its_runs_say() {
    let folder = Folder::small();
    let first = Watched::start(&folder, BEFORE, &[], &[]);
    first.wait_for("schedules", 1);
    first.stop();
    let watched = Watched::start(&folder, AFTER, &[], &["--log-format", "json"]);
    watched.wait_for("run ended", 1);
    let lines = lines(&watched.stop());
    let at = |message: &str| lines.iter().position(|line| line["message"].as_str().is_some_and(|said| said.starts_with(message))).expect("a line");
    assert!(at("run begins") < at("delivery judged") && at("delivery judged") < at("run ended"), "{lines:?}");
    let ended = &lines[at("run ended")];
    let judged = saying(&lines, "delivery judged");
    assert_eq!(judged.len(), 4);
    for line in judged {
        assert_eq!((&line["run"], line["pipeline"].as_str(), line["step"].as_str()), (&ended["run_id"], Some("registrations"), Some("loading")), "{line}");
        assert!(line["submission"].is_string() && line["message"].as_str().is_some_and(|said| said.contains("outcome=loaded")), "{line}");
    }
}
