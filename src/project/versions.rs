//! Versions of an office's form: sources that hold for some periods only.

use std::sync::Arc;

use super::Source;
use super::forms::{PeriodsForm, SourceForm, Text};
use crate::diagnostic::{Fault, SourceFile};
use crate::period::{Period, PeriodKind};

/// The reporting periods that a source is for; all where neither end is named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Periods {
    /// The first.
    pub first: Option<Period>,
    /// The last.
    pub last: Option<Period>,
}

impl Periods {
    /// True where a period is one of them.
    pub fn hold(self, period: Period) -> bool {
        self.first.is_none_or(|first| first <= period) && self.last.is_none_or(|last| period <= last)
    }

    /// True where some period is of both.
    fn meet(self, other: Self) -> bool {
        let is_before = |last: Option<Period>, first: Option<Period>| matches!((last, first), (Some(last), Some(first)) if last < first);
        !is_before(self.last, other.first) && !is_before(other.last, self.first)
    }
}

/// The periods that a source names.
pub fn periods(file: &Arc<SourceFile>, form: &PeriodsForm, faults: &mut Vec<Fault>) -> Periods {
    let mut month = |text: &Option<Text>| {
        let text = text.as_ref()?;
        let found = text.get_ref().parse::<Period>().ok().filter(|period| period.kind() == PeriodKind::Month);
        if found.is_none() {
            faults.push(Fault::error(file, text.span(), format!("`{}` is no month", text.get_ref())).hint("such as 2022-01"));
        }
        found
    };
    let periods = Periods { first: month(&form.first), last: month(&form.last) };
    if let (Some(first), Some(last), Some(place)) = (periods.first, periods.last, &form.last)
        && last < first
    {
        faults.push(Fault::error(file, place.span(), format!("the last period, {last}, lies before the first, {first}")));
    }
    periods
}

/// Two sources of one place, office and period: which of them an extract is of cannot be told.
pub fn check_rivals(file: &Arc<SourceFile>, sources: &[(&SourceForm, Arc<Source>)], faults: &mut Vec<Fault>) {
    for (index, (form, source)) in sources.iter().enumerate() {
        let rival = |other: &&(&SourceForm, Arc<Source>)| other.1.template.text == source.template.text && other.1.periods.meet(source.periods);
        let shared = sources[..index].iter().filter(rival).find_map(|(_, other)| other.offices.intersection(&source.offices).next());
        if let Some(office) = shared {
            faults.push(
                Fault::error(file, form.url.span(), format!("another source claims the same extracts of `{office}`"))
                    .hint("say which months each is for: `periods = { last = \"2022-12\" }`, `periods = { first = \"2023-01\" }`"),
            );
        }
    }
}
