//! One extract judged as a run would judge it, wherever it lies: nothing is loaded, no warehouse and no key is needed.
//!
//! What only the warehouse knows is not judged: whether the delivery says something new, and whether another was received
//! at the same time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};

use super::advice::advice;
use super::assess::Assessment;
use super::choice::{Choice, below, check_is_there, period_of_name};
use super::drift::{self, DriftLine};
use crate::calendar;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::period::{Period, PeriodKind};
use crate::project::{Office, Pipeline, Placed, Project, Source};
use crate::validate::{Outcome, SetAsideRow};
use crate::warehouse::RowCounts;

/// What is to be tried.
pub struct Wanted<'a> {
    /// The extract.
    pub file: &'a Path,
    /// The feed.
    pub feed: &'a str,
    /// The office; where absent the path must say it.
    pub office: Option<&'a str>,
    /// The reporting month; where absent the path may say it.
    pub period: Option<&'a str>,
}

/// What would become of an extract.
#[derive(Debug)]
pub struct Trial {
    /// The feed.
    pub feed: String,
    /// The office's code.
    pub office: String,
    /// The reporting month, where it is known.
    pub period: Option<Period>,
    /// When the delivery would be received: by its path, else now.
    pub received: DateTime<Utc>,
    /// The day the report is due; absent where the office owes none for the month, or the month is not known.
    pub due_on: Option<NaiveDate>,
    /// The place of the source in its pipeline, from 1.
    pub source: usize,
    /// Where that source's extracts lie.
    pub place: String,
    /// Why it is that source.
    pub chosen_by: &'static str,
    /// How many rows had each outcome; all zero where the extract cannot be read.
    pub rows: RowCounts,
    /// Rows with faults, counted also where the delivery would be refused whole.
    pub faulty_rows: u64,
    /// Why it would be refused whole: Frictionless's name of the error, and the reason.
    pub refusal: Option<(String, String)>,
    /// How its columns differ from the schema.
    pub drift: Vec<DriftLine>,
    /// Faults, by rule and field.
    pub groups: Vec<FaultGroup>,
    /// Every row that would not be loaded.
    pub aside: Vec<SetAsideRow>,
}

/// Error, rule and field of faults that belong together.
type GroupKey = (&'static str, Cow<'static, str>, Option<String>);

/// Faults of one rule in one field.
#[derive(Debug)]
pub struct FaultGroup {
    /// Frictionless's name of the error.
    pub error: &'static str,
    /// The rule.
    pub rule: Cow<'static, str>,
    /// The field; absent where the row as a whole is at fault.
    pub field: Option<String>,
    /// Rows at fault with the message of each, in order.
    pub rows: Vec<(i64, String)>,
    /// What the office can do about it.
    pub advice: String,
}

impl Trial {
    /// True where the delivery would be loaded and every row of it is good.
    pub fn is_clean(&self) -> bool {
        self.refusal.is_none() && self.faulty_rows == 0
    }
}

/// Tries an extract; `now` is when it is received where its path does not say so.
///
/// # Errors
/// `Input` where feed, office, month or file are not known; `Internal` where a row is not accounted for.
pub fn trial(project: &Project, wanted: &Wanted<'_>, now: DateTime<Utc>) -> Result<Trial> {
    let pipeline = project.pipeline(wanted.feed).ok_or_else(|| no_feed(project, wanted.feed))?;
    // A file that is not there is told before anything is asked about it.
    check_is_there(wanted.file)?;
    let placed = place(project, pipeline, wanted.file);
    let office = office(project, pipeline, wanted, placed.as_ref())?;
    let period = period(wanted.period)?.or(placed.as_ref().map(|placed| placed.period)).or_else(|| period_of_name(pipeline, wanted.file));
    let received = placed.as_ref().filter(|placed| placed.office == office.code).and_then(|placed| placed.received).unwrap_or(now);
    let choice = Choice::of(project, pipeline, office, period, wanted.file)?;
    let judged = choice.judge(project, pipeline, office, received, wanted.file)?;
    let mut trial = Trial {
        feed: wanted.feed.to_owned(),
        office: office.code.to_string(),
        period,
        received,
        due_on: period.and_then(|period| due(project, office, wanted.feed, period)),
        source: judged.index + 1,
        place: judged.source.template.text.clone(),
        chosen_by: choice.why,
        rows: RowCounts::default(),
        faulty_rows: 0,
        refusal: None,
        drift: Vec::new(),
        groups: Vec::new(),
        aside: Vec::new(),
    };
    match judged.read {
        Ok(assessment) => trial.take(assessment, pipeline, &judged.source),
        Err(refusal) => trial.refusal = Some((refusal.error.to_owned(), refusal.message)),
    }
    if received > now + chrono::Duration::days(1) {
        trial.refusal = Some(("received-in-future".to_owned(), "the path says that it was received on a day that is yet to come".to_owned()));
    }
    Ok(trial)
}

impl Trial {
    fn take(&mut self, assessment: Assessment, pipeline: &Pipeline, source: &Source) {
        self.rows = assessment.rows;
        self.refusal = assessment.too_many.map(|(error, why)| (error.to_owned(), why));
        self.drift = drift::lines(&assessment.validated.drift, &pipeline.contract);
        self.aside = assessment.validated.aside;
        let mut groups: BTreeMap<GroupKey, Vec<(i64, String)>> = BTreeMap::new();
        for row in self.aside.iter().filter(|row| row.outcome == Outcome::Quarantined) {
            self.faulty_rows += 1;
            for reason in &row.reasons {
                groups.entry((reason.error, reason.rule.clone(), reason.field.clone())).or_default().push((row.row, reason.message.clone()));
            }
        }
        self.groups = groups
            .into_iter()
            .map(|((error, rule, field), rows)| {
                let advice = advice(&rule, field.as_deref().and_then(|name| pipeline.contract.field(name)), source);
                FaultGroup { error, rule, field, rows, advice }
            })
            .collect();
        // What happens most is mended first.
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
    }
}

fn no_feed(project: &Project, feed: &str) -> Error {
    let feeds = || project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str());
    let hint = did_you_mean(feed, feeds()).unwrap_or_else(|| format!("there are {}", feeds().collect::<Vec<_>>().join(", ")));
    Error::new(Kind::Input, format!("there is no feed `{feed}`")).hint(hint)
}

/// What the path says where it is one of a source's own.
fn place(project: &Project, pipeline: &Pipeline, file: &Path) -> Option<Placed> {
    let path = below(&project.root, file)?;
    pipeline.sources.iter().find_map(|source| source.template.place(&path).filter(|placed| source.offices.contains(&placed.office)))
}

fn office<'p>(project: &'p Project, pipeline: &Pipeline, wanted: &Wanted<'_>, placed: Option<&Placed>) -> Result<&'p Office> {
    let senders = || project.offices.iter().filter(|office| pipeline.sources.iter().any(|source| source.offices.contains(&office.code)));
    let codes = || senders().map(|office| office.code.as_str()).collect::<Vec<_>>().join(", ");
    let code = match (wanted.office, placed) {
        (Some(code), _) => code,
        (None, Some(placed)) => placed.office.as_str(),
        (None, None) => match senders().collect::<Vec<_>>().as_slice() {
            [only] => only.code.as_str(),
            _ => {
                return Err(Error::new(Kind::Input, "the path does not say which office sends the extract, and offices write in their own ways")
                    .hint(format!("name the office with --office: {}", codes())));
            }
        },
    };
    let office = project.office(code).ok_or_else(|| {
        let hint = did_you_mean(code, project.offices.iter().map(|office| office.code.as_str())).unwrap_or_else(|| format!("there are {}", codes()));
        Error::new(Kind::Input, format!("there is no office `{code}`")).hint(hint)
    })?;
    if !senders().any(|sender| sender.code == office.code) {
        return Err(Error::new(Kind::Input, format!("no source of the feed `{}` is for the office `{code}`", wanted.feed))
            .hint(format!("this feed comes from {}", codes())));
    }
    Ok(office)
}

fn period(text: Option<&str>) -> Result<Option<Period>> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<Period>() {
        Ok(period) if period.kind() == PeriodKind::Month => Ok(Some(period)),
        _ => Err(Error::new(Kind::Input, format!("`{text}` is no reporting month")).hint("such as 2023-01")),
    }
}

fn due(project: &Project, office: &Office, feed: &str, period: Period) -> Option<NaiveDate> {
    calendar::due_on(project, office, feed, period)
}
