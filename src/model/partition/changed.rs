//! Which parts of a table are stale, and which parts of what it reads they are made of.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use datafusion::common::Result;

use super::Partition;
use super::image::image;
use super::values::Value;
use crate::engine::Engine;
use crate::warehouse::InputParts;

/// What is made anew of a table.
#[derive(Debug, Default)]
pub(in crate::model) struct Stale {
    /// Its parts.
    pub parts: BTreeSet<Value>,
    /// The parts of what it reads that these are made of, by table and column.
    pub needed: BTreeMap<(String, String), BTreeSet<Value>>,
}

/// What tells the content of the tables that are read, part by part: as it was, and as it is.
pub(in crate::model) struct Ground<'a> {
    /// When the table was built.
    pub before: &'a [InputParts],
    /// Now.
    pub now: &'a [InputParts],
    /// The types of the columns that parts of models have.
    pub kinds: &'a BTreeMap<String, DataType>,
}

impl Ground<'_> {
    /// What is stale, `also` in any case.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn stale(&self, engine: &Engine, partition: &Partition, also: BTreeSet<Value>) -> Result<Stale> {
        let mut stale = Stale { parts: also, needed: BTreeMap::new() };
        let mut images = Vec::new();
        for source in &partition.sources {
            let (before, now) = (of(self.before, source), of(self.now, source));
            let all: BTreeSet<Value> = before.keys().chain(now.keys()).map(|part| (*part).clone()).collect();
            let kind = self.kinds.get(&source.table).unwrap_or(&DataType::Date32);
            let image = image(engine, partition, source, kind, &all).await?;
            let changed = image.iter().filter(|(part, _)| before.get(part) != now.get(part));
            stale.parts.extend(changed.flat_map(|(_, leads_to)| leads_to.iter().cloned()));
            images.push((source, image));
        }
        for (source, image) in images {
            let needed = stale.needed.entry((source.table.clone(), source.column.clone())).or_default();
            let leads = image.into_iter().filter(|(_, leads_to)| !leads_to.is_disjoint(&stale.parts));
            needed.extend(leads.map(|(part, _)| part));
        }
        Ok(stale)
    }
}

fn of<'p>(inputs: &'p [InputParts], source: &super::Source) -> BTreeMap<&'p Value, &'p str> {
    let found = inputs.iter().find(|input| input.table == source.table && input.column == source.column);
    found.into_iter().flat_map(|input| input.parts.iter().map(|part| (&part.value, part.content.as_str()))).collect()
}
