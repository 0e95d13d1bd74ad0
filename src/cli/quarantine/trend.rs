//! `rihla quarantine trend`

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::super::args::Args;
use super::super::numbers::{NO_FIGURE, grouped};
use super::super::render::table;
use super::super::rules::rule;
use super::super::words::Word;
use super::super::{Terminal, closed, print_json};
use super::{check_names, check_rule};
use crate::clock;
use crate::error::Result;
use crate::project::{self, Lang};
use crate::report::{Labeller, QuarantineFilter, TrendBy, TrendLine, trend};
use crate::warehouse::Warehouse;

/// Show how the share of faulty rows moves from month to month
///
/// Rows read, rows with faults, their share, and its change against the month before in percentage
/// points; of the newest delivery of every report, those refused whole included. With `rule` among
/// --by a row counts for each of its rules.
///
///   rihla quarantine trend --office OUJ --by feed,rule
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// What to tell apart beside the month, several apart by commas
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', default_value = "feed")]
    by: Vec<By>,
    /// Only this feed
    #[arg(long)]
    feed: Option<String>,
    /// Only this office
    #[arg(long)]
    office: Option<String>,
    /// Only this rule, error, or error/rule
    #[arg(long)]
    rule: Option<String>,
    /// How many months to show, the last ones; 0 for all
    #[arg(long, default_value_t = 12, value_name = "COUNT")]
    months: usize,
}

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// The feed
    Feed,
    /// The office
    Office,
    /// The rule
    Rule,
}

/// Shows how faults move.
pub async fn show(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    check_names(&project, options.feed.as_deref(), options.office.as_deref())?;
    check_rule(&project, options.rule.as_deref())?;
    let filter = QuarantineFilter { feed: options.feed.clone(), office: options.office.clone(), rule: options.rule.clone(), ..QuarantineFilter::default() };
    let by: BTreeSet<TrendBy> = options
        .by
        .iter()
        .map(|by| match by {
            By::Feed => TrendBy::Feed,
            By::Office => TrendBy::Office,
            By::Rule => TrendBy::Rule,
        })
        .collect();
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let mut lines = trend(&warehouse, &filter, &by).await?;
    let months: BTreeSet<String> = lines.iter().map(|line| line.period.clone()).collect();
    if options.months > 0 {
        let shown: BTreeSet<&String> = months.iter().rev().take(options.months).collect();
        lines.retain(|line| shown.contains(&line.period));
    }
    if terminal.json {
        print_json(terminal, &lines)?;
    } else {
        write!(terminal.out, "{}", text(&lines, &by, &Labeller::new(&project, terminal.lang))).map_err(closed)?;
    }
    Ok(0)
}

fn text(lines: &[TrendLine], by: &BTreeSet<TrendBy>, labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    if lines.is_empty() {
        return format!("{}\n", Word::NothingSetAside.text(lang));
    }
    let named = [(TrendBy::Feed, Word::Feed), (TrendBy::Office, Word::Office), (TrendBy::Rule, Word::Reason)];
    let named: Vec<_> = named.into_iter().filter(|(what, _)| by.contains(what)).collect();
    let figures = [Word::RowsRead, Word::FaultyRows, Word::Share, Word::ChangePoints];
    let header: Vec<&str> = std::iter::once(Word::Period).chain(named.iter().map(|(_, word)| *word)).chain(figures).map(|word| word.text(lang)).collect();
    let row = |line: &TrendLine| {
        let names = named.iter().map(|(what, _)| match what {
            TrendBy::Feed => line.feed.as_ref().map(|feed| labeller.feed(feed)),
            TrendBy::Office => line.office.clone(),
            TrendBy::Rule => line.error.as_ref().zip(line.rule.as_ref()).map(|(error, name)| rule(lang, error, name)),
        });
        let count = |count: u64| grouped(lang, &count.to_string());
        let figures = [count(line.read), count(line.faulty), share(lang, line.percent, false), share(lang, line.change, true)];
        std::iter::once(line.period.clone()).chain(names.map(Option::unwrap_or_default)).chain(figures).collect()
    };
    format!("{}\n", table(&header, lines.iter().map(row).collect()))
}

fn share(lang: Lang, value: Option<f64>, is_signed: bool) -> String {
    let Some(value) = value else { return NO_FIGURE.to_owned() };
    let sign = if is_signed && value > 0.0 { "+" } else { "" };
    let unit = if is_signed { "" } else { " %" };
    format!("{sign}{}{unit}", grouped(lang, &format!("{value:.1}")))
}
