//! `rihla reconcile`

use rust_xlsxwriter::{Worksheet, XlsxError};
use serde_json::json;

use super::args::{Args, Command, ReportFormat};
use super::numbers::{grouped, number, signed};
use super::render::{table, width, wrapped};
use super::spreadsheet::{self, Look, Made};
use super::words::{Word, heading, say};
use super::{Terminal, closed, print_json, reconcile_since};
use crate::clock;
use crate::error::Result;
use crate::project::{self, Lang, Project};
use crate::report::{self, Labeller, Number, Operator, Reconciled, Reconciliation, Verdict, period_name};
use crate::run::open_release;
use crate::warehouse::Warehouse;

/// The released table that control totals are held against.
const INDICATORS: &str = "indicators";

/// Holds a published edition against the release it was made from, or the latest, or lists the editions.
pub async fn reconcile(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let Command::Reconcile { edition, format, output, force } = &args.command else { return Ok(0) };
    let project = project::load(&args.project)?;
    let Some(edition) = edition else { return editions(&project, terminal) };
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let found = report::reconcile(&project, &warehouse, edition).await?;
    let engine = open_release(&project, &warehouse, &found.release).await?;
    let labeller = Labeller::of_release(&project, terminal.lang, &engine, &found.release).await?;
    match format {
        ReportFormat::Xlsx => {
            let path = output.clone().unwrap_or_else(|| format!("reconciliation_{edition}.xlsx").into());
            spreadsheet::save(workbook(edition, &found, &project.title, &labeller), &path, *force)?;
            spreadsheet::tell(terminal, &path)?;
        }
        ReportFormat::Table if terminal.json => {
            let values: Vec<_> = found.lines.iter().map(json_line).collect();
            let since = found.since.as_ref().map(reconcile_since::as_json);
            print_json(terminal, &json!({"edition": edition, "release": found.release.rihla.release, "tag": found.tag, "controls": values, "since": since}))?;
        }
        ReportFormat::Table => writeln!(terminal.out, "{}", text(edition, &found, &labeller)).map_err(closed)?,
    }
    Ok(u8::from(found.needs_mending()))
}

fn editions(project: &Project, terminal: &mut Terminal<'_>) -> Result<u8> {
    let editions = report::editions(project)?;
    if terminal.json {
        let values: Vec<_> = editions.iter().map(|(edition, totals)| json!({"edition": edition, "control_totals": totals})).collect();
        print_json(terminal, &values)?;
        return Ok(0);
    }
    let rows = editions.into_iter().map(|(edition, totals)| vec![edition, grouped(terminal.lang, &totals.to_string())]);
    let header = [Word::Edition, Word::ControlTotals].map(|word| word.text(terminal.lang));
    writeln!(terminal.out, "{}", table(&header, rows.collect())).map_err(closed)?;
    Ok(0)
}

/// Figures of an indicator together, under each line the note that says what was assumed.
fn text(edition: &str, found: &Reconciliation, labeller: &Labeller<'_>) -> String {
    let (lang, width) = (labeller.lang(), width());
    let mut text = format!("{}\n", title(edition, found, lang));
    for group in found.lines.chunk_by(|left, right| left.control.indicator == right.control.indicator) {
        let indicator = &group[0].control.indicator;
        let label = labeller.value(INDICATORS, "indicator", indicator);
        let title = if label == *indicator { label } else { format!("{label} ({indicator})") };
        text.push_str(&format!("\n{}\n", wrapped(&title, width, "")));
        if let Some(definition) = labeller.definition("indicator", indicator).or(group[0].definition.as_deref()) {
            text.push_str(&format!("{}\n", wrapped(definition, width, "  ")));
        }
        text.push_str(&figures(group, labeller, width));
    }
    let since = found.since.as_ref().map_or_else(String::new, |since| format!("\n\n{}", reconcile_since::text(since, labeller)));
    format!("{text}\n{}{since}", ending(&found.lines, lang))
}

/// The edition and the release, with the tag that names it or that somebody has yet to make.
fn title(edition: &str, found: &Reconciliation, lang: Lang) -> String {
    let title = say(lang, Word::EditionAgainst, &[edition, &found.release.rihla.release.to_string()]);
    match (&found.tag, &found.missing_tag) {
        (Some(tag), _) => format!("{title} ({tag})"),
        (None, Some(missing)) => format!("{title} ({})", say(lang, Word::NoTagYet, &[missing])),
        (None, None) => title,
    }
}

/// A table of lines, and after each its note, as wide as the terminal.
fn figures(group: &[Reconciled], labeller: &Labeller<'_>, width: usize) -> String {
    let lang = labeller.lang();
    let rows = group.iter().map(|line| {
        let control = &line.control;
        let dimension = labeller.value(INDICATORS, "dimension", &control.dimension);
        vec![dimension, control.period.to_string(), published(line, lang), computed(line, lang), difference(line, lang), verdict(line, lang).to_owned()]
    });
    let words = [Word::Dimension, Word::Period, Word::Published, Word::Computed, Word::Difference, Word::Verdict];
    let drawn = table(&words.map(|word| word.text(lang)), rows.collect());
    let drawn: Vec<&str> = drawn.lines().collect();
    // In a terminal too narrow for the table each line of it is a paragraph.
    if drawn.len() != group.len() + 1 || drawn.iter().any(|line| line.chars().count() > width) {
        return group.iter().map(|line| paragraph(line, labeller, width)).collect();
    }
    let lines = group.iter().zip(&drawn[1..]).map(|(line, drawn)| format!("{drawn}\n{}\n", wrapped(&note(line, lang), width, "    ")));
    format!("{}\n{}", drawn[0], lines.collect::<String>())
}

/// A control total as a paragraph: for narrow terminals.
fn paragraph(line: &Reconciled, labeller: &Labeller<'_>, width: usize) -> String {
    let lang = labeller.lang();
    let said = |word: Word, text: String| format!("{} {text}", word.text(lang));
    let mut parts = vec![said(Word::Published, published(line, lang)), said(Word::Computed, computed(line, lang))];
    parts.extend(Some(difference(line, lang)).filter(|text| !text.is_empty()).map(|text| said(Word::Difference, text)));
    parts.push(verdict(line, lang).to_owned());
    let dimension = labeller.value(INDICATORS, "dimension", &line.control.dimension);
    let told = format!("{dimension}, {}{} {}", line.control.period, labeller.colon(), parts.join(", "));
    format!("{}\n{}\n", wrapped(&told, width, ""), wrapped(&note(line, lang), width, "    "))
}

fn published(line: &Reconciled, lang: Lang) -> String {
    let control = &line.control;
    let value = grouped(lang, &format!("{:.*}", control.decimals, control.value));
    match control.operator {
        // Equality is what everybody takes a figure for.
        Operator::Equal => value,
        Operator::RoundsTo => say(lang, Word::RoundsTo, &[&value]),
        Operator::AtLeast => format!("{} {value}", control.operator.as_str()),
    }
}

fn computed(line: &Reconciled, lang: Lang) -> String {
    line.computed.map_or_else(|| Word::NoFigure.text(lang).to_owned(), |computed| number(lang, Number::Float(computed)))
}

/// The difference, where there is one to look at.
fn difference(line: &Reconciled, lang: Lang) -> String {
    let difference = line.computed.filter(|_| line.verdict != Verdict::Agrees).map(|computed| Number::Float(computed - line.control.value));
    difference.map_or_else(String::new, |difference| signed(lang, Some(difference)))
}

fn verdict(line: &Reconciled, lang: Lang) -> &'static str {
    let word = match line.verdict {
        Verdict::Agrees => Word::Agrees,
        Verdict::Explained => Word::Explained,
        Verdict::Differs => Word::Differs,
        Verdict::Missing => Word::Missing,
    };
    word.text(lang)
}

fn ending(lines: &[Reconciled], lang: Lang) -> String {
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count();
    let show = |count: usize| grouped(lang, &count.to_string());
    let open = count(Verdict::Differs) + count(Verdict::Missing);
    let agree = if lines.len() == 1 { Word::AgreeOne } else { Word::AgreeMany };
    let mut parts = vec![say(lang, agree, &[&show(count(Verdict::Agrees)), &show(lines.len())])];
    parts.extend((count(Verdict::Explained) > 0).then(|| say(lang, Word::DifferExplained, &[&show(count(Verdict::Explained))])));
    parts.extend((open > 0).then(|| say(lang, Word::DifferOpen, &[&show(open)])));
    parts.join(", ")
}

fn note(line: &Reconciled, lang: Lang) -> String {
    match line.verdict {
        Verdict::Explained => say(lang, Word::ApprovedBy, &[&line.control.note, &line.control.approver]),
        _ => line.control.note.clone(),
    }
}

fn json_line(line: &Reconciled) -> serde_json::Value {
    let control = &line.control;
    json!({
        "indicator": control.indicator,
        "dimension": control.dimension,
        "period": control.period.to_string(),
        "operator": control.operator.as_str(),
        "published": control.value,
        "computed": line.computed,
        "difference": line.computed.map(|computed| computed - control.value),
        "explained_difference": control.explained_difference,
        "verdict": line.verdict.as_str(),
        "definition": line.definition,
        "note": control.note,
    })
}

/// The row of the columns' heads.
const HEAD: u32 = 3;

fn workbook(edition: &str, found: &Reconciliation, project: &str, labeller: &Labeller<'_>) -> Made {
    let (lang, lines) = (labeller.lang(), &found.lines);
    let title = title(edition, found, lang);
    let mut workbook = spreadsheet::begin(&title, project, &found.release)?;
    let look = Look::new(lang);
    let sheet = workbook.add_worksheet();
    sheet.set_name(Word::SheetReconciliation.text(lang))?;
    sheet.write_string_with_format(0, 0, heading(&title), &look.title)?;
    sheet.write_string_with_format(1, 0, project, &look.subtitle)?;
    sheet.write_string_with_format(2, 0, ending(lines, lang), &look.subtitle)?;
    let heads = [
        (Word::Indicator, 30),
        (Word::Dimension, 30),
        (Word::Period, 22),
        (Word::Published, 12),
        (Word::Computed, 12),
        (Word::Difference, 12),
        (Word::Verdict, 12),
        (Word::NoteColumn, 60),
        (Word::Definition, 60),
    ];
    for (column, (word, width)) in (0..).zip(heads) {
        sheet.write_string_with_format(HEAD, column, heading(word.text(lang)), &look.head)?;
        sheet.set_column_width(column, width)?;
    }
    for (row, line) in (HEAD + 1..).zip(lines) {
        write_line(sheet, &look, row, line, labeller)?;
    }
    sheet.set_freeze_panes(HEAD + 1, 2)?;
    spreadsheet::print_setup(sheet, &title, lang, Some(HEAD))?;
    if let Some(since) = &found.since {
        reconcile_since::sheet(&mut workbook, &look, since, labeller)?;
    }
    Ok(workbook)
}

fn write_line(sheet: &mut Worksheet, look: &Look, row: u32, line: &Reconciled, labeller: &Labeller<'_>) -> Result<(), XlsxError> {
    let (lang, control) = (labeller.lang(), &line.control);
    let texts = [
        (0, labeller.value(INDICATORS, "indicator", &control.indicator)),
        (1, labeller.value(INDICATORS, "dimension", &control.dimension)),
        (2, period_name(control.period, lang)),
        (6, verdict(line, lang).to_owned()),
        (7, note(line, lang)),
        (8, labeller.definition("indicator", &control.indicator).or(line.definition.as_deref()).unwrap_or_default().to_owned()),
    ];
    for (column, text) in texts {
        sheet.write_string_with_format(row, column, text, &look.wrapped)?;
    }
    // A bound is no number, so that it is not added up by mistake.
    if control.operator == Operator::Equal {
        sheet.write_number_with_format(row, 3, control.value, &look.number(control.decimals, false))?;
    } else {
        sheet.write_string_with_format(row, 3, published(line, lang), &look.wrapped)?;
    }
    look.figure(sheet, (row, 4), line.computed.map(Number::Float), false)?;
    let difference = line.computed.filter(|_| line.verdict != Verdict::Agrees).map(|computed| Number::Float(computed - control.value));
    if difference.is_some() {
        look.figure(sheet, (row, 5), difference, true)?;
    }
    Ok(())
}
