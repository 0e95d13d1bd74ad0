//! What changed of a published edition since its release, as text, JSON and a sheet.

use rust_xlsxwriter::{Workbook, XlsxError};
use serde_json::{Value, json};

use super::numbers::{grouped, number, signed};
use super::render::{table_within, width};
use super::spreadsheet::{self, Look};
use super::words::{Word, heading, say};
use crate::project::Lang;
use crate::report::{Changed, Labeller, Number, Since, period_name};

/// The released table that control totals are held against.
const INDICATORS: &str = "indicators";

/// A sentence, and a table of what changed.
pub fn text(since: &Since, labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    let sentence = sentence(since, lang);
    if since.changed.is_empty() {
        return sentence;
    }
    let rows = since.changed.iter().map(|changed| {
        let mut row = named(changed, labeller).to_vec();
        row.extend([figure(changed.then, lang), figure(changed.now, lang), difference(changed).map_or_else(String::new, |by| signed(lang, Some(by)))]);
        row.push(cause(changed, lang));
        row
    });
    let releases = [since.from, since.release].map(|number| say(lang, Word::Release, &[&number.to_string()]));
    let head = [Word::Indicator, Word::Dimension, Word::Period].map(|word| word.text(lang).to_owned());
    let last = [Word::Difference, Word::Cause].map(|word| word.text(lang).to_owned());
    let head: Vec<String> = head.into_iter().chain(releases).chain(last).collect();
    format!("{sentence}\n\n{}", table_within(&head, rows.collect(), width()))
}

/// What changed and how much of it has a cause.
pub fn sentence(since: &Since, lang: Lang) -> String {
    let show = |count: usize| grouped(lang, &count.to_string());
    let open = since.changed.iter().filter(|changed| changed.causes.is_empty()).count();
    let word = if since.changed.is_empty() { Word::NoneChangedSince } else { Word::ChangedSince };
    let mut parts = vec![say(lang, word, &[&since.release.to_string(), &show(since.changed.len()), &show(since.figures)])];
    parts.extend((open > 0).then(|| say(lang, Word::WithoutCause, &[&show(open)])));
    parts.join(", ")
}

fn named(changed: &Changed, labeller: &Labeller<'_>) -> [String; 3] {
    let control = &changed.control;
    [labeller.value(INDICATORS, "indicator", &control.indicator), labeller.value(INDICATORS, "dimension", &control.dimension), control.period.to_string()]
}

fn figure(value: Option<f64>, lang: Lang) -> String {
    value.map_or_else(|| Word::NoFigure.text(lang).to_owned(), |value| number(lang, Number::Float(value)))
}

fn difference(changed: &Changed) -> Option<Number> {
    Some(Number::Float(changed.now? - changed.then?))
}

fn cause(changed: &Changed, lang: Lang) -> String {
    let causes: Vec<String> = changed.causes.iter().map(|(cause, approver)| say(lang, Word::ApprovedBy, &[cause, approver])).collect();
    if causes.is_empty() { Word::NoCause.text(lang).to_owned() } else { causes.join(Word::Semicolon.text(lang)) }
}

/// The same for programs.
pub fn as_json(since: &Since) -> Value {
    let changed = since.changed.iter().map(|changed| {
        let causes: Vec<Value> = changed.causes.iter().map(|(cause, approver)| json!({"cause": cause, "approver": approver})).collect();
        json!({
            "indicator": changed.control.indicator,
            "dimension": changed.control.dimension,
            "period": changed.control.period.to_string(),
            "then": changed.then,
            "now": changed.now,
            "causes": causes,
        })
    });
    json!({"from": since.from, "release": since.release, "figures": since.figures, "changed": changed.collect::<Vec<_>>()})
}

/// A sheet of what changed.
pub fn sheet(workbook: &mut Workbook, look: &Look, since: &Since, labeller: &Labeller<'_>) -> Result<(), XlsxError> {
    let lang = labeller.lang();
    let sheet = workbook.add_worksheet();
    sheet.set_name(Word::SheetSince.text(lang))?;
    sheet.write_string_with_format(0, 0, heading(&sentence(since, lang)), &look.title)?;
    let said = |word: Word| word.text(lang).to_owned();
    let release = |number: u64| say(lang, Word::Release, &[&number.to_string()]);
    let heads = [
        (said(Word::Indicator), 30),
        (said(Word::Dimension), 30),
        (said(Word::Period), 22),
        (release(since.from), 14),
        (release(since.release), 14),
        (said(Word::Difference), 12),
        (said(Word::Cause), 60),
    ];
    for (column, (head, width)) in (0..).zip(heads) {
        sheet.write_string_with_format(2, column, heading(&head), &look.head)?;
        sheet.set_column_width(column, width)?;
    }
    for (row, changed) in (3..).zip(&since.changed) {
        let [indicator, dimension, _] = named(changed, labeller);
        let texts = [(0, indicator), (1, dimension), (2, period_name(changed.control.period, lang)), (6, cause(changed, lang))];
        for (column, text) in texts {
            sheet.write_string_with_format(row, column, text, &look.wrapped)?;
        }
        look.figure(sheet, (row, 3), changed.then.map(Number::Float), false)?;
        look.figure(sheet, (row, 4), changed.now.map(Number::Float), false)?;
        look.figure(sheet, (row, 5), difference(changed), true)?;
    }
    sheet.set_freeze_panes(3, 2)?;
    spreadsheet::print_setup(sheet, &sentence(since, lang), lang, Some(2))
}
