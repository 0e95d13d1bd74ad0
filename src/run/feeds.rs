//! Which feeds a run is to load, and of which months.

use std::collections::BTreeSet;

use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::period::Period;
use crate::project::Project;

/// All feeds, or some; of all months, or of some.
#[derive(Debug, Clone, Default)]
pub struct Feeds {
    names: Option<BTreeSet<String>>,
    /// The first and the last month.
    months: Option<(Period, Period)>,
}

impl Feeds {
    /// The feeds of these names; all where there are none.
    ///
    /// # Errors
    /// `Input` where a project has no feed of such a name.
    pub fn of(project: &Project, names: &[String]) -> Result<Self> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        if let Some(name) = names.iter().find(|name| project.pipeline(name).is_none()) {
            let feeds = || project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str());
            let all = || format!("feeds are {}", feeds().map(|feed| format!("`{feed}`")).collect::<Vec<_>>().join(", "));
            let error = Error::new(Kind::Input, format!("there is no feed `{name}`"));
            return Err(error.hint(did_you_mean(name, feeds()).unwrap_or_else(all)));
        }
        Ok(Self { names: Some(names.iter().cloned().collect()), months: None })
    }

    /// The same, of these months only, which are asked for whether or not they were before.
    #[must_use]
    pub fn in_months(self, first: Period, last: Period) -> Self {
        Self { months: Some((first, last)), ..self }
    }

    /// True where every feed is loaded, of all months.
    pub fn is_all(&self) -> bool {
        self.names.is_none() && !self.are_months_named()
    }

    /// True where months are named: sources are asked for these anew, however old they are.
    pub fn are_months_named(&self) -> bool {
        self.months.is_some()
    }

    /// True where this month is loaded.
    pub fn holds_month(&self, month: Period) -> bool {
        self.months.is_none_or(|(first, last)| first <= month && month <= last)
    }

    /// True where this feed is loaded.
    pub fn holds(&self, feed: &str) -> bool {
        self.names.as_ref().is_none_or(|feeds| feeds.contains(feed))
    }
}
