//! Whom somebody asks to erase.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray};
use arrow::record_batch::RecordBatch;

use crate::contract::InCase;
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;
use crate::project::{Pipeline, Project};

/// Digits of a pseudonym.
pub const PSEUDONYM: usize = 32;

/// How people and cases are named.
#[derive(Debug, Clone)]
pub enum Named {
    /// A person's pseudonym.
    Person(String),
    /// A case's pseudonym.
    Case(String),
    /// A case number, and the person's number within it; everybody of the case where there is none.
    Number(CaseLine),
}

/// A line that names a case number; it is not shown.
#[derive(Clone)]
pub struct CaseLine {
    /// The line, from 1.
    pub line: usize,
    text: String,
}

impl std::fmt::Debug for CaseLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}", self.line)
    }
}

/// Reads lines of `CASE NUMBER[,PERSON]`; blank lines do not count.
pub fn lines(text: &str) -> Vec<Named> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())).filter(|(_, line)| !line.is_empty());
    lines.map(|(line, text)| Named::Number(CaseLine { line, text: text.to_owned() })).collect()
}

/// Pseudonyms to erase, each with how it was named.
#[derive(Default)]
pub struct Wanted {
    /// Of people.
    pub persons: BTreeMap<String, String>,
    /// Of whole cases.
    pub cases: BTreeMap<String, String>,
    /// Of cases of which a person was named by number, where some feed of the project numbers nobody: whether that feed's
    /// person of the case is the one, nobody can tell.
    undecided: BTreeMap<String, String>,
}

impl Wanted {
    /// The pseudonyms of those named.
    ///
    /// # Errors
    /// `Input` where nobody is named, or a line or pseudonym is none.
    pub fn of(project: &Project, key: &Key, named: &[Named]) -> Result<Self> {
        let mut wanted = Self::default();
        for one in named {
            match one {
                Named::Person(pseudonym) => drop(wanted.persons.insert(checked(pseudonym)?, "the pseudonym".to_owned())),
                Named::Case(pseudonym) => drop(wanted.cases.insert(checked(pseudonym)?, "the pseudonym".to_owned())),
                Named::Number(line) => wanted.add(project, key, line)?,
            }
        }
        if wanted.persons.is_empty() && wanted.cases.is_empty() {
            return Err(Error::new(Kind::Input, "nobody is named").hint("write a line `CASE NUMBER,PERSON` for each person, or `CASE NUMBER` for a whole case"));
        }
        Ok(wanted)
    }

    fn add(&mut self, project: &Project, key: &Key, line: &CaseLine) -> Result<()> {
        let refuse = |what: &str| {
            Error::new(Kind::Input, format!("line {}: {what}", line.line))
                .hint("a line is `CASE NUMBER,PERSON` with the person's number within the case, or `CASE NUMBER` for everybody of it")
        };
        let (case, person) = match line.text.rsplit_once(',') {
            None => (line.text.as_str(), None),
            Some((case, person)) => (case, Some(person.trim().parse::<i64>().map_err(|_| refuse("what follows the comma is no number of a person"))?)),
        };
        let (alone, numbered): (Vec<&Pipeline>, Vec<&Pipeline>) = project.pipelines.iter().partition(|pipeline| pipeline.contract.one_person_per_case);
        if person.is_some() && numbered.is_empty() {
            let message = format!("line {}: no feed of the project numbers the persons of a case", line.line);
            return Err(Error::new(Kind::Input, message).hint("write the case number alone: a case is one person"));
        }
        // A number that fits the patterns of several feeds in different spellings is sought in each.
        let spellings: BTreeSet<String> = project.pipelines.iter().filter_map(|pipeline| pipeline.contract.canonical_case_number(case.trim())).collect();
        if spellings.is_empty() {
            return Err(refuse("the case number fits no office's pattern"));
        }
        for spelling in spellings {
            let name = format!("line {}", line.line);
            match person {
                Some(person) => {
                    self.undecided.extend((!alone.is_empty()).then(|| (key.case(&spelling), name.clone())));
                    self.persons.insert(key.person(&spelling, person), name);
                }
                None => drop(self.cases.insert(key.case(&spelling), name)),
            }
        }
        Ok(())
    }

    /// True where whom a row tells of is wanted.
    ///
    /// # Errors
    /// `Input` where the person was named by number, and the row is of a feed that numbers nobody.
    pub fn has(&self, key: &Key, case: &str, who: InCase) -> Result<bool> {
        if self.cases.contains_key(&key.case(case)) {
            return Ok(true);
        }
        let Some(person) = key.who_in(key.generation(), case, who) else { return Ok(false) };
        self.is_decided(&person)?;
        Ok(self.persons.contains_key(&person))
    }

    /// Refuses rows of which nobody can tell whether they are of a person who was named by number.
    fn is_decided(&self, person: &str) -> Result<()> {
        let Some(name) = self.undecided.get(person).filter(|_| !self.cases.contains_key(person)) else { return Ok(()) };
        Err(Error::new(Kind::Input, format!("{name}: a feed in which a case is one person holds the case too, and does not say which of its persons that is"))
            .hint("nothing was erased; write the case number alone to erase everybody of the case"))
    }

    /// The rows of a feed's table that are of those wanted.
    ///
    /// # Errors
    /// `Conflict` where the table has no pseudonyms; `Input` as [`Wanted::has`].
    pub fn rows(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let (persons, cases) = (text_column(batch, "person_id")?, text_column(batch, "case_id")?);
        let (persons, cases) = (persons.as_string::<i32>(), cases.as_string::<i32>());
        persons.iter().flatten().try_for_each(|person| self.is_decided(person))?;
        Ok((0..batch.num_rows()).map(|row| Some(self.persons.contains_key(persons.value(row)) || self.cases.contains_key(cases.value(row)))).collect())
    }
}

fn checked(pseudonym: &str) -> Result<String> {
    let is_pseudonym = pseudonym.len() == PSEUDONYM && pseudonym.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_pseudonym.then(|| pseudonym.to_ascii_lowercase()).ok_or_else(|| {
        Error::new(Kind::Input, "a pseudonym is 32 hexadecimal digits")
            .hint("a case number is typed on standard input, with `--person -`, so that no shell remembers it")
    })
}

/// A column as text.
///
/// # Errors
/// `Conflict` where the table lacks it.
pub fn text_column(batch: &RecordBatch, name: &str) -> Result<arrow::array::ArrayRef> {
    let column = batch.column_by_name(name).ok_or_else(|| Error::new(Kind::Conflict, format!("a table lacks the column `{name}`")))?;
    arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8)
        .map_err(|cause| Error::new(Kind::Conflict, format!("the column `{name}` of a table is no text")).because(cause))
}
