//! Values remembered by the texts that they were written as.

use std::collections::HashMap;

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
