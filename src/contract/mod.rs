//! What a feed's rows must be: the Table Schema with code lists and rules, compiled once per run.
//!
//! Guarantees: nothing here reads a file or sees a data row; a [`Contract`] is complete and consistent
//! once built. Needs Arrow's types but no engine.

mod case_number;
mod civil;
mod codes;
mod columns;
mod dates;
mod field;
mod fixed_date;
mod fold;
mod hxl;
mod in_case;
mod keys;
mod limits;
pub mod literal;
mod measure;
mod months;
mod number;
mod row_rule;
mod scalar;
mod shape;
mod spelling;

pub use case_number::CaseNumberPattern;
pub use civil::{Day, number_of};
pub use codes::{Clash, Code, CodeList};
pub use columns::{NUMBER_DIGITS, SADD_GROUPS, UNKEPT_SCALE, arrow_type, digits, instant, is_carried, loaded_schema, provenance_fields};
pub use dates::{DateFormat, Moment, PSEUDO_FORMATS};
pub use field::{Field, FieldKind, ItemKind, Protection, Role, Syntax};
pub use fold::fold;
pub use hxl::hashtag;
pub use in_case::InCase;
pub use keys::{FieldsMatch, ForeignKey, Target, compared_as};
pub use limits::{Bound, BoundKind, Breach, Choices, JsonRule, Limits};
pub use measure::{Additivity, AdditivityWord, Measure};
pub use number::{Figure, Misread, NumberStyle, is_exponential, western_digit, written};
pub use row_rule::{BrokenRule, RowFacts, RowRule, RowRules, RulePlace, Unclear};
pub use shape::Ahead;
pub use spelling::{clean, id, is_invisible, is_spreadsheet_number, trimmed};

use std::sync::{Arc, OnceLock};

use arrow::datatypes::SchemaRef;

use crate::names::FeedName;

/// A field that must be filled where another field has a given code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredWhen {
    /// The index of the field that must be filled.
    pub field: usize,
    /// The index of the field that decides.
    pub when: usize,
    /// The canonical code it decides on.
    pub is: String,
}

/// A code that a field must not have where another field has a given code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcludedWhen {
    /// The condition.
    pub condition: RequiredWhen,
    /// The canonical code that is excluded.
    pub code: String,
}

/// A feed's contract.
#[derive(Debug)]
pub struct Contract {
    /// The feed.
    pub feed: FeedName,
    /// What one row is.
    pub description: String,
    /// The fields, in the schema's order.
    pub fields: Vec<Field>,
    /// The indexes of the fields of the primary key; empty where the schema names none.
    pub key: Vec<usize>,
    /// Fields required by condition.
    pub required_when: Vec<RequiredWhen>,
    /// Codes excluded by condition.
    pub excluded_when: Vec<ExcludedWhen>,
    /// Fields that are all filled or all empty, in groups.
    pub together: Vec<Vec<usize>>,
    /// Dates of which none lies before a filled one that stands earlier, in lists.
    pub in_order: Vec<Vec<usize>>,
    /// Rules over a row as SQL expressions.
    pub rules: Vec<RowRule>,
    /// Whether a case is one person, so that the case's pseudonym is the person's and no field holds a person's number.
    pub one_person_per_case: bool,
    /// How case numbers are written; any text where empty.
    pub case_numbers: Vec<CaseNumberPattern>,
    /// Keys beside the primary one: fields in which no two rows agree.
    pub unique_keys: Vec<Vec<usize>>,
    /// Fields whose values stand elsewhere.
    pub foreign_keys: Vec<ForeignKey>,
    /// How the columns of an extract and the fields match, where the schema says so.
    pub fields_match: Option<FieldsMatch>,
    /// Spellings of "no value", trimmed and clean.
    pub missing_values: Vec<String>,
    /// Hash of everything that decides what a row becomes; a change makes refused deliveries worth another try.
    pub fingerprint: String,
    /// What [`loaded_schema`] says of it, once it was asked for: it is asked for with every delivery.
    pub loaded: OnceLock<SchemaRef>,
}

impl Contract {
    /// The index of the field with a role.
    pub fn role(&self, role: Role) -> Option<usize> {
        self.fields.iter().position(|field| field.role == Some(role))
    }

    /// The indexes of all fields with a role: event dates may be several.
    pub fn roles(&self, role: Role) -> impl Iterator<Item = usize> {
        self.fields.iter().enumerate().filter(move |(_, field)| field.role == Some(role)).map(|(index, _)| index)
    }

    /// The field with a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields that may leave the reader: all but direct identifiers.
    pub fn readable(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.protection != Protection::Direct)
    }

    /// The one spelling of a case number, or nothing where it fits no office's pattern.
    pub fn canonical_case_number(&self, text: &str) -> Option<String> {
        if self.case_numbers.is_empty() {
            return Some(case_number::separated(text));
        }
        self.case_numbers.iter().find_map(|pattern| pattern.canonical(text))
    }

    /// The patterns by which a case number may be told that is written as its pattern is: no other that stands before fits it.
    pub fn case_numbers_apart(&self) -> Vec<&CaseNumberPattern> {
        let is_apart =
            |(place, pattern): &(usize, &CaseNumberPattern)| self.case_numbers[..*place].iter().all(|before| before == *pattern || before.is_apart(pattern));
        self.case_numbers.iter().enumerate().filter(is_apart).map(|(_, pattern)| pattern).collect()
    }

    /// True where the text is a field's spelling of "no value", or nothing that can be seen.
    pub fn is_missing_in(&self, field: usize, text: &str) -> bool {
        match self.fields.get(field).and_then(|field| field.syntax.missing.as_ref()) {
            Some(own) => {
                let text = clean(text);
                text.trim().is_empty() || own.iter().any(|missing| missing == text.trim())
            }
            None => self.is_missing(text),
        }
    }

    /// The spellings of "no value" of a field, trimmed and clean.
    pub fn missing_of(&self, field: usize) -> &[String] {
        self.fields.get(field).and_then(|field| field.syntax.missing.as_deref()).unwrap_or(&self.missing_values)
    }

    /// True where the text is one of the schema's spellings of "no value", or nothing that can be seen.
    pub fn is_missing(&self, text: &str) -> bool {
        let text = clean(text);
        let text = text.trim();
        text.is_empty() || self.missing_values.iter().any(|missing| missing == text)
    }
}

/// A contract that is shared between steps.
pub type SharedContract = Arc<Contract>;
