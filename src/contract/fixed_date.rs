//! Dates and moments in which every number has its width: read sign by sign, without a search.
//!
//! Only says yes: what does not fit is left to the general way of reading, which knows why.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::Day;

/// A format such as `%d/%m/%Y` or `%Y-%m-%dT%H:%M:%SZ`.
#[derive(Debug, Clone)]
pub struct FixedLayout {
    width: usize,
    /// Signs between numbers, by their places.
    signs: Vec<(usize, u8)>,
    /// Where each number begins, in the order of [`Unit`].
    places: [Option<usize>; 6],
    has_time: bool,
    is_utc: bool,
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
        let (mut width, mut signs, mut places) = (0, Vec::new(), [None; 6]);
        let mut letters = format.bytes();
        while let Some(letter) = letters.next() {
            match letter {
                b'%' => {
                    let unit = unit(letters.next()?)?;
                    if places[unit as usize].replace(width).is_some() {
                        return None;
                    }
                    width += unit.width();
                }
                b'-' | b'/' | b'.' | b':' | b' ' | b'T' | b'Z' => {
                    signs.push((width, letter));
                    width += 1;
                }
                _ => return None,
            }
        }
        let [year, month, day, hour, minute, second] = places.map(|place| place.is_some());
        let has_time = hour && minute;
        // A time is told whole or not at all; seconds may be left out.
        let is_whole = has_time || !(hour || minute || second);
        (year && month && day && is_whole).then(|| Self { width, signs, places, has_time, is_utc: format.ends_with('Z') })
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
        let day = self.day(text)?;
        let number = |unit: Unit| self.places[unit as usize].map_or(Some(0), |place| pair(text.as_bytes(), place));
        Some(day.and_time(NaiveTime::from_hms_opt(number(Unit::Hour)?, number(Unit::Minute)?, number(Unit::Second)?)?))
    }

    /// The day that a text means, whatever time it tells; nothing as [`FixedLayout::read`] says, times aside.
    fn day(&self, text: &str) -> Option<NaiveDate> {
        let [year, month, day] = self.numbers(text)?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }

    /// Year, month and day as they are written, whether there is such a day or not.
    #[inline]
    fn numbers(&self, text: &str) -> Option<[u32; 3]> {
        let bytes = text.as_bytes();
        if bytes.len() != self.width || self.signs.iter().any(|(place, sign)| bytes[*place] != *sign) {
            return None;
        }
        let [Some(year), Some(month), Some(day), ..] = self.places else { return None };
        let year = pair(bytes, year)? * 100 + pair(bytes, year + 2)?;
        if year < 1800 { None } else { Some([year, pair(bytes, month)?, pair(bytes, day)?]) }
    }

    /// The day that a text means, as the number of days since the first of 1970; nothing as [`FixedLayout::read`] says, and
    /// where the layout tells times.
    #[inline]
    pub fn number_of_day(&self, text: &str) -> Option<i32> {
        let [year, month, day] = self.numbers(text).filter(|_| !self.has_time)?;
        Day { year: year.into(), month: month.into(), day: day.into() }.number()
    }

    /// The day that a text means which tells no time; nothing as [`FixedLayout::read`] says.
    pub fn read_day(&self, text: &str) -> Option<NaiveDate> {
        if self.has_time { self.read(text).map(|at| at.date()) } else { self.day(text) }
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

/// The number that two digits at a place are.
#[inline]
fn pair(bytes: &[u8], place: usize) -> Option<u32> {
    let [tens, ones] = [bytes.get(place)?, bytes.get(place + 1)?].map(|digit| digit.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
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

    #[test]
    fn a_day_has_the_number_that_the_calendar_gives_it() {
        let layouts = ["%d/%m/%Y", "%Y%m%d", "%d.%m.%Y %H:%M"].map(|format| FixedLayout::of(format).expect("a layout"));
        let texts = (0..40).flat_map(|day| (0..14).flat_map(move |month| [1799, 1800, 1900, 2000, 2023, 2024].map(|year| (day, month, year))));
        for (day, month, year) in texts {
            let texts = [format!("{day:02}/{month:02}/{year}"), format!("{year}{month:02}{day:02}"), format!("{day:02}.{month:02}.{year} 10:00")];
            for (layout, text) in layouts.iter().zip(texts) {
                let number = layout.read_day(&text).filter(|_| !layout.has_time()).map(|day| (day - chrono::NaiveDate::default()).num_days());
                assert_eq!(layout.number_of_day(&text).map(i64::from), number, "{text}");
            }
        }
    }
}
