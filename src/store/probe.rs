//! What a folder of the disk can do that a warehouse needs.
//!
//! Guarantees: whatever is written is taken away again.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use super::{Store, files, remote};
use crate::clock::random_bytes;
use crate::error::{self, Result};

/// What a folder can do.
#[derive(Debug)]
pub struct Probed {
    /// True where a file can have two names; else folders of releases hold copies.
    pub links: bool,
    /// When the disk says that a file was written that was written just now.
    pub written: SystemTime,
}

/// Writes into a folder, makes what must be made in one step, and links.
///
/// # Errors
/// `Unavailable` where it cannot be written; `Conflict` where nothing is made in one step there.
pub async fn folder(path: &Path) -> Result<Probed> {
    remote::probe(Store::local(path)?.object_store().as_ref()).await?;
    let file = path.join(format!(".probe-{}", hex::encode(random_bytes::<8>())));
    let other = file.with_extension("link");
    let failed = |cause| error::io(format!("cannot write into `{}`", path.display()), cause);
    files::write(&file, b"probe").map_err(failed)?;
    // Where the disk knows no links a copy is made.
    let links = files::link(&file, &other).and_then(|()| std::fs::metadata(&other)).is_ok_and(|facts| facts.nlink() > 1);
    let written = std::fs::metadata(&file).and_then(|facts| facts.modified());
    // Both go, whatever became of them.
    let gone = files::remove_file(&other).and(files::remove_file(&file));
    gone.map_err(failed)?;
    Ok(Probed { links, written: written.map_err(failed)? })
}

/// How many bytes a disk has left for whoever asks.
///
/// # Errors
/// `Unavailable` where the disk does not say.
pub fn free_bytes(path: &Path) -> Result<u64> {
    let facts = rustix::fs::statvfs(path).map_err(|cause| error::io(format!("cannot tell how much room `{}` has", path.display()), cause.into()))?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}
