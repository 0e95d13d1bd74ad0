//! When the next due time of each pipeline is, remembered, so that an idle scheduler computes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::state::Known;

/// Next due times.
#[derive(Debug, Default)]
pub struct Agenda(BTreeMap<String, (Known, Option<DateTime<Utc>>)>);

impl Agenda {
    /// The first due time of a pipeline that is not decided about.
    pub fn next(&mut self, pipeline: &str, known: &Known) -> Option<DateTime<Utc>> {
        if let Some((of, next)) = self.0.get(pipeline)
            && of == known
        {
            return *next;
        }
        let next = known.timetable.next(known.decided_until);
        self.0.insert(pipeline.to_owned(), (known.clone(), next));
        next
    }
}
