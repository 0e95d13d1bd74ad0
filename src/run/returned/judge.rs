//! A returned workbook judged: the whole delivery anew, with what it mends.

use chrono::Duration;

use super::{Content, GONE, Returned, STALE};
use crate::error::Result;
use crate::project::Pipeline;
use crate::read::{Mended, read_amended};
use crate::run::judge::{Course, Judge};
use crate::run::pull::Found;
use crate::run::standing::next_revision;
use crate::warehouse::{SlotLoad, Submission, SubmissionOutcome};

/// The error of a workbook of a delivery that the warehouse does not know.
const UNKNOWN: &str = "unknown-delivery";

impl Judge {
    /// Judges a returned workbook beside what is known of the slot.
    ///
    /// # Errors
    /// `Internal` where a row is not accounted for.
    pub(in crate::run) fn correction(
        &self,
        found: &Found,
        pipeline: &Pipeline,
        content: Content,
        returned: &Returned,
        known: &[Submission],
    ) -> Result<SlotLoad> {
        let (hash, period) = (content.hash.clone(), found.period.to_string());
        let known: Vec<Submission> = known.iter().filter(|one| one.slot() == (found.office.as_str(), found.feed.as_str(), period.as_str())).cloned().collect();
        let newest = newest(&known);
        let refused = |error: &str, reason: String| {
            // What may come right by itself has no content to be known by: it is tried again.
            let hash = if error == GONE { String::new() } else { hash.clone() };
            let mut load = self.refused(found, pipeline, hash, error, reason);
            load.submission.amends = Some(returned.mended.submission.clone());
            Ok(load)
        };
        if let Some(same) = newest.filter(|newest| newest.content_hash == hash && newest.outcome == SubmissionOutcome::Loaded) {
            return Ok(self.repeated(found, pipeline, hash, same));
        }
        let Some(newest) = newest.filter(|newest| is_of(&returned.mended, newest)) else {
            let (error, reason) = misses(&returned.mended, newest, &known);
            return refused(error, reason);
        };
        if found.received <= newest.received_at && found.received.date_naive() < newest.received_at.date_naive() {
            let reason = format!("the path says that the workbook was received on {}, before the delivery that it mends", found.received.date_naive());
            return refused("received-before-original", reason);
        }
        if let Some(refusal) = &returned.refusal {
            return refused(refusal.error, refusal.message.clone());
        }
        match read_amended(&content.pages, &content.amendments, &found.source, &pipeline.contract, &mut |_| {}) {
            Err(refusal) => return refused(refusal.error, refusal.message),
            Ok((_, 0)) if newest.outcome == SubmissionOutcome::Loaded && newest.contract == found.judged_by(&self.project) => {
                return Ok(self.repeated(found, pipeline, hash, newest));
            }
            Ok(_) => {}
        }
        let found = Found { received: found.received.max(newest.received_at + Duration::microseconds(1)), ..found.clone() };
        let course = Course { revision: next_revision(&known, newest.slot()), before: None, mends: Some((&returned.origin, &newest.submission_id)) };
        self.validate(&found, pipeline, content, &course)
    }

    fn repeated(&self, found: &Found, pipeline: &Pipeline, hash: String, same: &Submission) -> SlotLoad {
        let mut load = self.nothing_new(found, pipeline, hash, SubmissionOutcome::Unchanged, same.revision);
        load.submission.amends = Some(same.submission_id.clone());
        load
    }
}

/// The newest delivery of a slot of which rows can be mended: loaded, or refused for its many faults after that.
pub fn newest(known: &[Submission]) -> Option<&Submission> {
    let loaded = known.iter().filter(|submission| submission.outcome == SubmissionOutcome::Loaded).max_by_key(|submission| submission.revision);
    let faulty = known.iter().filter(|submission| {
        // A workbook that did not mend enough leaves what it mends as it is.
        submission.outcome == SubmissionOutcome::Refused && submission.set_aside_lines > 0 && submission.amends.is_none()
    });
    let later = faulty.filter(|submission| loaded.is_none_or(|loaded| submission.received_at > loaded.received_at));
    later.max_by_key(|submission| (submission.received_at, submission.loaded_at)).or(loaded)
}

/// True where a workbook was made of this delivery: the same bytes of the same file, whatever they were judged by.
fn is_of(mended: &Mended, submission: &Submission) -> bool {
    submission.path == mended.path && submission.content_hash == mended.content_hash
}

fn misses(mended: &Mended, newest: Option<&Submission>, known: &[Submission]) -> (&'static str, String) {
    let is_known = known.iter().any(|submission| submission.submission_id == mended.submission || is_of(mended, submission));
    match newest.filter(|_| is_known) {
        Some(newest) => {
            let day = newest.received_at.format("%Y-%m-%d");
            (STALE, format!("{} is no longer the newest delivery: {} was received on {day}; export the workbook again", mended.path, newest.path))
        }
        None => (UNKNOWN, format!("this warehouse knows no delivery {} with the content that the workbook was made of", mended.path)),
    }
}
