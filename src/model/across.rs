//! Keys of feeds that refer to other feeds, audited once everything is loaded.
//!
//! Guarantees: a row without its counterpart is told and kept out of nothing; only what the warehouse holds is compared,
//! cases and persons by their pseudonyms. Current rows are held against current rows, of all offices.

use arrow::record_batch::RecordBatch;

use super::audit::{count, in_order};
use super::test::Severity;
use crate::contract::{Contract, Field, ForeignKey, Target, compared_as};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::TestResult;

/// Where the engine has the feeds.
const FEEDS: &str = "feeds";

/// What tells where a row came from.
const ORIGIN: [&str; 5] = ["office", "period", "source_path", "source_sheet", "source_row"];

/// A key of a feed that refers to another feed.
#[derive(Debug, Clone, Copy)]
pub struct KeyAcross<'p> {
    feed: &'p Contract,
    key: &'p ForeignKey,
    other: &'p Contract,
}

/// The keys of a project's feeds that refer to other feeds, in the order of the pipelines and their schemas.
pub fn keys_across(project: &Project) -> Vec<KeyAcross<'_>> {
    let mut keys = Vec::new();
    for pipeline in &project.pipelines {
        let feed = &pipeline.contract;
        for key in &feed.foreign_keys {
            let Target::Feed(other) = &key.target else { continue };
            // A key to no feed is a fault of the project, which nothing is run of.
            keys.extend(project.pipeline(other).map(|other| KeyAcross { feed, key, other: &other.contract }));
        }
    }
    keys
}

/// Audits keys on the feeds that the engine has; rows that fail are only told.
///
/// # Errors
/// `Internal` where an audit cannot be run.
pub async fn audit_keys(engine: &Engine, keys: &[KeyAcross<'_>]) -> Result<Vec<TestResult>> {
    let mut results = Vec::new();
    for key in keys {
        results.push(key.audit(engine).await?);
    }
    Ok(results)
}

impl KeyAcross<'_> {
    /// The audited feed as SQL names it: `feeds.plans`.
    pub fn table(&self) -> String {
        format!("{FEEDS}.{}", self.feed.feed)
    }

    /// The audit as manifests and messages name it, by the fields of the schemas.
    pub fn name(&self) -> String {
        let own: Vec<&str> = self.own().map(|field| field.name.as_str()).collect();
        format!("foreign_key({}, {FEEDS}.{}.{})", own.join(", "), self.other.feed, self.key.names.join(", "))
    }

    /// The rows that refer to nothing, with where they came from and the key as the warehouse has it, in an order that is
    /// always the same; `most` of them, or all.
    ///
    /// # Errors
    /// `Internal` where the audit cannot be run.
    pub async fn failing(&self, engine: &Engine, most: Option<usize>) -> Result<Vec<RecordBatch>> {
        let what = || format!("cannot show the rows of {} that fail {}", self.table(), self.name());
        let found = engine.context().sql(&self.failing_rows()?).await.and_then(|frame| in_order(frame, most));
        let frame = found.map_err(|cause| error::engine(what(), cause))?;
        frame.collect().await.map_err(|cause| error::engine(what(), cause))
    }

    /// How many rows refer to nothing.
    ///
    /// # Errors
    /// `Internal` where the audit cannot be run.
    pub async fn count(&self, engine: &Engine) -> Result<u64> {
        count(engine.clone(), self.failing_rows()?, format!("cannot audit {} of {}", self.name(), self.table())).await
    }

    async fn audit(&self, engine: &Engine) -> Result<TestResult> {
        let has_both = [self.feed, self.other].iter().all(|contract| engine.has_in(FEEDS, contract.feed.as_str()));
        Ok(TestResult {
            model: self.table(),
            test: self.name(),
            severity: Severity::Warn.as_str().to_owned(),
            failures: if has_both { self.count(engine).await? } else { 0 },
            threshold: 0,
            description: Some(format!("Rows that refer to no current row of {FEEDS}.{}; they are loaded, and count, all the same", self.other.feed)),
            note: (!has_both).then(|| "not audited: nothing was loaded yet".to_owned()),
            is_of_run: false,
        })
    }

    fn own(&self) -> impl Iterator<Item = &Field> {
        self.key.fields.iter().map(|index| &self.feed.fields[*index])
    }

    /// The columns that are compared, the feed's and the other's.
    fn columns(&self) -> Result<Vec<(&str, &str)>> {
        let others = self.key.names.iter().map(|name| self.other.field(name));
        let pairs = self.own().zip(others).map(|(own, other)| Some((column(own)?, column(other?)?)));
        let unfit = || Error::new(Kind::Internal, format!("the key {} of {} has fields that are not in the warehouse", self.name(), self.table()));
        pairs.collect::<Option<Vec<_>>>().ok_or_else(unfit)
    }

    /// A key of which all is null refers to nothing and fails nothing; null in one part is a value like others, as within
    /// a delivery.
    fn failing_rows(&self) -> Result<String> {
        let columns = self.columns()?;
        let key = columns.iter().map(|(own, _)| *own).filter(|own| !ORIGIN.contains(own));
        let shown: Vec<String> = ORIGIN.into_iter().chain(key).map(|column| format!("t.\"{column}\"")).collect();
        let same: Vec<String> = columns.iter().map(|(own, other)| format!("(t.\"{own}\" IS NOT DISTINCT FROM o.\"{other}\")")).collect();
        let filled: Vec<String> = columns.iter().map(|(own, _)| format!("t.\"{own}\" IS NOT NULL")).collect();
        Ok(format!(
            "SELECT {} FROM {FEEDS}.\"{}\" AS t LEFT ANTI JOIN {FEEDS}.\"{}\" AS o ON {} WHERE {}",
            shown.join(", "),
            self.feed.feed,
            self.other.feed,
            same.join(" AND "),
            filled.join(" OR ")
        ))
    }
}

fn column(field: &Field) -> Option<&str> {
    compared_as(&field.name, field.role, field.protection)
}
