//! The file of excuses that rihla.toml names: reports that need not come, with why and who said so.

use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;

use super::calendar::{Around, codes, day, known_feed, month};
use super::holidays::is_office;
use super::spanned_csv::{self, Line};
use crate::diagnostic::{Fault, SourceFile};
use crate::names::{FeedName, OfficeCode};
use crate::period::{Period, PeriodKind};

const HEADER: [&str; 7] = ["office", "feed", "from", "to", "reason", "approver", "on"];

/// Reports of an office that need not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excuse {
    /// The office.
    pub office: OfficeCode,
    /// The feed.
    pub feed: FeedName,
    /// The first month.
    pub from: Period,
    /// The last month.
    pub to: Period,
    /// Why; it stands in released tables.
    pub reason: String,
    /// Who approved it.
    pub approver: String,
    /// The day of the decision.
    pub on: NaiveDate,
}

impl Excuse {
    /// True where it excuses a report.
    pub fn is_of(&self, office: &str, feed: &str, period: Period) -> bool {
        self.office.as_str() == office && self.feed.as_str() == feed && self.from <= period && period <= self.to
    }

    fn meets(&self, other: &Self) -> bool {
        (&self.office, &self.feed) == (&other.office, &other.feed) && self.from <= other.to && other.from <= self.to
    }
}

/// Reads the file, as far as its faults allow.
pub fn load(path: &str, around: &Around<'_>, faults: &mut Vec<Fault>) -> Vec<Excuse> {
    let Some((file, lines)) = spanned_csv::read(around.files, path, &HEADER, faults) else { return Vec::new() };
    let mut known: Vec<(Excuse, Range<usize>)> = Vec::new();
    for line in &lines {
        let Some(excuse) = excuse(&file, line, around, faults) else { continue };
        if let Some((earlier, place)) = known.iter().find(|(earlier, _)| earlier.meets(&excuse)) {
            let first = earlier.from.max(excuse.from);
            let message = format!("line {} excuses {} of {} for {first} already", file.position(place.start).0, excuse.feed, excuse.office);
            faults.push(Fault::error(&file, line.place.clone(), message).hint("leave each report in one line only"));
            continue;
        }
        known.push((excuse, line.place.clone()));
    }
    known.into_iter().map(|(excuse, _)| excuse).collect()
}

fn excuse(file: &Arc<SourceFile>, line: &Line, around: &Around<'_>, faults: &mut Vec<Fault>) -> Option<Excuse> {
    let [office, feed, from, to, reason, approver, on] = line.cells.as_slice() else { return None };
    for (text, what) in [(reason, "why the report need not come"), (approver, "who approved it")] {
        if text.get_ref().is_empty() {
            faults.push(Fault::error(file, line.place.clone(), format!("say {what}")));
        }
    }
    let on = day(file, on, faults);
    let is_known = is_office(file, office, around, faults) & known_feed(file, feed, around, faults);
    let first = month(file, from, faults);
    // One month needs no second cell.
    let last = if to.get_ref().is_empty() { first } else { month(file, to, faults) };
    let (on, from, last) = (on?, first?, last?);
    if last < from {
        faults.push(Fault::error(file, to.span(), format!("the last month, {last}, lies before the first, {from}")));
        return None;
    }
    let (reason, approver) = (reason.get_ref().clone(), approver.get_ref().clone());
    let excuse = Excuse { office: OfficeCode::new(office.get_ref()), feed: FeedName::new(feed.get_ref()), from, to: last, reason, approver, on };
    if is_known && !excuses_something(&excuse, around) {
        let message = format!("{} owes no report of {} that this excuses", excuse.office, excuse.feed);
        faults.push(Fault::warning(file, line.place.clone(), message).hint("see `owes`, `opened` and `closed` of the office in rihla.toml"));
    }
    Some(excuse)
}

fn excuses_something(excuse: &Excuse, around: &Around<'_>) -> bool {
    let owes = |month: Period| {
        let office = codes(around).get(excuse.office.as_str()).copied();
        office.is_some_and(|office| office.obligation(excuse.feed.as_str(), month, around.first_period).is_some())
    };
    Period::range(PeriodKind::Month, excuse.from.start(), excuse.to.start()).any(owes)
}
