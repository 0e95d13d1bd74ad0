//! One process loads at a time; readers are never held up.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{self, Error, Kind, Result};
use crate::store::files;

/// Held while a process loads; the system gives it back when the process ends, however it ends.
pub struct Lock(#[expect(dead_code, reason = "held, never read")] File);

impl Lock {
    /// Takes the lock of a warehouse.
    ///
    /// # Errors
    /// `Conflict` where another process holds it.
    pub fn take(root: &Path) -> Result<Self> {
        let path = root.join("lock");
        let file = files::open_to_lock(&path).map_err(|cause| error::io(format!("cannot open `{}`", path.display()), cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(Kind::Conflict, "another run is loading into this warehouse")
                    .hint("wait until it has ended; `rihla status` shows the last runs"))
            }
            Err(TryLockError::Error(cause)) => Err(error::io(format!("cannot lock `{}`", path.display()), cause)),
        }
    }
}
