//! Where the project's key lives: outside the warehouse and the repository.
//!
//! `RIHLA_KEY` (64 hex digits) or `RIHLA_KEY_FILE` where set, else `rihla/<project>.key` in the user's configuration
//! folder. It is made on first use only where there is no warehouse yet.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};
use crate::normalise::Key;

/// The project's key; `known` is the fingerprint that an existing warehouse keeps.
///
/// # Errors
/// `Input` where there is no key for an existing warehouse; `Conflict` where it is another one.
pub fn load(project: &str, known: Option<&str>) -> Result<Key> {
    let key = find(project, known.is_none())?;
    match known {
        Some(known) if known != key.fingerprint() => {
            Err(Error::new(Kind::Conflict, "this is not the key that the warehouse was filled with: the same person would get two pseudonyms")
                .hint("set RIHLA_KEY_FILE to the right key"))
        }
        _ => Ok(key),
    }
}

fn find(project: &str, may_make: bool) -> Result<Key> {
    if let Ok(text) = std::env::var("RIHLA_KEY") {
        return parse(&text, "RIHLA_KEY");
    }
    let path = path(project)?;
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text, &path.display().to_string()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && may_make => make(&path),
        Err(cause) => Err(error::io(format!("cannot read the key `{}`", path.display()), cause)
            .hint("a warehouse that holds pseudonyms needs the key they were made with: set RIHLA_KEY_FILE to it")),
    }
}

fn path(project: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("RIHLA_KEY_FILE") {
        return Ok(path.into());
    }
    let folder = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| std::env::home_dir().map(|home| home.join(".config")));
    let folder = folder.ok_or_else(|| {
        Error::new(Kind::Input, "there is no folder for the key: neither XDG_CONFIG_HOME nor HOME is set").hint("set RIHLA_KEY_FILE to where the key lives")
    })?;
    Ok(folder.join("rihla").join(format!("{project}.key")))
}

fn parse(text: &str, place: &str) -> Result<Key> {
    Key::from_hex(text).ok_or_else(|| Error::new(Kind::Input, format!("{place} holds no key: a key is 64 hexadecimal digits")))
}

/// Makes a key that only its owner can read; whoever else makes one at the same moment, the first stays.
fn make(path: &Path) -> Result<Key> {
    let what = || format!("cannot make the key `{}`", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|cause| error::io(what(), cause))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = hex::encode(random_bytes::<32>());
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    match written {
        Ok(()) => parse(&text, "the new key"),
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).map_err(|cause| error::io(what(), cause))?;
            parse(&text, &path.display().to_string())
        }
        Err(cause) => Err(error::io(what(), cause)),
    }
}
