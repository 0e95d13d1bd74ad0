//! `rihla history`

use serde_json::{Map, Value, json};

use super::args::Args;
use super::diff::json::{cell as cell_json, release as release_json, shares as shares_json};
use super::diff::words::{cell, either, shares};
use super::numbers::signed;
use super::progress::Bar;
use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::project::Lang;
use crate::report::{self, FigureHistory, Figures, History, Span};
use crate::run::check_project;
use crate::warehouse::{Manifest, Warehouse};

/// Show every value that figures had in releases, from when to when, and why they changed
///
/// A value stands from the release that first said it until the one that said something else. Each change has the shares
/// of its causes, as `rihla diff` computes them.
///
///   rihla history returns_outbound_by_country --where "period = '2023-H1' and country = 'CIV'" --measure persons
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The table
    table: String,
    /// Only rows for which this holds in any release: SQL over the table's columns
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Only this figure; every measure where absent
    #[arg(long, value_name = "COLUMN")]
    measure: Option<String>,
    /// How many lines to show; 0 for all
    #[arg(long, default_value_t = 40, value_name = "COUNT")]
    limit: usize,
}

/// Shows the history of figures.
pub async fn history(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let warehouse = Warehouse::open(&prepared.project, clock::from_environment()?).await?;
    let asked = Figures { table: &options.table, condition: options.condition.as_deref(), column: options.measure.as_deref() };
    let bar = Bar::new();
    let history = report::history(&prepared, &warehouse, asked, &bar).await;
    bar.finish();
    let history = history?;
    if terminal.json {
        print_json(terminal, &as_json(&history))?;
    } else {
        let limit = if options.limit == 0 { usize::MAX } else { options.limit };
        write!(terminal.out, "{}", text(&history, terminal.lang, limit)).map_err(closed)?;
    }
    Ok(0)
}

/// `2023-07-21 06:00`, in UTC.
fn moment(release: &Manifest) -> String {
    release.created.get(..16).unwrap_or(&release.created).replace('T', " ")
}

fn text(history: &History, lang: Lang, limit: usize) -> String {
    let lines: Vec<(&FigureHistory, &Span)> = history.figures.iter().flat_map(|figure| figure.spans.iter().map(move |span| (figure, span))).collect();
    let count = plural(history.releases.len() as u64, either(lang, "release", "version"), either(lang, "releases", "versions"));
    let mut text = format!("{} {count}\n\n", either(lang, "in", "dans"));
    if lines.is_empty() {
        text.push_str(either(lang, "no release has such a row\n", "aucune version n’a une telle ligne\n"));
    } else {
        let words = [
            either(lang, "figure", "chiffre"),
            either(lang, "value", "valeur"),
            either(lang, "releases", "versions"),
            either(lang, "from (UTC)", "du (UTC)"),
            either(lang, "to (UTC)", "au (UTC)"),
            either(lang, "change", "variation"),
            "causes",
        ];
        let header: Vec<&str> = history.grain.iter().map(String::as_str).chain(words).collect();
        text.push_str(&format!("{}\n", table(&header, lines.iter().take(limit).map(|(figure, span)| line(history, figure, span, lang)).collect())));
    }
    if lines.len() > limit {
        text.push_str(&format!("… {}\n", lines.len() - limit));
    }
    for (from, to) in &history.gone {
        let which = if from == to { from.to_string() } else { format!("{from}–{to}") };
        text.push_str(&format!("{} {which}\n", either(lang, "there no more, pruned or taken away: release", "n’existe plus, élaguée ou enlevée : version")));
    }
    if !history.without.is_empty() {
        let which: Vec<String> = history.without.iter().map(u64::to_string).collect();
        text.push_str(&format!(
            "{} {}\n",
            either(lang, "without this table, or with other rows: release", "sans cette table, ou avec d’autres lignes : version"),
            which.join(", ")
        ));
    }
    text
}

fn line(history: &History, figure: &FigureHistory, span: &Span, lang: Lang) -> Vec<String> {
    let (first, last) = (&history.releases[span.first], &history.releases[span.last]);
    let (from, to) = (first.rihla.release, last.rihla.release);
    let which = if from == to { from.to_string() } else { format!("{from}–{to}") };
    let tags: Vec<&str> =
        (span.first..=span.last).filter_map(|place| history.tags.get(&history.releases[place].rihla.release)).flatten().map(String::as_str).collect();
    let which = if tags.is_empty() { which } else { format!("{which} ({})", tags.join(", ")) };
    let until = history.releases.get(span.last + 1).map_or_else(|| either(lang, "now", "maintenant").to_owned(), moment);
    let (change, why) = match &span.change {
        Some(change) => (change.change().map(|share| signed(lang, Some(share))).unwrap_or_default(), shares(lang, change)),
        None => Default::default(),
    };
    let key = (0..history.grain.len()).map(|place| figure.key[place].clone().unwrap_or_default());
    key.chain([figure.column.clone(), cell(lang, &span.value), which, moment(first), until, change, why]).collect()
}

fn as_json(history: &History) -> Value {
    let figures = history.figures.iter().map(|figure| {
        let key: Map<String, Value> = history.grain.iter().cloned().zip(figure.key.iter().map(|value| json!(value))).collect();
        let spans = figure.spans.iter().map(|span| {
            json!({
                "value": cell_json(&span.value),
                "from": release_json(&history.releases[span.first]),
                "to": release_json(&history.releases[span.last]),
                "until": history.releases.get(span.last + 1).map(|release| &release.created),
                "shares": span.change.as_ref().map(shares_json),
            })
        });
        json!({
            "key": key,
            "figure": figure.column,
            "unit": figure.measure.as_ref().map(|measure| &measure.unit),
            "values": spans.collect::<Vec<_>>(),
        })
    });
    json!({"figures": figures.collect::<Vec<_>>(), "gone": history.gone, "without": history.without, "tags": history.tags, "releases": history.releases.iter().map(release_json).collect::<Vec<_>>()})
}
