//! The limits of what is read: with them the memory that a delivery takes is bounded, whatever its bytes are.
//!
//! How large a delivery may be as it was sent, and how far what is packed may unpack, is the source's to say; see
//! [`crate::project::Source::most_bytes`] and [`crate::project::Limits`].
//!
//! Past a limit the delivery is refused with the limit and what to do; nothing is cut off and read half. The table in
//! `docs/robustness.md` says what each keeps bounded.

use super::Refusal;

/// The most files that a delivery may have.
pub const MOST_FILES: usize = 10_000;

/// The most rows that a delivery may have: four sheets as long as a sheet can be.
pub const MOST_ROWS: u64 = 4 * 1_048_576;

/// The most rows that a delivery of a source may have: as many times [`MOST_ROWS`] as the source takes 256 MiB.
pub fn most_rows(most_bytes: u64) -> u64 {
    MOST_ROWS * most_bytes.div_ceil(256 << 20).max(1)
}

/// The most text that the rows of a delivery of a source may hold, likewise.
pub fn most_text(most_bytes: u64) -> usize {
    MOST_TEXT.saturating_mul(usize::try_from(most_bytes.div_ceil(256 << 20).max(1)).unwrap_or(usize::MAX))
}

/// The most columns that an extract may have: spreadsheets' own limit is 16,384, and nobody fills that.
pub const MOST_COLUMNS: usize = 4096;

/// The longest text that a cell may hold, in characters, as spreadsheet programs limit it.
pub const MOST_CHARACTERS: usize = 32_767;

/// The longest label or key, in bytes.
pub const MOST_LABEL: usize = 4096;

/// The most text that the rows of a delivery may hold together, in bytes: what is stored once may stand in many cells.
pub const MOST_TEXT: usize = 1 << 30;

/// The most values that are held at once: of a JSON document, lists counted too, of the parents of a repeat group, and of
/// a sample.
pub const MOST_VALUES: usize = 1 << 25;

/// The most texts that a workbook may keep to share between cells.
pub const MOST_STRINGS: u64 = 1 << 24;

/// The most merged regions of a sheet.
pub const MOST_MERGES: usize = 1_000_000;

/// The most sheets of a workbook that is looked at before anybody has said which is meant.
pub const MOST_SHEETS: usize = 200;

/// The most reasons against rows that are kept of a delivery; with more of them it is refused whole.
pub const MOST_REASONS: usize = 500_000;

/// So many problems of a header are told; of the others their number.
pub const MOST_PROBLEMS: usize = 20;

/// Refuses deliveries of too many files, or of more than `most` bytes together.
pub fn check_size(sizes: impl Iterator<Item = u64>, most: u64) -> Result<(), Refusal> {
    let (mut files, mut bytes) = (0_usize, 0_u64);
    for size in sizes {
        files += 1;
        bytes = bytes.saturating_add(size);
    }
    if files > MOST_FILES {
        return Err(past(format!("the delivery has {files} files, more than the {MOST_FILES} that are read"), "send fewer, larger pages"));
    }
    if bytes > most {
        let (has, most) = (bytes >> 20, most >> 20);
        let remedy = "send it in parts, or raise `most_mib` of the source";
        return Err(past(format!("the delivery has {has} MiB, more than the {most} MiB that are read"), remedy));
    }
    Ok(())
}

/// Refuses deliveries of more rows than a source takes.
pub fn check_rows(rows: u64, most_bytes: u64) -> Result<(), Refusal> {
    let most = most_rows(most_bytes);
    if rows > most { Err(past(format!("the delivery has more than {most} rows"), "send it in parts, a period each")) } else { Ok(()) }
}

/// A refusal of what lies past a limit, with what to do.
pub fn past(what: impl AsRef<str>, remedy: &str) -> Refusal {
    Refusal::new("source-error", format!("{}: {remedy}", what.as_ref()))
}

/// True where a text is longer than a cell can be.
#[inline]
pub fn is_too_long(text: &str) -> bool {
    text.len() > MOST_CHARACTERS && text.chars().count() > MOST_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_past_a_limit_are_told_with_the_limit() {
        assert!(check_size([256 << 20].into_iter(), 256 << 20).is_ok());
        let told = |sizes: &[u64]| check_size(sizes.iter().copied(), 256 << 20).unwrap_err().message;
        assert_eq!(
            told(&[256 << 20, 1 << 20]),
            "the delivery has 257 MiB, more than the 256 MiB that are read: send it in parts, or raise `most_mib` of the source"
        );
        assert_eq!(told(&[u64::MAX, u64::MAX]).split(',').next(), Some("the delivery has 17592186044415 MiB"));
        assert!(told(&vec![0; MOST_FILES + 1]).starts_with("the delivery has 10001 files"));
        assert!(is_too_long(&"é".repeat(MOST_CHARACTERS + 1)) && !is_too_long(&"é".repeat(MOST_CHARACTERS)));
    }
}
