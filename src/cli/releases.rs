//! `rihla releases`

use super::args::Args;
use super::numbers::grouped;
use super::render::table;
use super::words::{Word, say};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::project::{self, Lang};
use crate::report::{self, Labeller, ReleaseDocument, ReleaseLine};
use crate::warehouse::{RowChanges, TableChange, TableFate, TestResult, UsedExcuse, Warehouse};

/// Show the releases there are, or everything about one
///
/// When each was made and by which run, up to when deliveries are known in it, how many tables are otherwise than in the
/// release before, tests that warn, its tags. The newest is what everybody reads.
///
///   rihla releases
///   rihla releases show 2023-H1-published
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Everything about one: tables with what changed, tests, tags, what it was made of
    Show {
        /// The release: its number, `latest` or a tag
        release: String,
    },
}

/// Shows the releases, or one.
pub async fn releases(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let text = match &options.part {
        None => {
            let lines = report::releases(&warehouse).await?;
            if terminal.json {
                return print_json(terminal, &lines).map(|()| 0);
            }
            list(&lines, terminal.lang)
        }
        Some(Part::Show { release }) => {
            let document = report::release_document(&warehouse, release).await?;
            if terminal.json {
                return print_json(terminal, &document).map(|()| 0);
            }
            shown(&document, &Labeller::new(&project, terminal.lang))
        }
    };
    writeln!(terminal.out, "{text}").map_err(closed)?;
    Ok(0)
}

fn list(lines: &[ReleaseLine], lang: Lang) -> String {
    if lines.is_empty() {
        return Word::NoRelease.text(lang).to_owned();
    }
    let heads = [Word::ReleaseColumn, Word::Made, Word::Run, Word::KnownUntilColumn, Word::TablesChanged, Word::Warnings, Word::Tags, Word::NoteColumn];
    let rows = lines.iter().map(|line| {
        let changed = line.before.map_or_else(String::new, |_| count(lang, line.changes.len()));
        vec![
            line.release.to_string(),
            line.created.clone(),
            line.run_id.clone(),
            line.known_until.clone(),
            changed,
            count(lang, line.warnings.len()),
            line.tags.join(", "),
            notes(line, lang).join(", "),
        ]
    });
    table(&heads.map(|word| word.text(lang)), rows.collect())
}

fn count(lang: Lang, count: usize) -> String {
    grouped(lang, &count.to_string())
}

fn notes(line: &ReleaseLine, lang: Lang) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(line.is_current.then(|| Word::Current.text(lang).to_owned()));
    notes.extend(line.rolled_back_to.as_ref().map(|back| say(lang, Word::RolledBackTo, &[&back.release.to_string()])));
    notes.extend(line.holds_runs.then(|| Word::HoldsRuns.text(lang).to_owned()));
    notes.extend((!line.reissued.is_empty()).then(|| Word::Reissued.text(lang).to_owned()));
    notes
}

fn shown(document: &ReleaseDocument, labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    let line = &document.line;
    let number = say(lang, Word::ReleaseOf, &[&line.release.to_string(), &line.created, &line.known_until]);
    let notes = notes(line, lang).into_iter().map(|note| format!(", {note}")).collect::<String>();
    let mut parts = vec![format!("{number}{notes}\n{}\n{}", say(lang, Word::MadeBy, &[&line.run_id]), pins(document, labeller))];
    parts.extend(tags(document, lang));
    parts.extend(periods(line, lang));
    parts.extend(excuses(&line.excuses, labeller));
    parts.push(tables(document, lang));
    parts.extend(gone(&line.changes, lang));
    parts.extend(tests(&document.tests, lang));
    parts.extend((!line.reissued.is_empty()).then(|| say(lang, Word::ReissuedBy, &[&line.reissued.join(", ")])));
    parts.join("\n\n")
}

fn pins(document: &ReleaseDocument, labeller: &Labeller<'_>) -> String {
    let pins: Vec<String> = document.pins.iter().map(|(table, version)| format!("{table} {version}")).collect();
    say(labeller.lang(), Word::Pins, &[&pins.join(", ")])
}

fn tags(document: &ReleaseDocument, lang: Lang) -> Option<String> {
    let rows: Vec<Vec<String>> = document
        .tag_history
        .iter()
        .flat_map(|tag| {
            tag.history.iter().map(move |said| {
                let release = said.release.map_or_else(|| Word::NoFigure.text(lang).to_owned(), |number| number.to_string());
                vec![tag.name.clone(), release, said.at.clone(), said.note.clone().unwrap_or_default()]
            })
        })
        .collect();
    let heads = [Word::TagColumn, Word::ReleaseColumn, Word::Since, Word::NoteColumn];
    (!rows.is_empty()).then(|| table(&heads.map(|word| word.text(lang)), rows))
}

/// Which periods are final, and what of them was released otherwise with whose word.
fn periods(line: &ReleaseLine, lang: Lang) -> Option<String> {
    let mut said = Vec::new();
    let closed: Vec<String> = line.closed.iter().map(|closed| say(lang, Word::ClosedSince, &[&closed.period, &closed.on.to_string()])).collect();
    said.extend((!closed.is_empty()).then(|| say(lang, Word::ClosedPeriods, &[&closed.join(", ")])));
    said.extend(line.restated.iter().map(|restated| {
        let reason = say(lang, Word::ApprovedBy, &[&restated.cause, &restated.approver]);
        say(lang, Word::RestatedPeriod, &[&restated.period, &reason])
    }));
    let note = line.rolled_back_to.as_ref().and_then(|back| back.note.as_ref());
    said.extend(note.map(|note| say(lang, Word::RollbackNote, &[note])));
    (!said.is_empty()).then(|| said.join("\n"))
}

/// Which reports had not come and did not have to, with whose word.
fn excuses(excuses: &[UsedExcuse], labeller: &Labeller<'_>) -> Option<String> {
    let lang = labeller.lang();
    let lines = excuses.iter().map(|excuse| {
        let reason = say(lang, Word::ApprovedBy, &[&excuse.reason, &excuse.approver]);
        say(lang, Word::ExcusedIn, &[&excuse.office, &labeller.feed(&excuse.feed), &excuse.periods.join(", "), &reason])
    });
    (!excuses.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
}

fn tables(document: &ReleaseDocument, lang: Lang) -> String {
    let before = document.line.before.map(|number| say(lang, Word::AgainstRelease, &[&number.to_string()]));
    let rows = document.tables_shown.iter().map(|shown| {
        let change = document.line.changes.iter().find(|change| change.table == shown.table);
        let mut row = vec![shown.table.clone(), grouped(lang, &shown.rows.to_string())];
        row.extend(before.as_ref().map(|_| change.map_or_else(String::new, |change| fate(change, lang))));
        row
    });
    let rows = rows.collect();
    let mut heads = vec![Word::TableColumn.text(lang), Word::RowsColumn.text(lang)];
    heads.extend(before.as_deref());
    table(&heads, rows)
}

/// What became of a table, in words.
pub fn fate(change: &TableChange, lang: Lang) -> String {
    let word = match change.fate {
        TableFate::Added => Word::TableAdded,
        TableFate::Removed => Word::TableRemoved,
        TableFate::Changed => Word::TableChanged,
        TableFate::Described => Word::TableDescribed,
    };
    let text = word.text(lang).to_owned();
    match (change.fate, change.rows_before, change.rows) {
        (_, _, Some(RowChanges { added, removed, changed })) => format!("{text}: +{added} −{removed} ~{changed}"),
        (TableFate::Changed, Some(before), None) if change.rows_after != Some(before) => {
            say(lang, Word::HadRows, &[&text, &grouped(lang, &before.to_string())])
        }
        _ => text,
    }
}

fn gone(changes: &[TableChange], lang: Lang) -> Option<String> {
    let gone: Vec<&str> = changes.iter().filter(|change| change.fate == TableFate::Removed).map(|change| change.table.as_str()).collect();
    (!gone.is_empty()).then(|| say(lang, Word::TablesGone, &[&gone.join(", ")]))
}

fn tests(tests: &[TestResult], lang: Lang) -> Option<String> {
    let failing: Vec<&TestResult> = tests.iter().filter(|test| test.failures > 0).collect();
    let passed = say(lang, Word::TestsPass, &[&count(lang, tests.len() - failing.len()), &count(lang, tests.len())]);
    let rows = failing.iter().map(|test| vec![test.model.clone(), test.test.clone(), grouped(lang, &test.failures.to_string())]);
    let heads = [Word::TableColumn, Word::TestColumn, Word::Faults];
    let listed = (!failing.is_empty()).then(|| format!("\n{}", table(&heads.map(|word| word.text(lang)), rows.collect())));
    (!tests.is_empty()).then(|| format!("{passed}{}", listed.unwrap_or_default()))
}
