//! Records that form systems hand out in pages: every month that is over is asked for, and is a delivery of its own.
//!
//! Guarantees: a pull is whole and of one state, as far as counts and ids of records tell, or is made again, and then
//! refused; what says the same as before is nothing new. A pull that was interrupted begins again from its first page, so
//! that nothing is lost or doubled. The content decides whether a delivery is new, and it was received when it was first
//! seen.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use super::seen::{Seen, months};
use super::style::{Seek, read_page};
use super::{Found, FoundFile, Item, Listing};
use crate::error::{Error, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Access, Api, ApiStyle, Office, Pipeline, Project, Repeat, Source};
use crate::read::Page;
use crate::run::judge::hash;
use crate::store::web::{Address, Failure, Web};

/// How often what changes is pulled before it is given up.
const STEADY_TRIES: u32 = 3;

/// Asks every API, and adds what it holds.
pub async fn list(project: &Project, seen: &Seen<'_>, web: &Web, listing: &mut Listing) {
    for pipeline in &project.pipelines {
        for source in &pipeline.sources {
            let Access::Paged(api) = &source.access else { continue };
            let asking = Asking { pipeline, source, api, seen, web };
            if let Err(error) = asking.all(project, listing).await {
                listing.out_of_reach([&pipeline.contract.feed], &error);
            }
        }
    }
}

struct Asking<'a> {
    pipeline: &'a Pipeline,
    source: &'a Arc<Source>,
    api: &'a Api,
    seen: &'a Seen<'a>,
    web: &'a Web,
}

impl Asking<'_> {
    /// Asks until the server fails: who does not answer once is not asked for all the rest.
    async fn all(&self, project: &Project, listing: &mut Listing) -> Result<()> {
        let today = self.seen.now.date_naive();
        let now = Period::containing(PeriodKind::Month, today);
        for office in project.offices.iter().filter(|office| self.source.offices.contains(&office.code)) {
            for month in months(project, self.source, office, now).into_iter().filter(|month| month.end() < today) {
                listing.found.push(self.one(office, month, now).await?);
            }
        }
        Ok(())
    }

    async fn one(&self, office: &Office, month: Period, now: Period) -> Result<Found> {
        let feed = self.pipeline.contract.feed.as_str();
        let shown = self.api.address(&office.code);
        let path = format!("{shown}#{month}");
        let pull = self.pull(&shown, month)?;
        let is_old = month.plus_months(self.api.lookback) < now;
        let mut found = Found {
            feed: self.pipeline.contract.feed.clone(),
            office: office.code.clone(),
            period: month,
            received: self.seen.now,
            path,
            size: 0,
            modified: self.seen.now,
            source: self.source.clone(),
            files: Vec::new(),
        };
        if let Some(settled) = self.seen.settled(feed, &found.path, is_old) {
            (found.received, found.modified, found.size) = (settled.received_at, settled.modified_at, settled.size);
            found.files.push(FoundFile { page: None, name: String::new(), item: Item::Pages(Arc::new(pull)) });
            return Ok(found);
        }
        let pages = pull.pages().await?;
        found.size = pages.iter().map(|page| page.bytes.len() as u64).sum();
        if let Some(known) = self.seen.newest(feed, &found.path).filter(|known| known.content_hash == hash(&pages)) {
            (found.received, found.modified) = (known.received_at, known.modified_at);
        }
        let numbers = 1..;
        found.files = numbers.zip(pages).map(|(number, page)| FoundFile { page: Some(number), name: page.name, item: Item::Held(page.bytes) }).collect();
        Ok(found)
    }

    fn pull(&self, shown: &str, month: Period) -> Result<Pull> {
        let seek = Seek {
            from: month.start().and_time(chrono::NaiveTime::MIN).and_local_timezone(Utc).earliest(),
            before: month.next().start().and_time(chrono::NaiveTime::MIN).and_local_timezone(Utc).earliest(),
            page_size: self.api.page_size,
            has_repeats: matches!(self.source.export.repeat, Some(Repeat::Nested { .. })),
        };
        let address = Address::of(shown)?.with_token(self.api.style.token_kind(), self.api.token.as_ref())?.asking(&seek.pairs(self.api.style));
        let pace = Duration::from_secs_f64(1.0 / self.api.requests_per_second);
        Ok(Pull { web: self.web.up_to(self.source.most_bytes), address, style: self.api.style, pace, most: self.source.most_bytes })
    }
}

/// Records of a month that can be asked for.
#[derive(Debug)]
pub struct Pull {
    web: Web,
    address: Address,
    style: ApiStyle,
    pace: Duration,
    most: u64,
}

impl Pull {
    /// All pages, of one state.
    ///
    /// # Errors
    /// `Conflict` where records change every time that they are pulled; `Unavailable` where they cannot be had.
    pub async fn pages(&self) -> Result<Vec<Page>> {
        let failed = |failure: Failure| -> Error { failure.error(format!("cannot pull `{}`", self.address)) };
        for _ in 0..STEADY_TRIES {
            match self.once().await {
                Err(Failure::Changed) => tracing::debug!(address = %self.address, "records changed while they were pulled: pulled again"),
                done => return done.map_err(failed),
            }
        }
        Err(failed(Failure::Changed))
    }

    /// All pages, from the first on as each names the next; `Changed` where they do not fit each other.
    async fn once(&self) -> Result<Vec<Page>, Failure> {
        let mut pages = Vec::new();
        let mut ids = HashSet::new();
        let mut count = None;
        let mut size = 0;
        let mut next = Some(self.address.clone());
        while let Some(address) = next {
            tokio::time::sleep(self.pace).await;
            let read = self.web.read(&address).await?;
            size += read.bytes.len() as u64;
            if size > self.most {
                return Err(Failure::TooLarge(self.most));
            }
            let page = read_page(self.style, &read.bytes)?;
            if *count.get_or_insert(page.count) != page.count {
                return Err(Failure::Changed);
            }
            if page.ids.is_empty() && page.next.is_some() {
                return Err(Failure::Answer("a page without records names another"));
            }
            for id in page.ids {
                // A record that stands on two pages was pushed there by another that came or went.
                if !ids.insert(id) {
                    return Err(Failure::Changed);
                }
            }
            next = match page.next {
                Some(next) => Some(address.following(&next).ok_or(Failure::Answer("it names a next page on another server"))?),
                None => None,
            };
            pages.push(Page { name: format!("page {}", pages.len() + 1), bytes: read.bytes });
        }
        if count.unwrap_or_default() == ids.len() as u64 { Ok(pages) } else { Err(Failure::Changed) }
    }
}
