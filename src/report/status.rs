//! What came and what did not: offices × feeds × periods, and the last runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::error::Result;
use crate::model::{known_until, owed};
use crate::project::Project;
use crate::run::{Drifted, standing_drift};
use crate::warehouse::{RunRecord, Submission, SubmissionOutcome, Warehouse};

/// What became of a report that an office owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// It came by the day it was due.
    OnTime,
    /// It came later.
    Late,
    /// It was refused, and nothing better came.
    Refused,
    /// It has not come.
    Missing,
    /// It came although none was owed.
    Unowed,
}

/// The reports of a feed.
#[derive(Debug, Clone, Serialize)]
pub struct Matrix {
    /// The feed.
    pub feed: String,
    /// The months, oldest first.
    pub periods: Vec<String>,
    /// By office in order of precedence: a report per month, nothing where none was owed and none came.
    pub offices: Vec<(String, Vec<Option<Report>>)>,
}

/// What came and what was done.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The last runs, newest first.
    pub runs: Vec<RunRecord>,
    /// The newest release.
    pub release: Option<u64>,
    /// When the newest delivery was received.
    pub known_until: Option<String>,
    /// By feed.
    pub feeds: Vec<Matrix>,
    /// How the columns of current deliveries differ from their schemas.
    pub drift: Vec<Drifted>,
}

/// The status of a warehouse: the last `runs` runs and, per feed, the last `months` months.
///
/// # Errors
/// `Unavailable` where it cannot be read.
pub async fn status(project: &Project, warehouse: &Warehouse, runs: usize, months: usize) -> Result<Status> {
    let submissions = warehouse.read_submissions().await?;
    let release = warehouse.latest_release().await?.map(|release| release.rihla.release);
    let until = known_until(&submissions);
    let drift = standing_drift(&submissions)?;
    let reports = reports(project, &submissions);
    let feeds = project.pipelines.iter().map(|pipeline| matrix(project, pipeline.contract.feed.as_str(), &reports, months)).collect();
    Ok(Status { runs: warehouse.last_runs(runs).await?, release, known_until: until.map(|at| at.format("%Y-%m-%d").to_string()), feeds, drift })
}

type Reports = BTreeMap<(String, String, String), Report>;

fn reports(project: &Project, submissions: &[Submission]) -> Reports {
    let mut reports = Reports::new();
    let slot = |office: &str, feed: &str, period: &str| (feed.to_owned(), office.to_owned(), period.to_owned());
    let mut due = BTreeMap::new();
    for report in owed(project, known_until(submissions).map(|at| at.date_naive())) {
        let key = slot(report.office, report.feed, &report.period.to_string());
        due.insert(key.clone(), report.due_on);
        reports.insert(key, Report::Missing);
    }
    let mut oldest_first: Vec<&Submission> = submissions.iter().collect();
    oldest_first.sort_by_key(|submission| submission.received_at);
    for submission in oldest_first {
        let key = slot(&submission.office, &submission.feed, &submission.period);
        let report = match (submission.outcome, due.get(&key)) {
            (SubmissionOutcome::Refused, _) => Report::Refused,
            (_, None) => Report::Unowed,
            (_, Some(due)) if submission.received_at.date_naive() <= *due => Report::OnTime,
            _ => Report::Late,
        };
        // The first report that was not refused decides.
        let known = reports.entry(key).or_insert(report);
        if matches!(known, Report::Missing | Report::Refused) {
            *known = report;
        }
    }
    reports
}

fn matrix(project: &Project, feed: &str, reports: &Reports, months: usize) -> Matrix {
    let of_feed: Vec<_> = reports.iter().filter(|((of, _, _), _)| of == feed).collect();
    let periods: BTreeSet<&String> = of_feed.iter().map(|((_, _, period), _)| period).collect();
    let skip = periods.len().saturating_sub(months);
    let periods: Vec<String> = periods.into_iter().skip(skip).cloned().collect();
    let mut offices = Vec::new();
    for office in &project.offices {
        let code = office.code.as_str().to_owned();
        let line: Vec<Option<Report>> = periods.iter().map(|period| reports.get(&(feed.to_owned(), code.clone(), period.clone())).copied()).collect();
        if line.iter().any(Option::is_some) {
            offices.push((code, line));
        }
    }
    Matrix { feed: feed.to_owned(), periods, offices }
}
