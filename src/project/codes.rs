//! Code lists from `schemas/codes/*.csv`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::files::Files;
use crate::contract::{Code, CodeList};
use crate::diagnostic::{Fault, SourceFile};
use crate::parallel;

const FOLDER: &str = "schemas/codes";
const HEADER: [&str; 7] = ["code", "label_en", "label_fr", "label_ar", "aliases", "valid_from", "valid_to"];

/// The code lists of a project.
#[derive(Debug, Default)]
pub struct Lists {
    /// Those in order.
    pub sound: BTreeMap<String, Arc<CodeList>>,
    /// Those with faults, which are told already.
    pub broken: BTreeSet<String>,
}

/// Reads every code list.
pub fn load(files: &Files, faults: &mut Vec<Fault>) -> Lists {
    let read = parallel::each(&files.list(FOLDER, "csv"), |path| {
        let mut told = Vec::new();
        let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".csv").to_owned();
        let list = files.read(path, &mut told).and_then(|file| read(&name, &file, &mut told));
        (name, list, told)
    });
    let mut lists = Lists::default();
    for (name, list, told) in read {
        faults.extend(told);
        match list {
            Some(list) => drop(lists.sound.insert(name, Arc::new(list))),
            None => drop(lists.broken.insert(name)),
        }
    }
    lists
}

fn read(name: &str, file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Option<CodeList> {
    let before = faults.len();
    let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(file.text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
    if header != HEADER {
        faults.push(
            Fault::error(file, 0..line_end(file, 0), "this is not the header of a code list").hint(format!("the first line must be `{}`", HEADER.join(","))),
        );
        return None;
    }
    let mut codes = Vec::new();
    let mut places = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let start = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
        let place = start..line_end(file, start);
        match code(&record) {
            Ok(code) => {
                codes.push(code);
                places.push(place);
            }
            Err(message) => faults.push(Fault::error(file, place, message)),
        }
    }
    if faults.len() > before {
        return None;
    }
    let known: Vec<String> = codes.iter().map(|code| code.code.clone()).collect();
    CodeList::new(name, codes)
        .map_err(|clashes| {
            faults.extend(clashes.into_iter().map(|clash| {
                let (first, second) = (&known[clash.first], &known[clash.second]);
                Fault::error(file, places[clash.second].clone(), format!("`{}` means both `{first}` and `{second}`", clash.spelling))
                    .hint("spellings are compared without case, accents and punctuation; leave the spelling with one code only")
            }));
        })
        .ok()
}

fn code(record: &csv::StringRecord) -> Result<Code, String> {
    if record.len() != HEADER.len() {
        return Err(format!("this line has {} cells; a code list has {}", record.len(), HEADER.len()));
    }
    let cell = |index: usize| record[index].trim().to_owned();
    let day = |index: usize| -> Result<Option<NaiveDate>, String> {
        let text = cell(index);
        if text.is_empty() {
            return Ok(None);
        }
        NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(Some).map_err(|_| format!("`{text}` is not a day such as 2023-01-31"))
    };
    if cell(0).is_empty() {
        return Err("this line has no code".to_owned());
    }
    Ok(Code {
        code: cell(0),
        label_en: cell(1),
        label_fr: cell(2),
        label_ar: cell(3),
        aliases: cell(4).split('|').map(str::trim).filter(|alias| !alias.is_empty()).map(str::to_owned).collect(),
        valid_from: day(5)?,
        valid_to: day(6)?,
    })
}

fn line_end(file: &SourceFile, start: usize) -> usize {
    file.text.get(start..).and_then(|rest| rest.find('\n')).map_or(file.text.len(), |end| start + end)
}
