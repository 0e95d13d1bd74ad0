//! Whether the sources answer, and secrets are there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Finding;
use crate::error::Result;
use crate::project::{Access, Project, Receiver};
use crate::run::reach;
use crate::secret::variables;

pub async fn look(project: &Project, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let mut findings = missing_variables(project);
    for reached in reach(project, now).await? {
        let what = format!("source {}", reached.place);
        findings.push(match reached.answer {
            Ok(answer) => Finding::well(what, format!("{answer} ({})", reached.feeds.join(", "))),
            Err(error) => Finding::of_error(what, &error),
        });
    }
    Ok(findings)
}

/// Variables of the environment that sources and receivers of alerts name and that are not there.
fn missing_variables(project: &Project) -> Vec<Finding> {
    let mut named = BTreeSet::new();
    for source in project.pipelines.iter().flat_map(|pipeline| &pipeline.sources) {
        let (token, address) = match &source.access {
            Access::Listed => (None, ""),
            Access::Named(named) => (named.token.as_ref(), ""),
            Access::Paged(api) => (api.token.as_ref(), api.url.as_str()),
        };
        let in_addresses = variables(&source.template.text).into_iter().chain(variables(address));
        named.extend(token.cloned().into_iter().chain(in_addresses).filter(|variable| !variable.is_set()).map(|variable| variable.name().to_owned()));
    }
    let of_receivers = project.receivers.iter().flat_map(Receiver::variables);
    named.extend(of_receivers.filter(|variable| !variable.is_set()).map(|variable| variable.name().to_owned()));
    let fault = |name: String| Finding::fault("secret", format!("the environment has no variable `{name}`"), "set it where rihla runs");
    named.into_iter().map(fault).collect()
}
