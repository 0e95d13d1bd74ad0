//! Bytes made text, strictly: an extract in another encoding than declared is refused, not repaired.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::Refusal;
use crate::project::TextEncoding;

/// Decodes an extract.
///
/// # Errors
/// `format-error` for what is no text; `encoding-error` for another encoding than declared.
pub fn decode(bytes: &[u8], encoding: TextEncoding) -> Result<Cow<'_, str>, Refusal> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(Refusal::new("format-error", "this is a workbook or ZIP file, not text"));
    }
    let text = match encoding {
        TextEncoding::Utf16 | TextEncoding::Utf16Le | TextEncoding::Utf16Be => decode_utf16(bytes, encoding)?,
        TextEncoding::Utf8 | TextEncoding::Windows1252 => decode_bytes(bytes, encoding)?,
    };
    match decoded_twice(&text) {
        Some((at, meant)) => {
            let line = text[..at].matches('\n').count() + 1;
            let what = format!("line {line} holds text that was decoded twice (`{}` for `{meant}`)", mangled(meant));
            Err(Refusal::new("encoding-error", format!("{what}: UTF-8 was opened as Windows-1252 and saved so; export it again and open it as UTF-8")))
        }
        None => Ok(text),
    }
}

fn decode_bytes(bytes: &[u8], encoding: TextEncoding) -> Result<Cow<'_, str>, Refusal> {
    if order_mark(bytes).is_some() {
        return Err(other_than_declared("UTF-16", encoding));
    }
    if memchr(0, bytes).is_some() {
        let hint = wide(bytes).map_or("it is no text in a known encoding".to_owned(), |order| format!("is the encoding `{}`?", order.name()));
        return Err(Refusal::new("format-error", format!("the file holds NUL bytes: {hint}")));
    }
    if encoding == TextEncoding::Utf8 { decode_utf8(bytes) } else { decode_windows_1252(bytes) }
}

/// UTF-16 in the order of its mark or of its name.
fn decode_utf16(bytes: &[u8], encoding: TextEncoding) -> Result<Cow<'_, str>, Refusal> {
    let refuse = |message: String| Err(Refusal::new("encoding-error", message));
    let mark = order_mark(bytes);
    if mark.is_none() && std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) {
        return Err(other_than_declared("UTF-8", encoding));
    }
    let order = match (mark, encoding) {
        (None, TextEncoding::Utf16) => {
            let hint = wide(bytes).map_or("say `utf-16le` or `utf-16be`".to_owned(), |order| format!("is it `{}`?", order.name()));
            return refuse(format!("the text has no byte-order mark, so that `utf-16` does not say which byte comes first: {hint}"));
        }
        (Some(order), TextEncoding::Utf16) => order,
        (Some(order), declared) if order != declared => return Err(other_than_declared(order.name(), declared)),
        (_, declared) => declared,
    };
    if let Some(likely) = wide(bytes).filter(|likely| *likely != order && mark.is_none()) {
        return Err(other_than_declared(likely.name(), order));
    }
    let body = if mark.is_some() { &bytes[2..] } else { bytes };
    if !body.len().is_multiple_of(2) {
        return refuse("the text ends in the middle of a character: was the file cut off?".to_owned());
    }
    let codec = if order == TextEncoding::Utf16Be { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
    match codec.decode_without_bom_handling_and_without_replacement(body) {
        Some(text) if !text.contains('\0') => Ok(text),
        _ => refuse(format!("bytes that are no text in {}", order.name())),
    }
}

fn order_mark(bytes: &[u8]) -> Option<TextEncoding> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(TextEncoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(TextEncoding::Utf16Be),
        _ => None,
    }
}

/// Where the NUL bytes stand that Latin letters have in UTF-16: a hint for people, never a decision.
fn wide(bytes: &[u8]) -> Option<TextEncoding> {
    let nuls = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    if even.max(odd) * 4 < bytes.len() || even == odd {
        return None;
    }
    Some(if odd > even { TextEncoding::Utf16Le } else { TextEncoding::Utf16Be })
}

/// Where UTF-8 was once read as Windows-1252 or Latin-1 and kept so: `NumÃ©ro`. Gives the place and the letter that was
/// meant.
///
/// Only what no language writes counts: `Ã` before a sign or a no-break space, `Â` before a sign, `â€` before one, `Å“`
/// for œ, `Ø` and `Ù` in pairs with signs (Arabic), and a lone `Ã ` whose no-break space became a plain one.
pub fn decoded_twice(text: &str) -> Option<(usize, char)> {
    if text.is_ascii() {
        return None;
    }
    // All of them begin with the same byte, and the next one tells them apart.
    let bytes = text.as_bytes();
    let leads = memchr_iter(0xC3, bytes).filter_map(|at| match bytes.get(at + 1)? {
        0x82 => Some((at, 'Â')),
        0x83 => Some((at, 'Ã')),
        0x85 => Some((at, 'Å')),
        0xA2 => Some((at, 'â')),
        0x98 => Some((at, 'Ø')),
        0x99 => Some((at, 'Ù')),
        _ => None,
    });
    leads.filter_map(|(at, lead)| meant(&text[..at], &text[at..], lead).map(|meant| (at, meant))).next()
}

fn meant(before: &str, rest: &str, lead: char) -> Option<char> {
    let letter = undone(rest, if lead == 'â' { 3 } else { 2 });
    match lead {
        'Ã' => letter.or_else(|| {
            let is_cut = before.chars().next_back().is_none_or(|c| c.is_ascii_lowercase() || c.is_whitespace());
            (is_cut && rest.chars().nth(1) == Some(' ')).then_some('à')
        }),
        'Â' => letter.filter(|c| !c.is_control()),
        'Å' => letter.filter(|c| matches!(c, 'œ' | 'Œ')),
        'â' => letter.filter(|c| ('\u{2000}'..='\u{20ff}').contains(c)),
        _ => letter.filter(|_| rest.char_indices().nth(2).is_some_and(|(next, lead)| matches!(lead, 'Ø' | 'Ù') && undone(&rest[next..], 2).is_some())),
    }
}

/// The one letter that some characters were before they were decoded twice.
fn undone(text: &str, count: usize) -> Option<char> {
    let bytes: Vec<u8> = text.chars().take(count).map(byte).collect::<Option<_>>()?;
    let mut letters = std::str::from_utf8(&bytes).ok()?.chars();
    letters.next().filter(|_| bytes.len() == count && letters.next().is_none())
}

/// The byte that a character stands for in Windows-1252 or Latin-1.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    match encoding_rs::WINDOWS_1252.encode(c.encode_utf8(&mut [0; 4])) {
        (bytes, _, false) => bytes.first().copied(),
        _ => None,
    }
}

/// How a letter looks once it was decoded twice.
pub fn mangled(letter: char) -> String {
    let mut bytes = [0; 4];
    encoding_rs::WINDOWS_1252.decode(letter.encode_utf8(&mut bytes).as_bytes()).0.into_owned()
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Refusal::new("encoding-error", format!("line {line} is not UTF-8; a file from Excel is often `windows-1252`"))
    })
}

/// Bytes as text; where they are none, how far they are.
fn utf8(bytes: &[u8]) -> Result<&str, std::str::Utf8Error> {
    simdutf8::basic::from_utf8(bytes).or_else(|_| std::str::from_utf8(bytes))
}

fn decode_windows_1252(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    // Text of several bytes a character that is whole UTF-8 throughout is UTF-8: read as Windows-1252 it would
    // become `NumÃ©ro`.
    if !bytes.is_ascii() && utf8(bytes).is_ok() {
        return Err(other_than_declared("UTF-8", TextEncoding::Windows1252));
    }
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes);
    text.ok_or_else(|| Refusal::new("encoding-error", "bytes that are no text in windows-1252"))
}

fn other_than_declared(found: &str, declared: TextEncoding) -> Refusal {
    Refusal::new("encoding-error", format!("the text is {found}, but the source says {}: mend `encoding`, or save the extract as it says", declared.name()))
}

#[cfg(test)]
mod tests {
    use super::TextEncoding::{Utf8, Utf16, Utf16Be, Utf16Le, Windows1252};
    use super::{TextEncoding, decode, decoded_twice};

    fn refused(bytes: &[u8], encoding: TextEncoding) -> String {
        let refusal = decode(bytes, encoding).unwrap_err();
        format!("{}: {}", refusal.error, refusal.message)
    }

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn another_encoding_is_refused() {
        assert_eq!(decode("\u{feff}Prénom".as_bytes(), Utf8).unwrap(), "Prénom");
        assert_eq!(decode(b"Pr\xE9nom", Windows1252).unwrap(), "Prénom");
        assert!(refused(b"a\nPr\xE9nom", Utf8).starts_with("encoding-error: line 2 is not UTF-8"));
        assert!(refused("Prénom".as_bytes(), Windows1252).starts_with("encoding-error: the text is UTF-8, but the source says windows-1252"));
        assert!(refused(b"\xFF\xFEa\0", Utf8).starts_with("encoding-error: the text is UTF-16, but the source says utf-8"));
        assert!(refused(&wide("Nom;Âge", u16::to_le_bytes), Utf8).ends_with("is the encoding `utf-16le`?"));
        assert!(refused(b"a text with\0one", Utf8).ends_with("it is no text in a known encoding"));
        assert!(refused(b"PK\x03\x04", Utf8).starts_with("format-error"));
    }

    #[test]
    fn utf_16_has_an_order() {
        for (mark, unit, name) in [("\u{feff}", u16::to_le_bytes as fn(u16) -> [u8; 2], Utf16Le), ("\u{feff}", u16::to_be_bytes, Utf16Be)] {
            let (marked, plain) = (wide(&format!("{mark}Prénom\n"), unit), wide("Prénom\n", unit));
            assert_eq!(decode(&marked, Utf16).unwrap(), "Prénom\n");
            assert_eq!(decode(&marked, name).unwrap(), "Prénom\n");
            assert_eq!(decode(&plain, name).unwrap(), "Prénom\n");
            let other = if name == Utf16Le { Utf16Be } else { Utf16Le };
            for bytes in [&marked, &plain] {
                assert!(refused(bytes, other).contains(&format!("the text is {}, but the source says {}", name.name(), other.name())));
            }
            assert!(refused(&plain, Utf16).contains("no byte-order mark"));
            assert!(refused(&plain, Utf16).ends_with(&format!("is it `{}`?", name.name())));
            assert!(refused(&marked[..marked.len() - 1], Utf16).contains("cut off"));
        }
        assert!(refused(b"Nom;Age\n1;2\n", Utf16Le).contains("the text is UTF-8"));
        assert!(refused(&[0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00], Utf16).contains("no text in utf-16le"), "half a pair");
        assert!(refused(&[0xFF, 0xFE, 0x00, 0x00, 0x41, 0x00], Utf16).contains("no text in utf-16le"), "UTF-32");
        assert!(refused(&wide("\u{feff}NumÃ©ro", u16::to_le_bytes), Utf16).contains("decoded twice"));
    }

    #[test]
    fn text_decoded_twice_is_told_with_what_was_meant() {
        let latin = |text: &str| text.bytes().map(char::from).collect::<String>();
        for (text, meant) in [
            ("NumÃ©ro", 'é'),
            ("lÃ  oÃ¹", 'à'),
            ("LÃ\u{a0} oÃ¹", 'à'),
            ("dÃ©posÃ©", 'é'),
            ("Ã‰tat", 'É'),
            ("Ã€ bord", 'À'),
            ("Lâ€™office", '’'),
            ("1â€¯732", '\u{202f}'),
            ("NÂ° de dossier", '°'),
            ("1Â\u{a0}732", '\u{a0}'),
            ("cÅ“ur", 'œ'),
            ("Ù…Ø\u{ad}Ù…Ø¯", 'م'),
            (latin("É").as_str(), 'É'),
            (latin("’").as_str(), '’'),
            (latin("محمد").as_str(), 'م'),
        ] {
            assert_eq!(decoded_twice(text).map(|(_, meant)| meant), Some(meant), "{text}");
        }
        for text in ["São João, Ã, âge", "MAÇÃ VERDE", "OÙ « ICI »", "Ålesund Ø", "château", "GRÂCE", "Côte d’Ivoire", "Là-bas", "Åse’s", "محمد"]
        {
            assert_eq!(decoded_twice(text), None, "{text}");
        }
        let told = refused("a\nNumÃ©ro".as_bytes(), Utf8);
        assert!(told.starts_with("encoding-error: line 2 ") && told.contains("(`Ã©` for `é`)") && told.contains("export it again"), "{told}");
    }
}
