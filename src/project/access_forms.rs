//! What a source says of how its extracts are asked for, as it is written in `pipelines/*.toml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;

/// `web = { token = "${REPORTS_TOKEN}", lookback = 3 }`, for files under an `https://` url.
///
/// The web has no lists: every office of the source is asked for every month from `calendar.first_period` on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebForm {
    /// The variable of the environment that holds the token, as `${NAME}`; it is sent as `Authorization: Bearer`.
    #[schemars(with = "Option<String>")]
    pub token: Option<Text>,
    /// Of so many months up to the present one it is asked whether they changed; of older ones only while none was loaded. Of
    /// all months where absent.
    #[schemars(with = "Option<u32>")]
    pub lookback: Option<Spanned<u32>>,
}

/// `[sources.api]`, for records that a form system hands out in pages of JSON.
///
/// Every month that is over, by UTC and the time at which records were submitted, is a delivery of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiForm {
    /// Whose API it is: `kobo` (KoboToolbox v2) or `odk` (OData of ODK Central).
    #[schemars(with = "String")]
    pub style: Text,
    /// The variable of the environment that holds the token, as `${NAME}`.
    #[schemars(with = "Option<String>")]
    pub token: Option<Text>,
    /// By office the name of its form, which takes the place of `{form}` in the url.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub forms: BTreeMap<Text, Text>,
    /// Records a page; 1000 where absent.
    #[schemars(with = "Option<u32>")]
    pub page_size: Option<Spanned<u32>>,
    /// The most requests a second; 2 where absent.
    #[schemars(with = "Option<f64>")]
    pub requests_per_second: Option<Spanned<f64>>,
    /// So many months that are over are asked for again in every run; older ones only while none was loaded. 3 where absent.
    #[schemars(with = "Option<u32>")]
    pub lookback: Option<Spanned<u32>>,
}
