//! `rihla explain`

use serde_json::Value;

use super::args::Args;
use super::render::{count, plural, table, width, wrapped};
use super::{Terminal, closed, open_latest, print_json};
use crate::error::Result;
use crate::report::{self, Explained, Proof, Record, ToExplain};
use crate::run::check_project;

/// Show from which records a figure was made, with submission, sheet and row
///
/// Follows a measure of the chosen rows model by model down to the records of feeds that the
/// release pins, and proves them: the table is made again of these records alone. Where it then
/// says something else, that is told. Tables that are only looked up, or that decide which rows
/// count, are named and their rows not listed. A zero has no records.
///
/// The records are pseudonymous and of single persons: for the owner of the data, not to be
/// passed on.
///
///   rihla explain returns_outbound_total --where "period = '2023-H1'"
///   rihla explain vouchers_by_kind --where "period = '2023' AND kind = 'food'" --measure quantity
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The table, such as returns_outbound_by_country
    table: String,
    /// The rows, as a condition in SQL over the table's columns; all where absent
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// The measure; the first of the table where absent
    #[arg(long)]
    measure: Option<String>,
    /// How many records, and rows of the table, to show; 0 for all
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
    /// Explain an earlier release
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
}

/// Explains figures.
pub async fn explain(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let (warehouse, latest) = open_latest(&prepared.project).await?;
    let release = match &options.release {
        Some(name) => warehouse.release_named(name).await.map_err(|error| error.hint(format!("the newest is {}", latest.rihla.release)))?,
        None => latest,
    };
    let asked = ToExplain { table: options.table.clone(), condition: options.condition.clone(), measure: options.measure.clone() };
    let explained = report::explain(&prepared, &warehouse, &release, &asked).await?;
    if terminal.json {
        print_json(terminal, &explained)?;
    } else {
        write!(terminal.out, "{}", text(&explained, options.limit)).map_err(closed)?;
    }
    Ok(0)
}

fn text(explained: &Explained, limit: usize) -> String {
    let mut text = format!("{} of release {}\n\n{}\n", explained.table, explained.release, figures(explained, limit));
    let paragraph = |words: &str| format!("{}\n", wrapped(words, width(), ""));
    if let (Some(measure), Some(unit)) = (&explained.measure, &explained.unit) {
        let description = explained.description.as_deref().unwrap_or_default();
        text.push_str(&format!("\n{}", paragraph(&format!("{measure} ({unit}): {description}"))));
    }
    if !explained.other_measures.is_empty() {
        text.push_str(&paragraph(&format!("not explained here: {}; ask with --measure NAME", explained.other_measures.join(", "))));
    }
    let steps = explained.steps.iter().map(|step| {
        let persons = step.persons.map(count).unwrap_or_default();
        vec![step.table.clone(), count(step.rows), persons, step.file.clone().unwrap_or_default()]
    });
    text.push_str(&format!("\n{}\n", table(&["made from", "rows", "persons", "by"], steps.collect())));
    if !explained.looked_up.is_empty() {
        let names: Vec<&str> = explained.looked_up.iter().map(String::as_str).collect();
        text.push_str(&format!("\n{}", paragraph(&format!("looked up, or deciding which rows count: {}", names.join(", ")))));
    }
    for gap in &explained.gaps {
        text.push_str(&paragraph(&format!("not followed: {gap}")));
    }
    text.push_str(&format!("\n{}", paragraph(&told(explained))));
    if !explained.records.is_empty() {
        text.push_str(&format!("\n{}", records(&explained.records, limit)));
        text.push_str(&format!("\n{}", paragraph("restricted: pseudonymous records of persons, for the owner of the data; not to be passed on")));
    }
    text
}

fn figures(explained: &Explained, limit: usize) -> String {
    let header: Vec<&str> = explained.figures.first().into_iter().flat_map(|row| row.keys().map(String::as_str)).collect();
    let shown = shown(explained.figures.len(), limit);
    let rows = explained.figures[..shown].iter().map(|row| row.values().map(cell).collect());
    format!("{}{}", table(&header, rows.collect()), more(explained.figures.len() - shown).map(|more| format!("\n{more}")).unwrap_or_default())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the records say of the figures.
fn told(explained: &Explained) -> String {
    let found = format!(
        "{} of {} in {}",
        plural(explained.records.len() as u64, "record", "records"),
        plural(explained.persons, "person", "persons"),
        plural(explained.submissions, "submission", "submissions")
    );
    match &explained.proof {
        Proof::Nothing => "no record counts: there is nothing to list".to_owned(),
        Proof::Proved if explained.records.is_empty() => "proved: made again without any record of a feed, the table says the same".to_owned(),
        Proof::Proved => format!("{found}; proved: made again of these records alone, the table says the same"),
        Proof::ProvedWithLookups => {
            format!("{found}; proved: made again of these records and of the tables looked up as they were released, the table says the same")
        }
        Proof::Differs { again } => {
            let said: Vec<String> = match &explained.measure {
                Some(measure) => again.iter().map(|row| cell(&row[measure])).collect(),
                None => Vec::new(),
            };
            let said = if said.is_empty() { "has no such row".to_owned() } else { format!("says {}", said.join(", ")) };
            format!("{found}; not proved: made again of these records alone, the table {said}, so that other rows or their absence decide as well")
        }
    }
}

fn records(records: &[Record], limit: usize) -> String {
    let shown = shown(records.len(), limit);
    let mut text = String::new();
    let mut submission = "";
    for record in &records[..shown] {
        if record.submission_id != submission {
            submission = &record.submission_id;
            let received = record.received_at.get(..10).unwrap_or(&record.received_at);
            text.push_str(&format!(
                "{} ({} of {} for {}, revision {}, received {received})\n",
                record.path, record.feed, record.office, record.period, record.revision
            ));
        }
        let sheet = record.sheet.as_ref().map(|sheet| format!("[{sheet}] ")).unwrap_or_default();
        text.push_str(&format!("  {sheet}row {:<5} {}  {}\n", record.row, record.person_id, record.record_id));
    }
    if let Some(more) = more(records.len() - shown) {
        text.push_str(&format!("{more}\n"));
    }
    text
}

fn shown(all: usize, limit: usize) -> usize {
    if limit == 0 { all } else { limit.min(all) }
}

fn more(hidden: usize) -> Option<String> {
    (hidden > 0).then(|| format!("and {} more: --limit 0 shows all", count(hidden as u64)))
}
