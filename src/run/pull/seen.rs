//! What earlier runs made of the paths that are found again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::period::Period;
use crate::project::{Office, Project, Source};
use crate::warehouse::{Submission, SubmissionOutcome};

/// The submissions of every path, and the present.
pub struct Seen<'a> {
    /// When this run began.
    pub now: DateTime<Utc>,
    newest: BTreeMap<(&'a str, &'a str), &'a Submission>,
    loaded: BTreeMap<(&'a str, &'a str), &'a Submission>,
}

impl<'a> Seen<'a> {
    /// What is known of submissions, which stand in the order in which they were judged.
    pub fn of(submissions: &'a [Submission], now: DateTime<Utc>) -> Self {
        let by_path = |submission: &'a Submission| ((submission.feed.as_str(), submission.path.as_str()), submission);
        Self {
            now,
            newest: submissions.iter().map(by_path).collect(),
            loaded: submissions.iter().filter(|submission| submission.outcome != SubmissionOutcome::Refused).map(by_path).collect(),
        }
    }

    /// The newest submission of a path.
    pub fn newest(&self, feed: &str, path: &str) -> Option<&'a Submission> {
        self.newest.get(&(feed, path)).copied()
    }

    /// The submission of a path that needs no other look: its month lies before those that are looked at again.
    pub fn settled(&self, feed: &str, path: &str, is_old: bool) -> Option<&'a Submission> {
        self.loaded.get(&(feed, path)).copied().filter(|_| is_old)
    }
}

/// The months of a source and an office up to `last`: of the project, of the source, and while the office works.
pub fn months(project: &Project, source: &Source, office: &Office, last: Period) -> Vec<Period> {
    let first = source.periods.first.map_or(project.first_period, |first| first.max(project.first_period));
    let last = source.periods.last.map_or(last, |end| end.min(last));
    Period::range(last.kind(), first.start(), last.start()).filter(|month| office.is_open_in(*month)).collect()
}
