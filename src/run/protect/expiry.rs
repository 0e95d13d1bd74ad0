//! Rows past the retention of their feed: the latest of their events lies before the first day that is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{BooleanArray, Date32Array};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{Expr, ident, lit};
use datafusion::scalar::ScalarValue;

use super::bars::{event_fields, is_expired};
use crate::contract::Contract;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;

/// By feed, the first day that is kept: the first of the month that lies the feed's retention back.
pub type Cutoffs = BTreeMap<String, NaiveDate>;

/// The first days that are kept as of a moment.
pub fn cutoffs(project: &Project, now: DateTime<Utc>) -> Cutoffs {
    let today = now.with_timezone(&project.timezone).date_naive();
    let day = |months: u32| today.checked_sub_months(Months::new(months))?.with_day(1);
    project.retention.months.iter().filter_map(|(feed, months)| Some((feed.clone(), day(*months)?))).collect()
}

/// The rows of a feed's table that are past their retention.
pub fn expired(contract: &Contract, batch: &RecordBatch, day: NaiveDate) -> BooleanArray {
    let columns = event_fields(contract).filter_map(|index| batch.column_by_name(&contract.fields[index].name));
    let events: Vec<&Date32Array> = columns.filter_map(|column| column.as_any().downcast_ref()).collect();
    (0..batch.num_rows()).map(|row| Some(is_expired(&events, row, day))).collect()
}

/// A feed's table as it would be without rows past their retention.
///
/// # Errors
/// `Internal` where the engine cannot plan it.
pub fn kept(engine: &Engine, contract: &Contract, table: Arc<dyn TableProvider>, day: NaiveDate) -> Result<Arc<dyn TableProvider>> {
    let what = || format!("cannot prepare the feed `{}`", contract.feed);
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    let days = i32::try_from(days).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
    let schema = table.schema();
    let names: Vec<&str> = event_fields(contract).map(|index| contract.fields[index].name.as_str()).filter(|name| schema.index_of(name).is_ok()).collect();
    let stays = names.iter().map(|name| ident(*name).gt_eq(lit(ScalarValue::Date32(Some(days))))).reduce(Expr::or);
    let unknown = names.iter().map(|name| ident(*name).is_null()).reduce(Expr::and);
    let Some(stays) = stays.zip(unknown).map(|(stays, unknown)| stays.or(unknown)) else { return Ok(table) };
    let frame = engine.context().read_table(table).and_then(|frame| frame.filter(stays)).map_err(|cause| error::engine(what(), cause))?;
    Ok(frame.into_view())
}
