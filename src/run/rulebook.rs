//! What all deliveries of a run are judged by, found once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::contract::{Contract, Target};
use crate::error::{Result, io};
use crate::model::ProjectRules;
use crate::project::{Project, Reference};
use crate::validate::{Lookups, Memory, keys, read_reference};

/// What deliveries of a project are judged by. Each of it is found when the first delivery asks for it, and is the same for
/// those that follow.
#[derive(Default)]
pub struct Rulebook {
    rules: OnceLock<ProjectRules>,
    /// By feed.
    lookups: Mutex<BTreeMap<String, Arc<Lookups>>>,
    memory: Memory,
}

impl Rulebook {
    /// The schemas' own rules.
    ///
    /// # Errors
    /// `Config` where a rule has a fault.
    pub fn rules(&self, project: &Project) -> Result<&ProjectRules> {
        match self.rules.get() {
            Some(rules) => Ok(rules),
            None => {
                let compiled = ProjectRules::of(project)?;
                Ok(self.rules.get_or_init(|| compiled))
            }
        }
    }

    /// The keys that tables of the project have, where foreign keys of a feed refer to them.
    ///
    /// # Errors
    /// `Unavailable` where a table cannot be read; `Data` where it has faults.
    pub fn lookups(&self, contract: &Contract, references: &[Reference]) -> Result<Arc<Lookups>> {
        let mut known = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookups) = known.get(contract.feed.as_str()) {
            return Ok(lookups.clone());
        }
        let lookups = Arc::new(read(contract, references)?);
        known.insert(contract.feed.to_string(), lookups.clone());
        Ok(lookups)
    }

    /// What cells were found to be.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}

fn read(contract: &Contract, references: &[Reference]) -> Result<Lookups> {
    let mut lookups = Lookups::new();
    for (place, key) in contract.foreign_keys.iter().enumerate() {
        let Target::Reference(name) = &key.target else { continue };
        let Some(reference) = references.iter().find(|reference| reference.name == *name) else { continue };
        let bytes = std::fs::read(&reference.path).map_err(|cause| io(format!("cannot read `{}`", reference.path.display()), cause))?;
        let table = read_reference(reference, &bytes.into())?;
        let columns: Vec<_> = key.names.iter().filter_map(|name| table.column_by_name(name)).collect();
        lookups.insert(place, keys(&columns)?.into_iter().flatten().collect());
    }
    Ok(lookups)
}
