//! Where the project's key lives: outside the warehouse and the repository.
//!
//! `RIHLA_KEY` (64 hex digits) or `RIHLA_KEY_FILE` where set, else `rihla/<project>.key` in the user's configuration
//! folder. It is made on first use only where there is no warehouse yet.

use std::path::{Path, PathBuf};

use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};
use crate::normalise::Key;
use crate::store::files;

/// The project's key; `known` is the fingerprint that an existing warehouse keeps.
///
/// # Errors
/// `Input` where there is no key for an existing warehouse; `Conflict` where it is another one.
pub fn load(project: &str, known: Option<&str>) -> Result<Key> {
    let key = find(project, known.is_none())?;
    match known {
        Some(known) if known != key.fingerprint() => {
            Err(Error::new(Kind::Conflict, "this is not the key that the warehouse was filled with: the same person would get two pseudonyms")
                .hint("set RIHLA_KEY_FILE to the right key; after a rotation that is the file with the new one in its last line"))
        }
        _ => Ok(key),
    }
}

/// Where a key is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the variable `RIHLA_KEY`.
    Variable,
    /// In this file.
    File(PathBuf),
}

/// Where the key of a project is looked for.
///
/// # Errors
/// `Input` where there is no folder for it.
pub fn place(project: &str) -> Result<KeyPlace> {
    if std::env::var_os("RIHLA_KEY").is_some() { Ok(KeyPlace::Variable) } else { path(project).map(KeyPlace::File) }
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
    Key::from_hex(text)
        .ok_or_else(|| Error::new(Kind::Input, format!("{place} holds no key: a key is 64 hexadecimal digits, a line for each time it was rotated")))
}

/// A key file with a further link, written beside the one that it takes the place of.
pub struct ChangedKey {
    /// The new chain.
    pub key: Key,
    /// The file that holds it.
    pub prepared: PathBuf,
    /// The project's key file.
    pub file: PathBuf,
}

/// Writes the chain with a further link beside the project's key file; `link` is 64 hex digits, made where there are none.
///
/// # Errors
/// `Input` where the key is no file, or the link is none or no new one; `Unavailable` where nothing can be written there.
pub fn prepare(project: &str, key: &Key, link: Option<&str>) -> Result<ChangedKey> {
    if std::env::var_os("RIHLA_KEY").is_some() {
        return Err(Error::new(Kind::Input, "the key stands in RIHLA_KEY, where nothing can be written")
            .hint("write it to a file that only you can read, set RIHLA_KEY_FILE to it, unset RIHLA_KEY, and ask again"));
    }
    let file = path(project)?;
    let file = file.canonicalize().map_err(|cause| error::io(format!("cannot find the key `{}`", file.display()), cause))?;
    let link = match link {
        None => random_bytes::<32>(),
        Some(text) => {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| Error::new(Kind::Input, "the new key is none: a key is 64 hexadecimal digits"))?;
            bytes
        }
    };
    if key.has_link(&link) {
        return Err(Error::new(Kind::Input, "the new key is one that the warehouse had before").hint("leave `--new-key` away, and one is made"));
    }
    let key = key.then(link);
    let mut prepared = file.clone().into_os_string();
    prepared.push(".new");
    let prepared = PathBuf::from(prepared);
    let what = || format!("cannot write the key `{}`", prepared.display());
    // One that an interrupted rotation left here was never anybody's key.
    files::remove_file(&prepared).and_then(|()| files::write_private(&prepared, key.to_hex().as_bytes())).map_err(|cause| error::io(what(), cause))?;
    Ok(ChangedKey { key, prepared, file })
}

/// Makes a key that only its owner can read; whoever else makes one at the same moment, the first stays.
fn make(path: &Path) -> Result<Key> {
    let what = || format!("cannot make the key `{}`", path.display());
    if let Some(folder) = path.parent() {
        files::make_folder(folder).map_err(|cause| error::io(what(), cause))?;
    }
    let text = hex::encode(random_bytes::<32>());
    match files::create_private(path, text.as_bytes()) {
        Ok(()) => parse(&text, "the new key"),
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).map_err(|cause| error::io(what(), cause))?;
            parse(&text, &path.display().to_string())
        }
        Err(cause) => Err(error::io(what(), cause)),
    }
}
