//! The memory of alerts: causes, whom they were told, and messages that are to be sent; an SQLite database beside the schedule's
//! ledger.
//!
//! Guarantees: a cause and the messages about it are stored together or not at all, and are on the disk when a call returns; a
//! message that was taken is never handed out again.

mod rows;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::letter::{Letter, Writer};
use super::look::{Begun, Changes, Open};
use super::reminding::Reminding;
use crate::error::{self, Result};
use crate::project::{AlertKind, Project, Receiver};
use crate::store::database::{Form, failed};
use crate::store::files;
pub use rows::{Cause, Message, MessageState, Told};
use rows::{json, micros};

/// What the book is, among databases: "rhla" with another last letter.
const BOOK: Form = Form { name: "the book of alerts", application: 0x7268_6c62, journal: "DELETE", migrations: &[include_str!("v1.sql")] };

/// More causes of one kind than this at once make one message.
pub const MOST_AT_ONCE: usize = 20;

/// What is over, and messages about it, are kept so long.
const KEPT: TimeDelta = TimeDelta::days(90);

/// The book of a warehouse.
#[derive(Debug)]
pub struct Book {
    connection: Mutex<Connection>,
}

/// Where the book of a warehouse lies.
pub fn path(warehouse: &Path) -> PathBuf {
    warehouse.join("schedule").join("alerts.sqlite")
}

impl Book {
    /// Opens the book of a project, and makes it where there is none.
    ///
    /// # Errors
    /// `Conflict` where the file is no such book, or one of a newer version; `Unavailable` where the disk cannot be read or
    /// written.
    pub fn open(project: &Project) -> Result<Self> {
        let path = path(&project.warehouse);
        for folder in [Some(project.warehouse.as_path()), path.parent()].into_iter().flatten() {
            files::make_private_folder(folder).map_err(|cause| error::io(format!("cannot make the folder `{}`", folder.display()), cause))?;
        }
        Ok(Self { connection: Mutex::new(BOOK.open(&path)?) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // What a call that panicked had begun was rolled back when its transaction was dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        work(&self.connection()).map_err(|cause| failed("cannot read the book of alerts", cause))
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let done = connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|cause| failed("cannot write to the book of alerts", cause))
    }

    /// The causes that are not over.
    ///
    /// # Errors
    /// Where the book cannot be read.
    pub fn open_causes(&self) -> Result<Vec<Cause>> {
        self.read(rows::open_causes)
    }

    /// Takes in what a look changes, given the causes that are open: a message to each receiver that is to hear of it is stored
    /// with it. Gives how many messages there are to send.
    ///
    /// # Errors
    /// Where the book cannot be read or written: nothing of it was stored then.
    pub fn look(&self, project: &Project, now: DateTime<Utc>, changes: impl FnOnce(&[Open]) -> Changes) -> Result<usize> {
        self.write(|transaction| {
            let causes = rows::open_causes(transaction)?;
            let open: Vec<Open> = causes.iter().map(|cause| Open { id: cause.id, matter: cause.matter.clone() }).collect();
            let changes = changes(&open);
            for altered in &changes.altered {
                transaction.execute("UPDATE causes SET matter = ?2 WHERE id = ?1", params![altered.id, json(&altered.matter)?])?;
            }
            let over = |quiet: bool| changes.over.iter().filter(move |over| over.is_quiet == quiet);
            let ended: Vec<&Cause> = over(false).filter_map(|over| causes.iter().find(|cause| cause.id == over.id)).collect();
            let mut stored = tell_over(transaction, project, &ended, now)?;
            for over in &changes.over {
                transaction.execute("UPDATE causes SET until = ?2 WHERE id = ?1", params![over.id, micros(now)])?;
            }
            stored += tell_begun(transaction, project, &changes.begun, now)?;
            Ok(stored)
        })
    }

    /// Gives the reminders that fell since this was last asked: a message of each to every receiver that takes them. The first time
    /// there are none: what fell before anybody was to be told is over. Gives how many messages there are to send.
    ///
    /// # Errors
    /// Where the book cannot be read or written: nothing of it was stored then, and they are given the next time.
    pub fn remind(&self, project: &Project, now: DateTime<Utc>, falling: impl FnOnce(DateTime<Utc>) -> Vec<Reminding>) -> Result<usize> {
        self.write(|transaction| {
            let until: Option<i64> = transaction.query_row("SELECT until FROM reminded", [], |row| row.get(0)).optional()?;
            let until = until.map(rows::instant).transpose()?;
            // A clock that went back gives nothing twice.
            if until.is_some_and(|until| until >= now) {
                return Ok(0);
            }
            transaction.execute("INSERT OR REPLACE INTO reminded (only_row, until) VALUES (1, ?1)", [micros(now)])?;
            let fallen = until.map(falling).unwrap_or_default();
            let mut messages = 0;
            for receiver in project.receivers.iter().filter(|receiver| receiver.kinds.contains(&AlertKind::Reminder)) {
                let writer = Writer::new(project, receiver.language);
                let letters = fallen.iter().map(|of| (None, AlertKind::Reminder, writer.reminder(of, now)));
                messages += store(transaction, receiver, &writer, letters.collect(), now)?;
            }
            Ok(messages)
        })
    }

    /// The oldest message that each receiver has not taken yet.
    ///
    /// # Errors
    /// Where the book cannot be read.
    pub fn first_waiting(&self) -> Result<Vec<Message>> {
        let sql = "SELECT * FROM messages WHERE id IN (SELECT min(id) FROM messages WHERE state = 'waiting' GROUP BY receiver) ORDER BY id";
        self.read(|connection| rows::messages(connection, sql, []))
    }

    /// Messages that were not taken: waiting, or given up within some days.
    ///
    /// # Errors
    /// Where the book cannot be read.
    pub fn undelivered(&self, since: DateTime<Utc>) -> Result<Vec<Message>> {
        let sql = "SELECT * FROM messages WHERE state = 'waiting' OR (state = 'given-up' AND ended >= ?1) ORDER BY id";
        self.read(|connection| rows::messages(connection, sql, [micros(since)]))
    }

    /// A message was taken by its receiver.
    ///
    /// # Errors
    /// Where the book cannot be written.
    pub fn sent(&self, id: i64, now: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE messages SET state = 'sent', attempts = attempts + 1, ended = ?2, error = NULL WHERE id = ?1 AND state = 'waiting'";
        self.write(|transaction| transaction.execute(sql, params![id, micros(now)]).map(|_| ()))
    }

    /// A message was not taken, and is tried again after a pause.
    ///
    /// # Errors
    /// Where the book cannot be written.
    pub fn put_off(&self, id: i64, now: DateTime<Utc>, pause: Duration, error: &str) -> Result<()> {
        let next = TimeDelta::from_std(pause).ok().and_then(|pause| now.checked_add_signed(pause)).unwrap_or(now);
        let sql = "UPDATE messages SET attempts = attempts + 1, next = ?2, error = ?3 WHERE id = ?1 AND state = 'waiting'";
        self.write(|transaction| transaction.execute(sql, params![id, micros(next), error]).map(|_| ()))
    }

    /// A message is not tried again.
    ///
    /// # Errors
    /// Where the book cannot be written.
    pub fn give_up(&self, id: i64, now: DateTime<Utc>, error: &str) -> Result<()> {
        let sql = "UPDATE messages SET state = 'given-up', attempts = attempts + 1, ended = ?2, error = ?3 WHERE id = ?1 AND state = 'waiting'";
        self.write(|transaction| transaction.execute(sql, params![id, micros(now), error]).map(|_| ()))
    }

    /// Forgets what has long been over.
    ///
    /// # Errors
    /// Where the book cannot be written.
    pub fn prune(&self, now: DateTime<Utc>) -> Result<()> {
        self.write(|transaction| {
            let before = micros(now - KEPT);
            transaction.execute("DELETE FROM told WHERE cause IN (SELECT id FROM causes WHERE until < ?1)", [before])?;
            transaction.execute("DELETE FROM causes WHERE until < ?1", [before])?;
            // A message about what is not over is how it is known whom to tell once it is.
            transaction.execute("DELETE FROM messages WHERE ended < ?1 AND id NOT IN (SELECT message FROM told)", [before])?;
            Ok(())
        })
    }
}

/// Stores what begins, with a message to each receiver that takes its kind and does not hear of it otherwise.
fn tell_begun(transaction: &Transaction<'_>, project: &Project, begun: &[Begun], now: DateTime<Utc>) -> rusqlite::Result<usize> {
    let mut stored: Vec<(i64, &Begun)> = Vec::new();
    for cause in begun {
        let sql = "INSERT INTO causes (key, matter, since) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![cause.matter.key(), json(&cause.matter)?, micros(now)])?;
        stored.push((transaction.last_insert_rowid(), cause));
    }
    let mut messages = 0;
    for receiver in &project.receivers {
        let takes = |cause: &Begun| receiver.kinds.contains(&cause.matter.kind()) && !cause.said_by.iter().any(|kind| receiver.kinds.contains(kind));
        let writer = Writer::new(project, receiver.language);
        let letters = stored.iter().filter(|(_, cause)| takes(cause)).map(|(id, cause)| (Some(*id), cause.matter.kind(), writer.begun(&cause.matter, now)));
        messages += store(transaction, receiver, &writer, letters.collect(), now)?;
    }
    Ok(messages)
}

/// A message to each receiver that was told of what is over, and asks to hear of that.
fn tell_over(transaction: &Transaction<'_>, project: &Project, over: &[&Cause], now: DateTime<Utc>) -> rusqlite::Result<usize> {
    let mut messages = 0;
    for receiver in project.receivers.iter().filter(|receiver| receiver.kinds.contains(&AlertKind::Recovered)) {
        let writer = Writer::new(project, receiver.language);
        let was_told = |cause: &&&Cause| cause.told.iter().any(|told| told.receiver == receiver.name);
        let letters = over.iter().filter(was_told).map(|cause| (Some(cause.id), AlertKind::Recovered, writer.over(&cause.matter, cause.since, now)));
        messages += store(transaction, receiver, &writer, letters.collect(), now)?;
    }
    Ok(messages)
}

/// Stores letters to a receiver, each with the cause that it tells of, if any; those of one kind as one, where they are many.
fn store(
    transaction: &Transaction<'_>,
    receiver: &Receiver,
    writer: &Writer<'_>,
    letters: Vec<(Option<i64>, AlertKind, Letter)>,
    now: DateTime<Utc>,
) -> rusqlite::Result<usize> {
    let mut messages = 0;
    let mut add = |letter: &Letter, causes: &[Option<i64>]| -> rusqlite::Result<()> {
        let sql = "INSERT INTO messages (receiver, letter, made, state, next) VALUES (?1, ?2, ?3, 'waiting', ?3)";
        transaction.execute(sql, params![receiver.name, json(letter)?, micros(now)])?;
        let message = transaction.last_insert_rowid();
        for cause in causes.iter().flatten() {
            transaction.execute("INSERT INTO told (cause, message) VALUES (?1, ?2)", params![cause, message])?;
        }
        messages += 1;
        Ok(())
    };
    for (_, kind) in AlertKind::NAMES {
        let (ids, of_kind): (Vec<Option<i64>>, Vec<Letter>) =
            letters.iter().filter(|(_, of, _)| *of == kind).map(|(id, _, letter)| (*id, letter.clone())).unzip();
        if of_kind.len() > MOST_AT_ONCE {
            add(&writer.flood(kind, &of_kind, now), &ids)?;
        } else {
            of_kind.iter().zip(&ids).try_for_each(|(letter, id)| add(letter, &[*id]))?;
        }
    }
    Ok(messages)
}

impl Cause {
    /// What kind of alert it made.
    pub fn kind(&self) -> AlertKind {
        self.matter.kind()
    }
}

/// When a message may be tried next, at the earliest, by what the book says.
pub fn wait(message: &Message, now: DateTime<Utc>, most: Duration) -> Duration {
    // Nobody waits longer than the longest pause: where it seems so the clock went back.
    (message.next - now).to_std().unwrap_or_default().min(most)
}
