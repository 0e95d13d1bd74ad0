//! Reporting periods: months, quarters, half-years and years, written `2023-01`, `2023-Q1`, `2023-H1`, `2023`.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// One month.
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    Half,
    /// Twelve months.
    Year,
}

impl PeriodKind {
    /// Every kind, shortest first.
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Half, Self::Year];

    /// How many months it lasts.
    pub fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }

    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Half => "half-year",
            Self::Year => "year",
        }
    }
}

/// A period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i32,
    /// The first month, 1 to 12.
    month: u32,
    kind: PeriodKind,
}

impl Period {
    /// The period of a kind that holds a day.
    pub fn containing(kind: PeriodKind, day: NaiveDate) -> Self {
        let month = (day.month0() / kind.months()) * kind.months() + 1;
        Self { year: day.year(), month, kind }
    }

    /// Its kind.
    pub fn kind(self) -> PeriodKind {
        self.kind
    }

    /// Its first day.
    pub fn start(self) -> NaiveDate {
        first_of(self.year, self.month)
    }

    /// Its last day.
    pub fn end(self) -> NaiveDate {
        self.next().start() - Days::new(1)
    }

    /// The period of the same kind that follows.
    #[must_use]
    pub fn next(self) -> Self {
        let month0 = self.month - 1 + self.kind.months();
        Self { year: self.year + i32::from(month0 >= 12), month: month0 % 12 + 1, kind: self.kind }
    }

    /// The period of the same kind so many months later, which are of its length a multiple.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let month0 = (self.month - 1).saturating_add(months);
        let years = i32::try_from(month0 / 12).unwrap_or(i32::MAX);
        Self { year: self.year.saturating_add(years), month: month0 % 12 + 1, kind: self.kind }
    }

    /// The same period a year before.
    #[must_use]
    pub fn year_before(self) -> Self {
        Self { year: self.year - 1, ..self }
    }

    /// True where a period lies within it, as it does within itself.
    pub fn holds(self, other: Self) -> bool {
        self.start() <= other.start() && other.end() <= self.end()
    }

    /// The months it is made of.
    pub fn months(self) -> impl Iterator<Item = Self> {
        (0..self.kind.months()).map(move |n| Self { year: self.year, month: self.month + n, kind: PeriodKind::Month })
    }

    /// The periods of a kind from the one that holds `from` to the one that holds `to`, both included.
    pub fn range(kind: PeriodKind, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = Self> {
        let last = Self::containing(kind, to);
        std::iter::successors(Some(Self::containing(kind, from)), |p| Some(p.next())).take_while(move |p| *p <= last)
    }
}

fn first_of(year: i32, month: u32) -> NaiveDate {
    // Years come from four digits and months from 1 to 12, which chrono always has.
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(NaiveDate::MIN)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year = self.year;
        let text = match self.kind {
            PeriodKind::Month => format!("{year:04}-{:02}", self.month),
            PeriodKind::Quarter => format!("{year:04}-Q{}", self.month / 3 + 1),
            PeriodKind::Half => format!("{year:04}-H{}", self.month / 6 + 1),
            PeriodKind::Year => format!("{year:04}"),
        };
        f.pad(&text)
    }
}

/// The text is not a period.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a period: write a month 2023-01, a quarter 2023-Q1, a half-year 2023-H1 or a year 2023")]
pub struct NotAPeriod(String);

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let refuse = || NotAPeriod(text.to_owned());
        let (year, rest) = text.split_at_checked(4).ok_or_else(refuse)?;
        if !year.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        let year: i32 = year.parse().map_err(|_| refuse())?;
        let (kind, month) = match rest.as_bytes() {
            [] => (PeriodKind::Year, 1),
            [b'-', b'Q', q @ b'1'..=b'4'] => (PeriodKind::Quarter, u32::from(q - b'1') * 3 + 1),
            [b'-', b'H', h @ b'1'..=b'2'] => (PeriodKind::Half, u32::from(h - b'1') * 6 + 1),
            [b'-', t @ b'0'..=b'1', u @ b'0'..=b'9'] => (PeriodKind::Month, u32::from(t - b'0') * 10 + u32::from(u - b'0')),
            _ => return Err(refuse()),
        };
        if !(1..=12).contains(&month) || year == 0 {
            return Err(refuse());
        }
        Ok(Self { year, month, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["2023-01", "2023-12", "2023-Q1", "2023-Q4", "2023-H1", "2023-H2", "2023"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in ["", "23", "2023-13", "2023-00", "2023-Q5", "2023-H3", "2023-1", "2023-H1 ", "٢٠٢٣"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_are_whole_periods() {
        let half: Period = "2023-H1".parse().unwrap();
        assert_eq!(half.start().to_string(), "2023-01-01");
        assert_eq!(half.end().to_string(), "2023-06-30");
        assert_eq!(half.year_before().to_string(), "2022-H1");
        assert_eq!(half.months().count(), 6);
        assert!(half.holds(half) && half.holds("2023-Q2".parse().unwrap()) && half.holds("2023-06".parse().unwrap()));
        assert!(!half.holds("2023-Q3".parse().unwrap()) && !half.holds("2023".parse().unwrap()));
        let quarter: Period = "2023-Q4".parse().unwrap();
        assert_eq!(quarter.end().to_string(), "2023-12-31");
        assert_eq!(quarter.next().to_string(), "2024-Q1");
    }
}
