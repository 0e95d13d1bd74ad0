//! Typed rows made normalised ones: pseudonyms for people, age and SADD group at the event, provenance on every row.
//!
//! Guarantees: case number and birth date stop here; what leaves is the contract's loaded schema.

mod pseudonym;
mod sadd;

pub use pseudonym::Key;
use pseudonym::{Digits, PSEUDONYM_DIGITS};
pub use sadd::{age_at, group};

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::compute::concat;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};

use crate::contract::{Contract, Role, is_carried, loaded_schema};
use crate::error::{Error, Kind, Result};
use crate::parallel;
use crate::validate::{Deletions, LARGE_ROWS, TypedRows};

/// Where the rows of a delivery come from: the same for all of them. Their sheets and numbers they have themselves.
pub struct Provenance<'a> {
    /// The submission.
    pub submission_id: &'a str,
    /// The office.
    pub office: &'a str,
    /// The reporting period.
    pub period: &'a str,
    /// The revision of the slot.
    pub revision: i64,
    /// When it was received.
    pub received: DateTime<Utc>,
    /// The extract.
    pub path: &'a str,
}

impl Provenance<'_> {
    /// The columns for so many rows.
    fn columns(&self, count: usize) -> [ArrayRef; 6] {
        let repeated = |text: &str| Arc::new(StringArray::new_repeated(text, count)) as ArrayRef;
        let received = TimestampMicrosecondArray::from_value(self.received.timestamp_micros(), count).with_timezone("UTC");
        [
            repeated(self.submission_id),
            repeated(self.office),
            repeated(self.period),
            Arc::new(Int64Array::from_value(self.revision, count)),
            Arc::new(received),
            repeated(self.path),
        ]
    }
}

/// Rows of a piece, the last one's aside: what is the same in all rows is held once for a piece, and pieces are written one
/// after another.
pub const PIECE_ROWS: usize = 16_384;

/// The rows to load, in the contract's loaded schema and in pieces of [`PIECE_ROWS`]; as many as `typed` holds, no piece
/// where it holds none.
///
/// # Errors
/// `Internal` where the contract's roles are not filled by columns of the right type.
pub fn normalise(contract: &Contract, typed: &TypedRows, provenance: &Provenance<'_>, key: &Key) -> Result<Vec<RecordBatch>> {
    let count = typed.len();
    let same = provenance.columns(count.min(PIECE_ROWS));
    let sheet: StringArray = typed.sheets.iter().map(Option::as_deref).collect();
    let deletions = Deletions::of(contract, typed);
    let person = People::of(contract, typed, &deletions)?;
    let mut own: Vec<ArrayRef> = vec![Arc::new(sheet), Arc::new(Int64Array::from(typed.rows.clone()))];
    own.extend(person.columns(key)?);
    for (field, column) in contract.fields.iter().zip(&typed.columns).filter(|(field, _)| is_carried(field)) {
        own.push(deletions.kept_of(field, column)?);
    }
    let schema = loaded_schema(contract);
    let piece = |start: usize| {
        let rows = PIECE_ROWS.min(count - start);
        let columns = same.iter().map(|column| column.slice(0, rows)).chain(own.iter().map(|column| column.slice(start, rows)));
        RecordBatch::try_new(schema.clone(), columns.collect())
            .map_err(|cause| Error::new(Kind::Internal, "normalised rows do not fit the feed's table").because(cause))
    };
    (0..count).step_by(PIECE_ROWS).map(piece).collect()
}

/// The columns that tell who and how old.
struct People<'a> {
    case: &'a StringArray,
    /// Absent where a case is one person.
    person: Option<&'a Int64Array>,
    sex: &'a StringArray,
    /// The dates of the event; of each row the earliest filled one counts.
    events: Vec<&'a Date32Array>,
    birth: Option<&'a Date32Array>,
    age: Option<&'a Int64Array>,
    deletions: &'a Deletions<'a>,
}

impl<'a> People<'a> {
    fn of(contract: &Contract, typed: &'a TypedRows, deletions: &'a Deletions<'a>) -> Result<Self> {
        Ok(Self {
            case: needed(contract, typed, Role::CaseNumber)?,
            person: if contract.one_person_per_case { None } else { Some(needed(contract, typed, Role::PersonNumber)?) },
            sex: needed(contract, typed, Role::Sex)?,
            events: events(contract, typed, deletions)?,
            birth: typed.role(contract, Role::BirthDate).and_then(|column| column.as_any().downcast_ref()),
            age: typed.role(contract, Role::Age).and_then(|column| column.as_any().downcast_ref()),
            deletions,
        })
    }

    fn columns(&self, key: &Key) -> Result<[ArrayRef; 4]> {
        let count = self.case.len();
        let cases = pseudonyms(count, |row| (!self.case.is_null(row)).then(|| key.digits_of_case(key.generation(), self.case.value(row))))?;
        let ages: Int64Array = (0..count).map(|row| self.age(row)).collect();
        let age = |row: usize| (!ages.is_null(row)).then(|| ages.value(row));
        let groups = (0..count).map(|row| group(at(self.sex, row).filter(|_| !self.deletions.has(row)), age(row)));
        let groups: ArrayRef = Arc::new(StringArray::from_iter_values(groups));
        Ok([self.persons(key).transpose()?.unwrap_or_else(|| cases.clone()), cases, Arc::new(ages), groups])
    }

    /// Pseudonyms of numbered persons; empty for deletions that do not say whose record it was. Nothing where a case is one
    /// person.
    fn persons(&self, key: &Key) -> Option<Result<ArrayRef>> {
        let numbers = self.person?;
        let is_named = |row: usize| !self.case.is_null(row) && !numbers.is_null(row);
        let person = |row| is_named(row).then(|| key.digits_of_person(key.generation(), self.case.value(row), numbers.value(row)));
        Some(pseudonyms(self.case.len(), person))
    }

    fn event(&self, row: usize) -> Option<i32> {
        self.events.iter().filter(|dates| !dates.is_null(row)).map(|dates| dates.value(row)).min()
    }

    /// Completed years at the event: by the birth date, else as the office gives it.
    fn age(&self, row: usize) -> Option<i64> {
        if self.deletions.has(row) {
            return None;
        }
        let birth = self.birth.filter(|dates| !dates.is_null(row)).map(|dates| dates.value(row));
        match birth {
            Some(birth) => self.event(row).map(|event| age_at(birth, event)),
            None => self.age.filter(|ages| !ages.is_null(row)).map(|ages| ages.value(row)),
        }
    }
}

/// A column of pseudonyms; empty where there is none. Those of a large delivery are made on all cores.
///
/// # Errors
/// `Internal` where they are no column of texts.
fn pseudonyms(count: usize, of: impl Fn(usize) -> Option<Digits> + Sync) -> Result<ArrayRef> {
    let stretches: Vec<Range<usize>> = (0..count).step_by(LARGE_ROWS).map(|start| start..count.min(start + LARGE_ROWS)).collect();
    let made = parallel::each(&stretches, |rows| {
        let (mut digits, mut lengths) = (Vec::with_capacity(rows.len() * PSEUDONYM_DIGITS), Vec::with_capacity(rows.len()));
        for pseudonym in rows.clone().map(&of) {
            let own = pseudonym.as_ref().map_or(&[][..], Digits::as_bytes);
            digits.extend_from_slice(own);
            lengths.push(own.len());
        }
        // Looked at once for all that they are text, and not each by itself.
        StringArray::try_new(OffsetBuffer::from_lengths(lengths), Buffer::from_vec(digits), None)
    });
    let no_texts = |cause| Error::new(Kind::Internal, "pseudonyms are no texts").because(cause);
    let made = made.into_iter().collect::<std::result::Result<Vec<_>, _>>().map_err(no_texts)?;
    match &made[..] {
        [] => Ok(Arc::new(StringArray::new_repeated("", 0))),
        [column] => Ok(Arc::new(column.clone())),
        several => concat(&several.iter().map(|column| column as &dyn Array).collect::<Vec<_>>()).map_err(no_texts),
    }
}

/// The dates of the event, of which every row has one at least, save deletions.
fn events<'a>(contract: &Contract, typed: &'a TypedRows, deletions: &Deletions<'_>) -> Result<Vec<&'a Date32Array>> {
    let dates: Vec<&Date32Array> = contract.roles(Role::EventDate).filter_map(|index| typed.columns[index].as_any().downcast_ref()).collect();
    if (0..typed.len()).filter(|row| !deletions.has(*row)).any(|row| dates.iter().all(|dates| dates.is_null(row))) {
        return Err(Error::new(Kind::Internal, format!("a row of the feed {} has no event", contract.feed)));
    }
    Ok(dates)
}

fn at(column: &StringArray, row: usize) -> Option<&str> {
    (!column.is_null(row)).then(|| column.value(row))
}

fn needed<'a, T: 'static>(contract: &Contract, typed: &'a TypedRows, role: Role) -> Result<&'a T> {
    typed
        .role(contract, role)
        .and_then(|column| column.as_any().downcast_ref())
        .ok_or_else(|| Error::new(Kind::Internal, format!("the feed {} has no column for the role {role:?}", contract.feed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_of_a_large_delivery_stand_at_their_rows() {
        let key = Key::new([1; 32]);
        let case = |row: usize| format!("MARAB{row:06}");
        let is_named = |row: usize| row % 1_000 == 7 || row >= LARGE_ROWS - 1;
        for count in [0, 10, LARGE_ROWS + 3] {
            let column = pseudonyms(count, |row| is_named(row).then(|| key.digits_of_case(key.generation(), &case(row)))).unwrap();
            let column = column.as_any().downcast_ref::<StringArray>().unwrap();
            assert_eq!(column.len(), count);
            for row in 0..count {
                assert_eq!(column.value(row), if is_named(row) { key.case(&case(row)) } else { String::new() });
            }
        }
    }
}
