//! Families of types: what the engine would quietly turn into one another, and people mostly did not mean.

use arrow::datatypes::DataType;

/// What a value is, as far as comparing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Text.
    Text,
    /// Whole numbers and others.
    Number,
    /// Dates and moments.
    Day,
    /// Yes or no.
    Truth,
}

impl Family {
    /// The family of a type; nothing for null, lists and what is rare.
    pub fn of(kind: &DataType) -> Option<Self> {
        match kind {
            kind if kind.is_string() => Some(Self::Text),
            kind if kind.is_numeric() => Some(Self::Number),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Some(Self::Day),
            DataType::Boolean => Some(Self::Truth),
            _ => None,
        }
    }

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Day => "a date",
            Self::Truth => "a yes or no",
        }
    }
}
