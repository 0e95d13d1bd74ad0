//! What text must be: a mail address, a URI, a UUID, binary data.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The format of a field of text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TextFormat {
    /// Any.
    #[default]
    Default,
    /// A mail address.
    Email,
    /// A URI of RFC 3986, with its scheme.
    Uri,
    /// Binary data as base64.
    Binary,
    /// A UUID with its hyphens.
    Uuid,
}

impl TextFormat {
    /// All of them by name.
    pub const ALL: [(&str, Self); 5] = [("default", Self::Default), ("email", Self::Email), ("uri", Self::Uri), ("binary", Self::Binary), ("uuid", Self::Uuid)];

    /// True where a text is of the format.
    pub fn is_met_by(self, text: &str) -> bool {
        match self {
            Self::Default => true,
            // An address without a domain's dot is of a machine, not of a person; a display name is no part of an address.
            Self::Email => email_address::EmailAddress::from_str(text).is_ok_and(|found| found.domain().contains('.') && !text.contains(['<', '"'])),
            Self::Uri => fluent_uri::Uri::parse(text).is_ok(),
            Self::Binary => STANDARD.decode(text).is_ok(),
            Self::Uuid => is_uuid(text),
        }
    }

    /// The rule that is broken where a text is not of the format, and the rest of the sentence.
    pub fn misfit(self) -> (&'static str, &'static str) {
        match self {
            Self::Default => ("string", "is no text"),
            Self::Email => ("email", "is no mail address"),
            Self::Uri => ("uri", "is no URI with its scheme, such as `https://example.org/page`"),
            Self::Binary => ("binary", "is no base64"),
            Self::Uuid => ("uuid", "is no UUID, such as `123e4567-e89b-12d3-a456-426614174000`"),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| if is_hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::TextFormat::{Binary, Email, Uri, Uuid};

    #[test]
    fn text_is_of_its_format_or_is_not() {
        for (format, good, bad) in [
            (Email, vec!["a@b.org", "first.last+tag@sub.example.org"], vec!["a", "a@", "@b.org", "a@b", "a b@c.org", "A <a@b.org>", ""]),
            (Uri, vec!["https://example.org/a?b=c#d", "urn:isbn:123", "mailto:a@b.org"], vec!["example.org", "/a/b", "http://a b", "", "1http://a"]),
            (Binary, vec!["aGVsbG8=", "", "AAAA"], vec!["aGVsbG8", "a===", "é", "!!!!"]),
            (
                Uuid,
                vec!["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
                vec!["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "g23e4567-e89b-12d3-a456-426614174000"],
            ),
        ] {
            for text in good {
                assert!(format.is_met_by(text), "{format:?} {text}");
            }
            for text in bad {
                assert!(!format.is_met_by(text), "{format:?} {text}");
            }
        }
    }
}
