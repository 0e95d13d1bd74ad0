//! Figures of what offices sent and what became of it, by feed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use crate::model::owed;
use crate::project::Project;
use crate::warehouse::{RowCounts, Submission, SubmissionOutcome};

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
    /// Reports that are past their day, and of which nothing was received that was not refused.
    pub missing: u64,
    /// The day on which the oldest of these was due.
    pub missing_since: Option<NaiveDate>,
    /// How many days after its day the latest report came, of those that were due lately; 0 where all came in time.
    pub late_days: i64,
}

/// What is known of every feed, on a day.
pub fn feeds(project: &Project, submissions: &[Submission], today: NaiveDate) -> BTreeMap<String, Feed> {
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
    note_owed(&mut feeds, project, submissions, today);
    feeds
}

fn note_owed(feeds: &mut BTreeMap<String, Feed>, project: &Project, submissions: &[Submission], today: NaiveDate) {
    let mut came: BTreeMap<(&str, &str, &str), NaiveDate> = BTreeMap::new();
    for submission in submissions.iter().filter(|submission| submission.outcome != SubmissionOutcome::Refused) {
        let on = submission.received_at.date_naive();
        came.entry(submission.slot()).and_modify(|first| *first = on.min(*first)).or_insert(on);
    }
    let scheduled: BTreeSet<&str> = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect();
    for report in owed(project, Some(today)).iter().filter(|report| report.due_on < today && scheduled.contains(report.feed)) {
        let Some(feed) = feeds.get_mut(report.feed) else { continue };
        match came.get(&(report.office, report.feed, report.period.to_string().as_str())) {
            None => {
                feed.missing += 1;
                feed.missing_since = Some(feed.missing_since.map_or(report.due_on, |since| since.min(report.due_on)));
            }
            Some(on) if report.due_on >= today - RECENT => feed.late_days = feed.late_days.max((*on - report.due_on).num_days()),
            Some(_) => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to look at")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
