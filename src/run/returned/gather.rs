//! Which returned workbooks there are, and for which slots.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{GONE, Places, ReturnedFile, STALE};
use crate::error::Result;
use crate::project::Project;
use crate::read::{Mended, Passport, STRUCTURE};
use crate::run::Feeds;
use crate::run::pull::{Found, Listing};
use crate::warehouse::{Submission, SubmissionOutcome};

/// A file among returned workbooks that cannot be told to be of a delivery; it is looked at again with every run.
#[derive(Debug, Clone)]
pub struct Stray {
    /// The file.
    pub path: String,
    /// In whose folder it lies.
    pub office: String,
    /// When it was received.
    pub received: DateTime<Utc>,
    /// What is wrong.
    pub error: &'static str,
    /// The same for people.
    pub reason: String,
}

/// What was found among returned workbooks beside those that are new.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Files that cannot be told to be of a delivery.
    pub strays: Vec<Stray>,
    /// Workbooks that were refused before and still are.
    pub still_refused: Vec<Submission>,
    /// By feed, how many are settled.
    pub known: BTreeMap<String, u64>,
}

impl Gathered {
    /// Keeps what is of feeds that are wanted, and files of which nobody knows.
    pub fn keep(&mut self, wanted: &Feeds) {
        self.still_refused.retain(|submission| wanted.holds(&submission.feed));
        self.known.retain(|feed, _| wanted.holds(feed));
    }
}

/// Adds returned workbooks to what the sources hold: those that are not settled by a submission, or all.
///
/// # Errors
/// `Unavailable` where a workbook cannot be read.
pub async fn gather(places: &Places, listing: &mut Listing, submissions: Option<&[Submission]>) -> Result<Gathered> {
    let mut gathered = Gathered::default();
    listing.unclaimed.retain(|path| !places.returned.contains_key(path));
    for file in places.returned.values() {
        let last = submissions.and_then(|all| all.iter().rev().find(|submission| submission.path == file.path)).filter(|last| is_same(last, file));
        match last {
            Some(last) if last.outcome != SubmissionOutcome::Refused || last.error.as_deref() == Some(STALE) => {
                *gathered.known.entry(last.feed.clone()).or_default() += 1;
            }
            _ => match delivery(places, file).await? {
                Ok(found) => match last.filter(|last| found.judged_by(&places.project) == last.contract) {
                    Some(last) => gathered.still_refused.push(last.clone()),
                    None => listing.found.push(found),
                },
                Err((error, reason)) => {
                    gathered.strays.push(Stray { path: file.path.clone(), office: file.office.to_string(), received: file.received, error, reason })
                }
            },
        }
    }
    listing.found.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(gathered)
}

fn is_same(last: &Submission, file: &ReturnedFile) -> bool {
    last.size == file.size && last.modified_at.timestamp_micros() == file.modified.timestamp_micros()
}

/// A workbook as a delivery for its slot, or why it is none.
async fn delivery(places: &Places, file: &ReturnedFile) -> Result<std::result::Result<Found, (&'static str, String)>> {
    let passport = match Passport::of(&places.page(file).await?.bytes) {
        Ok(passport) => passport,
        Err(refusal) => return Ok(Err((refusal.error, refusal.message))),
    };
    if let Some(reason) = misplaced(&passport.mended, &places.project, file) {
        return Ok(Err((STRUCTURE, reason)));
    }
    let Some(source) = places.source(&passport.mended.path).await? else {
        let reason = format!("{} is no longer at its source: put it back, or send the extract anew", passport.mended.path);
        return Ok(Err((GONE, reason)));
    };
    let found = file.found(&passport.mended, source);
    Ok(found.ok_or_else(|| (STRUCTURE, "the workbook names no reporting period".to_owned())))
}

/// Why a workbook cannot be for where it lies.
fn misplaced(mended: &Mended, project: &Project, file: &ReturnedFile) -> Option<String> {
    if mended.project != project.name {
        return Some(format!("the workbook is of the project `{}`, not of `{}`", mended.project, project.name));
    }
    if mended.office != file.office.as_str() {
        return Some(format!("the workbook is of the office {}, and lies in the folder of {}", mended.office, file.office));
    }
    project.pipeline(&mended.feed).is_none().then(|| format!("the project has no feed `{}`", mended.feed))
}
