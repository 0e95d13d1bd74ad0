//! The ledger of one host: an SQLite database beside the warehouse.
//!
//! Guarantees: the changes of a commit are stored together or not at all, and are on the disk when it returns; a commit looks at
//! the lease in the same transaction, so that whoever lost it changes nothing. Refuses: databases of another program or of a
//! newer version of this one.
//!
//! Calls wait for the disk where they are made: a commit takes some milliseconds, and there is one writer.

mod attempts;
mod rows;
mod schema;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::attempt::Attempt;
use super::ledger::{Lease, Ledger, LedgerError, Result, Token};
use super::pause::Pause;
use super::state::{Change, Known, State};
use super::tick::{Tick, TickId};
use crate::error;
use crate::store::database::{Wrong, copy, failed};
use rows::micros;

/// A ledger in an SQLite database.
#[derive(Debug)]
pub struct SqliteLedger {
    connection: Mutex<Connection>,
}

impl SqliteLedger {
    /// Opens a ledger, and makes it where there is none. One of an earlier version is brought up to this one, after a copy of it
    /// was put beside it.
    ///
    /// # Errors
    /// `Conflict` where the file is no ledger, or one of a newer version; `Unavailable` where the disk cannot be read or written.
    pub fn open(path: &Path) -> error::Result<Self> {
        Ok(Self { connection: Mutex::new(schema::LEDGER.open(path)?) })
    }

    /// A ledger that is gone with the process, for trials.
    ///
    /// # Errors
    /// `Unavailable` where there is no memory.
    pub fn in_memory() -> error::Result<Self> {
        let wrong = |cause| failed("cannot open a ledger in memory", cause);
        let connection = Connection::open_in_memory().map_err(wrong)?;
        let connection = schema::LEDGER.prepared(connection, None).map_err(|error| match error {
            Wrong::Sqlite(cause) => wrong(cause),
            Wrong::Error(error) => error,
        })?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Writes a copy of the ledger as it is now, while it goes on being used.
    ///
    /// # Errors
    /// `Unavailable` where there is a file of that name already, or it cannot be written.
    pub fn back_up(&self, to: &Path) -> error::Result<()> {
        copy(&self.connection(), to).map_err(|cause| failed(format!("cannot copy the schedule's ledger to `{}`", to.display()), cause))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // What a call that panicked had begun was rolled back when its transaction was dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        work(&self.connection()).map_err(|cause| LedgerError::Failed(failed("cannot read the schedule's ledger", cause)))
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> std::result::Result<T, Stop>) -> Result<T> {
        let mut connection = self.connection();
        let done = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Stop::from).and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|stop| match stop {
            Stop::Sqlite(cause) => LedgerError::Failed(failed("cannot write to the schedule's ledger", cause)),
            Stop::Ledger(error) => error,
        })
    }
}

/// Why a transaction is given up.
#[derive(Debug)]
enum Stop {
    Sqlite(rusqlite::Error),
    Ledger(LedgerError),
}

impl From<rusqlite::Error> for Stop {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Sqlite(cause)
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn lease(&self) -> Result<Lease> {
        self.read(rows::lease)
    }

    async fn take(&self, seen: &Lease, holder: &str) -> Result<Option<Token>> {
        self.write(|transaction| {
            if rows::lease(transaction)? != *seen {
                return Ok(None);
            }
            let token = seen.token.0 + 1;
            transaction.execute("UPDATE lease SET token = ?1, holder = ?2, beat = 0, is_free = 0", params![rows::number(token), holder])?;
            Ok(Some(Token(token)))
        })
    }

    async fn renew(&self, token: Token) -> Result<()> {
        self.write(|transaction| {
            let renewed = transaction.execute("UPDATE lease SET beat = beat + 1 WHERE token = ?1 AND is_free = 0", [rows::number(token.0)])?;
            if renewed == 1 { Ok(()) } else { Err(LedgerError::Lost.into()) }
        })
    }

    async fn release(&self, token: Token) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("UPDATE lease SET is_free = 1 WHERE token = ?1", [rows::number(token.0)])?;
            Ok(())
        })
    }

    async fn load(&self) -> Result<State> {
        self.read(|connection| {
            let known = rows::known(connection)?;
            let needed = "SELECT * FROM ticks WHERE nominal IN (SELECT nominal FROM ticks WHERE state IN ('waiting', 'claimed', 'running'))";
            let ticks = rows::ticks(connection, needed, [])?.into_iter().map(|tick| (tick.id.clone(), tick)).collect();
            Ok(State { known, ticks, pauses: rows::pauses(connection)? })
        })
    }

    async fn commit(&self, token: Token, changes: &[Change]) -> Result<Vec<Tick>> {
        self.write(|transaction| {
            let lease = rows::lease(transaction)?;
            if lease.token != token || lease.is_free {
                return Err(LedgerError::Lost.into());
            }
            let stood: std::result::Result<Vec<Option<Tick>>, Stop> = changes.iter().map(|change| store(transaction, change)).collect();
            Ok(stood?.into_iter().flatten().collect())
        })
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.read(rows::pauses)
    }

    async fn pause(&self, pipeline: Option<&str>, since: DateTime<Utc>, reason: &str) -> Result<()> {
        self.write(|transaction| {
            let lasts = transaction.query_row("SELECT 1 FROM pauses WHERE pipeline IS ?1 AND until IS NULL", [pipeline], |_| Ok(())).optional()?;
            if lasts.is_none() {
                transaction
                    .execute("INSERT INTO pauses (pipeline, since, until, reason) VALUES (?1, ?2, NULL, ?3)", params![pipeline, micros(since), reason])?;
            }
            Ok(())
        })
    }

    async fn resume(&self, pipeline: Option<&str>, until: DateTime<Utc>) -> Result<bool> {
        self.write(|transaction| {
            let ended =
                transaction.execute("UPDATE pauses SET until = max(since, ?2) WHERE pipeline IS ?1 AND until IS NULL", params![pipeline, micros(until)])?;
            Ok(ended > 0)
        })
    }

    async fn ticks(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Tick>> {
        let sql = "SELECT * FROM ticks WHERE nominal >= ?1 AND nominal < ?2 ORDER BY nominal, pipeline";
        self.read(|connection| rows::ticks(connection, sql, params![micros(from), micros(until)]))
    }

    async fn last_ends(&self) -> Result<Vec<Tick>> {
        let last = "SELECT ticks.* FROM ticks JOIN
                    (SELECT pipeline AS name, max(nominal) AS last FROM ticks WHERE state IN ('succeeded', 'failed') GROUP BY pipeline)
                    ON ticks.pipeline = name AND ticks.nominal = last";
        self.read(|connection| rows::ticks(connection, last, []))
    }

    async fn faults(&self) -> Result<Vec<String>> {
        let found: Vec<String> = self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA quick_check(5)")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        })?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    async fn attempts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Attempt>> {
        self.read(|connection| attempts::between(connection, from, until))
    }

    async fn ask(&self, id: &TickId) -> Result<()> {
        self.write(|transaction| Ok(attempts::ask(transaction, id)?))
    }

    async fn asked(&self) -> Result<Vec<TickId>> {
        self.read(attempts::asked)
    }

    async fn prune(&self, token: Token, before: DateTime<Utc>) -> Result<usize> {
        self.write(|transaction| {
            if rows::lease(transaction)?.token != token {
                return Err(LedgerError::Lost.into());
            }
            let ended = "DELETE FROM ticks WHERE nominal < ?1 AND state IN ('succeeded', 'failed', 'skipped')
                         AND nominal NOT IN (SELECT nominal FROM ticks WHERE state IN ('waiting', 'claimed', 'running'))
                         AND NOT EXISTS (SELECT 1 FROM pipelines WHERE pipelines.pipeline = ticks.pipeline AND decided_until < ticks.nominal)";
            let pruned = transaction.execute(ended, [micros(before)])?;
            attempts::prune(transaction, before)?;
            let decided: Option<i64> = transaction.query_row("SELECT min(decided_until) FROM pipelines", [], |row| row.get(0))?;
            let over = decided.map_or(micros(before), |decided| decided.min(micros(before)));
            transaction.execute("DELETE FROM pauses WHERE until < ?1", [over])?;
            Ok(pruned)
        })
    }
}

/// Stores one change; gives the tick that was there already where one was to be recorded.
fn store(transaction: &Transaction<'_>, change: &Change) -> std::result::Result<Option<Tick>, Stop> {
    match change {
        Change::Record(tick) => {
            let recorded = rows::insert(transaction, tick)?;
            Ok(if recorded { None } else { rows::tick(transaction, &tick.id)? })
        }
        Change::Step(tick) if rows::step(transaction, tick)? => Ok(None),
        Change::Step(tick) => Err(LedgerError::Moved(tick.id.clone()).into()),
        Change::Note(attempt) => attempts::note(transaction, attempt).map(|()| None).map_err(Stop::from),
        Change::Heard(id) => attempts::heard(transaction, id).map(|()| None).map_err(Stop::from),
        Change::Know(pipeline, Known { timetable, decided_until }) => {
            let sql = "INSERT INTO pipelines (pipeline, expression, zone, decided_until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (pipeline) DO UPDATE
                       SET expression = excluded.expression, zone = excluded.zone, decided_until = excluded.decided_until";
            transaction.prepare_cached(sql)?.execute(params![pipeline, timetable.expression(), timetable.zone().name(), micros(*decided_until)])?;
            Ok(None)
        }
        Change::Forget(pipeline) => {
            transaction.execute("DELETE FROM pipelines WHERE pipeline = ?1", [pipeline])?;
            Ok(None)
        }
    }
}
