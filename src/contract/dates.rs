//! How a source writes its dates: strftime formats with months by name in three languages, and Excel's serial numbers.
//!
//! Guarantees: day and month are never guessed; a year of two digits is the latest that is not after the day the delivery
//! was received.

use std::borrow::Cow;

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::fixed_date::FixedLayout;
use super::{Ahead, months, western_digit};

/// The pseudo-formats beside strftime's: serial numbers of either epoch, written as text.
pub const PSEUDO_FORMATS: [&str; 2] = ["excel-1900", "excel-1904"];

/// A format of dates or of moments, compiled.
#[derive(Debug, Clone)]
pub struct DateFormat {
    text: String,
    layout: Layout,
    /// The same where every number has its width and stands between signs: most texts are read by it at once.
    fixed: Option<FixedLayout>,
}

#[derive(Debug, Clone)]
enum Layout {
    /// Strftime.
    Pattern { items: Vec<Item<'static>>, names_month: bool, is_utc: bool },
    /// Days since the last day of 1899, which was never a leap year, save that Excel counts 29 February 1900.
    Excel1900,
    /// Days since 1 January 1904.
    Excel1904,
}

/// A moment as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With its zone.
    Utc(DateTime<Utc>),
    /// On the office's clock.
    Local(NaiveDateTime),
}

/// Why a text is not written so; what a format knows of it beside that, or nothing.
type Unlike = Option<&'static str>;

impl DateFormat {
    /// Compiles a format of dates.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn of_days(text: &str) -> Result<Self, (String, String)> {
        let format = Self::new(text)?;
        let (sample, day) = format.sample();
        if format.day(&sample, day) == Ok(day) { Ok(format) } else { Err(lacks(text, "day, month and year", "such as `%d/%m/%Y`")) }
    }

    /// Compiles a format of moments.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn of_moments(text: &str) -> Result<Self, (String, String)> {
        let format = Self::new(text)?;
        let (sample, day) = format.sample();
        if format.moment(&sample, day).is_ok() { Ok(format) } else { Err(lacks(text, "day and time", "such as `%d/%m/%Y %H:%M`")) }
    }

    fn new(text: &str) -> Result<Self, (String, String)> {
        let layout = match text {
            "excel-1900" => Layout::Excel1900,
            "excel-1904" => Layout::Excel1904,
            _ => pattern(text)?,
        };
        Ok(Self { text: text.to_owned(), layout, fixed: FixedLayout::of(text) })
    }

    /// The format as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A text in this format, and the day it means.
    fn sample(&self) -> (String, NaiveDate) {
        let at = DateTime::<FixedOffset>::parse_from_rfc3339("2023-02-03T04:05:06+00:00").unwrap_or_default();
        let text = match &self.layout {
            Layout::Pattern { .. } => at.format_with_items(StrftimeItems::new(&self.text)).to_string(),
            Layout::Excel1900 => "44960".to_owned(),
            Layout::Excel1904 => "43498".to_owned(),
        };
        (text, at.date_naive())
    }

    /// The day that a text means; `latest` is the latest that a year of two digits may mean.
    ///
    /// # Errors
    /// What the format knows of the text where it does not fit.
    pub fn day(&self, text: &str, latest: NaiveDate) -> Result<NaiveDate, Unlike> {
        if let Some(day) = self.fixed.as_ref().and_then(|fixed| fixed.read_day(text)) {
            return Ok(day);
        }
        match &self.layout {
            Layout::Pattern { items, names_month, .. } => parsed(text, items, *names_month, latest).and_then(|parsed| parsed.to_naive_date().ok()).ok_or(None),
            Layout::Excel1900 | Layout::Excel1904 => {
                let (days, fraction) = serial(text).ok_or(None)?;
                if fraction.is_empty() { self.serial_day(days) } else { Err(Some("a serial number of a date has no decimals")) }
            }
        }
        .and_then(plausible)
    }

    /// The day that the first `len` bytes of a text mean, as the number of days since the first of 1970, where they are
    /// digits at the places that the format has for them; nothing where it takes [`DateFormat::day`] to tell.
    #[inline]
    pub fn plain_day(&self, text: &Ahead, len: usize) -> Option<i32> {
        self.fixed.as_ref()?.number_of_day(text, len)
    }

    /// The moment that a text means.
    ///
    /// # Errors
    /// What the format knows of the text where it does not fit.
    pub fn moment(&self, text: &str, latest: NaiveDate) -> Result<Moment, Unlike> {
        if let Some((at, fixed)) = self.fixed.as_ref().and_then(|fixed| fixed.read(text).map(|at| (at, fixed))).filter(|(_, fixed)| fixed.has_time()) {
            return Ok(if fixed.is_utc() { Moment::Utc(at.and_utc()) } else { Moment::Local(at) });
        }
        let moment = match &self.layout {
            Layout::Pattern { items, names_month, is_utc } => {
                let parsed = parsed(text, items, *names_month, latest).ok_or(None)?;
                if parsed.second() == Some(60) {
                    return Err(Some("no minute has a sixtieth second here"));
                }
                pattern_moment(&parsed, *is_utc).ok_or(None)?
            }
            Layout::Excel1900 | Layout::Excel1904 => {
                let (days, fraction) = serial(text).ok_or(None)?;
                Moment::Local(self.serial_day(days)?.and_time(time_of_day(&fraction)?))
            }
        };
        plausible(moment.day()).map(|_| moment)
    }

    fn serial_day(&self, days: u64) -> Result<NaiveDate, Unlike> {
        let is_1904 = matches!(self.layout, Layout::Excel1904);
        match days {
            0 => return Err(Some("0 is what an empty cell becomes, not a day")),
            60 if !is_1904 => return Err(Some("60 is Excel's 29 February 1900, a day that never was")),
            // The days of these numbers lie in the first years of either epoch; a year is what they look like.
            1800..=2100 => return Err(Some("it looks like a year, not like a serial number")),
            _ => {}
        }
        let (epoch, days) = match (is_1904, days) {
            (true, days) => (NaiveDate::from_ymd_opt(1904, 1, 1), days),
            (false, 1..=59) => (NaiveDate::from_ymd_opt(1899, 12, 31), days),
            (false, days) => (NaiveDate::from_ymd_opt(1899, 12, 30), days),
        };
        epoch.and_then(|epoch| epoch.checked_add_days(Days::new(days))).ok_or(Some("the serial number is too great for a day"))
    }
}

impl Moment {
    fn day(self) -> NaiveDate {
        match self {
            Self::Utc(at) => at.date_naive(),
            Self::Local(at) => at.date(),
        }
    }
}

fn lacks(text: &str, what: &str, hint: &str) -> (String, String) {
    (format!("the format `{text}` does not tell {what}"), hint.to_owned())
}

fn pattern(text: &str) -> Result<Layout, (String, String)> {
    let items = StrftimeItems::new(text).parse_to_owned().map_err(|_| {
        let known = format!("such as `%Y-%m-%d`, `%d/%m/%Y`, `%d/%m/%Y %H:%M`, `%d %B %Y`, `{}`", PSEUDO_FORMATS.join("`, `"));
        (format!("`{text}` is no date format"), known)
    })?;
    if items.iter().any(|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
        return Err((format!("`{text}` names a zone, which is not read"), "`%z` reads an offset such as +01:00".to_owned()));
    }
    let names_month = items.iter().any(|item| matches!(item, Item::Fixed(Fixed::ShortMonthName | Fixed::LongMonthName)));
    Ok(Layout::Pattern { items, names_month, is_utc: text.ends_with('Z') })
}

/// The parts of a text in a format; a month's name may be cut short by a point.
fn parsed(text: &str, items: &[Item<'static>], names_month: bool, latest: NaiveDate) -> Option<Parsed> {
    let text: Cow<'_, str> =
        if text.is_ascii() { text.into() } else { text.chars().map(|c| if c.is_whitespace() { ' ' } else { western_digit(c) }).collect::<String>().into() };
    if !names_month {
        return parsed_numbers(&text, items, latest);
    }
    [false, true].into_iter().find_map(|drops_point| parsed_numbers(&months::in_english(&text, drops_point)?, items, latest))
}

fn parsed_numbers(text: &str, items: &[Item<'static>], latest: NaiveDate) -> Option<Parsed> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, items.iter()).ok()?;
    if parsed.year().is_some() || parsed.year_div_100().is_some() || parsed.year_mod_100().is_none() {
        return Some(parsed);
    }
    has_whole_short_year(text, items).then_some(())?;
    let century = latest.year() - latest.year() % 100;
    (0..3).find_map(|back| {
        let mut dated = parsed.clone();
        dated.set_year(i64::from(century - back * 100 + parsed.year_mod_100()?)).ok()?;
        (dated.to_naive_date().ok()? <= latest).then_some(dated)
    })
}

/// True where a year of two digits is written with both: chrono takes `3` for `03`.
fn has_whole_short_year(text: &str, items: &[Item<'static>]) -> bool {
    let numbers: Vec<&Numeric> = items.iter().filter_map(|item| if let Item::Numeric(number, _) = item { Some(number) } else { None }).collect();
    let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let Some(place) = numbers.iter().position(|number| matches!(number, Numeric::YearMod100)) else { return true };
    match runs.get(place) {
        Some(run) if runs.len() >= numbers.len() => run.len() == 2,
        // Nothing stands between the numbers: each must be written whole.
        _ => runs.iter().map(|run| run.len()).sum::<usize>() == 2 * numbers.len(),
    }
}

fn pattern_moment(parsed: &Parsed, is_utc: bool) -> Option<Moment> {
    if parsed.offset().is_some() {
        return parsed.to_datetime().ok().map(|at| Moment::Utc(at.to_utc()));
    }
    let local = parsed.to_naive_datetime_with_offset(0).ok()?;
    // A record that an office's system changed before there were such systems has its year from another century.
    let is_short = parsed.year_mod_100().is_some() && parsed.year_div_100().is_none();
    (!is_short || local.year() >= 1970).then_some(())?;
    // A literal `Z` in the format says UTC; without it the time is local to the office.
    Some(if is_utc { Moment::Utc(local.and_utc()) } else { Moment::Local(local) })
}

/// chrono takes `1/2/23` for %Y as the year 23: a year that no office means.
fn plausible(day: NaiveDate) -> Result<NaiveDate, Unlike> {
    if (1800..=9999).contains(&day.year()) { Ok(day) } else { Err(None) }
}

/// The whole days and the decimals of a serial number; nothing where the text is none.
fn serial(text: &str) -> Option<(u64, String)> {
    let text: String = text.chars().map(western_digit).collect();
    let (days, fraction) = text.split_once(['.', ',']).map_or((text.as_str(), None), |(days, fraction)| (days, Some(fraction)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_digits(days) && fraction.is_none_or(is_digits)).then_some(())?;
    Some((days.parse().unwrap_or(u64::MAX), fraction.unwrap_or_default().to_owned()))
}

/// The time that the decimals of a serial number mean, to the second. Excel keeps days as binary fractions, so that five
/// decimals or more mean the nearest second; fewer must be one exactly.
fn time_of_day(fraction: &str) -> Result<NaiveTime, Unlike> {
    if fraction.is_empty() {
        return Ok(NaiveTime::MIN);
    }
    let share: f64 = format!("0.{fraction}").parse().map_err(|_| None)?;
    let seconds = share * 86_400.0;
    if fraction.len() < 5 && (seconds - seconds.round()).abs() > 1e-6 {
        return Err(Some("its decimals are too few to tell the second"));
    }
    let whole = TimeDelta::try_seconds(seconds.round() as i64).ok_or(None)?;
    let (time, days) = NaiveTime::MIN.overflowing_add_signed(whole);
    if days == 0 { Ok(time) } else { Err(Some("its decimals are too near to the next day")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received() -> NaiveDate {
        NaiveDate::from_ymd_opt(2023, 7, 1).unwrap()
    }

    #[track_caller]
    fn day(format: &str, text: &str) -> String {
        let format = DateFormat::of_days(format).unwrap();
        format.day(text, received()).map_or_else(|why| format!("no{}", why.map_or(String::new(), |why| format!(": {why}"))), |day| day.to_string())
    }

    #[track_caller]
    fn moment(format: &str, text: &str) -> String {
        match DateFormat::of_moments(format).unwrap().moment(text, received()) {
            Ok(Moment::Local(at)) => at.to_string(),
            Ok(Moment::Utc(at)) => at.to_rfc3339(),
            Err(why) => format!("no{}", why.map_or(String::new(), |why| format!(": {why}"))),
        }
    }

    #[test]
    fn months_by_name_are_read_in_three_languages() {
        for text in ["3 février 2023", "3 FÉVR. 2023", "3 fe\u{301}v 2023", "03 Feb 2023", "3 february 2023", "3\u{a0}fevrier\u{202f}2023", "٣ فبراير ٢٠٢٣"]
        {
            assert_eq!(day("%d %B %Y", text), "2023-02-03", "{text}");
            assert_eq!(day("%d %b %Y", text), "2023-02-03", "{text}");
        }
        for (text, expected) in [
            ("1er mars 2023", "2023-03-01"),
            ("1er août 2022", "2022-08-01"),
            ("15 juil. 2022", "2022-07-15"),
            ("15 juin 2022", "2022-06-15"),
            ("15 déc. 2022", "2022-12-15"),
            ("2nd May 2023", "2023-05-02"),
            ("10 غشت 2022", "2022-08-10"),
            ("10 أغسطس 2022", "2022-08-10"),
            ("10 يوليوز 2022", "2022-07-10"),
        ] {
            assert_eq!(day("%d %B %Y", text), expected, "{text}");
        }
        assert_eq!(day("%d-%b-%y", "03-févr-23"), "2023-02-03");
        assert_eq!(day("%d.%b.%Y", "3.févr.2023"), "2023-02-03");
        assert_eq!(day("%d.%b.%Y", "3.févr..2023"), "2023-02-03");
        for text in
            ["3 02 2023", "3 fevier 2023", "3 jui 2023", "31 février 2023", "2er mars 2023", "mars mars 2023", "3 mars", "février 3 2023", "3 mars 2023 x"]
        {
            assert_eq!(day("%d %B %Y", text), "no", "{text}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_the_latest_that_can_be() {
        for (text, expected) in [
            ("05/02/23", "2023-02-05"),
            ("01/07/23", "2023-07-01"),
            ("02/07/23", "1923-07-02"),
            ("05/02/24", "1924-02-05"),
            ("05/02/99", "1999-02-05"),
            ("29/02/00", "2000-02-29"),
            ("29/02/23", "no"),
            ("05/02/3", "no"),
            ("05/02/2023", "no"),
            ("٠٥/٠٢/٢٣", "2023-02-05"),
        ] {
            assert_eq!(day("%d/%m/%y", text), expected, "{text}");
        }
        assert_eq!([day("%d%m%y", "050223"), day("%d%m%y", "30123")], ["2023-02-05", "no"]);
        assert_eq!(moment("%d/%m/%y %H:%M", "05/02/23 10:30"), "2023-02-05 10:30:00");
        assert_eq!(moment("%d/%m/%y %H:%M", "05/02/24 10:30"), "no", "no record was changed in 1924");
    }

    #[test]
    fn serial_numbers_of_both_epochs_are_read() {
        for (text, expected) in [("44960", "2023-02-03"), ("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("2958465", "9999-12-31")] {
            assert_eq!(day("excel-1900", text), expected, "{text}");
        }
        for (text, expected) in [("43498", "2023-02-03"), ("1", "1904-01-02"), ("60", "1904-03-01"), ("٤٣٤٩٨", "2023-02-03")] {
            assert_eq!(day("excel-1904", text), expected, "{text}");
        }
        assert!(day("excel-1900", "60").contains("never was"));
        assert!(day("excel-1900", "0").contains("empty cell") && day("excel-1904", "0").contains("empty cell"));
        assert!(day("excel-1900", "1987").contains("looks like a year"));
        assert!(day("excel-1900", "44960.5").contains("no decimals"));
        for text in ["2958466", "99999999999", "99999999999999999999999999", "-5", "+5", "4.4960E+04", "44 960", "", "."] {
            assert!(day("excel-1900", text).starts_with("no"), "{text}");
        }
    }

    #[test]
    fn serial_numbers_tell_the_time_to_the_second() {
        for (text, expected) in [
            ("44960", "2023-02-03 00:00:00"),
            ("44960.5", "2023-02-03 12:00:00"),
            ("44960,375", "2023-02-03 09:00:00"),
            ("44960.4201388889", "2023-02-03 10:05:00"),
            ("44960.42014", "2023-02-03 10:05:00"),
        ] {
            assert_eq!(moment("excel-1900", text), expected, "{text}");
        }
        assert!(moment("excel-1900", "44960.4201").contains("too few"));
        assert!(moment("excel-1900", "44960.999999999").contains("too near"));
    }

    #[test]
    fn formats_must_tell_what_they_are_for() {
        for text in ["%d/%m", "%H:%M", "le %Y", "yyyy-mm-dd", "excel-1905", ""] {
            assert!(DateFormat::of_days(text).unwrap_err().0.contains("does not tell day, month and year"), "{text}");
        }
        assert!(DateFormat::of_days("%Q").unwrap_err().1.contains("excel-1900"));
        assert!(DateFormat::of_moments("%d/%m/%Y").unwrap_err().0.contains("does not tell day and time"));
        assert!(DateFormat::of_moments("%Y-%m-%d %H:%M %Z").unwrap_err().0.contains("names a zone"));
        for text in ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%:z", "%d/%m/%Y %H:%M", "%d %B %Y %H:%M", "%d/%m/%y %I:%M %p", "%+", "excel-1904"] {
            assert!(DateFormat::of_moments(text).is_ok(), "{text}");
        }
        for text in ["%d/%m/%Y", "%e %B %Y", "%d-%b-%y", "%D", "%F", "%d/%m/%Y %H:%M", "%Y%m%d", "%A %d %B %Y"] {
            assert!(DateFormat::of_days(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn no_second_is_the_sixtieth() {
        assert!(moment("%H:%M:%S %d/%m/%Y", "10:00:60 05/02/2023").contains("sixtieth"));
        assert_eq!(moment("%d/%m/%Y %H:%M:%S", "05/02/2023 10:00:59"), "2023-02-05 10:00:59");
    }
}
