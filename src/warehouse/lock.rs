//! One process loads at a time; readers are never held up.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use crate::error::{self, Error, Kind, Result};
use crate::store::files;

/// How often a process that waits looks again.
const PAUSE: Duration = Duration::from_millis(100);

/// Held while a process loads; the system gives it back when the process ends, however it ends.
pub struct Lock(File);

impl Lock {
    /// What time it is by the file system's own clock, seconds and nanoseconds: to set a time of a file, be it the same, is a
    /// change of its entry, and nobody can set when that was. Nothing where the file system does not go along.
    pub fn time_of_disk(&self) -> Option<(i64, i64)> {
        let changed = self.0.metadata().and_then(|facts| self.0.set_modified(facts.modified()?)).and_then(|()| self.0.metadata());
        changed.map(|facts| (facts.ctime(), facts.ctime_nsec())).ok()
    }

    /// Takes the lock of a warehouse; another process that holds it is waited for as long as `patience` says.
    ///
    /// # Errors
    /// `Conflict` where another process holds it.
    pub async fn take(root: &Path, patience: Duration) -> Result<Self> {
        let path = root.join("lock");
        let file = files::open_to_lock(&path).map_err(|cause| error::io(format!("cannot open `{}`", path.display()), cause))?;
        let mut left = patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if !left.is_zero() => {
                    let pause = left.min(PAUSE);
                    tokio::time::sleep(pause).await;
                    left -= pause;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(Kind::Conflict, "another run is loading into this warehouse")
                        .hint("run again when it has ended, or let `rihla run --wait` wait for it; `rihla status` shows the last runs"));
                }
                Err(TryLockError::Error(cause)) => return Err(error::io(format!("cannot lock `{}`", path.display()), cause)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_time_of_the_disk_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = Lock::take(folder.path(), Duration::ZERO).await.expect("a lock");
        let (file, first) = (folder.path().join("later"), lock.time_of_disk().expect("a time"));
        files::write(&file, b"later").expect("a file");
        let facts = std::fs::metadata(&file).expect("a file");
        assert!(first <= (facts.ctime(), facts.ctime_nsec()));
        // However coarse it is, it goes on.
        while lock.time_of_disk().expect("a time") <= first {}
    }
}
