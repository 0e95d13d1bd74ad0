//! Records that form systems hand out in pages: every month that is over is asked for, and is a delivery of its own; where
//! deliveries hold changes, what came since the last one is a delivery of the present month.
//!
//! Guarantees: a pull is whole and of one state, as far as counts and ids of records tell, or is made again, and then
//! refused; what says the same as before is nothing new. A pull that was interrupted begins again from its first page, so
//! that nothing is lost or doubled. The content decides whether a delivery is new, and it was received when it was first
//! seen. Since when changes are asked for is what the last delivery that was not refused held, so that what was not loaded is
//! asked for again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};

use super::reach::Reached;
use super::seen::{Seen, months};
use super::style::{Seek, read_page};
use super::{Found, FoundFile, Item, Listing};
use crate::error::{Error, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Access, Api, ApiStyle, DeliveryMode, Office, Pipeline, Project, Repeat, Source};
use crate::read::Page;
use crate::run::Feeds;
use crate::run::judge::hash;
use crate::store::web::{Address, Failure, Web};

/// How often what changes is pulled before it is given up.
const STEADY_TRIES: u32 = 3;

/// Asks every API, and adds what it holds.
pub async fn list((project, wanted): (&Project, &Feeds), seen: &Seen<'_>, web: &Web, listing: &mut Listing) {
    for pipeline in project.pipelines.iter().filter(|pipeline| wanted.holds(pipeline.contract.feed.as_str())) {
        for source in &pipeline.sources {
            let Access::Paged(api) = &source.access else { continue };
            let asking = Asking { pipeline, source, api, wanted, seen, web };
            if let Err(error) = asking.all(project, listing).await {
                listing.out_of_reach([&pipeline.contract.feed], &error);
            }
        }
    }
}

/// Asks every form of a source for what was submitted from now on, which is next to nothing.
pub async fn reach(project: &Project, (pipeline, source): (&Pipeline, &Arc<Source>), api: &Api, web: &Web, now: DateTime<Utc>) -> Vec<Reached> {
    let (seen, wanted) = (Seen::of(&[], now), Feeds::default());
    let asking = Asking { pipeline, source, api, wanted: &wanted, seen: &seen, web };
    let mut reached = Vec::new();
    for office in project.offices.iter().filter(|office| source.offices.contains(&office.code)) {
        let asked = async {
            let pull = asking.pull(office, (now, now))?;
            let answer = web.up_to(source.most_bytes).read(&pull.address).await;
            answer.map(|_| "answers".to_owned()).map_err(|failure| failure.error("it cannot be asked"))
        };
        reached.push(Reached { place: api.address(&office.code), feeds: vec![pipeline.contract.feed.to_string()], answer: asked.await });
    }
    reached
}

struct Asking<'a> {
    pipeline: &'a Pipeline,
    source: &'a Arc<Source>,
    api: &'a Api,
    wanted: &'a Feeds,
    seen: &'a Seen<'a>,
    web: &'a Web,
}

impl Asking<'_> {
    /// Asks until the server fails: who does not answer once is not asked for all the rest.
    async fn all(&self, project: &Project, listing: &mut Listing) -> Result<()> {
        let today = self.seen.now.date_naive();
        let now = Period::containing(PeriodKind::Month, today);
        for office in project.offices.iter().filter(|office| self.source.offices.contains(&office.code)) {
            if self.pipeline.delivery == DeliveryMode::Changes {
                listing.found.extend(self.changes(project, office, now).await?);
                continue;
            }
            for month in months(project, self.source, office, now).into_iter().filter(|month| month.end() < today && self.wanted.holds_month(*month)) {
                listing.found.push(self.month(office, month, now).await?);
            }
        }
        Ok(())
    }

    async fn month(&self, office: &Office, month: Period, now: Period) -> Result<Found> {
        let feed = self.pipeline.contract.feed.as_str();
        let pull = self.pull(office, (midnight(month.start()), midnight(month.next().start())))?;
        let is_old = !self.wanted.are_months_named() && month.plus_months(self.api.lookback) < now;
        let mut found = self.found(office, month, format!("{}#{month}", self.api.address(&office.code)));
        if let Some(settled) = self.seen.settled(feed, &found.path, is_old) {
            (found.received, found.modified, found.size) = (settled.received_at, settled.modified_at, settled.size);
            found.files.push(FoundFile { page: None, name: String::new(), item: Item::Pages(Arc::new(pull)) });
            return Ok(found);
        }
        let Pulled { pages, .. } = pull.pages().await?;
        if let Some(known) = self.seen.newest(feed, &found.path).filter(|known| known.content_hash == hash(&pages)) {
            (found.received, found.modified) = (known.received_at, known.modified_at);
        }
        Ok(found.holding(pages))
    }

    /// What was submitted, or changed, since the last delivery; its last change is from when on is asked the next time.
    async fn changes(&self, project: &Project, office: &Office, now: Period) -> Result<Option<Found>> {
        let feed = self.pipeline.contract.feed.as_str();
        let mut found = self.found(office, now, format!("{}#changes", self.api.address(&office.code)));
        let last = self.seen.settled(feed, &found.path, true);
        let from = last.map_or_else(|| midnight(project.first_period.start()), |last| last.modified_at - OVERLAP);
        let pull = self.pull(office, (from, self.seen.now))?;
        let Pulled { pages, latest, records } = pull.pages().await?;
        if records == 0 {
            return Ok(None);
        }
        let latest = latest.ok_or_else(|| pull.failed(Failure::Answer("a record does not say when it was submitted")))?;
        found.modified = latest.max(from);
        match self.seen.newest(feed, &found.path) {
            Some(known) if known.content_hash == hash(&pages) => (found.received, found.modified) = (known.received_at, known.modified_at),
            // Another content of the same moment must not pass for the one that is known.
            Some(known) if known.modified_at == found.modified => found.modified += chrono::Duration::microseconds(1),
            _ => {}
        }
        Ok(Some(found.holding(pages)))
    }

    fn found(&self, office: &Office, period: Period, path: String) -> Found {
        Found {
            feed: self.pipeline.contract.feed.clone(),
            office: office.code.clone(),
            period,
            received: self.seen.now,
            path,
            size: 0,
            modified: self.seen.now,
            source: self.source.clone(),
            files: Vec::new(),
        }
    }

    fn pull(&self, office: &Office, (from, before): (DateTime<Utc>, DateTime<Utc>)) -> Result<Pull> {
        let seek = Seek {
            from,
            before,
            has_changes: self.pipeline.delivery == DeliveryMode::Changes,
            page_size: self.api.page_size,
            has_repeats: matches!(self.source.export.repeat, Some(Repeat::Nested { .. })),
        };
        let style = self.api.style;
        let address = Address::of(&self.api.address(&office.code))?.with_token(style.token_kind(), self.api.token.as_ref())?.asking(&seek.pairs(style));
        let pace = Duration::from_secs_f64(1.0 / self.api.requests_per_second);
        Ok(Pull { web: self.web.up_to(self.source.most_bytes), address, style, pace, most: self.source.most_bytes })
    }
}

/// So much of what was asked for before is asked for again: servers may write a record down later than they date it.
const OVERLAP: chrono::Duration = chrono::Duration::hours(1);

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

impl Found {
    /// The same with its pages.
    fn holding(mut self, pages: Vec<Page>) -> Self {
        self.size = pages.iter().map(|page| page.bytes.len() as u64).sum();
        self.files = (1..).zip(pages).map(|(number, page)| FoundFile { page: Some(number), name: page.name, item: Item::Held(page.bytes) }).collect();
        self
    }
}

/// What was pulled, of one state.
pub struct Pulled {
    /// The pages in their order.
    pub pages: Vec<Page>,
    latest: Option<DateTime<Utc>>,
    records: u64,
}

/// Records between two moments that can be asked for.
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
    pub async fn pages(&self) -> Result<Pulled> {
        for _ in 0..STEADY_TRIES {
            match self.once().await {
                Err(Failure::Changed) => tracing::debug!(address = %self.address, "records changed while they were pulled: pulled again"),
                done => return done.map_err(|failure| self.failed(failure)),
            }
        }
        Err(self.failed(Failure::Changed))
    }

    fn failed(&self, failure: Failure) -> Error {
        failure.error(format!("cannot pull `{}`", self.address))
    }

    /// All pages, from the first on as each names the next; `Changed` where they do not fit each other.
    async fn once(&self) -> Result<Pulled, Failure> {
        let mut pages = Vec::new();
        let mut ids = HashSet::new();
        let mut count = None;
        let mut size = 0;
        let mut latest = Vec::new();
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
            latest.push(page.latest);
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
        let records = ids.len() as u64;
        // Of pages that do not all say when, it is not known.
        let latest = latest.into_iter().collect::<Option<Vec<_>>>().and_then(|times| times.into_iter().max());
        if count.unwrap_or_default() == records { Ok(Pulled { pages, latest, records }) } else { Err(Failure::Changed) }
    }
}
