//! Values remembered by the texts that they were written as.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;

/// Values by the texts that they were written as: extracts repeat themselves.
pub struct Met<T>(HashMap<Box<str>, T, FixedState>);

/// Texts remembered of a column: those without repetition gain nothing by more.
const MOST_MET: usize = 1024;

impl<T> Default for Met<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T> Met<T> {
    /// What a text was found to be.
    pub fn get(&self, text: &str) -> Option<&T> {
        self.0.get(text)
    }

    /// Remembers what a text is.
    pub fn put(&mut self, text: &str, value: T) {
        if self.0.len() < MOST_MET {
            self.0.insert(text.into(), value);
        }
    }
}

/// What the cells of a column were found to be, whatever its field's type is.
#[derive(Default)]
pub struct ColumnMet {
    /// Of texts with a code list.
    pub codes: Met<String>,
    /// Of truth values.
    pub truths: Met<bool>,
    /// Of lists with a code list.
    pub lists: Met<Vec<String>>,
}

/// What the cells of deliveries were found to be, for those that are judged by the same rules later.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Vec<Vec<ColumnMet>>>>);

/// Rules of which something is remembered: of a project of thousands of sources not all.
const MOST_RULES: usize = 64;

impl Memory {
    /// What is remembered of so many columns by some rules, for one delivery alone until it is dropped.
    pub fn lend<'m>(&'m self, rules: &'m str, columns: usize) -> Lent<'m> {
        let lent = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(rules).and_then(Vec::pop);
        Lent { columns: lent.filter(|known| known.len() == columns).unwrap_or_else(|| empty(columns)), home: Some((self, rules)) }
    }
}

/// What the cells of a delivery's columns were found to be, by the index of their field.
pub struct Lent<'m> {
    /// By column.
    pub columns: Vec<ColumnMet>,
    home: Option<(&'m Memory, &'m str)>,
}

impl Lent<'_> {
    /// Nothing was met, and nothing will be remembered.
    pub fn none(columns: usize) -> Self {
        Self { columns: empty(columns), home: None }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some((memory, rules)) = self.home else { return };
        let columns = std::mem::take(&mut self.columns);
        let mut known = memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = known.len() < MOST_RULES;
        match known.get_mut(rules) {
            Some(several) => several.push(columns),
            None if has_room => drop(known.insert(rules.to_owned(), vec![columns])),
            None => {}
        }
    }
}

fn empty(columns: usize) -> Vec<ColumnMet> {
    std::iter::repeat_with(ColumnMet::default).take(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST_RULES, Memory};

    #[test]
    fn what_was_met_is_lent_to_one_delivery_at_a_time_by_the_same_rules() {
        let memory = Memory::default();
        memory.lend("some", 2).columns[1].truths.put("oui", true);
        let lent = memory.lend("some", 2);
        assert_eq!(lent.columns[1].truths.get("oui"), Some(&true));
        assert_eq!(memory.lend("some", 2).columns[1].truths.get("oui"), None, "it is with another delivery");
        assert_eq!(memory.lend("others", 2).columns[1].truths.get("oui"), None);
        drop(lent);
        assert_eq!(memory.lend("some", 2).columns[1].truths.get("oui"), Some(&true));
    }

    #[test]
    fn of_more_rules_than_there_is_room_for_nothing_is_remembered() {
        let memory = Memory::default();
        for rules in 0..=MOST_RULES {
            memory.lend(&rules.to_string(), 1).columns[0].truths.put("non", false);
        }
        let is_known = |rules: usize| memory.lend(&rules.to_string(), 1).columns[0].truths.get("non").is_some();
        assert!(is_known(0) && is_known(MOST_RULES - 1) && !is_known(MOST_RULES));
    }
}
