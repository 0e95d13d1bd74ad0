//! The deliveries of a scenario: resolved, then judged as real ones are, in the order in which they were received.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::cells::LIST_SEPARATOR;
use super::feed_rows::{Origin, feed_rows, stamped};
use super::resolve::{Resolving, moment};
use super::scenario::{Content, Delivery, Scenario};
use super::sheet::{Defaults, unknown_columns};
use super::text_table::TextTable;
use super::{Problem, TEST};
use crate::contract::{Contract, InCase, loaded_schema};
use crate::diagnostic::{Fault, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::model::{DeliveryForm, Text};
use crate::normalise::{Key, Provenance, normalise};
use crate::period::{Period, PeriodKind};
use crate::project::{Office, Pipeline, Project, Says, Source};
use crate::read::Page;
use crate::run::assess::{Extract, assess};
use crate::run::rulebook::Rulebook;
use crate::run::standing::{Arrival, Standing, standing};
use crate::validate::{TypedRows, Validated, cases, plain_source};
use crate::warehouse::{RowCounts, Submission, SubmissionOutcome};

/// The deliveries of a scenario in order of received time.
///
/// # Errors
/// `Internal` where the program's own formats are none.
pub fn resolve(resolving: &Resolving<'_>, faults: &mut Vec<Fault>) -> Result<Vec<Delivery>> {
    let mut deliveries = Vec::new();
    for form in &resolving.form.deliveries {
        let line = resolving.file.position(form.span().start).0;
        deliveries.extend(delivery(resolving, form.get_ref(), line, faults)?);
    }
    deliveries.sort_by_key(|delivery| delivery.received);
    Ok(deliveries)
}

fn delivery(resolving: &Resolving<'_>, form: &DeliveryForm, line: usize, faults: &mut Vec<Fault>) -> Result<Option<Delivery>> {
    let before = faults.len();
    let project = resolving.tables.project;
    let pipeline = pipeline(resolving, project, &form.feed, faults);
    let office = pipeline.and_then(|pipeline| office(resolving, project, pipeline, &form.office, faults));
    let period = period(resolving, &form.period, faults);
    let received = moment(&resolving.file, &form.received, faults);
    if let Some(received) = received.filter(|received| received.date_naive() > resolving.today.date_naive()) {
        faults.push(resolving.fault(form.received.span(), format!("the delivery is received on {}, after `today`", received.date_naive())));
    }
    let (text, is_extract) = match (&form.rows, &form.extract) {
        (Some(rows), None) => (rows, false),
        (None, Some(extract)) => (extract, true),
        _ => {
            let fault = resolving.fault(form.feed.span(), "a delivery has either `rows` or `extract`");
            faults.push(fault.hint("`rows = \"\"` is a report of zero"));
            return Ok(None);
        }
    };
    let table = TextTable::read(&resolving.file, text, faults);
    let (Some(pipeline), Some(office), Some(period), Some(received), Some(table)) = (pipeline, office, period, received, table) else { return Ok(None) };
    let contract = &*pipeline.contract;
    let defaults = resolving.defaults(&format!("feeds.{}", contract.feed));
    let path =
        format!("{TEST}/{}/{}/{}-{period}.csv", office.code, received.format("%Y-%m-%dT%H%M%SZ").to_string().trim_end_matches("T000000Z"), contract.feed);
    let content = if is_extract {
        extract(contract, &table, defaults, faults)?
    } else {
        let origin = Origin { office: Some(office.code.as_str()), period: period.to_string(), received, path: path.clone() };
        feed_rows(contract, &table, defaults, &origin, faults).map(Content::Rows)
    };
    let hash = hex::encode(Sha256::digest(text.get_ref()));
    let (feed, office) = (contract.feed.clone(), office.code.clone());
    let mode = form.delivery.unwrap_or(pipeline.delivery);
    let (outcome, set_aside) = (form.outcome.into(), form.set_aside);
    let delivery = |content| Delivery { feed, office, period, received, mode, path, hash, content, outcome, set_aside, line };
    Ok(content.filter(|_| faults.len() == before).map(delivery))
}

fn pipeline<'p>(resolving: &Resolving<'_>, project: &'p Project, feed: &Text, faults: &mut Vec<Fault>) -> Option<&'p Pipeline> {
    let found = project.pipeline(feed.get_ref());
    if found.is_none() {
        let hint = did_you_mean(feed.get_ref(), project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()));
        faults.push(resolving.fault(feed.span(), format!("there is no feed `{}`", feed.get_ref())).maybe_hint(hint));
    }
    found
}

fn office<'p>(resolving: &Resolving<'_>, project: &'p Project, pipeline: &Pipeline, code: &Text, faults: &mut Vec<Fault>) -> Option<&'p Office> {
    let sends = |office: &&Office| pipeline.sources.iter().any(|source| source.offices.contains(&office.code));
    let found = project.office(code.get_ref()).filter(sends);
    if found.is_none() {
        let senders: Vec<&str> = project.offices.iter().filter(sends).map(|office| office.code.as_str()).collect();
        let hint = format!("it comes from {}", senders.join(", "));
        faults.push(resolving.fault(code.span(), format!("no office `{}` sends `{}`", code.get_ref(), pipeline.contract.feed)).hint(hint));
    }
    found
}

fn period(resolving: &Resolving<'_>, text: &Text, faults: &mut Vec<Fault>) -> Option<Period> {
    let found = text.get_ref().parse::<Period>().ok().filter(|period| period.kind() == PeriodKind::Month);
    if found.is_none() {
        faults.push(resolving.fault(text.span(), format!("`{}` is no month", text.get_ref())).hint("such as 2023-01"));
    }
    found
}

/// The table as a plain CSV of the schema's fields.
fn extract(contract: &Contract, table: &TextTable, defaults: Option<&Defaults>, faults: &mut Vec<Fault>) -> Result<Option<Content>> {
    let before = faults.len();
    let fields: Vec<&str> = contract.fields.iter().map(|field| field.name.as_str()).collect();
    unknown_columns(table, &fields, faults);
    let added =
        |name: &str| defaults.and_then(|defaults| defaults.iter().find(|(column, _)| column.get_ref() == name)).map(|(_, text)| text.get_ref().as_str());
    let added: Vec<(&str, &str)> = fields.iter().filter(|name| table.column(name).is_none()).filter_map(|name| Some((*name, added(name)?))).collect();
    let mut lines = csv::Writer::from_writer(Vec::new());
    let written = |cause: csv::Error| Error::new(Kind::Internal, "an extract cannot be written").because(cause);
    let header = table.header.iter().map(|cell| cell.text.as_deref().unwrap_or_default());
    lines.write_record(header.chain(added.iter().map(|(name, _)| *name))).map_err(written)?;
    for row in &table.rows {
        let cells = row.cells.iter().map(|cell| cell.text.as_deref().unwrap_or_default());
        lines.write_record(cells.chain(added.iter().map(|(_, text)| *text))).map_err(written)?;
    }
    let bytes = lines.into_inner().map_err(|cause| Error::new(Kind::Internal, "an extract cannot be written").because(cause.into_error()))?;
    let is_there = |name: &str| table.column(name).is_some() || added.iter().any(|(known, _)| *known == name);
    let absent: BTreeSet<usize> = (0..fields.len()).filter(|index| !is_there(fields[*index])).collect();
    let says = Says { dates: true, datetimes: true, numbers: true, lists: true };
    let source = Source { absent, list_separator: LIST_SEPARATOR.to_owned(), says, ..plain_source(contract)? };
    Ok((faults.len() == before).then(|| Content::Extract(bytes.into(), Box::new(source), table.rows.iter().map(|row| row.line).collect())))
}

/// What became of the deliveries of a scenario.
#[derive(Default)]
pub struct Delivered {
    /// A submission for each.
    pub submissions: Vec<Submission>,
    /// The loaded rows of every revision, by feed.
    pub rows: BTreeMap<String, Vec<RecordBatch>>,
    /// What became otherwise of a delivery than the scenario says.
    pub problems: Vec<Problem>,
}

/// Judges the deliveries of a scenario.
///
/// # Errors
/// `Internal` where rows are not accounted for.
pub fn deliver(project: &Project, rulebook: &Rulebook, scenario: &Scenario) -> Result<Delivered> {
    let mut delivered = Delivered::default();
    for delivery in &scenario.deliveries {
        let known: Vec<Submission> = delivered.submissions.iter().filter(|earlier| is_of(delivery, earlier)).cloned().collect();
        let rivals = scenario.deliveries.iter().any(|other| is_rival(delivery, other));
        let judged = judge((project, rulebook), delivery, &known, rivals)?;
        delivered.problems.extend(unexpected(delivery, &judged));
        if let Some(rows) = judged.rows {
            delivered.rows.entry(delivery.feed.to_string()).or_default().push(rows);
        }
        delivered.submissions.push(judged.submission);
    }
    Ok(delivered)
}

fn is_of(delivery: &Delivery, submission: &Submission) -> bool {
    submission.office == delivery.office.as_str() && submission.feed == delivery.feed.as_str()
}

fn is_rival(delivery: &Delivery, other: &Delivery) -> bool {
    let is_same_slot = (&delivery.feed, &delivery.office, delivery.period) == (&other.feed, &other.office, other.period);
    is_same_slot && delivery.received == other.received && delivery.hash != other.hash
}

/// A delivery judged.
struct Judged {
    submission: Submission,
    rows: Option<RecordBatch>,
    /// Why rows were not loaded.
    reasons: Vec<String>,
}

fn judge((project, rulebook): (&Project, &Rulebook), delivery: &Delivery, known: &[Submission], rivals: bool) -> Result<Judged> {
    let missing = || Error::new(Kind::Internal, format!("there is no feed {} of {}", delivery.feed, delivery.office));
    let pipeline = project.pipeline(delivery.feed.as_str()).ok_or_else(missing)?;
    let office = project.office(delivery.office.as_str()).ok_or_else(missing)?;
    let mut submission = submission(delivery, pipeline);
    let period = delivery.period.to_string();
    let arrival = Arrival {
        mode: delivery.mode,
        slot: (delivery.office.as_str(), delivery.feed.as_str(), &period),
        received: delivery.received,
        path: &delivery.path,
        hash: &delivery.hash,
        contract: &pipeline.contract.fingerprint,
    };
    let revision = match standing(&arrival, known, rivals) {
        Standing::New(revision) => revision,
        Standing::Contradiction(error, reason) => {
            refuse(&mut submission, error, reason);
            return Ok(Judged { submission, rows: None, reasons: Vec::new() });
        }
        Standing::Outdated => {
            submission.outcome = SubmissionOutcome::Outdated;
            return Ok(Judged { submission, rows: None, reasons: Vec::new() });
        }
        Standing::Unchanged(revision, _) => {
            (submission.outcome, submission.revision) = (SubmissionOutcome::Unchanged, Some(revision));
            return Ok(Judged { submission, rows: None, reasons: Vec::new() });
        }
    };
    match &delivery.content {
        Content::Rows(rows) => {
            let count = rows.num_rows() as u64;
            submission.rows = RowCounts { read: count, loaded: count, ..RowCounts::default() };
            submission.revision = Some(revision);
            let rows = stamped(rows, &submission.submission_id, revision)?;
            Ok(Judged { submission, rows: Some(rows), reasons: Vec::new() })
        }
        Content::Extract(bytes, source, lines) => judge_extract((project, rulebook), pipeline, office, delivery, (bytes, source, lines), submission, revision),
    }
}

fn judge_extract(
    (project, rulebook): (&Project, &Rulebook),
    pipeline: &Pipeline,
    office: &Office,
    delivery: &Delivery,
    (bytes, source, lines): (&Bytes, &Source, &[usize]),
    mut submission: Submission,
    revision: i64,
) -> Result<Judged> {
    let barred = |_: &TypedRows| Ok(Vec::new());
    let extract = Extract { project, rulebook, source, office, received: delivery.received, path: &delivery.path, barred: &barred };
    let pages = vec![Page { name: delivery.path.clone(), bytes: bytes.clone() }];
    let assessment = match assess(pipeline, &extract, pages)? {
        Ok(assessment) => assessment,
        Err(refusal) => {
            refuse(&mut submission, refusal.error, refusal.message);
            return Ok(Judged { submission, rows: None, reasons: Vec::new() });
        }
    };
    submission.rows = assessment.rows;
    // The header is the extract's first row.
    let line = |row: i64| usize::try_from(row - 2).ok().and_then(|row| lines.get(row)).copied().unwrap_or_default();
    let aside = &assessment.validated.aside;
    let reasons = aside.iter().flat_map(|row| row.reasons.iter().map(move |reason| format!("line {}: {}", line(row.row), reason.message)));
    let reasons: Vec<String> = reasons.collect();
    submission.set_aside_lines = reasons.len() as u64;
    if let Some((error, reason)) = assessment.too_many {
        refuse(&mut submission, error, reason);
        return Ok(Judged { submission, rows: None, reasons });
    }
    submission.revision = Some(revision);
    let rows = normalised(&pipeline.contract, &assessment.validated, &submission, revision)?;
    Ok(Judged { submission, rows: Some(rows), reasons })
}

/// Rows normalised, people called by their case and number so that a test can name them.
fn normalised(contract: &Contract, validated: &Validated, submission: &Submission, revision: i64) -> Result<RecordBatch> {
    let provenance = Provenance {
        submission_id: &submission.submission_id,
        office: &submission.office,
        period: &submission.period,
        revision,
        received: submission.received_at,
        path: &submission.path,
    };
    // Pseudonyms of a test go nowhere, so any key will do.
    let pieces = normalise(contract, &validated.good, &provenance, &Key::new([0; 32]))?;
    // A deletion need not say whose record it was.
    let mut people = vec![(String::new(), InCase::Unknown); validated.good.len()];
    cases(contract, &validated.good)?.for_each(|(row, case, who)| people[row] = (case, who));
    let persons = people.iter().map(|(case, who)| match who {
        InCase::Number(person) => format!("{case}-{person}"),
        InCase::Only => case.clone(),
        InCase::Unknown => String::new(),
    });
    let persons: ArrayRef = Arc::new(StringArray::from_iter_values(persons));
    let cases: ArrayRef = Arc::new(StringArray::from_iter_values(people.iter().map(|(case, _)| case)));
    let misfit = |cause| Error::new(Kind::Internal, "people of an extract cannot be named").because(cause);
    let schema = loaded_schema(contract);
    let mut columns = concat_batches(&schema, &pieces).map_err(misfit)?.columns().to_vec();
    for (name, column) in [("person_id", persons), ("case_id", cases)] {
        columns[schema.index_of(name).map_err(misfit)?] = column;
    }
    RecordBatch::try_new(schema, columns).map_err(misfit)
}

fn submission(delivery: &Delivery, pipeline: &Pipeline) -> Submission {
    let period = delivery.period.to_string();
    Submission {
        submission_id: format!("{}/{}/{period}/{}", delivery.feed, delivery.office, delivery.received.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        feed: delivery.feed.to_string(),
        office: delivery.office.to_string(),
        period,
        revision: None,
        received_at: delivery.received,
        path: delivery.path.clone(),
        size: 0,
        modified_at: delivery.received,
        content_hash: delivery.hash.clone(),
        outcome: SubmissionOutcome::Loaded,
        error: None,
        reason: None,
        rows: RowCounts::default(),
        set_aside_lines: 0,
        contract: pipeline.contract.fingerprint.clone(),
        delivery: delivery.mode,
        amends: None,
        drift: None,
        loaded_at: delivery.received,
        run_id: TEST.to_owned(),
    }
}

fn refuse(submission: &mut Submission, error: &str, reason: String) {
    submission.outcome = SubmissionOutcome::Refused;
    submission.error = Some(error.to_owned());
    submission.reason = Some(reason);
}

/// What became otherwise of a delivery than its scenario says.
fn unexpected(delivery: &Delivery, judged: &Judged) -> Option<Problem> {
    let submission = &judged.submission;
    let name = format!("the delivery of {} by {} for {}", delivery.feed, delivery.office, delivery.period);
    let set_aside = submission.rows.read - submission.rows.loaded;
    let message = if submission.outcome != delivery.outcome {
        let why = submission.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{name} was expected to be {} and is {}{why}", delivery.outcome.as_str(), submission.outcome.as_str())
    } else if submission.outcome == SubmissionOutcome::Loaded && set_aside != delivery.set_aside {
        format!("{name}: {set_aside} of {} rows not loaded, where {} were expected", submission.rows.read, delivery.set_aside)
    } else {
        return None;
    };
    Some(Problem { line: delivery.line, message, reasons: judged.reasons.clone() })
}
