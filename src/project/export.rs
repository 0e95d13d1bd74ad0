//! How form systems (KoboToolbox, ODK and their kin) write what they export, and how a source says so.

use std::collections::{BTreeSet, HashMap};

use super::Wildcard;
use crate::contract::fold;

/// What is particular to the exports of a form system; nothing of it where all is as by default.
#[derive(Debug, Default)]
pub struct Export {
    /// What stands between the names of groups in a label.
    pub groups: Option<String>,
    /// Labels that are known to belong to no field.
    pub ignored: Vec<Wildcard>,
    /// The fields by their HXL tag, where the row under the header holds tags.
    pub tags: Option<HashMap<String, usize>>,
    /// The column that tells which records the office rejected.
    pub review: Option<Review>,
    /// The repeat group of which every repetition is a row.
    pub repeat: Option<Repeat>,
    /// The file of a ZIP archive that holds the rows.
    pub archive: Option<Wildcard>,
    /// What separates several values in one text of a JSON extract; JSON has lists of its own besides.
    pub text_separator: Option<String>,
}

impl Export {
    /// True for a label that the source ignores.
    pub fn ignores(&self, label: &str) -> bool {
        self.ignored.iter().any(|pattern| pattern.matches(label))
    }

    /// True for the label of a column that links repeat rows with their parents.
    pub fn is_link(&self, label: &str) -> bool {
        match &self.repeat {
            Some(Repeat::Rows { key, parent_key, .. }) => is_label(key, label) || is_label(parent_key, label),
            Some(Repeat::Nested { .. }) | None => false,
        }
    }

    /// True for the label of the review status.
    pub fn is_review(&self, label: &str) -> bool {
        self.review.as_ref().is_some_and(|review| is_label(&review.field, label))
    }
}

/// True where two labels of technical columns are one: case and blanks around them do not count.
pub fn is_label(known: &str, label: &str) -> bool {
    known.trim().to_lowercase() == label.trim().to_lowercase()
}

/// Which records the office's own review let pass.
#[derive(Debug)]
pub struct Review {
    /// The label of its column.
    pub field: String,
    excluded: BTreeSet<String>,
    accepted: BTreeSet<String>,
}

/// What a review status means for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is a record like others; so are those that nobody reviewed.
    Accepted,
    /// It is no record.
    Excluded,
    /// The source does not say.
    Unknown,
}

impl Review {
    /// A review of these statuses, compared after folding.
    pub fn new<'a>(field: &str, excluded: impl Iterator<Item = &'a str>, accepted: impl Iterator<Item = &'a str>) -> Self {
        Self { field: field.to_owned(), excluded: excluded.map(fold).collect(), accepted: accepted.map(fold).collect() }
    }

    /// A status that is both excluded and accepted.
    pub fn clash(&self) -> Option<&str> {
        self.excluded.intersection(&self.accepted).next().map(String::as_str)
    }

    /// What a status means.
    pub fn verdict(&self, status: &str) -> Verdict {
        let status = fold(status);
        if self.excluded.contains(&status) {
            Verdict::Excluded
        } else if status.is_empty() || self.accepted.contains(&status) {
            Verdict::Accepted
        } else {
            Verdict::Unknown
        }
    }

    /// All statuses that the source names, folded.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.excluded.iter().chain(&self.accepted).map(String::as_str)
    }
}

/// A repeat group of which every repetition is a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// In a sheet or file of its own.
    Rows {
        /// The sheet, or the file in the archive.
        place: Wildcard,
        /// The label of the parent's key.
        key: String,
        /// The label under which the repetition names its parent's key.
        parent_key: String,
    },
    /// As a list of objects within the parent's.
    Nested {
        /// The key of the list.
        path: String,
    },
}

/// How a JSON extract is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonShape {
    /// The key of the list of records; the extract is a list itself where absent.
    pub records: Option<String>,
    /// The key that names the next page.
    pub next: Option<String>,
    /// The key that says how many records there are on all pages together.
    pub count: Option<String>,
    /// True for pages that were fetched one after another: they are read in that order, and none names a file.
    pub is_fetched: bool,
}
