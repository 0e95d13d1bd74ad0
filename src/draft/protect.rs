//! Values that may be a person's, told by what they look like: when in doubt, they are.

use super::kinds::{Kind, Values};

/// Why values may identify a person, whatever their label says; nothing where no sign of it was found.
pub fn sign(values: &Values<'_>, kind: &Kind) -> Option<&'static str> {
    let texts = values.texts();
    if texts.is_empty() {
        return None;
    }
    let most = |is: fn(&str) -> bool| texts.iter().filter(|text| is(text)).count() * 2 > texts.len();
    let any = |is: fn(&str) -> bool| texts.iter().any(|text| is(text));
    if any(is_mail) {
        return Some("it holds e-mail addresses");
    }
    let is_temporal = matches!(kind, Kind::Date(_) | Kind::DateTime(_) | Kind::Boolean | Kind::Number { .. });
    if !is_temporal && any(is_phone) {
        return Some("it holds numbers as long as telephone numbers");
    }
    if *kind == Kind::String && most(is_document) {
        return Some("its values are letters and digits as on documents");
    }
    if any(|text| text.chars().count() > 60 || text.contains('\n')) {
        return Some("it holds long text");
    }
    // Of amounts and years many are alike; of numbers that people and cases have few.
    if *kind == Kind::Integer && texts.len() >= 5 && values.counts().len() * 2 > texts.len() && texts.iter().all(|text| text.len() >= 4) {
        return Some("most values are another long number each, as numbers of persons and cases are");
    }
    None
}

/// True for birth dates among dates: most lie ten years or more before the newest of the sample's other dates.
pub fn are_long_ago(days: &[chrono::NaiveDate], newest: chrono::NaiveDate) -> bool {
    let old = days.iter().filter(|day| newest.signed_duration_since(**day).num_days() > 3_650).count();
    !days.is_empty() && old * 2 > days.len()
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let others = text.chars().all(|c| c.is_numeric() || matches!(c, '+' | ' ' | '(' | ')' | '-' | '.' | '/' | '\u{a0}'));
    others && (8..=15).contains(&digits)
}

fn is_document(text: &str) -> bool {
    let letters = text.chars().take_while(char::is_ascii_alphabetic).count();
    let rest = &text[letters..];
    (1..=3).contains(&letters) && (5..=9).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit())
}
