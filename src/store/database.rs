//! SQLite databases of this program: what tells them from others, how they come from one version to the next, what their errors
//! mean.
//!
//! Guarantees: what is committed is on the disk; a database of another program, or of a newer version of this one, is refused
//! before anything is written to it; an older one is copied beside itself before it is brought up to this version.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::error::{Error, Kind};

/// How long a command waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it rests where it has to ask again.
const PAUSE: Duration = Duration::from_millis(10);

/// What a database of this program is.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// What people call it, such as `the schedule's ledger`.
    pub name: &'static str,
    /// What tells it from databases of others.
    pub application: i32,
    /// How it keeps what is being changed: `WAL` lets readers go on meanwhile; `DELETE` is also sound in a folder that several
    /// hosts share.
    pub journal: &'static str,
    /// Each brings it from one version to the next. One that was released is never edited.
    pub migrations: &'static [&'static str],
}

/// Why a database is not taken.
#[derive(Debug)]
pub enum Wrong {
    /// It cannot be read or written.
    Sqlite(rusqlite::Error),
    /// It is not what it must be.
    Error(Error),
}

impl From<rusqlite::Error> for Wrong {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Sqlite(cause)
    }
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

impl Form {
    /// Makes a connection fit for use; `path` is where the database lies, if on a disk.
    ///
    /// # Errors
    /// Where it is a database of another program or of a newer version, or cannot be written.
    pub fn prepared(&self, mut connection: Connection, path: Option<&Path>) -> Result<Connection, Wrong> {
        connection.busy_timeout(PATIENCE)?;
        self.refuse_strangers(&connection)?;
        self.keep_journal(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        self.migrate(&mut connection, path)?;
        Ok(connection)
    }

    /// Has the journal kept in the form's way. While another program does the same SQLite does not wait for it, since both have
    /// begun to read: whoever comes second has to ask again.
    fn keep_journal(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut tries = PATIENCE.as_millis() / PAUSE.as_millis();
        loop {
            match connection.pragma_update(None, "journal_mode", self.journal) {
                Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries > 0 => tries -= 1,
                done => return done,
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Refuses a database that another program made, before anything is written to it.
    fn refuse_strangers(&self, connection: &Connection) -> Result<(), Wrong> {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 && number(connection, "application_id")? != self.application {
            let error = Error::new(Kind::Conflict, format!("the file of {} is a database of another program", self.name));
            return Err(Wrong::Error(error.hint("move it away, or name another place for the warehouse")));
        }
        Ok(())
    }

    /// Brings the database to this program's version, in one step.
    fn migrate(&self, connection: &mut Connection, path: Option<&Path>) -> Result<(), Wrong> {
        if self.version(connection)? == self.migrations.len() {
            return Ok(());
        }
        // Of programs that come at once one does it: the others wait here, and find it done.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = self.version(&transaction)?;
        let missing = self.migrations.get(version..).unwrap_or_default();
        if version > 0
            && !missing.is_empty()
            && let Some(path) = path
        {
            keep(path, version)?;
        }
        for sql in missing {
            transaction.execute_batch(sql)?;
        }
        transaction.pragma_update(None, "application_id", self.application)?;
        transaction.pragma_update(None, "user_version", i32::try_from(self.migrations.len()).unwrap_or(i32::MAX))?;
        Ok(transaction.commit()?)
    }

    /// The version of a database, which this program knows; 0 of a new one.
    fn version(&self, connection: &Connection) -> Result<usize, Wrong> {
        let (version, newest) = (number(connection, "user_version")?, self.migrations.len());
        match usize::try_from(version) {
            Ok(version) if version <= newest => Ok(version),
            _ => {
                let error = Error::new(Kind::Conflict, format!("{} is of version {version}, and this program knows versions up to {newest}", self.name));
                Err(Wrong::Error(error.hint("install the newer rihla again, or restore a backup of the file from before it")))
            }
        }
    }

    /// Opens the database at a path, and makes it where there is none.
    ///
    /// # Errors
    /// `Conflict` where the file is no such database, or one of a newer version; `Unavailable` where the disk cannot be read or
    /// written.
    pub fn open(&self, path: &Path) -> crate::error::Result<Connection> {
        let wrong = |cause| failed(format!("cannot open {} `{}`", self.name, path.display()), cause);
        let connection = Connection::open(path).map_err(wrong)?;
        self.prepared(connection, Some(path)).map_err(|error| match error {
            Wrong::Sqlite(cause) => wrong(cause),
            Wrong::Error(error) => error,
        })
    }
}

/// Copies a database beside itself, as it is before it is brought to the next version. Whoever calls this keeps others from writing
/// to it meanwhile. What an attempt that was interrupted left there is replaced.
fn keep(path: &Path, version: usize) -> Result<(), Wrong> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".version-{version}{ending}"));
        PathBuf::from(name)
    };
    let (copied, begun) = (beside(""), beside(".part"));
    let wrong = |cause: std::io::Error| Wrong::Error(Error::new(Kind::Unavailable, format!("cannot write `{}`", copied.display())).because(cause));
    match std::fs::remove_file(&begun) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(wrong(cause)),
        _ => {}
    }
    copy(&Connection::open(path)?, &begun)?;
    std::fs::rename(&begun, &copied).map_err(wrong)
}

/// Copies a database that may be in use into a new file.
///
/// # Errors
/// Where there is a file of that name, or it cannot be written.
pub fn copy(connection: &Connection, to: &Path) -> rusqlite::Result<()> {
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

/// The error of a database, with what can be done about it.
pub fn failed(what: impl Into<String>, cause: rusqlite::Error) -> Error {
    let error = Error::new(if matches!(cause.sqlite_error_code(), Some(ErrorCode::NotADatabase)) { Kind::Conflict } else { Kind::Unavailable }, what);
    let error = match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => error.hint("the disk is full: free some space; nothing was half stored"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            error.hint("the file is damaged or is no ledger: put it aside and restore it from a backup")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => error.hint("check the folder, its owner and its mode"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => error.hint("another program holds the file: try again when it has ended"),
        _ => error,
    };
    error.because(cause)
}
