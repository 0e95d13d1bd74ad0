//! Whether the holder of a term lives, as far as this host can tell at once: each holds the lock of a file of its own term,
//! which the system gives back when it dies.
//!
//! Guarantees: a holder that lives, or stands still, is never taken for dead, whoever held the term before it; the file is
//! locked before the term begins.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use super::ledger::Token;
use crate::error::{self, Result};
use crate::store::files;

/// The files of terms, in a folder.
#[derive(Debug)]
pub struct Terms {
    folder: PathBuf,
}

/// Held as long as the term may last.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "held, never read")] File);

impl Terms {
    /// Those of a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// True where the holder of a term has died. Of a term that nobody of this host had nothing is known.
    ///
    /// # Errors
    /// As the disk says.
    pub fn is_over(&self, token: Token) -> Result<bool> {
        Ok(self.path(token).exists() && self.hold(token)?.is_some())
    }

    /// Holds a term; nothing where another scheduler does.
    ///
    /// # Errors
    /// As the disk says.
    pub fn hold(&self, token: Token) -> Result<Option<Held>> {
        let path = self.path(token);
        let what = || format!("cannot lock `{}`", path.display());
        let file = files::open_to_lock(&path).map_err(|cause| error::io(what(), cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Held(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(error::io(what(), cause)),
        }
    }

    /// Removes the file of the term before, of which nobody asks any more.
    ///
    /// # Errors
    /// As the disk says.
    pub fn forget_before(&self, token: Token) -> Result<()> {
        let path = self.path(Token(token.0.saturating_sub(1)));
        files::remove_file(&path).map_err(|cause| error::io(format!("cannot remove `{}`", path.display()), cause))
    }

    fn path(&self, token: Token) -> PathBuf {
        self.folder.join(format!("term-{}.lock", token.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lives_is_not_taken_for_dead_and_who_died_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let terms = Terms::new(folder.path().to_owned());
        assert!(!terms.is_over(Token(1)).expect("a look"), "nobody held it");
        let first = terms.hold(Token(1)).expect("a lock");
        assert!(first.is_some() && !terms.is_over(Token(1)).expect("a look"));
        let second = terms.hold(Token(2)).expect("a lock");
        assert!(second.is_some());
        terms.forget_before(Token(2)).expect("removed");
        drop(first);
        assert!(!terms.is_over(Token(2)).expect("a look"), "the second lives, although the first is gone");
        drop(second);
        assert!(terms.is_over(Token(2)).expect("a look"));
    }
}
