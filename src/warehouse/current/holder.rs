//! Which rows of an office count.
//!
//! Every row of a submission that counts is known by a hash of its record's key. Only where two rows have the same one, or
//! a row says that its record is deleted, are the keys themselves read and compared, so that a chance likeness of hashes
//! decides nothing. A row is held as eight bytes: as much of the hash as there is room for beside the row's number among those
//! that may count.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::Array;
use foldhash::fast::FixedState;
use sha2::{Digest, Sha256};

use super::keys::{Keys, Which, read};
use super::parts::{Months, PartPrint, row_print};
use super::{DataFile, Held, KeyColumns, Ranked};
use crate::error::Result;

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

/// Where a row stands: the file's number and the row in it.
type Place = (u32, u32);

/// What is known of the rows of an office.
struct Tally<'a> {
    /// The rank of each submission that counts.
    ranks: HashMap<&'a str, u32>,
    /// By file, true for rows that count.
    counts: Vec<Vec<bool>>,
    /// By date field and day since 1970, or nothing: days are few, and what month each is in is told once.
    days: Vec<HashMap<Option<i32>, PartPrint, FixedState>>,
    /// Rows that need a closer look, by their number among those that may count; in order once all were looked at.
    doubtful: Vec<u64>,
}

/// Finds the rows that count.
///
/// # Errors
/// `Unavailable` where a file cannot be read; `Conflict` where one is not of the feed.
pub fn of_office(asked: &Asked) -> Result<Held> {
    let counts = asked.files.iter().map(|file| vec![false; usize::try_from(file.rows).unwrap_or_default()]).collect();
    let ranks = asked.submissions.iter().map(|one| (one.id.as_str(), one.rank)).collect();
    let mut tally = Tally { ranks, counts, days: vec![HashMap::default(); asked.columns.dates.len()], doubtful: Vec::new() };
    let rows: u64 = asked.files.iter().map(|file| file.rows).sum();
    let numbers = rows.next_power_of_two() - 1;
    let passes = rows.div_ceil(MOST_HELD).max(1);
    for pass in 0..passes {
        let mut seen = tally.look(asked, (pass, passes), numbers)?;
        seen.sort_unstable();
        for alike in seen.chunk_by(|one, next| one & !numbers == next & !numbers).filter(|alike| alike.len() > 1) {
            tally.doubtful.extend(alike.iter().map(|row| row & numbers));
        }
    }
    tally.doubtful.sort_unstable();
    tally.doubtful.dedup();
    tally.decide(asked)?;
    Ok(tally.held(asked))
}

impl Tally<'_> {
    /// Looks at every row once: counts those of submissions that count. In every pass other keys are held; `numbers` are the
    /// bits that a row's number takes.
    fn look(&mut self, asked: &Asked, (pass, passes): (u64, u64), numbers: u64) -> Result<Vec<u64>> {
        let (mut seen, mut next) = (Vec::new(), 0..);
        for (number, file) in (0..).zip(&asked.files) {
            let print = file_print(file);
            read(&asked.folder.join(&file.name), &asked.columns, false, &Which::Office(&asked.office), |keys| {
                let known = known(asked, &self.ranks, keys);
                for (row, this) in (0..keys.record.len()).filter(|row| known.rank(keys, *row).is_some()).zip(&mut next) {
                    let place = keys.places[row];
                    let hash = hashed(keys.record.value(row));
                    if pass == 0 {
                        self.counts[number as usize][place] = true;
                        let row_print = row_print(print, place as u64);
                        each_day(&mut self.days, keys, row, |day| day.put(row_print));
                    }
                    if hash % passes == pass {
                        seen.push((hash & !numbers) | this);
                        // A record that is deleted is looked at even where no other row is about it.
                        if is_deleted(keys, row) {
                            self.doubtful.push(this);
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(seen)
    }

    /// By file, the places of the rows that need a closer look, in order: all that may count are still held to count.
    fn doubtful_places(&self) -> Vec<Vec<u32>> {
        let (mut next, mut doubtful) = (0.., self.doubtful.iter().peekable());
        let of_file = |counts: &Vec<bool>| {
            let may_count = (0..).zip(counts).filter(|(_, counts)| **counts).zip(&mut next);
            may_count.filter(|(_, number)| doubtful.next_if(|first| *first == number).is_some()).map(|((place, _), _)| place).collect()
        };
        self.counts.iter().map(of_file).collect()
    }

    /// Of rows about the same record, the one last changed counts, then the one said last.
    fn decide(&mut self, asked: &Asked) -> Result<()> {
        let mut last: BTreeMap<String, (Standing, Place, bool)> = BTreeMap::new();
        let mut losers: Vec<Place> = Vec::new();
        for ((number, file), places) in (0..).zip(&asked.files).zip(self.doubtful_places()) {
            if places.is_empty() {
                continue;
            }
            read(&asked.folder.join(&file.name), &asked.columns, true, &Which::At(&places), |keys| {
                let known = known(asked, &self.ranks, keys);
                for (row, place) in keys.places.iter().enumerate() {
                    let Some(rank) = known.rank(keys, row) else { continue };
                    let place = (number, u32::try_from(*place).unwrap_or(u32::MAX));
                    let this = (standing(keys, row, rank), place, is_deleted(keys, row));
                    match last.get_mut(keys.record.value(row)) {
                        None => drop(last.insert(keys.record.value(row).to_owned(), this)),
                        Some(other) => losers.push(if this.0 > other.0 { std::mem::replace(other, this).1 } else { this.1 }),
                    }
                }
                Ok(())
            })?;
        }
        losers.extend(last.into_values().filter(|(_, _, is_deleted)| *is_deleted).map(|(_, place, _)| place));
        self.drop_rows(asked, losers)
    }

    fn drop_rows(&mut self, asked: &Asked, mut losers: Vec<Place>) -> Result<()> {
        losers.sort_unstable();
        for (number, file) in (0..).zip(&asked.files) {
            let places: Vec<u32> = losers.iter().filter(|place| place.0 == number).map(|place| place.1).collect();
            places.iter().for_each(|place| self.counts[number as usize][*place as usize] = false);
            if places.is_empty() || asked.columns.dates.is_empty() {
                continue;
            }
            let print = file_print(file);
            read(&asked.folder.join(&file.name), &asked.columns, false, &Which::At(&places), |keys| {
                for (row, place) in keys.places.iter().enumerate() {
                    let row_print = row_print(print, *place as u64);
                    each_day(&mut self.days, keys, row, |day| day.take(row_print));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn held(self, asked: &Asked) -> Held {
        let rows = asked.files.iter().zip(&self.counts).map(|(file, counts)| (file.name.clone(), ranges(counts)));
        let months = asked.columns.dates.iter().zip(self.days).map(|(field, days)| (field.clone(), Months::of_days(days)));
        Held { rows: rows.filter(|(_, ranges)| !ranges.is_empty()).collect(), months: months.collect() }
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

/// Which of the texts of a batch are of submissions that count, and of the office.
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

fn known(asked: &Asked, ranks: &HashMap<&str, u32>, keys: &Keys) -> Known {
    Known {
        ranks: keys.submission.texts().map(|id| ranks.get(id).copied()).collect(),
        is_office: keys.office.texts().map(|office| office == asked.office).collect(),
    }
}

fn each_day(days: &mut [HashMap<Option<i32>, PartPrint, FixedState>], keys: &Keys, row: usize, change: impl Fn(&mut PartPrint)) {
    for (days, dates) in days.iter_mut().zip(&keys.dates) {
        let day = (!dates.is_null(row)).then(|| dates.value(row));
        change(days.entry(day).or_default());
    }
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
