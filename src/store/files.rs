//! Writes of files and folders of this machine, each with its points.
//!
//! Guarantees: what is written whole is on the disk before the call returns; nothing else in the program writes to the
//! warehouse's folder, except through a [`Store`](super::Store).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Result, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::failpoint::Point;
use crate::clock::random_bytes;

/// Makes a folder and those above it, where it is not there.
///
/// # Errors
/// As the disk says.
pub fn make_folder(path: &Path) -> Result<()> {
    make(path, DirBuilder::new().recursive(true))
}

/// Makes a folder that only its owner can look into; one that was there is made so.
///
/// # Errors
/// As the disk says.
pub fn make_private_folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    make(path, builder.recursive(true))?;
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn make(path: &Path, builder: &DirBuilder) -> Result<()> {
    // One after the other, so that of several who need a folder one makes it, and a run passes the same points each time.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if path.is_dir() {
        return Ok(());
    }
    let point = Point::before("make folder", path)?;
    builder.create(path)?;
    point.after()
}

/// Writes a whole file, in place of another if there is one, and waits until it is on the disk. Not in one step: nobody may
/// look for it yet.
///
/// # Errors
/// As the disk says.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let point = Point::before("write", path)?;
    point.amid(|| std::fs::write(path, &bytes[..bytes.len() / 2]))?;
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    point.after()
}

/// Writes a new file that only its owner can read; not in one step.
///
/// # Errors
/// As the disk says; `AlreadyExists` where there is one.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let point = Point::before("write", path)?;
    point.amid(|| private(path)?.write_all(&bytes[..bytes.len() / 2]))?;
    let mut file = private(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    point.after()
}

/// Makes a new file that only its owner can read, in one step: it is whole or not there.
///
/// # Errors
/// As the disk says; `AlreadyExists` where there is one.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_added_extension(hex::encode(random_bytes::<6>()));
    write_private(&draft, bytes)?;
    let made = link_only(&draft, path);
    remove_file(&draft)?;
    made
}

fn private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Begins a new file that is written bit by bit.
///
/// # Errors
/// As the disk says.
pub fn begin(path: &Path) -> Result<File> {
    let point = Point::before("begin", path)?;
    let file = File::create(path)?;
    point.after()?;
    Ok(file)
}

/// Ends a file that was written bit by bit, and waits until it is on the disk.
///
/// # Errors
/// As the disk says.
pub fn finish(file: &File, path: &Path) -> Result<()> {
    let point = Point::before("finish", path)?;
    point.amid(|| file.set_len(file.metadata()?.len() / 2))?;
    file.sync_all()?;
    point.after()
}

/// Opens a file to lock it; it is made empty where it is not there.
///
/// # Errors
/// As the disk says.
pub fn open_to_lock(path: &Path) -> Result<File> {
    let open = || OpenOptions::new().create(true).truncate(false).write(true).open(path);
    if path.exists() {
        return open();
    }
    let point = Point::before("begin", path)?;
    let file = open()?;
    point.after()?;
    Ok(file)
}

/// Gives a file or folder another name, in one step.
///
/// # Errors
/// As the disk says.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let point = Point::before("rename to", to)?;
    std::fs::rename(from, to)?;
    point.after()
}

/// Gives a file a further name; where the disk knows no links it is copied.
///
/// # Errors
/// As the disk says.
pub fn link(from: &Path, to: &Path) -> Result<()> {
    let point = Point::before("link", to)?;
    std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(|_| ()))?;
    point.after()
}

/// Gives a file a further name that nobody has; where the disk knows no links it is moved there.
fn link_only(from: &Path, to: &Path) -> Result<()> {
    let point = Point::before("link", to)?;
    match std::fs::hard_link(from, to) {
        Err(cause) if matches!(cause.kind(), std::io::ErrorKind::Unsupported | std::io::ErrorKind::PermissionDenied) && !to.exists() => {
            std::fs::copy(from, to).map(|_| ())?;
        }
        linked => linked?,
    }
    point.after()
}

/// Makes a symbolic link.
///
/// # Errors
/// As the disk says.
#[cfg(unix)]
pub fn point_at(link: &Path, target: &str) -> Result<()> {
    let point = Point::before("point", link)?;
    std::os::unix::fs::symlink(target, link)?;
    point.after()
}

/// Removes a file or link; nothing happens where there is none.
///
/// # Errors
/// As the disk says.
pub fn remove_file(path: &Path) -> Result<()> {
    if !path.is_symlink() && !path.exists() {
        return Ok(());
    }
    let point = Point::before("remove", path)?;
    missing_is_fine(std::fs::remove_file(path))?;
    point.after()
}

/// Removes a folder with all it holds; nothing happens where there is none.
///
/// # Errors
/// As the disk says.
pub fn remove_folder(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let point = Point::before("remove folder", path)?;
    point.amid(|| remove_some(path))?;
    missing_is_fine(std::fs::remove_dir_all(path))?;
    point.after()
}

/// What a removal that ended early leaves: everything but what it came to first.
fn remove_some(folder: &Path) -> Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    match entries.first() {
        Some(path) if path.is_dir() && !path.is_symlink() => std::fs::remove_dir_all(path),
        Some(path) => std::fs::remove_file(path),
        None => Ok(()),
    }
}

fn missing_is_fine(done: Result<()>) -> Result<()> {
    match done {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}
