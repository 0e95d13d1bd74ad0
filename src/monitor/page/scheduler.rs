//! Of the scheduler itself, of what was due and of what ran.

use std::fmt;

use super::{Families, Labels, NONE, number, seconds, whether};
use crate::monitor::answers;
use crate::monitor::gather::Figures;
use crate::monitor::ticks::{Counts, Ticks};
use crate::schedule::tick::{Failure, SkippedBy};
use crate::schedule::vitals::{Fares, Part};

/// Every policy by which a tick is skipped, as labels have it.
const POLICIES: [(SkippedBy, &str); 7] = [
    (SkippedBy::Misfire, "misfire"),
    (SkippedBy::MaximumAge, "maximum-age"),
    (SkippedBy::MaximumNumber, "maximum-number"),
    (SkippedBy::Overlap, "overlap"),
    (SkippedBy::Paused, "paused"),
    (SkippedBy::Upstream, "upstream"),
    (SkippedBy::Removed, "removed"),
];

/// How the scheduler fares.
pub fn of_itself(page: &mut Families<'_>, fares: &Fares, figures: &Figures) -> fmt::Result {
    page.info("build", "The version of this program", &vec![("version", env!("CARGO_PKG_VERSION").to_owned())])?;
    let is_leader = whether(fares.part.term().is_some());
    page.gauge("scheduler_is_leader", "1 where this scheduler holds the lease, 0 where it waits for another one", [(NONE, is_leader)])?;
    let term = fares.part.term().map(|term| (NONE, number(term.0)));
    page.gauge("scheduler_term", "The number of this scheduler's term; each takeover makes it one more", term)?;
    page.gauge("scheduler_is_ready", "1 where it schedules and the project is in order, as /ready says", [(NONE, whether(answers::ready(fares).is_well))])?;
    let is_draining = whether(matches!(fares.part, Part::Draining { .. }));
    page.gauge("scheduler_is_draining", "1 where it was asked to stop and lets what runs end", [(NONE, is_draining)])?;
    page.gauge("scheduler_since_step_seconds", "The time since its loop last went round", [(NONE, fares.since_step().as_secs_f64())])?;
    let refused = whether(fares.refused.is_some());
    page.gauge("project_is_refused", "1 where the project was changed and is not in order: what was scheduled before stays so", [(NONE, refused)])?;
    let read_at = ["ledger", "warehouse"].into_iter().filter_map(|of| Some((vec![("of", of.to_owned())], seconds(*figures.read_at.get(of)?))));
    page.gauge("figures_timestamp_seconds", "When the figures here were last read, from the ledger and from the warehouse", read_at)?;
    let unread = ["ledger", "warehouse"].into_iter().map(|of| (vec![("of", of.to_owned())], whether(figures.unread.contains_key(of))));
    page.gauge("figures_are_stale", "1 where the ledger or the warehouse could not be read, so that figures are those last known", unread)
}

/// What was due and what became of it.
pub fn of_ticks(page: &mut Families<'_>, ticks: &Ticks) -> fmt::Result {
    counts(page, ticks)?;
    page.gauge("ticks_waiting", "Due times that wait: for their turn, another pipeline, or to be tried again", [(NONE, number(ticks.waiting))])?;
    page.gauge("ticks_running", "Due times whose run goes on", [(NONE, number(ticks.running))])?;
    let overdue = ticks.overdue_since.map(|since| (NONE, seconds(since)));
    page.gauge(
        "ticks_overdue_since_timestamp_seconds",
        "The nominal time of the first due time that may begin and has not; absent where there is none",
        overdue,
    )?;
    page.gauge("pipelines", "Pipelines that are scheduled", [(NONE, number(ticks.scheduled.len() as u64))])?;
    let paused = ticks.scheduled.iter().map(|(pipeline, (is_paused, _))| (of(pipeline), whether(*is_paused)));
    page.gauge("pipeline_is_paused", "1 where nothing of the pipeline is started until somebody resumes it", paused)?;
    let next = ticks.scheduled.iter().filter_map(|(pipeline, (_, next))| Some((of(pipeline), seconds((*next)?))));
    page.gauge("pipeline_next_due_timestamp_seconds", "When the pipeline is due next", next)?;
    let scheduled = || ticks.pipelines.iter().filter(|(pipeline, _)| ticks.scheduled.contains_key(*pipeline));
    let failing = scheduled().map(|(pipeline, counts)| (of(pipeline), whether(counts.is_failing())));
    page.gauge("pipeline_is_failing", "1 where the last due time that ran to its end failed, all attempts of it", failing)?;
    let success = scheduled().filter_map(|(pipeline, counts)| Some((of(pipeline), seconds(counts.last_success?))));
    page.gauge("pipeline_last_success_timestamp_seconds", "When a run of the pipeline last succeeded, in this year (UTC)", success)
}

fn counts(page: &mut Families<'_>, ticks: &Ticks) -> fmt::Result {
    let all = || ticks.pipelines.iter();
    let of_each = |get: fn(&Counts) -> u64| all().map(move |(pipeline, counts)| (of(pipeline), get(counts)));
    page.counter("ticks_due", "Due times since this year began (UTC), from the schedule's ledger", of_each(|counts| counts.due))?;
    page.counter(
        "ticks_succeeded",
        "Due times whose run succeeded since this year began (UTC), from the schedule's ledger",
        of_each(|counts| counts.succeeded),
    )?;
    let skipped =
        all().flat_map(|(pipeline, counts)| POLICIES.map(|(by, name)| (and(pipeline, "policy", name), counts.skipped.get(&by).copied().unwrap_or_default())));
    page.counter("ticks_skipped", "Due times that did not run, by the policy that says so, since this year began (UTC), from the schedule's ledger", skipped)?;
    page.counter(
        "runs_started",
        "Runs begun, further attempts included, since this year began (UTC), from the schedule's ledger",
        of_each(|counts| counts.started),
    )?;
    let failed = all().flat_map(|(pipeline, counts)| {
        Failure::NAMES.map(|(failure, name)| (and(pipeline, "failure", name), counts.failed.get(&failure).copied().unwrap_or_default()))
    });
    page.counter("runs_failed", "Runs that failed, each attempt by its kind of failure, since this year began (UTC), from the schedule's ledger", failed)?;
    let durations = all().map(|(pipeline, counts)| (of(pipeline), &counts.durations));
    page.histogram("run_duration_seconds", "How long runs took that ended by themselves since this year began (UTC), from the schedule's ledger", durations)
}

fn of(pipeline: &str) -> Labels {
    vec![("pipeline", pipeline.to_owned())]
}

fn and(pipeline: &str, label: &'static str, value: &str) -> Labels {
    vec![("pipeline", pipeline.to_owned()), (label, value.to_owned())]
}
