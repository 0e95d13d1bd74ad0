//! The reports that a model's figures rest on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::parse::Model;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::warehouse::Reports;

/// The offices that queries gave, which many models ask alike.
#[derive(Debug, Default)]
pub struct Owing(Mutex<BTreeMap<String, Vec<String>>>);

impl Owing {
    fn known(&self, sql: &str) -> Option<Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned()
    }

    fn learn(&self, sql: &str, offices: &[String]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned(), offices.to_vec());
    }
}

/// The offices whose reports a model rests on, feed by feed: as its header says, else every office that owes one of
/// `feeds`, those that it reads, through other models too.
///
/// # Errors
/// As the engine says.
pub async fn reports((engine, owing_offices): (&Engine, &Owing), feeds: BTreeSet<String>, model: &Model) -> Result<Vec<Reports>> {
    let mut reports = Vec::new();
    if model.header.reports.is_empty() {
        for feed in feeds {
            reports.push(Reports {
                offices: offices((engine, owing_offices), model, &owing(&feed, "true")).await?,
                feed,
                rows: None,
                year_before: false,
                cumulative: false,
            });
        }
        return Ok(reports);
    }
    for form in &model.header.reports {
        let feed = form.get_ref().feed.get_ref().clone();
        let condition = form.get_ref().offices.as_ref().map_or("true", |text| text.get_ref().as_str());
        let rows = form.get_ref().rows.as_ref().map(|text| text.get_ref().clone());
        reports.push(Reports {
            offices: offices((engine, owing_offices), model, &owing(&feed, condition)).await?,
            feed,
            rows,
            year_before: form.get_ref().year_before,
            cumulative: form.get_ref().cumulative,
        });
    }
    Ok(reports)
}

/// The query for the offices that owe a feed and satisfy a condition.
pub fn owing(feed: &str, condition: &str) -> String {
    let feed = feed.replace('\'', "''");
    format!(
        "SELECT office FROM system.offices WHERE ({condition}) AND office IN (SELECT office FROM system.calendar WHERE feed = '{feed}') ORDER BY precedence"
    )
}

async fn offices((engine, known): (&Engine, &Owing), model: &Model, sql: &str) -> Result<Vec<String>> {
    if let Some(offices) = known.known(sql) {
        return Ok(offices);
    }
    let what = || format!("cannot tell which reports `{}` rests on", model.name);
    let frame = engine.context().sql(sql).await.map_err(|cause| error::engine(what(), cause))?;
    let mut offices = BTreeSet::new();
    let mut ordered = Vec::new();
    for batch in frame.collect().await.map_err(|cause| error::engine(what(), cause))? {
        let column = cast(batch.column(0), &DataType::Utf8).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
        ordered.extend(column.as_string::<i32>().iter().flatten().filter(|office| offices.insert((*office).to_owned())).map(str::to_owned));
    }
    known.learn(sql, &ordered);
    Ok(ordered)
}
