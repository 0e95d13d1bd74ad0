//! The one error of the program: a kind that says whose it is to fix, a message, hints, and the cause.
//!
//! Guarantees: [`Error`]'s `Display` prints its own layer only; the command line walks
//! [`std::error::Error::source`] and prints the hints. Refuses: values of protected columns; callers
//! build messages from places (file, sheet, row, column), never from protected cells.

#[cfg(feature = "engine")]
mod engine;

#[cfg(feature = "engine")]
pub use engine::engine;

use crate::diagnostic::Fault;

/// The result of everything fallible here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who has to act on an error, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was asked cannot be: a wrong argument, an unknown table. Ask differently.
    Input,
    /// The project folder has faults. Mend the files named.
    Config,
    /// Somebody else changed the same thing, or the warehouse is of another make. Look, then try again.
    Conflict,
    /// A store, disk or file could not be reached, read or written. Mend the surroundings, then try again.
    Unavailable,
    /// An extract or a figure is not what it must be. Mend the data.
    Data,
    /// A defect of this program. Report it.
    Internal,
}

/// An error with its kind, message, hints and cause.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    hints: Vec<String>,
    faults: Vec<Fault>,
    #[source]
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is in lower case without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), faults: Vec::new(), cause: None }
    }

    /// The faults of a project, all at once.
    pub fn faults(faults: Vec<Fault>) -> Self {
        let count = faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        let mut error = Self::new(Kind::Config, format!("the project has {count} {noun}"));
        error.faults = faults;
        error
    }

    /// A fault of a query that somebody typed.
    pub fn query(fault: Fault) -> Self {
        let mut error = Self::new(Kind::Input, "the query cannot be run");
        error.faults = vec![fault];
        error
    }

    /// What somebody typed to choose models, with every fault of it.
    pub fn selection(faults: Vec<Fault>) -> Self {
        let count = faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        let mut error = Self::new(Kind::Input, format!("the selection has {count} {noun}"));
        error.faults = faults;
        error
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the error that led to this one.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Who has to act.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the reader can do, in order.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// What led to it, each cause once and its first line only: libraries repeat their causes in their own words, and may
    /// put whole plans into them.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let line: String = cause.to_string().lines().next().unwrap_or_default().trim().chars().take(MOST_OF_A_CAUSE).collect();
            if !line.is_empty() && !causes.iter().any(|known| known.contains(&line)) {
                causes.push(line);
            }
            next = cause.source();
        }
        causes
    }

    /// The faults of the project, where that is what failed.
    pub fn project_faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The exit code of a command that failed so: 1 is the user's to fix, 2 is ours.
    pub fn exit_code(&self) -> u8 {
        if self.kind == Kind::Internal { 2 } else { 1 }
    }
}

/// So many letters of a cause are shown.
const MOST_OF_A_CAUSE: usize = 400;

/// Errors of a disk, told apart where the reader can act on the difference.
pub fn io(what: impl std::fmt::Display, cause: std::io::Error) -> Error {
    use std::io::ErrorKind;
    let error = Error::new(Kind::Unavailable, what.to_string());
    let error = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => error.hint("the disk is full: free some space and run again; nothing was half released"),
        ErrorKind::PermissionDenied => error.hint("this user may not read or write there: check the owner and mode"),
        ErrorKind::NotFound => error.hint("nothing is there: check the path"),
        _ => error,
    };
    error.because(cause)
}

/// True where the chain of causes holds a full disk.
pub fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        {
            return true;
        }
        let text = current.to_string();
        if text.contains("No space left on device") || text.contains("os error 28") {
            return true;
        }
        next = current.source();
    }
    false
}

/// Errors of a store (object store, Delta), with the remedy for a full disk where that is the cause.
pub fn store(what: impl std::fmt::Display, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    let error = Error::new(Kind::Unavailable, what.to_string());
    let error = if is_disk_full(&cause) { error.hint("the disk is full: free some space and run again; nothing was half released") } else { error };
    error.because(cause)
}
