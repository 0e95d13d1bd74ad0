//! `[calendar]` of rihla.toml and `owes` of an office, as they are written.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_spanned::Spanned;
use toml::value::Datetime;

use super::editor::Day;
use super::forms::Text;

/// `[calendar]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarForm {
    /// The first month for which offices owe anything.
    #[schemars(with = "String")]
    pub first_period: Text,
    /// The first day of the calendar of periods.
    #[schemars(with = "Day")]
    pub since: Spanned<Datetime>,
    /// Days of the week on which nobody works, such as `["saturday", "sunday"]`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub weekend: Vec<Text>,
    /// A CSV file of days on which an office or a country does not work: `country,office,date,name`.
    #[schemars(with = "Option<String>")]
    pub holidays: Option<Text>,
    /// Where a due day that falls on a weekend or a holiday goes: nowhere (`same`, where absent), to the working day after it
    /// (`next`) or before it (`previous`).
    #[schemars(with = "Option<String>")]
    pub when_closed: Option<Text>,
    /// A CSV file of reports that need not come: `office,feed,from,to,reason,approver,on`.
    #[schemars(with = "Option<String>")]
    pub excuses: Option<Text>,
    /// When offices are reminded of what they owe.
    #[serde(default)]
    pub remind: RemindForm,
    /// Of which feeds no due report may be missing where a release is made.
    pub release_requires: Option<RequiresForm>,
}

/// `remind = { before = [3], after = [1, 7, 14] }`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemindForm {
    /// Days before the due day; 0 is the day itself.
    #[serde(default)]
    #[schemars(with = "Vec<u32>")]
    pub before: Vec<Spanned<i64>>,
    /// Days after the due day, for as long as the report has not come.
    #[serde(default)]
    #[schemars(with = "Vec<u32>")]
    pub after: Vec<Spanned<i64>>,
}

/// `release_requires = { feeds = ["returns"], from = "2023-01" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiresForm {
    /// The feeds.
    #[schemars(with = "Vec<String>")]
    pub feeds: Vec<Text>,
    /// The first month of which reports may not be missing; all where absent.
    #[schemars(with = "Option<String>")]
    pub from: Option<Text>,
}

/// `{ day = 10, from = "2023-01", until = "2024-06" }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObligationForm {
    /// The day of the following month by whose end the report is due.
    #[schemars(with = "u32")]
    pub day: Spanned<i64>,
    /// The first month for which it is owed; from the calendar's first where absent.
    #[schemars(with = "Option<String>")]
    pub from: Option<Text>,
    /// The last month for which it is owed; on and on where absent.
    #[schemars(with = "Option<String>")]
    pub until: Option<Text>,
    /// How often: `month`, which it is where absent.
    #[schemars(with = "Option<String>")]
    pub every: Option<Text>,
}

/// What an office owes of a feed: a day, a day with the months it holds for, or several such one after the other.
#[derive(Debug, Clone)]
pub enum OwesForm {
    /// `10`
    Day(i64),
    /// `{ day = 10, … }`
    One(ObligationForm),
    /// `[{ day = 10, until = "2023-12" }, { day = 15, from = "2024-01" }]`
    Several(Vec<Spanned<ObligationForm>>),
}

impl JsonSchema for OwesForm {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Owes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<ObligationForm>();
        json_schema!({"anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 28},
            one,
            {"type": "array", "items": one},
        ]})
    }
}

impl<'de> Deserialize<'de> for OwesForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OwesVisitor)
    }
}

struct OwesVisitor;

impl<'de> Visitor<'de> for OwesVisitor {
    type Value = OwesForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a due day such as `10`, or `{ day = 10, from = \"2023-01\", until = \"2024-06\" }`")
    }

    fn visit_i64<E: Error>(self, day: i64) -> Result<OwesForm, E> {
        Ok(OwesForm::Day(day))
    }

    fn visit_u64<E: Error>(self, day: u64) -> Result<OwesForm, E> {
        Ok(OwesForm::Day(i64::try_from(day).unwrap_or(i64::MAX)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OwesForm, A::Error> {
        ObligationForm::deserialize(MapAccessDeserializer::new(map)).map(OwesForm::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OwesForm, A::Error> {
        let mut several = Vec::new();
        while let Some(item) = items.next_element()? {
            several.push(item);
        }
        Ok(OwesForm::Several(several))
    }
}
