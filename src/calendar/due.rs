//! What is owed, and by when.

use std::iter::successors;

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::day::{end_of_day, local_day};
use crate::period::{Period, PeriodKind};
use crate::project::{Excuse, Obligation, Office, Project, WhenClosed};

/// A report that an office owes.
#[derive(Debug, Clone)]
pub struct Owed<'a> {
    /// The office.
    pub office: &'a str,
    /// The feed.
    pub feed: &'a str,
    /// The month.
    pub period: Period,
    /// The last day on which it is in time, in the office's zone.
    pub due_on: NaiveDate,
    /// The moment at which that day is over.
    pub due_until: DateTime<Utc>,
    /// Why it need not come, where it is excused.
    pub excuse: Option<&'a Excuse>,
}

impl Owed<'_> {
    /// True where its due day is over.
    pub fn is_past(&self, at: DateTime<Utc>) -> bool {
        self.due_until <= at
    }
}

/// Every report owed for months that are over at a moment, as the offices' own clocks show it; of the offices and their feeds
/// in order, oldest first.
pub fn owed(project: &Project, at: DateTime<Utc>) -> Vec<Owed<'_>> {
    let mut owed = Vec::new();
    for office in &project.offices {
        let today = local_day(office.timezone, at);
        owed.extend(of_office(project, office, today).filter(|report| report.period.end() < today));
    }
    owed
}

/// Every report that an office owes for the months up to the one that holds a day, feed by feed.
pub(super) fn of_office<'a>(project: &'a Project, office: &'a Office, last: NaiveDate) -> impl Iterator<Item = Owed<'a>> {
    office.owes.keys().flat_map(move |feed| {
        let months = Period::range(PeriodKind::Month, project.first_period.start(), last);
        months.filter_map(move |month| one(project, office, feed.as_str(), month))
    })
}

fn one<'a>(project: &'a Project, office: &'a Office, feed: &'a str, period: Period) -> Option<Owed<'a>> {
    let due_on = working(project, office, period, office.obligation(feed, period, project.first_period)?);
    let office_code = office.code.as_str();
    Some(Owed {
        office: office_code,
        feed,
        period,
        due_on,
        due_until: end_of_day(office.timezone, due_on),
        excuse: project.calendar.excuse(office_code, feed, period),
    })
}

/// The last day on which a report is in time; nothing where the office does not owe it.
pub fn due_on(project: &Project, office: &Office, feed: &str, period: Period) -> Option<NaiveDate> {
    office.obligation(feed, period, project.first_period).map(|obligation| working(project, office, period, obligation))
}

/// The due day, moved where nobody works on it: backwards only while the month stays over.
fn working(project: &Project, office: &Office, period: Period, obligation: &Obligation) -> NaiveDate {
    let calendar = &project.calendar;
    let day = period.end() + Days::new(u64::from(obligation.day));
    let works = |day: &NaiveDate| calendar.is_working_day(office, *day);
    let next = || day.iter_days().find(works);
    let before = || successors(Some(day), NaiveDate::pred_opt).take_while(|day| *day > period.end()).find(works);
    let moved = match calendar.when_closed {
        WhenClosed::Same => None,
        WhenClosed::Next => next(),
        WhenClosed::Previous => before().or_else(next),
    };
    moved.unwrap_or(day)
}
