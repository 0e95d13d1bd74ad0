//! Which feeds a run is to load.

use std::collections::BTreeSet;

use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::project::Project;

/// All feeds, or some.
#[derive(Debug, Clone, Default)]
pub struct Feeds(Option<BTreeSet<String>>);

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
        Ok(Self(Some(names.iter().cloned().collect())))
    }

    /// True where every feed is loaded.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// True where this feed is loaded.
    pub fn holds(&self, feed: &str) -> bool {
        self.0.as_ref().is_none_or(|feeds| feeds.contains(feed))
    }
}
