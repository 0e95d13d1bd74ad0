//! Days since 1970 as years, months and days, and back: what is asked of every row, without a calendar's other cares.

use chrono::{Datelike, NaiveDate};

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

    /// How many days after the first of 1970 it is, or before it; nothing where its month has no such day.
    #[inline]
    pub fn number(self) -> Option<i32> {
        let Self { year, month, day } = self;
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i64::from(is_leap),
            _ => return None,
        };
        if !(1..=last).contains(&day) {
            return None;
        }
        let (year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * from_march + 2) / 5 + day - 1;
        i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
    }
}

/// How many days after the first of 1970 a date is, or before it.
pub fn number_of(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - NaiveDate::default().num_days_from_ce()
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn every_day_is_what_the_calendar_says() {
        for days in -100_000..100_000 {
            let meant = NaiveDate::default() + chrono::Duration::days(days.into());
            assert_eq!(Day::of(days), Day { year: meant.year().into(), month: meant.month().into(), day: meant.day().into() }, "{days}");
            assert_eq!(Day::of(days).number(), Some(days));
        }
    }

    #[test]
    fn no_other_day_has_a_number() {
        for (year, month, day) in (1890..2110).flat_map(|year| (0..15).flat_map(move |month| (-1..33).map(move |day| (year, month, day)))) {
            let is_one = u32::try_from(month).ok().zip(u32::try_from(day).ok()).and_then(|(month, day)| NaiveDate::from_ymd_opt(year, month, day)).is_some();
            assert_eq!(Day { year: year.into(), month, day }.number().is_some(), is_one, "{year}-{month}-{day}");
        }
    }
}
