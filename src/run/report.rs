//! What a run did, for people and programs.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::closing::ClosedChange;
use super::drift::Drifted;
use super::returned::Stray;
use crate::calendar::Lacking;
use crate::error::Kind;
use crate::model::{AnewOf, Ending, ModelOutcome};
use crate::project::Project;
use crate::warehouse::{RowCounts, RunRecord, StepRecord, Submission, SubmissionOutcome, TableChange, TestResult};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// A release was made.
    Released,
    /// Nothing changed since the last release.
    Unchanged,
    /// Some feeds were loaded, and nothing else was asked for.
    Loaded,
    /// Something was loaded or built, but no release was made.
    Held,
    /// It stopped with an error.
    Failed,
    /// Nothing was to be touched.
    DryRun,
}

/// What a run did with one feed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FeedReport {
    /// The feed.
    pub feed: String,
    /// Deliveries found at the sources.
    pub found: u64,
    /// Deliveries known already.
    pub known: u64,
    /// Deliveries loaded.
    pub loaded: u64,
    /// Deliveries that said nothing new.
    pub unchanged: u64,
    /// Deliveries that came too late: a later one was loaded before.
    pub outdated: u64,
    /// Deliveries refused whole.
    pub refused: u64,
    /// Rows of the deliveries loaded or refused, by what became of them.
    pub rows: RowCounts,
}

/// A delivery that was refused whole.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
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
    /// Frictionless's name of the error.
    pub error: String,
    /// Why.
    pub reason: String,
    /// True where an earlier run refused it and nothing has changed since.
    pub standing: bool,
    /// True where a later delivery of its slot was loaded, so that nobody needs it any more.
    pub overtaken: bool,
    /// True for a workbook that an office returned: without it everything stays as it was.
    pub is_correction: bool,
}

impl Refused {
    /// A file among returned workbooks that is of no delivery.
    pub(super) fn stray(stray: &Stray) -> Self {
        Self {
            feed: String::new(),
            office: stray.office.clone(),
            period: String::new(),
            received_at: stray.received,
            path: stray.path.clone(),
            error: stray.error.to_owned(),
            reason: stray.reason.clone(),
            standing: false,
            overtaken: false,
            is_correction: true,
        }
    }
}

/// A workbook that an office returned and that was applied.
#[derive(Debug, Clone, Serialize)]
pub struct Correction {
    /// The workbook.
    pub path: String,
    /// The submission that it mends.
    pub amends: String,
    /// The submission that it became.
    pub submission: String,
}

/// A model that could not be built.
#[derive(Debug, Clone, Serialize)]
pub struct FailedModel {
    /// The model.
    pub model: String,
    /// Why.
    pub error: String,
    /// What led to it.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// True where it is a defect of this program.
    pub is_defect: bool,
}

/// A model that was not tried.
#[derive(Debug, Clone, Serialize)]
pub struct SkippedModel {
    /// The model.
    pub model: String,
    /// The failed model that it rests on.
    pub because: String,
}

/// A table made in parts of which parts were made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuiltParts {
    /// The model.
    pub model: String,
    /// The column whose values are the parts.
    pub partition: String,
    /// How many were made anew.
    pub rebuilt: usize,
    /// How many there are, and were.
    pub parts: usize,
}

/// What a run did.
#[derive(Debug, Serialize)]
pub struct RunReport {
    /// The run.
    pub run_id: String,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The release that was made, or the one that stays.
    pub release: Option<u64>,
    /// By feed.
    pub feeds: Vec<FeedReport>,
    /// Deliveries refused whole.
    pub refused: Vec<Refused>,
    /// Workbooks that offices returned and that were applied.
    pub corrections: Vec<Correction>,
    /// How the columns of current deliveries differ from their schemas, of this run and of earlier ones.
    pub drift: Vec<Drifted>,
    /// Files that no source claims.
    pub unclaimed: Vec<String>,
    /// Feeds of which a source could not be reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub out_of_reach: Vec<String>,
    /// Reports that count and were judged by rules, code lists or habits of writing that have changed since.
    pub judged_otherwise: u64,
    /// True where a required feed is incomplete, so that no release may be made.
    pub is_held_back: bool,
    /// Tables built anew; the others were used again.
    pub rebuilt: usize,
    /// Of the tables built anew those that are made in parts, with how many of these were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_parts: Vec<RebuiltParts>,
    /// Tables of the release.
    pub tables: usize,
    /// The models that were asked for; absent where all were.
    pub selected: Option<Vec<String>>,
    /// Models that could not be built.
    pub failed_models: Vec<FailedModel>,
    /// Models that were not tried since what they rest on failed.
    pub skipped_models: Vec<SkippedModel>,
    /// Models that are out of date, or rest on one that is, and were not asked for.
    pub out_of_date: Vec<String>,
    /// What became of each model.
    #[serde(skip)]
    pub outcomes: Vec<ModelOutcome>,
    /// Tests that failed.
    pub failed_tests: Vec<TestResult>,
    /// How many tests were run or used again.
    pub tests: usize,
    /// Where no release was made although something would be otherwise: the tables.
    pub changes: Vec<TableChange>,
    /// Figures of closed periods that would be otherwise, and that nobody approved.
    pub closed_changes: Vec<ClosedChange>,
    /// Due reports for want of which no release is made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<Lacking>,
    /// Why nothing was released, or what else needs somebody.
    pub problems: Vec<String>,
}

impl RunReport {
    /// The report of a run that has done nothing yet.
    pub fn new(run_id: String) -> Self {
        Self {
            run_id,
            outcome: RunOutcome::DryRun,
            release: None,
            feeds: Vec::new(),
            refused: Vec::new(),
            corrections: Vec::new(),
            drift: Vec::new(),
            unclaimed: Vec::new(),
            out_of_reach: Vec::new(),
            judged_otherwise: 0,
            is_held_back: false,
            rebuilt: 0,
            in_parts: Vec::new(),
            tables: 0,
            selected: None,
            failed_models: Vec::new(),
            skipped_models: Vec::new(),
            out_of_date: Vec::new(),
            outcomes: Vec::new(),
            failed_tests: Vec::new(),
            tests: 0,
            changes: Vec::new(),
            closed_changes: Vec::new(),
            lacking: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The report of a feed.
    pub fn feed(&mut self, feed: &str) -> &mut FeedReport {
        let at = self.feeds.iter().position(|known| known.feed == feed).unwrap_or_else(|| {
            self.feeds.push(FeedReport { feed: feed.to_owned(), ..FeedReport::default() });
            self.feeds.len() - 1
        });
        &mut self.feeds[at]
    }

    /// Counts a judged delivery.
    pub fn count(&mut self, submission: &Submission) {
        let feed = self.feed(&submission.feed);
        match submission.outcome {
            SubmissionOutcome::Loaded => feed.loaded += 1,
            SubmissionOutcome::Unchanged => feed.unchanged += 1,
            SubmissionOutcome::Refused => feed.refused += 1,
            SubmissionOutcome::Outdated => feed.outdated += 1,
        }
        feed.rows += submission.rows;
        if let Some(amends) = submission.amends.as_ref().filter(|_| submission.outcome == SubmissionOutcome::Loaded) {
            self.corrections.push(Correction { path: submission.path.clone(), amends: amends.clone(), submission: submission.submission_id.clone() });
        }
        match submission.outcome {
            SubmissionOutcome::Refused => self.refused.push(refused(submission, false)),
            SubmissionOutcome::Loaded => self.overtake(submission),
            SubmissionOutcome::Unchanged | SubmissionOutcome::Outdated => {}
        }
    }

    /// Forgives the refused deliveries of a slot of which a later one was loaded.
    fn overtake(&mut self, loaded: &Submission) {
        for refused in &mut self.refused {
            let is_slot = (refused.office.as_str(), refused.feed.as_str(), refused.period.as_str()) == loaded.slot();
            refused.overtaken |= is_slot && refused.received_at < loaded.received_at;
        }
    }

    /// Refused deliveries that somebody has to mend.
    pub fn open_refusals(&self) -> impl Iterator<Item = &Refused> {
        self.refused.iter().filter(|refused| !refused.overtaken)
    }

    /// Notes a delivery that an earlier run refused.
    pub fn still_refused(&mut self, submission: &Submission) {
        self.refused.push(refused(submission, true));
    }

    /// Notes what became of the models, and of the tests of those that are up to date.
    pub fn note_models(&mut self, outcomes: Vec<ModelOutcome>) {
        for ModelOutcome { model, ending, .. } in &outcomes {
            match ending {
                Ending::UpToDate(facts) => {
                    self.rebuilt += usize::from(facts.is_rebuilt);
                    let of = |parts: &AnewOf| RebuiltParts { model: model.clone(), partition: parts.column.clone(), rebuilt: parts.anew, parts: parts.all };
                    self.in_parts.extend(facts.parts.as_ref().map(of));
                    self.tests += facts.tests.len();
                    self.failed_tests.extend(facts.tests.iter().filter(|test| test.failures > 0).cloned());
                }
                Ending::Failed(error) => self.failed_models.push(FailedModel {
                    model: model.clone(),
                    error: error.to_string(),
                    causes: error.causes(),
                    hints: error.hints().to_vec(),
                    is_defect: error.kind() == Kind::Internal,
                }),
                Ending::Skipped(because) => self.skipped_models.push(SkippedModel { model: model.clone(), because: because.clone() }),
                Ending::OutOfDate => self.out_of_date.push(model.clone()),
            }
        }
        self.out_of_date.sort();
        self.outcomes = outcomes;
    }

    /// Notes due reports for want of which no release may be made.
    pub fn note_lacking(&mut self, project: &Project, lacking: Vec<Lacking>) {
        self.is_held_back |= !lacking.is_empty();
        self.problems.extend(lacking.iter().map(|report| report.problem(project)));
        self.lacking = lacking;
    }

    /// Notes the audits of keys across feeds.
    pub fn note_keys(&mut self, audits: Vec<TestResult>) {
        self.tests += audits.len();
        self.failed_tests.extend(audits.into_iter().filter(|audit| audit.failures > 0));
    }

    /// The record that the warehouse keeps.
    pub fn record(&self, begun: RunRecord) -> RunRecord {
        let outcome = match self.outcome {
            RunOutcome::Released => "released",
            RunOutcome::Unchanged => "unchanged",
            RunOutcome::Held => "loaded",
            RunOutcome::Loaded => "feeds loaded",
            RunOutcome::Failed => "failed",
            RunOutcome::DryRun => "running",
        };
        let feeds = self.feeds.iter().map(|feed| StepRecord {
            feed: feed.feed.clone(),
            loaded: feed.loaded,
            unchanged: feed.unchanged,
            refused: feed.refused,
            rows: feed.rows,
        });
        let refused = self.open_refusals().map(|refused| format!("{}: {}", refused.path, refused.reason));
        let problems = self.problems.iter().cloned().chain(refused).collect();
        RunRecord { outcome: outcome.to_owned(), release: self.release, feeds: feeds.collect(), problems, ..begun }
    }

    /// True where somebody has something to mend.
    pub fn needs_mending(&self) -> bool {
        !self.problems.is_empty() || self.open_refusals().next().is_some() || self.failed_tests.iter().any(TestResult::stops)
    }
}

fn refused(submission: &Submission, standing: bool) -> Refused {
    Refused {
        feed: submission.feed.clone(),
        office: submission.office.clone(),
        period: submission.period.clone(),
        received_at: submission.received_at,
        path: submission.path.clone(),
        error: submission.error.clone().unwrap_or_default(),
        reason: submission.reason.clone().unwrap_or_default(),
        standing,
        overtaken: false,
        is_correction: submission.amends.is_some(),
    }
}
