//! One field of a contract.

use std::sync::Arc;

use regex::Regex;

use super::literal::{GeoPointFormat, Scalar, TextFormat, TimeFormat};
use super::{CodeList, DateFormat, Limits, NumberStyle};

/// What a field's text becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, trimmed.
    String,
    /// A whole number, 64 bits.
    Integer,
    /// An exact decimal of 18 digits.
    Number {
        /// How many of them are decimals, 0 to 9.
        scale: u8,
    },
    /// Yes or no, by the spellings given (compared after folding).
    Boolean {
        /// Folded spellings of yes.
        yes: Vec<String>,
        /// Folded spellings of no.
        no: Vec<String>,
    },
    /// A calendar date.
    Date,
    /// An instant; local times are of the office's zone.
    DateTime,
    /// Several values in one cell.
    List,
    /// A time of day, kept as ISO 8601 text.
    Time,
    /// A year of four digits, kept as a whole number.
    Year,
    /// A month of a year, kept as `2023-01`.
    YearMonth,
    /// A span of time, kept as ISO 8601 text.
    Duration,
    /// A JSON array, kept as canonical text.
    Array,
    /// A JSON object, kept as canonical text.
    Object,
    /// A point, kept as `longitude,latitude`.
    GeoPoint,
    /// GeoJSON, kept as canonical JSON text.
    GeoJson,
    /// Text of which nothing is known.
    Any,
}

/// What the items of a list are; they are kept as canonical text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ItemKind {
    /// Text.
    #[default]
    String,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// `true`, `1`, `false`, `0`.
    Boolean,
    /// Dates of ISO 8601.
    Date,
    /// Moments of ISO 8601.
    DateTime,
    /// Times of ISO 8601.
    Time,
}

/// How a field's values are written, as its schema says. Where the source says something of its own, that holds instead:
/// an office writes as it writes.
#[derive(Debug, Clone, Default)]
pub struct Syntax {
    /// The format of text.
    pub text: TextFormat,
    /// Formats of dates or of moments.
    pub dates: Vec<DateFormat>,
    /// The format of times; ISO 8601 where absent.
    pub times: Option<TimeFormat>,
    /// How numbers are written.
    pub numbers: Option<NumberStyle>,
    /// Whether something other than digits may stand before and behind a number, as in `95 %`.
    pub has_units: bool,
    /// What separates the items of a list.
    pub delimiter: Option<String>,
    /// What the items of a list are.
    pub items: ItemKind,
    /// How points are written.
    pub points: GeoPointFormat,
    /// Whether GeoJSON is TopoJSON.
    pub is_topology: bool,
    /// Spellings of "no value" of this field alone, in place of the schema's.
    pub missing: Option<Vec<String>>,
}

/// How far a field's values may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Into the warehouse.
    Open,
    /// Into normalising, which makes a pseudonym or an age of it.
    Normalise,
    /// Nowhere: it stops at the reader.
    Direct,
}

/// What a field means to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The record's key within office and feed.
    RecordId,
    /// The office that sends; must agree with the place the extract lies in.
    Office,
    /// The case, which may hold a family.
    CaseNumber,
    /// The person within the case.
    PersonNumber,
    /// The person's sex.
    Sex,
    /// The person's birth date.
    BirthDate,
    /// The person's age at the event, where no birth date is known.
    Age,
    /// A day of the event that the row tells of; where several fields have it, the earliest filled one is the event.
    EventDate,
    /// When the record was last changed.
    ChangedAt,
    /// Whether the row says that the record is no more.
    Deleted,
}

/// A field of a feed.
#[derive(Debug, Clone)]
pub struct Field {
    /// The canonical name, a column of the tables.
    pub name: String,
    /// What it holds, for the documentation of tables.
    pub description: String,
    /// What its text becomes.
    pub kind: FieldKind,
    /// Whether an empty cell is a fault.
    pub required: bool,
    /// Least value of an integer, or of a number in units of its last decimal.
    pub minimum: Option<i128>,
    /// Greatest value of an integer, or of a number in units of its last decimal.
    pub maximum: Option<i128>,
    /// What the whole text must match.
    pub pattern: Option<Regex>,
    /// How its values are written where the source does not say.
    pub syntax: Syntax,
    /// Constraints that few fields have.
    pub limits: Option<Box<Limits>>,
    /// Whether no two rows may have the same value.
    pub is_unique: bool,
    /// The width to which an id of digits alone is filled up with the zeros that it lost.
    pub pad: Option<usize>,
    /// The code list its values come from.
    pub codes: Option<Arc<CodeList>>,
    /// Folded labels under which extracts show it, the name included.
    pub labels: Vec<String>,
    /// How far its values may travel.
    pub protection: Protection,
    /// What it means to the program.
    pub role: Option<Role>,
    /// Its HXL hashtag, where it has one.
    pub hxl: Option<String>,
}

impl Field {
    /// Holds a value against the constraints that few fields have.
    ///
    /// # Errors
    /// The rule that is broken, and the rest of a sentence.
    pub fn check(&self, value: impl FnOnce() -> Scalar) -> Result<(), (&'static str, String)> {
        self.limits.as_ref().map_or(Ok(()), |limits| limits.check(&value()))
    }
}
