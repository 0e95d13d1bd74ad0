//! Rows of one record within one delivery: the last changed stands; what cannot be decided is quarantined.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use arrow::array::{Array, StringArray, TimestampMicrosecondArray};
use arrow::row::{RowConverter, SortField};
use foldhash::fast::FixedState;

use super::table::TypedRows;
use crate::contract::{Contract, Role};
use crate::error::{Error, Kind, Result};

/// What the other rows of a record mean for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A later change stands in the same delivery.
    LaterChange,
    /// The same row stands in the same delivery already.
    SameRow,
    /// Another row says something else of the same record and moment.
    Contradiction,
}

/// The verdicts on rows that are not to be loaded, among the rows without fault, in order of rows.
///
/// # Errors
/// `Internal` where rows cannot be compared.
pub fn judge(contract: &Contract, typed: &TypedRows, is_faulty: impl Fn(usize) -> bool) -> Result<Vec<(usize, Verdict)>> {
    let (Some(ids), Some(changed)) = (typed.role(contract, Role::RecordId), typed.role(contract, Role::ChangedAt)) else { return Ok(Vec::new()) };
    let changed =
        changed.as_any().downcast_ref::<TimestampMicrosecondArray>().ok_or_else(|| Error::new(Kind::Internal, "the time of last change is no instant"))?;
    let Some(ids) = ids.as_any().downcast_ref::<StringArray>() else { return Ok(Vec::new()) };
    let mut verdicts = Vec::new();
    for rows in of_several_rows(ids, |row| !is_faulty(row))? {
        judge_record(typed, changed, &rows, &mut verdicts)?;
    }
    verdicts.sort_by_key(|(row, _)| *row);
    Ok(verdicts)
}

/// The rows of each record that stands in more than one of those that are looked at, in order of rows.
///
/// Nearly every record stands in one row. Hashes with the number of their row are sorted, which needs eight bytes a row and
/// goes through memory in order: a table of all records, twenty million of them, is in no cache, and is asked for every row.
fn of_several_rows(ids: &StringArray, is_looked_at: impl Fn(usize) -> bool) -> Result<Vec<Vec<usize>>> {
    let too_many = |cause| Error::new(Kind::Internal, "a delivery holds more rows than can be told apart").because(cause);
    let state = FixedState::default();
    let mut hashed = Vec::with_capacity(ids.len());
    for row in (0..ids.len()).filter(|row| !ids.is_null(*row) && is_looked_at(*row)) {
        let number = u32::try_from(row).map_err(too_many)?;
        hashed.push(state.hash_one(ids.value(row)) >> 32 << 32 | u64::from(number));
    }
    hashed.sort_unstable();
    let mut several = Vec::new();
    for alike in hashed.chunk_by(|one, other| one >> 32 == other >> 32).filter(|alike| alike.len() > 1) {
        // Two records may have one hash.
        let mut records: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in alike.iter().map(|hashed| (hashed & u64::from(u32::MAX)) as usize) {
            records.entry(ids.value(row)).or_default().push(row);
        }
        several.extend(records.into_values().filter(|rows| rows.len() > 1));
    }
    Ok(several)
}

fn judge_record(typed: &TypedRows, changed: &TimestampMicrosecondArray, rows: &[usize], verdicts: &mut Vec<(usize, Verdict)>) -> Result<()> {
    let last = rows.iter().map(|row| changed.value(*row)).max();
    let (newest, older): (Vec<usize>, Vec<usize>) = rows.iter().partition(|row| Some(changed.value(**row)) == last);
    verdicts.extend(older.iter().map(|row| (*row, Verdict::LaterChange)));
    if newest.len() > 1 {
        let verdict = if are_equal(typed, &newest)? { Verdict::SameRow } else { Verdict::Contradiction };
        let spared = usize::from(verdict == Verdict::SameRow);
        verdicts.extend(newest.iter().skip(spared).map(|row| (*row, verdict)));
    }
    Ok(())
}

fn are_equal(typed: &TypedRows, rows: &[usize]) -> Result<bool> {
    let internal = |cause| Error::new(Kind::Internal, "rows of a delivery cannot be compared").because(cause);
    let fields = typed.columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let converter = RowConverter::new(fields).map_err(internal)?;
    let slices = |row: usize| typed.columns.iter().map(|column| column.slice(row, 1)).collect::<Vec<_>>();
    let mut encoded = rows.iter().map(|row| converter.convert_columns(&slices(*row)).map(|rows| rows.row(0).owned()));
    let Some(first) = encoded.next().transpose().map_err(internal)? else { return Ok(true) };
    for other in encoded {
        if other.map_err(internal)? != first {
            return Ok(false);
        }
    }
    Ok(true)
}
