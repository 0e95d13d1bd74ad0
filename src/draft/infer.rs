//! A feed drafted from a sample: schema, code lists and pipeline, with what was decided, why, and what people must decide.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;

use super::column::{self, Column, Knowledge};
use super::habit::{self, Written};
use super::kinds::Values;
use super::place::NewFile;
use super::sample::{self, Sample};
use super::vocabulary::Vocabulary;
use super::{origin, roles, write};
use crate::error::{self, Error, Kind, Result};
use crate::names::is_identifier;
use crate::project::{MOST_BYTES, Project};
use crate::read::limits::check_size;
use crate::read::unpack::ENDINGS;

/// What is to be drafted.
pub struct Wanted<'a> {
    /// The sample.
    pub file: &'a Path,
    /// The feed's name; from the file's where absent.
    pub feed: Option<&'a str>,
    /// The sheet of a workbook.
    pub sheet: Option<&'a str>,
    /// The project, where there is one.
    pub project: Option<&'a Project>,
}

/// A draft. Holds no value of a column that is or may be protected.
#[derive(Debug)]
pub struct Draft {
    /// The feed.
    pub feed: String,
    /// How many rows the sample has.
    pub rows: usize,
    /// What was decided of the file as a whole, and why.
    pub evidence: Vec<String>,
    /// The columns.
    pub columns: Vec<Column>,
    /// What people must decide besides what the columns ask.
    pub questions: Vec<String>,
    /// The files, by their paths in a project folder.
    pub files: Vec<NewFile>,
}

/// What the files of a draft are written from.
pub struct Parts<'a> {
    /// The feed.
    pub feed: &'a str,
    /// The sample.
    pub sample: &'a Sample,
    /// Its columns.
    pub columns: &'a [Column],
    /// How they are written.
    pub written: &'a Written,
    /// Spellings of "no value".
    pub missing: &'a BTreeSet<String>,
    /// Where such extracts come from.
    pub origin: &'a origin::Origin,
}

/// Drafts a feed from a sample.
///
/// # Errors
/// `Unavailable` where the file cannot be read; `Data` where what it is cannot be decided; `Input` where the feed has no
/// name, or one that the project knows already.
pub fn infer(wanted: &Wanted<'_>) -> Result<Draft> {
    let shown = wanted.file.display();
    let failed = |cause| error::io(format!("cannot read `{shown}`"), cause);
    let size = std::fs::metadata(wanted.file).map_err(failed)?.len();
    check_size(std::iter::once(size), MOST_BYTES).map_err(|refusal| Error::new(Kind::Data, refusal.message))?;
    let bytes = Bytes::from(std::fs::read(wanted.file).map_err(failed)?);
    let feed = feed(wanted)?;
    let words = Vocabulary::load()?;
    let sample = sample::read(&bytes, wanted.sheet, &words)?;
    let knowledge = Knowledge { words: &words, project: wanted.project };
    let values: Vec<Values<'_>> = (0..sample.labels.len()).map(|index| Values::of(&sample, index)).collect();
    let mut columns: Vec<Column> =
        sample.labels.iter().zip(&values).enumerate().map(|(index, (label, values))| column::decide(label, index + 1, values, &knowledge)).collect();
    column::separate_names(&mut columns);
    let mut questions = roles::settle(&mut columns, &values);
    let written = habit::decide(&mut columns);
    let origin = origin::of(wanted.file, &feed, wanted.project);
    questions.extend(origin.questions.iter().cloned());
    let missing: BTreeSet<String> = values.iter().flat_map(|values| values.spellings.iter().cloned()).collect();
    let parts = Parts { feed: &feed, sample: &sample, columns: &columns, written: &written, missing: &missing, origin: &origin };
    let files = write::files(&parts);
    let mut evidence = sample.evidence.clone();
    if !missing.is_empty() {
        evidence.push(format!("spellings of no value: {}", missing.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")));
    }
    evidence.extend(origin.evidence.iter().cloned());
    Ok(Draft { rows: sample.rows.len(), evidence, columns, questions, files, feed })
}

/// The feed's name: as asked for, or the file's without its month.
fn feed(wanted: &Wanted<'_>) -> Result<String> {
    let name = match wanted.feed {
        Some(name) => name.to_owned(),
        None => {
            let name = wanted.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase());
            let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            let plain: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            plain.trim_matches(|c: char| c == '_' || c.is_ascii_digit()).to_owned()
        }
    };
    if !is_identifier(&name) {
        return Err(Error::new(Kind::Input, format!("`{name}` cannot be a feed's name"))
            .hint("name the feed with --feed: a lower-case letter, then lower-case letters, digits and `_`"));
    }
    if wanted.project.is_some_and(|project| project.pipeline(&name).is_some()) {
        return Err(Error::new(Kind::Input, format!("the project has a feed `{name}` already"))
            .hint(format!("give the draft another name with --feed, or try the file as it is: `rihla validate FILE --feed {name}`")));
    }
    Ok(name)
}
