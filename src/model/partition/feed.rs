//! The parts of a feed: the months of one of its dates, and what tells the content of each.
//!
//! What a month holds is found out by reading the current rows; whoever knows it otherwise can say it instead.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use chrono::{Datelike, Duration, NaiveDate};
use datafusion::common::ScalarValue;
use datafusion::common::TableReference;
use datafusion::logical_expr::{Expr, ident, lit};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::values::Value;
use crate::contract::{Contract, Role};
use crate::engine::Engine;
use crate::error::{self, Result};

/// What tells the content of each month of a feed, by its first day; of rows without the date, under null.
pub(in crate::model) type FeedParts = BTreeMap<Value, String>;

/// The months of a feed's date, and what tells the current rows of each. The engine has the feed.
///
/// # Errors
/// As reading the feed says.
pub(in crate::model) async fn feed_parts(engine: &Engine, contract: &Contract, date: &str) -> Result<FeedParts> {
    let what = || format!("cannot read the months of the feed `{}`", contract.feed);
    let record = contract.role(Role::RecordId).map_or("record_id", |index| contract.fields[index].name.as_str());
    let of_feed = async {
        let frame = engine.context().table(TableReference::partial("feeds", contract.feed.as_str())).await?;
        frame.select(vec![ident(date), ident("submission_id"), ident("office"), ident(record)])?.execute_stream().await
    };
    let mut rows = of_feed.await.map_err(|cause| error::engine(what(), cause))?;
    let mut months: BTreeMap<Option<i32>, Content> = BTreeMap::new();
    while let Some(batch) = rows.try_next().await.map_err(|cause| error::engine(what(), cause))? {
        let dates = batch.column(0).as_primitive::<Date32Type>();
        let texts: Vec<ArrayRef> = (1..4)
            .map(|column| cast(batch.column(column), &DataType::Utf8))
            .collect::<std::result::Result<_, _>>()
            .map_err(|cause| error::engine(what(), cause.into()))?;
        let texts: Vec<_> = texts.iter().map(|column| column.as_string::<i32>()).collect();
        for row in 0..batch.num_rows() {
            let month = dates.is_valid(row).then(|| dates.value(row)).and_then(first_of_month);
            let text: Vec<&str> = texts.iter().map(|column| if column.is_valid(row) { column.value(row) } else { "" }).collect();
            months.entry(month).or_default().add(&text.join("\0"));
        }
    }
    Ok(months.into_iter().map(|(month, content)| (month.and_then(date_of).map(|day| day.to_string()), content.told())).collect())
}

/// What tells a set of rows, in whatever order they come.
#[derive(Default)]
struct Content {
    rows: u64,
    sum: u128,
}

impl Content {
    fn add(&mut self, row: &str) {
        self.rows += 1;
        let hash = Sha256::digest(row);
        let first = hash.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        self.sum = self.sum.wrapping_add(first);
    }

    fn told(&self) -> String {
        format!("{}:{:032x}", self.rows, self.sum)
    }
}

fn date_of(day: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(Duration::days(i64::from(day)))
}

fn day_of(date: NaiveDate) -> Option<i32> {
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

fn first_of_month(day: i32) -> Option<i32> {
    date_of(day)?.with_day(1).and_then(day_of)
}

fn month_after(first: NaiveDate) -> NaiveDate {
    (first + Duration::days(31)).with_day(1).unwrap_or(first)
}

/// The days of a part, as days since 1970; of the rows without a date the one null.
pub(super) fn days_of(part: &Value) -> Vec<Option<i32>> {
    let Some(first) = part else { return vec![None] };
    let Ok(first) = first.parse::<NaiveDate>() else { return Vec::new() };
    let (Some(from), Some(to)) = (day_of(first), day_of(month_after(first))) else { return Vec::new() };
    (from..to).map(Some).collect()
}

/// The condition that a date lies in some months, or is null where that is one of them.
pub(super) fn is_in(column: &Expr, months: &std::collections::BTreeSet<Value>) -> Expr {
    let mut spans: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for first in months.iter().flatten().filter_map(|first| first.parse::<NaiveDate>().ok()) {
        match spans.last_mut() {
            Some((_, end)) if *end == first => *end = month_after(first),
            _ => spans.push((first, month_after(first))),
        }
    }
    let day = |date: NaiveDate| lit(ScalarValue::Date32(day_of(date)));
    let within = spans.into_iter().map(|(from, to)| column.clone().gt_eq(day(from)).and(column.clone().lt(day(to))));
    let within = within.chain(months.contains(&None).then(|| column.clone().is_null()));
    within.reduce(Expr::or).unwrap_or_else(|| lit(false))
}
