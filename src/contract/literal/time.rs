//! Times of day, with or without an offset from UTC.

use std::cmp::Ordering;

use chrono::format::{Fixed, Item, Parsed, StrftimeItems, parse};
use chrono::{NaiveTime, Timelike};

/// A time of day to the microsecond.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Time {
    at: NaiveTime,
    /// Minutes that the clock is ahead of UTC; absent where the text does not say.
    offset: Option<i32>,
}

/// How times are written.
#[derive(Debug, Clone)]
pub struct TimeFormat {
    text: String,
    /// Without them as ISO 8601 has it: `10:05:00`, with decimals of a second and an offset or without.
    items: Option<Vec<Item<'static>>>,
}

impl TimeFormat {
    /// ISO 8601.
    pub fn iso() -> Self {
        Self { text: "HH:MM:SS".to_owned(), items: None }
    }

    /// Compiles a strftime format.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn new(text: &str) -> Result<Self, (String, String)> {
        let hint = || "such as `%H:%M` or `%I:%M %p`".to_owned();
        let items = StrftimeItems::new(text).parse_to_owned().map_err(|_| (format!("`{text}` is no format of times"), hint()))?;
        if items.iter().any(|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
            return Err((format!("`{text}` names a zone, which is not read"), "`%z` reads an offset such as +01:00".to_owned()));
        }
        let format = Self { text: text.to_owned(), items: Some(items) };
        let noon = chrono::NaiveDate::default().and_hms_opt(13, 4, 5).unwrap_or_default().and_utc();
        match format.read(&noon.format(text).to_string()) {
            Some(_) => Ok(format),
            None => Err((format!("the format `{text}` does not tell hour and minute"), hint())),
        }
    }

    /// The format as written, for people.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads a time; nothing where the text is none. There is no sixtieth second and no 24 o'clock.
    pub fn read(&self, text: &str) -> Option<Time> {
        let Some(items) = &self.items else { return iso(text) };
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, items.iter()).ok()?;
        let at = parsed.to_naive_time().ok().filter(|at| at.nanosecond() < 1_000_000_000)?;
        Some(Time { at: whole_micros(at)?, offset: parsed.offset().map(|seconds| seconds / 60) })
    }
}

fn iso(text: &str) -> Option<Time> {
    let clock = text.get(..8)?;
    let is_clock = clock.bytes().enumerate().all(|(at, byte)| if at == 2 || at == 5 { byte == b':' } else { byte.is_ascii_digit() });
    let rest = text.get(8..).filter(|_| is_clock)?;
    let (decimals, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("", rest),
    };
    (decimals.len() <= 6 && (rest.starts_with('.') != decimals.is_empty())).then_some(())?;
    let micros: u32 = format!("{decimals:0<6}").parse().ok()?;
    let number = |from: usize| clock.get(from..from + 2)?.parse::<u32>().ok();
    Some(Time { at: NaiveTime::from_hms_micro_opt(number(0)?, number(3)?, number(6)?, micros)?, offset: offset(zone)? })
}

/// The minutes of an offset; the outer nothing where the text is none.
fn offset(zone: &str) -> Option<Option<i32>> {
    let sign = match zone.bytes().next() {
        None => return Some(None),
        Some(b'Z') => return (zone.len() == 1).then_some(Some(0)),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let is_pair = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str, most: i32| text.parse::<i32>().ok().filter(|number| is_pair(text) && *number <= most);
    Some(Some(sign * (number(hours, 23)? * 60 + number(minutes, 59)?)))
}

/// What is finer than a microsecond is not cut off.
fn whole_micros(at: NaiveTime) -> Option<NaiveTime> {
    at.nanosecond().is_multiple_of(1000).then_some(at)
}

impl Time {
    /// The time as it is kept: `10:05:00`, decimals of a second where there are any, `Z` or the offset where it has one.
    pub fn canonical(&self) -> String {
        let micros = self.at.nanosecond() / 1000;
        let decimals = if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() };
        let zone = match self.offset {
            None => String::new(),
            Some(0) => "Z".to_owned(),
            Some(minutes) => format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60),
        };
        format!("{}{decimals}{zone}", self.at.format("%H:%M:%S"))
    }

    /// How two times stand to each other; nothing where only one of them has an offset.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let minutes = |time: &Self| i64::from(time.offset.unwrap_or(0));
        let micros =
            |time: &Self| i64::from(time.at.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.at.nanosecond() / 1000) - minutes(time) * 60_000_000;
        (self.offset.is_some() == other.offset.is_some()).then(|| micros(self).cmp(&micros(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        TimeFormat::iso().read(text).map(|time| time.canonical())
    }

    #[test]
    fn iso_times_have_one_text() {
        for (text, canonical) in [
            ("10:05:00", "10:05:00"),
            ("10:05:00.50", "10:05:00.5"),
            ("10:05:00.000001", "10:05:00.000001"),
            ("10:05:00Z", "10:05:00Z"),
            ("10:05:00+00:00", "10:05:00Z"),
            ("10:05:00-03:30", "10:05:00-03:30"),
            ("23:59:59", "23:59:59"),
        ] {
            assert_eq!(read(text).as_deref(), Some(canonical), "{text}");
        }
        for text in
            ["10:05", "1:05:00", "24:00:00", "10:60:00", "10:05:60", "10:05:00.", "10:05:00.1234567", "10:05:00 Z", "10:05:00+1", "100500", "", "é0:05:00"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn other_formats_are_read_as_they_say() {
        let format = TimeFormat::new("%I:%M %p").unwrap();
        assert_eq!(format.read("01:30 PM").map(|time| time.canonical()).as_deref(), Some("13:30:00"));
        assert_eq!(format.read("13:30"), None);
        assert!(TimeFormat::new("%d/%m/%Y").unwrap_err().0.contains("does not tell hour and minute"));
        assert!(TimeFormat::new("%Q").unwrap_err().0.contains("is no format of times"));
    }

    #[test]
    fn times_are_compared_where_both_have_a_zone_or_neither() {
        let time = |text: &str| TimeFormat::iso().read(text).unwrap();
        assert_eq!(time("10:00:00").compare(&time("09:59:59.5")), Some(Ordering::Greater));
        assert_eq!(time("10:00:00Z").compare(&time("11:00:00+01:00")), Some(Ordering::Equal));
        assert_eq!(time("10:00:00Z").compare(&time("10:00:00")), None);
    }
}
