//! Names of the ledger's objects: in the order of what they name, and readable.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::schedule::ledger::Token;
use crate::schedule::pause::Pause;
use crate::schedule::tick::TickId;

const NOMINAL: &str = "%Y%m%dT%H%M%SZ";

/// `00000000000000000007`
pub fn token(token: Token) -> String {
    format!("{:020}", token.0)
}

/// The term that a name says.
pub fn read_token(name: &str) -> Option<Token> {
    name.parse().ok().map(Token)
}

/// `20260329T010000Z`
pub fn nominal(at: DateTime<Utc>) -> String {
    at.format(NOMINAL).to_string()
}

fn read_nominal(name: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(name, NOMINAL).ok().map(|at| at.and_utc())
}

/// `0000000003`
pub fn step(step: u32) -> String {
    format!("{step:010}")
}

/// `20260329T010000Z-returns`
pub fn tick(id: &TickId) -> String {
    format!("{}-{}", nominal(id.nominal), id.pipeline)
}

/// The tick that a name says.
pub fn read_tick(name: &str) -> Option<TickId> {
    let (nominal, pipeline) = name.split_once('-')?;
    Some(TickId::new(pipeline, read_nominal(nominal)?))
}

/// The tick and step that the parts of a name say.
pub fn read_step(parts: &[String]) -> Option<(TickId, u32)> {
    let [nominal, pipeline, step] = parts else { return None };
    Some((TickId::new(pipeline, read_nominal(nominal)?), step.parse().ok()?))
}

/// `20260329T010000000000Z-returns`, or nothing after the dash for all pipelines.
pub fn pause(pause: &Pause) -> String {
    format!("{}-{}", pause.since.format("%Y%m%dT%H%M%S%6fZ"), pause.pipeline.as_deref().unwrap_or_default())
}
