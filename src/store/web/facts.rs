//! What the head of an answer says of what is there.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use md5::Md5;
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Response, Version};
use sha2::{Digest, Sha256};

/// What is known of a resource before it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its length in bytes.
    pub length: Option<u64>,
    /// When it was last changed.
    pub modified: Option<DateTime<Utc>>,
    /// What the server knows its state by, weak ones included.
    pub etag: Option<String>,
    md5: Option<Vec<u8>>,
    sha256: Option<Vec<u8>>,
    pub(super) has_ranges: bool,
    pub(super) has_end: bool,
}

impl Facts {
    /// What an answer says of the whole resource; of a part `length` is the part's.
    pub(super) fn of(response: &Response) -> Self {
        let headers = response.headers();
        let length = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let is_chunked = text(headers, &header::TRANSFER_ENCODING).is_some_and(|coding| coding.to_lowercase().contains("chunked"));
        Self {
            length,
            modified: text(headers, &header::LAST_MODIFIED).and_then(moment),
            etag: text(headers, &header::ETAG).map(str::to_owned),
            md5: md5_of(headers),
            sha256: sha256_of(headers),
            has_ranges: text(headers, &header::ACCEPT_RANGES).is_some_and(|ranges| ranges.eq_ignore_ascii_case("bytes")),
            has_end: length.is_some() || is_chunked || response.version() >= Version::HTTP_2,
        }
    }

    /// True where nothing that both say speaks against their being of one state.
    pub fn agree(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            matches!((one, other), (Some(one), Some(other)) if one != other)
        }
        !differ(self.etag.as_ref(), other.etag.as_ref())
            && !differ(self.modified.as_ref(), other.modified.as_ref())
            && !differ(self.length.as_ref(), other.length.as_ref())
    }

    /// What a part of exactly this state is asked by, where the server can tell.
    pub(super) fn validator(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| !etag.starts_with("W/"))
    }

    /// The checksum that bytes do not have.
    pub(super) fn contradicted(&self, bytes: &[u8]) -> Option<&'static str> {
        if self.md5.as_ref().is_some_and(|sum| <Md5 as md5::Digest>::digest(bytes).as_slice() != sum) {
            return Some("MD5");
        }
        self.sha256.as_ref().is_some_and(|sum| Sha256::digest(bytes).as_slice() != sum).then_some("SHA-256")
    }
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

fn md5_of(headers: &HeaderMap) -> Option<Vec<u8>> {
    let plain = text(headers, &HeaderName::from_static("content-md5")).map(str::to_owned);
    let hashes = headers.get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
    let googles = || hashes.flat_map(|value| value.split(',')).find_map(|part| part.trim().strip_prefix("md5=").map(str::to_owned));
    plain.or_else(googles).and_then(|sum| STANDARD.decode(sum).ok()).filter(|sum| sum.len() == 16)
}

fn sha256_of(headers: &HeaderMap) -> Option<Vec<u8>> {
    let amazons = text(headers, &HeaderName::from_static("x-amz-checksum-sha256")).map(str::to_owned);
    let digests = || {
        let values = ["repr-digest", "digest"].into_iter().flat_map(|name| headers.get_all(name)).filter_map(|value| value.to_str().ok());
        let mut parts = values.flat_map(|value| value.split(','));
        parts.find_map(|part| {
            let (name, sum) = part.trim().split_once('=')?;
            name.eq_ignore_ascii_case("sha-256").then(|| sum.trim_matches(':').to_owned())
        })
    };
    amazons.or_else(digests).and_then(|sum| STANDARD.decode(sum).ok()).filter(|sum| sum.len() == 32)
}

/// How long an answer asks to wait: in seconds, or until a moment by the server's own clock.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text_of = |name| text(headers, name);
    let after = text_of(&header::RETRY_AFTER)?;
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = moment(after)?;
    (until - moment(text_of(&header::DATE)?)?).to_std().ok()
}

/// The first byte, and the length of the whole, of an answer that is a part.
pub(super) fn part(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text(headers, &header::CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, whole.trim().parse().ok()))
}
