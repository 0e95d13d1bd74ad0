//! What is seen of runs and schedules, as plain facts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::matter::{Matter, Refusal};

/// Something that was seen. Each says what is, not what changed, so that it can be said again after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A pipeline's last tick came to its end: by itself, or as the matter says.
    Ended {
        /// The pipeline.
        pipeline: String,
        /// That it failed; nothing where it did what was due.
        failed: Option<Matter>,
    },
    /// These pipelines are scheduled, and no others.
    Scheduled(BTreeSet<String>),
    /// A run came to an end and told what it did.
    Run(RunFacts),
    /// These reports are late, and no others.
    Late(Vec<Matter>),
    /// The changed project is refused for these reasons; nothing where the project is in order.
    Project(Option<Vec<String>>),
    /// Whether the machine's clock is believed.
    Clock {
        /// True where it is.
        is_believed: bool,
    },
}

/// The feeds that a run looked at, so that what it does not tell of them is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// One alone.
    At(String),
    /// All but those of which a source was out of reach.
    AtAllBut(BTreeSet<String>),
}

impl Looked {
    /// True where it looked at a feed.
    pub fn has(&self, feed: &str) -> bool {
        match self {
            Self::At(only) => only == feed,
            Self::AtAllBut(others) => !others.contains(feed),
        }
    }
}

/// What a run told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// The feeds that it looked at.
    pub looked: Looked,
    /// Deliveries of them that are refused and that somebody has to mend.
    pub refused: Vec<Matter>,
    /// What kept it from a release, the inner nothing where it made one or nothing changed; the outer where it cannot tell.
    pub blocked: Option<Option<Matter>>,
}

impl RunFacts {
    /// The facts of the report that `rihla run --json` of a pipeline prints; nothing where it says nothing of how it ended.
    pub fn of(pipeline: &str, report: &Value) -> Option<Self> {
        let outcome = report["outcome"].as_str()?;
        let out_of_reach: BTreeSet<String> = texts(&report["out_of_reach"]).collect();
        let is_whole = outcome != "loaded";
        let can_tell = is_whole && out_of_reach.is_empty();
        let looked = if is_whole { Looked::AtAllBut(out_of_reach) } else { Looked::At(pipeline.to_owned()) };
        let refused: Vec<Matter> = items(&report["refused"]).filter_map(refusal).collect();
        let blocked = match outcome {
            "released" | "unchanged" => Some(None),
            // A source out of reach is the failure of the pipeline, once it was tried often enough.
            "held" | "failed" if can_tell => Some(Some(blocked(report, &refused))),
            _ => None,
        };
        Some(Self { looked, refused, blocked })
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> impl Iterator<Item = String> {
    items(value).filter_map(|item| item.as_str().map(str::to_owned))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A delivery that is refused still; nothing where a later one took its place.
fn refusal(refused: &Value) -> Option<Matter> {
    let is = |name: &str| refused[name].as_bool().unwrap_or_default();
    let of = |name: &str| text(&refused[name]);
    let refusal = Refusal {
        feed: of("feed"),
        office: of("office"),
        period: of("period"),
        path: of("path"),
        error: of("error"),
        reason: of("reason"),
        is_correction: is("is_correction"),
    };
    (!is("overtaken")).then_some(Matter::Refused(refusal))
}

/// How a run says that refused deliveries alone keep it from a release.
const BY_REFUSALS: &str = "refused: no release is made";

fn blocked(report: &Value, refused: &[Matter]) -> Matter {
    let problems: Vec<String> = texts(&report["problems"]).collect();
    let stops = |test: &&Value| test["severity"] == "error" && test["failures"].as_u64() > Some(test["threshold"].as_u64().unwrap_or_default());
    let tests: Vec<String> = items(&report["failed_tests"]).filter(stops).map(|test| format!("{}: {}", text(&test["model"]), text(&test["test"]))).collect();
    let models: Vec<String> = items(&report["failed_models"]).map(|model| text(&model["model"])).collect();
    let closed = items(&report["closed_changes"]).count();
    let is_for_nothing_else = tests.is_empty() && models.is_empty() && closed == 0 && problems.iter().all(|problem| problem.ends_with(BY_REFUSALS));
    let only_refusals = !refused.is_empty() && !problems.is_empty() && is_for_nothing_else;
    Matter::Blocked { run: text(&report["run_id"]), problems, tests, models, closed, only_refusals }
}
