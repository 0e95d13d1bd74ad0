//! Which rows of an office count.
//!
//! Every row of a submission that counts is known by a hash of its record's key. Only where two rows have the same one, or
//! a row says that its record is deleted, are the keys themselves read and compared, so that a chance likeness of hashes
//! decides nothing. A row is held as eight bytes: as much of the hash as there is room for beside the row's number.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, Date32Array};
use foldhash::fast::FixedState;
use sha2::{Digest, Sha256};

use super::keys::{Keys, Which, read};
use super::parts::{Months, PartPrint, row_print};
use super::{DataFile, Held, KeyColumns, Ranked};
use crate::error::Result;
use crate::parallel;

/// Rows whose keys are held at a time: of more, as many passes are made as it takes.
const MOST_HELD: u64 = 8_000_000;

/// What is asked.
pub struct Asked {
    /// The folder of the table.
    pub folder: PathBuf,
    /// The office.
    pub office: String,
    /// The files that may hold its rows.
    pub files: Vec<DataFile>,
    /// Its submissions that count.
    pub submissions: Vec<Ranked>,
    /// The columns that tell.
    pub columns: Arc<KeyColumns>,
    /// True where no other office is asked about at the same time.
    pub is_alone: bool,
}

/// Changes when the way of answering changes.
const METHOD: &str = "current-1";

impl Asked {
    /// What tells this question from others.
    pub fn print(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{METHOD}\n{:?}\n", self.columns));
        self.files.iter().for_each(|file| hash.update(format!("{}\n", file.name)));
        self.submissions.iter().for_each(|one| hash.update(format!("{}\n", one.state)));
        hex::encode(&hash.finalize()[..16])
    }
}

/// What tells the rows of each day since 1970, or of none, by date field: days are few, and what month each is in is told once.
type Days = Vec<HashMap<Option<i32>, PartPrint, FixedState>>;

/// What is known of the rows of an office.
struct Tally<'a> {
    asked: &'a Asked,
    /// The rank of each submission that counts.
    ranks: HashMap<&'a str, u32>,
    files: Vec<Tallied<'a>>,
    days: Days,
    /// The bits that a row's number takes.
    numbers: u64,
}

/// What is known of the rows of a file.
struct Tallied<'a> {
    file: &'a DataFile,
    print: [u64; 2],
    /// The number of its first row: rows are numbered from file to file.
    first: u64,
    /// True for rows that count, by their places.
    counts: Vec<bool>,
}

/// Finds the rows that count.
///
/// # Errors
/// `Unavailable` where a file cannot be read; `Conflict` where one is not of the feed.
pub fn of_office(asked: &Asked) -> Result<Held> {
    let mut tally = Tally::begin(asked);
    let passes = tally.rows().div_ceil(MOST_HELD).max(1);
    let mut doubtful = Vec::new();
    for pass in 0..passes {
        let look = |file: &Tallied<'_>| tally.look(file, (pass, passes));
        let looks = if asked.is_alone { parallel::each(&tally.files, look) } else { tally.files.iter().map(look).collect() };
        let mut seen = Vec::new();
        for (place, look) in looks.into_iter().enumerate() {
            let look = look?;
            seen.extend(look.seen);
            doubtful.extend(look.deleted);
            if pass == 0 {
                tally.add(place, look.counts, look.days);
            }
        }
        seen.sort_unstable();
        let numbers = tally.numbers;
        for alike in seen.chunk_by(|one, next| one & !numbers == next & !numbers).filter(|alike| alike.len() > 1) {
            doubtful.extend(alike.iter().map(|row| row & numbers));
        }
    }
    doubtful.sort_unstable();
    doubtful.dedup();
    tally.decide(&doubtful)?;
    Ok(tally.held())
}

/// What a look at the rows of a file finds.
struct Look {
    counts: Vec<bool>,
    days: Days,
    /// Of each row that may count as much of its key's hash as there is room for beside its number, and the number.
    seen: Vec<u64>,
    /// The numbers of rows that say that their record is deleted, which are looked at even where no other row is about it.
    deleted: Vec<u64>,
}

/// A row that needs a closer look.
struct Claim {
    standing: Standing,
    file: usize,
    place: usize,
    is_deleted: bool,
    /// By date field.
    days: Vec<Option<i32>>,
}

impl<'a> Tally<'a> {
    fn begin(asked: &'a Asked) -> Self {
        let mut first = 0;
        let mut files = Vec::with_capacity(asked.files.len());
        for file in &asked.files {
            files.push(Tallied { file, print: file_print(file), first, counts: Vec::new() });
            first += file.rows;
        }
        Self {
            asked,
            ranks: asked.submissions.iter().map(|one| (one.id.as_str(), one.rank)).collect(),
            files,
            days: no_days(asked),
            numbers: first.next_power_of_two() - 1,
        }
    }

    fn rows(&self) -> u64 {
        self.files.last().map_or(0, |last| last.first + last.file.rows)
    }

    /// Looks at every row of a file once: counts those of submissions that count. In every pass other keys are held.
    fn look(&self, file: &Tallied<'_>, (pass, passes): (u64, u64)) -> Result<Look> {
        let counts = vec![false; usize::try_from(file.file.rows).unwrap_or_default()];
        let mut look = Look { counts, days: no_days(self.asked), seen: Vec::new(), deleted: Vec::new() };
        self.read(file, false, &Which::Office(&self.asked.office), |keys| {
            let known = self.known(keys);
            for row in (0..keys.record.len()).filter(|row| known.rank(keys, *row).is_some()) {
                let place = keys.places[row];
                let number = file.first + place as u64;
                let hash = hashed(keys.record.value(row));
                if pass == 0 {
                    look.counts[place] = true;
                    let print = row_print(file.print, place as u64);
                    look.days.iter_mut().zip(&keys.dates).for_each(|(days, dates)| days.entry(day(dates, row)).or_default().put(print));
                }
                if hash % passes == pass {
                    look.seen.push((hash & !self.numbers) | number);
                    if is_deleted(keys, row) {
                        look.deleted.push(number);
                    }
                }
            }
            Ok(())
        })?;
        Ok(look)
    }

    fn read(&self, file: &Tallied<'_>, with_changed: bool, which: &Which<'_>, take: impl FnMut(&Keys) -> Result<()>) -> Result<()> {
        read(&self.asked.folder.join(&file.file.name), &self.asked.columns, with_changed, which, take)
    }

    fn add(&mut self, file: usize, counts: Vec<bool>, days: Days) {
        self.files[file].counts = counts;
        for (all, these) in self.days.iter_mut().zip(days) {
            these.into_iter().for_each(|(day, print)| all.entry(day).or_default().add(print));
        }
    }

    /// Of rows about the same record, the one last changed counts, then the one said last. Takes the numbers of the rows that
    /// need a closer look, in order: all of them are still held to count.
    fn decide(&mut self, doubtful: &[u64]) -> Result<()> {
        let mut last: HashMap<String, Claim, FixedState> = HashMap::default();
        for file in 0..self.files.len() {
            let Tallied { file: DataFile { rows, .. }, first, .. } = self.files[file];
            let within = doubtful.partition_point(|number| *number < first)..doubtful.partition_point(|number| *number < first + rows);
            let places: Vec<u32> = doubtful[within].iter().map(|number| u32::try_from(number - first).unwrap_or(u32::MAX)).collect();
            if places.is_empty() {
                continue;
            }
            let mut losers = Vec::new();
            self.read(&self.files[file], true, &Which::At(&places), |keys| {
                let known = self.known(keys);
                for (row, place) in keys.places.iter().enumerate() {
                    let Some(rank) = known.rank(keys, row) else { continue };
                    let days = keys.dates.iter().map(|dates| day(dates, row)).collect();
                    let this = Claim { standing: standing(keys, row, rank), file, place: *place, is_deleted: is_deleted(keys, row), days };
                    match last.get_mut(keys.record.value(row)) {
                        None => drop(last.insert(keys.record.value(row).to_owned(), this)),
                        Some(other) => losers.push(if this.standing > other.standing { std::mem::replace(other, this) } else { this }),
                    }
                }
                Ok(())
            })?;
            losers.iter().for_each(|row| self.drop_row(row));
        }
        last.values().filter(|row| row.is_deleted).for_each(|row| self.drop_row(row));
        Ok(())
    }

    fn drop_row(&mut self, row: &Claim) {
        let file = &mut self.files[row.file];
        file.counts[row.place] = false;
        let print = row_print(file.print, row.place as u64);
        self.days.iter_mut().zip(&row.days).for_each(|(days, day)| days.entry(*day).or_default().take(print));
    }

    fn held(self) -> Held {
        let rows = self.files.iter().map(|file| (file.file.name.clone(), ranges(&file.counts)));
        let months = self.asked.columns.dates.iter().zip(self.days).map(|(field, days)| (field.clone(), Months::of_days(days)));
        Held { rows: rows.filter(|(_, ranges)| !ranges.is_empty()).collect(), months: months.collect() }
    }

    /// Which of the texts of a batch are of submissions that count, and of the office.
    fn known(&self, keys: &Keys) -> Known {
        Known {
            ranks: keys.submission.texts().map(|id| self.ranks.get(id).copied()).collect(),
            is_office: keys.office.texts().map(|office| office == self.asked.office).collect(),
        }
    }
}

/// What decides between rows about a record: when it was changed (a row that does not say comes last of all), then the
/// submission.
type Standing = (i64, u32);

fn standing(keys: &Keys, row: usize, rank: u32) -> Standing {
    let changed = keys.changed.as_ref().filter(|changed| !changed.is_null(row)).map_or(i64::MAX, |changed| changed.value(row));
    (changed, rank)
}

fn is_deleted(keys: &Keys, row: usize) -> bool {
    keys.deleted.as_ref().is_some_and(|deleted| !deleted.is_null(row) && deleted.value(row))
}

/// By the number of a text of a batch: the rank of the submission, where it counts, and whether it is the office.
struct Known {
    ranks: Vec<Option<u32>>,
    is_office: Vec<bool>,
}

impl Known {
    fn rank(&self, keys: &Keys, row: usize) -> Option<u32> {
        let is_office = self.is_office.get(keys.office.number(row)).copied().unwrap_or_default();
        self.ranks.get(keys.submission.number(row)).copied().flatten().filter(|_| is_office)
    }
}

fn no_days(asked: &Asked) -> Days {
    vec![HashMap::default(); asked.columns.dates.len()]
}

fn day(dates: &Date32Array, row: usize) -> Option<i32> {
    (!dates.is_null(row)).then(|| dates.value(row))
}

fn file_print(file: &DataFile) -> [u64; 2] {
    let hash = Sha256::digest(&file.name);
    let word = |at: usize| hash[at..at + 8].iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    [word(0), word(8)]
}

fn hashed(record: &str) -> u64 {
    FixedState::default().hash_one(record)
}

fn ranges(counts: &[bool]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (place, _) in (0..).zip(counts).filter(|(_, counts)| **counts) {
        match ranges.last_mut().filter(|last| last.end == place) {
            Some(last) => last.end += 1,
            None => ranges.push(place..place + 1),
        }
    }
    ranges
}
