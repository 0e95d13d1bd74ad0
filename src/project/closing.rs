//! `[[closed]]` and `[[reopened]]`: periods whose figures are final, and what may change of them all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use toml::value::Datetime;

use super::editor::Day;
use super::forms::Text;
use super::resolve::date;
use crate::diagnostic::{Fault, SourceFile};
use crate::period::Period;

/// `[[closed]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "`note` is for those who read the file")]
pub struct ClosedForm {
    /// The period: a month `2023-01`, a quarter `2023-Q1`, a half-year `2023-H1` or a year `2023`, with all within it.
    #[schemars(with = "String")]
    pub period: Text,
    /// The first day on which its figures are final.
    #[schemars(with = "Day")]
    pub on: Spanned<Datetime>,
    /// What it was closed for.
    pub note: Option<String>,
}

/// `[[reopened]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenedForm {
    /// The closed period, as `[[closed]]` names it.
    #[schemars(with = "String")]
    pub period: Text,
    /// The change that may be released, as the run that held it named it; the whole period is open again where absent.
    #[schemars(with = "Option<String>")]
    pub change: Option<Text>,
    /// The day of the decision.
    #[schemars(with = "Day")]
    pub on: Spanned<Datetime>,
    /// Why.
    #[schemars(with = "String")]
    pub cause: Text,
    /// Who approved it.
    #[schemars(with = "String")]
    pub approver: Text,
}

/// What is closed, and what was reopened.
#[derive(Debug, Default)]
pub struct Closings {
    /// In the order of the file.
    pub closed: Vec<Closing>,
    /// In the order of the file.
    pub reopened: Vec<Reopening>,
}

/// A period whose figures are final.
#[derive(Debug, Clone)]
pub struct Closing {
    /// The period, with all within it.
    pub period: Period,
    /// The first day on which its figures are final.
    pub on: NaiveDate,
}

/// What may change of a closed period.
#[derive(Debug, Clone)]
pub struct Reopening {
    /// The closed period.
    pub period: Period,
    /// The one change that may be released; everything where absent.
    pub change: Option<String>,
    /// The day of the decision.
    pub on: NaiveDate,
    /// Why.
    pub cause: String,
    /// Who approved it.
    pub approver: String,
}

impl Closings {
    /// The periods that are closed on a day, each with the day since when, in their order in time.
    pub fn on(&self, day: NaiveDate) -> Vec<Closing> {
        let is_standing = |closing: &&Closing| closing.on <= day && !self.is_reopened(closing.period, closing.on, day);
        let mut closed: Vec<Closing> = self.closed.iter().filter(is_standing).cloned().collect();
        closed.sort_by_key(|closing| (closing.period.start(), closing.period.end(), closing.on));
        closed.dedup_by_key(|closing| closing.period);
        closed
    }

    /// True where the whole of a period that was closed on `since` is open again on `day`.
    pub fn is_reopened(&self, period: Period, since: NaiveDate, day: NaiveDate) -> bool {
        self.reopened.iter().any(|reopening| reopening.change.is_none() && reopening.period == period && (since..=day).contains(&reopening.on))
    }

    /// Who approved a change of a closed period, and why.
    pub fn approval(&self, period: Period, change: &str) -> Option<&Reopening> {
        self.reopened.iter().find(|reopening| reopening.period == period && reopening.change.as_deref() == Some(change))
    }
}

/// Reads what is closed and what was reopened.
pub fn resolve(file: &Arc<SourceFile>, closed: &[Spanned<ClosedForm>], reopened: &[Spanned<ReopenedForm>], faults: &mut Vec<Fault>) -> Closings {
    let closed: Vec<Closing> = closed.iter().filter_map(|form| closing(file, form.get_ref(), faults)).collect();
    let mut closings = Closings { closed, reopened: Vec::new() };
    let known: BTreeSet<String> = closings.closed.iter().map(|closing| closing.period.to_string()).collect();
    for form in reopened.iter().map(Spanned::get_ref) {
        closings.reopened.extend(reopening(file, form, &known, faults));
    }
    closings
}

fn closing(file: &Arc<SourceFile>, form: &ClosedForm, faults: &mut Vec<Fault>) -> Option<Closing> {
    let (period, on) = (period(file, &form.period, faults), date(file, &form.on, faults));
    let (period, on) = (period?, on?);
    if on <= period.end() {
        faults
            .push(Fault::error(file, form.on.span(), format!("{period} is not over on {on}")).hint(format!("the first day can be {}", period.next().start())));
        return None;
    }
    Some(Closing { period, on })
}

fn reopening(file: &Arc<SourceFile>, form: &ReopenedForm, known: &BTreeSet<String>, faults: &mut Vec<Fault>) -> Option<Reopening> {
    let (period, on) = (period(file, &form.period, faults), date(file, &form.on, faults));
    for (text, what) in [(&form.cause, "why it changes"), (&form.approver, "who approved it")] {
        if text.get_ref().trim().is_empty() {
            faults.push(Fault::error(file, text.span(), format!("say {what}")));
        }
    }
    if let Some(change) = form.change.as_ref().filter(|change| !is_change(change.get_ref())) {
        faults.push(
            Fault::error(file, change.span(), format!("`{}` names no change", change.get_ref()))
                .hint("copy the 12 letters and digits that the run that was held shows"),
        );
    }
    let (period, on) = (period?, on?);
    if !known.contains(&period.to_string()) {
        let hint =
            if known.is_empty() { "no period is closed".to_owned() } else { format!("closed are {}", known.iter().cloned().collect::<Vec<_>>().join(", ")) };
        faults.push(Fault::error(file, form.period.span(), format!("no [[closed]] closes {period}")).hint(hint));
        return None;
    }
    let change = form.change.as_ref().map(|change| change.get_ref().clone());
    Some(Reopening { period, change, on, cause: form.cause.get_ref().clone(), approver: form.approver.get_ref().clone() })
}

fn is_change(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
}

fn period(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Period> {
    text.get_ref().parse().map_err(|error: crate::period::NotAPeriod| faults.push(Fault::error(file, text.span(), error.to_string()))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn closings(closed: &[(&str, &str)], reopened: &[(&str, &str)]) -> Closings {
        let closed = closed.iter().map(|(period, on)| Closing { period: period.parse().unwrap(), on: day(on) });
        let reopened = reopened.iter().map(|(period, on)| Reopening {
            period: period.parse().unwrap(),
            change: None,
            on: day(on),
            cause: String::new(),
            approver: String::new(),
        });
        Closings { closed: closed.collect(), reopened: reopened.collect() }
    }

    #[test]
    fn a_period_is_closed_from_its_day_until_it_is_reopened() {
        let closings = closings(&[("2022", "2023-03-31"), ("2023-H1", "2023-08-01"), ("2022", "2023-06-01")], &[("2022", "2023-05-02")]);
        let closed = |on: &str| closings.on(day(on)).iter().map(|closing| closing.period.to_string()).collect::<Vec<_>>();
        assert_eq!(closed("2023-03-30"), Vec::<String>::new());
        assert_eq!(closed("2023-03-31"), ["2022"]);
        assert_eq!(closed("2023-05-02"), Vec::<String>::new(), "reopened");
        assert_eq!(closed("2023-06-01"), ["2022"], "closed again");
        assert_eq!(closed("2023-08-01"), ["2022", "2023-H1"]);
    }
}
