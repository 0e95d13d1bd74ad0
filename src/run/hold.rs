//! A CSV held against a Table Schema, without a project.

use std::path::Path;

use crate::error::Result;
use crate::project::{MOST_BYTES, TextEncoding, plain_schema};
use crate::read::Refusal;
use crate::validate::{PlainReport, hold};

/// Holds a CSV against a Table Schema; the inner error says why it cannot be read.
///
/// # Errors
/// `Config` with the schema's faults; `Unavailable` where a file cannot be read.
pub fn hold_against(file: &Path, schema: &Path, delimiter: u8, encoding: TextEncoding) -> Result<std::result::Result<PlainReport, Refusal>> {
    let contract = plain_schema(schema)?;
    let bytes = super::choice::read(file, MOST_BYTES)?;
    hold(&contract, &bytes, delimiter, encoding)
}
