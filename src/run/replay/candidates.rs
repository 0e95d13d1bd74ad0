//! Which deliveries were judged by something else than holds now, and which of them are still at the sources.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Which;
use crate::project::{Project, Source};
use crate::run::pull::{Found, Listing, refused};
use crate::warehouse::{Live, LiveSubmission, Submission, live_of};

/// A delivery that can be judged anew.
pub struct Candidate<'a> {
    /// The extract, as it lies at the source.
    pub found: &'a Found,
    /// What was loaded of it.
    pub submission: &'a Submission,
}

/// A report that cannot be judged anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotReplayed {
    /// The feed.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting period.
    pub period: String,
    /// The extract.
    pub path: String,
    /// Why.
    pub why: String,
}

impl NotReplayed {
    /// A report with the reason.
    pub fn of(submission: &Submission, why: &str) -> Self {
        Self {
            feed: submission.feed.clone(),
            office: submission.office.clone(),
            period: submission.period.clone(),
            path: submission.path.clone(),
            why: why.to_owned(),
        }
    }
}

/// Deliveries to judge anew.
pub struct Candidates<'a> {
    /// Those that count.
    pub loaded: Vec<Candidate<'a>>,
    /// Those that were refused.
    pub refused: Vec<&'a Found>,
    /// Those that cannot be judged anew.
    pub not_replayed: Vec<NotReplayed>,
}

impl<'a> Candidates<'a> {
    /// Finds them, without reading an extract.
    pub fn find(project: &Project, listing: &'a Listing, submissions: &'a [Submission], which: &Which) -> Self {
        let by_path = by_path(listing);
        let mut candidates = Self { loaded: Vec::new(), refused: Vec::new(), not_replayed: Vec::new() };
        let live = live_of(submissions);
        let wanted = live.iter().filter(|one| which.wants(&one.submission.feed, &one.submission.office, &one.submission.period));
        for one in wanted.filter(|one| is_judged_otherwise(project, &by_path, one)) {
            match at_source(&by_path, listing, one.submission) {
                Ok(found) => candidates.loaded.push(Candidate { found, submission: one.submission }),
                Err(why) => candidates.not_replayed.push(NotReplayed::of(one.submission, why)),
            }
        }
        let again = refused(listing, submissions).into_iter().filter(|(found, last)| found.judged_by(project) != last.contract);
        candidates.refused =
            again.map(|(found, _)| found).filter(|found| which.wants(found.feed.as_str(), found.office.as_str(), &found.period.to_string())).collect();
        candidates
    }
}

/// How many reports that count were judged by something else than holds now, of those that are still at the sources.
pub fn judged_otherwise(project: &Project, listing: &Listing, live: &Live<'_>) -> u64 {
    let by_path = by_path(listing);
    let otherwise = live.iter().filter(|one| is_judged_otherwise(project, &by_path, one) && at_source(&by_path, listing, one.submission).is_ok());
    otherwise.count() as u64
}

type ByPath<'a> = BTreeMap<(&'a str, &'a str), &'a Found>;

fn by_path(listing: &Listing) -> ByPath<'_> {
    listing.found.iter().map(|found| ((found.feed.as_str(), found.path.as_str()), found)).collect()
}

/// A feed that the project has no more is nobody's to judge; an extract that no source claims is told where it is sought.
fn is_judged_otherwise(project: &Project, by_path: &ByPath<'_>, one: &LiveSubmission<'_>) -> bool {
    let submission = one.submission;
    let Some(pipeline) = project.pipeline(&submission.feed) else { return false };
    if submission.amends.is_some() {
        // A returned workbook lies in no source's place; it is written as the extract is that it mends.
        let found = by_path.get(&(submission.feed.as_str(), submission.path.as_str()));
        return found.is_none_or(|found| found.judged_by(project) != one.contract);
    }
    let claims = |source: &&std::sync::Arc<Source>| {
        let placed = source.template.place(&submission.path);
        placed.is_some_and(|placed| source.offices.contains(&placed.office) && source.periods.hold(placed.period))
    };
    let source = pipeline.sources.iter().find(claims);
    source.is_none_or(|source| project.judged_by(source, &submission.office) != one.contract)
}

/// The extract of a submission where it still lies at the source as it did; else the reason.
fn at_source<'a>(by_path: &ByPath<'a>, listing: &Listing, submission: &Submission) -> Result<&'a Found, &'static str> {
    let Some(found) = by_path.get(&(submission.feed.as_str(), submission.path.as_str())).copied() else {
        let is_out_of_reach = listing.unreachable.iter().any(|(feed, _)| feed.as_str() == submission.feed);
        return Err(if is_out_of_reach { "a source of the feed is out of reach" } else { "it is not at the source any more" });
    };
    let is_slot = (found.office.as_str(), found.period.to_string().as_str()) == (submission.office.as_str(), submission.period.as_str());
    let is_received = found.received.timestamp_micros() == submission.received_at.timestamp_micros();
    // Some sources tell no size before a file is read.
    match (is_slot && is_received, found.size == submission.size || found.size == 0) {
        (false, _) => Err("its place says another office, period or day than it did"),
        (true, false) => Err("it says something else now"),
        (true, true) => Ok(found),
    }
}
