//! How the extracts of a source are packed, and how far they may unpack.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::SourceForm;
use crate::diagnostic::{Fault, SourceFile};

/// How an extract is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// One gzip member.
    Gzip,
    /// One Zstandard frame.
    Zstd,
    /// A ZIP archive of one file.
    Zip,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gzip, Self::Zstd, Self::Zip];

    /// Its name in pipelines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }
}

/// How far what is packed may unpack: workbooks and archives are, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes that a delivery may hold unpacked.
    pub unpacked: u64,
    /// How many times its packed size it may hold unpacked; looked at from [`Limits::SMALL`] on.
    pub ratio: u64,
    /// The most files in an archive, or parts in a workbook.
    pub entries: u64,
}

impl Limits {
    /// So many bytes unpacked do no harm, however small they were packed.
    pub const SMALL: u64 = 16 << 20;
}

impl Default for Limits {
    /// 1 GiB, 200 times, 10 000 files: a sheet of a million rows is well below, and so are years of media in an export.
    fn default() -> Self {
        Self { unpacked: 1 << 30, ratio: 200, entries: 10_000 }
    }
}

/// `limits = { unpacked_mib = 2048, ratio = 500, entries = 50000 }`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsForm {
    /// The most that a delivery may hold unpacked, in MiB; 1024 where absent.
    #[schemars(with = "Option<u64>")]
    pub unpacked_mib: Option<Spanned<u64>>,
    /// How many times its packed size a delivery may hold unpacked, looked at past 16 MiB; 200 where absent.
    #[schemars(with = "Option<u64>")]
    pub ratio: Option<Spanned<u64>>,
    /// The most files in an archive, or parts in a workbook; 10 000 where absent.
    #[schemars(with = "Option<u64>")]
    pub entries: Option<Spanned<u64>>,
}

/// The most MiB that may be allowed: what is unpacked is held in memory.
const MOST_MIB: u64 = 1 << 16;

/// The limits of a source.
pub fn limits(file: &Arc<SourceFile>, form: &LimitsForm, faults: &mut Vec<Fault>) -> Limits {
    let usual = Limits::default();
    let mut least = |limit: &Option<Spanned<u64>>, most: u64, usual: u64| {
        let Some(limit) = limit else { return usual };
        if !(1..=most).contains(limit.get_ref()) {
            faults.push(Fault::error(file, limit.span(), format!("the limit is 1 to {most}")).hint("leave it out for the usual one"));
        }
        *limit.get_ref()
    };
    let unpacked = least(&form.unpacked_mib, MOST_MIB, usual.unpacked >> 20);
    let ratio = least(&form.ratio, u64::from(u32::MAX), usual.ratio);
    let entries = least(&form.entries, u64::from(u32::MAX), usual.entries);
    Limits { unpacked: unpacked.min(MOST_MIB) << 20, ratio, entries }
}

/// An archive is packed as it is.
pub fn check(file: &Arc<SourceFile>, form: &SourceForm, faults: &mut Vec<Fault>) {
    if let (Some(compression), Some(_)) = (&form.compression, &form.archive) {
        faults.push(Fault::error(file, compression.span(), "an `archive` is a ZIP file already").hint("take `compression` away"));
    }
}
