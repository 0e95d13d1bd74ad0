//! What a backfill would load, month by month. Loading is an ordinary run of one feed and one month.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Feeds, pull};
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Access, DeliveryMode, Project};
use crate::warehouse::Warehouse;

/// What there is of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MonthPlan {
    /// The month.
    pub month: String,
    /// Deliveries at the sources.
    pub found: u64,
    /// Those that were loaded before, or said nothing new.
    pub known: u64,
    /// Those that will be loaded, or refused when they are looked at.
    pub to_load: u64,
    /// Those that were refused before, and about which nothing has changed.
    pub still_refused: u64,
    /// Bytes of those that will be loaded.
    pub bytes: u64,
}

/// The months of a backfill.
///
/// # Errors
/// `Input` where one is no month, the last lies before the first, or the feed has none.
pub fn months(project: &Project, feed: &str, first: Period, last: Period) -> Result<Vec<Period>> {
    if first.kind() != PeriodKind::Month || last.kind() != PeriodKind::Month {
        return Err(Error::new(Kind::Input, "a backfill goes from a month to a month").hint("such as --from 2022-01 --to 2022-12"));
    }
    if last < first {
        return Err(Error::new(Kind::Input, format!("{last} lies before {first}")).hint("--from names the first month, --to the last"));
    }
    let pipeline = project.pipeline(feed).ok_or_else(|| Error::new(Kind::Internal, format!("there is no feed `{feed}`")))?;
    let is_paged = pipeline.sources.iter().any(|source| matches!(source.access, Access::Paged(_)));
    if pipeline.delivery == DeliveryMode::Changes && is_paged {
        let error = Error::new(Kind::Input, format!("`{feed}` is asked for what has changed since the last time, and not for months"));
        return Err(error.hint("each run brings all changes since the last delivery: there is nothing to make up for"));
    }
    Ok(Period::range(PeriodKind::Month, first.start(), last.start()).collect())
}

/// What there is of each month, without loading anything.
///
/// # Errors
/// `Unavailable` where a source cannot be reached: a plan that lacks part of a feed would mislead.
pub async fn plan_backfill(project: &Project, clock: SharedClock, feed: &str, months: &[Period]) -> Result<Vec<MonthPlan>> {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(Vec::new()) };
    let wanted = Feeds::of(project, &[feed.to_owned()])?.in_months(*first, *last);
    let submissions = match Warehouse::open_if_any(project, clock.clone()).await? {
        Some(warehouse) => warehouse.read_submissions().await?,
        None => Vec::new(),
    };
    let mut listing = pull::list(project, &wanted, &submissions, clock.now()).await?;
    listing.found.retain(|found| wanted.holds(found.feed.as_str()));
    if let Some((_, why)) = listing.unreachable.iter().find(|(unreachable, _)| wanted.holds(unreachable.as_str())) {
        return Err(Error::new(Kind::Unavailable, format!("a source of {feed} is out of reach: {why}")).hint("`rihla doctor` looks at every source"));
    }
    let mut plan = pull::plan(project, &listing, &submissions);
    plan.keep(&wanted);
    let mut by_month: BTreeMap<String, MonthPlan> =
        months.iter().map(|month| (month.to_string(), MonthPlan { month: month.to_string(), ..MonthPlan::default() })).collect();
    for found in &listing.found {
        by_month.entry(found.period.to_string()).or_default().found += 1;
    }
    for found in plan.slots.iter().flat_map(|slot| &slot.new) {
        let entry = by_month.entry(found.period.to_string()).or_default();
        entry.to_load += 1;
        entry.bytes += found.size;
    }
    for refused in &plan.still_refused {
        by_month.entry(refused.period.clone()).or_default().still_refused += 1;
    }
    Ok(by_month.into_values().map(|month| MonthPlan { known: month.found.saturating_sub(month.to_load + month.still_refused), ..month }).collect())
}
