//! Whom the rows of an extract tell of, whatever else is wrong with them.

use std::sync::Arc;

use arrow::array::{Array, Int64Array, StringArray};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cast::Habit;
use super::delivery::Formats;
use super::table::{Caster, TypedRows};
use crate::contract::{Contract, InCase, Role};
use crate::error::{Error, Kind, Result};
use crate::project::Source;
use crate::read::{self, Amendment, Page, Piece, Refusal, TextBatch, Why};

/// A row with the person that it names. Its case number is protected, so there is no `Debug`.
pub struct PersonRow {
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// The row of the sheet, or the line.
    pub row: i64,
    /// The canonical case number.
    pub case: String,
    /// Whom of the case.
    pub who: InCase,
}

/// The rows of an extract that name a case, and how many rows could not be told because their cells may be shifted.
///
/// # Errors
/// A [`Refusal`] within where the extract cannot be read; `Internal` where its parts do not fit together.
pub fn people(
    (pages, amendments): (&[Page], &[Amendment]),
    source: &Source,
    contract: &Contract,
    zone: Tz,
    received: DateTime<Utc>,
) -> Result<Result<(Vec<PersonRow>, u64), Refusal>> {
    let formats = Formats::of(source);
    let habit = formats.habit(source, zone, received);
    let (mut found, mut shifted, mut failed) = (Vec::new(), 0, None);
    let read = read::read_amended(pages, amendments, source, contract, &mut |piece| match piece {
        Piece::Rows(batch) => match of_batch(contract, habit, &batch) {
            Ok(rows) => found.extend(rows),
            Err(error) => failed = Some(error),
        },
        Piece::Aside(row) => shifted += u64::from(!matches!(row.why, Why::Total | Why::LeftOut)),
        Piece::Drift(_) => {}
    });
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Ok(_)) => Ok(Ok((found, shifted))),
        (None, Err(refusal)) => Ok(Err(refusal)),
    }
}

fn of_batch(contract: &Contract, habit: Habit<'_>, batch: &TextBatch<'_>) -> Result<Vec<PersonRow>> {
    let mut caster = Caster::new(contract, habit);
    caster.push(batch);
    let (typed, _) = caster.finish()?;
    let row = |(index, case, who)| PersonRow { sheet: batch.sheet.clone(), row: typed.rows[index], case, who };
    Ok(cases(contract, &typed)?.map(row).collect())
}

/// For each row that names a case: its index, the canonical case number, and whom of the case.
///
/// # Errors
/// `Internal` where the contract's roles are not filled by columns of the right type.
pub fn cases<'t>(contract: &Contract, typed: &'t TypedRows) -> Result<impl Iterator<Item = (usize, String, InCase)> + 't> {
    let case: &StringArray = typed.role(contract, Role::CaseNumber).and_then(|column| column.as_any().downcast_ref()).ok_or_else(|| lacks(contract))?;
    let numbers = numbers(contract, typed)?;
    let who = move |row| match numbers {
        None => InCase::Only,
        Some(numbers) if numbers.is_null(row) => InCase::Unknown,
        Some(numbers) => InCase::Number(numbers.value(row)),
    };
    let rows = (0..case.len()).filter(|row| !case.is_null(*row));
    Ok(rows.map(move |row| (row, case.value(row).to_owned(), who(row))))
}

/// The numbers of persons within their cases; nothing where a case is one person.
fn numbers<'t>(contract: &Contract, typed: &'t TypedRows) -> Result<Option<&'t Int64Array>> {
    if contract.one_person_per_case {
        return Ok(None);
    }
    let column = typed.role(contract, Role::PersonNumber).and_then(|column| column.as_any().downcast_ref());
    column.map(Some).ok_or_else(|| lacks(contract))
}

fn lacks(contract: &Contract) -> Error {
    Error::new(Kind::Internal, format!("the feed {} has no column of cases or persons", contract.feed))
}
