//! `rihla validate FILE --schema SCHEMA`

use std::path::Path;

use serde_json::{Value, json};

use super::render::plural;
use super::{Terminal, closed, print_json};
use crate::error::{Error, Kind, Result};
use crate::project::TextEncoding;
use crate::run::hold_against;
use crate::validate::PlainReport;

/// Faults shown to people; programs get all.
const FAULTS_SHOWN: usize = 100;

/// Holds a CSV against a Table Schema.
pub fn hold(file: &Path, schema: &Path, delimiter: &str, encoding: &str, terminal: &mut Terminal<'_>) -> Result<u8> {
    let held = hold_against(file, schema, self::delimiter(delimiter)?, self::encoding(encoding)?)?;
    let report = held.map_err(|refusal| Error::new(Kind::Data, format!("`{}` cannot be read: {} ({})", file.display(), refusal.message, refusal.error)))?;
    if terminal.json {
        print_json(terminal, &as_json(&report, file, schema))?;
    } else {
        write!(terminal.out, "{}", text(&report, file)).map_err(closed)?;
    }
    Ok(u8::from(!report.faults.is_empty()))
}

fn delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if !byte.is_ascii_alphanumeric() && *byte != b'"' => Ok(*byte),
        _ => Err(Error::new(Kind::Input, format!("`{text}` is no delimiter")).hint("one character: `,`, `;`, `|` or `\\t`")),
    }
}

fn encoding(text: &str) -> Result<TextEncoding> {
    let known = TextEncoding::ALL.map(TextEncoding::name).join(", ");
    let found = TextEncoding::ALL.into_iter().find(|encoding| encoding.name() == text);
    found.ok_or_else(|| Error::new(Kind::Input, format!("the encoding `{text}` is not known")).hint(format!("there are {known}")))
}

fn text(report: &PlainReport, file: &Path) -> String {
    let mut text = String::new();
    for fault in report.faults.iter().take(FAULTS_SHOWN) {
        text.push_str(&format!("{}:{}: {}/{}: {}\n", file.display(), fault.row, fault.error, fault.rule, fault.message));
    }
    if report.faults.len() > FAULTS_SHOWN {
        text.push_str(&format!("… and {} more (all of them with --json)\n", report.faults.len() - FAULTS_SHOWN));
    }
    report.unchecked.iter().for_each(|what| text.push_str(&format!("not checked, since the other table is not at hand: whether {what}\n")));
    let rows = plural(report.rows, "row", "rows");
    match report.faults.len() as u64 {
        0 => text.push_str(&format!("{rows}, all as the schema says\n")),
        count => text.push_str(&format!("{rows}, {}\n", plural(count, "fault", "faults"))),
    }
    text
}

fn as_json(report: &PlainReport, file: &Path, schema: &Path) -> Value {
    let faults: Vec<Value> = report
        .faults
        .iter()
        .map(|fault| json!({"row": fault.row, "field": fault.field, "error": fault.error, "rule": fault.rule, "message": fault.message}))
        .collect();
    json!({
        "file": file.display().to_string(),
        "schema": schema.display().to_string(),
        "rows": report.rows,
        "faults": faults,
        "unchecked": report.unchecked,
        "clean": report.faults.is_empty(),
    })
}
