//! One delivery judged whole: every row accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute::filter;
use chrono::{DateTime, Utc};

use super::cast::{CellFault, Habit};
use super::duplicates::{self, Verdict};
use super::fault::{Outcome, Reason, SetAsideRow};
use super::rules::{self, Facts};
use super::table::{Caster, TypedRows};
use crate::contract::Contract;
use crate::error::{Error, Kind, Result};
use crate::project::{Format, Office, Source};
use crate::read::{Piece, SetAside, Why};

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
}

/// Tells rows that may not be loaded whatever they say: the row's index and the reason's rule and message.
pub type Barred<'a> = dyn Fn(&TypedRows) -> Result<Vec<(usize, &'static str, &'static str)>> + Sync + 'a;

/// A delivery judged: the rows to load, and every other row with its reasons.
pub struct Validated {
    /// The rows to load.
    pub good: TypedRows,
    /// The sheet the rows stand in.
    pub sheet: Option<Arc<str>>,
    /// Every row that is not loaded, in order of rows.
    pub aside: Vec<SetAsideRow>,
}

impl Validated {
    /// How many rows had an outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.aside.iter().filter(|row| row.outcome == outcome).count() as u64
    }
}

/// Formats in which the workbook reader writes real dates; they are not a habit but a fact.
const NATIVE_DATE: &str = "%Y-%m-%d";
const NATIVE_INSTANT: &str = "%Y-%m-%dT%H:%M:%S";

/// The formats of a source, with those of real date cells where it is a workbook.
pub struct Formats {
    dates: Vec<String>,
    datetimes: Vec<String>,
}

impl Formats {
    /// The formats of a source.
    pub fn of(source: &Source) -> Self {
        let native = matches!(source.format, Format::Workbook { .. });
        let with = |formats: &[String], own: &str| formats.iter().cloned().chain(native.then(|| own.to_owned())).collect();
        Self { dates: with(&source.dates, NATIVE_DATE), datetimes: with(&source.datetimes, NATIVE_INSTANT) }
    }

    /// How a source of these formats writes values.
    pub(super) fn habit<'a>(&'a self, source: &'a Source, zone: chrono_tz::Tz) -> Habit<'a> {
        Habit { dates: &self.dates, datetimes: &self.datetimes, list_separator: &source.list_separator, zone }
    }
}

/// A delivery that is being read.
pub struct Delivery<'a> {
    context: &'a Context<'a>,
    caster: Caster<'a>,
    sheet: Option<Arc<str>>,
    aside: Vec<SetAside>,
}

impl<'a> Delivery<'a> {
    /// A delivery of which nothing was read yet.
    pub fn new(context: &'a Context<'a>, formats: &'a Formats) -> Self {
        let habit = formats.habit(context.source, context.office.timezone);
        Self { context, caster: Caster::new(context.contract, habit), sheet: None, aside: Vec::new() }
    }

    /// Takes what the reader hands on.
    pub fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Rows(batch) => {
                self.sheet.clone_from(&batch.sheet);
                self.caster.push(&batch);
            }
            Piece::Aside(row) => self.aside.push(row),
        }
    }

    /// Judges the delivery.
    ///
    /// # Errors
    /// `Internal` where a row is not accounted for.
    pub fn finish(self) -> Result<Validated> {
        let (contract, context) = (self.context.contract, self.context);
        let (typed, mut faults) = self.caster.finish()?;
        let mut judged = Judged::default();
        for (row, rule, message) in (context.barred)(&typed)? {
            judged.add(row, Outcome::Excluded, Reason { field: None, error: "excluded", rule, message: message.to_owned() });
        }
        let conditional = rules::required_when(contract, &typed, &faults);
        faults.extend(conditional);
        faults.extend(rules::excluded_when(contract, &typed));
        // Of a row that is barred nothing else is told.
        faults.retain(|fault| !judged.has(fault.row));
        let doubtful = in_doubt(&faults);
        faults.into_iter().for_each(|fault| judged.cell_fault(contract, fault, &doubtful));
        let facts = Facts {
            office: context.office.code.as_str(),
            office_name: &context.office.name,
            received: context.received.date_naive(),
            received_until: (context.received + chrono::Duration::days(2)).timestamp_micros(),
            since: context.since,
        };
        for (row, rule, message) in rules::row_constraints(contract, &typed, |row| judged.has(row), &facts) {
            judged.row_fault(row, "row-constraint", rule, message);
        }
        for (row, verdict) in duplicates::judge(contract, &typed, |row| judged.has(row))? {
            judged.verdict(row, verdict);
        }
        let good = judged.spare(&typed)?;
        let mut aside = judged.into_rows(&typed, self.sheet.as_ref());
        aside.extend(self.aside.into_iter().map(read_aside));
        aside.sort_by_key(|row| row.row);
        Ok(Validated { good, sheet: self.sheet, aside })
    }
}

/// Rows in which several cells are not of their kind: their columns may be shifted and a name may stand in any of them,
/// so that no value of theirs is shown.
fn in_doubt(faults: &[CellFault]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let foreign = faults.iter().filter(|fault| fault.error == "type-error" || fault.rule == "codes");
    foreign.filter(|fault| !seen.insert(fault.row)).map(|fault| fault.row).collect()
}

#[derive(Default)]
struct Judged {
    rows: BTreeMap<usize, (Outcome, Vec<Reason>)>,
}

impl Judged {
    fn has(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    fn add(&mut self, row: usize, outcome: Outcome, reason: Reason) {
        self.rows.entry(row).or_insert_with(|| (outcome, Vec::new())).1.push(reason);
    }

    fn cell_fault(&mut self, contract: &Contract, fault: CellFault, doubtful: &BTreeSet<usize>) {
        let field = Some(contract.fields[fault.field].name.clone());
        let message = if doubtful.contains(&fault.row) { fault.reserved } else { fault.message };
        self.add(fault.row, Outcome::Quarantined, Reason { field, error: fault.error, rule: fault.rule, message });
    }

    fn row_fault(&mut self, row: usize, error: &'static str, rule: &'static str, message: String) {
        self.add(row, Outcome::Quarantined, Reason { field: None, error, rule, message });
    }

    fn verdict(&mut self, row: usize, verdict: Verdict) {
        let (outcome, error, rule, message) = match verdict {
            Verdict::LaterChange => (Outcome::Superseded, "superseded", "later-change", "a later change of the record stands in the same delivery"),
            Verdict::SameRow => (Outcome::Superseded, "superseded", "same-row", "the same row stands in the same delivery already"),
            Verdict::Contradiction => (Outcome::Quarantined, "primary-key", "primary-key", "another row says something else of the same record and moment"),
        };
        self.add(row, outcome, Reason { field: None, error, rule, message: message.to_owned() });
    }

    fn spare(&self, typed: &TypedRows) -> Result<TypedRows> {
        let mask: BooleanArray = (0..typed.len()).map(|row| Some(!self.has(row))).collect();
        let columns = typed
            .columns
            .iter()
            .map(|column| filter(column, &mask).map_err(|cause| Error::new(Kind::Internal, "good rows cannot be told from the others").because(cause)));
        let rows = typed.rows.iter().enumerate().filter(|(row, _)| !self.has(*row)).map(|(_, line)| *line).collect();
        Ok(TypedRows { columns: columns.collect::<Result<_>>()?, rows })
    }

    fn into_rows(self, typed: &TypedRows, sheet: Option<&Arc<str>>) -> Vec<SetAsideRow> {
        self.rows.into_iter().map(|(row, (outcome, reasons))| SetAsideRow { sheet: sheet.cloned(), row: typed.rows[row], outcome, reasons }).collect()
    }
}

fn read_aside(row: SetAside) -> SetAsideRow {
    let (outcome, error, message) = match row.why {
        Why::Total => (Outcome::Excluded, "total-row", "the row holds a total, not a record".to_owned()),
        Why::ExtraCell => (Outcome::Quarantined, "extra-cell", "the row has more cells than there are labels; its cells may be shifted".to_owned()),
        Why::MissingCell { cells, labels } => {
            (Outcome::Quarantined, "missing-cell", format!("the row has {cells} cells for {labels} labels; its cells may be shifted"))
        }
    };
    SetAsideRow { sheet: row.sheet, row: row.row, outcome, reasons: vec![Reason { field: None, error, rule: error, message }] }
}
