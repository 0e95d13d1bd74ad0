//! Columns that are not as the schema says, in words.

use super::numbers::grouped;
use super::words::{Word, say};
use crate::project::Lang;
use crate::read::{DriftEffect, DriftKind};
use crate::run::{DriftLine, Drifted};

/// The drift of current deliveries, a line each under a heading; nothing where there is none.
pub fn standing(lang: Lang, drift: &[Drifted]) -> String {
    if drift.is_empty() {
        return String::new();
    }
    let mut lines: Vec<String> = Vec::new();
    // Columns that tags tell are as they should be: those of an office's reports share a line.
    let same = |a: &&Drifted, b: &&Drifted| is_tagged(a) && is_tagged(b) && (&a.feed, &a.office, &a.periods) == (&b.feed, &b.office, &b.periods);
    let all: Vec<&Drifted> = drift.iter().collect();
    for group in all.chunk_by(same) {
        let fields: Vec<&str> = group.iter().filter_map(|drifted| drifted.line.field.as_deref()).collect();
        let told = if group.len() > 1 { say(lang, Word::DriftByTags, &[&fields.join(", ")]) } else { what(lang, &group[0].line) };
        lines.push(say(lang, Word::DriftOf, &[&group[0].office, &group[0].feed, &when(lang, &group[0].periods), &told]));
    }
    format!("\n{}\n{}", Word::DriftHeading.text(lang), lines.iter().map(|line| format!("  {line}\n")).collect::<String>())
}

fn is_tagged(drifted: &Drifted) -> bool {
    drifted.line.effect == DriftEffect::Accepted
}

fn when(lang: Lang, periods: &[String]) -> String {
    let count = grouped(lang, &periods.len().to_string());
    let reports = say(lang, if periods.len() == 1 { Word::DriftOneReport } else { Word::DriftReports }, &[&count]);
    match periods {
        [first, .., last] => format!("{first} … {last}, {reports}"),
        [only] => only.clone(),
        [] => reports,
    }
}

/// What a drift is and what became of it.
pub fn what(lang: Lang, line: &DriftLine) -> String {
    let field = line.field.clone().unwrap_or_default();
    let place = place(lang, line);
    let number = |number: Option<u64>| grouped(lang, &number.unwrap_or_default().to_string());
    let told = match (line.kind, line.effect) {
        (DriftKind::New, _) => say(lang, Word::DriftNew, &[&place, &number(line.rows)]),
        (DriftKind::Missing, _) => say(lang, Word::DriftMissing, &[&field]),
        (DriftKind::Renamed, DriftEffect::Accepted) => say(lang, Word::DriftTagged, &[&place, &field]),
        (DriftKind::Renamed, _) => say(lang, Word::DriftRenamed, &[&place, &field]),
        (DriftKind::Retyped, _) => say(lang, Word::DriftRetyped, &[&field, &number(line.rows), &number(line.filled)]),
    };
    let sheet = line.sheet.as_ref().map_or_else(String::new, |sheet| format!(" [{sheet}]"));
    format!("{told}{sheet}; {}", effect(line).text(lang))
}

fn place(lang: Lang, line: &DriftLine) -> String {
    let at = line.column.map(|column| column.to_string()).unwrap_or_default();
    let place = match line.record {
        Some(row) => say(lang, Word::DriftKey, &[&at, &row.to_string()]),
        None => say(lang, Word::DriftColumn, &[&at]),
    };
    line.label.as_ref().map_or(place.clone(), |label| format!("`{label}` ({place})"))
}

fn effect(line: &DriftLine) -> Word {
    match (line.effect, line.kind) {
        (DriftEffect::Accepted, _) => Word::DriftAccepted,
        (DriftEffect::Ignored, DriftKind::New) => Word::DriftDropped,
        (DriftEffect::Ignored, _) => Word::DriftEmpty,
        (DriftEffect::Quarantined, _) => Word::DriftSetAside,
        (DriftEffect::Refused, _) => Word::DriftRefused,
    }
}
