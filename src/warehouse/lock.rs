//! One process loads at a time; readers are never held up.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::{self, Error, Kind, Result};
use crate::store::files;

/// How often a process that waits looks again.
const PAUSE: Duration = Duration::from_millis(100);

/// Held while a process loads; the system gives it back when the process ends, however it ends.
pub struct Lock(#[expect(dead_code, reason = "held, never read")] File);

impl Lock {
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
