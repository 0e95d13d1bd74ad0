//! New files put where nothing stands: nothing is ever written over.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::{self, Error, Kind, Result};

/// A file to be written: its path below a folder, and its bytes.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The path, with `/`.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
}

impl NewFile {
    /// A file of text.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), bytes: text.into().into_bytes() }
    }
}

/// Writes files below a folder.
///
/// # Errors
/// `Input`, before anything is written, where one of them stands already; `Unavailable` where one cannot be written.
pub fn write(root: &Path, files: &[NewFile]) -> Result<()> {
    let taken: Vec<String> = files.iter().filter(|file| root.join(&file.path).exists()).map(|file| format!("`{}`", file.path)).collect();
    if !taken.is_empty() {
        return Err(Error::new(
            Kind::Input,
            format!("{} stand{} already and nothing is written over", taken.join(", "), if taken.len() == 1 { "s" } else { "" }),
        )
        .hint("move what is there away, or name another feed or folder"));
    }
    files.iter().try_for_each(|file| create(&root.join(&file.path), &file.bytes))
}

fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    folder_of(path)?;
    let what = || format!("cannot write `{}`", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => Error::new(Kind::Conflict, format!("`{}` came to be while it was to be written", path.display())),
        _ => error::io(what(), cause),
    })?;
    file.write_all(bytes).map_err(|cause| error::io(what(), cause))
}

/// Makes the folder that a file stands in.
///
/// # Errors
/// `Unavailable` where it cannot be made.
pub fn folder_of(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|cause| error::io(format!("cannot make the folder `{}`", folder.display()), cause))
}
