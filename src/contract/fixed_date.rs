//! Dates and moments in which every number has its width: read sign by sign, without a search.
//!
//! Only says yes: what does not fit is left to the general way of reading, which knows why.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

/// A format such as `%d/%m/%Y` or `%Y-%m-%dT%H:%M:%SZ`.
#[derive(Debug, Clone)]
pub struct FixedLayout {
    parts: Vec<Part>,
    width: usize,
    has_time: bool,
    is_utc: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Sign(u8),
    Number(Unit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Unit {
    fn width(self) -> usize {
        if self == Self::Year { 4 } else { 2 }
    }
}

impl FixedLayout {
    /// The layout of a format of strftime; nothing where it holds anything but whole numbers and signs.
    pub fn of(format: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut signs = format.bytes();
        while let Some(sign) = signs.next() {
            parts.push(match sign {
                b'%' => Part::Number(unit(signs.next()?)?),
                b'-' | b'/' | b'.' | b':' | b' ' | b'T' | b'Z' => Part::Sign(sign),
                _ => return None,
            });
        }
        let count = |unit: Unit| parts.iter().filter(|part| **part == Part::Number(unit)).count();
        let is_day = [Unit::Year, Unit::Month, Unit::Day].into_iter().all(|unit| count(unit) == 1);
        let times = [Unit::Hour, Unit::Minute, Unit::Second].map(count);
        let has_time = times == [1, 1, 0] || times == [1, 1, 1];
        if !is_day || !(has_time || times == [0, 0, 0]) {
            return None;
        }
        let width = parts.iter().map(|part| if let Part::Number(unit) = part { unit.width() } else { 1 }).sum();
        Some(Self { parts, width, has_time, is_utc: format.ends_with('Z') })
    }

    /// True where it tells the time of the day.
    pub fn has_time(&self) -> bool {
        self.has_time
    }

    /// True where it says that times are UTC's.
    pub fn is_utc(&self) -> bool {
        self.is_utc
    }

    /// The moment that a text means, midnight where it tells no time; nothing where the text is written otherwise, or the
    /// general way of reading has something to say of it.
    pub fn read(&self, text: &str) -> Option<NaiveDateTime> {
        let mut rest = text.as_bytes();
        if rest.len() != self.width {
            return None;
        }
        let mut numbers = [0_u32; 6];
        for part in &self.parts {
            match *part {
                Part::Sign(sign) => {
                    let (first, after) = rest.split_first()?;
                    (*first == sign).then_some(())?;
                    rest = after;
                }
                Part::Number(unit) => {
                    let (digits, after) = rest.split_at_checked(unit.width())?;
                    numbers[unit as usize] = number(digits)?;
                    rest = after;
                }
            }
        }
        let [year, month, day, hour, minute, second] = numbers;
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|day| day.year() >= 1800)?;
        Some(day.and_time(NaiveTime::from_hms_opt(hour, minute, second)?))
    }
}

fn unit(letter: u8) -> Option<Unit> {
    Some(match letter {
        b'Y' => Unit::Year,
        b'm' => Unit::Month,
        b'd' => Unit::Day,
        b'H' => Unit::Hour,
        b'M' => Unit::Minute,
        b'S' => Unit::Second,
        _ => return None,
    })
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::FixedLayout;

    #[test]
    fn only_whole_numbers_between_signs_are_read_at_once() {
        let read = |format: &str, text: &str| FixedLayout::of(format).and_then(|layout| layout.read(text)).map(|at| at.to_string());
        assert_eq!(read("%d/%m/%Y", "03/02/2023").as_deref(), Some("2023-02-03 00:00:00"));
        assert_eq!(read("%Y-%m-%dT%H:%M:%SZ", "2023-02-03T04:05:06Z").as_deref(), Some("2023-02-03 04:05:06"));
        assert_eq!(read("%d/%m/%Y %H:%M", "03/02/2023 04:05").as_deref(), Some("2023-02-03 04:05:00"));
        for (format, text) in [
            ("%d/%m/%Y", "3/02/2023"),
            ("%d/%m/%Y", "31/02/2023"),
            ("%d/%m/%Y", "03-02-2023"),
            ("%d/%m/%Y", "03/02/1799"),
            ("%d/%m/%Y", "٠٣/02/2023"),
            ("%d/%m/%y", "03/02/23"),
            ("%Y-%m-%dT%H:%M:%SZ", "2023-02-03T04:05:60Z"),
            ("%Y-%m-%dT%H:%M:%SZ", "2023-02-03T24:00:00Z"),
        ] {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
    }
}
