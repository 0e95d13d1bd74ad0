//! The extracts that still hold somebody: rihla reads them and does not own them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Wanted;
use crate::error::Result;
use crate::normalise::Key;
use crate::project::Project;
use crate::run::Feeds;
use crate::run::pull::{self, Found};
use crate::run::returned::{Places, gather};
use crate::validate::people;
use crate::warehouse::{Sighting, Submission, Unsearched};

/// A row of what a submission was made of: the submission, the sheet, the row.
pub type SourceRow = (String, Option<String>, i64);

/// What a search of the extracts found.
#[derive(Default)]
pub struct Searched {
    /// Extracts that hold somebody wanted.
    pub sightings: Vec<Sighting>,
    /// The same rows by the submissions that were made of exactly these bytes.
    pub source_rows: BTreeSet<SourceRow>,
    /// Which of those wanted were seen, by pseudonym.
    pub seen: BTreeSet<String>,
    /// What could not be searched.
    pub not_searched: Vec<Unsearched>,
}

/// Searches every extract that the sources hold.
///
/// # Errors
/// `Internal` only; what cannot be read stands in the result.
pub async fn search(
    project: &Arc<Project>,
    key: &Key,
    wanted: &Wanted,
    (submissions, now): (&[Submission], DateTime<Utc>),
    advance: &dyn Fn(&str),
) -> Result<Searched> {
    // As if nothing was known, so that everything is there to be read.
    let mut listing = pull::list(project, &Feeds::default(), &[], now).await?;
    let places = Places::of(project, &listing).await?;
    let returned = gather(&places, &mut listing, None).await?;
    let mut searched = Searched::default();
    searched.not_searched.extend(returned.strays.into_iter().map(|stray| Unsearched { path: stray.path, why: stray.reason }));
    for (feed, why) in &listing.unreachable {
        searched.not_searched.push(Unsearched { path: format!("the sources of {feed}"), why: why.clone() });
    }
    for path in &listing.unclaimed {
        searched.not_searched.push(Unsearched { path: path.clone(), why: "no source claims the file".to_owned() });
    }
    let there: BTreeSet<&str> = listing.found.iter().map(|found| found.path.as_str()).collect();
    let gone: BTreeSet<&str> =
        submissions.iter().filter(|one| one.set_aside_lines > 0).map(|one| one.path.as_str()).filter(|path| !there.contains(path)).collect();
    for path in gone {
        let why = "it is gone, so that nobody can tell whose the rows are that were set aside of it".to_owned();
        searched.not_searched.push(Unsearched { path: path.to_owned(), why });
    }
    for found in &listing.found {
        advance(&found.path);
        searched.add(project, &places, key, wanted, submissions, found).await?;
    }
    Ok(searched)
}

impl Searched {
    async fn add(&mut self, project: &Project, places: &Places, key: &Key, wanted: &Wanted, submissions: &[Submission], found: &Found) -> Result<()> {
        let (Some(pipeline), Some(office)) = (project.pipeline(found.feed.as_str()), project.office(found.office.as_str())) else { return Ok(()) };
        let content = match places.read(&mut found.clone()).await {
            Ok(content) => content,
            Err(error) => {
                self.miss(found, &error.to_string());
                return Ok(());
            }
        };
        if let Some(refusal) = content.returned.as_ref().and_then(|returned| returned.refusal.as_ref()) {
            self.miss(found, &refusal.message);
            return Ok(());
        }
        let (rows, shifted) = match people((&content.pages, &content.amendments), &found.source, &pipeline.contract, office.timezone, found.received)? {
            Ok(read) => read,
            Err(refusal) => {
                self.miss(found, &refusal.message);
                return Ok(());
            }
        };
        if shifted > 0 {
            let rows = if shifted == 1 { "a row".to_owned() } else { format!("{shifted} rows") };
            self.miss(found, &format!("{rows} never got past the reader, so that nobody can tell whose they are"));
        }
        let mut sheets: BTreeMap<Option<String>, Vec<i64>> = BTreeMap::new();
        for row in &rows {
            if !wanted.has(key, &row.case, row.who)? {
                continue;
            }
            sheets.entry(row.sheet.as_deref().map(str::to_owned)).or_default().push(row.row);
            self.seen.insert(key.case(&row.case));
            self.seen.extend(key.who_in(key.generation(), &row.case, row.who));
        }
        if sheets.is_empty() {
            return Ok(());
        }
        let hash = content.hash;
        let made =
            submissions.iter().filter(|submission| submission.feed == found.feed.as_str() && submission.path == found.path && submission.content_hash == hash);
        for submission in made {
            let rows = sheets.iter().flat_map(|(sheet, rows)| rows.iter().map(move |row| (submission.submission_id.clone(), sheet.clone(), *row)));
            self.source_rows.extend(rows);
        }
        self.sightings.extend(sheets.into_iter().map(|(sheet, rows)| Sighting { path: found.path.clone(), sheet, rows }));
        Ok(())
    }

    fn miss(&mut self, found: &Found, why: &str) {
        self.not_searched.push(Unsearched { path: found.path.clone(), why: why.to_owned() });
    }
}
