//! How the share of faulty rows moves from period to period.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::quarantine::{QuarantineFilter, quarantine};
use crate::error::Result;
use crate::period::Period;
use crate::warehouse::{Submission, Warehouse, live_of};

/// What rows are told apart by, beside the reporting month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The feed.
    Feed,
    /// The office.
    Office,
    /// Error and rule.
    Rule,
}

/// Faulty rows of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrendLine {
    /// The reporting month.
    pub period: String,
    /// The feed, where asked for.
    pub feed: Option<String>,
    /// The office, where asked for.
    pub office: Option<String>,
    /// Frictionless's name of the error, where rules are asked for.
    pub error: Option<String>,
    /// The rule, where asked for.
    pub rule: Option<String>,
    /// Rows read of these deliveries.
    pub read: u64,
    /// Rows with such a fault; of a delivery that was refused whole, too.
    pub faulty: u64,
    /// Faulty rows in percent of those read; nothing where none was read.
    pub percent: Option<f64>,
    /// Percentage points more than in the month before; nothing where that has no share.
    pub change: Option<f64>,
}

/// A line by what it is told apart by, without its month.
type Group = (Option<String>, Option<String>, Option<(String, String)>);

/// Faulty rows, by submission, sheet and number, of every month and group.
type FaultyRows = BTreeMap<(Period, Group), BTreeSet<(String, Option<String>, i64)>>;

/// Faulty rows by month and whatever else is asked for, oldest first. Of each slot the newest delivery counts.
///
/// # Errors
/// `Unavailable` where the table cannot be read.
pub async fn trend(warehouse: &Warehouse, filter: &QuarantineFilter, by: &BTreeSet<By>) -> Result<Vec<TrendLine>> {
    let submissions = warehouse.read_submissions().await?;
    let newest = newest(&submissions, filter);
    let mut read: BTreeMap<(Period, Group), u64> = BTreeMap::new();
    for one in &newest {
        let Ok(period) = one.period.parse::<Period>() else { continue };
        *read.entry((period, group(by, &one.feed, &one.office, None))).or_default() += one.rows.read;
    }
    let mut faulty = FaultyRows::new();
    let ids: BTreeSet<&str> = newest.iter().map(|one| one.submission_id.as_str()).collect();
    for line in quarantine(warehouse, &QuarantineFilter { all_revisions: true, ..filter.clone() }).await? {
        let Ok(period) = line.period.parse::<Period>() else { continue };
        if ids.contains(line.submission.as_str()) && !super::to_mend::FAULTLESS.contains(&line.error.as_str()) {
            let rule = (line.error, line.rule);
            faulty.entry((period, group(by, &line.feed, &line.office, Some(rule)))).or_default().insert((line.submission, line.sheet, line.row));
        }
    }
    // A fault that no longer stands in any row is told with a zero.
    let groups: BTreeSet<Group> =
        if by.contains(&By::Rule) { faulty.keys().map(|(_, group)| group.clone()).collect() } else { read.keys().map(|(_, group)| group.clone()).collect() };
    let is_read = |period: Period, (feed, office, _): &Group| read.contains_key(&(period, (feed.clone(), office.clone(), None)));
    let periods: BTreeSet<Period> = read.keys().map(|(period, _)| *period).collect();
    let keys = periods.iter().flat_map(|period| groups.iter().map(move |group| (*period, group.clone()))).filter(|(period, group)| is_read(*period, group));
    Ok(lines(keys.collect(), &read, &faulty))
}

fn lines(keys: BTreeSet<(Period, Group)>, read: &BTreeMap<(Period, Group), u64>, faulty: &FaultyRows) -> Vec<TrendLine> {
    let counts = |period: Period, group: &Group| {
        let (feed, office, _) = group.clone();
        let rows = read.get(&(period, (feed, office, None))).copied().unwrap_or_default();
        (rows, faulty.get(&(period, group.clone())).map_or(0, |rows| rows.len() as u64))
    };
    let line = |(period, group): (Period, Group)| {
        let (rows, bad) = counts(period, &group);
        let before = before(period).and_then(|before| {
            let (rows, bad) = counts(before, &group);
            percent(bad, rows)
        });
        let percent = percent(bad, rows);
        let (feed, office, rule) = group;
        let (error, rule) = rule.unzip();
        let change = percent.zip(before).map(|(now, before)| now - before);
        TrendLine { period: period.to_string(), feed, office, error, rule, read: rows, faulty: bad, percent, change }
    };
    keys.into_iter().map(line).collect()
}

/// The newest delivery of each slot that is wanted: of those that have rows, the last received.
fn newest<'s>(submissions: &'s [Submission], filter: &QuarantineFilter) -> Vec<&'s Submission> {
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    let live = live_of(submissions);
    let mut newest: BTreeMap<(&str, &str, &str), &Submission> = BTreeMap::new();
    for one in submissions.iter().filter(|one| is(&filter.feed, &one.feed) && is(&filter.office, &one.office) && is(&filter.period, &one.period)) {
        let is_later = live.newest(one.slot()).is_none_or(|loaded| one.submission_id == loaded.submission_id || one.received_at > loaded.received_at);
        if is_later && one.rows.read > 0 {
            let known = newest.entry(one.slot()).or_insert(one);
            if one.received_at > known.received_at {
                *known = one;
            }
        }
    }
    newest.into_values().collect()
}

fn group(by: &BTreeSet<By>, feed: &str, office: &str, rule: Option<(String, String)>) -> Group {
    let told = |kind: By, value: &str| by.contains(&kind).then(|| value.to_owned());
    (told(By::Feed, feed), told(By::Office, office), rule.filter(|_| by.contains(&By::Rule)))
}

#[expect(clippy::cast_precision_loss, reason = "a share of rows needs no more than 52 bits")]
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 10.0)
}

/// The period of the same length before.
fn before(period: Period) -> Option<Period> {
    Some(Period::containing(period.kind(), period.start().pred_opt()?))
}
