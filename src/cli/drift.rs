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
    let lines = drift.iter().map(|drifted| {
        let count = grouped(lang, &drifted.periods.len().to_string());
        let reports = say(lang, if drifted.periods.len() == 1 { Word::DriftOneReport } else { Word::DriftReports }, &[&count]);
        let when = match (drifted.periods.first(), drifted.periods.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} … {last}, {reports}"),
            (Some(only), _) => only.clone(),
            (None, _) => reports,
        };
        format!("  {} {}, {when}: {}\n", drifted.office, drifted.feed, what(lang, &drifted.line))
    });
    format!("\n{}\n{}", Word::DriftHeading.text(lang), lines.collect::<String>())
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
