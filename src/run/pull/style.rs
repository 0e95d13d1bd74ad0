//! How the APIs of form systems are asked, and what their pages say beside the records.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::project::ApiStyle;
use crate::store::web::Failure;

/// What is asked for: records that were submitted from a moment on and before another.
pub struct Seek {
    /// From when on; from the beginning of time where absent.
    pub from: Option<DateTime<Utc>>,
    /// Before when; up to now where absent.
    pub before: Option<DateTime<Utc>>,
    /// Records a page.
    pub page_size: u32,
    /// Whether repetitions within records are wanted.
    pub has_repeats: bool,
}

impl ApiStyle {
    /// What stands before a token.
    pub fn token_kind(self) -> &'static str {
        match self {
            Self::Kobo => "Token",
            Self::Odk => "Bearer",
        }
    }
}

impl Seek {
    /// The pairs of the query that ask for it, in an order of records that new ones do not change.
    pub fn pairs(&self, style: ApiStyle) -> Vec<(&'static str, String)> {
        match style {
            ApiStyle::Kobo => {
                let moment = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S").to_string();
                let ends = [("$gte", self.from), ("$lt", self.before)];
                let ends = ends.into_iter().filter_map(|(sign, at)| Some((sign.to_owned(), Value::from(moment(at?))))).collect();
                let query = serde_json::json!({ "_submission_time": Value::Object(ends) });
                vec![("format", "json".to_owned()), ("limit", self.page_size.to_string()), ("query", query.to_string()), ("sort", r#"{"_id":1}"#.to_owned())]
            }
            ApiStyle::Odk => {
                let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
                let ends = [("ge", self.from), ("lt", self.before)];
                let ends = ends.into_iter().filter_map(|(sign, at)| Some(format!("__system/submissionDate {sign} {}", moment(at?))));
                let filter = ends.collect::<Vec<_>>().join(" and ");
                let mut pairs = vec![("$top", self.page_size.to_string()), ("$count", "true".to_owned()), ("$filter", filter)];
                if self.has_repeats {
                    pairs.push(("$expand", "*".to_owned()));
                }
                pairs
            }
        }
    }
}

/// What a page says beside the records.
pub struct PageFacts {
    /// How many records there are on all pages together.
    pub count: u64,
    /// The address of the next page.
    pub next: Option<String>,
    /// What the records are known by.
    pub ids: Vec<String>,
}

#[derive(Deserialize)]
struct KoboPage {
    count: u64,
    next: Option<String>,
    results: Vec<KoboRecord>,
}

#[derive(Deserialize)]
struct KoboRecord {
    _id: u64,
}

#[derive(Deserialize)]
struct OdkPage {
    #[serde(rename = "@odata.count")]
    count: u64,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    value: Vec<OdkRecord>,
}

#[derive(Deserialize)]
struct OdkRecord {
    __id: String,
}

/// Reads what a page says beside the records.
///
/// # Errors
/// `Answer` where it is no page of this style; without a word of it, since it is about people.
pub fn read_page(style: ApiStyle, bytes: &[u8]) -> Result<PageFacts, Failure> {
    match style {
        ApiStyle::Kobo => {
            let page: KoboPage =
                serde_json::from_slice(bytes).map_err(|_| Failure::Answer("it is no page of KoboToolbox: `count`, `next` and `results` with an `_id` each"))?;
            Ok(PageFacts { count: page.count, next: page.next, ids: page.results.iter().map(|record| record._id.to_string()).collect() })
        }
        ApiStyle::Odk => {
            let page: OdkPage =
                serde_json::from_slice(bytes).map_err(|_| Failure::Answer("it is no page of ODK Central: `@odata.count` and `value` with an `__id` each"))?;
            Ok(PageFacts { count: page.count, next: page.next, ids: page.value.into_iter().map(|record| record.__id).collect() })
        }
    }
}
