//! Text as it is kept: characters that nobody sees taken out, accents composed, so that equal looks are equal values.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Text without invisible characters and with its accents composed (NFC).
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let visible: Cow<'_, str> = if text.contains(is_invisible) { text.chars().filter(|c| !is_invisible(*c)).collect::<String>().into() } else { text.into() };
    if is_nfc(&visible) { visible } else { visible.nfc().collect::<String>().into() }
}

/// The same without the white space around it.
#[inline]
pub fn trimmed(text: &str) -> Cow<'_, str> {
    // Most cells are plain, and end in what is none.
    if let [first, .., last] = text.as_bytes()
        && *first > b' '
        && *last > b' '
        && text.is_ascii()
    {
        return Cow::Borrowed(text);
    }
    trimmed_of_any(text)
}

fn trimmed_of_any(text: &str) -> Cow<'_, str> {
    match clean(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Characters without width that spreadsheets and word processors leave behind: byte-order marks, soft hyphens,
/// zero-width spaces and joiners, marks of direction.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The one spelling of a technical id: Western digits, straight apostrophes, plain hyphens and spaces.
pub fn id(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte == b' ' || (byte.is_ascii_graphic() && byte != b'`');
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let plain = text
        .chars()
        .map(|c| match super::western_digit(c) {
            '‘' | '’' | 'ʼ' | '′' | '`' | '´' => '\'',
            '\u{2010}'..='\u{2015}' | '−' => '-',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    Cow::Owned(plain)
}

/// True for `4512.0` and `4,512E+03`: what a spreadsheet makes of an id of digits.
pub fn is_spreadsheet_number(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    if let Some((whole, zeros)) = text.split_once(['.', ',']) {
        let is_whole = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
        if is_whole && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') {
            return true;
        }
    }
    super::is_exponential(text) && text.contains(['.', ',', '+', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        for spelling in ["Né\u{ad}ant", "\u{feff}Néant", "Ne\u{301}ant", "N\u{200b}éant\u{200f}"] {
            assert_eq!(clean(spelling), "Néant", "{spelling:?}");
        }
        assert_eq!(clean("محمّد"), "محمّد", "accents that belong to a letter stay");
        assert_eq!(id("R’٠٤‑12\u{a0}b"), "R'04-12 b");
    }

    #[test]
    fn ids_that_became_numbers_are_known() {
        for text in ["4512.0", "4512,00", "4,512E+03", "4.512e3", "5E+03", "1e-5"] {
            assert!(is_spreadsheet_number(text), "{text}");
        }
        for text in ["4512", "004512", "12E4", "4512.1", "r.0", ".0", "1e", "a-b"] {
            assert!(!is_spreadsheet_number(text), "{text}");
        }
    }
}
