//! The deliveries of one slot judged in the order in which they were received.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::assess::{Assessment, Extract, assess_amended};
use super::drift;
use super::protect::Bars;
use super::pull::{Found, Slot};
use super::returned::{Content, Places};
use crate::error::{Error, Kind, Result};
use crate::model::ProjectRules;
use crate::normalise::{Key, Provenance, normalise};
use crate::project::{Pipeline, Project};
use crate::read::Page;
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
    /// The schemas' own rules.
    pub rules: Arc<ProjectRules>,
    /// The run.
    pub run_id: Arc<str>,
    /// When it judges.
    pub now: DateTime<Utc>,
    /// What can be read.
    pub places: Arc<Places>,
}

/// The error of deliveries of which the later cannot be told; they are judged again once one of them is gone.
pub const AMBIGUOUS: &str = "ambiguous-delivery";

/// The newest revision of a slot while its deliveries are judged.
struct Newest {
    content_hash: String,
    received: DateTime<Utc>,
    revision: i64,
    contract: String,
    has_faulty_rows: bool,
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
        for found in slot.new {
            let content = self.places.read(&found).await;
            read.push((found, content));
        }
        let hashes: Vec<(DateTime<Utc>, Option<String>)> =
            read.iter().map(|(found, content)| (found.received, content.as_ref().ok().map(|content| content.hash.clone()))).collect();
        for (index, (found, content)) in read.into_iter().enumerate() {
            let rivals = hashes.iter().enumerate().any(|(other, (received, hash))| other != index && *received == found.received && *hash != hashes[index].1);
            let judge = self.clone();
            let before = known.clone();
            let load = tokio::task::spawn_blocking(move || judge.delivery(&found, content, &before, rivals));
            let load = load.await.map_err(|cause| Error::new(Kind::Internal, "a delivery could not be judged").because(cause))??;
            known.push(load.submission.clone());
            loads.push(load);
        }
        Ok(loads)
    }

    fn delivery(&self, found: &Found, content: Result<Content>, known: &[Submission], rivals: bool) -> Result<SlotLoad> {
        let pipeline =
            self.project.pipeline(found.feed.as_str()).ok_or_else(|| Error::new(Kind::Internal, format!("there is no pipeline for {}", found.feed)))?;
        let content = match content {
            Ok(content) => content,
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
                return Ok(self.refused(found, pipeline, String::new(), "source-error", format!("the extract cannot be read{cause}")));
            }
        };
        let hash = content.hash.clone();
        if found.received > self.now + chrono::Duration::days(1) {
            let reason = format!("the path says that it was received on {}, which is yet to come", found.received.format("%Y-%m-%d"));
            return Ok(self.refused(found, pipeline, hash, "received-in-future", reason));
        }
        if let Some(returned) = content.returned.as_ref().filter(|_| !rivals) {
            return self.correction(found, pipeline, &content, returned, known);
        }
        match standing(found.received, &found.path, &hash, &pipeline.fingerprint, known, rivals) {
            Standing::Contradiction(error, reason) => Ok(self.refused(found, pipeline, hash, error, reason)),
            Standing::Outdated => Ok(self.nothing_new(found, pipeline, hash, SubmissionOutcome::Outdated, None)),
            Standing::Unchanged(revision) => Ok(self.nothing_new(found, pipeline, hash, SubmissionOutcome::Unchanged, Some(revision))),
            Standing::New(revision) => self.validate(found, pipeline, &content, revision, None),
        }
    }

    /// Judges the rows. Of a returned workbook `mends` is the extract that they come from and the submission that it mends.
    pub(super) fn validate(&self, found: &Found, pipeline: &Pipeline, content: &Content, revision: i64, mends: Option<(&str, &str)>) -> Result<SlotLoad> {
        let hash = content.hash.clone();
        let office = self.project.office(found.office.as_str()).ok_or_else(|| Error::new(Kind::Internal, format!("there is no office {}", found.office)))?;
        let contract = &*pipeline.contract;
        let barred = |typed: &TypedRows| self.bars.rows(contract, typed);
        let extract = Extract {
            source: &found.source,
            office,
            received: found.received,
            since: self.project.since,
            path: &found.path,
            barred: &barred,
            rules: &self.rules,
        };
        let Assessment { validated, rows, too_many } = match assess_amended(pipeline, &extract, &content.pages, &content.amendments)? {
            Ok(assessment) => assessment,
            Err(refusal) => return Ok(self.refused(found, pipeline, hash, refusal.error, refusal.message)),
        };
        let too_many = too_many
            .map(|(error, why)| (error, format!("{why}; see `rihla quarantine --feed {} --office {} --period {}`", found.feed, found.office, found.period)));
        let mut submission = self.submission(found, pipeline, hash, SubmissionOutcome::Loaded);
        submission.rows = rows;
        submission.drift = drift::kept(&validated.drift, contract)?;
        submission.amends = mends.map(|(_, submission)| submission.to_owned());
        let path = mends.map_or(found.path.as_str(), |(origin, _)| origin);
        let set_aside = set_aside_batch(&submission, path, &validated.aside, too_many.is_some())?;
        submission.set_aside_lines = set_aside.num_rows() as u64;
        if let Some((error, reason)) = too_many {
            submission.outcome = SubmissionOutcome::Refused;
            submission.error = Some(error.to_owned());
            submission.reason = Some(reason);
            return Ok(SlotLoad { submission, rows: None, set_aside: Some(set_aside) });
        }
        submission.revision = Some(revision);
        let period = found.period.to_string();
        let provenance =
            Provenance { submission_id: &submission.submission_id, office: found.office.as_str(), period: &period, revision, received: found.received, path };
        let batch = normalise(&pipeline.contract, &validated.good, &provenance, &self.key)?;
        Ok(SlotLoad { submission, rows: Some(batch), set_aside: Some(set_aside) })
    }

    fn submission(&self, found: &Found, pipeline: &Pipeline, content_hash: String, outcome: SubmissionOutcome) -> Submission {
        let period = found.period.to_string();
        let contract = pipeline.fingerprint.clone();
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
            delivery: "period".to_owned(),
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

/// Reads every file of a delivery.
pub(super) async fn read_files(found: &Found) -> Result<Vec<Page>> {
    let mut pages = Vec::with_capacity(found.files.len());
    for file in &found.files {
        let name = file.location.filename().unwrap_or_default().to_owned();
        pages.push(Page { name, bytes: found.store.read(&file.location).await? });
    }
    Ok(pages)
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

/// What a delivery is beside those of its slot that were judged before.
pub(super) enum Standing {
    /// It cannot be told which is the later: Frictionless's name of the error, and the reason.
    Contradiction(&'static str, String),
    /// A later one was loaded already.
    Outdated,
    /// It says what this revision says.
    Unchanged(i64),
    /// It would be this revision.
    New(i64),
}

/// What a delivery is beside those of its slot that are known; `rivals` where another was received at the same time and
/// says something else.
pub(super) fn standing(received: DateTime<Utc>, path: &str, hash: &str, contract: &str, known: &[Submission], rivals: bool) -> Standing {
    if let Some((error, reason)) = contradiction(received, path, hash, known, rivals) {
        return Standing::Contradiction(error, reason);
    }
    let Some(newest) = newest(known) else { return Standing::New(1) };
    if received < newest.received {
        return Standing::Outdated;
    }
    // Under another contract the same bytes may hold more good rows than they did.
    let may_say_more = newest.has_faulty_rows && newest.contract != contract;
    if hash == newest.content_hash && !may_say_more { Standing::Unchanged(newest.revision) } else { Standing::New(newest.revision + 1) }
}

fn newest(known: &[Submission]) -> Option<Newest> {
    let loaded = known.iter().filter(|s| s.outcome == SubmissionOutcome::Loaded);
    let newest = loaded.max_by_key(|s| s.revision)?;
    // A delivery that said the same again confirms the revision as of the day it was received.
    let confirmed = known.iter().filter(|s| s.outcome == SubmissionOutcome::Unchanged && s.revision == newest.revision).map(|s| s.received_at);
    let received = confirmed.fold(newest.received_at, DateTime::max);
    Some(Newest {
        content_hash: newest.content_hash.clone(),
        received,
        revision: newest.revision?,
        contract: newest.contract.clone(),
        has_faulty_rows: newest.rows.quarantined > 0,
    })
}

/// Two different deliveries of a slot with the same received time: which is the later cannot be known.
fn contradiction(received: DateTime<Utc>, path: &str, hash: &str, known: &[Submission], rivals: bool) -> Option<(&'static str, String)> {
    if rivals {
        let when = received.format("%Y-%m-%d %H:%M:%SZ");
        return Some((AMBIGUOUS, format!("another delivery for the same slot was received at the same time ({when}) and says something else")));
    }
    let mut settled = known.iter().filter(|s| s.outcome != SubmissionOutcome::Refused && s.received_at == received && s.content_hash != hash);
    settled.next_back().map(|earlier| {
        if earlier.path == path {
            ("changed-delivery", "the extract changed after it was loaded: a correction is a delivery of its own, with its own received time".to_owned())
        } else {
            (AMBIGUOUS, format!("{} was received at the same time for the same slot and says something else", earlier.path))
        }
    })
}
