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

/// Days of four hundred years.
const ERA_DAYS: i64 = 146_097;

/// Four hundred years, so often, are more than 32 bits can name in days.
const ERAS: i64 = 14_700;

/// Days of a year without a 29 February before each month, and behind the last.
const BEFORE_MONTH: [u32; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

impl Day {
    /// The day that is so many days after the first of 1970, or before it.
    ///
    /// Years are counted from March, so that the day that leap years have is the last of its year.
    pub fn of(days: i32) -> Self {
        // Counted from a day that is before all that 32 bits can name, no number is negative.
        let days = (i64::from(days) + 719_468 + ERAS * ERA_DAYS) as u64;
        let (era, day_of_era) = (days / ERA_DAYS as u64, (days % ERA_DAYS as u64) as u32);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = i64::from(year_of_era + u32::from(month <= 2)) + (era as i64 - ERAS) * 400;
        Self { year, month: month.into(), day: (day_of_year - (153 * from_march + 2) / 5 + 1).into() }
    }

    /// How many days after the first of 1970 it is, or before it; nothing where its month has no such day.
    #[inline]
    pub fn number(self) -> Option<i32> {
        let Self { year, month, day } = self;
        // The calendar repeats itself after four hundred years.
        let era = year.div_euclid(400);
        let year = (year - era * 400) as u32;
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year == 0);
        let month = usize::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
        let (before, behind) = (BEFORE_MONTH[month - 1], BEFORE_MONTH[month]);
        if !(1..=i64::from(behind - before + u32::from(is_leap && month == 2))).contains(&day) {
            return None;
        }
        let leaps = year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
        let day_of_era = year * 365 + leaps + before + u32::from(is_leap && month > 2);
        i32::try_from(era * ERA_DAYS + i64::from(day_of_era) + day - 1 - 719_528).ok()
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
        assert_eq!([i32::MIN, i32::MAX].map(|days| Day::of(days).number()), [Some(i32::MIN), Some(i32::MAX)]);
    }

    #[test]
    fn no_other_day_has_a_number() {
        for (year, month, day) in (1890..2110).flat_map(|year| (0..15).flat_map(move |month| (-1..33).map(move |day| (year, month, day)))) {
            let is_one = u32::try_from(month).ok().zip(u32::try_from(day).ok()).and_then(|(month, day)| NaiveDate::from_ymd_opt(year, month, day)).is_some();
            assert_eq!(Day { year: year.into(), month, day }.number().is_some(), is_one, "{year}-{month}-{day}");
        }
    }
}
