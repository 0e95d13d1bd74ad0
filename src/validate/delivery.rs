//! One delivery judged whole: every row accounted for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute::filter;
use chrono::{DateTime, Utc};

use super::cast::{CellFault, Habit};
use super::cells::{Texts, are_withheld};
use super::deletions::Deletions;
use super::drift;
use super::duplicates::{self, Verdict};
use super::fault::{Outcome, Reason, SetAsideRow};
use super::foreign::{self, Lookups};
use super::rules::{self, Facts};
use super::table::{Caster, TypedRows};
use crate::contract::{BrokenRule, Contract, DateFormat, RowFacts, RowRules};
use crate::error::{Error, Kind, Result};
use crate::project::{Format, Office, Source};
use crate::read::limits::{MOST_REASONS, check_rows};
use crate::read::{Drift, Parts, Piece, Refusal, SetAside, TextBatch};

/// What a delivery is judged by.
pub struct Context<'a> {
    /// What rows must be.
    pub contract: &'a Contract,
    /// How they are written.
    pub source: &'a Source,
    /// Who sent them.
    pub office: &'a Office,
    /// When they were received.
    pub received: DateTime<Utc>,
    /// The first day of the project's calendar.
    pub since: chrono::NaiveDate,
    /// Rows that may not be loaded whatever they say.
    pub barred: &'a Barred<'a>,
    /// Keys of tables of the project that foreign keys refer to.
    pub lookups: &'a Lookups,
}

impl Context<'_> {
    fn facts(&self) -> Facts<'_> {
        Facts {
            office: self.office.code.as_str(),
            office_name: &self.office.name,
            received: self.received.date_naive(),
            received_until: (self.received + chrono::Duration::days(2)).timestamp_micros(),
            since: self.since,
        }
    }
}

/// Tells rows that may not be loaded whatever they say: the row's index and the reason's rule and message.
pub type Barred<'a> = dyn Fn(&TypedRows) -> Result<Vec<(usize, &'static str, &'static str)>> + Sync + 'a;

/// A delivery judged: the rows to load, and every other row with its reasons.
pub struct Validated {
    /// The rows to load.
    pub good: TypedRows,
    /// Every row that is not loaded, in order of sheets and rows.
    pub aside: Vec<SetAsideRow>,
    /// How the columns differed from the schema.
    pub drift: Vec<Drift>,
    /// Why the delivery is refused whole for a column of another type.
    pub refused: Option<String>,
    /// How many rows more were read, of which nothing is kept: there were so many reasons against rows that the delivery
    /// is refused whole. Zero otherwise; where it is not, no row is to be loaded.
    pub untold: u64,
}

impl Validated {
    /// How many rows had an outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.aside.iter().filter(|row| row.outcome == outcome).count() as u64
    }
}

/// Formats in which the workbook reader writes real dates; they are not a habit but a fact.
const NATIVE_DATE: &str = "%Y-%m-%d";
const NATIVE_INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// The formats of a source, with those of real date cells where it is a workbook.
pub struct Formats {
    dates: Vec<DateFormat>,
    datetimes: Vec<DateFormat>,
}

impl Formats {
    /// The formats of a source.
    pub fn of(source: &Source) -> Self {
        let (mut dates, mut datetimes) = (source.dates.clone(), source.datetimes.clone());
        if matches!(source.format, Format::Workbook { .. }) {
            dates.extend(DateFormat::of_days(NATIVE_DATE));
            datetimes.extend(DateFormat::of_moments(NATIVE_INSTANT));
        }
        Self { dates, datetimes }
    }

    /// How a source of these formats writes values.
    pub(super) fn habit<'a>(&'a self, source: &'a Source, zone: chrono_tz::Tz, received: DateTime<Utc>) -> Habit<'a> {
        Habit {
            dates: &self.dates,
            datetimes: &self.datetimes,
            list_separator: &source.list_separator,
            numbers: source.numbers,
            says: source.says,
            zone,
            received: received.date_naive(),
        }
    }
}

/// A part of a text that was read and cast by itself.
struct Part<'a> {
    caster: Caster<'a>,
    texts: Vec<TextBatch>,
    aside: Vec<SetAside>,
    read: u64,
}

/// A delivery that is being read.
pub struct Delivery<'a> {
    context: &'a Context<'a>,
    caster: Caster<'a>,
    /// The sheets in the order in which they were read.
    sheets: Vec<Option<Arc<str>>>,
    aside: Vec<SetAside>,
    texts: Texts,
    rules: Option<&'a dyn RowRules>,
    drift: Vec<Drift>,
    /// Rows that came when there were too many reasons already.
    untold: u64,
}

impl<'a> Delivery<'a> {
    /// A delivery of which nothing was read yet.
    pub fn new(context: &'a Context<'a>, formats: &'a Formats) -> Self {
        let habit = formats.habit(context.source, context.office.timezone, context.received);
        Self {
            context,
            caster: Caster::new(context.contract, habit),
            sheets: Vec::new(),
            aside: Vec::new(),
            rules: None,
            drift: Vec::new(),
            untold: 0,
            texts: Texts::default(),
        }
    }

    /// Judges rows by the schema's own rules too; without them no row is at fault by one.
    #[must_use]
    pub fn with_rules(self, rules: Option<&'a dyn RowRules>) -> Self {
        Self { rules, ..self }
    }

    /// Takes what the reader hands on.
    pub fn push(&mut self, piece: Piece) {
        let sheet = match &piece {
            Piece::Rows(batch) => &batch.sheet,
            Piece::Aside(row) => &row.sheet,
            Piece::Drift(_) => &None,
        };
        if self.has_too_many() {
            self.untold += match &piece {
                Piece::Rows(batch) => batch.rows.len() as u64,
                Piece::Aside(_) => 1,
                Piece::Drift(_) => 0,
            };
            return;
        }
        if !matches!(piece, Piece::Drift(_)) && self.sheets.last() != Some(sheet) && !self.sheets.contains(sheet) {
            self.sheets.push(sheet.clone());
        }
        match piece {
            Piece::Rows(batch) => {
                self.caster.push(&batch);
                self.texts.push(batch);
            }
            Piece::Aside(row) => self.aside.push(row),
            Piece::Drift(drift) => self.drift.push(drift),
        }
    }

    /// Reads and casts the parts of a text side by side, and tells how many rows there were.
    ///
    /// # Errors
    /// A [`Refusal`]; the delivery must be dropped then.
    pub fn push_parts(&mut self, parts: &Parts<'_>) -> std::result::Result<u64, Refusal> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let numbers: Vec<usize> = (0..parts.len()).collect();
        let mut read = 0;
        for wave in numbers.chunks(cores) {
            let this = &*self;
            let done = std::thread::scope(|scope| {
                let threads: Vec<_> = wave.iter().map(|part| scope.spawn(move || this.part(parts, *part))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Vec<_>>()
            });
            for part in done {
                let part = part?;
                read += part.read;
                check_rows(read, self.context.source.most_bytes)?;
                self.take_part(part);
            }
        }
        Ok(read)
    }

    fn part(&self, parts: &Parts<'_>, number: usize) -> std::result::Result<Part<'a>, Refusal> {
        let mut part = Part { caster: self.caster.fresh(), texts: Vec::new(), aside: Vec::new(), read: 0 };
        part.read = parts.read(number, self.context.source, self.context.contract, &mut |piece| match piece {
            Piece::Rows(batch) => {
                part.caster.push(&batch);
                part.texts.push(batch);
            }
            Piece::Aside(row) => part.aside.push(row),
            // A text of which columns differ from the schema is not read in parts.
            Piece::Drift(_) => {}
        })?;
        Ok(part)
    }

    fn take_part(&mut self, part: Part<'a>) {
        if self.has_too_many() {
            self.untold += part.read;
            return;
        }
        if self.sheets.is_empty() {
            self.sheets.push(None);
        }
        self.caster.append(part.caster);
        part.texts.into_iter().for_each(|batch| self.texts.push(batch));
        self.aside.extend(part.aside);
    }

    /// True where no more reasons are kept: the delivery is past any tolerance.
    fn has_too_many(&self) -> bool {
        self.caster.faults.len() + self.aside.len() > MOST_REASONS
    }

    /// Judges the delivery.
    ///
    /// # Errors
    /// `Internal` where a row is not accounted for.
    pub fn finish(mut self) -> Result<Validated> {
        let (contract, context) = (self.context.contract, self.context);
        let (mut typed, mut faults) = self.caster.finish()?;
        self.drift.extend(drift::retyped(contract, context.source.drift.retyped, &mut typed, &mut faults));
        let across = rules::across_fields(contract, &typed, &faults);
        let eventless = rules::required_any(contract, &typed, &faults);
        faults.extend(across);
        let mut judged = Judged::none(typed.len());
        for (row, rule, message) in (context.barred)(&typed)? {
            judged.add(row, Outcome::Excluded, Reason { field: None, error: "excluded", rule: rule.into(), message: message.to_owned() });
        }
        let barred: BTreeSet<usize> = judged.rows.keys().copied().collect();
        // Of a row that is barred nothing else is told.
        faults.retain(|fault| !judged.has(fault.row));
        let deletions = Deletions::of(contract, &typed);
        faults.retain(|fault| !deletions.excuse(contract, fault));
        let known = RowFacts { office: context.office.code.as_str(), received: context.received.date_naive() };
        let mut broken = rules::broken(self.rules, &typed, &faults, &known)?;
        // A row that says that its record goes need not hold what rules ask of records.
        broken.retain(|broken| !barred.contains(&broken.row) && !deletions.has(broken.row));
        let eventless: Vec<_> = eventless.into_iter().filter(|(row, ..)| !judged.has(*row) && !deletions.has(*row)).collect();
        let doubtful = in_doubt(&faults);
        let withheld = are_withheld(&faults);
        faults.into_iter().for_each(|fault| judged.cell_fault(contract, fault, &doubtful));
        let facts = context.facts();
        for (row, rule, message) in eventless {
            judged.row_fault(row, "row-constraint", rule, message);
        }
        for (row, rule, message) in rules::row_constraints(contract, &typed, |row| judged.has(row), &facts) {
            judged.row_fault(row, "row-constraint", rule, message);
        }
        broken.iter().for_each(|broken| judged.broken_rule(contract, broken));
        for (row, reason) in drift::set_aside(contract, &self.drift, &typed).into_iter().filter(|(row, _)| !barred.contains(row)) {
            judged.add(row, Outcome::Quarantined, reason);
        }
        for (row, verdict) in duplicates::judge(contract, &typed, |row| judged.has(row))? {
            judged.verdict(row, verdict);
        }
        judged.across_rows(contract, &typed, context.lookups)?;
        let good = judged.spare(&typed)?;
        let mut aside = judged.into_rows(&typed, |row| if withheld.contains(&row) { None } else { self.texts.cells(row, contract) });
        aside.extend(self.aside.into_iter().map(|row| read_aside(row, contract)));
        let places: HashMap<Option<Arc<str>>, usize> = self.sheets.into_iter().enumerate().map(|(place, sheet)| (sheet, place)).collect();
        aside.sort_by_cached_key(|row| (places.get(&row.sheet).copied(), row.row));
        let refused = drift::refusal(contract, &self.drift);
        Ok(Validated { good, aside, drift: self.drift, refused, untold: self.untold })
    }
}

/// Rows in which several cells are not of their kind: their columns may be shifted and a name may stand in any of them,
/// so that no value of theirs is shown.
pub(super) fn in_doubt(faults: &[CellFault]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let foreign = faults.iter().filter(|fault| fault.error == "type-error" || fault.rule == "codes");
    foreign.filter(|fault| !seen.insert(fault.row)).map(|fault| fault.row).collect()
}

struct Judged {
    rows: BTreeMap<usize, (Outcome, Vec<Reason>)>,
    /// True for the rows that have one.
    marked: Vec<bool>,
}

impl Judged {
    /// Nothing against any of so many rows.
    fn none(rows: usize) -> Self {
        Self { rows: BTreeMap::new(), marked: vec![false; rows] }
    }

    fn has(&self, row: usize) -> bool {
        self.marked[row]
    }

    fn add(&mut self, row: usize, outcome: Outcome, reason: Reason) {
        self.marked[row] = true;
        self.rows.entry(row).or_insert_with(|| (outcome, Vec::new())).1.push(reason);
    }

    fn cell_fault(&mut self, contract: &Contract, fault: CellFault, doubtful: &BTreeSet<usize>) {
        let field = Some(contract.fields[fault.field].name.clone());
        let message = if doubtful.contains(&fault.row) { fault.reserved } else { fault.message };
        self.add(fault.row, Outcome::Quarantined, Reason { field, error: fault.error, rule: fault.rule.into(), message });
    }

    fn row_fault(&mut self, row: usize, error: &'static str, rule: impl Into<Cow<'static, str>>, message: String) {
        self.add(row, Outcome::Quarantined, Reason { field: None, error, rule: rule.into(), message });
    }

    fn broken_rule(&mut self, contract: &Contract, broken: &BrokenRule) {
        let rule = &contract.rules[broken.rule];
        let field = rule.field.map(|index| contract.fields[index].name.clone());
        let [message, _] = rule.messages(broken.unclear);
        self.add(broken.row, Outcome::Quarantined, Reason { field, error: "row-constraint", rule: rule.name.to_string().into(), message });
    }

    fn verdict(&mut self, row: usize, verdict: Verdict) {
        let (outcome, error, rule, message) = match verdict {
            Verdict::LaterChange => (Outcome::Superseded, "superseded", "later-change", "a later change of the record stands in the same delivery"),
            Verdict::SameRow => (Outcome::Superseded, "superseded", "same-row", "the same row stands in the same delivery already"),
            Verdict::Contradiction => (Outcome::Quarantined, "primary-key", "primary-key", "another row says something else of the same record and moment"),
        };
        self.add(row, outcome, Reason { field: None, error, rule: rule.into(), message: message.to_owned() });
    }

    /// Rows that agree where none may are all quarantined, since nothing says which is right; so are rows that refer to one
    /// that is not there, until no row refers to a quarantined one.
    fn across_rows(&mut self, contract: &Contract, typed: &TypedRows, lookups: &Lookups) -> Result<()> {
        for repeat in foreign::repeats(contract, typed, |row| self.has(row))? {
            let field = (repeat.rule == "unique").then(|| contract.fields[repeat.fields[0]].name.clone());
            let message = format!("another row of the delivery has the same {}", foreign::names(contract, &repeat.fields));
            for row in repeat.rows {
                let reason = Reason { field: field.clone(), error: "unique-error", rule: repeat.rule.into(), message: message.clone() };
                self.add(row, Outcome::Quarantined, reason);
            }
        }
        loop {
            let orphans = foreign::orphans(contract, typed, lookups, |row| self.has(row))?;
            if orphans.is_empty() {
                return Ok(());
            }
            for (row, place) in orphans {
                self.row_fault(row, "foreign-key", "foreign-key", foreign::orphan_message(contract, &contract.foreign_keys[place]));
            }
        }
    }

    fn spare(&self, typed: &TypedRows) -> Result<TypedRows> {
        let mask = BooleanArray::new(self.marked.iter().map(|marked| !marked).collect(), None);
        let columns = typed
            .columns
            .iter()
            .map(|column| filter(column, &mask).map_err(|cause| Error::new(Kind::Internal, "good rows cannot be told from the others").because(cause)));
        let good = || (0..typed.len()).filter(|row| !self.has(*row));
        let (rows, sheets) = (good().map(|row| typed.rows[row]).collect(), good().map(|row| typed.sheets[row].clone()).collect());
        Ok(TypedRows { columns: columns.collect::<Result<_>>()?, rows, sheets })
    }

    fn into_rows(self, typed: &TypedRows, cells: impl Fn(usize) -> Option<Vec<(String, String)>>) -> Vec<SetAsideRow> {
        let row = |(row, (outcome, reasons)): (usize, (Outcome, Vec<Reason>))| {
            let cells = if outcome == Outcome::Quarantined { cells(row) } else { None };
            SetAsideRow { sheet: typed.sheets[row].clone(), row: typed.rows[row], outcome, reasons, cells }
        };
        self.rows.into_iter().map(row).collect()
    }
}

fn read_aside(row: SetAside, contract: &Contract) -> SetAsideRow {
    let (outcome, reason) = super::aside::reason(&row.why, contract);
    SetAsideRow { sheet: row.sheet, row: row.row, outcome, reasons: vec![reason], cells: None }
}
