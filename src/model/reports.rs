//! The reports that a model's figures rest on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::parse::Model;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::warehouse::Reports;

/// The offices that owe each feed.
type ByFeed = BTreeMap<String, Vec<String>>;

/// The offices that satisfy conditions, feed by feed: many models ask alike.
#[derive(Debug, Default)]
pub struct Owing(Mutex<BTreeMap<String, Arc<ByFeed>>>);

impl Owing {
    fn known(&self, condition: &str) -> Option<Arc<ByFeed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(condition).cloned()
    }

    fn learn(&self, condition: &str, offices: &Arc<ByFeed>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(condition.to_owned(), offices.clone());
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
        let offices = offices((engine, owing_offices), model, "true").await?;
        for feed in feeds {
            reports.push(Reports { offices: offices.get(&feed).cloned().unwrap_or_default(), feed, rows: None, year_before: false, cumulative: false });
        }
        return Ok(reports);
    }
    for form in &model.header.reports {
        let feed = form.get_ref().feed.get_ref().clone();
        let condition = form.get_ref().offices.as_ref().map_or("true", |text| text.get_ref().as_str());
        let rows = form.get_ref().rows.as_ref().map(|text| text.get_ref().clone());
        reports.push(Reports {
            offices: offices((engine, owing_offices), model, condition).await?.get(&feed).cloned().unwrap_or_default(),
            feed,
            rows,
            year_before: form.get_ref().year_before,
            cumulative: form.get_ref().cumulative,
        });
    }
    Ok(reports)
}

/// The query for the offices that satisfy a condition, feed by feed that they owe.
pub fn owing(condition: &str) -> String {
    format!(
        "SELECT owed.feed, chosen.office FROM (SELECT office, precedence FROM system.offices WHERE ({condition})) AS chosen
         JOIN (SELECT DISTINCT office, feed FROM system.calendar) AS owed ON owed.office = chosen.office ORDER BY chosen.precedence"
    )
}

async fn offices((engine, known): (&Engine, &Owing), model: &Model, condition: &str) -> Result<Arc<ByFeed>> {
    if let Some(offices) = known.known(condition) {
        return Ok(offices);
    }
    let what = || format!("cannot tell which reports `{}` rests on", model.name);
    let frame = engine.context().sql(&owing(condition)).await.map_err(|cause| error::engine(what(), cause))?;
    let mut offices = ByFeed::new();
    for batch in frame.collect().await.map_err(|cause| error::engine(what(), cause))? {
        let texts = |index: usize| cast(batch.column(index), &DataType::Utf8).map_err(|cause| Error::new(Kind::Internal, what()).because(cause));
        let (feeds, codes) = (texts(0)?, texts(1)?);
        for (feed, office) in feeds.as_string::<i32>().iter().flatten().zip(codes.as_string::<i32>().iter().flatten()) {
            let owing = offices.entry(feed.to_owned()).or_default();
            if !owing.iter().any(|known| known == office) {
                owing.push(office.to_owned());
            }
        }
    }
    let offices = Arc::new(offices);
    known.learn(condition, &offices);
    Ok(offices)
}
