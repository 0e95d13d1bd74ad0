//! `schedule = { … }` of a pipeline and `[schedule]` of the project, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;

/// `schedule = { cron = "…", timezone = "…" }`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleForm {
    /// Five fields: minute, hour, day, month, weekday; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    #[schemars(with = "Option<String>")]
    pub cron: Option<Text>,
    /// The zone it is meant in; the project's where absent.
    #[schemars(with = "Option<String>")]
    pub timezone: Option<Text>,
    /// In place of `cron`: feeds, or `models`, after which it runs once they have all succeeded for the same time.
    /// Of feeds that are not `required` models wait for the end only: where one failed for good, or is paused, they go without.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub depends_on: Vec<Text>,
    /// Starts are spread over so much time after the due time, such as `5m`.
    #[schemars(with = "Option<String>")]
    pub jitter: Option<Text>,
    /// What becomes of times missed while no scheduler ran: the last is made up for (`latest`, where absent), all are (`all`),
    /// or none (`skip`).
    #[schemars(with = "Option<String>")]
    pub misfire: Option<Text>,
    /// Missed times older than this are not made up for, such as `2d`.
    #[schemars(with = "Option<String>")]
    pub maximum_age: Option<Text>,
    /// No more missed times than this are made up for, with `misfire = "all"`.
    #[schemars(with = "Option<u32>")]
    pub maximum_number: Option<Spanned<u32>>,
    /// What becomes of a time at which the last run is not done: it waits in place of another that waits (`latest`, where
    /// absent), waits for all before it (`queue`), or is skipped (`skip`).
    #[schemars(with = "Option<String>")]
    pub overlap: Option<Text>,
    /// How long a run may take, such as `2h`.
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Text>,
    /// When a failed run is tried again.
    #[serde(default)]
    pub retry: RetryForm,
}

/// `retry = { attempts = 5, first = "1m", most = "1h", on = ["unavailable"] }`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryForm {
    /// How many attempts there are at most, the first included; 5 where absent.
    #[schemars(with = "Option<u32>")]
    pub attempts: Option<Spanned<u32>>,
    /// The pause after the first attempt, `1m` where absent; each further one is twice as long.
    #[schemars(with = "Option<String>")]
    pub first: Option<Text>,
    /// The longest pause, `1h` where absent.
    #[schemars(with = "Option<String>")]
    pub most: Option<Text>,
    /// The kinds of failure that are tried again: of `unavailable`, `conflict`, `timeout` (these where absent), `data`,
    /// `config`, `input`, `internal`. A run that was cut off is always begun again.
    #[schemars(with = "Option<Vec<String>>")]
    pub on: Option<Vec<Text>>,
}

/// `[schedule]` of rihla.toml.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectScheduleForm {
    /// How many loads go at a time; 1 where absent.
    #[schemars(with = "Option<u32>")]
    pub at_a_time: Option<Spanned<u32>>,
    /// Whether `one` host schedules for the warehouse (where absent), or `several`, which share its folder: one of them does, and
    /// another takes over within a minute of its death.
    #[schemars(with = "Option<String>")]
    pub hosts: Option<Text>,
    /// When models are built and released; with every load where absent.
    #[schemars(with = "Option<ScheduleForm>")]
    pub models: Option<Spanned<ScheduleForm>>,
}
