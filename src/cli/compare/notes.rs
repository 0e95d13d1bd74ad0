//! What must be known to read a comparison: coverage, offices like for like, what was left out, what marks mean.

use super::super::words::{Word, say};
use super::view::View;
use crate::report::{Basis, Coverage, Lack, Mark, NoLikeForLike, Refusal, RefusedMeasure, period_name};

/// The notes of a comparison, a sentence each.
pub fn notes(view: &View<'_>) -> Vec<String> {
    let mut notes = coverage(view);
    notes.extend(left_out(view));
    notes.extend(legend(view));
    notes
}

/// How reports cover both periods and which offices are compared like for like.
pub fn coverage(view: &View<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let question = &view.comparison.question;
    let bases: Vec<&Basis> = view.comparison.bases.iter().filter(|basis| basis.sides.0.rests_on_reports).collect();
    for basis in &bases {
        let of = (bases.len() > 1).then(|| subject(view, basis));
        for (period, coverage) in [(question.current, &basis.sides.0), (question.prior, &basis.sides.1)] {
            let period = period.to_string();
            notes.push(match &of {
                Some(of) => say(view.lang, Word::CoverageOf, &[&period, of, &covered(view, coverage)]),
                None => say(view.lang, Word::Coverage, &[&period, &covered(view, coverage)]),
            });
        }
        notes.extend(like_for_like(view, basis, of.as_deref()));
    }
    notes
}

/// What a basis is of, where a comparison has several.
fn subject(view: &View<'_>, basis: &Basis) -> String {
    let mut parts: Vec<String> = basis.reports.iter().map(|reports| view.labeller.feed(&reports.feed)).collect();
    parts.dedup();
    // Of one feed some offices may be meant, and others elsewhere.
    if let [reports] = basis.reports.as_slice()
        && view.comparison.bases.iter().any(|other| other.reports.iter().any(|other| other.feed == reports.feed && other.offices != reports.offices))
    {
        parts.push(reports.offices.join(" "));
    }
    parts.extend(basis.cumulative.then(|| Word::SinceStart.text(view.lang).to_owned()));
    parts.extend(basis.reports.iter().any(|reports| reports.year_before).then(|| Word::WithYearBefore.text(view.lang).to_owned()));
    parts.join(", ")
}

fn like_for_like(view: &View<'_>, basis: &Basis, of: Option<&str>) -> Option<String> {
    if let Some(offices) = &basis.common_offices {
        let (count, offices) = (offices.len().to_string(), offices.join(" "));
        return Some(match of {
            Some(of) => say(view.lang, Word::LikeForLikeOf, &[of, &count, &offices]),
            None => say(view.lang, Word::LikeForLike, &[&count, &offices]),
        });
    }
    let why = match basis.no_like_for_like.as_ref()? {
        NoLikeForLike::NotOver(period) => say(view.lang, Word::NotOver, &[&period_name(*period, view.lang)]),
        NoLikeForLike::NoOffice => Word::NoOffice.text(view.lang).to_owned(),
        NoLikeForLike::ModelsChanged(release) => say(view.lang, Word::ModelsChanged, &[&release.to_string()]),
        NoLikeForLike::RowsRemoved(release) => say(view.lang, Word::RowsRemoved, &[&release.to_string()]),
        NoLikeForLike::Cumulative => Word::NotByOffice.text(view.lang).to_owned(),
    };
    Some(match of {
        Some(of) => say(view.lang, Word::NotShownOf, &[of, &why]),
        None => say(view.lang, Word::NotShown, &[&why]),
    })
}

fn covered(view: &View<'_>, coverage: &Coverage) -> String {
    let lang = view.lang;
    let mut parts = Vec::new();
    if coverage.offices.is_empty() {
        parts.push(Word::NoReportsOwed.text(lang).to_owned());
    } else {
        parts.push(say(lang, Word::ReportedAll, &[&coverage.up_to_date().count().to_string(), &coverage.offices.len().to_string()]));
        parts.extend(coverage.behind().map(|(office, lacks)| say(lang, Word::Lacks, &[office, &lacking(view, lacks)])));
        parts.extend(coverage.partial.iter().flat_map(|(office, parts)| parts.iter().map(move |part| (office, part))).map(|(office, part)| {
            let feed = view.labeller.feed(&part.feed);
            match part.months {
                0 => say(lang, Word::OwedNone, &[office, &feed]),
                months => say(lang, Word::OwedPart, &[office, &feed, &months.to_string(), &coverage.months.to_string()]),
            }
        }));
    }
    if coverage.months_open > 0 {
        parts.push(say(lang, Word::MonthsOpen, &[&coverage.months_open.to_string(), &coverage.months.to_string()]));
    }
    parts.join(Word::Semicolon.text(lang))
}

/// Reports that have not come, the months of a feed together.
fn lacking(view: &View<'_>, lacks: &[Lack]) -> String {
    let mut feeds: Vec<(&str, Vec<&str>)> = Vec::new();
    for lack in lacks {
        match feeds.iter_mut().find(|(feed, _)| *feed == lack.feed) {
            Some((_, months)) => months.push(&lack.month),
            None => feeds.push((&lack.feed, vec![&lack.month])),
        }
    }
    feeds.into_iter().map(|(feed, months)| format!("{} {}", view.labeller.feed(feed), months.join(" "))).collect::<Vec<_>>().join(", ")
}

/// Measures that were left out, with the reason and the table to use instead.
pub fn left_out(view: &View<'_>) -> Vec<String> {
    view.comparison.refused.iter().map(|refused| say(view.lang, Word::LeftOut, &[&why(view, refused)])).collect()
}

fn why(view: &View<'_>, refused: &RefusedMeasure) -> String {
    let table = &view.comparison.question.table;
    let (name, unit) = (view.labeller.column(table, &refused.name), view.labeller.unit(&refused.measure.unit));
    let why = match &refused.why {
        Refusal::NoCurrency => say(view.lang, Word::NoCurrency, &[&name]),
        Refusal::NotAdditive(along) => {
            let along: Vec<String> = along.iter().map(|column| view.labeller.column(table, column)).collect();
            say(view.lang, Word::NotAdditive, &[&name, &unit, &along.join(", ")])
        }
    };
    match &refused.instead {
        Some(other) => say(view.lang, Word::UseInstead, &[&why, &view.labeller.table(other), other]),
        None => why,
    }
}

/// What the marks that occur mean.
pub fn legend(view: &View<'_>) -> Vec<String> {
    let lines = &view.comparison.lines;
    let marks = || lines.iter().flat_map(|line| &line.marks).flat_map(|(now, before)| [*now, *before]);
    let figures = || lines.iter().flat_map(|line| line.figures.iter().chain(line.like_for_like.iter().flatten()));
    let provisional = if view.release.rihla.closed.is_empty() { Word::Provisional } else { Word::NotClosed };
    let occurs = [
        (Word::SmallBase, figures().any(|figure| figure.small_base && figure.percent.is_some())),
        (provisional, marks().any(|mark: Mark| mark.provisional)),
        (Word::Restated, marks().any(|mark| mark.restated)),
        (Word::OfCoverageMeans, lines.iter().any(|line| line.like_for_like.iter().any(Option::is_some))),
    ];
    occurs.into_iter().filter(|(_, occurs)| *occurs).map(|(word, _)| word.text(view.lang).to_owned()).collect()
}
