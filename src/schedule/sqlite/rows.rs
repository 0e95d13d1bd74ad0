//! Rows of the ledger as what they mean.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::schedule::ledger::{Lease, Token};
use crate::schedule::pause::Pause;
use crate::schedule::state::Known;
use crate::schedule::tick::{Tick, TickId, TickState};
use crate::schedule::timetable::Timetable;

type Result<T> = rusqlite::Result<T>;

/// An instant as it is stored.
pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A stored instant.
pub fn instant(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

/// A number as SQLite has them.
pub fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that is stored and cannot be below zero.
pub fn unsigned(stored: i64) -> Result<u64> {
    u64::try_from(stored).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, stored))
}

fn not_understood(column: &str, cause: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("`{column}` is not understood: {cause}").into())
}

/// A word of a kind, as serde spells it.
pub fn word(value: &impl Serialize) -> Result<String> {
    let value = serde_json::to_value(value).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// What a stored word means; the column is for the error.
pub fn meant<T: DeserializeOwned>(column: &str, word: Option<String>) -> Result<T> {
    serde_json::from_value(word.into()).map_err(|cause| not_understood(column, cause))
}

/// The lease.
pub fn lease(connection: &Connection) -> Result<Lease> {
    connection.query_row("SELECT token, holder, beat, is_free FROM lease", [], |row| {
        Ok(Lease { token: Token(unsigned(row.get(0)?)?), holder: row.get(1)?, beat: unsigned(row.get(2)?)?, is_free: row.get(3)? })
    })
}

/// Until when pipelines are decided about, and by what.
pub fn known(connection: &Connection) -> Result<BTreeMap<String, Known>> {
    let mut statement = connection.prepare_cached("SELECT pipeline, expression, zone, decided_until FROM pipelines")?;
    let rows = statement.query_map([], |row| {
        let zone: String = row.get(2)?;
        let zone = zone.parse().map_err(|cause| not_understood("zone", cause))?;
        let expression: String = row.get(1)?;
        let timetable = Timetable::new(&expression, zone).map_err(|cause| not_understood("expression", cause))?;
        Ok((row.get(0)?, Known { timetable, decided_until: instant(row.get(3)?)? }))
    })?;
    rows.collect()
}

/// The pauses, in the order in which they began.
pub fn pauses(connection: &Connection) -> Result<Vec<Pause>> {
    let mut statement = connection.prepare_cached("SELECT pipeline, since, until, reason FROM pauses ORDER BY since, id")?;
    let rows = statement.query_map([], |row| {
        let until: Option<i64> = row.get(2)?;
        Ok(Pause { pipeline: row.get(0)?, since: instant(row.get(1)?)?, until: until.map(instant).transpose()?, reason: row.get(3)? })
    })?;
    rows.collect()
}

/// The ticks that a query gives.
pub fn ticks(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<Tick>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    rows.collect()
}

/// One tick.
pub fn tick(connection: &Connection, id: &TickId) -> Result<Option<Tick>> {
    let mut statement = connection.prepare_cached("SELECT * FROM ticks WHERE nominal = ?1 AND pipeline = ?2")?;
    statement.query_row(params![micros(id.nominal), id.pipeline], read).optional()
}

fn read(row: &Row<'_>) -> Result<Tick> {
    let id = TickId { nominal: instant(row.get("nominal")?)?, pipeline: row.get("pipeline")? };
    let state: String = row.get("state")?;
    let at = || -> Result<DateTime<Utc>> { instant(row.get("at")?) };
    let token = || -> Result<Token> { Ok(Token(unsigned(row.get("token")?)?)) };
    let state = match state.as_str() {
        "waiting" => TickState::Waiting { from: at()? },
        "claimed" => TickState::Claimed { token: token()? },
        "running" => TickState::Running { token: token()?, since: at()? },
        "succeeded" => TickState::Succeeded { at: at()? },
        "failed" => TickState::Failed { at: at()?, failure: meant("why", row.get("why")?)? },
        _ => TickState::Skipped { at: at()?, by: meant("why", row.get("why")?)? },
    };
    Ok(Tick { id, step: row.get("step")?, attempts: row.get("attempts")?, interruptions: row.get("interruptions")?, state })
}

/// The columns of a state: its name, its instant, its term, its reason.
type Columns = (&'static str, Option<i64>, Option<i64>, Option<String>);

fn columns(state: &TickState) -> Result<Columns> {
    Ok(match state {
        TickState::Waiting { from } => ("waiting", Some(micros(*from)), None, None),
        TickState::Claimed { token } => ("claimed", None, Some(number(token.0)), None),
        TickState::Running { token, since } => ("running", Some(micros(*since)), Some(number(token.0)), None),
        TickState::Succeeded { at } => ("succeeded", Some(micros(*at)), None, None),
        TickState::Failed { at, failure } => ("failed", Some(micros(*at)), None, Some(word(failure)?)),
        TickState::Skipped { at, by } => ("skipped", Some(micros(*at)), None, Some(word(by)?)),
    })
}

/// Records a tick; false where it is there already.
pub fn insert(connection: &Connection, tick: &Tick) -> Result<bool> {
    let sql = "INSERT INTO ticks (nominal, pipeline, step, attempts, interruptions, state, at, token, why)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let (state, at, token, why) = columns(&tick.state)?;
    let id = &tick.id;
    let values = params![micros(id.nominal), id.pipeline, tick.step, tick.attempts, tick.interruptions, state, at, token, why];
    Ok(connection.prepare_cached(sql)?.execute(values)? == 1)
}

/// Takes the next step of a tick; false where it is not at the step before.
pub fn step(connection: &Connection, tick: &Tick) -> Result<bool> {
    let sql = "UPDATE ticks SET step = ?3, attempts = ?4, interruptions = ?5, state = ?6, at = ?7, token = ?8, why = ?9
               WHERE nominal = ?1 AND pipeline = ?2 AND step = ?3 - 1";
    let (state, at, token, why) = columns(&tick.state)?;
    let id = &tick.id;
    let values = params![micros(id.nominal), id.pipeline, tick.step, tick.attempts, tick.interruptions, state, at, token, why];
    Ok(connection.prepare_cached(sql)?.execute(values)? == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_keep_their_microseconds() {
        let at = DateTime::from_timestamp_micros(1_700_000_000_123_456).expect("an instant");
        assert_eq!(instant(micros(at)).expect("an instant"), at);
    }
}
