//! The rows of one extract judged: the same for a run, which loads what is good, and for a trial, which loads nothing.

use chrono::{DateTime, Utc};

use super::rulebook::Rulebook;
use crate::contract::Contract;
use crate::error::{Error, Kind, Result};
use crate::project::{Office, Pipeline, Project, Source};
use crate::read::limits::MOST_REASONS;
use crate::read::{self, Amendment, Page, Parts, Refusal};
use crate::validate::{Barred, Context, Delivery, Formats, Outcome, Validated, is_of_drift};
use crate::warehouse::RowCounts;

/// An extract to judge, and what is known of it.
pub struct Extract<'a> {
    /// The project.
    pub project: &'a Project,
    /// What all its extracts are judged by.
    pub rulebook: &'a Rulebook,
    /// How it is written.
    pub source: &'a Source,
    /// Who sent it.
    pub office: &'a Office,
    /// When it was received.
    pub received: DateTime<Utc>,
    /// The path as people know it.
    pub path: &'a str,
    /// Rows that may not be loaded whatever they say.
    pub barred: &'a Barred<'a>,
}

/// What became of the rows of an extract that could be read.
pub struct Assessment {
    /// The rows to load, and every other with its reasons.
    pub validated: Validated,
    /// How many had each outcome; all refused where too many have faults.
    pub rows: RowCounts,
    /// Why the delivery is refused whole although it could be read: the error, and the reason.
    pub too_many: Option<(&'static str, String)>,
}

/// Judges every row of an extract, which is given back once it was read (a text once it was judged: faulty rows are read from it
/// once more); the inner error says why it cannot be read as its source says.
///
/// # Errors
/// `Internal` where a row is not accounted for.
pub fn assess(pipeline: &Pipeline, extract: &Extract<'_>, pages: Vec<Page>) -> Result<std::result::Result<Assessment, Refusal>> {
    assess_amended(pipeline, extract, pages, Vec::new())
}

/// The same with what returned workbooks mend in the extract.
///
/// # Errors
/// As [`assess`] says.
pub fn assess_amended(
    pipeline: &Pipeline,
    extract: &Extract<'_>,
    pages: Vec<Page>,
    amendments: Vec<Amendment>,
) -> Result<std::result::Result<Assessment, Refusal>> {
    let contract = &*pipeline.contract;
    let (project, rulebook) = (extract.project, extract.rulebook);
    let lookups = rulebook.lookups(contract, &project.references)?;
    let context = Context {
        contract,
        source: extract.source,
        office: extract.office,
        received: extract.received,
        since: project.since,
        barred: extract.barred,
        lookups: &lookups,
    };
    let formats = Formats::of(extract.source);
    let mut delivery = Delivery::new(&context, &formats).with_rules(rulebook.rules(project)?.feed(contract.feed.as_str())).remembering(rulebook.memory());
    let read = match read_into(&mut delivery, &pages, &amendments, extract.source, contract) {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // What is still needed of a text the delivery has itself.
    drop((pages, amendments));
    let validated = delivery.finish()?;
    let mut rows = count(&validated, read);
    let own = rows.quarantined - only_drifted(&validated);
    let too_many = untold(&validated)
        .or_else(|| past_tolerance(pipeline, &rows, own))
        .map(|why| ("tolerance", why))
        .or_else(|| Some(("retyped-column", validated.refused.clone()?)));
    if too_many.is_some() {
        rows = RowCounts { read, refused: read, ..RowCounts::default() };
    }
    if !rows.are_conserved() {
        return Err(Error::new(Kind::Internal, format!("{}: {rows:?} do not add up", extract.path)));
    }
    Ok(Ok(Assessment { validated, rows, too_many }))
}

/// Bytes of a part of a text that is read side by side with others.
const PART_BYTES: usize = 8 << 20;

fn read_into(delivery: &mut Delivery<'_>, pages: &[Page], amendments: &[Amendment], source: &Source, contract: &Contract) -> std::result::Result<u64, Refusal> {
    if let ([page], [], None) = (pages, amendments, source.compression) {
        read::limits::check_size(std::iter::once(page.bytes.len() as u64), source.most_bytes)?;
        if let Some(parts) = Parts::of(&page.bytes, PART_BYTES, source, contract)? {
            return delivery.push_parts(&parts);
        }
    }
    read::read_amended(pages, amendments, source, contract, &mut |piece| delivery.push(piece)).map(|(read, _)| read)
}

fn count(validated: &Validated, read: u64) -> RowCounts {
    RowCounts {
        read,
        // Rows of which nothing is kept are of a delivery that is refused whole, and are counted so.
        loaded: validated.good.len() as u64,
        superseded: validated.count(Outcome::Superseded),
        quarantined: validated.count(Outcome::Quarantined),
        excluded: validated.count(Outcome::Excluded),
        refused: 0,
    }
}

/// Why a delivery is refused of which not every row is told.
fn untold(validated: &Validated) -> Option<String> {
    let told = validated.aside.len();
    (validated.untold > 0).then(|| {
        let more = validated.untold;
        format!("there are more than {MOST_REASONS} faults: the {told} rows first found at fault are told, {more} rows after them were counted and no more")
    })
}

/// Rows that are set aside for a drift of columns alone, which the source says is to be done.
fn only_drifted(validated: &Validated) -> u64 {
    let quarantined = validated.aside.iter().filter(|row| row.outcome == Outcome::Quarantined);
    quarantined.filter(|row| row.reasons.iter().all(is_of_drift)).count() as u64
}

/// Why a delivery has too many bad rows, where it has; `own` of them are bad by themselves and not for a drift.
fn past_tolerance(pipeline: &Pipeline, rows: &RowCounts, own: u64) -> Option<String> {
    let records = rows.read - rows.excluded;
    // However few the rows, a delivery of which less than half is good would take the place of a better one.
    let is_mostly_bad = rows.quarantined * 2 > records;
    if records == 0 || (own <= pipeline.tolerated_rows && !is_mostly_bad) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of rows needs no more than 52 bits")]
    let share = |rows: u64| rows as f64 / records as f64;
    let faulty = || {
        let (percent, tolerance) = (share(own) * 100.0, pipeline.tolerance * 100.0);
        format!("{own} of {records} rows have faults ({percent:.0} %), more than the tolerance of {tolerance:.0} %")
    };
    let set_aside = || {
        let percent = share(rows.quarantined) * 100.0;
        format!("{} of {records} rows are set aside ({percent:.0} %), and not by their own faults alone: their columns are not the schema's", rows.quarantined)
    };
    match (share(own) > pipeline.tolerance, is_mostly_bad) {
        (true, _) => Some(faulty()),
        (false, true) if own == rows.quarantined => Some(faulty()),
        (false, true) => Some(set_aside()),
        (false, false) => None,
    }
}
