//! A Table Schema by itself, without a project around it.

use std::path::Path;

use super::codes::Lists;
use super::files::Files;
use super::schema::{self, Use};
use crate::contract::Contract;
use crate::diagnostic::{self, Severity};
use crate::error::{Error, Result};

/// Reads a Table Schema as the standard has it: any names, no roles, the standard's own defaults.
///
/// # Errors
/// `Config` with every fault found.
pub fn plain_schema(path: &Path) -> Result<Contract> {
    let (folder, name) = match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if !folder.as_os_str().is_empty() => (folder.to_owned(), name.to_string_lossy().into_owned()),
        _ => (Path::new(".").to_owned(), path.to_string_lossy().into_owned()),
    };
    let mut faults = Vec::new();
    let files = Files::new(folder);
    let file = files.read(&name, &mut faults);
    let contract = file.and_then(|file| schema::contract(&file, "table", Use::Plain, &Lists::default(), &[], None, &mut faults));
    diagnostic::sort(&mut faults);
    match contract {
        Some(contract) if faults.iter().all(|fault| fault.severity == Severity::Warning) => Ok(contract),
        _ => Err(Error::faults(faults)),
    }
}
