//! The calendar of reports: on which days nobody works, what is excused, when offices are reminded, and what a release needs.
//!
//! Guarantees: every excuse is of an office and a feed of the project and no two are of the same report; there is a working
//! day in every week.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Weekday};
use serde_spanned::Spanned;

use super::calendar_forms::{CalendarForm, RemindForm, RequiresForm};
use super::excuses::{self, Excuse};
use super::forms::Text;
use super::holidays::{self, Holidays};
use super::{Files, Office};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::FeedName;
use crate::period::{Period, PeriodKind};

/// The days of the week as rihla.toml names them.
const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

const WHEN_CLOSED: [(&str, WhenClosed); 3] = [("same", WhenClosed::Same), ("next", WhenClosed::Next), ("previous", WhenClosed::Previous)];

/// Reminders are at most so many days from the due day.
const MOST_DAYS: i64 = 366;

/// The calendar of reports.
#[derive(Debug, Default)]
pub struct Calendar {
    /// Where a due day goes on which nobody works.
    pub when_closed: WhenClosed,
    /// Days of the week on which nobody works, in order; never all seven.
    pub weekend: Vec<Weekday>,
    /// Days on which an office or a country does not work.
    pub holidays: Holidays,
    /// Reports that need not come.
    pub excuses: Vec<Excuse>,
    /// The file of excuses, below the project folder; nothing where none is named.
    pub excuses_file: Option<String>,
    /// When offices are reminded.
    pub remind: Remind,
    /// What a release needs; nothing where a missing report stops none.
    pub requires: Option<Requires>,
}

/// Where a due day goes on which nobody works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenClosed {
    /// Nowhere.
    #[default]
    Same,
    /// To the next working day.
    Next,
    /// To the working day before.
    Previous,
}

/// When offices are reminded, in days from the due day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remind {
    /// Before it; 0 is the day itself.
    pub before: BTreeSet<u32>,
    /// After it.
    pub after: BTreeSet<u32>,
}

/// Feeds of which no due report may be missing where a release is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requires {
    /// The feeds.
    pub feeds: BTreeSet<FeedName>,
    /// The first month that counts; all where absent.
    pub from: Option<Period>,
}

impl Requires {
    /// True where a report is among those that may not be missing.
    pub fn holds(&self, feed: &str, period: Period) -> bool {
        self.feeds.contains(feed) && self.from.is_none_or(|from| from <= period)
    }
}

impl Calendar {
    /// True where an office works on a day.
    pub fn is_working_day(&self, office: &Office, day: NaiveDate) -> bool {
        !self.weekend.contains(&day.weekday()) && !self.holidays.has(office, day)
    }

    /// The excuse of a report, where it has one.
    pub fn excuse(&self, office: &str, feed: &str, period: Period) -> Option<&Excuse> {
        self.excuses.iter().find(|excuse| excuse.is_of(office, feed, period))
    }
}

/// What the calendar may speak of.
pub struct Around<'a> {
    /// The project's files.
    pub files: &'a Files,
    /// The offices, with what they owe.
    pub offices: &'a [Office],
    /// The feeds of the pipelines; nothing where some could not be read, and then no feed is told to be unknown.
    pub feeds: Option<BTreeSet<&'a str>>,
    /// The first month for which anything is owed.
    pub first_period: Period,
}

/// The calendar that rihla.toml and the files it names declare, as far as their faults allow.
pub fn resolve(file: &Arc<SourceFile>, form: &CalendarForm, around: &Around<'_>, faults: &mut Vec<Fault>) -> Calendar {
    let when_closed = form.when_closed.as_ref().and_then(|text| one_of(file, text, &WHEN_CLOSED, "where a due day goes", faults));
    let holidays = form.holidays.as_ref().map(|path| holidays::load(path.get_ref(), around, faults));
    let calendar = Calendar {
        when_closed: when_closed.unwrap_or_default(),
        weekend: weekend(file, &form.weekend, faults),
        holidays: holidays.unwrap_or_default(),
        excuses: form.excuses.as_ref().map_or_else(Vec::new, |path| excuses::load(path.get_ref(), around, faults)),
        excuses_file: form.excuses.as_ref().map(|path| path.get_ref().clone()),
        remind: remind(file, &form.remind, faults),
        requires: form.release_requires.as_ref().and_then(|form| requires(file, form, around, faults)),
    };
    if form.when_closed.is_none() {
        let idle = form.holidays.as_ref().map(|path| (path, "holidays")).or_else(|| form.weekend.first().map(|day| (day, "weekends")));
        if let Some((text, what)) = idle {
            let message = format!("{what} move no due day, since nothing says where to");
            faults.push(Fault::warning(file, text.span(), message).hint("add `when_closed = \"next\"`, or `\"same\"` where that is meant"));
        }
    }
    calendar
}

fn weekend(file: &Arc<SourceFile>, texts: &[Text], faults: &mut Vec<Fault>) -> Vec<Weekday> {
    let mut weekend: Vec<Weekday> = texts.iter().filter_map(|text| one_of(file, text, &DAYS, "a day of the week", faults)).collect();
    weekend.sort_by_key(Weekday::num_days_from_monday);
    weekend.dedup();
    if let Some(last) = texts.last().filter(|_| weekend.len() == DAYS.len()) {
        faults.push(Fault::error(file, last.span(), "nobody would ever work").hint("leave a day of the week out"));
        weekend.pop();
    }
    weekend
}

fn remind(file: &Arc<SourceFile>, form: &RemindForm, faults: &mut Vec<Fault>) -> Remind {
    let mut days = |list: &[Spanned<i64>], least: i64| -> BTreeSet<u32> {
        let wrong = list.iter().filter(|number| !(least..=MOST_DAYS).contains(number.get_ref()));
        faults.extend(wrong.map(|number| Fault::error(file, number.span(), format!("a reminder is {least} to {MOST_DAYS} days from the due day"))));
        list.iter().filter_map(|number| u32::try_from(*number.get_ref()).ok()).collect()
    };
    Remind { before: days(&form.before, 0), after: days(&form.after, 1) }
}

fn requires(file: &Arc<SourceFile>, form: &RequiresForm, around: &Around<'_>, faults: &mut Vec<Fault>) -> Option<Requires> {
    for feed in &form.feeds {
        known_feed(file, feed, around, faults);
        let is_owed = around.offices.iter().any(|office| office.owes.contains_key(feed.get_ref().as_str()));
        if !is_owed && around.feeds.as_ref().is_some_and(|feeds| feeds.contains(feed.get_ref().as_str())) {
            let message = format!("no office owes `{}`, so that none can be missing", feed.get_ref());
            faults.push(Fault::warning(file, feed.span(), message).hint("say in `owes` of the offices by which day it is due"));
        }
    }
    let from = form.from.as_ref().map(|text| month(file, text, faults));
    let feeds = form.feeds.iter().map(|feed| FeedName::new(feed.get_ref())).collect();
    Some(Requires { feeds, from: from.unwrap_or_default() })
}

/// Tells a feed that no pipeline loads; true where it is known, or cannot be told.
pub(super) fn known_feed(file: &Arc<SourceFile>, text: &Text, around: &Around<'_>, faults: &mut Vec<Fault>) -> bool {
    let Some(feeds) = around.feeds.as_ref().filter(|feeds| !feeds.contains(text.get_ref().as_str())) else { return true };
    let all = || feeds.iter().map(|feed| format!("`{feed}`")).collect::<Vec<_>>().join(", ");
    let hint = did_you_mean(text.get_ref(), feeds.iter().copied()).unwrap_or_else(|| format!("pipelines load {}", all()));
    faults.push(Fault::error(file, text.span(), format!("no pipeline loads a feed `{}`", text.get_ref())).hint(hint));
    false
}

/// A month, or the fault that it is none.
pub(super) fn month(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Period> {
    let found = text.get_ref().parse::<Period>().ok().filter(|period| period.kind() == PeriodKind::Month);
    if found.is_none() {
        faults.push(Fault::error(file, text.span(), format!("`{}` is no month", text.get_ref())).hint("such as 2022-01"));
    }
    found
}

/// A day of a CSV file, or the fault that it is none.
pub(super) fn day(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<NaiveDate> {
    let found = NaiveDate::parse_from_str(text.get_ref(), "%Y-%m-%d").ok();
    if found.is_none() {
        faults.push(Fault::error(file, text.span(), format!("`{}` is no day", text.get_ref())).hint("such as 2023-01-31"));
    }
    found
}

fn one_of<T: Copy>(file: &Arc<SourceFile>, text: &Text, known: &[(&str, T)], what: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let found = known.iter().find(|(name, _)| name == text.get_ref()).map(|(_, value)| *value);
    if found.is_none() {
        let names = || known.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(text.get_ref(), known.iter().map(|(name, _)| *name)).unwrap_or_else(|| format!("one of {}", names()));
        faults.push(Fault::error(file, text.span(), format!("`{}` is not {what}", text.get_ref())).hint(hint));
    }
    found
}

/// The offices by their codes, for hints.
pub(super) fn codes<'a>(around: &Around<'a>) -> BTreeMap<&'a str, &'a Office> {
    around.offices.iter().map(|office| (office.code.as_str(), office)).collect()
}
