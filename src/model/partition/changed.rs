//! Which parts of a table are stale, and which parts of what it reads they are made of.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use datafusion::common::Result;

use super::Partition;
use super::image::{Image, image};
use super::values::Value;
use crate::engine::Engine;
use crate::warehouse::InputParts;

/// A table that is read, and its column whose values are its parts.
type Read = (String, String);

/// What is made anew of a table.
#[derive(Debug, Default)]
pub(in crate::model) struct Stale {
    /// Its parts.
    pub parts: BTreeSet<Value>,
    /// The parts of what it reads that these are made of.
    pub needed: BTreeMap<Read, BTreeSet<Value>>,
    /// True where what is needed leads to no other parts, so that little else is made of it.
    pub is_exact: bool,
}

/// Where the parts of what a table reads lead: to which of its own; of what is read in several ways, for each of them.
pub(in crate::model) struct Images(pub(super) Vec<(Read, Image)>);

impl Images {
    /// The parts of the table to which anything leads that is read.
    pub fn parts(&self) -> BTreeSet<Value> {
        self.0.iter().flat_map(|(_, image)| image.values().flatten().cloned()).collect()
    }

    /// Some parts of the table, and what they are made of.
    pub fn making(&self, parts: BTreeSet<Value>) -> Stale {
        let mut stale = Stale { parts, needed: BTreeMap::new(), is_exact: true };
        for (read, image) in &self.0 {
            let needed = stale.needed.entry(read.clone()).or_default();
            for (part, leads_to) in image.iter().filter(|(_, leads_to)| !leads_to.is_disjoint(&stale.parts)) {
                needed.insert(part.clone());
                stale.is_exact &= leads_to.is_subset(&stale.parts);
            }
        }
        // A row that is read for one of its dates is there with the other too, which may lead elsewhere.
        let tables: BTreeSet<&String> = stale.needed.keys().map(|(table, _)| table).collect();
        stale.is_exact &= tables.len() == stale.needed.len();
        stale
    }
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
    /// Where all parts lead that there are or were.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn images(&self, engine: &Engine, partition: &Partition) -> Result<Images> {
        let mut images = Vec::new();
        for source in &partition.sources {
            let read = (source.table.clone(), source.column.clone());
            let (before, now) = (of(self.before, &read), of(self.now, &read));
            let all: BTreeSet<Value> = before.keys().chain(now.keys()).map(|part| (*part).clone()).collect();
            let kind = self.kinds.get(&source.table).unwrap_or(&DataType::Date32);
            images.push((read, image(engine, partition, source, kind, &all).await?));
        }
        Ok(Images(images))
    }

    /// What is stale, `also` in any case.
    pub fn stale(&self, images: &Images, also: BTreeSet<Value>) -> Stale {
        let mut parts = also;
        for (read, image) in &images.0 {
            let (before, now) = (of(self.before, read), of(self.now, read));
            let changed = image.iter().filter(|(part, _)| before.get(part) != now.get(part));
            parts.extend(changed.flat_map(|(_, leads_to)| leads_to.iter().cloned()));
        }
        images.making(parts)
    }
}

fn of<'p>(inputs: &'p [InputParts], (table, column): &Read) -> BTreeMap<&'p Value, &'p str> {
    let found = inputs.iter().find(|input| input.table == *table && input.column == *column);
    found.into_iter().flat_map(|input| input.parts.iter().map(|part| (&part.value, part.content.as_str()))).collect()
}
