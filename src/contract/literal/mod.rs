//! Values of the types that Table Schema has beyond text, numbers and dates: each read from its text, with one canonical
//! text by which it is kept.
//!
//! Guarantees: two texts that mean the same value have the same canonical text; digits are kept as written, never rounded.
//! Refuses what could be read two ways.

mod any_date;
mod duration;
mod geo;
mod json;
mod text;
mod time;
mod year;

pub use any_date::ANY_DATES;
pub use duration::Duration;
pub use geo::{GeoPointFormat, geojson, geopoint, topojson};
pub use json::{Json, array, object};
pub use text::TextFormat;
pub use time::{Time, TimeFormat};
pub use year::{year, year_month};

use std::cmp::Ordering;

/// A value that constraints speak of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// A number in units of its last decimal, a day since 1970, a microsecond since 1970, a year, a month since year 0.
    Whole(i128),
    /// A time of day.
    Time(Time),
    /// A span of time.
    Duration(Duration),
    /// Text, or the canonical text of what is kept as text.
    Text(String),
    /// Yes or no.
    Truth(bool),
    /// The items of a list.
    Items(Vec<String>),
}

impl Scalar {
    /// How two values stand to each other; nothing where that cannot be decided, as of a month and thirty days.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(other)),
            (Self::Time(one), Self::Time(other)) => one.compare(other),
            (Self::Duration(one), Self::Duration(other)) => one.compare(other),
            _ => None,
        }
    }
}
