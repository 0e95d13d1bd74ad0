//! `rihla quarantine`

mod export;
mod phrases;
mod rows;
mod summary;
mod trend;
mod workbook;

use std::collections::{BTreeMap, BTreeSet};

use super::args::Args;
use super::numbers::grouped;
use super::render::table;
use super::rules::{ROW_RULE, message, rule};
use super::words::{Word, say};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{self, Lang, Project};
use crate::report::{self, Labeller, QuarantineFilter, QuarantineLine};
use crate::validate::RULES;
use crate::warehouse::Warehouse;

/// Show the rows that were not loaded, with file, row, field, rule and reason
///
/// Shows the newest revision of every report. No protected value is ever shown, nor a cell of a row whose columns
/// may be shifted. The open cells of faulty rows are kept, so that offices can correct them: see `export`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    /// Only this feed
    #[arg(long)]
    feed: Option<String>,
    /// Only this office
    #[arg(long)]
    office: Option<String>,
    /// Only this reporting month, such as 2023-01
    #[arg(long)]
    period: Option<String>,
    /// Only this rule, error, or error/rule, such as codes or type-error/date; a rule of a schema by its name
    #[arg(long)]
    rule: Option<String>,
    /// Revisions that newer ones replaced, too
    #[arg(long)]
    all_revisions: bool,
    /// Superseded rows and totals, too
    #[arg(long)]
    all_outcomes: bool,
    /// How many lines to show; 0 for all
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
    /// Only this submission, whatever came after it
    #[arg(long, value_name = "ID")]
    submission: Option<String>,
    /// Show the open cells of each row as they were written
    #[arg(long)]
    cells: bool,

    #[command(subcommand)]
    action: Option<Action>,
}

/// What else is done with rows that were not loaded.
#[derive(Debug, clap::Subcommand)]
enum Action {
    Export(export::Options),
    Trend(trend::Options),
}

/// Shows the rows that were not loaded, or what else is asked for.
pub async fn quarantine(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    match &options.action {
        Some(Action::Export(options)) => export::export(args, options, terminal).await,
        Some(Action::Trend(options)) => trend::show(args, options, terminal).await,
        None => show(args, options, terminal).await,
    }
}

async fn show(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    check_names(&project, options.feed.as_deref(), options.office.as_deref())?;
    check_period(options.period.as_deref())?;
    check_rule(&project, options.rule.as_deref())?;
    let filter = QuarantineFilter {
        feed: options.feed.clone(),
        office: options.office.clone(),
        period: options.period.clone(),
        rule: options.rule.clone(),
        all_revisions: options.all_revisions,
        all_outcomes: options.all_outcomes,
        submission: options.submission.clone(),
    };
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    if let Some(id) = &options.submission {
        check_submission(&warehouse, id).await?;
    }
    let lines = report::quarantine(&warehouse, &filter).await?;
    if terminal.json {
        print_json(terminal, &lines)?;
    } else {
        write!(terminal.out, "{}", text(&lines, options, &Labeller::new(&project, terminal.lang))).map_err(closed)?;
    }
    Ok(0)
}

async fn check_submission(warehouse: &Warehouse, id: &str) -> Result<()> {
    let is_known = warehouse.read_submissions().await?.iter().any(|one| one.submission_id == *id);
    let error = || Error::new(Kind::Input, format!("there is no submission `{id}`")).hint("`rihla quarantine --json` names the submission of every row");
    if is_known { Ok(()) } else { Err(error()) }
}

fn check_names(project: &Project, feed: Option<&str>, office: Option<&str>) -> Result<()> {
    if let Some(feed) = feed.filter(|feed| project.pipeline(feed).is_none()) {
        let feeds: Vec<&str> = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect();
        return Err(Error::new(Kind::Input, format!("there is no feed `{feed}`")).hint(format!("there are {}", feeds.join(", "))));
    }
    if let Some(office) = office.filter(|office| project.office(office).is_none()) {
        let offices: Vec<&str> = project.offices.iter().map(|office| office.code.as_str()).collect();
        return Err(Error::new(Kind::Input, format!("there is no office `{office}`")).hint(format!("there are {}", offices.join(", "))));
    }
    Ok(())
}

fn check_period(period: Option<&str>) -> Result<()> {
    let Some(text) = period else { return Ok(()) };
    let is_month = text.parse::<Period>().is_ok_and(|period| period.kind() == PeriodKind::Month);
    if is_month { Ok(()) } else { Err(Error::new(Kind::Input, format!("`{text}` is no reporting month")).hint("such as 2023-01")) }
}

fn check_rule(project: &Project, rule: Option<&str>) -> Result<()> {
    let Some(wanted) = rule else { return Ok(()) };
    let own = project.pipelines.iter().flat_map(|pipeline| &pipeline.contract.rules).map(|rule| (ROW_RULE, &*rule.name));
    let all: Vec<(&str, &str)> = RULES.iter().copied().chain(own).collect();
    let is_known = all.iter().any(|(error, rule)| wanted == *error || wanted == *rule || wanted == format!("{error}/{rule}"));
    if is_known {
        return Ok(());
    }
    let hint = did_you_mean(wanted, all.iter().flat_map(|(error, rule)| [*error, *rule])).unwrap_or_else(|| {
        let all: Vec<String> = all.iter().map(|(error, rule)| format!("{error}/{rule}")).collect();
        format!("there are {}", all.join(", "))
    });
    Err(Error::new(Kind::Input, format!("there is no rule `{wanted}`")).hint(hint))
}

fn text(lines: &[QuarantineLine], options: &Options, labeller: &Labeller<'_>) -> String {
    let (lang, limit) = (labeller.lang(), options.limit);
    if lines.is_empty() {
        return format!("{}\n", Word::NothingSetAside.text(lang));
    }
    let shown = if limit == 0 { lines.len() } else { limit.min(lines.len()) };
    let mut text = String::new();
    let mut place = String::new();
    let mut last = None;
    for line in &lines[..shown] {
        let here = line.sheet.as_ref().map_or_else(|| line.path.clone(), |sheet| format!("{} [{sheet}]", line.path));
        if here != place {
            text.push_str(&format!("{here}\n"));
            place = here;
        }
        let message = message(lang, labeller.project(), &line.feed, (&line.error, &line.rule), &line.message);
        text.push_str(&format!("  {} {:<5} {}{} {message}\n", Word::Row.text(lang), line.row, rule(lang, &line.error, &line.rule), labeller.colon()));
        if options.cells && last != Some((&line.submission, line.sheet.as_deref(), line.row)) {
            text.push_str(&cells(line));
        }
        last = Some((&line.submission, line.sheet.as_deref(), line.row));
    }
    if shown < lines.len() {
        text.push_str(&format!("{}\n", say(lang, Word::More, &[&number(lang, lines.len() - shown)])));
    }
    text.push_str(&format!("\n{}\n", summary(lines, labeller)));
    text
}

/// The open cells of a row, one after another.
fn cells(line: &QuarantineLine) -> String {
    let Some(cells) = &line.cells else { return String::new() };
    let shown = cells.iter().map(|(field, text)| format!("{field} `{}`", text.as_str().unwrap_or_default().trim()));
    format!("            {}\n", shown.collect::<Vec<_>>().join(", "))
}

fn number(lang: Lang, count: usize) -> String {
    grouped(lang, &count.to_string())
}

fn summary(lines: &[QuarantineLine], labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    let mut groups: BTreeMap<(&str, &str, &str), (usize, BTreeSet<&str>)> = BTreeMap::new();
    for line in lines {
        let group = groups.entry((&line.feed, &line.error, &line.rule)).or_default();
        group.0 += 1;
        group.1.insert(&line.office);
    }
    let rows: BTreeSet<(&str, Option<&str>, i64)> = lines.iter().map(|line| (line.path.as_str(), line.sheet.as_deref(), line.row)).collect();
    let body = groups.into_iter().map(|((feed, error, name), (faults, offices))| {
        let offices = offices.into_iter().collect::<Vec<_>>().join(" ");
        vec![labeller.feed(feed), rule(lang, error, name), format!("{error}/{name}"), number(lang, faults), offices]
    });
    let header = [Word::Feed, Word::Reason, Word::Rule, Word::Faults, Word::Offices].map(|word| word.text(lang));
    let counted = |count: usize, one: Word, many: Word| format!("{} {}", number(lang, count), if count == 1 { one } else { many }.text(lang));
    let faults = counted(lines.len(), Word::OneFault, Word::ManyFaults);
    format!("{}\n{}", table(&header, body.collect()), say(lang, Word::FaultsInRows, &[&faults, &counted(rows.len(), Word::OneRow, Word::ManyRows)]))
}
