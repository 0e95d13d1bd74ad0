//! Files of the web, which has no lists: every office is asked for every month.
//!
//! Guarantees: a file that is not there is no fault; one that the server says is as it was is not read again. A server that
//! does not say when a file was last changed has it read in every run: it was received when this content was first seen.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::seen::{Seen, months};
use super::{Found, FoundFile, Item, Listing, hash_of};
use crate::error::{Error, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Access, Named, Office, Pipeline, Project, Source};
use crate::run::Feeds;
use crate::store::web::{Address, Facts, Failure, Web};
use crate::warehouse::Submission;

/// So many files are asked for at a time.
const AT_ONCE: usize = 4;

/// Asks for every file of the web, and adds what is there.
pub async fn list((project, wanted): (&Project, &Feeds), seen: &Seen<'_>, web: &Web, listing: &mut Listing) {
    for pipeline in project.pipelines.iter().filter(|pipeline| wanted.holds(pipeline.contract.feed.as_str())) {
        for source in &pipeline.sources {
            let Access::Named(named) = &source.access else { continue };
            let asking = Asking { pipeline, source, named, wanted, seen, web: web.up_to(source.most_bytes) };
            if let Err(error) = asking.all(project, listing).await {
                listing.out_of_reach([&pipeline.contract.feed], &error);
            }
        }
    }
}

struct Asking<'a> {
    pipeline: &'a Pipeline,
    source: &'a Arc<Source>,
    named: &'a Named,
    wanted: &'a Feeds,
    seen: &'a Seen<'a>,
    web: Web,
}

impl Asking<'_> {
    /// Asks until a server fails: who does not answer once is not asked for all the rest.
    async fn all(&self, project: &Project, listing: &mut Listing) -> Result<()> {
        let now = Period::containing(PeriodKind::Month, self.seen.now.date_naive());
        let offices = project.offices.iter().filter(|office| self.source.offices.contains(&office.code));
        let slots: Vec<(&Office, Period)> = offices.flat_map(|office| self.months(project, office, now).map(move |month| (office, month))).collect();
        for some in slots.chunks(AT_ONCE) {
            let answers = futures::future::join_all(some.iter().map(|(office, month)| self.one(office, *month, now))).await;
            let mut failed = None;
            for answer in answers {
                match answer {
                    Ok(found) => listing.found.extend(found),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            failed.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    fn months(&self, project: &Project, office: &Office, now: Period) -> impl Iterator<Item = Period> {
        months(project, self.source, office, now).into_iter().filter(|month| self.wanted.holds_month(*month))
    }

    async fn one(&self, office: &Office, month: Period, now: Period) -> Result<Option<Found>> {
        let path = self.source.template.fill(&office.code, month);
        let is_old = !self.wanted.are_months_named() && self.named.lookback.is_some_and(|count| month.plus_months(count) <= now);
        let address = Address::of(&path)?.with_token("Bearer", self.named.token.as_ref())?;
        if let Some(settled) = self.seen.settled(self.pipeline.contract.feed.as_str(), &path, is_old) {
            let item = Item::Resource(self.web.clone(), Arc::new(address), Facts::default());
            return Ok(Some(self.found(office, month, path, item, Known::of(settled))));
        }
        let failed = |failure: Failure| -> Error { failure.error(format!("cannot ask for `{path}`")) };
        let facts = match self.web.head(&address).await {
            Ok(None) => return Ok(None),
            Ok(Some(facts)) => Some(facts),
            Err(Failure::Refused(405 | 501)) => None,
            Err(failure) => return Err(failed(failure)),
        };
        let newest = self.seen.newest(self.pipeline.contract.feed.as_str(), &path);
        if let Some(facts) = facts
            && let Some(modified) = facts.modified
        {
            // A server that says no length says all the same whether there is another state.
            let size = facts.length.or_else(|| newest.filter(|known| known.modified_at == modified).map(|known| known.size)).unwrap_or_default();
            let known = Known { received: modified, modified, size };
            return Ok(Some(self.found(office, month, path, Item::Resource(self.web.clone(), Arc::new(address), facts), known)));
        }
        let read = match self.web.read_steady(&address, None).await {
            Ok(read) => read,
            Err(Failure::NotThere(_)) => return Ok(None),
            Err(failure) => return Err(failed(failure)),
        };
        let seen_at = read.facts.modified.unwrap_or(self.seen.now);
        let known = newest
            .filter(|known| known.content_hash == hash_of(&read.bytes))
            .map_or(Known { received: seen_at, modified: seen_at, size: read.bytes.len() as u64 }, Known::of);
        Ok(Some(self.found(office, month, path, Item::Held(read.bytes), known)))
    }

    fn found(&self, office: &Office, month: Period, path: String, item: Item, known: Known) -> Found {
        let name = path.split('?').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        Found {
            feed: self.pipeline.contract.feed.clone(),
            office: office.code.clone(),
            period: month,
            received: known.received,
            path,
            size: known.size,
            modified: known.modified,
            source: self.source.clone(),
            files: vec![FoundFile { page: None, name, item }],
        }
    }
}

/// What a delivery is known by.
struct Known {
    received: DateTime<Utc>,
    modified: DateTime<Utc>,
    size: u64,
}

impl Known {
    fn of(submission: &Submission) -> Self {
        Self { received: submission.received_at, modified: submission.modified_at, size: submission.size }
    }
}
