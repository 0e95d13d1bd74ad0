//! `rihla quarantine`

use std::collections::{BTreeMap, BTreeSet};

use super::args::{Args, Command};
use super::numbers::grouped;
use super::render::table;
use super::rules::rule;
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

/// Shows the rows that were not loaded.
pub async fn quarantine(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let Command::Quarantine { feed, office, period, rule, all_revisions, all_outcomes, limit } = &args.command else { return Ok(0) };
    let project = project::load(&args.project)?;
    check_names(&project, feed.as_deref(), office.as_deref())?;
    check_period(period.as_deref())?;
    check_rule(rule.as_deref())?;
    let filter = QuarantineFilter {
        feed: feed.clone(),
        office: office.clone(),
        period: period.clone(),
        rule: rule.clone(),
        all_revisions: *all_revisions,
        all_outcomes: *all_outcomes,
    };
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let lines = report::quarantine(&warehouse, &filter).await?;
    if terminal.json {
        print_json(terminal, &lines)?;
    } else {
        write!(terminal.out, "{}", text(&lines, *limit, &Labeller::new(&project, terminal.lang))).map_err(closed)?;
    }
    Ok(0)
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

fn check_rule(rule: Option<&str>) -> Result<()> {
    let Some(wanted) = rule else { return Ok(()) };
    let is_known = RULES.iter().any(|(error, rule)| wanted == *error || wanted == *rule || wanted == format!("{error}/{rule}"));
    if is_known {
        return Ok(());
    }
    let hint = did_you_mean(wanted, RULES.iter().flat_map(|(error, rule)| [*error, *rule])).unwrap_or_else(|| {
        let all: Vec<String> = RULES.iter().map(|(error, rule)| format!("{error}/{rule}")).collect();
        format!("there are {}", all.join(", "))
    });
    Err(Error::new(Kind::Input, format!("there is no rule `{wanted}`")).hint(hint))
}

fn text(lines: &[QuarantineLine], limit: usize, labeller: &Labeller<'_>) -> String {
    let lang = labeller.lang();
    if lines.is_empty() {
        return format!("{}\n", Word::NothingSetAside.text(lang));
    }
    let shown = if limit == 0 { lines.len() } else { limit.min(lines.len()) };
    let mut text = String::new();
    let mut place = String::new();
    for line in &lines[..shown] {
        let here = line.sheet.as_ref().map_or_else(|| line.path.clone(), |sheet| format!("{} [{sheet}]", line.path));
        if here != place {
            text.push_str(&format!("{here}\n"));
            place = here;
        }
        text.push_str(&format!("  {} {:<5} {}{} {}\n", Word::Row.text(lang), line.row, rule(lang, &line.error, &line.rule), labeller.colon(), line.message));
    }
    if shown < lines.len() {
        text.push_str(&format!("{}\n", say(lang, Word::More, &[&number(lang, lines.len() - shown)])));
    }
    text.push_str(&format!("\n{}\n", summary(lines, labeller)));
    text
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
