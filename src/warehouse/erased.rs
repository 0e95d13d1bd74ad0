//! `erased.json`: marks of people and cases that are held no more, so that no later delivery brings them back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, ReceiptKind, Warehouse};
use crate::contract::InCase;
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;

const FILE: &str = "erased.json";

/// Whom a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// A person.
    Person,
    /// Everybody of a case.
    Case,
}

/// A person or case that is held no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Whom it stands for.
    pub whom: Whom,
    /// The keyed mark, by which they are known again and nothing else.
    pub mark: String,
    /// The generation of the key whose pseudonym was marked.
    pub generation: usize,
    /// The receipt of the erasure.
    pub receipt: String,
}

/// Everybody who is held no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedList {
    /// They, oldest first.
    pub erased: Vec<Erased>,
}

impl ErasedList {
    /// The list after the key was rotated; `key` is the new one.
    #[must_use]
    pub fn renewed(&self, key: &Key) -> Self {
        let renew = |erased: &Erased| Erased { mark: key.renewed_mark(&erased.mark), ..erased.clone() };
        Self { erased: self.erased.iter().map(renew).collect() }
    }

    /// The receipt by which a pseudonym of the present key was erased.
    pub fn receipt_of(&self, key: &Key, pseudonym: &str, whom: Whom) -> Option<&str> {
        let mark = key.mark(key.generation(), pseudonym);
        self.erased
            .iter()
            .find(|erased| erased.whom == whom && erased.generation == key.generation() && erased.mark == mark)
            .map(|erased| erased.receipt.as_str())
    }

    /// Prepares the list as part of a change.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub fn keep(&self, change: &mut Change) -> Result<()> {
        change.write_json(FILE, self)
    }
}

/// Knows those who are held no more by their case and number.
#[derive(Clone)]
pub struct Gone {
    key: Key,
    persons: BTreeMap<usize, BTreeSet<String>>,
    cases: BTreeMap<usize, BTreeSet<String>>,
}

impl Gone {
    /// Those of a list, by the present key.
    pub fn new(list: &ErasedList, key: Key) -> Self {
        let mut gone = Self { key, persons: BTreeMap::new(), cases: BTreeMap::new() };
        for erased in &list.erased {
            let marks = if erased.whom == Whom::Case { &mut gone.cases } else { &mut gone.persons };
            marks.entry(erased.generation).or_default().insert(erased.mark.clone());
        }
        gone
    }

    /// True where nobody was erased.
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty() && self.cases.is_empty()
    }

    /// True where a person of a case is held no more.
    pub fn has(&self, case: &str, who: InCase) -> bool {
        let of_case = |(generation, marks): (&usize, &BTreeSet<String>)| marks.contains(&self.key.mark(*generation, &self.key.case_in(*generation, case)));
        let of_person = |(generation, marks): (&usize, &BTreeSet<String>)| {
            self.key.who_in(*generation, case, who).is_some_and(|person| marks.contains(&self.key.mark(*generation, &person)))
        };
        self.cases.iter().any(of_case) || self.persons.iter().any(of_person)
    }
}

impl Warehouse {
    /// Everybody who is held no more.
    ///
    /// # Errors
    /// `Conflict` where the list cannot be read: without it a delivery could bring them back.
    pub async fn erased(&self) -> Result<ErasedList> {
        match self.store().read_if_any(FILE).await? {
            // A store that lies, or somebody who took it away: whoever was erased would come back.
            None if self.receipts().await?.iter().any(|receipt| receipt.kind == ReceiptKind::Erasure) => {
                Err(Error::new(Kind::Conflict, format!("`{FILE}` of the warehouse is not there, and receipts say that people were erased"))
                    .hint("restore it from a backup: by it later deliveries do not bring them back"))
            }
            None => Ok(ErasedList::default()),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|cause| {
                Error::new(Kind::Conflict, format!("`{FILE}` of the warehouse cannot be read")).hint("restore it from a backup").because(cause)
            }),
        }
    }
}
