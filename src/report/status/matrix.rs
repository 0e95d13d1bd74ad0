//! Reports by office and month, and the numbers that DHIS2 makes of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::calendar::{self, Numbers, Report, State};
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::Submission;

/// Which reports are shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The last so many months of each feed.
    pub months: usize,
    /// Of these feeds; all where empty.
    pub feeds: Vec<String>,
    /// Of these offices; all where empty.
    pub offices: Vec<String>,
}

impl Shown {
    /// Fails where a feed or an office is asked for that there is not.
    ///
    /// # Errors
    /// `Input`, with the nearest name.
    pub fn check(&self, project: &Project) -> Result<()> {
        let feeds: Vec<&str> = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect();
        let offices: Vec<&str> = project.offices.iter().map(|office| office.code.as_str()).collect();
        for (wanted, known, what) in [(&self.feeds, &feeds, "feed"), (&self.offices, &offices, "office")] {
            if let Some(name) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
                let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| format!("there are {}", known.join(", ")));
                return Err(Error::new(Kind::Input, format!("the project has no {what} `{name}`")).hint(hint));
            }
        }
        Ok(())
    }

    /// True where a report is asked for, whatever its month.
    pub fn holds(&self, feed: &str, office: &str) -> bool {
        let is_wanted = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|known| known == name);
        is_wanted(&self.feeds, feed) && is_wanted(&self.offices, office)
    }
}

/// The reports of a feed.
#[derive(Debug, Clone, Serialize)]
pub struct Matrix {
    /// The feed.
    pub feed: String,
    /// The months, oldest first.
    pub periods: Vec<String>,
    /// By office in order of precedence: a report per month, nothing where none was owed and none came.
    pub offices: Vec<(String, Vec<Option<State>>)>,
}

/// The numbers of an office's reports.
#[derive(Debug, Clone, Serialize)]
pub struct OfficeNumbers {
    /// The office.
    pub office: String,
    /// Its numbers, in the months shown.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// Reports of one office that need not come, with the one reason.
#[derive(Debug, Clone, Serialize)]
pub struct ExcusedReports {
    /// The office.
    pub office: String,
    /// Their months, oldest first.
    pub periods: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub approver: String,
    /// The day of the decision.
    pub on: NaiveDate,
}

/// A feed's reports with their numbers.
#[derive(Debug, Clone, Serialize)]
pub struct FeedNumbers {
    /// The reports.
    #[serde(flatten)]
    pub matrix: Matrix,
    /// By office, in the months shown.
    pub numbers: Vec<OfficeNumbers>,
    /// Of all of these offices.
    pub total: Numbers,
    /// Those that need not come, and did not.
    pub excused: Vec<ExcusedReports>,
}

/// The matrix with its numbers, as of a moment.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixWith {
    /// The moment at which reports were late, missing or not yet due.
    pub as_of: DateTime<Utc>,
    /// By feed.
    pub feeds: Vec<FeedNumbers>,
}

/// What has become of the reports that are asked for, with DHIS2's numbers.
///
/// # Errors
/// `Input` where a feed or an office is asked for that the project does not have.
pub fn numbers(project: &Project, submissions: &[Submission], as_of: DateTime<Utc>, shown: &Shown) -> Result<MatrixWith> {
    shown.check(project)?;
    let reports = calendar::reports(project, submissions, as_of);
    let feeds = of_feeds(project, &reports, shown).into_iter().map(|matrix| with_numbers(matrix, &reports));
    Ok(MatrixWith { as_of, feeds: feeds.collect() })
}

fn with_numbers(matrix: Matrix, reports: &[Report<'_>]) -> FeedNumbers {
    let months: BTreeSet<&str> = matrix.periods.iter().map(String::as_str).collect();
    let of_office = |office: &str| -> Vec<&Report<'_>> {
        reports.iter().filter(|report| report.feed == matrix.feed && report.office == office && months.contains(report.period.as_str())).collect()
    };
    let by_office: Vec<(&str, Vec<&Report<'_>>)> = matrix.offices.iter().map(|(office, _)| (office.as_str(), of_office(office))).collect();
    let numbers = by_office.iter().map(|(office, reports)| OfficeNumbers { office: (*office).to_owned(), numbers: Numbers::of(reports.iter().copied()) });
    let (numbers, total) = (numbers.collect(), Numbers::of(by_office.iter().flat_map(|(_, reports)| reports.iter().copied())));
    let excused = by_office.iter().flat_map(|(_, reports)| excused(reports)).collect();
    FeedNumbers { numbers, total, excused, matrix }
}

/// The excused reports of an office, those of one excuse together.
fn excused(reports: &[&Report<'_>]) -> Vec<ExcusedReports> {
    let mut found: Vec<ExcusedReports> = Vec::new();
    for report in reports.iter().filter(|report| report.state == State::Excused) {
        let Some(excuse) = report.owed.as_ref().and_then(|owed| owed.excuse) else { continue };
        match found.last_mut().filter(|last| last.reason == excuse.reason && last.approver == excuse.approver && last.on == excuse.on) {
            Some(last) => last.periods.push(report.period.clone()),
            None => found.push(ExcusedReports {
                office: report.office.to_owned(),
                periods: vec![report.period.clone()],
                reason: excuse.reason.clone(),
                approver: excuse.approver.clone(),
                on: excuse.on,
            }),
        }
    }
    found
}

/// A matrix for each feed that is asked for.
pub(super) fn of_feeds(project: &Project, reports: &[Report<'_>], shown: &Shown) -> Vec<Matrix> {
    let feeds = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str());
    let wanted = feeds.filter(|feed| shown.feeds.is_empty() || shown.feeds.iter().any(|known| known == feed));
    wanted.map(|feed| of_feed(project, feed, reports, shown)).collect()
}

fn of_feed(project: &Project, feed: &str, reports: &[Report<'_>], shown: &Shown) -> Matrix {
    let of_feed = reports.iter().filter(|report| report.feed == feed && shown.holds(feed, report.office));
    let states: BTreeMap<(&str, &str), State> = of_feed.map(|report| ((report.office, report.period.as_str()), report.state)).collect();
    let periods: BTreeSet<&str> = states.keys().map(|(_, period)| *period).collect();
    let skip = periods.len().saturating_sub(shown.months);
    let periods: Vec<String> = periods.into_iter().skip(skip).map(str::to_owned).collect();
    let mut offices = Vec::new();
    for office in &project.offices {
        let code = office.code.as_str();
        let line: Vec<Option<State>> = periods.iter().map(|period| states.get(&(code, period.as_str())).copied()).collect();
        if line.iter().any(Option::is_some) {
            offices.push((code.to_owned(), line));
        }
    }
    Matrix { feed: feed.to_owned(), periods, offices }
}
