//! Days of an office as moments.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Clocks leap at most so many hours: Apia left out a whole day.
const LONGEST_LEAP: i64 = 25;

/// The moment at which a day ends in a zone.
pub fn end_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    at_hour(zone, day.checked_add_days(Days::new(1)).unwrap_or(day), 0)
}

/// The moment of a full hour of a day in a zone; where clocks skip it the one at which they go on.
pub fn at_hour(zone: Tz, day: NaiveDate, hour: u32) -> DateTime<Utc> {
    let wanted = day.and_time(NaiveTime::MIN) + TimeDelta::hours(i64::from(hour));
    let mut hours = (0..=LONGEST_LEAP).map(|hours| wanted + TimeDelta::hours(hours));
    hours.find_map(|moment| zone.from_local_datetime(&moment).earliest()).map_or_else(|| wanted.and_utc(), |moment| moment.to_utc())
}

/// The day that it is in a zone.
pub fn local_day(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_as_its_zone_says() {
        let end = |zone: Tz, day: &str| end_of_day(zone, day.parse().unwrap()).to_rfc3339();
        assert_eq!(end(chrono_tz::Africa::Casablanca, "2023-02-04"), "2023-02-04T23:00:00+00:00");
        assert_eq!(end(chrono_tz::UTC, "2023-12-31"), "2024-01-01T00:00:00+00:00");
        assert_eq!(end(chrono_tz::Asia::Beirut, "2023-03-25"), "2023-03-25T22:00:00+00:00", "clocks skipped this midnight");
        assert_eq!(end(chrono_tz::Pacific::Apia, "2011-12-29"), "2011-12-30T10:00:00+00:00", "and the day after this one altogether");
    }
}
