//! What a replay tells.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::held::Held;
use super::{NotReplayed, RunReport};
use crate::warehouse::{RowCounts, Submission};

/// What a replay did, or would do.
#[derive(Debug, Serialize)]
pub struct Replay {
    /// True where nothing was to be touched.
    pub is_dry_run: bool,
    /// Reports that say something else by the rules as they are now.
    pub reports: Vec<Rejudged>,
    /// How many reports were judged anew and say the same.
    pub same: u64,
    /// Reports that cannot be judged anew.
    pub not_replayed: Vec<NotReplayed>,
    /// What was built and released of it; absent in a dry run.
    pub run: Option<RunReport>,
}

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejudgedAs {
    /// It is loaded, and says something else.
    Changed,
    /// It was refused and is loaded now.
    Loaded,
    /// It was loaded and would be refused now; it stays as it was loaded.
    Refused,
}

/// A report judged anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejudged {
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting period.
    pub period: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// The extract.
    pub path: String,
    /// What becomes of it.
    pub becomes: RejudgedAs,
    /// Why it would be refused.
    pub reason: Option<String>,
    /// Its rows, by what became of them.
    pub rows_before: RowCounts,
    /// The same, as they would be now.
    pub rows_after: RowCounts,
    /// Rows that are loaded now, with the reasons for which they were not.
    pub loaded: Vec<RowTold>,
    /// Rows that were loaded, with the reasons for which they no longer are.
    pub set_aside: Vec<RowTold>,
    /// Rows that are still not loaded, for other reasons.
    pub other_reasons: Vec<RowTold>,
    /// By field, in how many rows that were loaded and still are it says something else.
    pub fields: BTreeMap<String, FieldChange>,
}

/// A row by its place, and why it is or was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RowTold {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The row or line.
    pub row: i64,
    /// The reasons; they hold no protected value.
    pub reasons: Vec<String>,
}

/// What a field says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// In how many rows.
    pub rows: u64,
    /// The first different changes, before and after; of open fields alone.
    pub examples: Vec<(Option<String>, Option<String>)>,
}

impl Rejudged {
    /// A report of which nothing is told yet.
    pub(super) fn of(submission: &Submission, becomes: RejudgedAs) -> Self {
        Self {
            feed: submission.feed.clone(),
            office: submission.office.clone(),
            period: submission.period.clone(),
            received_at: submission.received_at,
            path: submission.path.clone(),
            becomes,
            reason: None,
            rows_before: RowCounts::default(),
            rows_after: RowCounts::default(),
            loaded: Vec::new(),
            set_aside: Vec::new(),
            other_reasons: Vec::new(),
            fields: BTreeMap::new(),
        }
    }

    /// True where nothing is otherwise.
    pub fn says_the_same(&self) -> bool {
        self.becomes == RejudgedAs::Changed && self.loaded.is_empty() && self.set_aside.is_empty() && self.other_reasons.is_empty() && self.fields.is_empty()
    }
}

/// A delivery that was refused and can be loaded now.
pub(super) fn loadable(now: &Submission, held: &Held) -> Rejudged {
    let (rows_before, reason) = held.refused_before(&now.path);
    Rejudged { rows_before, reason, rows_after: now.rows, ..Rejudged::of(now, RejudgedAs::Loaded) }
}

/// A delivery that was loaded and would be refused now.
pub(super) fn refusable(before: &Submission, now: &Submission) -> Rejudged {
    Rejudged { reason: now.reason.clone(), rows_before: before.rows, rows_after: now.rows, ..Rejudged::of(before, RejudgedAs::Refused) }
}
