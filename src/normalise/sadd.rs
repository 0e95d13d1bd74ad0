//! Sex and age: the groups in which people are counted.

use crate::contract::Day;

/// Completed years between two days, given in days since 1970; born on 29 February turns a year older on 1 March.
pub fn age_at(birth: i32, event: i32) -> i64 {
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
    fn unknown_is_explicit() {
        assert_eq!(group(Some("M"), Some(18)), "men");
        assert_eq!(group(Some("F"), Some(17)), "girls");
        assert_eq!(group(None, Some(30)), "unknown");
        assert_eq!(group(Some("M"), None), "unknown");
    }
}
