//! `rihla validate`

use serde_json::{Value, json};

use super::args::{Args, Command};
use super::render::{count, plural, table};
use super::rules::message;
use super::words::{Word, say};
use super::{Terminal, closed, drift, print_json};
use crate::clock;
use crate::error::Result;
use crate::project::{self, Lang};
use crate::run::{FaultGroup, Trial, Wanted, trial};

/// Rows and messages shown of each kind of fault.
const ROWS_SHOWN: usize = 8;

/// Messages shown of each kind of fault.
const MESSAGES_SHOWN: usize = 3;

/// Tries an extract without loading it.
pub fn validate(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let Command::Validate { file, feed, schema, delimiter, encoding, office, period } = &args.command else { return Ok(0) };
    if let Some(schema) = schema {
        return super::hold::hold(file, schema, delimiter, encoding, terminal);
    }
    let feed = feed.as_deref().unwrap_or_default();
    let project = project::load(&args.project)?;
    let wanted = Wanted { file, feed, office: office.as_deref(), period: period.as_deref() };
    let trial = trial(&project, &wanted, clock::from_environment()?.now())?;
    if terminal.json {
        print_json(terminal, &as_json(&trial, &file.display().to_string()))?;
    } else {
        let told = |group: &FaultGroup, english: &str| message(terminal.lang, &project, feed, (group.error, &group.rule), english);
        let text = text(&trial, &file.display().to_string(), terminal.lang, &told);
        write!(terminal.out, "{text}").map_err(closed)?;
    }
    Ok(u8::from(!trial.is_clean()))
}

fn text(trial: &Trial, file: &str, lang: Lang, told: &dyn Fn(&FaultGroup, &str) -> String) -> String {
    let period = trial.period.map_or_else(|| "month not known".to_owned(), |period| period.to_string());
    let mut text = format!("{file}\nas {} of {}, {period}{}\n", trial.feed, trial.office, owed(trial));
    text.push_str(&format!("source {} of the pipeline ({}): {}\n\n", trial.source, trial.chosen_by, trial.place));
    let rows = &trial.rows;
    if rows.read > 0 || trial.refusal.is_none() {
        let cells = [rows.read, rows.loaded, rows.superseded, rows.quarantined, rows.excluded, rows.refused].map(count);
        let header = ["rows read", "= loaded", "+ superseded", "+ quarantined", "+ excluded", "+ refused"];
        text.push_str(&format!("{}\n\n", table(&header, vec![cells.to_vec()])));
    }
    for line in &trial.drift {
        text.push_str(&format!("{}\n\n", say(lang, Word::DriftOne, &[&drift::what(lang, line)])));
    }
    for group in &trial.groups {
        text.push_str(&group_text(group, told));
    }
    text.push_str(&format!("{}\n", verdict(trial)));
    text
}

fn owed(trial: &Trial) -> String {
    match (trial.period, trial.due_on) {
        (Some(_), Some(day)) => format!(", due on {day}"),
        (Some(_), None) => ", a report that the office does not owe".to_owned(),
        (None, _) => String::new(),
    }
}

fn group_text(group: &FaultGroup, translated: &dyn Fn(&FaultGroup, &str) -> String) -> String {
    let field = group.field.as_ref().map_or_else(String::new, |field| format!(" in {field}"));
    let shown: Vec<String> = group.rows.iter().take(ROWS_SHOWN).map(|(row, _)| row.to_string()).collect();
    let more = if group.rows.len() > ROWS_SHOWN { " …" } else { "" };
    let mut text = format!(
        "{}/{}{field}: {}, {} {}{more}\n",
        group.error,
        group.rule,
        plural(group.rows.len() as u64, "fault", "faults"),
        if group.rows.len() == 1 { "row" } else { "rows" },
        shown.join(", ")
    );
    let mut told: Vec<&str> = Vec::new();
    for (row, message) in &group.rows {
        if told.len() < MESSAGES_SHOWN && !told.contains(&message.as_str()) {
            text.push_str(&format!("  row {row:<5} {}\n", translated(group, message)));
            told.push(message);
        }
    }
    text.push_str(&format!("  mend: {}\n\n", group.advice));
    text
}

fn verdict(trial: &Trial) -> String {
    match &trial.refusal {
        Some((error, reason)) => format!("would be refused whole ({error}): {reason}"),
        None if trial.faulty_rows > 0 => format!("would be loaded, but {} would not: mend and send again", plural(trial.faulty_rows, "row", "rows")),
        None => "would be loaded, every row of it good".to_owned(),
    }
}

fn as_json(trial: &Trial, file: &str) -> Value {
    let faults: Vec<Value> = trial
        .groups
        .iter()
        .map(|group| {
            let rows: Vec<Value> = group.rows.iter().map(|(row, message)| json!({"row": row, "message": message})).collect();
            json!({"error": group.error, "rule": group.rule, "field": group.field, "count": group.rows.len(), "rows": rows, "mend": group.advice})
        })
        .collect();
    let rows = &trial.rows;
    json!({
        "file": file,
        "feed": trial.feed,
        "office": trial.office,
        "period": trial.period.map(|period| period.to_string()),
        "due_on": trial.due_on.map(|day| day.to_string()),
        "source": {"number": trial.source, "place": trial.place, "chosen_by": trial.chosen_by},
        "rows": {"read": rows.read, "loaded": rows.loaded, "superseded": rows.superseded, "quarantined": rows.quarantined, "excluded": rows.excluded, "refused": rows.refused},
        "faulty_rows": trial.faulty_rows,
        "refused": trial.refusal.as_ref().map(|(error, reason)| json!({"error": error, "reason": reason})),
        "drift": trial.drift,
        "faults": faults,
        "clean": trial.is_clean(),
    })
}
