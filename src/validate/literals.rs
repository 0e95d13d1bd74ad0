//! Cells of the types that are kept as text or as a whole number: times, years, durations, JSON, places.

use super::cast::Misfit;
use crate::contract::literal::{Duration, Json, Scalar, TimeFormat, array, geojson, geopoint, object, topojson, year, year_month};
use crate::contract::{Breach, DateFormat, Field, FieldKind, ItemKind, Moment, NumberStyle, UNKEPT_SCALE, western_digit, written};

/// A constraint that is broken, as a misfit of the cell.
pub fn breach((rule, rest): Breach) -> Misfit {
    ("constraint-error", rule, rest)
}

/// The year of a cell.
pub fn years(field: &Field, text: &str) -> Result<i64, Misfit> {
    let value = year(text).ok_or_else(|| ("type-error", "year", "is not a year of four digits".to_owned()))?;
    field.check(|| Scalar::Whole(value.into())).map_err(breach)?;
    Ok(value)
}

/// The canonical text of a cell of a type that is kept as text.
pub fn kept(field: &Field, text: &str) -> Result<String, Misfit> {
    let misfit = |rule: &'static str, rest: &str| ("type-error", rule, format!("is not {rest}"));
    let (canonical, scalar) = match &field.kind {
        FieldKind::Time => {
            let iso = TimeFormat::iso();
            let format = field.syntax.times.as_ref().unwrap_or(&iso);
            let time = format.read(text).ok_or_else(|| misfit("time", &format!("a time written {}", format.as_str())))?;
            (time.canonical(), Scalar::Time(time))
        }
        FieldKind::YearMonth => {
            let month = year_month(text).ok_or_else(|| misfit("yearmonth", "a month of a year written YYYY-MM"))?;
            (text.to_owned(), Scalar::Whole(month.into()))
        }
        FieldKind::Duration => {
            let duration = Duration::read(text).ok_or_else(|| misfit("duration", "a duration such as P1Y2M or PT30M"))?;
            (duration.canonical(), Scalar::Duration(duration))
        }
        FieldKind::Array => return json(field, array(text).ok_or_else(|| misfit("array", "a JSON array"))?, "items"),
        FieldKind::Object => return json(field, object(text).ok_or_else(|| misfit("object", "a JSON object"))?, "members"),
        FieldKind::GeoJson if field.syntax.is_topology => {
            return json(field, topojson(text).ok_or_else(|| misfit("geojson", "TopoJSON"))?, "members");
        }
        FieldKind::GeoJson => return json(field, geojson(text).ok_or_else(|| misfit("geojson", "GeoJSON"))?, "members"),
        FieldKind::GeoPoint => {
            let point = geopoint(text, field.syntax.points).ok_or_else(|| misfit("geopoint", "a point on the globe, longitude before latitude"))?;
            (point.clone(), Scalar::Text(point))
        }
        _ => (text.to_owned(), Scalar::Text(text.to_owned())),
    };
    field.check(|| scalar).map_err(breach)?;
    Ok(canonical)
}

fn json(field: &Field, json: Json, unit: &str) -> Result<String, Misfit> {
    if let Some(limits) = &field.limits {
        limits.check(&Scalar::Text(json.canonical.clone())).map_err(breach)?;
        limits.check_length(json.length, unit).map_err(breach)?;
        limits.check_json(&json.value).map_err(breach)?;
    }
    Ok(json.canonical)
}

/// The formats in which the items of a list have dates and moments.
const DAY: &str = "%Y-%m-%d";
const MOMENTS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z"];

/// The canonical text of an item of a list; the rest of a sentence where it is not of the items' type.
pub fn item(kind: ItemKind, text: &str) -> Result<String, &'static str> {
    let latest = chrono::NaiveDate::MAX;
    match kind {
        ItemKind::String => Ok(text.to_owned()),
        ItemKind::Integer => {
            let whole = NumberStyle::default().read(text).ok().and_then(|figure| figure.whole());
            whole.map(|value| value.to_string()).ok_or("is not a whole number")
        }
        ItemKind::Number => {
            let value = NumberStyle::default().read(text).ok().and_then(|figure| figure.scaled(UNKEPT_SCALE).ok());
            value.map(|value| written(value, UNKEPT_SCALE)).ok_or("is not a number")
        }
        ItemKind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok("true".to_owned()),
            "false" | "0" => Ok("false".to_owned()),
            _ => Err("is neither true nor false"),
        },
        ItemKind::Date => {
            let day = DateFormat::of_days(DAY).ok().and_then(|format| format.day(text, latest).ok());
            day.map(|day| day.to_string()).ok_or("is not a date written YYYY-MM-DD")
        }
        ItemKind::DateTime => {
            let moment = MOMENTS.iter().filter_map(|format| DateFormat::of_moments(format).ok()).find_map(|format| format.moment(text, latest).ok());
            match moment {
                Some(Moment::Utc(at)) => Ok(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
                _ => Err("is not a moment of ISO 8601 with its zone"),
            }
        }
        ItemKind::Time => TimeFormat::iso().read(text).map(|time| time.canonical()).ok_or("is not a time written HH:MM:SS"),
    }
}

/// What is left of a number without what may stand before and behind it: `€ 95`, `95 %`.
pub fn without_units(text: &str) -> &str {
    let is_digit = |c: char| western_digit(c).is_ascii_digit();
    text.trim_start_matches(|c: char| c != '-' && !is_digit(c)).trim_end_matches(|c: char| !is_digit(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_kept_in_one_text() {
        for (kind, text, kept) in [
            (ItemKind::Integer, "007", Ok("7")),
            (ItemKind::Integer, "1.0", Err("is not a whole number")),
            (ItemKind::Number, "1.50", Ok("1.5")),
            (ItemKind::Number, "x", Err("is not a number")),
            (ItemKind::Boolean, "TRUE", Ok("true")),
            (ItemKind::Boolean, "yes", Err("is neither true nor false")),
            (ItemKind::Date, "2023-02-29", Err("is not a date written YYYY-MM-DD")),
            (ItemKind::Date, "2023-02-28", Ok("2023-02-28")),
            (ItemKind::DateTime, "2023-02-28T10:00:00+01:00", Ok("2023-02-28T09:00:00Z")),
            (ItemKind::DateTime, "2023-02-28T10:00:00", Err("is not a moment of ISO 8601 with its zone")),
            (ItemKind::Time, "10:00:00", Ok("10:00:00")),
            (ItemKind::Time, "10h", Err("is not a time written HH:MM:SS")),
        ] {
            assert_eq!(item(kind, text), kept.map(str::to_owned), "{kind:?} {text}");
        }
    }

    #[test]
    fn units_stand_around_a_number() {
        assert_eq!([without_units("€ 95"), without_units("95 %"), without_units("EUR -5,50 net"), without_units("%")], ["95", "95", "-5,50", ""]);
    }
}
