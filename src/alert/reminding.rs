//! Reminders of reports, gathered so that one message names all offices of a feed, month and due day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::reminders;
use crate::project::Project;
use crate::warehouse::Submission;

/// Reports of which some offices are reminded at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminding {
    /// The feed.
    pub feed: String,
    /// The month.
    pub period: String,
    /// The last day on which the report is in time.
    pub due_on: NaiveDate,
    /// True where that day is over.
    pub is_overdue: bool,
    /// The offices, in order of precedence.
    pub offices: Vec<String>,
}

/// Those that fall after `from` and not after `until`, of each report only the last; by due day, feed and month.
pub fn falling(project: &Project, submissions: &[Submission], from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Reminding> {
    let mut gathered: BTreeMap<(NaiveDate, String, String, bool), Vec<String>> = BTreeMap::new();
    for reminder in reminders(project, submissions, from, until) {
        gathered.entry((reminder.due_on, reminder.feed, reminder.period, reminder.is_overdue)).or_default().push(reminder.office);
    }
    let place = |office: &String| project.offices.iter().position(|known| known.code.as_str() == office);
    let whole = |((due_on, feed, period, is_overdue), mut offices): ((NaiveDate, String, String, bool), Vec<String>)| {
        offices.sort_by_key(place);
        Reminding { feed, period, due_on, is_overdue, offices }
    };
    gathered.into_iter().map(whole).collect()
}
