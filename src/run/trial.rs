//! One extract judged as a run would judge it, wherever it lies: nothing is loaded, no warehouse and no key is needed.
//!
//! What only the warehouse knows is not judged: whether the delivery says something new, and whether another was received
//! at the same time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use regex::Regex;

use super::advice::advice;
use super::assess::{Assessment, Extract, assess};
use crate::diagnostic::did_you_mean;
use crate::error::{self, Error, Kind, Result};
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
    /// Faults, by rule and field.
    pub groups: Vec<FaultGroup>,
    /// Every row that would not be loaded.
    pub aside: Vec<SetAsideRow>,
}

/// Error, rule and field of faults that belong together.
type GroupKey = (&'static str, &'static str, Option<String>);

/// Faults of one rule in one field.
#[derive(Debug)]
pub struct FaultGroup {
    /// Frictionless's name of the error.
    pub error: &'static str,
    /// The rule.
    pub rule: &'static str,
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
    let shown = wanted.file.display().to_string();
    let bytes = Bytes::from(std::fs::read(wanted.file).map_err(|cause| error::io(format!("cannot read `{shown}`"), cause))?);
    let placed = place(project, pipeline, wanted.file);
    let office = office(project, pipeline, wanted, placed.as_ref())?;
    let period = period(wanted.period)?.or(placed.as_ref().map(|placed| placed.period)).or_else(|| period_of_name(pipeline, wanted.file));
    let received = placed.as_ref().filter(|placed| placed.office == office.code).and_then(|placed| placed.received).unwrap_or(now);
    let choice = Choice::of(project, pipeline, office, wanted.file)?;
    let (index, source, read) = choice.judge(project, pipeline, office, received, &shown, &bytes)?;
    let mut trial = Trial {
        feed: wanted.feed.to_owned(),
        office: office.code.to_string(),
        period,
        received,
        due_on: period.and_then(|period| due(project, office, wanted.feed, period)),
        source: index + 1,
        place: source.template.text.clone(),
        chosen_by: choice.why,
        rows: RowCounts::default(),
        faulty_rows: 0,
        refusal: None,
        groups: Vec::new(),
        aside: Vec::new(),
    };
    match read {
        Ok(assessment) => trial.take(assessment, pipeline, source),
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
        self.refusal = assessment.too_many.map(|why| ("tolerance".to_owned(), why));
        self.aside = assessment.validated.aside;
        let mut groups: BTreeMap<GroupKey, Vec<(i64, String)>> = BTreeMap::new();
        for row in self.aside.iter().filter(|row| row.outcome == Outcome::Quarantined) {
            self.faulty_rows += 1;
            for reason in &row.reasons {
                groups.entry((reason.error, reason.rule, reason.field.clone())).or_default().push((row.row, reason.message.clone()));
            }
        }
        self.groups = groups
            .into_iter()
            .map(|((error, rule, field), rows)| {
                let advice = advice(rule, field.as_deref().and_then(|name| pipeline.contract.field(name)), source);
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

/// The path below the project's folder, with `/`; the file's own where it lies elsewhere.
fn below(root: &Path, file: &Path) -> Option<String> {
    let (root, file) = (root.canonicalize().ok()?, file.canonicalize().ok()?);
    let path = file.strip_prefix(&root).unwrap_or(&file);
    Some(path.to_string_lossy().replace('\\', "/"))
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
    let owed = period.start() >= project.first_period.start() && office.is_open_in(period);
    let day = office.owes.get(feed).filter(|_| owed)?;
    Some(period.end() + chrono::Duration::days(i64::from(*day)))
}

fn period_of_name(pipeline: &Pipeline, file: &Path) -> Option<Period> {
    let name = file.file_name()?.to_string_lossy();
    pipeline.sources.iter().find_map(|source| name_pattern(source)?.captures(&name)?.name("period")?.as_str().parse().ok())
}

/// The pattern of the last part of a source's places.
fn name_pattern(source: &Source) -> Option<Regex> {
    let name = source.template.text.rsplit('/').next()?;
    let mut pattern = String::from("^");
    let mut rest = name;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}')? + open;
        pattern.push_str(&regex::escape(&rest[..open]));
        pattern.push_str(if &rest[open + 1..close] == "period" { "(?P<period>[0-9]{4}-[0-9]{2})" } else { ".+" });
        rest = &rest[close + 1..];
    }
    pattern.push_str(&regex::escape(rest));
    Regex::new(&format!("{pattern}$")).ok()
}

/// The sources that an extract may be of, and why these.
struct Choice {
    sources: Vec<(usize, Arc<Source>)>,
    why: &'static str,
}

type Read = std::result::Result<Assessment, crate::read::Refusal>;

impl Choice {
    fn of(project: &Project, pipeline: &Pipeline, office: &Office, file: &Path) -> Result<Self> {
        let all = || pipeline.sources.iter().enumerate().filter(|(_, source)| source.offices.contains(&office.code));
        let keep = |fits: &dyn Fn(&Source) -> bool| all().filter(|(_, source)| fits(source)).map(|(index, source)| (index, source.clone())).collect::<Vec<_>>();
        let path = below(&project.root, file);
        let by_path = keep(&|source| path.as_ref().is_some_and(|path| source.template.place(path).is_some_and(|placed| placed.office == office.code)));
        if let Some(first) = by_path.into_iter().next() {
            return Ok(Self { sources: vec![first], why: "the path is one of its places" });
        }
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let by_name = keep(&|source| name_pattern(source).is_some_and(|pattern| pattern.is_match(&name)));
        if !by_name.is_empty() {
            return Ok(Self { sources: by_name, why: "the office's, and the file is named as its extracts are" });
        }
        let ending = |text: &str| text.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        let by_ending = keep(&|source| ending(&source.template.text) == ending(&name));
        if !by_ending.is_empty() {
            return Ok(Self { sources: by_ending, why: "the office's, and the file ends as its extracts do" });
        }
        let endings: Vec<String> = all().filter_map(|(_, source)| ending(&source.template.text)).collect();
        Err(Error::new(Kind::Input, format!("the office `{}` sends no such files for the feed `{}`", office.code, pipeline.contract.feed))
            .hint(format!("its sources are of {}", endings.iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(", "))))
    }

    /// Judges by the first source that can read the extract; by the first of all where none can.
    fn judge(
        &self,
        project: &Project,
        pipeline: &Pipeline,
        office: &Office,
        received: DateTime<Utc>,
        path: &str,
        bytes: &Bytes,
    ) -> Result<(usize, &Source, Read)> {
        let mut first = None;
        for (index, source) in &self.sources {
            let extract = Extract { source, office, received, since: project.since, path };
            let read = assess(pipeline, &extract, bytes)?;
            if read.is_ok() {
                return Ok((*index, source, read));
            }
            first.get_or_insert((*index, source.as_ref(), read));
        }
        first.ok_or_else(|| Error::new(Kind::Internal, "there is no source to try"))
    }
}
