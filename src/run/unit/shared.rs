//! Results that many scenarios have in common: of models that read nothing that a scenario delivers or gives, such as
//! periods, and feeds of which nothing was delivered. A model is a function of the tables that it reads.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use datafusion::catalog::TableProvider;

use super::perform::is_given;
use super::scenario::Scenario;
use crate::model::Model;

/// A model, and the day that its scenario ends on where it rests on that: of results that are no scenario's own nothing
/// else differs.
pub type Key = (String, Option<NaiveDate>);

/// Results kept for the next scenario.
#[derive(Default)]
pub struct Shared(Mutex<HashMap<Key, Arc<dyn TableProvider>>>);

impl Shared {
    /// A result that an earlier scenario kept.
    pub fn get(&self, key: Option<&Key>) -> Option<Arc<dyn TableProvider>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key?).cloned()
    }

    /// Keeps a result where it has a key, and hands it on.
    pub fn keep(&self, key: Option<Key>, table: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
        if let Some(key) = key {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, table.clone());
        }
        table
    }
}

/// Tells which tables of a scenario are its own: delivered, given, or made of such.
pub struct MadeOf<'a> {
    scenario: &'a Scenario,
    own: HashSet<String>,
    /// Tables that end with the scenario's day.
    dated: HashSet<String>,
}

impl<'a> MadeOf<'a> {
    /// Of a scenario of which no model was built yet.
    pub fn new(scenario: &'a Scenario) -> Self {
        let mut own: HashSet<String> = scenario.deliveries.iter().map(|delivery| format!("feeds.{}", delivery.feed)).collect();
        if !scenario.deliveries.is_empty() {
            own.insert("system.submissions".to_owned());
        }
        Self { scenario, own, dated: ["system.periods", "system.calendar"].map(str::to_owned).into() }
    }

    /// The key of a model's result; nothing where it is the scenario's own. Models are asked for in the order in which
    /// they are built.
    pub fn model(&mut self, model: &Model) -> Option<Key> {
        let is_own = model.selects_from().any(|read| self.own.contains(read) || is_given(self.scenario, read));
        if is_own {
            self.own.insert(model.name.as_str().to_owned());
            return None;
        }
        let is_dated = model.selects_from().any(|read| self.dated.contains(read));
        if is_dated {
            self.dated.insert(model.name.as_str().to_owned());
        }
        Some((model.name.as_str().to_owned(), is_dated.then(|| self.scenario.today.date_naive())))
    }
}
