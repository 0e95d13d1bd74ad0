//! Values that a schema itself writes: bounds and the values of sets, read as cells of the field are read.

use chrono::NaiveDate;

use super::literal::{Duration, Scalar, TimeFormat, array, geojson, geopoint, object, topojson, year, year_month};
use super::{DateFormat, Field, FieldKind, Moment, NumberStyle, fold};

/// The formats in which a schema may always write its own dates and moments.
const DAY: &str = "%Y-%m-%d";
const MOMENTS: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f"];

impl Field {
    /// The value that a text of the schema means for this field. Moments without a zone are of UTC where `is_utc`.
    ///
    /// # Errors
    /// The rest of a sentence that says what the text is not.
    pub fn scalar(&self, text: &str, is_utc: bool) -> Result<Scalar, String> {
        let none = |what: &str| format!("is {what}");
        match &self.kind {
            FieldKind::String | FieldKind::Any => Ok(Scalar::Text(text.to_owned())),
            FieldKind::Integer => self.number(text, 0),
            FieldKind::Number { scale } => self.number(text, *scale),
            FieldKind::Boolean { yes, no } => {
                let folded = fold(text);
                (yes.contains(&folded) || no.contains(&folded)).then(|| Scalar::Truth(yes.contains(&folded))).ok_or_else(|| none("neither yes nor no"))
            }
            FieldKind::Date => self.day(text).ok_or_else(|| none("no date")),
            FieldKind::DateTime => self.moment(text, is_utc),
            FieldKind::List => Ok(Scalar::Items(text.split(self.syntax.delimiter.as_deref().unwrap_or("|")).map(|item| item.trim().to_owned()).collect())),
            FieldKind::Time => {
                let own = self.syntax.times.as_ref().and_then(|format| format.read(text));
                own.or_else(|| TimeFormat::iso().read(text)).map(Scalar::Time).ok_or_else(|| none("no time"))
            }
            FieldKind::Year => year(text).map(|year| Scalar::Whole(year.into())).ok_or_else(|| none("no year of four digits")),
            FieldKind::YearMonth => year_month(text).map(|month| Scalar::Whole(month.into())).ok_or_else(|| none("no month such as 2023-01")),
            FieldKind::Duration => Duration::read(text).map(Scalar::Duration).ok_or_else(|| none("no duration such as P1Y2M or PT30M")),
            FieldKind::Array => array(text).map(|json| Scalar::Text(json.canonical)).ok_or_else(|| none("no JSON array")),
            FieldKind::Object => object(text).map(|json| Scalar::Text(json.canonical)).ok_or_else(|| none("no JSON object")),
            FieldKind::GeoPoint => geopoint(text, self.syntax.points).map(Scalar::Text).ok_or_else(|| none("no point")),
            FieldKind::GeoJson => {
                let json = if self.syntax.is_topology { topojson(text) } else { geojson(text) };
                json.map(|json| Scalar::Text(json.canonical)).ok_or_else(|| none("no GeoJSON"))
            }
        }
    }

    fn number(&self, text: &str, scale: u8) -> Result<Scalar, String> {
        let figure = NumberStyle::default().read(text).or_else(|why| self.syntax.numbers.map_or(Err(why), |style| style.read(text)));
        let scaled = figure.map_err(|why| format!("is no number{}", why.because())).and_then(|figure| figure.scaled(scale));
        scaled.map(Scalar::Whole)
    }

    fn day(&self, text: &str) -> Option<Scalar> {
        let iso = DateFormat::of_days(DAY).ok();
        let day = self.syntax.dates.iter().chain(&iso).find_map(|format| format.day(text, NaiveDate::MAX).ok())?;
        Some(Scalar::Whole(day.signed_duration_since(NaiveDate::default()).num_days().into()))
    }

    fn moment(&self, text: &str, is_utc: bool) -> Result<Scalar, String> {
        let iso: Vec<DateFormat> = MOMENTS.iter().filter_map(|format| DateFormat::of_moments(format).ok()).collect();
        let found = self.syntax.dates.iter().chain(&iso).find_map(|format| format.moment(text, NaiveDate::MAX).ok());
        match found.ok_or_else(|| "is no moment".to_owned())? {
            Moment::Utc(at) => Ok(Scalar::Whole(at.timestamp_micros().into())),
            Moment::Local(at) if is_utc => Ok(Scalar::Whole(at.and_utc().timestamp_micros().into())),
            Moment::Local(_) => Err("has no zone, and offices have their own: write a `Z` for UTC".to_owned()),
        }
    }
}
