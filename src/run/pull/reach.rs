//! Whether every source can be reached and lets us in, without pulling anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{listed, paged, seen::months};
use crate::error::{Error, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Access, Named, Pipeline, Project, Source};
use crate::store::web::{Address, Failure, Limits, Web};

/// A place where extracts are looked for, and whether it answers.
#[derive(Debug)]
pub struct Reached {
    /// The folder, store or address, secrets named and not shown.
    pub place: String,
    /// The feeds that are looked for there.
    pub feeds: Vec<String>,
    /// What it holds, in words; or why it cannot be reached.
    pub answer: Result<String>,
}

/// Asks every place of every source once.
///
/// # Errors
/// `Unavailable` where no client of the web can be made.
pub async fn reach(project: &Project, now: DateTime<Utc>) -> Result<Vec<Reached>> {
    let mut reached = folders(project).await;
    let limits = Limits { tries: 2, stall: Duration::from_secs(15), ..Limits::default() };
    let web = Web::new(limits)?;
    for pipeline in &project.pipelines {
        for source in &pipeline.sources {
            match &source.access {
                Access::Listed => {}
                Access::Named(named) => reached.extend(named_source(project, (pipeline, source), named, &web, now).await),
                Access::Paged(api) => reached.extend(paged::reach(project, (pipeline, source), api, &web, now).await),
            }
        }
    }
    Ok(reached)
}

async fn folders(project: &Project) -> Vec<Reached> {
    let mut folders: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for pipeline in &project.pipelines {
        for source in pipeline.sources.iter().filter(|source| matches!(source.access, Access::Listed)) {
            folders.entry(&source.template.folder).or_default().insert(pipeline.contract.feed.to_string());
        }
    }
    let mut reached = Vec::new();
    for (folder, feeds) in folders {
        let listed = listed::list_folder(&project.root, folder).await;
        let answer = listed.map(|(_, objects)| format!("{} files", objects.len()));
        let place = if folder.is_empty() { ".".to_owned() } else { folder.to_owned() };
        reached.push(Reached { place, feeds: feeds.into_iter().collect(), answer });
    }
    reached
}

/// Asks for the file of the last month that is over of the first office that sends any.
async fn named_source(project: &Project, (pipeline, source): (&Pipeline, &Arc<Source>), named: &Named, web: &Web, now: DateTime<Utc>) -> Option<Reached> {
    let this = Period::containing(PeriodKind::Month, now.date_naive());
    let last = |office| months(project, source, office, this).into_iter().rfind(|month| *month < this);
    let (office, month) = project.offices.iter().filter(|office| source.offices.contains(&office.code)).find_map(|office| Some((office, last(office)?)))?;
    let path = source.template.fill(&office.code, month);
    let asked = async {
        let address = Address::of(&path)?.with_token("Bearer", named.token.as_ref())?;
        match web.head(&address).await {
            Ok(Some(_)) => Ok(format!("answers, and has {month} of {}", office.code)),
            Ok(None) => Ok(format!("answers, and has nothing for {month} of {}", office.code)),
            Err(Failure::Refused(405 | 501)) => Ok("answers, and says nothing of a file before it is read".to_owned()),
            Err(failure) => Err::<_, Error>(failure.error("it cannot be asked")),
        }
    };
    Some(Reached { place: source.template.text.clone(), feeds: vec![pipeline.contract.feed.to_string()], answer: asked.await })
}
