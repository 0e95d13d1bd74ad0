//! The formats in which every value of a column is a date or a moment; more than one where day and month could be either.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

/// Formats of dates that are tried, the reader's words.
const DATES: [&str; 9] = ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%y"];

/// Formats of moments that are tried.
const MOMENTS: [&str; 13] = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%:z",
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%m-%d-%Y %H:%M",
];

/// Years that records of people hold; others mean another format.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// For each format that fits any value, how many it fits.
fn fits(values: &[&str], formats: &[&'static str], is_written: impl Fn(&str, &str) -> bool) -> Vec<(&'static str, usize)> {
    formats.iter().map(|format| (*format, values.iter().filter(|value| is_written(value, format)).count())).filter(|(_, count)| *count > 0).collect()
}

/// The formats that fit dates, each with how many of the values it fits.
pub fn of_dates(values: &[&str]) -> Vec<(&'static str, usize)> {
    fits(values, &DATES, is_date)
}

/// The formats that fit moments, each with how many of the values it fits.
pub fn of_moments(values: &[&str]) -> Vec<(&'static str, usize)> {
    let mut fits = fits(values, &MOMENTS, is_moment);
    // `%.f` also takes no fraction, and the offset's format takes what the literal `Z` does: the plainer one says it all.
    for (plain, wide) in [
        ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%.fZ"),
        ("%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%dT%H:%M:%S%.f%:z"),
        ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%:z"),
        ("%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z"),
    ] {
        let count = |format| fits.iter().find(|(known, _)| *known == format).map(|(_, count)| *count);
        if count(plain).is_some() && count(plain) == count(wide) {
            fits.retain(|(known, _)| *known != wide);
        }
    }
    fits
}

fn is_date(text: &str, format: &str) -> bool {
    NaiveDate::parse_from_str(text, format).is_ok_and(|day| YEARS.contains(&day.year()))
}

fn is_moment(text: &str, format: &str) -> bool {
    let local = NaiveDateTime::parse_from_str(text, format).is_ok_and(|at| YEARS.contains(&at.year()));
    local && !format.contains("%:z") || DateTime::parse_from_str(text, format).is_ok_and(|at| YEARS.contains(&at.year()))
}

/// True where the year is written in two digits, so that its century is a guess.
pub fn has_short_year(format: &str) -> bool {
    format.contains("%y")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: &[&str]) -> Vec<&'static str> {
        of_dates(values).into_iter().filter(|(_, count)| *count == values.len()).map(|(format, _)| format).collect()
    }

    #[test]
    fn day_and_month_are_decided_by_a_day_past_the_twelfth() {
        assert_eq!(all(&["05/02/2023", "13/02/2023"]), ["%d/%m/%Y"]);
        assert_eq!(all(&["05/02/2023", "02/13/2023"]), ["%m/%d/%Y"]);
        assert_eq!(all(&["05/02/2023", "03/04/2023"]), ["%d/%m/%Y", "%m/%d/%Y"]);
        assert_eq!(all(&["13/02/2023", "02/13/2023"]), [""; 0]);
        assert_eq!(all(&["13/02/23"]), ["%d/%m/%y"]);
        assert_eq!(all(&["2023-02-13"]), ["%Y-%m-%d"]);
    }

    #[test]
    fn the_plainest_format_of_moments_is_taken() {
        let only = |values: &[&str]| of_moments(values).into_iter().map(|(format, _)| format).collect::<Vec<_>>();
        assert_eq!(only(&["2023-02-13T10:00:00Z"]), ["%Y-%m-%dT%H:%M:%SZ"]);
        assert_eq!(only(&["2023-02-13T10:00:00+01:00"]), ["%Y-%m-%dT%H:%M:%S%:z"]);
        assert_eq!(only(&["13/02/2023 10:00"]), ["%d/%m/%Y %H:%M"]);
    }
}
