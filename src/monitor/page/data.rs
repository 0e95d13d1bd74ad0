//! Of what was delivered, loaded and released.

use std::fmt;

use chrono::NaiveTime;

use super::{Families, Labels, NONE, number, seconds};
use crate::monitor::feeds::Feed;
use crate::monitor::gather::Figures;
use crate::warehouse::{RowCounts, SubmissionOutcome};

type Count = fn(&RowCounts) -> u64;

/// What may become of a row.
const ROWS: [(&str, Count); 5] = [
    ("loaded", |rows| rows.loaded),
    ("quarantined", |rows| rows.quarantined),
    ("superseded", |rows| rows.superseded),
    ("excluded", |rows| rows.excluded),
    ("refused", |rows| rows.refused),
];

/// Figures by feed, and of the warehouse.
pub fn of_feeds(page: &mut Families<'_>, figures: &Figures) -> fmt::Result {
    let all = || figures.feeds.iter();
    let rows = all().flat_map(|(feed, known)| ROWS.map(|(outcome, get)| (and(feed, outcome), get(&known.rows))));
    page.counter("rows", "Rows of all deliveries that were ever judged, by what became of them, from the warehouse; judged anew counts again", rows)?;
    let deliveries = all().flat_map(|(feed, known)| {
        OUTCOMES.map(|outcome| outcome.as_str()).map(|outcome| (and(feed, outcome), known.deliveries.get(outcome).copied().unwrap_or_default()))
    });
    page.counter("deliveries", "Deliveries that were ever judged, by what became of them, from the warehouse", deliveries)?;
    let quarantined = all().filter_map(|(feed, known)| Some((of(feed), known.quarantined?)));
    page.gauge("feed_quarantined_ratio", "Of the rows read in the last run that read any, the share set aside with faults or refused", quarantined)?;
    let of_each = |get: fn(&Feed) -> f64| all().map(move |(feed, known)| (of(feed), get(known)));
    page.gauge("feed_missing_reports", "Reports past their day of which nothing was received that could be loaded", of_each(|known| number(known.missing)))?;
    let since = all().filter_map(|(feed, known)| Some((of(feed), seconds(known.missing_since?.and_time(NaiveTime::MIN).and_utc()))));
    page.gauge("feed_oldest_missing_timestamp_seconds", "The day on which the oldest missing report was due; absent where none is missing", since)?;
    page.gauge("feed_lateness_seconds", "How long after its day the latest report came, of those due in the last 92 days", of_each(lateness))?;
    page.gauge("release_number", "The number of the last release", figures.release.map(|(number, _)| (NONE, self::number(number))))?;
    page.gauge("release_timestamp_seconds", "When the last release was made", figures.release.map(|(_, made)| (NONE, seconds(made))))?;
    let bytes = |bytes: Option<u64>| bytes.map(|bytes| (NONE, number(bytes)));
    page.gauge("ledger_size_bytes", "What the schedule's ledger takes on the disk", bytes(figures.ledger_bytes))?;
    page.gauge("warehouse_size_bytes", "What the warehouse takes on the disk", bytes(figures.warehouse_bytes))?;
    page.gauge("warehouse_free_bytes", "What is free on the disk of the warehouse", bytes(figures.free_bytes))
}

const OUTCOMES: [SubmissionOutcome; 4] = [SubmissionOutcome::Loaded, SubmissionOutcome::Unchanged, SubmissionOutcome::Outdated, SubmissionOutcome::Refused];

fn lateness(known: &Feed) -> f64 {
    number(u64::try_from(known.late_days).unwrap_or_default() * 86_400)
}

fn of(feed: &str) -> Labels {
    vec![("feed", feed.to_owned())]
}

fn and(feed: &str, outcome: &str) -> Labels {
    vec![("feed", feed.to_owned()), ("outcome", outcome.to_owned())]
}
