//! The deliveries of one slot judged in the order in which they were received.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tracing::{Instrument, Span, error_span};

use super::assess::{Assessment, Extract, assess_amended};
use super::drift;
use super::protect::Bars;
use super::pull::{Found, Slot};
use super::returned::{Content, Places};
use super::rulebook::Rulebook;
use super::standing::{Arrival, Standing, standing};
use crate::error::{Error, Kind, Result};
use crate::normalise::{Key, Provenance, normalise};
use crate::project::{Pipeline, Project};
use crate::read::{self, Page};
use crate::validate::TypedRows;
use crate::warehouse::{RowCounts, SlotLoad, Submission, SubmissionOutcome, set_aside_batch};

/// What every delivery of a run is judged with.
#[derive(Clone)]
pub struct Judge {
    /// The project.
    pub project: Arc<Project>,
    /// The key of pseudonyms.
    pub key: Key,
    /// Rows that may not be loaded again.
    pub bars: Arc<Bars>,
    /// What all deliveries are judged by.
    pub rulebook: Arc<Rulebook>,
    /// The run.
    pub run_id: Arc<str>,
    /// When it judges.
    pub now: DateTime<Utc>,
    /// What can be read.
    pub places: Arc<Places>,
}

/// The error of deliveries of which the later cannot be told; they are judged again once one of them is gone.
pub const AMBIGUOUS: &str = "ambiguous-delivery";

/// Bytes of a delivery that is judged by who has it at hand: another thread would begin later than it takes, and with memory
/// that is in no cache.
const SMALL_BYTES: usize = 64 << 10;

/// True for a delivery that is judged within a few milliseconds, so that nobody waits who is to be served by the same thread.
fn is_small(content: &Content) -> bool {
    let is_text = |page: &Page| !read::unpack::may_hold_more(&page.bytes);
    let size: usize = content.pages.iter().map(|page| page.bytes.len()).sum();
    size <= SMALL_BYTES && content.amendments.is_empty() && content.returned.is_none() && content.pages.iter().all(is_text)
}

/// How a delivery is judged that says something new.
pub(super) struct Course<'a> {
    /// The revision that it would be.
    pub revision: i64,
    /// What it was, where it is judged anew.
    pub before: Option<&'a Submission>,
    /// Of a returned workbook: the extract that its rows come from, and the submission that it mends.
    pub mends: Option<(&'a str, &'a str)>,
}

impl Judge {
    /// Judges the new deliveries of a slot.
    ///
    /// # Errors
    /// `Internal` where rows are not accounted for. An extract that cannot be read is refused, not an error.
    pub async fn slot(self, slot: Slot) -> Result<Vec<SlotLoad>> {
        let mut known = slot.known;
        let mut loads = Vec::new();
        let mut read = Vec::new();
        for mut found in slot.new {
            let delivery = error_span!("delivery", office = %found.office, period = %found.period, path = found.path, submission = tracing::field::Empty);
            let content = self.places.read(&mut found).instrument(delivery.clone()).await;
            read.push((found, content, delivery));
        }
        let hashes: Vec<(DateTime<Utc>, Option<String>)> =
            read.iter().map(|(found, content, _)| (found.received, content.as_ref().ok().map(|content| content.hash.clone()))).collect();
        for (index, (found, content, delivery)) in read.into_iter().enumerate() {
            let rivals = hashes.iter().enumerate().any(|(other, (received, hash))| other != index && *received == found.received && *hash != hashes[index].1);
            let judge = self.clone();
            let load = if content.as_ref().is_ok_and(is_small) {
                delivery.in_scope(|| told(judge.delivery(&found, content, &known, rivals)?))?
            } else {
                let before = known.clone();
                let load = tokio::task::spawn_blocking(move || delivery.in_scope(|| told(judge.delivery(&found, content, &before, rivals)?)));
                load.await.map_err(|cause| Error::new(Kind::Internal, "a delivery could not be judged").because(cause))??
            };
            known.push(load.submission.clone());
            loads.push(load);
        }
        Ok(loads)
    }

    fn delivery(&self, found: &Found, read: Result<Content>, known: &[Submission], rivals: bool) -> Result<SlotLoad> {
        let pipeline = self.pipeline(found)?;
        let mut content = match read {
            Ok(content) => content,
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
                let error = if error.kind() == Kind::Conflict { "changed-while-read" } else { "source-error" };
                return Ok(self.refused(found, pipeline, String::new(), error, format!("the extract cannot be read{cause}")));
            }
        };
        let hash = content.hash.clone();
        if found.received > self.now + chrono::Duration::days(1) {
            let reason = format!("the path says that it was received on {}, which is yet to come", found.received.format("%Y-%m-%d"));
            return Ok(self.refused(found, pipeline, hash, "received-in-future", reason));
        }
        if let Some(returned) = content.returned.take_if(|_| !rivals) {
            return self.correction(found, pipeline, content, &returned, known);
        }
        let (period, contract) = (found.period.to_string(), found.judged_by(&self.project));
        let arrival = Arrival {
            mode: pipeline.delivery,
            slot: (found.office.as_str(), found.feed.as_str(), &period),
            received: found.received,
            path: &found.path,
            hash: &hash,
            contract: &contract,
        };
        match standing(&arrival, known, rivals) {
            Standing::Contradiction(error, reason) => Ok(self.refused(found, pipeline, hash, error, reason)),
            Standing::Outdated => Ok(self.nothing_new(found, pipeline, hash, SubmissionOutcome::Outdated, None)),
            Standing::Unchanged(revision, contract) => {
                let mut load = self.nothing_new(found, pipeline, hash, SubmissionOutcome::Unchanged, Some(revision));
                load.submission.contract = contract;
                Ok(load)
            }
            Standing::New(revision) => self.validate(found, pipeline, content, &Course { revision, before: None, mends: None }),
        }
    }

    /// Judges a delivery anew that was loaded before; what it held it holds still.
    ///
    /// # Errors
    /// `Internal` where rows are not accounted for.
    pub fn anew(&self, found: &Found, mut content: Content, before: &Submission, revision: i64) -> Result<SlotLoad> {
        let returned = content.returned.take();
        let mends = returned.as_ref().map(|returned| returned.origin.as_str()).zip(before.amends.as_deref());
        self.validate(found, self.pipeline(found)?, content, &Course { revision, before: Some(before), mends })
    }

    /// Notes that a delivery judged anew says what it said.
    ///
    /// # Errors
    /// `Internal` where there is no such feed.
    pub fn same(&self, found: &Found, before: &Submission) -> Result<SlotLoad> {
        let mut load = self.nothing_new(found, self.pipeline(found)?, before.content_hash.clone(), SubmissionOutcome::Unchanged, before.revision);
        load.submission.identify_anew(before.revision.unwrap_or_default());
        load.submission.delivery = before.delivery;
        Ok(load)
    }

    fn pipeline(&self, found: &Found) -> Result<&Pipeline> {
        self.project.pipeline(found.feed.as_str()).ok_or_else(|| Error::new(Kind::Internal, format!("there is no pipeline for {}", found.feed)))
    }

    /// Judges the rows.
    pub(super) fn validate(&self, found: &Found, pipeline: &Pipeline, content: Content, course: &Course<'_>) -> Result<SlotLoad> {
        let Course { revision, before, mends } = *course;
        let Content { pages, hash, amendments, .. } = content;
        let office = self.project.office(found.office.as_str()).ok_or_else(|| Error::new(Kind::Internal, format!("there is no office {}", found.office)))?;
        let contract = &*pipeline.contract;
        let barred = |typed: &TypedRows| self.bars.rows(contract, typed);
        let extract = Extract {
            project: &self.project,
            rulebook: &self.rulebook,
            source: &found.source,
            office,
            received: found.received,
            path: &found.path,
            barred: &barred,
        };
        let Assessment { validated, rows, too_many } = match assess_amended(pipeline, &extract, pages, amendments)? {
            Ok(assessment) => assessment,
            Err(refusal) => return Ok(self.refused(found, pipeline, hash, refusal.error, refusal.message)),
        };
        // What is only tried is in no quarantine to look at.
        let look = |why: String| format!("{why}; see `rihla quarantine --feed {} --office {} --period {}`", found.feed, found.office, found.period);
        let too_many = too_many.map(|(error, why)| (error, if before.is_some() { why } else { look(why) }));
        let mut submission = self.submission(found, pipeline, hash, SubmissionOutcome::Loaded);
        submission.rows = rows;
        if let Some(before) = before {
            submission.identify_anew(revision);
            (submission.delivery, submission.amends) = (before.delivery, before.amends.clone());
        }
        submission.drift = drift::kept(&validated.drift, contract)?;
        if let Some((_, mended)) = mends {
            submission.amends = Some(mended.to_owned());
        }
        let path = mends.map_or(found.path.as_str(), |(origin, _)| origin);
        let set_aside = set_aside_batch(&submission, path, &validated.aside, too_many.is_some())?;
        submission.set_aside_lines = set_aside.as_ref().map_or(0, |lines| lines.num_rows() as u64);
        if let Some((error, reason)) = too_many {
            submission.outcome = SubmissionOutcome::Refused;
            submission.error = Some(error.to_owned());
            submission.reason = Some(reason);
            return Ok(SlotLoad { submission, rows: None, set_aside });
        }
        submission.revision = Some(revision);
        let period = found.period.to_string();
        let provenance =
            Provenance { submission_id: &submission.submission_id, office: found.office.as_str(), period: &period, revision, received: found.received, path };
        let rows = normalise(&pipeline.contract, &validated.good, &provenance, &self.key)?;
        Ok(SlotLoad { submission, rows: Some(rows), set_aside })
    }

    fn submission(&self, found: &Found, pipeline: &Pipeline, content_hash: String, outcome: SubmissionOutcome) -> Submission {
        let period = found.period.to_string();
        let contract = found.judged_by(&self.project);
        let identity = [found.feed.as_str(), found.office.as_str(), &period, &found.received.to_rfc3339(), &found.path, &content_hash, &contract].join("\n");
        Submission {
            submission_id: hex::encode(&Sha256::digest(identity)[..8]),
            feed: found.feed.to_string(),
            office: found.office.to_string(),
            period,
            revision: None,
            received_at: found.received,
            path: found.path.clone(),
            size: found.size,
            modified_at: found.modified,
            content_hash,
            outcome,
            error: None,
            reason: None,
            rows: RowCounts::default(),
            set_aside_lines: 0,
            contract,
            delivery: pipeline.delivery,
            amends: None,
            drift: None,
            loaded_at: self.now,
            run_id: self.run_id.to_string(),
        }
    }

    pub(super) fn refused(&self, found: &Found, pipeline: &Pipeline, hash: String, error: &str, reason: String) -> SlotLoad {
        let mut submission = self.submission(found, pipeline, hash, SubmissionOutcome::Refused);
        submission.error = Some(error.to_owned());
        submission.reason = Some(reason);
        SlotLoad { submission, rows: None, set_aside: None }
    }

    pub(super) fn nothing_new(&self, found: &Found, pipeline: &Pipeline, hash: String, outcome: SubmissionOutcome, revision: Option<i64>) -> SlotLoad {
        let mut submission = self.submission(found, pipeline, hash, outcome);
        submission.revision = revision;
        SlotLoad { submission, rows: None, set_aside: None }
    }
}

/// Notes in the log what became of a delivery.
fn told(load: SlotLoad) -> Result<SlotLoad> {
    let submission = &load.submission;
    Span::current().record("submission", submission.submission_id.as_str());
    let RowCounts { read, loaded, superseded, quarantined, excluded, refused } = submission.rows;
    let (outcome, error) = (submission.outcome.as_str(), submission.error.as_deref());
    tracing::info!(outcome, error, read, loaded, superseded, quarantined, excluded, refused, "delivery judged");
    Ok(load)
}

/// The hash of a delivery's content. Of several files each counts with its length, so that where one ends is part of it.
pub(super) fn hash(pages: &[Page]) -> String {
    if let [page] = pages {
        return hex::encode(Sha256::digest(&page.bytes));
    }
    let mut hash = Sha256::new();
    for page in pages {
        hash.update((page.bytes.len() as u64).to_le_bytes());
        hash.update(&page.bytes);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::{Content, Page, SMALL_BYTES, is_small};

    #[test]
    fn what_may_hold_more_than_its_bytes_is_not_small() {
        let small = |pages: &[&[u8]]| {
            let pages = pages.iter().map(|bytes| Page { name: String::new(), bytes: bytes.to_vec().into() }).collect();
            is_small(&Content { pages, hash: String::new(), amendments: Vec::new(), returned: None })
        };
        let half = vec![b'a'; SMALL_BYTES / 2];
        assert!(small(&[]) && small(&[b"a,b\n1,2"]) && small(&[&half, &half]));
        assert!(!small(&[&half, &half, b"a"]));
        for packed in [&b"PK\x03\x04"[..], b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD"] {
            assert!(!small(&[b"a,b\n1,2", packed]), "{packed:?}");
        }
    }
}
