//! Dates and moments in which every number has its width: read by their places, without a search.
//!
//! Only says yes: what does not fit is left to the general way of reading, which knows why.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::Day;
use super::shape::{Ahead, Shape, alone};

/// A format such as `%d/%m/%Y` or `%Y-%m-%dT%H:%M:%SZ`.
#[derive(Debug, Clone)]
pub struct FixedLayout {
    /// Digits, and the signs between numbers.
    shape: Shape,
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
        let (mut signs, mut places) = (Vec::new(), [None; 6]);
        let mut letters = format.bytes();
        while let Some(letter) = letters.next() {
            match letter {
                b'%' => {
                    let unit = unit(letters.next()?)?;
                    if places[unit as usize].replace(signs.len()).is_some() {
                        return None;
                    }
                    signs.extend(vec![b'0'..=b'9'; unit.width()]);
                }
                b'-' | b'/' | b'.' | b':' | b' ' | b'T' | b'Z' => signs.push(letter..=letter),
                _ => return None,
            }
        }
        let [year, month, day, hour, minute, second] = places.map(|place| place.is_some());
        let has_time = hour && minute;
        // A time is told whole or not at all; seconds may be left out.
        let is_whole = has_time || !(hour || minute || second);
        let shape = Shape::of(&signs).filter(|_| year && month && day && is_whole)?;
        Some(Self { shape, places, has_time, is_utc: format.ends_with('Z') })
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
        let (day, ahead) = (self.day(text)?, alone(text)?);
        let [hour, minute, second] = [Unit::Hour, Unit::Minute, Unit::Second].map(|unit| self.places[unit as usize].map_or(0, |place| pair(&ahead, place)));
        Some(day.and_time(NaiveTime::from_hms_opt(hour, minute, second)?))
    }

    /// The day that a text means, whatever time it tells; nothing as [`FixedLayout::read`] says, times aside.
    fn day(&self, text: &str) -> Option<NaiveDate> {
        let [year, month, day] = self.numbers(&alone(text)?, text.len())?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }

    /// Year, month and day as they are written in the first `len` bytes, whether there is such a day or not.
    #[inline]
    fn numbers(&self, text: &Ahead, len: usize) -> Option<[u32; 3]> {
        let [Some(year), Some(month), Some(day), ..] = self.places else { return None };
        if !self.shape.fits(text, len) {
            return None;
        }
        let year = pair(text, year) * 100 + pair(text, year + 2);
        if year < 1800 { None } else { Some([year, pair(text, month), pair(text, day)]) }
    }

    /// The day that the first `len` bytes of a text mean, as the number of days since the first of 1970; nothing as
    /// [`FixedLayout::read`] says, and where the layout tells times.
    #[inline]
    pub fn number_of_day(&self, text: &Ahead, len: usize) -> Option<i32> {
        let [year, month, day] = self.numbers(text, len).filter(|_| !self.has_time)?;
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

/// The number that two digits at a place are; the shape has digits there.
#[inline]
fn pair(text: &Ahead, place: usize) -> u32 {
    u32::from(text[place] & 0xf) * 10 + u32::from(text[place + 1] & 0xf)
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
                let mut ahead = super::alone(&text).expect("a short text");
                ahead[text.len()..].fill(b'7');
                assert_eq!(layout.number_of_day(&ahead, text.len()).map(i64::from), number, "{text}");
            }
        }
    }
}
