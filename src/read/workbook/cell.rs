//! Cells as the workbook means them, whatever its format.

use std::borrow::Cow;

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use crate::contract::{FieldKind, NumberStyle};
use crate::project::{Format, Source};

/// What a formula without a kept result stands as in a text batch: no text of its own, so that it is told from both a
/// zero and an empty cell.
pub const UNCALCULATED: &str = "#UNCALCULATED!";

/// What a number stands as of which the workbook keeps only the first digits.
pub const INEXACT: &str = "#INEXACT!";

/// What a formula that failed stands as where the workbook does not say how.
pub const FAILED: &str = "#ERROR!";

/// What a date stands as in a column of text: spreadsheet programs make one of a number such as `3-12`, and what was typed
/// is lost.
pub const DATED: &str = "#DATED!";

/// A cell of a sheet. Has no `Debug`: it may be protected.
#[derive(Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, as written.
    Text(String),
    /// A number that is shown as a number.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A date or a moment: a number that is shown as one, in the workbook's epoch, to the millisecond.
    Moment(NaiveDateTime),
    /// A formula that failed, as spreadsheet programs show it.
    Failed(&'static str),
    /// A formula whose result the workbook does not hold.
    Uncalculated,
}

/// The day from which a workbook counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// Day 1 is 1 January 1900 and day 60 a 29 February 1900 that never was.
    Excel1900,
    /// Days after this one.
    Day(NaiveDate),
}

/// How the numbers of an extract are meant and to be written.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// The day from which they count.
    pub epoch: Epoch,
    /// Whether a plain number in a column of dates is a day.
    pub are_dates: bool,
    /// Whether a plain number in a column of instants is a moment.
    pub are_datetimes: bool,
    /// How the source writes numbers: texts that hold numbers are read in the same way.
    pub numbers: NumberStyle,
}

impl Figures {
    /// As a source says of workbooks with this epoch.
    pub fn of(source: &Source, epoch: Epoch) -> Self {
        let (are_dates, are_datetimes) = match &source.format {
            Format::Workbook(format) => (format.serial_dates, format.serial_datetimes),
            _ => (false, false),
        };
        Self { epoch, are_dates, are_datetimes, numbers: source.numbers }
    }
}

impl Cell {
    /// The cell as text for a field of this kind: numbers as spreadsheets show them, dates as ISO 8601, errors by name.
    pub fn text<'t>(&'t self, kind: &'t FieldKind, figures: Figures) -> Cow<'t, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(figure) => match kind {
                FieldKind::Date if figures.are_dates => Cow::Owned(of_serial(*figure, kind, figures.epoch)),
                FieldKind::DateTime if figures.are_datetimes => Cow::Owned(of_serial(*figure, kind, figures.epoch)),
                FieldKind::Integer | FieldKind::Number { .. } => Cow::Owned(figures.numbers.native(&number(*figure))),
                _ => number(*figure),
            },
            Self::Bool(yes) => Cow::Borrowed(truth(*yes, kind)),
            Self::Moment(_) if *kind == FieldKind::String => Cow::Borrowed(DATED),
            Self::Moment(at) => Cow::Owned(moment_text(*at, kind)),
            Self::Failed(error) => Cow::Borrowed(error),
            Self::Uncalculated => Cow::Borrowed(UNCALCULATED),
        }
    }

    /// The cell as text for people or labels.
    pub fn plain(&self) -> Cow<'_, str> {
        if let Self::Moment(at) = self {
            return Cow::Owned(moment_text(*at, &FieldKind::Date));
        }
        self.text(&FieldKind::String, Figures { epoch: Epoch::Excel1900, are_dates: false, are_datetimes: false, numbers: NumberStyle::default() })
    }

    /// A number that is shown as a date. What is no date is the text `serial …`, which no date is written like.
    pub fn of_serial(serial: f64, epoch: Epoch) -> Self {
        match moment(serial, epoch) {
            Some(at) => Self::Moment(at),
            None if (0.0..1.0).contains(&serial) => Self::Text(clock_time(serial)),
            None => Self::Text(format!("serial {}", number(serial))),
        }
    }
}

/// A real yes or no is a fact, not a habit of spelling: it takes the spelling that the field knows.
fn truth(yes: bool, kind: &FieldKind) -> &str {
    let spellings = match kind {
        FieldKind::Boolean { yes: known, .. } if yes => known.first(),
        FieldKind::Boolean { no: known, .. } => known.first(),
        _ => None,
    };
    spellings.map_or(if yes { "true" } else { "false" }, String::as_str)
}

fn moment_text(at: NaiveDateTime, kind: &FieldKind) -> String {
    // A time of day is kept even where a date is wanted: cutting it off would hide that the column holds something else.
    if *kind != FieldKind::DateTime && at.time() == NaiveTime::MIN { at.date().to_string() } else { at.format("%Y-%m-%dT%H:%M:%S%.f").to_string() }
}

fn of_serial(serial: f64, kind: &FieldKind, epoch: Epoch) -> String {
    moment(serial, epoch).map_or_else(|| number(serial).into_owned(), |at| moment_text(at, kind))
}

const DAY_MS: i64 = 86_400_000;

/// The last day that spreadsheets know, 31 December 9999, counted from 1900.
const LAST_SERIAL: f64 = 2_958_466.0;

/// The moment of a serial number, to the millisecond. None are numbers outside of the calendar, the 29 February 1900,
/// and what lies before day 1: an empty cell that is referred to reads as day 0.
pub fn moment(serial: f64, epoch: Epoch) -> Option<NaiveDateTime> {
    if !(1.0..LAST_SERIAL).contains(&serial) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than three million days of milliseconds")]
    let total = (serial * 86_400_000.0).round() as i64;
    let (day, rest) = (total.div_euclid(DAY_MS), total.rem_euclid(DAY_MS));
    let first = match epoch {
        Epoch::Excel1900 if day == 60 => return None,
        Epoch::Excel1900 if day < 60 => NaiveDate::from_ymd_opt(1899, 12, 31)?,
        Epoch::Excel1900 => NaiveDate::from_ymd_opt(1899, 12, 30)?,
        Epoch::Day(first) => first,
    };
    let at = first.and_time(NaiveTime::MIN).checked_add_signed(Duration::days(day) + Duration::milliseconds(rest))?;
    (at.date() <= NaiveDate::from_ymd_opt(9999, 12, 31)?).then_some(at)
}

/// A number of days as a time, hours past a day included.
pub fn clock_time(days: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates; such a time is no time")]
    let seconds = (days * 86_400.0).round() as i64;
    let (sign, seconds) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// From here on a workbook does not keep the last digits of a number.
const MOST_EXACT: f64 = 1e15;

/// A number as decimal digits, at most 15 that count: spreadsheets keep binary numbers and show no more, so that
/// 0.1 + 0.2 is the 0.3 that everybody saw.
fn number(figure: f64) -> Cow<'static, str> {
    if !figure.is_finite() {
        return Cow::Borrowed("#NUM!");
    }
    if figure.abs() >= MOST_EXACT {
        return Cow::Borrowed(INEXACT);
    }
    let scientific = format!("{figure:.14e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return Cow::Owned(scientific) };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Cow::Borrowed("0");
    }
    let exponent: i32 = exponent.parse().unwrap_or_default();
    Cow::Owned(format!("{sign}{}", place_point(digits, exponent)))
}

/// Digits with the point behind the first, moved by a power of ten.
fn place_point(digits: &str, exponent: i32) -> String {
    let Ok(whole) = usize::try_from(exponent) else {
        return format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    };
    let whole = whole + 1;
    if digits.len() <= whole { format!("{digits}{}", "0".repeat(whole - digits.len())) } else { format!("{}.{}", &digits[..whole], &digits[whole..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_spreadsheets_show_them() {
        for (figure, shown) in [
            (0.1 + 0.2, "0.3"),
            (1732.5, "1732.5"),
            (12.10, "12.1"),
            (0.3, "0.3"),
            (3.0 * 1.1, "3.3"),
            (100.0, "100"),
            (-0.0, "0"),
            (-45.25, "-45.25"),
            (1e-7, "0.0000001"),
            (999_999_999_999_999.0, "999999999999999"),
            (1e15, INEXACT),
            (-1e300, INEXACT),
            (f64::INFINITY, "#NUM!"),
            (212_600_000_000.0, "212600000000"),
            (1.0 / 3.0, "0.333333333333333"),
        ] {
            assert_eq!(number(figure), shown);
        }
    }

    #[test]
    fn serials_are_days_of_their_epoch() {
        let date = |serial, epoch| moment(serial, epoch).map(|at| at.to_string());
        let mac = Epoch::Day(NaiveDate::from_ymd_opt(1904, 1, 1).unwrap());
        assert_eq!(date(44_927.0, Epoch::Excel1900).unwrap(), "2023-01-01 00:00:00");
        assert_eq!(date(43_465.0, mac).unwrap(), "2023-01-01 00:00:00");
        assert_eq!(date(44_927.437_5, Epoch::Excel1900).unwrap(), "2023-01-01 10:30:00");
        assert_eq!(date(1.0, Epoch::Excel1900).unwrap(), "1900-01-01 00:00:00");
        assert_eq!(date(59.0, Epoch::Excel1900).unwrap(), "1900-02-28 00:00:00");
        assert_eq!(date(61.0, Epoch::Excel1900).unwrap(), "1900-03-01 00:00:00");
        assert_eq!(date(2_958_465.0, Epoch::Excel1900).unwrap(), "9999-12-31 00:00:00");
        for serial in [60.0, 60.5, 59.999_999_999_9, 0.0, 0.5, -1.0, 2_958_466.0, 1e9, f64::NAN] {
            assert_eq!(date(serial, Epoch::Excel1900), None, "{serial}");
        }
        for serial in [0.0, -1.0, 2_957_500.0] {
            assert_eq!(date(serial, mac), None, "{serial}");
        }
    }
}
