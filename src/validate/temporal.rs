//! Dates and instants by the formats that the source declares; day and month are never guessed.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Microseconds since 1970 of an instant, or why there is none.
pub fn instant(text: &str, formats: &[String], zone: Tz) -> Result<i64, &'static str> {
    for format in formats {
        if let Ok(at) = DateTime::parse_from_str(text, format) {
            if !is_plausible(at.date_naive()) {
                continue;
            }
            return Ok(at.to_utc().timestamp_micros());
        }
        if let Ok(local) = NaiveDateTime::parse_from_str(text, format) {
            // chrono takes `05/01/23` for %Y as the year 23.
            if !is_plausible(local.date()) {
                continue;
            }
            // A literal `Z` in the format says UTC; without it the time is local to the office.
            return if format.ends_with('Z') { Ok(local.and_utc().timestamp_micros()) } else { localised(local, zone) };
        }
    }
    Err("is not written as the source says")
}

fn localised(local: NaiveDateTime, zone: Tz) -> Result<i64, &'static str> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Ok(at.with_timezone(&Utc).timestamp_micros()),
        LocalResult::Ambiguous(..) => Err("is twice on the office's clock that day (clocks went back)"),
        LocalResult::None => Err("is not on the office's clock that day (clocks went forward)"),
    }
}

/// Days since 1970 of a date, or nothing where no format fits whole.
pub fn day(text: &str, formats: &[String]) -> Option<i32> {
    formats.iter().find_map(|format| {
        let date = NaiveDate::parse_from_str(text, format).ok()?;
        // chrono takes `1/2/23` for %Y as the year 23: a year that no office means.
        is_plausible(date).then(|| days(date))
    })
}

/// Days since 1970.
pub fn days(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default()).num_days().try_into().unwrap_or(i32::MAX)
}

fn is_plausible(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1800..=9999).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(list: &[&str]) -> Vec<String> {
        list.iter().map(|f| (*f).to_owned()).collect()
    }

    #[test]
    fn impossible_days_and_other_orders_are_no_dates() {
        let french = formats(&["%d/%m/%Y"]);
        assert_eq!(day("28/02/2023", &french), NaiveDate::from_ymd_opt(2023, 2, 28).map(days));
        for text in ["31/02/2023", "2023-02-28", "02/28/2023", "1/2/23", "28/02/2023 ", "28/02/2023x", ""] {
            assert_eq!(day(text, &french), None, "{text}");
        }
    }

    #[test]
    fn local_times_follow_the_zone() {
        let local = formats(&["%d/%m/%Y %H:%M"]);
        let at = |text| instant(text, &local, chrono_tz::Africa::Casablanca).map(|micros| DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339());
        // Morocco is at UTC+1, save in Ramadan, when it is at UTC.
        assert_eq!(at("10/02/2023 10:00").unwrap(), "2023-02-10T09:00:00+00:00");
        assert_eq!(at("10/04/2023 10:00").unwrap(), "2023-04-10T10:00:00+00:00");
        assert!(at("19/03/2023 02:30").unwrap_err().contains("twice"));
        assert!(at("23/04/2023 02:30").unwrap_err().contains("forward"));
        let utc = formats(&["%Y-%m-%dT%H:%M:%SZ"]);
        assert_eq!(instant("2023-02-10T09:00:00Z", &utc, chrono_tz::Europe::Berlin), Ok(1_676_019_600_000_000));
    }
}
