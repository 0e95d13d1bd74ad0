//! Attempts of ticks, and what was asked for, in the database.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};

use super::rows::{instant, meant, micros, number, unsigned, word};
use crate::schedule::attempt::{Attempt, AttemptEnd};
use crate::schedule::ledger::Token;
use crate::schedule::tick::TickId;

type Result<T> = rusqlite::Result<T>;

/// Notes an attempt, in place of what was noted of it before.
pub fn note(connection: &Connection, attempt: &Attempt) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO attempts (nominal, pipeline, number, token, began, ended, failure, run_id, note)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let (id, end) = (&attempt.id, attempt.ended.as_ref());
    let failure = end.and_then(|end| end.failure).map(|failure| word(&failure)).transpose()?;
    let (ended, run_id, note) = (end.map(|end| micros(end.at)), end.and_then(|end| end.run_id.as_deref()), end.map_or("", |end| end.note.as_str()));
    let values = params![micros(id.nominal), id.pipeline, attempt.number, number(attempt.token.0), micros(attempt.began), ended, failure, run_id, note];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The attempts of ticks with a nominal time in `[from, until)`.
pub fn between(connection: &Connection, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Attempt>> {
    let sql = "SELECT * FROM attempts WHERE nominal >= ?1 AND nominal < ?2 ORDER BY nominal, pipeline, number";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![micros(from), micros(until)], read)?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Result<Attempt> {
    let ended: Option<i64> = row.get("ended")?;
    let failure: Option<String> = row.get("failure")?;
    let end = |at: i64| -> Result<AttemptEnd> {
        let failure = failure.map(|failure| meant("failure", Some(failure))).transpose()?;
        Ok(AttemptEnd { at: instant(at)?, failure, run_id: row.get("run_id")?, note: row.get("note")? })
    };
    Ok(Attempt {
        id: TickId::new(row.get::<_, String>("pipeline")?, instant(row.get("nominal")?)?),
        number: row.get("number")?,
        token: Token(unsigned(row.get("token")?)?),
        began: instant(row.get("began")?)?,
        ended: ended.map(end).transpose()?,
    })
}

/// Removes the attempts of ticks before an instant that are no longer kept.
pub fn prune(connection: &Connection, before: DateTime<Utc>) -> Result<()> {
    let sql = "DELETE FROM attempts WHERE nominal < ?1
               AND NOT EXISTS (SELECT 1 FROM ticks WHERE ticks.nominal = attempts.nominal AND ticks.pipeline = attempts.pipeline)";
    connection.execute(sql, [micros(before)])?;
    Ok(())
}

/// Asks for a tick.
pub fn ask(connection: &Connection, id: &TickId) -> Result<()> {
    connection.execute("INSERT OR IGNORE INTO asked (nominal, pipeline) VALUES (?1, ?2)", params![micros(id.nominal), id.pipeline])?;
    Ok(())
}

/// What was asked for and not heard yet.
pub fn asked(connection: &Connection) -> Result<Vec<TickId>> {
    let mut statement = connection.prepare_cached("SELECT pipeline, nominal FROM asked ORDER BY nominal, pipeline")?;
    let rows = statement.query_map([], |row| Ok(TickId::new(row.get::<_, String>(0)?, instant(row.get(1)?)?)))?;
    rows.collect()
}

/// Forgets what was asked for.
pub fn heard(connection: &Connection, id: &TickId) -> Result<()> {
    connection.execute("DELETE FROM asked WHERE nominal = ?1 AND pipeline = ?2", params![micros(id.nominal), id.pipeline])?;
    Ok(())
}
