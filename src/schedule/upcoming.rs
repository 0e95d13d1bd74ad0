//! What is coming: the next due times of everything that is scheduled.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::chance;
use super::policy::Definitions;
use super::tick::TickId;

/// A due time that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// The pipeline and its nominal time.
    pub id: TickId,
    /// When it starts, with jitter, if nothing else runs.
    pub from: DateTime<Utc>,
    /// The zone that its expression is meant in.
    pub zone: Tz,
    /// What it runs after, if it does.
    pub after: Vec<String>,
}

/// The next `count` due times after `now`, in the order in which they come.
pub fn upcoming(definitions: &Definitions, now: DateTime<Utc>, count: usize) -> Vec<Upcoming> {
    let mut found: Vec<Upcoming> = Vec::new();
    for (pipeline, definition) in &definitions.pipelines {
        found.extend(definition.timetable.upcoming(now).take(count).map(|nominal| {
            let id = TickId::new(pipeline, nominal);
            let jitter = TimeDelta::from_std(chance::jitter(&id, definition.policies.jitter)).unwrap_or_default();
            Upcoming { id, from: nominal + jitter, zone: definition.timetable.zone(), after: definition.depends_on.iter().cloned().collect() }
        }));
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.truncate(count);
    found
}
