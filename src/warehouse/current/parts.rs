//! What tells the rows of a month apart from other rows: a change of them changes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contract::Day;

/// By month, as `2023-01`, what tells its rows; those without a date stand under the empty text.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Months(pub BTreeMap<String, PartPrint>);

/// What tells a set of rows, whatever their order: how many there are, and a sum over what each is known by.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartPrint {
    /// How many rows.
    pub rows: u64,
    /// A sum over them.
    pub sum: [u64; 2],
}

impl PartPrint {
    /// Puts a row in.
    pub fn put(&mut self, row: [u64; 2]) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = [self.sum[0].wrapping_add(row[0]), self.sum[1].wrapping_add(row[1])];
    }

    /// Takes a row out that was put in.
    pub fn take(&mut self, row: [u64; 2]) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = [self.sum[0].wrapping_sub(row[0]), self.sum[1].wrapping_sub(row[1])];
    }

    /// Takes the rows of another set too.
    pub fn add(&mut self, other: Self) {
        self.rows = self.rows.wrapping_add(other.rows);
        self.sum = [self.sum[0].wrapping_add(other.sum[0]), self.sum[1].wrapping_add(other.sum[1])];
    }
}

impl std::fmt::Display for PartPrint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{:016x}{:016x}", self.rows, self.sum[0], self.sum[1])
    }
}

impl Months {
    /// What tells the rows of months, of what tells those of days since 1970; days that no row is left of count for nothing.
    pub fn of_days(days: impl IntoIterator<Item = (Option<i32>, PartPrint)>) -> Self {
        let mut months = Self::default();
        for (day, print) in days.into_iter().filter(|(_, print)| print.rows > 0) {
            months.0.entry(day.map_or_else(String::new, month_of)).or_default().add(print);
        }
        months
    }

    /// Takes those of other rows too.
    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(month, print)| self.0.entry(month.clone()).or_default().add(*print));
    }
}

fn month_of(days: i32) -> String {
    let Day { year, month, .. } = Day::of(days);
    format!("{year:04}-{month:02}")
}

/// What a row is known by: its file and its place in it, mixed so that sums of several tell them apart.
pub fn row_print(file: [u64; 2], place: u64) -> [u64; 2] {
    [mixed(file[0] ^ place), mixed(file[1].wrapping_add(place))]
}

/// The finaliser of SplitMix64: every bit of the number decides every bit of the result.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
