//! `owes` of an office: which feeds are due by which day, and for which months.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::calendar::month;
use super::calendar_forms::{ObligationForm, OwesForm};
use super::forms::Text;
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::FeedName;
use crate::period::{Period, PeriodKind};

/// Reports of a feed that an office owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// The day of the following month by whose end the report is due, 1 to 28.
    pub day: u32,
    /// The first month; from the calendar's first where absent.
    pub from: Option<Period>,
    /// The last month; on and on where absent.
    pub until: Option<Period>,
}

impl Obligation {
    /// True where it is about a month.
    pub fn holds(&self, month: Period) -> bool {
        self.from.is_none_or(|from| from <= month) && self.until.is_none_or(|until| month <= until)
    }

    fn meets(&self, other: &Self) -> bool {
        let begins_before_end = |a: &Self, b: &Self| a.from.is_none_or(|from| b.until.is_none_or(|until| from <= until));
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

/// What an office owes, by feed, as far as its faults allow.
pub fn resolve(file: &Arc<SourceFile>, owes: &BTreeMap<Text, Spanned<OwesForm>>, faults: &mut Vec<Fault>) -> BTreeMap<FeedName, Vec<Obligation>> {
    owes.iter().map(|(feed, form)| (FeedName::new(feed.get_ref()), of_feed(file, form, faults))).collect()
}

fn of_feed(file: &Arc<SourceFile>, form: &Spanned<OwesForm>, faults: &mut Vec<Fault>) -> Vec<Obligation> {
    match form.get_ref() {
        OwesForm::Day(number) => vec![Obligation { day: day(file, *number, form.span(), faults), from: None, until: None }],
        OwesForm::One(one) => vec![obligation(file, one, faults)],
        OwesForm::Several(several) => {
            if several.is_empty() {
                faults.push(Fault::error(file, form.span(), "this says no due day").hint("such as `10`, or take the feed away"));
            }
            let mut known: Vec<Obligation> = Vec::new();
            for one in several {
                let obligation = obligation(file, one.get_ref(), faults);
                if known.iter().any(|earlier| earlier.meets(&obligation)) {
                    let hint = "let one end before the next begins: `until = \"2023-12\"`, `from = \"2024-01\"`";
                    faults.push(Fault::error(file, one.span(), "a report of the same month would be due twice").hint(hint));
                }
                known.push(obligation);
            }
            known
        }
    }
}

fn obligation(file: &Arc<SourceFile>, form: &ObligationForm, faults: &mut Vec<Fault>) -> Obligation {
    let day = day(file, *form.day.get_ref(), form.day.span(), faults);
    if let Some(text) = &form.every {
        every(file, text, faults);
    }
    let mut month = |text: &Option<Text>| text.as_ref().and_then(|text| month(file, text, faults));
    let (from, until) = (month(&form.from), month(&form.until));
    if let (Some(first), Some(last), Some(text)) = (from, until, &form.until)
        && last < first
    {
        faults.push(Fault::error(file, text.span(), format!("the last month, {last}, lies before the first, {first}")));
    }
    Obligation { day, from, until }
}

fn day(file: &Arc<SourceFile>, number: i64, place: Range<usize>, faults: &mut Vec<Fault>) -> u32 {
    let found = u32::try_from(number).ok().filter(|day| (1..=28).contains(day));
    if found.is_none() {
        faults.push(Fault::error(file, place, "the due day is a day of the following month, from 1 to 28"));
    }
    found.unwrap_or(1)
}

/// Deliveries are of a month, and so is what is owed.
fn every(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) {
    let names = PeriodKind::ALL.map(PeriodKind::as_str);
    if text.get_ref() == PeriodKind::Month.as_str() {
        return;
    }
    if names.contains(&text.get_ref().as_str()) {
        let message = format!("a report is of a month: one for each {} is beyond this version", text.get_ref());
        faults.push(Fault::error(file, text.span(), message).hint("`every = \"month\"`; excuse the months of which nothing is sent in the file of excuses"));
        return;
    }
    let hint = did_you_mean(text.get_ref(), names).unwrap_or_else(|| "`every = \"month\"`".to_owned());
    faults.push(Fault::error(file, text.span(), format!("`{}` is not how often a report is owed", text.get_ref())).hint(hint));
}
