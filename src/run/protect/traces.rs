//! What the feeds' tables hold of rows that are to go, and by what rows of released tables are known to tell of the same.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, BooleanArray, PrimitiveArray, StringArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;

use super::wanted::{PSEUDONYM, text_column};
use crate::contract::Role;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::{Submission, Warehouse};

/// Which rows of a feed's table are to go.
pub type Doom<'a> = dyn Fn(&str, &RecordBatch) -> Result<BooleanArray> + Send + Sync + 'a;

/// Records: office and key, with the feeds that hold them.
type Records = BTreeMap<(String, String), BTreeSet<String>>;

/// By what rows of released tables are known to tell of somebody, or of a record, that goes.
#[derive(Default)]
pub struct Traces {
    /// Pseudonyms.
    pub pseudonyms: BTreeSet<String>,
    /// Records.
    pub records: Records,
    /// Rows of submissions.
    pub source_rows: BTreeSet<(String, i64)>,
    /// Names of columns that hold keys of records.
    pub record_columns: BTreeSet<String>,
}

/// What stands in rows.
#[derive(Default)]
struct Contents {
    persons: BTreeSet<String>,
    cases: BTreeSet<String>,
    records: Records,
    source_rows: BTreeSet<(String, i64)>,
}

/// Rows of the feeds' tables that are to go.
pub struct Going {
    /// By feed and submission, how many.
    pub rows: BTreeMap<String, BTreeMap<String, u64>>,
    /// People of whom rows go.
    pub persons: BTreeSet<String>,
    /// Cases of which rows go.
    pub cases: BTreeSet<String>,
    /// Records of which rows go.
    pub records: Records,
    /// By what is known what goes whole: people and cases of whom no row stays, records of which none does.
    pub whole: Traces,
}

impl Going {
    /// Looks through every feed's table.
    ///
    /// # Errors
    /// `Unavailable` where one cannot be read.
    pub async fn find(project: &Project, warehouse: &Warehouse, submissions: &[Submission], doom: &Doom<'_>) -> Result<Self> {
        let fields = project.pipelines.iter().filter_map(|pipeline| pipeline.contract.role(Role::RecordId).map(|index| &pipeline.contract.fields[index].name));
        let record_columns: BTreeSet<String> = fields.cloned().collect();
        let (mut going, mut rows) = (Contents::default(), BTreeMap::new());
        let tables = warehouse.row_tables().await?;
        for table in &tables {
            let feed = table.feed.clone().unwrap_or_default();
            let mut look = |batch: &RecordBatch| {
                let doomed = doom(&feed, batch)?;
                Columns::of(batch, &record_columns)?.each(&doomed, |row| going.add(&feed, row));
                Ok(doomed)
            };
            rows.insert(feed.clone(), table.count(submissions, &mut look).await?);
        }
        let (persons, cases, records) = (going.persons.clone(), going.cases.clone(), going.records.clone());
        for table in &tables {
            let feed = table.feed.clone().unwrap_or_default();
            let mut look = |batch: &RecordBatch| {
                let doomed = doom(&feed, batch)?;
                let stays = doomed.values().iter().map(|goes| Some(!goes)).collect();
                Columns::of(batch, &record_columns)?.each(&stays, |row| going.keep(&feed, row));
                Ok(doomed)
            };
            table.count(submissions, &mut look).await?;
        }
        let pseudonyms = going.persons.into_iter().chain(going.cases).collect();
        let whole = Traces { pseudonyms, records: going.records, source_rows: going.source_rows, record_columns };
        rows.retain(|_, rows| !rows.is_empty());
        Ok(Self { rows, persons, cases, records, whole })
    }
}

/// A row by what it is known.
struct Known<'a> {
    person: &'a str,
    case: &'a str,
    office: &'a str,
    submission: &'a str,
    line: i64,
    keys: Vec<&'a str>,
}

impl Contents {
    fn add(&mut self, feed: &str, row: &Known<'_>) {
        // A deletion need not say whose record it was.
        self.persons.extend((!row.person.is_empty()).then(|| row.person.to_owned()));
        self.cases.extend((!row.case.is_empty()).then(|| row.case.to_owned()));
        self.source_rows.insert((row.submission.to_owned(), row.line));
        for key in &row.keys {
            self.records.entry((row.office.to_owned(), (*key).to_owned())).or_default().insert(feed.to_owned());
        }
    }

    fn keep(&mut self, feed: &str, row: &Known<'_>) {
        self.persons.remove(row.person);
        self.cases.remove(row.case);
        // A record of which nothing but its deletion stays is gone whole.
        if row.case.is_empty() {
            return;
        }
        for key in &row.keys {
            let record = (row.office.to_owned(), (*key).to_owned());
            if let Some(feeds) = self.records.get_mut(&record) {
                feeds.remove(feed);
                if feeds.is_empty() {
                    self.records.remove(&record);
                }
            }
        }
    }
}

struct Columns {
    persons: StringArray,
    cases: StringArray,
    offices: StringArray,
    submissions: StringArray,
    lines: PrimitiveArray<Int64Type>,
    keys: Vec<StringArray>,
}

impl Columns {
    fn of(batch: &RecordBatch, record_columns: &BTreeSet<String>) -> Result<Self> {
        let text = |name: &str| text_column(batch, name).map(|column| column.as_string::<i32>().clone());
        let keys = record_columns.iter().filter(|name| batch.column_by_name(name).is_some()).map(|name| text(name));
        Ok(Self {
            persons: text("person_id")?,
            cases: text("case_id")?,
            offices: text("office")?,
            submissions: text("submission_id")?,
            lines: source_rows(batch)?,
            keys: keys.collect::<Result<_>>()?,
        })
    }

    fn each(&self, wanted: &BooleanArray, mut found: impl FnMut(&Known<'_>)) {
        for row in (0..wanted.len()).filter(|row| wanted.value(*row)) {
            found(&Known {
                person: self.persons.value(row),
                case: self.cases.value(row),
                office: self.offices.value(row),
                submission: self.submissions.value(row),
                line: self.lines.value(row),
                keys: self.keys.iter().filter(|keys| !keys.is_null(row)).map(|keys| keys.value(row)).collect(),
            });
        }
    }
}

/// The rows of extracts that rows were made of.
///
/// # Errors
/// `Conflict` where the table lacks them.
pub fn source_rows(batch: &RecordBatch) -> Result<PrimitiveArray<Int64Type>> {
    let column = batch.column_by_name("source_row").and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.cloned().ok_or_else(|| Error::new(Kind::Conflict, "a table lacks the column `source_row`"))
}

impl Traces {
    /// True where a pseudonym stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        if text.len() <= PSEUDONYM {
            return self.pseudonyms.contains(text);
        }
        (0..=text.len() - PSEUDONYM).any(|start| text.get(start..start + PSEUDONYM).is_some_and(|part| self.pseudonyms.contains(part)))
    }

    /// True for columns such as `record_id` and `return_record_id`.
    pub fn is_record_column(&self, name: &str) -> bool {
        self.record_columns.iter().any(|known| name == known || name.strip_suffix(known.as_str()).is_some_and(|start| start.ends_with('_')))
    }

    /// True where an office's record goes, in any of the feeds that a table rests on.
    pub fn has_record(&self, feeds: &BTreeSet<&str>, office: &str, record: &str) -> bool {
        let holding = self.records.get(&(office.to_owned(), record.to_owned()));
        holding.is_some_and(|holding| feeds.is_empty() || holding.iter().any(|feed| feeds.contains(feed.as_str())))
    }
}
