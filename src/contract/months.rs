//! Names of months in French, English and Arabic (of Morocco, of its neighbours, and standard), folded.

use std::collections::HashMap;
use std::sync::OnceLock;

use unicode_normalization::char::is_combining_mark;

use super::fold;

/// The names of each month; of no spelling it could be asked which month it means.
const NAMES: [&[&str]; 12] = [
    &["janvier", "janv", "jan", "january", "يناير", "جانفي"],
    &["février", "févr", "fév", "february", "feb", "فبراير", "فيفري"],
    &["mars", "mar", "march", "مارس"],
    &["avril", "avr", "april", "apr", "أبريل", "إبريل", "أفريل"],
    &["mai", "may", "مايو", "ماي"],
    &["juin", "jun", "june", "يونيو", "جوان"],
    &["juillet", "juil", "july", "jul", "يوليو", "يوليوز", "جويلية"],
    &["août", "aou", "august", "aug", "أغسطس", "غشت", "أوت"],
    &["septembre", "september", "sept", "sep", "سبتمبر", "شتنبر"],
    &["octobre", "october", "oct", "أكتوبر"],
    &["novembre", "november", "nov", "نوفمبر", "نونبر"],
    &["décembre", "déc", "december", "dec", "ديسمبر", "دجنبر"],
];

/// What chrono reads.
const ENGLISH: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date whose one month stands by name, with its English abbreviation in its place; nothing where there is not one. It
/// stays a word: as a number it could be taken for the day.
///
/// `1er` and English ordinals lose their letters. With `drops_point` a point right after the name is taken for the sign
/// of its abbreviation.
pub fn in_english(text: &str, drops_point: bool) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = 0;
    while let Some(first) = rest.chars().next() {
        let is_word = is_letter(first);
        let end = rest.find(|c| is_letter(c) != is_word).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        match month(part).filter(|_| is_word) {
            Some(month) => {
                found += 1;
                plain.push_str(ENGLISH[month]);
                rest = rest.strip_prefix('.').filter(|_| drops_point).unwrap_or(rest);
            }
            None if is_word && is_ordinal(&plain, part) => {}
            None => plain.push_str(part),
        }
    }
    (found == 1).then_some(plain)
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_combining_mark(c)
}

/// The letters that make an ordinal of the number before them.
fn is_ordinal(before: &str, letters: &str) -> bool {
    let number = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().trim_start_matches('0');
    match letters.to_lowercase().as_str() {
        "er" => number == "1",
        "st" => matches!(number, "1" | "21" | "31"),
        "nd" => matches!(number, "2" | "22"),
        "rd" => matches!(number, "3" | "23"),
        "th" => !number.is_empty(),
        _ => false,
    }
}

/// A month by its name, from 0.
fn month(name: &str) -> Option<usize> {
    static MONTHS: OnceLock<HashMap<String, usize>> = OnceLock::new();
    let months = MONTHS.get_or_init(|| (0..).zip(NAMES).flat_map(|(month, names)| names.iter().map(move |name| (fold(name), month))).collect());
    months.get(&fold(name)).copied()
}

#[cfg(test)]
mod tests {
    use super::{NAMES, fold, month};

    #[test]
    fn no_name_means_two_months() {
        for (index, names) in (0..).zip(NAMES) {
            for name in names {
                assert_eq!(month(name), Some(index), "{name}");
                assert_eq!(month(&fold(name).to_uppercase()), Some(index), "{name}");
            }
        }
        assert_eq!(month("jui"), None);
    }
}
