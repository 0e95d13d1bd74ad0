//! What is scheduled: every pipeline's times and policies, and what runs after what.
//!
//! Guarantees: what is handed on can be run as it is declared. Refuses, each with its place: expressions that are none or never
//! due, unknown zones, dependencies on nothing, on themselves and in a circle, and policies that contradict one another.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_spanned::Spanned;

use super::pipeline::timezone;
use super::schedule_forms::{ProjectScheduleForm, ScheduleForm};
use super::schedule_policies as policies;
use crate::cadence::clock_changes::{self, Change, Meeting};
use crate::cadence::policy::{Definition, Definitions, Policies};
use crate::cadence::timetable::Timetable;
use crate::diagnostic::{Fault, Severity, SourceFile, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::graph;

/// The name under which models are scheduled.
const MODELS: &str = "models";

/// Warnings tell what happens within so many years.
const YEARS: i64 = 3;

/// When a pipeline is due, as one file says.
#[derive(Debug)]
pub struct Scheduled {
    /// The feed, or `models`.
    name: String,
    /// The file that says so.
    file: Arc<SourceFile>,
    /// The bytes of the expression; of a pipeline that depends on others, those of the whole schedule.
    place: Range<usize>,
    /// The pipelines that it depends on, each with its place.
    depends_on: Vec<(String, Range<usize>)>,
    /// Its own times; nothing of a pipeline that depends on others, or where they are faulty.
    own: Option<Timetable>,
    policies: Policies,
    /// True where no release may be made without it.
    is_required: bool,
}

/// Who may schedule for a warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hosts {
    /// One host, whose system tells at once that a scheduler died.
    #[default]
    One,
    /// Several hosts that share the warehouse's folder.
    Several,
}

/// The names of [`Hosts`] in rihla.toml.
const HOSTS: [(&str, Hosts); 2] = [("one", Hosts::One), ("several", Hosts::Several)];

/// Everything that is scheduled, with its places.
#[derive(Debug, Default)]
pub struct Schedule {
    /// Who schedules.
    pub hosts: Hosts,
    /// What the scheduler is given.
    pub definitions: Definitions,
    scheduled: Vec<Scheduled>,
}

/// What one schedule says, as far as its faults allow.
pub fn declared(file: &Arc<SourceFile>, (name, is_required): (&str, bool), form: &Spanned<ScheduleForm>, zone: Tz, faults: &mut Vec<Fault>) -> Scheduled {
    let whole = form.span();
    let form = form.get_ref();
    let policies = policies::resolve(file, form, faults);
    let own = own_times(file, form, &whole, zone, faults);
    if let (Some(timetable), Some(jitter)) = (&own, &form.jitter) {
        check_jitter(file, timetable, policies.jitter, jitter.span(), faults);
    }
    Scheduled {
        name: name.to_owned(),
        file: file.clone(),
        place: form.cron.as_ref().map_or(whole, Spanned::span),
        depends_on: form.depends_on.iter().map(|name| (name.get_ref().clone(), name.span())).collect(),
        own,
        policies,
        is_required,
    }
}

fn own_times(file: &Arc<SourceFile>, form: &ScheduleForm, whole: &Range<usize>, zone: Tz, faults: &mut Vec<Fault>) -> Option<Timetable> {
    let zone = form.timezone.as_ref().map_or(Some(zone), |text| timezone(file, text, faults));
    let Some(cron) = &form.cron else {
        if form.depends_on.is_empty() {
            faults.push(Fault::error(file, whole.clone(), "the schedule says no time").hint("add `cron = \"0 6 * * *\"`, or `depends_on = [\"…\"]`"));
        } else if let Some(text) = &form.timezone {
            let message = "what depends on others is due when they are, in their time zone";
            faults.push(Fault::error(file, text.span(), message).hint("take `timezone` away"));
        }
        return None;
    };
    if !form.depends_on.is_empty() {
        let message = "what depends on others is due when they are, and at no time of its own";
        faults.push(Fault::error(file, cron.span(), message).hint("take `cron` away, or `depends_on`"));
        return None;
    }
    match Timetable::new(cron.get_ref(), zone?) {
        Ok(timetable) => Some(timetable),
        Err(refused) => {
            faults.push(Fault::error(file, cron.span(), refused.message).hint(refused.hint));
            None
        }
    }
}

/// A start that is put off past the next due time would meet it every time. A thousand due times show the shortest wait of
/// every expression that people write.
fn check_jitter(file: &Arc<SourceFile>, timetable: &Timetable, jitter: std::time::Duration, place: Range<usize>, faults: &mut Vec<Fault>) {
    let due: Vec<DateTime<Utc>> = timetable.upcoming(DateTime::UNIX_EPOCH + TimeDelta::days(365 * 55)).take(1_000).collect();
    let shortest = due.windows(2).map(|pair| pair[1] - pair[0]).min();
    let is_longer = |shortest: TimeDelta| shortest.to_std().is_ok_and(|shortest| jitter >= shortest);
    if shortest.is_some_and(is_longer) {
        faults.push(
            Fault::error(file, place, "the jitter is as long as the shortest time between two due times, so that starts would meet")
                .hint("make `jitter` shorter, or let it be due less often"),
        );
    }
}

/// What the project as a whole says, and everything together.
pub fn resolve(
    file: &Arc<SourceFile>,
    form: Option<&ProjectScheduleForm>,
    mut scheduled: Vec<Scheduled>,
    zone: Tz,
    all_are_known: bool,
    faults: &mut Vec<Fault>,
) -> Schedule {
    if let Some(form) = form.and_then(|form| form.models.as_ref()) {
        if let Some(feed) = scheduled.iter().find(|scheduled| scheduled.name == MODELS) {
            faults.push(Fault::error(&feed.file, 0..0, "a feed cannot be called `models` where rihla.toml schedules the models"));
        }
        scheduled.push(declared(file, (MODELS, true), form, zone, faults));
    }
    let at_a_time = form.and_then(|form| form.at_a_time.as_ref());
    if let Some(number) = at_a_time.filter(|number| *number.get_ref() == 0) {
        faults.push(Fault::error(file, number.span(), "nothing would ever run").hint("`at_a_time = 1` lets one load go at a time"));
    }
    let at_a_time = at_a_time.map_or(1, |number| usize::try_from(*number.get_ref()).unwrap_or(usize::MAX));
    let hosts = form.and_then(|form| form.hosts.as_ref()).and_then(|text| policies::one_of(file, text, &HOSTS, "how many hosts schedule", faults));
    let before = errors(faults);
    if all_are_known {
        check_names(&scheduled, faults);
    }
    let pipelines = if errors(faults) == before { definitions(&scheduled, faults) } else { BTreeMap::new() };
    Schedule { hosts: hosts.unwrap_or_default(), definitions: Definitions { pipelines, at_a_time }, scheduled }
}

fn errors(faults: &[Fault]) -> usize {
    faults.iter().filter(|fault| fault.severity == Severity::Error).count()
}

fn check_names(scheduled: &[Scheduled], faults: &mut Vec<Fault>) {
    let names: BTreeSet<&str> = scheduled.iter().map(|scheduled| scheduled.name.as_str()).collect();
    for of in scheduled {
        for (name, place) in of.depends_on.iter().filter(|(name, _)| !names.contains(name.as_str())) {
            let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| "name feeds of pipelines/*.toml, or `models`".to_owned());
            faults.push(Fault::error(&of.file, place.clone(), format!("nothing is scheduled that is called `{name}`")).hint(hint));
        }
    }
}

/// The definitions, each after those that it depends on; none of what goes in a circle or waits for unlike times.
fn definitions(scheduled: &[Scheduled], faults: &mut Vec<Fault>) -> BTreeMap<String, Definition> {
    let by_name: BTreeMap<&str, &Scheduled> = scheduled.iter().map(|scheduled| (scheduled.name.as_str(), scheduled)).collect();
    let edges = by_name.iter().map(|(name, of)| (*name, of.depends_on.iter().map(|(name, _)| name.as_str()).collect())).collect();
    let order = match graph::order(&edges) {
        Ok(order) => order,
        Err(cycles) => {
            faults.extend(cycles.iter().map(|cycle| circle(cycle, &by_name)));
            return BTreeMap::new();
        }
    };
    let mut found: BTreeMap<String, Definition> = BTreeMap::new();
    for of in order.into_iter().filter_map(|name| by_name.get(name)) {
        if let Some(timetable) = of.own.clone().or_else(|| common_times(of, &found, faults)) {
            let depends_on: BTreeSet<String> = of.depends_on.iter().map(|(name, _)| name.clone()).collect();
            // A release is made without a feed that is not required, by hand as by the clock.
            let is_spared = |name: &&String| of.name == MODELS && by_name.get(name.as_str()).is_some_and(|upstream| !upstream.is_required);
            let does_without = depends_on.iter().filter(is_spared).cloned().collect();
            found.insert(of.name.clone(), Definition { timetable, policies: of.policies.clone(), depends_on, does_without });
        }
    }
    found
}

fn circle(cycle: &[&str], by_name: &BTreeMap<&str, &Scheduled>) -> Fault {
    let told = cycle.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" after ");
    let message = format!("these wait for one another: {told}");
    let place = cycle.first().and_then(|name| by_name.get(name)).and_then(|of| {
        let (_, place) = of.depends_on.iter().find(|(name, _)| Some(&name.as_str()) == cycle.get(1))?;
        Some((&of.file, place.clone()))
    });
    let fault = match place {
        Some((file, place)) => Fault::error(file, place, message),
        None => Fault::of_path("pipelines", message),
    };
    fault.hint("one of them must be due at a time of its own")
}

/// The times that all have on which a pipeline depends: a round is one nominal time.
fn common_times(of: &Scheduled, found: &BTreeMap<String, Definition>, faults: &mut Vec<Fault>) -> Option<Timetable> {
    let mut upstream = of.depends_on.iter().filter_map(|(name, place)| Some((name, place, &found.get(name)?.timetable)));
    let (first, _, timetable) = upstream.next()?;
    for (name, place, other) in upstream {
        if other != timetable {
            let message = format!("`{name}` is due at {other}, and `{first}` at {timetable}: they have no times in common");
            faults.push(Fault::error(&of.file, place.clone(), message).hint("give them the same `cron` and `timezone`, or give this one a `cron` of its own"));
        }
    }
    Some(timetable.clone())
}

impl Schedule {
    /// Everything, or one pipeline of it.
    ///
    /// # Errors
    /// `Input` where nothing of that name is scheduled.
    pub fn chosen(&self, pipeline: Option<&str>) -> Result<Definitions> {
        let mut definitions = self.definitions.clone();
        let Some(name) = pipeline else { return Ok(definitions) };
        if !definitions.pipelines.contains_key(name) {
            let error = Error::new(Kind::Input, format!("nothing is scheduled that is called `{name}`"));
            let names = || definitions.pipelines.keys().map(String::as_str);
            let all = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(error.hint(did_you_mean(name, names()).unwrap_or_else(|| format!("scheduled are {}", all()))));
        }
        definitions.pipelines.retain(|known, _| known == name);
        Ok(definitions)
    }

    /// A warning for every expression that names a skipped or repeated local time within three years after `now`, with what
    /// will happen.
    pub fn warnings(&self, now: DateTime<Utc>) -> Vec<Fault> {
        self.scheduled.iter().filter_map(|of| warning(of, of.own.as_ref()?, now)).collect()
    }
}

fn warning(of: &Scheduled, timetable: &Timetable, now: DateTime<Utc>) -> Option<Fault> {
    let met = clock_changes::meetings(timetable, now, YEARS);
    let told: Vec<String> = [Change::Skipped, Change::Repeated].into_iter().filter_map(|change| tell(&met, change)).collect();
    let message = format!("`{}` names local times that clocks of {} do not show once", timetable.expression(), timetable.zone().name());
    let hint = format!("{}; choose another hour where that is not meant", told.join("; "));
    (!told.is_empty()).then(|| Fault::warning(&of.file, of.place.clone(), message).hint(hint))
}

/// What happens the first time of a kind, and how often it does.
fn tell(met: &[Meeting], change: Change) -> Option<String> {
    let first = met.iter().find(|meeting| meeting.change == change)?;
    let word = if change == Change::Skipped { "is skipped" } else { "comes twice" };
    let often = match met.iter().filter(|meeting| meeting.change == change).count() {
        1 => String::new(),
        more => format!(" (and {} times more in {YEARS} years)", more - 1),
    };
    Some(format!("{} {word} on {}: {}{often}", first.local.format("%H:%M"), first.local.format("%Y-%m-%d"), first.outcome))
}
