//! What a run says while it goes, passed on as the scheduler's own log.
//!
//! Guarantees: a line is passed on when it is said; the last lines that are no log, an error among them, are kept.

use std::collections::VecDeque;

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// So many of the last lines are kept.
const KEPT: usize = 50;

/// Fields of their own; others stand behind the message.
const OWN: [&str; 7] = ["timestamp", "level", "target", "message", "pipeline", "run", "step"];

/// Passes on what a run of a pipeline says, until it says no more; gives the last lines that are no log.
///
/// # Errors
/// Where it cannot be read.
pub async fn passed_on(said: impl AsyncRead + Unpin, pipeline: &str) -> std::io::Result<Vec<u8>> {
    let mut kept: VecDeque<Vec<u8>> = VecDeque::new();
    let mut said = BufReader::new(said);
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).await? > 0 {
        match serde_json::from_slice::<Map<String, Value>>(&line).ok().filter(|line| line.contains_key("level")) {
            Some(line) => pass_on(&line, pipeline),
            None => {
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back(std::mem::take(&mut line));
            }
        }
        line.clear();
    }
    Ok(kept.into_iter().flatten().collect())
}

fn pass_on(line: &Map<String, Value>, pipeline: &str) {
    let text = |key: &str| line.get(key).and_then(Value::as_str);
    let pipeline = text("pipeline").unwrap_or(pipeline);
    let (run, step, submission) = (text("run"), text("step"), text("submission"));
    let message = message(line);
    match text("level") {
        Some("ERROR") => tracing::error!(pipeline, run, step, submission, "{message}"),
        Some("WARN") => tracing::warn!(pipeline, run, step, submission, "{message}"),
        Some("INFO") => tracing::info!(pipeline, run, step, submission, "{message}"),
        _ => tracing::debug!(pipeline, run, step, submission, "{message}"),
    }
}

/// The message with the fields that a log of any program has not.
fn message(line: &Map<String, Value>) -> String {
    let mut message = line.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (key, value) in line.iter().filter(|(key, _)| !OWN.contains(&key.as_str()) && key.as_str() != "submission") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        message.push_str(&format!(" {key}={value}"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_log_is_kept_and_the_last_of_it_only() {
        let log = "{\"level\":\"INFO\",\"message\":\"delivery judged\"}\n";
        let said = format!("{}{log}{{\"error\":\"the disk is full\"}}\n{log}", "x\n".repeat(60));
        let kept = passed_on(said.as_bytes(), "returns").await.expect("read");
        let kept = String::from_utf8(kept).expect("text");
        assert_eq!(kept, format!("{}{{\"error\":\"the disk is full\"}}\n", "x\n".repeat(49)));
    }

    #[test]
    fn fields_that_have_no_place_stand_behind_the_message() {
        let line = serde_json::json!({ "level": "INFO", "message": "model built", "run": "r1", "model": "by_country", "rows": 12 });
        assert_eq!(message(line.as_object().expect("an object")), "model built model=by_country rows=12");
    }
}
