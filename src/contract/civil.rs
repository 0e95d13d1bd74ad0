//! Days since 1970 as years, months and days, and back: what is asked of every row, without a calendar's other cares.

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

impl Day {
    /// The day that is so many days after the first of 1970, or before it.
    ///
    /// Years are counted from March, so that the day that leap years have is the last of its year.
    pub fn of(days: i32) -> Self {
        let days = i64::from(days) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day: day_of_year - (153 * from_march + 2) / 5 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};

    use super::Day;

    #[test]
    fn every_day_is_what_the_calendar_says() {
        for days in -100_000..100_000 {
            let meant = NaiveDate::default() + chrono::Duration::days(days.into());
            assert_eq!(Day::of(days), Day { year: meant.year().into(), month: meant.month().into(), day: meant.day().into() }, "{days}");
        }
    }
}
