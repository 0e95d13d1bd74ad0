//! Figures of what offices sent and what became of it, by feed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::calendar::{State, reports};
use crate::project::Project;
use crate::warehouse::{RowCounts, Submission};

/// Lateness is told of reports that were due in so many days before now.
const RECENT: TimeDelta = TimeDelta::days(92);

/// What is known of a feed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feed {
    /// Rows of every delivery that was ever judged.
    pub rows: RowCounts,
    /// Deliveries that were ever judged, by what became of them.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Of the rows read in the last run that read any, the share with faults; nothing where none was ever read.
    pub quarantined: Option<f64>,
    /// Reports that are past their day and not excused, and of which nothing was received that was not refused.
    pub missing: u64,
    /// The day on which the oldest of these was due.
    pub missing_since: Option<NaiveDate>,
    /// How many days after its day the latest report came, of those that were due lately; 0 where all came in time.
    pub late_days: i64,
}

/// What is known of every feed, at a moment.
pub fn feeds(project: &Project, submissions: &[Submission], now: DateTime<Utc>) -> BTreeMap<String, Feed> {
    let mut feeds: BTreeMap<String, Feed> = project.pipelines.iter().map(|pipeline| (pipeline.contract.feed.as_str().to_owned(), Feed::default())).collect();
    let mut last: BTreeMap<&str, &Submission> = BTreeMap::new();
    for submission in submissions {
        let feed = feeds.entry(submission.feed.clone()).or_default();
        feed.rows += submission.rows;
        *feed.deliveries.entry(submission.outcome.as_str()).or_default() += 1;
        if submission.rows.read > 0 && last.get(submission.feed.as_str()).is_none_or(|last| last.loaded_at <= submission.loaded_at) {
            last.insert(&submission.feed, submission);
        }
    }
    for (name, last) in last {
        let of_run = submissions.iter().filter(|submission| submission.feed == name && submission.run_id == last.run_id);
        let mut rows = RowCounts::default();
        of_run.for_each(|submission| rows += submission.rows);
        // Of a delivery that is refused whole the faulty rows are not told apart.
        feeds.entry(name.to_owned()).or_default().quarantined = Some(share(rows.quarantined + rows.refused, rows.read));
    }
    note_owed(&mut feeds, project, submissions, now);
    feeds
}

fn note_owed(feeds: &mut BTreeMap<String, Feed>, project: &Project, submissions: &[Submission], now: DateTime<Utc>) {
    let scheduled: BTreeSet<&str> = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect();
    for report in reports(project, submissions, now).iter().filter(|report| scheduled.contains(report.feed)) {
        let (Some(feed), Some(owed)) = (feeds.get_mut(report.feed), &report.owed) else { continue };
        if report.is_lacking(now) {
            feed.missing += 1;
            feed.missing_since = Some(feed.missing_since.map_or(owed.due_on, |since| since.min(owed.due_on)));
        } else if report.state == State::Late && owed.due_until >= now - RECENT {
            let late = report.first_received.map_or(0, |first| (first - owed.due_until).num_days() + 1);
            feed.late_days = feed.late_days.max(late);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to look at")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
