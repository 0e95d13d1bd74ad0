//! A JSON object a line.

use bytes::Bytes;

use super::encoding::decode;
use super::json::{Node, Records, parse};
use super::{Piece, Refusal};
use crate::contract::Contract;
use crate::project::{Source, TextEncoding};

/// Reads JSON lines; rows are named by their line. A key that a line lacks is an absent cell.
pub fn read(bytes: &Bytes, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    let text = decode(bytes, TextEncoding::Utf8)?;
    if text.trim_start().starts_with('[') {
        return Err(Refusal::new("format-error", "the file is a JSON array; the source says an object a line"));
    }
    let mut records = Records::new(source, contract, sink);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("line {}", index + 1);
        let Node::Object(record) = parse(line, &place)? else { return Err(Refusal::new("source-error", format!("{place} is no JSON object"))) };
        records.record(&record, &place, i64::try_from(index + 1).unwrap_or(i64::MAX))?;
    }
    if records.count() == 0 {
        return Err(Refusal::new("source-error", "the file has no rows; a report of nobody cannot be told from a file that was lost"));
    }
    records.finish()
}
