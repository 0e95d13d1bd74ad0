//! One delivery judged whole: every row accounted for.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::thread::ScopedJoinHandle;

use chrono::{DateTime, Utc};

use super::cast::{CellFault, Habit};
use super::cells::{Kept, Texts, are_withheld};
use super::deletions::Deletions;
use super::drift;
use super::duplicates;
use super::fault::{Outcome, Reason, SetAsideRow};
use super::foreign::Lookups;
use super::judged::Judged;
use super::met::Memory;
use super::rules::{self, Facts};
use super::table::{Caster, TypedRows};
use crate::contract::{Contract, DateFormat, RowFacts, RowRules};
use crate::error::Result;
use crate::parallel;
use crate::project::{Format, Office, Source};
use crate::read::limits::{MOST_REASONS, check_rows};
use crate::read::{Drift, Parts, Piece, Refusal, SetAside};

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
    /// What is kept of batches, and how many rows they have.
    texts: Vec<(Kept, usize)>,
    aside: Vec<SetAside>,
    read: u64,
}

/// A part that is being read.
type Reading<'scope, 'a> = ScopedJoinHandle<'scope, std::result::Result<Part<'a>, Refusal>>;

impl<'a> Part<'a> {
    fn read(context: &Context<'_>, caster: Caster<'a>, parts: &Parts<'_>, number: usize) -> std::result::Result<Self, Refusal> {
        let mut part = Self { caster, texts: Vec::new(), aside: Vec::new(), read: 0 };
        part.read = parts.read(number, context.source, context.contract, &mut |piece| match piece {
            Piece::Rows(mut batch) => {
                part.caster.push(&batch);
                part.texts.push((Kept::of(&mut batch, context.contract), batch.rows.len()));
            }
            Piece::Aside(row) => part.aside.push(row),
            // A text of which columns differ from the schema is not read in parts.
            Piece::Drift(_) => {}
        })?;
        Ok(part)
    }
}

/// A delivery that is being read.
pub struct Delivery<'a> {
    context: &'a Context<'a>,
    caster: Caster<'a>,
    habit: Habit<'a>,
    memory: Option<&'a Memory>,
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
            habit,
            memory: None,
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

    /// Remembers what cells were found to be, beyond this delivery.
    #[must_use]
    pub fn remembering(mut self, memory: &'a Memory) -> Self {
        self.memory = Some(memory);
        self.caster = self.fresh();
        self
    }

    /// A caster that has cast nothing yet.
    fn fresh(&self) -> Caster<'a> {
        let (contract, rules) = (self.context.contract, self.context.source.fingerprint.as_str());
        let caster = Caster::new(contract, self.habit);
        match self.memory {
            Some(memory) => caster.with(memory.lend(rules, contract.fields.len())),
            None => caster,
        }
    }

    /// Takes what the reader hands on.
    pub fn push(&mut self, piece: Piece<'_>) {
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
            Piece::Rows(mut batch) => {
                self.caster.push(&batch);
                self.texts.push(Kept::of(&mut batch, self.context.contract), batch.rows.len());
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
        let mut read = 0;
        std::thread::scope(|scope| {
            let mut ahead = VecDeque::new();
            for number in 0..parts.len() {
                let (context, caster) = (self.context, self.fresh());
                ahead.push_back(scope.spawn(move || Part::read(context, caster, parts, number)));
                // One more than there are cores, so that none of them waits for the part that is taken next.
                if ahead.len() > parallel::cores() {
                    self.take_next(&mut ahead, &mut read)?;
                }
            }
            while !ahead.is_empty() {
                self.take_next(&mut ahead, &mut read)?;
            }
            Ok(read)
        })
    }

    fn take_next(&mut self, ahead: &mut VecDeque<Reading<'_, 'a>>, read: &mut u64) -> std::result::Result<(), Refusal> {
        let Some(next) = ahead.pop_front() else { return Ok(()) };
        let part = next.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        *read += part.read;
        check_rows(*read, self.context.source.most_bytes)?;
        self.take_part(part);
        Ok(())
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
        part.texts.into_iter().for_each(|(texts, rows)| self.texts.push(texts, rows));
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
        let barred: BTreeSet<usize> = judged.rows();
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
        let mut aside = judged.told(&typed, |row| if withheld.contains(&row) { None } else { self.texts.cells(row, contract) });
        drop(self.texts);
        let good = judged.spare(typed)?;
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

fn read_aside(row: SetAside, contract: &Contract) -> SetAsideRow {
    let (outcome, reason) = super::aside::reason(&row.why, contract);
    SetAsideRow { sheet: row.sheet, row: row.row, outcome, reasons: vec![reason], cells: None }
}
