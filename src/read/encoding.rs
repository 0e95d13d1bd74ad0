//! Bytes made text, strictly: an extract in another encoding than declared is refused, not repaired.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::Refusal;

/// Decodes an extract.
///
/// # Errors
/// `format-error` for what is no text; `encoding-error` for another encoding than declared.
pub fn decode<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Result<Cow<'b, str>, Refusal> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(Refusal::new("format-error", "this is a workbook or ZIP file, not text"));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(encoding_error("the text is UTF-16, but the source says", encoding));
    }
    if bytes.contains(&0) {
        return Err(Refusal::new("format-error", "the file holds NUL bytes: it is no text in a known encoding"));
    }
    let text = if encoding == encoding_rs::UTF_8 { decode_utf8(bytes)? } else { decode_single_byte(bytes, encoding)? };
    match decoded_twice(&text) {
        Some((at, meant)) => {
            let line = text[..at].matches('\n').count() + 1;
            Err(Refusal::new("encoding-error", format!("line {line} holds text that was decoded twice (`{}` for `{meant}`): export it again", mangled(meant))))
        }
        None => Ok(text),
    }
}

/// Where UTF-8 was once read as Windows-1252 and kept so: `NumÃ©ro`. Gives the place and the letter that was meant.
///
/// Only letters from À to ÿ and curly quotation marks count: no language writes `Ã` or `â€` before such signs.
pub fn decoded_twice(text: &str) -> Option<(usize, char)> {
    if text.is_ascii() {
        return None;
    }
    text.match_indices('Ã').chain(text.match_indices("â€")).find_map(|(at, _)| {
        let sign: String = text[at..].chars().take(if text[at..].starts_with('â') { 3 } else { 2 }).collect();
        let (bytes, _, unmappable) = encoding_rs::WINDOWS_1252.encode(&sign);
        let meant = std::str::from_utf8(&bytes).ok().filter(|_| !unmappable)?;
        meant.chars().next().filter(|_| meant.chars().count() == 1).map(|meant| (at, meant))
    })
}

/// How a letter looks once it was decoded twice.
pub fn mangled(letter: char) -> String {
    let mut bytes = [0; 4];
    encoding_rs::WINDOWS_1252.decode(letter.encode_utf8(&mut bytes).as_bytes()).0.into_owned()
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Refusal::new("encoding-error", format!("line {line} is not UTF-8; a file from Excel is often `windows-1252`"))
    })
}

fn decode_single_byte<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Result<Cow<'b, str>, Refusal> {
    // Text of several bytes a character that is whole UTF-8 throughout is UTF-8: read as Windows-1252 it would
    // become `NumÃ©ro`.
    if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() {
        return Err(encoding_error("the text is UTF-8, but the source says", encoding));
    }
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| encoding_error("bytes that are no text in", encoding))
}

fn encoding_error(what: &str, encoding: &'static Encoding) -> Refusal {
    Refusal::new("encoding-error", format!("{what} {}", encoding.name().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::decode;
    use encoding_rs::{UTF_8, WINDOWS_1252};

    #[test]
    fn another_encoding_is_refused() {
        assert_eq!(decode("\u{feff}Prénom".as_bytes(), UTF_8).unwrap(), "Prénom");
        assert_eq!(decode(b"Pr\xE9nom", WINDOWS_1252).unwrap(), "Prénom");
        assert_eq!(decode(b"a\nPr\xE9nom", UTF_8).unwrap_err().error, "encoding-error");
        assert_eq!(decode("Prénom".as_bytes(), WINDOWS_1252).unwrap_err().error, "encoding-error");
        assert_eq!(decode(b"\xFF\xFEa\0", UTF_8).unwrap_err().error, "encoding-error");
        assert_eq!(decode("NumÃ©ro".as_bytes(), UTF_8).unwrap_err().error, "encoding-error");
        assert_eq!(decode("Lâ€™office".as_bytes(), UTF_8).unwrap_err().error, "encoding-error");
        assert!(decode("São João, Ã, âge".as_bytes(), UTF_8).is_ok());
        assert_eq!(decode(b"PK\x03\x04", UTF_8).unwrap_err().error, "format-error");
    }
}
