//! The tables of the ledger, version after version.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, Kind};

/// What tells our databases from others: "rhla".
const APPLICATION: i32 = 0x7268_6c61;

/// Each brings a ledger from one version to the next. A version that was released is never edited.
const MIGRATIONS: [&str; 2] = [include_str!("v1.sql"), include_str!("v2.sql")];

/// Why a database is not taken.
#[derive(Debug)]
pub enum Wrong {
    Sqlite(rusqlite::Error),
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

/// Refuses a database that another program made, before anything is written to it.
pub fn refuse_strangers(connection: &Connection) -> Result<(), Wrong> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && number(connection, "application_id")? != APPLICATION {
        let error = Error::new(Kind::Conflict, "the file of the schedule's ledger is a database of another program");
        return Err(Wrong::Error(error.hint("move it away, or name another place for the ledger")));
    }
    Ok(())
}

/// Brings the ledger to this program's version.
pub fn migrate(connection: &mut Connection, path: Option<&Path>) -> Result<(), Wrong> {
    let version = usize::try_from(number(connection, "user_version")?).unwrap_or(usize::MAX);
    if version > MIGRATIONS.len() {
        let error =
            Error::new(Kind::Conflict, format!("the schedule's ledger is of version {version}, and this program knows versions up to {}", MIGRATIONS.len()));
        return Err(Wrong::Error(error.hint("install the newer rihla again, or restore a backup of the ledger from before it")));
    }
    if version > 0
        && version < MIGRATIONS.len()
        && let Some(path) = path
    {
        copy(connection, &beside(path, version))?;
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Of two programs that open a new ledger at once one has made it when the other comes to it.
        if number(&transaction, "user_version")? == i32::try_from(index).unwrap_or(i32::MAX) {
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", i32::try_from(index + 1).unwrap_or(i32::MAX))?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The name of the copy that is made before a ledger is brought to the next version.
fn beside(path: &Path, version: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".version-{version}"));
    PathBuf::from(name)
}

/// Copies a database that may be in use into a new file.
pub fn copy(connection: &Connection, to: &Path) -> rusqlite::Result<()> {
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}
