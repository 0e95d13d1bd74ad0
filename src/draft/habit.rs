//! How the columns of a sample are written, together: a source has one list of formats and one style of numbers.

use std::collections::BTreeSet;

use super::column::Column;
use super::dates::has_short_year;
use super::kinds::Kind;
use crate::contract::NumberStyle;

/// How a source's values are written.
#[derive(Debug, Default)]
pub struct Written {
    /// Formats of dates that are decided.
    pub dates: Vec<&'static str>,
    /// Formats of moments that are decided.
    pub datetimes: Vec<&'static str>,
    /// Formats between which people must choose: for dates.
    pub open_dates: Vec<&'static str>,
    /// The same for moments.
    pub open_datetimes: Vec<&'static str>,
    /// How numbers are written; absent where there are none or it is the default.
    pub numbers: Option<NumberStyle>,
    /// Styles of numbers between which people must choose.
    pub open_numbers: Vec<NumberStyle>,
}

/// Decides formats and styles; what stays open becomes a question of the columns.
pub fn decide(columns: &mut [Column]) -> Written {
    let mut written = Written::default();
    (written.dates, written.open_dates) = formats(columns, |kind| if let Kind::Date(formats) = kind { Some(formats) } else { None });
    (written.datetimes, written.open_datetimes) = formats(columns, |kind| if let Kind::DateTime(formats) = kind { Some(formats) } else { None });
    let styles: Vec<Vec<NumberStyle>> =
        columns.iter().filter_map(|column| if let Kind::Number { styles, .. } = &column.kind { Some(styles.clone()) } else { None }).collect();
    let Some(first) = styles.first() else { return written };
    let common: Vec<NumberStyle> = first.iter().filter(|style| styles.iter().all(|styles| styles.contains(style))).copied().collect();
    match common.as_slice() {
        [only] => written.numbers = (*only != NumberStyle::default()).then_some(*only),
        _ => {
            written.open_numbers = if common.is_empty() { styles.concat() } else { common };
            for column in columns.iter_mut().filter(|column| matches!(column.kind, Kind::Number { .. })) {
                column.questions.push("point and comma could each part decimals or thousands: which is which?".to_owned());
            }
        }
    }
    written
}

/// The formats that are decided and those that are open.
fn formats(columns: &mut [Column], of: impl Fn(&Kind) -> Option<&Vec<&'static str>>) -> (Vec<&'static str>, Vec<&'static str>) {
    let settled: BTreeSet<&'static str> =
        columns.iter().filter_map(|column| of(&column.kind)).filter_map(|formats| if let [only] = formats.as_slice() { Some(*only) } else { None }).collect();
    let mut decided: Vec<&'static str> = Vec::new();
    let mut open: Vec<&'static str> = Vec::new();
    for column in columns.iter_mut() {
        let Some(fitting) = of(&column.kind).cloned() else { continue };
        let also: Vec<&'static str> = fitting.iter().filter(|format| settled.contains(*format)).copied().collect();
        let format = match (fitting.as_slice(), also.as_slice()) {
            ([], _) => continue,
            ([only], _) => *only,
            // A file is written by one hand: where another column leaves no doubt, this one is read likewise.
            (_, [only]) => {
                column.evidence.push(format!("day and month as in the columns that fit {only} alone"));
                only
            }
            _ => {
                column.questions.push(format!("its values fit {}: which is the day, which the month?", fitting.join(" and ")));
                fitting.into_iter().for_each(|format| push(&mut open, format));
                continue;
            }
        };
        if has_short_year(format) {
            column.questions.push("its years have two digits, of which 69 to 99 are read as 19.. and 00 to 68 as 20..: is that right?".to_owned());
        }
        push(&mut decided, format);
    }
    (decided, open)
}

fn push(formats: &mut Vec<&'static str>, format: &'static str) {
    if !formats.contains(&format) {
        formats.push(format);
    }
}
