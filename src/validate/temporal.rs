//! Dates and instants by the formats that the source declares; day and month are never guessed.

use chrono::{Days, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::contract::{DateFormat, Moment, number_of};

/// Microseconds since 1970 of an instant, or why there is none.
///
/// A year of two digits is the latest of which the day is no more than two days after `received`: a day of grace for
/// zones, and one for clocks.
pub fn instant(text: &str, formats: &[DateFormat], zone: Tz, received: NaiveDate) -> Result<i64, &'static str> {
    let latest = received.checked_add_days(Days::new(2)).unwrap_or(received);
    let mut known = None;
    for format in formats {
        match format.moment(text, latest) {
            Ok(Moment::Utc(at)) => return Ok(at.timestamp_micros()),
            Ok(Moment::Local(local)) => return localised(local, zone),
            Err(why) => known = known.or(why),
        }
    }
    Err(known.unwrap_or("is not written as the source says"))
}

fn localised(local: NaiveDateTime, zone: Tz) -> Result<i64, &'static str> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Ok(at.with_timezone(&Utc).timestamp_micros()),
        LocalResult::Ambiguous(..) => Err("is twice on the office's clock that day (clocks went back)"),
        LocalResult::None => Err("is not on the office's clock that day (clocks went forward)"),
    }
}

/// Days since 1970 of a date, or what a format knows of the text where none fits whole.
pub fn day(text: &str, formats: &[DateFormat], received: NaiveDate) -> Result<i32, Option<&'static str>> {
    let mut known = None;
    for format in formats {
        match format.day(text, received).map(number_of) {
            Ok(day) => return Ok(day),
            Err(why) => known = known.or(why),
        }
    }
    Err(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received() -> NaiveDate {
        NaiveDate::from_ymd_opt(2023, 7, 1).unwrap()
    }

    #[test]
    fn impossible_days_and_other_orders_are_no_dates() {
        let french = [DateFormat::of_days("%d/%m/%Y").unwrap()];
        assert_eq!(day("28/02/2023", &french, received()).ok(), NaiveDate::from_ymd_opt(2023, 2, 28).map(number_of));
        for text in ["31/02/2023", "2023-02-28", "02/28/2023", "1/2/23", "28/02/2023 ", "28/02/2023x", ""] {
            assert_eq!(day(text, &french, received()), Err(None), "{text}");
        }
    }

    #[test]
    fn local_times_follow_the_zone() {
        let local = [DateFormat::of_moments("%d/%m/%Y %H:%M").unwrap()];
        let at = |text| {
            instant(text, &local, chrono_tz::Africa::Casablanca, received()).map(|micros| chrono::DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339())
        };
        // Morocco is at UTC+1, save in Ramadan, when it is at UTC.
        assert_eq!(at("10/02/2023 10:00").unwrap(), "2023-02-10T09:00:00+00:00");
        assert_eq!(at("10/04/2023 10:00").unwrap(), "2023-04-10T10:00:00+00:00");
        assert!(at("19/03/2023 02:30").unwrap_err().contains("twice"));
        assert!(at("23/04/2023 02:30").unwrap_err().contains("forward"));
        let utc = [DateFormat::of_moments("%Y-%m-%dT%H:%M:%SZ").unwrap()];
        assert_eq!(instant("2023-02-10T09:00:00Z", &utc, chrono_tz::Europe::Berlin, received()), Ok(1_676_019_600_000_000));
    }
}
