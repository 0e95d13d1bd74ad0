//! Durations of ISO 8601: `P1Y2M10DT2H30M`.

use std::cmp::Ordering;

/// A span of time: months, whose length is not known, and microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    months: i64,
    micros: i64,
}

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// The units of the date's part, and of the time's, in their order.
const UNITS: [(char, bool, i64); 7] =
    [('Y', false, 12), ('M', false, 1), ('W', false, 7 * DAY), ('D', false, DAY), ('H', true, 3_600_000_000), ('M', true, 60_000_000), ('S', true, 1_000_000)];

/// Days from 1 September 1696, 1 February 1697, 1 March 1903 and 1 July 1903 on: by these four XML Schema tells which of
/// two durations is the longer (<https://www.w3.org/TR/xmlschema-2/#duration-order>).
const REFERENCES: [(i32, u32); 4] = [(1696, 9), (1697, 2), (1903, 3), (1903, 7)];

impl Duration {
    /// Reads a duration; nothing where the text is none. Only seconds may have decimals, six at most.
    pub fn read(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let mut rest = rest.strip_prefix('P')?;
        let (mut months, mut micros, mut next, mut in_time, mut is_filled) = (0_i64, 0_i64, 0, false, false);
        while !rest.is_empty() {
            if let Some(time) = rest.strip_prefix('T').filter(|_| !in_time) {
                (rest, in_time, is_filled) = (time, true, false);
                continue;
            }
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let unit = rest[end..].chars().next()?;
            let place = (next..UNITS.len()).find(|place| (UNITS[*place].0, UNITS[*place].1) == (unit, in_time))?;
            let amount = amount(&rest[..end], UNITS[place].2, unit == 'S')?;
            let total = if place < 2 { &mut months } else { &mut micros };
            *total = total.checked_add(amount)?;
            (rest, next, is_filled) = (&rest[end + 1..], place + 1, true);
        }
        is_filled.then_some(Self { months: sign * months, micros: sign * micros })
    }

    /// The duration as it is kept: units filled from the greatest down, `PT0S` for none.
    pub fn canonical(self) -> String {
        let (months, micros) = (self.months.unsigned_abs(), self.micros.unsigned_abs());
        let part = |amount: u64, unit: char| if amount == 0 { String::new() } else { format!("{amount}{unit}") };
        let (days, rest) = (micros / DAY.unsigned_abs(), micros % DAY.unsigned_abs());
        let (seconds, decimals) = (rest / 1_000_000 % 60, rest % 1_000_000);
        let seconds = match decimals {
            0 => part(seconds, 'S'),
            _ => format!("{seconds}.{}S", format!("{decimals:06}").trim_end_matches('0')),
        };
        let time = format!("{}{}{seconds}", part(rest / 3_600_000_000, 'H'), part(rest / 60_000_000 % 60, 'M'));
        let date = format!("{}{}{}", part(months / 12, 'Y'), part(months % 12, 'M'), part(days, 'D'));
        let sign = if self.months < 0 || self.micros < 0 { "-" } else { "" };
        match (date.is_empty(), time.is_empty()) {
            (true, true) => "PT0S".to_owned(),
            (_, true) => format!("{sign}P{date}"),
            _ => format!("{sign}P{date}T{time}"),
        }
    }

    /// Which is the longer; nothing where that depends on the months meant.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let mut orders = REFERENCES.iter().map(|from| Some(self.after(*from)?.cmp(&other.after(*from)?)));
        let first = orders.next()??;
        orders.all(|order| order == Some(first)).then_some(first)
    }

    /// Microseconds since 1970 of the moment a duration after a reference.
    fn after(self, (year, month): (i32, u32)) -> Option<i128> {
        let from = chrono::NaiveDate::from_ymd_opt(year, month, 1)?;
        let months = chrono::Months::new(u32::try_from(self.months.unsigned_abs()).ok()?);
        let day = if self.months < 0 { from.checked_sub_months(months) } else { from.checked_add_months(months) }?;
        Some(i128::from(day.signed_duration_since(chrono::NaiveDate::default()).num_days()) * i128::from(DAY) + i128::from(self.micros))
    }
}

/// So many of a unit; decimals of seconds only.
fn amount(text: &str, unit: i64, may_have_decimals: bool) -> Option<i64> {
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) if may_have_decimals && (1..=6).contains(&decimals.len()) => (whole, decimals),
        Some(_) => return None,
        None => (text, ""),
    };
    let fraction: i64 = format!("{decimals:0<6}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(unit)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Duration {
        Duration::read(text).unwrap_or_else(|| panic!("{text} is no duration"))
    }

    #[test]
    fn durations_have_one_text() {
        for (text, canonical) in [
            ("P1Y2M10DT2H30M", "P1Y2M10DT2H30M"),
            ("P14M", "P1Y2M"),
            ("PT36H", "P1DT12H"),
            ("P2W", "P14D"),
            ("PT90S", "PT1M30S"),
            ("PT1.50S", "PT1.5S"),
            ("P0D", "PT0S"),
            ("-P1D", "-P1D"),
        ] {
            assert_eq!(read(text).canonical(), canonical, "{text}");
        }
        for text in
            ["", "P", "PT", "P1DT", "1D", "P1", "P1S", "P1H", "PT1D", "P1M1Y", "P1.5D", "PT1.S", "PT.5S", "P-1D", "+P1D", "P1D ", "P99999999999Y9", "p1d"]
        {
            assert_eq!(Duration::read(text), None, "{text}");
        }
    }

    #[test]
    fn what_depends_on_the_month_is_not_decided() {
        assert_eq!(read("P1M").compare(&read("P30D")), None);
        assert_eq!(read("P1M").compare(&read("P27D")), Some(Ordering::Greater));
        assert_eq!(read("P1M").compare(&read("P32D")), Some(Ordering::Less));
        assert_eq!(read("P1Y").compare(&read("P12M")), Some(Ordering::Equal));
        assert_eq!(read("PT24H").compare(&read("P1D")), Some(Ordering::Equal));
        assert_eq!(read("-P1D").compare(&read("PT0S")), Some(Ordering::Less));
    }
}
