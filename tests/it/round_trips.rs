//! What is written in any habit that a source can declare is read back exactly.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use proptest::prelude::*;
use rihla::contract::{DateFormat, Moment, NumberStyle};

/// Digits in one of three scripts.
fn in_script(text: &str, zero: char) -> String {
    text.chars().map(|c| c.to_digit(10).map_or(c, |digit| char::from_u32(u32::from(zero) + digit).expect("a digit"))).collect()
}

fn grouped(digits: &str, separator: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

const MONTHS: [[&str; 5]; 12] = [
    ["janvier", "JANV.", "January", "Jan", "يناير"],
    ["février", "FÉVR.", "February", "Feb", "فبراير"],
    ["mars", "MARS", "March", "Mar", "مارس"],
    ["avril", "AVR.", "April", "Apr", "أبريل"],
    ["mai", "MAI", "May", "May", "ماي"],
    ["juin", "JUIN", "June", "Jun", "يونيو"],
    ["juillet", "JUIL.", "July", "Jul", "يوليوز"],
    ["aou\u{302}t", "AOÛT", "August", "Aug", "غشت"],
    ["septembre", "SEPT.", "September", "Sep", "شتنبر"],
    ["octobre", "OCT.", "October", "Oct", "أكتوبر"],
    ["novembre", "NOV.", "November", "Nov", "نونبر"],
    ["décembre", "DÉC.", "December", "Dec", "دجنبر"],
];

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..80_000).prop_map(|days| NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day") + Days::new(days))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_read_back_exactly(
        value in -999_999_999_999_999_999_i128..=999_999_999_999_999_999,
        scale in 0_u8..=9,
        zero in prop::sample::select(vec!['0', '٠', '۰']),
        group in prop::sample::select(vec!["", " ", "\u{a0}", "\u{202f}", "\u{2009}", "\u{2007}", "٬", "'"]),
        decimal in prop::sample::select(vec!['.', ',', '٫']),
        minus in prop::sample::select(vec!["-", "−"]),
    ) {
        let width = usize::from(scale);
        let digits = format!("{:0>least$}", value.unsigned_abs(), least = width + 1);
        let (whole, decimals) = digits.split_at(digits.len() - width);
        let sign = if value < 0 { minus } else { "" };
        let tail = if width == 0 { String::new() } else { format!("{decimal}{decimals}") };
        let text = in_script(&format!("{sign}{}{tail}", grouped(whole, group)), zero);
        let style = NumberStyle { decimal: if decimal == ',' { ',' } else { '.' }, group: Some('\'') };
        let figure = style.read(&text).map_err(|why| TestCaseError::fail(format!("{text}: {why:?}")))?;
        prop_assert_eq!(figure.scaled(scale), Ok(value), "{}", text);
        // The same digits in the style of the other decimal sign are another number or none, never this one times a thousand.
        let other = NumberStyle { decimal: if decimal == ',' { '.' } else { ',' }, group: None };
        if width > 0 && decimal != '٫' {
            prop_assert!(other.read(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn dates_are_read_back_exactly(day in any_day(), name in 0_usize..5, zero in prop::sample::select(vec!['0', '٠', '۰'])) {
        let latest = NaiveDate::from_ymd_opt(2125, 1, 1).expect("a day");
        let read = |format: &str, text: &str| DateFormat::of_days(format).expect("a format").day(&in_script(text, zero), latest);
        let month = MONTHS[day.month0() as usize][name];
        let first = if day.day() == 1 && name < 2 { "1er".to_owned() } else { day.day().to_string() };
        for format in ["%d %B %Y", "%d %b %Y"] {
            prop_assert_eq!(read(format, &format!("{first} {month} {}", day.year())), Ok(day));
        }
        prop_assert_eq!(read("%d/%m/%Y", &day.format("%d/%m/%Y").to_string()), Ok(day));
        let serial = day.signed_duration_since(NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day")).num_days();
        if serial > 60 && !(1800..=2100).contains(&serial) {
            prop_assert_eq!(read("excel-1900", &serial.to_string()), Ok(day));
        }
        let serial = serial - 1462;
        if serial > 0 && !(1800..=2100).contains(&serial) {
            prop_assert_eq!(read("excel-1904", &serial.to_string()), Ok(day));
        }
    }

    #[test]
    fn a_year_of_two_digits_is_the_latest_that_is_not_later(day in any_day(), latest in any_day()) {
        let read = DateFormat::of_days("%d/%m/%y").expect("a format").day(&day.format("%d/%m/%y").to_string(), latest);
        if let Ok(read) = read {
            prop_assert_eq!((read.day(), read.month(), read.year() % 100), (day.day(), day.month(), day.year() % 100));
            prop_assert!(read <= latest && NaiveDate::from_ymd_opt(read.year() + 100, read.month(), read.day()).is_none_or(|next| next > latest));
        }
    }

    #[test]
    fn moments_are_read_back_to_the_second(day in any_day(), second in 0_u32..86_399) {
        let at: NaiveDateTime = day.and_hms_opt(0, 0, 0).expect("a time") + chrono::TimeDelta::seconds(i64::from(second));
        let days = day.signed_duration_since(NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day")).num_days();
        if days > 60 && !(1800..=2100).contains(&days) {
            // As Excel keeps it, and as it shows it in a cell of eleven characters.
            let serial = f64::from(u32::try_from(days).expect("few days")) + f64::from(second) / 86_400.0;
            for text in [serial.to_string(), format!("{serial:.5}")] {
                prop_assert_eq!(DateFormat::of_moments("excel-1900").expect("a format").moment(&text, day), Ok(Moment::Local(at)), "{}", text);
            }
        }
    }
}
