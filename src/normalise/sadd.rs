//! Sex and age: the groups in which people are counted.

use crate::contract::Day;

/// Completed years between two days, given in days since 1970; born on 29 February turns a year older on 1 March.
///
/// Who has no birthday within a few days is as many mean years old as the days make: the calendar is asked of the others.
pub fn age_at(birth: i32, event: i32) -> i64 {
    let days = i64::from(event) - i64::from(birth);
    let age = mean_years(days - NEAR);
    if age == mean_years(days + NEAR) { age } else { age_by_calendar(birth, event) }
}

/// No anniversary is so many days from as many mean years.
const NEAR: i64 = 4;

/// Completed years of the calendar's mean length, of which four hundred have 146,097 days.
fn mean_years(days: i64) -> i64 {
    (days * 400).div_euclid(146_097)
}

fn age_by_calendar(birth: i32, event: i32) -> i64 {
    let (birth, event) = (Day::of(birth), Day::of(event));
    let years = event.year - birth.year;
    let had_birthday = (event.month, event.day) >= (birth.month, birth.day);
    if had_birthday { years } else { years - 1 }
}

/// The SADD group of a person: men and women are 18 and over on the day of the event, boys and girls under 18;
/// where sex or age is not known the group is `unknown`.
pub fn group(sex: Option<&str>, age: Option<i64>) -> &'static str {
    match (sex, age) {
        (Some("M"), Some(18..)) => "men",
        (Some("F"), Some(18..)) => "women",
        (Some("M"), Some(_)) => "boys",
        (Some("F"), Some(_)) => "girls",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn days(text: &str) -> i32 {
        i32::try_from(text.parse::<NaiveDate>().unwrap().signed_duration_since(NaiveDate::default()).num_days()).unwrap()
    }

    #[test]
    fn every_group_is_one_that_tables_know() {
        let ages = [None, Some(0), Some(17), Some(18), Some(90)];
        let made: std::collections::BTreeSet<_> = [None, Some("M"), Some("F"), Some("X")].into_iter().flat_map(|sex| ages.map(|age| group(sex, age))).collect();
        assert_eq!(made, crate::contract::SADD_GROUPS.into_iter().collect());
    }

    #[test]
    fn a_person_is_of_age_on_the_eighteenth_birthday() {
        for (birth, event, age) in [
            ("2005-06-15", "2023-06-14", 17),
            ("2005-06-15", "2023-06-15", 18),
            ("2004-02-29", "2022-02-28", 17),
            ("2004-02-29", "2022-03-01", 18),
            ("2004-02-29", "2024-02-29", 20),
            ("2023-06-15", "2023-06-15", 0),
        ] {
            assert_eq!(age_at(days(birth), days(event)), age, "{birth} {event}");
        }
    }

    #[test]
    fn an_age_is_what_the_calendar_says_around_every_birthday() {
        for (year, month, day) in (1799..2201).flat_map(|year| [(1, 1), (2, 28), (2, 29), (3, 1), (12, 31)].map(|(month, day)| (year, month, day))) {
            let Some(birth) = (Day { year, month, day }).number() else { continue };
            for age in -3..=130 {
                let Some(birthday) = (Day { year: year + age, month, day }).number() else { continue };
                for event in birthday - 6..=birthday + 6 {
                    assert_eq!(age_at(birth, event), age_by_calendar(birth, event), "{year}-{month}-{day}, {event}");
                }
            }
        }
        assert_eq!(age_at(i32::MIN, i32::MAX), age_by_calendar(i32::MIN, i32::MAX));
    }

    #[test]
    fn unknown_is_explicit() {
        assert_eq!(group(Some("M"), Some(18)), "men");
        assert_eq!(group(Some("F"), Some(17)), "girls");
        assert_eq!(group(None, Some(30)), "unknown");
        assert_eq!(group(Some("M"), None), "unknown");
    }
}
