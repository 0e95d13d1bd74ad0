//! Rows that a delivery may hold and that are not loaded again: of people who were erased, and past their retention.

use std::collections::BTreeMap;

use arrow::array::{Array, Date32Array};
use chrono::NaiveDate;

use crate::contract::{Contract, Role};
use crate::error::Result;
use crate::normalise::Key;
use crate::project::Project;
use crate::validate::{TypedRows, cases};
use crate::warehouse::{ErasedList, Gone, Warehouse};

/// What may not be loaded again.
pub struct Bars {
    gone: Gone,
    expired_before: BTreeMap<String, NaiveDate>,
}

impl Bars {
    /// Nothing is barred.
    pub fn none() -> Self {
        Self { gone: Gone::new(&ErasedList::default(), Key::new([0; 32])), expired_before: BTreeMap::new() }
    }

    /// What a warehouse may not load again.
    ///
    /// # Errors
    /// `Conflict` where what was erased cannot be read.
    pub async fn of(warehouse: &Warehouse, key: &Key) -> Result<Self> {
        let mut expired_before: BTreeMap<String, NaiveDate> = BTreeMap::new();
        for (feed, day) in warehouse.receipts().await?.into_iter().flat_map(|receipt| receipt.expired_before) {
            let latest = expired_before.entry(feed).or_insert(day);
            *latest = day.max(*latest);
        }
        Ok(Self { gone: Gone::new(&warehouse.erased().await?, key.clone()), expired_before })
    }

    /// The same without loading; the key is needed only where somebody was erased.
    ///
    /// # Errors
    /// As [`Bars::of`], and as the key.
    pub async fn to_read(project: &Project, warehouse: &Warehouse) -> Result<Self> {
        let key = if warehouse.erased().await?.erased.is_empty() { Key::new([0; 32]) } else { warehouse.key(project).await? };
        Self::of(warehouse, &key).await
    }

    /// The day before which a feed's events are held no more.
    pub fn expired_before(&self, feed: &str) -> Option<NaiveDate> {
        self.expired_before.get(feed).copied()
    }

    /// Rows that are barred: index, rule and message.
    ///
    /// # Errors
    /// `Internal` where the contract's roles have no columns.
    pub fn rows(&self, contract: &Contract, typed: &TypedRows) -> Result<Vec<(usize, &'static str, &'static str)>> {
        let mut barred = Vec::new();
        if !self.gone.is_empty() {
            let gone = cases(contract, typed)?.filter(|(_, case, who)| self.gone.has(case, *who));
            barred.extend(gone.map(|(row, ..)| (row, super::erase::ERASED, "the person of the row was erased and is not loaded again")));
        }
        if let Some(day) = self.expired_before(contract.feed.as_str()) {
            let dates: Vec<&Date32Array> = event_fields(contract).filter_map(|index| typed.columns[index].as_any().downcast_ref()).collect();
            let expired = (0..typed.len()).filter(|row| is_expired(&dates, *row, day));
            barred.extend(expired.map(|row| (row, "expired", "the event of the row is past the feed's retention")));
        }
        Ok(barred)
    }
}

/// The fields that hold the days of a row's events.
pub fn event_fields(contract: &Contract) -> impl Iterator<Item = usize> {
    contract.fields.iter().enumerate().filter(|(_, field)| field.role == Some(Role::EventDate)).map(|(index, _)| index)
}

/// True where the latest event of a row lies before a day; false where no day is known.
pub fn is_expired(events: &[&Date32Array], row: usize, day: NaiveDate) -> bool {
    let latest = events.iter().filter(|dates| !dates.is_null(row)).map(|dates| dates.value(row)).max();
    let day = day.signed_duration_since(NaiveDate::default()).num_days();
    latest.is_some_and(|latest| i64::from(latest) < day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_expires_with_the_latest_of_its_events() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let days = |text: &str| i32::try_from(day(text).signed_duration_since(NaiveDate::default()).num_days()).unwrap();
        let first = Date32Array::from(vec![Some(days("2018-01-01")), Some(days("2018-01-31")), None, None]);
        let last = Date32Array::from(vec![Some(days("2018-02-01")), None, Some(days("2017-12-31")), None]);
        let expired: Vec<bool> = (0..4).map(|row| is_expired(&[&first, &last], row, day("2018-02-01"))).collect();
        assert_eq!(expired, [false, true, true, false], "one on the first day kept, one before, one of a single date, one unknown");
    }
}
