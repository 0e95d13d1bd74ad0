//! What the values of a column are, by all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::dates;
use super::sample::Sample;
use crate::contract::{NumberStyle, fold};
use crate::read::sample::Native;

/// Spellings of "no value" that are looked for; none is a person's.
const MISSING: [&str; 20] =
    ["-", "--", "---", "n/a", "na", "nd", "n.d.", "n.a.", "n.c.", "nc", "ns", "néant", "null", "none", "nan", "#n/a", "?", "/", "inconnu", "غير متوفر"];

/// Spellings of yes and no, folded.
const YES: [&str; 5] = ["yes", "oui", "true", "vrai", "نعم"];
const NO: [&str; 5] = ["no", "non", "false", "faux", "لا"];

/// The values of a column. A person's may be among them, so that there is no `Debug`.
pub struct Values<'s> {
    /// Values that are there, trimmed, with their rows and what a workbook holds them as.
    pub filled: Vec<(i64, &'s str, Option<Native>)>,
    /// How many cells are blank or hold a spelling of "no value".
    pub missing: usize,
    /// The spellings of "no value" that were met.
    pub spellings: BTreeSet<String>,
}

/// What the values of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// Whole numbers.
    Integer,
    /// Numbers with decimals, and the styles that fit all of them.
    Number {
        /// How they may be written; one where it is decided.
        styles: Vec<NumberStyle>,
        /// The most decimals seen.
        scale: u8,
    },
    /// Yes and no.
    Boolean,
    /// Dates, and the formats that fit all of them; none where they are real dates of a workbook.
    Date(Vec<&'static str>),
    /// Moments, likewise.
    DateTime(Vec<&'static str>),
}

/// A kind, why, and what kept the values from being something else.
pub struct Judged {
    /// The kind.
    pub kind: Kind,
    /// Why.
    pub evidence: String,
    /// What nearly all values are, with the rows that are not.
    pub nearly: Option<String>,
}

impl<'s> Values<'s> {
    /// The values of a sample's column.
    pub fn of(sample: &'s Sample, column: usize) -> Self {
        let mut values = Self { filled: Vec::new(), missing: 0, spellings: BTreeSet::new() };
        for row in &sample.rows {
            let Some(cell) = row.cells.get(column) else { continue };
            let text = cell.text.trim();
            if text.is_empty() {
                values.missing += 1;
            } else if MISSING.contains(&text.to_lowercase().as_str()) {
                values.missing += 1;
                values.spellings.insert(text.to_owned());
            } else {
                values.filled.push((row.number, text, cell.native));
            }
        }
        values
    }

    /// The texts.
    pub fn texts(&self) -> Vec<&'s str> {
        self.filled.iter().map(|(_, text, _)| *text).collect()
    }

    /// How often each value stands there.
    pub fn counts(&self) -> BTreeMap<&'s str, usize> {
        let mut counts = BTreeMap::new();
        self.filled.iter().for_each(|(_, text, _)| *counts.entry(*text).or_default() += 1);
        counts
    }

    /// What they are.
    pub fn judge(&self) -> Judged {
        let texts = self.texts();
        let all = texts.len();
        if all == 0 {
            return Judged { kind: Kind::String, evidence: "no value in the sample".to_owned(), nearly: None };
        }
        let natives = |kind: Native| self.filled.iter().filter(|(_, _, native)| *native == Some(kind)).count();
        let judged = |kind, evidence: String| Judged { kind, evidence, nearly: None };
        if natives(Native::Date) == all {
            return judged(Kind::Date(Vec::new()), format!("all {all} values are real dates"));
        }
        if natives(Native::Date) + natives(Native::Moment) == all {
            return judged(Kind::DateTime(Vec::new()), format!("all {all} values are real dates, some with a time"));
        }
        if texts.iter().all(|text| is_yes_or_no(text)) {
            return judged(Kind::Boolean, format!("all {all} values are spellings of yes and no"));
        }
        if texts.iter().all(|text| is_whole(text)) {
            return judged(Kind::Integer, format!("all {all} values are whole numbers"));
        }
        if let Some((styles, scale)) = self.numbers() {
            return judged(Kind::Number { styles, scale }, format!("all {all} values are numbers, with {scale} decimals at most"));
        }
        self.temporal(&texts)
    }

    fn temporal(&self, texts: &[&str]) -> Judged {
        let all = texts.len();
        // Real dates among texts stand in ISO form, which is no format of the texts.
        let native = self.filled.iter().filter(|(_, _, native)| matches!(native, Some(Native::Date | Native::Moment))).count();
        let mut nearly = None;
        for (formats, is_date) in [(dates::of_dates(texts), true), (dates::of_moments(texts), false)] {
            let fit: Vec<&'static str> = formats.iter().filter(|(_, count)| *count == all).map(|(format, _)| *format).collect();
            if !fit.is_empty() {
                let evidence = format!("all {all} values fit {}", fit.join(" and "));
                return Judged { kind: if is_date { Kind::Date(fit) } else { Kind::DateTime(fit) }, evidence, nearly: None };
            }
            if let Some((format, count)) = formats.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| count * 2 > all) {
                nearly = Some(format!("{count} of {all} values fit {format}; the others stand in {}", self.misfits(format, is_date)));
            }
        }
        if native > 0 {
            nearly.get_or_insert_with(|| format!("{native} of {all} values are real dates, the others are text"));
        }
        let distinct = self.counts().len();
        Judged { kind: Kind::String, evidence: format!("text, {distinct} distinct among {all} values"), nearly }
    }

    fn misfits(&self, format: &str, is_date: bool) -> String {
        let fits = |text: &str| {
            let found = if is_date { dates::of_dates(&[text]) } else { dates::of_moments(&[text]) };
            found.iter().any(|(known, _)| *known == format)
        };
        super::some_rows(&self.filled.iter().filter(|(_, text, _)| !fits(text)).map(|(row, _, _)| *row).collect::<Vec<_>>())
    }

    /// The styles in which every value is a number, and the most decimals of any.
    fn numbers(&self) -> Option<(Vec<NumberStyle>, u8)> {
        let styles = [('.', None), (',', None), (',', Some('.')), ('.', Some(','))].map(|(decimal, group)| NumberStyle { decimal, group });
        let decimals = |style: NumberStyle| {
            let each = self.filled.iter().map(|(_, text, native)| {
                let written = if *native == Some(Native::Number) { style.native(text) } else { (*text).to_owned() };
                let figure = style.read(&written).ok()?;
                (0..=9).find(|scale| figure.scaled(*scale).is_ok())
            });
            each.collect::<Option<Vec<u8>>>().and_then(|scales| scales.into_iter().max())
        };
        let fit: Vec<(NumberStyle, u8)> = styles.into_iter().filter_map(|style| decimals(style).map(|scale| (style, scale))).collect();
        // A style with groups says no more than the one without where both fit alike.
        let plain: Vec<(NumberStyle, u8)> = fit
            .iter()
            .filter(|(style, _)| style.group.is_none() || !fit.iter().any(|(other, _)| other.group.is_none() && other.decimal == style.decimal))
            .copied()
            .collect();
        let scale = plain.iter().map(|(_, scale)| *scale).max()?;
        Some((plain.into_iter().map(|(style, _)| style).collect(), scale))
    }
}

fn is_yes_or_no(text: &str) -> bool {
    let folded = fold(text);
    YES.contains(&folded.as_str()) || NO.contains(&folded.as_str())
}

/// Digits alone; a leading zero is part of a code, not of a number.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let has_lead = digits.len() > 1 && digits.starts_with('0');
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && !has_lead && text.parse::<i64>().is_ok()
}
