//! How the APIs of form systems are asked, and what their pages say beside the records.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use crate::project::ApiStyle;
use crate::store::web::Failure;

/// What is asked for: records that were submitted from a moment on and before another.
pub struct Seek {
    /// From when on.
    pub from: DateTime<Utc>,
    /// Before when.
    pub before: DateTime<Utc>,
    /// Whether records are wanted too that were submitted earlier and changed since, where the API can tell.
    pub has_changes: bool,
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
                let query = serde_json::json!({ "_submission_time": { "$gte": moment(self.from), "$lt": moment(self.before) } });
                vec![("format", "json".to_owned()), ("limit", self.page_size.to_string()), ("query", query.to_string()), ("sort", r#"{"_id":1}"#.to_owned())]
            }
            ApiStyle::Odk => {
                let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
                let from = moment(self.from);
                let begin = match self.has_changes {
                    true => format!("(__system/submissionDate ge {from} or __system/updatedAt ge {from})"),
                    false => format!("__system/submissionDate ge {from}"),
                };
                let filter = format!("{begin} and __system/submissionDate lt {}", moment(self.before));
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
    /// When the last of them was submitted or changed, where all say so.
    pub latest: Option<DateTime<Utc>>,
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
    _submission_time: Option<String>,
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
    __system: Option<OdkTimes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OdkTimes {
    submission_date: Option<String>,
    updated_at: Option<String>,
}

impl OdkRecord {
    fn latest(&self) -> Option<DateTime<Utc>> {
        let times = self.__system.as_ref()?;
        let moment = |text: &Option<String>| text.as_deref().and_then(moment);
        moment(&times.submission_date).max(moment(&times.updated_at))
    }
}

/// A moment as APIs write it: KoboToolbox leaves out that it is UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let plain = || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|at| at.and_utc());
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(plain)
}

/// The latest of all; nothing where one is not known.
fn latest(times: impl Iterator<Item = Option<DateTime<Utc>>>) -> Option<DateTime<Utc>> {
    times.collect::<Option<Vec<_>>>()?.into_iter().max()
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
            Ok(PageFacts {
                count: page.count,
                next: page.next,
                latest: latest(page.results.iter().map(|record| record._submission_time.as_deref().and_then(moment))),
                ids: page.results.iter().map(|record| record._id.to_string()).collect(),
            })
        }
        ApiStyle::Odk => {
            let page: OdkPage =
                serde_json::from_slice(bytes).map_err(|_| Failure::Answer("it is no page of ODK Central: `@odata.count` and `value` with an `__id` each"))?;
            Ok(PageFacts {
                count: page.count,
                next: page.next,
                latest: latest(page.value.iter().map(OdkRecord::latest)),
                ids: page.value.into_iter().map(|record| record.__id).collect(),
            })
        }
    }
}
