//! Rows of the book as what they mean.

use chrono::{DateTime, Utc};
use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::alert::letter::Letter;
use crate::alert::matter::Matter;

/// A cause that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Its number.
    pub id: i64,
    /// What is the matter.
    pub matter: Matter,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whom a message about it was made for.
    pub told: Vec<Told>,
}

/// That a receiver was told of a cause, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The receiver.
    pub receiver: String,
    /// What became of the message.
    pub state: MessageState,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    /// It is to be sent.
    Waiting,
    /// Its receiver took it.
    Sent,
    /// It is not tried again.
    GivenUp,
}

/// A message to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number: messages to one receiver are sent in this order.
    pub id: i64,
    /// The receiver.
    pub receiver: String,
    /// What it says.
    pub letter: Letter,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// What became of it.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, at the earliest.
    pub next: DateTime<Utc>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// An instant as it is stored.
pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A stored instant.
pub fn instant(micros: i64) -> rusqlite::Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

/// A value as it is stored.
pub fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))
}

fn meant<T: DeserializeOwned>(column: &str, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|cause| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("`{column}` is not understood: {cause}").into()))
}

fn state(word: &str) -> MessageState {
    match word {
        "sent" => MessageState::Sent,
        "given-up" => MessageState::GivenUp,
        _ => MessageState::Waiting,
    }
}

/// The causes that are not over, the oldest first.
pub fn open_causes(connection: &Connection) -> rusqlite::Result<Vec<Cause>> {
    let mut statement = connection.prepare_cached("SELECT id, matter, since FROM causes WHERE until IS NULL ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        let matter: String = row.get(1)?;
        Ok(Cause { id: row.get(0)?, matter: meant("matter", &matter)?, since: instant(row.get(2)?)?, told: Vec::new() })
    })?;
    let mut causes = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut told = connection.prepare_cached("SELECT receiver, state FROM told JOIN messages ON messages.id = message WHERE cause = ?1 ORDER BY message")?;
    for cause in &mut causes {
        let rows = told.query_map([cause.id], |row| {
            let word: String = row.get(1)?;
            Ok(Told { receiver: row.get(0)?, state: state(&word) })
        })?;
        cause.told = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    }
    Ok(causes)
}

/// The messages that a query gives.
pub fn messages(connection: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, message)?;
    rows.collect()
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let (letter, word): (String, String) = (row.get("letter")?, row.get("state")?);
    Ok(Message {
        id: row.get("id")?,
        receiver: row.get("receiver")?,
        letter: meant("letter", &letter)?,
        made: instant(row.get("made")?)?,
        state: state(&word),
        attempts: row.get("attempts")?,
        next: instant(row.get("next")?)?,
        error: row.get("error")?,
    })
}
