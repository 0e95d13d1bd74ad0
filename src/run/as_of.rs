//! Tables as they were known on a day: of the deliveries received by its end, by their own columns and not by versions
//! of tables. Person-level: for the owner of the data.
//!
//! Guarantees: a delivery counts from the moment it was received, whenever it was loaded. Rows that were erased or
//! pruned since are not there on any day. Models are those of the project now.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;

use super::prepare::Prepared;
use super::world::{Results, World, add, upstream_of};
use crate::calendar::end_of_day;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::warehouse::Warehouse;

/// An engine with everything that was known on a day, or is known now: feeds, what else models read, and those models'
/// tables that a query names. Tells the names of all models.
///
/// # Errors
/// `Input` where nothing was received by then; as the engine says.
pub async fn open_as_of(prepared: &Prepared, warehouse: &Warehouse, day: Option<NaiveDate>, query: &str) -> Result<Engine> {
    let mut submissions = warehouse.read_submissions().await?;
    if let Some(day) = day {
        let end = end_of_day(prepared.project.timezone, day);
        let first = submissions.iter().map(|submission| submission.received_at).min();
        submissions.retain(|submission| submission.received_at < end);
        if submissions.is_empty() {
            let hint = first.map_or_else(|| "run `rihla run`".to_owned(), |first| format!("the first delivery was received on {}", first.date_naive()));
            return Err(Error::new(Kind::Input, format!("nothing had been received by the end of {day}")).hint(hint));
        }
    }
    let world = World::known(prepared, warehouse, submissions).await?;
    let memory_mib = prepared.project.memory_mib;
    let mut results = Results::default();
    results.renew(memory_mib, &world.models, &world.inputs, &upstream_of(&world.models, &named(query)), &BTreeSet::new()).await?;
    let engine = Engine::new(memory_mib)?;
    for (name, rows) in world.inputs.iter().chain(&results.tables) {
        add(&engine, name, rows)?;
    }
    Ok(engine)
}

/// The tables without a schema that a query names; none where it cannot be parsed, which who runs it will say.
fn named(query: &str) -> BTreeSet<String> {
    let statements = DFParser::parse_sql(query).unwrap_or_default();
    let tables = statements.iter().filter_map(|statement| resolve_table_references(statement, true).ok()).flat_map(|(tables, _)| tables);
    tables.filter(|table| table.schema().is_none()).map(|table| table.table().to_owned()).collect()
}
