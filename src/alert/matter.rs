//! What can be the matter, and what one cause of it is known by.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::project::AlertKind;

/// Something that needs somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "matter", rename_all = "kebab-case")]
pub enum Matter {
    /// A pipeline did not do what was due, after all its attempts.
    Failed {
        /// The pipeline.
        pipeline: String,
        /// When it was due.
        due: DateTime<Utc>,
        /// How the last attempt failed, such as `unavailable`.
        failure: String,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt said of it; may be empty.
        note: String,
    },
    /// A delivery was refused whole.
    Refused(Refusal),
    /// Reports of one feed and period that were due on one day have not come.
    Late {
        /// The feed.
        feed: String,
        /// The reporting period.
        period: String,
        /// The day they were due.
        due_on: NaiveDate,
        /// The offices that owe them, in order of precedence.
        offices: Vec<String>,
    },
    /// A run made no release although something would be otherwise.
    Blocked {
        /// The run.
        run: String,
        /// What it said.
        problems: Vec<String>,
        /// The tests that fail, as `model: test`.
        tests: Vec<String>,
        /// The models that could not be built.
        models: Vec<String>,
        /// How many closed periods would have other figures.
        closed: usize,
        /// True where nothing but refused deliveries holds it back, each of which is a matter of its own.
        only_refusals: bool,
    },
    /// A changed project is not taken over.
    Project {
        /// What is wrong with it.
        why: Vec<String>,
    },
    /// The machine's clock leapt, and nothing is started until it has kept that for a while.
    Clock,
}

/// A delivery that was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// The feed; empty for a returned workbook of no delivery.
    pub feed: String,
    /// The office.
    pub office: String,
    /// The reporting period; empty likewise.
    pub period: String,
    /// The extract.
    pub path: String,
    /// Frictionless's name of the error.
    pub error: String,
    /// Why.
    pub reason: String,
    /// True for a workbook that an office returned.
    pub is_correction: bool,
}

impl Matter {
    /// What kind of alert it makes.
    pub fn kind(&self) -> AlertKind {
        match self {
            Self::Failed { .. } => AlertKind::Failed,
            Self::Refused(_) => AlertKind::OverTolerance,
            Self::Late { .. } => AlertKind::Late,
            Self::Blocked { .. } => AlertKind::Blocked,
            Self::Project { .. } | Self::Clock => AlertKind::Scheduler,
        }
    }

    /// What the cause is known by: two matters of one key are the same cause.
    pub fn key(&self) -> String {
        match self {
            Self::Failed { failure, .. } if failure == DATA => format!("{}/data", self.slot()),
            Self::Blocked { only_refusals: true, .. } => format!("{}/refused", self.slot()),
            Self::Refused(refusal) => format!("{}/{}", self.slot(), refusal.path),
            _ => self.slot(),
        }
    }

    /// Of what it is the matter. Where one cause of it takes the place of another, nothing is over.
    pub fn slot(&self) -> String {
        match self {
            Self::Failed { pipeline, .. } => format!("failed/{pipeline}"),
            Self::Refused(Refusal { feed, office, period, .. }) => format!("refused/{feed}/{office}/{period}"),
            Self::Late { feed, period, due_on, .. } => format!("late/{feed}/{period}/{due_on}"),
            Self::Blocked { .. } => "blocked".to_owned(),
            Self::Project { .. } => "project".to_owned(),
            Self::Clock => "clock".to_owned(),
        }
    }

    /// The kinds of alert by which whoever takes them hears of it already, given what else is the matter: a run that is held back
    /// fails its pipeline, and deliveries that are refused hold a run back.
    pub fn said_by<'m>(&self, others: impl Iterator<Item = &'m Self>) -> Vec<AlertKind> {
        match self {
            Self::Blocked { only_refusals: true, .. } => vec![AlertKind::OverTolerance],
            Self::Failed { failure, .. } if failure == DATA => others
                .filter(|other| matches!(other, Self::Blocked { .. }))
                .flat_map(|blocked| [vec![AlertKind::Blocked], blocked.said_by(std::iter::empty())].concat())
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// The kind of failure by which data is not what it must be.
const DATA: &str = "data";
