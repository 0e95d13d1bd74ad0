//! Constraints of a field beyond the least and the greatest number: bounds of any ordered type, lengths, and sets of values.

use std::cmp::Ordering;
use std::sync::Arc;

use super::literal::Scalar;

/// Which side of a value a bound keeps, and whether the bound itself is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundKind {
    /// The least value.
    Minimum,
    /// The greatest value.
    Maximum,
    /// All values are greater.
    ExclusiveMinimum,
    /// All values are less.
    ExclusiveMaximum,
}

/// A bound.
#[derive(Debug, Clone)]
pub struct Bound {
    /// Which.
    pub kind: BoundKind,
    /// Its value.
    pub value: Scalar,
    /// It as the schema writes it.
    pub shown: String,
}

/// Values of which a field has one.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The rule that names them: `enum` or `categories`.
    pub rule: &'static str,
    /// They.
    pub values: Vec<Scalar>,
    /// They as the schema writes them.
    pub shown: Vec<String>,
}

/// The constraint `jsonSchema`, compiled.
pub struct JsonRule {
    /// Where compiled schemas are.
    pub schemas: boon::Schemas,
    /// The one to hold values against.
    pub root: boon::SchemaIndex,
}

impl std::fmt::Debug for JsonRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JsonRule")
    }
}

/// Constraints of a field that few fields have.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Bounds.
    pub bounds: Vec<Bound>,
    /// The least number of characters, items or members.
    pub min_length: Option<usize>,
    /// The greatest number of characters, items or members.
    pub max_length: Option<usize>,
    /// Sets of values, each of which must hold the field's.
    pub choices: Vec<Choices>,
    /// What JSON values must satisfy.
    pub json: Option<Arc<JsonRule>>,
}

/// The rule that is broken, and the rest of a sentence without any value of a row.
pub type Breach = (&'static str, String);

/// Values of a set that a message names.
const SHOWN: usize = 8;

impl Limits {
    /// True where nothing is constrained.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty() && self.min_length.is_none() && self.max_length.is_none() && self.choices.is_empty() && self.json.is_none()
    }

    /// Holds a value against bounds and sets.
    ///
    /// # Errors
    /// The first breach.
    pub fn check(&self, value: &Scalar) -> Result<(), Breach> {
        self.bounds.iter().try_for_each(|bound| bound.check(value))?;
        self.choices.iter().try_for_each(|choices| choices.check(value))
    }

    /// Holds a count of characters, items or members against the lengths.
    ///
    /// # Errors
    /// The first breach.
    pub fn check_length(&self, length: usize, unit: &str) -> Result<(), Breach> {
        if let Some(least) = self.min_length.filter(|least| length < *least) {
            return Err(("min-length", format!("has {length} {unit}, less than {least}")));
        }
        match self.max_length.filter(|most| length > *most) {
            Some(most) => Err(("max-length", format!("has {length} {unit}, more than {most}"))),
            None => Ok(()),
        }
    }

    /// Holds a JSON value against the field's JSON Schema.
    ///
    /// # Errors
    /// That it does not fit; what the validator says of it quotes values, and is not told.
    pub fn check_json(&self, value: &serde_json::Value) -> Result<(), Breach> {
        match &self.json {
            Some(rule) if rule.schemas.validate(value, rule.root).is_err() => Err(("json-schema", "does not fit the field's JSON Schema".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Bound {
    fn check(&self, value: &Scalar) -> Result<(), Breach> {
        use BoundKind::{ExclusiveMaximum, ExclusiveMinimum, Maximum, Minimum};
        let (rule, outside) = match self.kind {
            Minimum => ("minimum", "less than"),
            Maximum => ("maximum", "more than"),
            ExclusiveMinimum => ("exclusive-minimum", "not more than"),
            ExclusiveMaximum => ("exclusive-maximum", "not less than"),
        };
        let Some(order) = value.compare(&self.value) else {
            return Err((rule, format!("cannot be held against {}: which is greater depends on what they leave open", self.shown)));
        };
        let is_kept = match self.kind {
            Minimum => order != Ordering::Less,
            Maximum => order != Ordering::Greater,
            ExclusiveMinimum => order == Ordering::Greater,
            ExclusiveMaximum => order == Ordering::Less,
        };
        if is_kept { Ok(()) } else { Err((rule, format!("is {outside} {}", self.shown))) }
    }
}

impl Choices {
    fn check(&self, value: &Scalar) -> Result<(), Breach> {
        if self.values.contains(value) {
            return Ok(());
        }
        let more = if self.shown.len() > SHOWN { ", …" } else { "" };
        Err((self.rule, format!("is none of {}{more}", self.shown.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", "))))
    }
}
