//! Which source of a feed an extract is of that may lie anywhere, and the files that belong to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use regex::Regex;

use super::assess::{Assessment, Extract, assess};
use super::rulebook::Rulebook;
use crate::error::{self, Error, Kind, Result};
use crate::period::Period;
use crate::project::{Access, Office, Pipeline, Project, Source};
use crate::read::limits::check_size;
use crate::read::{Page, Refusal};

/// The sources that an extract may be of, in the pipeline's order, and why these.
pub struct Choice {
    sources: Vec<(usize, Arc<Source>)>,
    /// Why it is one of these.
    pub why: &'static str,
}

/// A source, and what became of the extract when read by it.
pub struct Judged {
    /// The place of the source in its pipeline, from 0.
    pub index: usize,
    /// The source.
    pub source: Arc<Source>,
    /// The rows, or why they cannot be read.
    pub read: std::result::Result<Assessment, Refusal>,
}

impl Choice {
    /// The sources of an office that an extract may be of: by its path, else by its name, else by what the name ends in.
    ///
    /// # Errors
    /// `Input` where the office sends no files of that ending.
    pub fn of(project: &Project, pipeline: &Pipeline, office: &Office, period: Option<Period>, file: &Path) -> Result<Self> {
        let is_for = |source: &Source| source.offices.contains(&office.code) && period.is_none_or(|period| source.periods.hold(period));
        let all = || pipeline.sources.iter().enumerate().filter(|(_, source)| is_for(source));
        let keep = |fits: &dyn Fn(&Source) -> bool| all().filter(|(_, source)| fits(source)).map(|(index, source)| (index, source.clone())).collect::<Vec<_>>();
        let path = below(&project.root, file);
        let by_path = keep(&|source| path.as_ref().is_some_and(|path| source.template.place(path).is_some_and(|placed| placed.office == office.code)));
        if let Some(first) = by_path.into_iter().next() {
            return Ok(Self { sources: vec![first], why: "the path is one of its places" });
        }
        let name = name_of(file);
        let by_name = keep(&|source| name_pattern(source).is_some_and(|pattern| pattern.is_match(&name)));
        if !by_name.is_empty() {
            return Ok(Self { sources: by_name, why: "the office's, and the file is named as its extracts are" });
        }
        let ending = |text: &str| text.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        let ending_of = |source: &Source| match source.access {
            // What an API hands out has no name, but people keep it as what it is.
            Access::Paged(_) => Some("json".to_owned()),
            _ => ending(source.template.text.split('?').next().unwrap_or_default()),
        };
        let by_ending = keep(&|source| ending_of(source) == ending(&name));
        if !by_ending.is_empty() {
            return Ok(Self { sources: by_ending, why: "the office's, and the file ends as its extracts do" });
        }
        let mut endings: Vec<String> = all().filter_map(|(_, source)| ending_of(source)).map(|ending| format!(".{ending}")).collect();
        endings.dedup();
        Err(Error::new(Kind::Input, format!("the office `{}` sends no such files for the feed `{}`", office.code, pipeline.contract.feed))
            .hint(format!("its sources are of {}", endings.join(", "))))
    }

    /// Judges by the first source that can read the extract; by the first of all where none can.
    ///
    /// # Errors
    /// `Config` where a rule of a schema has a fault; `Unavailable` where a file cannot be read; `Internal` where a row is not accounted for.
    pub fn judge(&self, project: &Project, pipeline: &Pipeline, office: &Office, received: DateTime<Utc>, file: &Path) -> Result<Judged> {
        let rulebook = Rulebook::default();
        let mut first = None;
        for (index, source) in &self.sources {
            let pages = pages(source, file)?;
            let extract = Extract { project, rulebook: &rulebook, source, office, received, path: &file.display().to_string(), barred: &|_| Ok(Vec::new()) };
            let judged = Judged { index: *index, source: source.clone(), read: assess(pipeline, &extract, pages)? };
            if judged.read.is_ok() {
                return Ok(judged);
            }
            first.get_or_insert(judged);
        }
        first.ok_or_else(|| Error::new(Kind::Internal, "there is no source to try"))
    }
}

/// The path below the project's folder, with `/`; the file's own where it lies elsewhere.
pub fn below(root: &Path, file: &Path) -> Option<String> {
    let (root, file) = (root.canonicalize().ok()?, file.canonicalize().ok()?);
    let path = file.strip_prefix(&root).unwrap_or(&file);
    Some(path.to_string_lossy().replace('\\', "/"))
}

/// The reporting month that a file's name says as a source's names do.
pub fn period_of_name(pipeline: &Pipeline, file: &Path) -> Option<Period> {
    let name = name_of(file);
    pipeline.sources.iter().find_map(|source| name_pattern(source)?.captures(&name)?.name("period")?.as_str().parse().ok())
}

fn name_of(file: &Path) -> String {
    file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The pattern of the last part of a source's places.
fn name_pattern(source: &Source) -> Option<Regex> {
    let name = source.template.text.rsplit('/').next()?;
    let mut pattern = String::from("^");
    let mut rest = name;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}')? + open;
        pattern.push_str(&regex::escape(&rest[..open]));
        pattern.push_str(match &rest[open + 1..close] {
            "period" => "(?P<period>[0-9]{4}-[0-9]{2})",
            "page" => "(?P<page>[0-9]+)",
            _ => ".+",
        });
        rest = &rest[close + 1..];
    }
    pattern.push_str(&regex::escape(rest));
    Regex::new(&format!("{pattern}$")).ok()
}

/// The files of a delivery: the file alone, or all pages beside it that are named as it is.
fn pages(source: &Source, file: &Path) -> Result<Vec<Page>> {
    let mut files: Vec<(u64, PathBuf)> = Vec::new();
    let pattern = name_pattern(source);
    let known = |path: &Path| {
        let name = name_of(path);
        let found = pattern.as_ref()?.captures(&name)?;
        Some((found.name("period").map(|period| period.as_str().to_owned()), found.name("page")?.as_str().parse::<u64>().ok()?))
    };
    if let Some((period, _)) = known(file) {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let entries = std::fs::read_dir(folder).map_err(|cause| error::io(format!("cannot look into `{}`", folder.display()), cause))?;
        let beside = entries.flatten().map(|entry| entry.path());
        files.extend(beside.filter_map(|path| known(&path).filter(|(of, _)| *of == period).map(|(_, page)| (page, path))));
        files.sort();
    }
    if files.is_empty() {
        files.push((1, file.to_owned()));
    }
    files.into_iter().map(|(_, path)| Ok(Page { name: name_of(&path), bytes: read(&path, source.most_bytes)? })).collect()
}

/// The bytes of a file.
///
/// # Errors
/// `Unavailable` where it cannot be read; `Data` where it has more than `most` bytes.
pub(super) fn read(file: &Path, most: u64) -> Result<Bytes> {
    let failed = |cause| cannot_read(file, cause);
    let size = std::fs::metadata(file).map_err(failed)?.len();
    check_size(std::iter::once(size), most).map_err(|refusal| Error::new(Kind::Data, refusal.message))?;
    std::fs::read(file).map(Bytes::from).map_err(failed)
}

/// Looks whether a file is there and may be read.
///
/// # Errors
/// `Unavailable` where it is not.
pub fn check_is_there(file: &Path) -> Result<()> {
    std::fs::File::open(file).map(|_| ()).map_err(|cause| cannot_read(file, cause))
}

fn cannot_read(file: &Path, cause: std::io::Error) -> Error {
    error::io(format!("cannot read `{}`", file.display()), cause)
}
