//! Deliveries of the projects of this repository, read and judged; what must hold of every one is asserted here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rihla::contract::{Contract, Field};
use rihla::project::{Compression, Format, Office, Pipeline, Project, Source, load};
use rihla::read::{Amendment, Page, Refusal, read_amended};
use rihla::validate::{Context, Delivery, Formats, RULES, Validated};

/// One way in which some office sends a feed.
pub struct Way {
    /// The project.
    pub project: &'static Project,
    /// The feed.
    pub pipeline: &'static Pipeline,
    /// The source.
    pub source: &'static Source,
    /// The office.
    pub office: &'static Office,
}

/// The repository: this file is compiled in its tests and in the fuzzers.
fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if here.join("tests/data").is_dir() { here.to_owned() } else { here.join("..") }
}

/// Every way of the repository's projects.
pub fn ways() -> &'static [Way] {
    static WAYS: OnceLock<Vec<Way>> = OnceLock::new();
    WAYS.get_or_init(|| {
        let projects = ["", "tests/data/small", "tests/data/forms"].map(|folder| load(&repository().join(folder)).expect("a project in order"));
        let projects: &'static [Project; 3] = Box::leak(Box::new(projects));
        let ways = projects.iter().flat_map(|project| project.pipelines.iter().flat_map(move |pipeline| ways_of(project, pipeline)));
        ways.collect()
    })
}

fn ways_of(project: &'static Project, pipeline: &'static Pipeline) -> impl Iterator<Item = Way> {
    pipeline.sources.iter().filter_map(move |source| {
        let office = source.offices.first().map_or(project.offices.first(), |code| project.office(code.as_str()))?;
        Some(Way { project, pipeline, source, office })
    })
}

/// The small project's ways with files that are packed, by how.
pub fn packed_ways() -> &'static [Way] {
    static WAYS: OnceLock<Vec<Way>> = OnceLock::new();
    WAYS.get_or_init(|| [Compression::Gzip, Compression::Zstd, Compression::Zip].into_iter().flat_map(packed_as).collect())
}

fn packed_as(compression: Compression) -> impl Iterator<Item = Way> {
    let mut project = load(&repository().join("tests/data/small")).expect("a project in order");
    for source in project.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.sources) {
        Arc::get_mut(source).expect("nobody else's").compression = Some(compression);
    }
    let project: &'static Project = Box::leak(Box::new(project));
    project.pipelines.iter().flat_map(move |pipeline| ways_of(project, pipeline))
}

/// The way that the first byte chooses among those of a format, and the other bytes.
pub fn choose(data: &[u8], fits: impl Fn(&Source) -> bool) -> Option<(&'static Way, &[u8])> {
    let (first, rest) = data.split_first()?;
    let fitting: Vec<&Way> = ways().iter().filter(|way| fits(way.source)).collect();
    Some((fitting[usize::from(*first) % fitting.len()], rest))
}

/// True for sources of CSV files that stand alone.
pub fn is_csv(source: &Source) -> bool {
    matches!(source.format, Format::Csv { .. }) && source.export.archive.is_none()
}

/// A label for each field that the source has, direct identifiers among them.
pub fn labels(way: &Way) -> Vec<(&Field, &str)> {
    let mut known: Vec<(&usize, &str)> = way.source.labels.iter().map(|(label, field)| (field, label.as_str())).collect();
    known.sort_unstable();
    let mut seen = BTreeSet::new();
    let first = known.into_iter().filter(|(field, _)| seen.insert(**field) && !way.source.absent.contains(field));
    first.map(|(field, label)| (&way.pipeline.contract.fields[*field], label)).collect()
}

impl Way {
    /// Reads and judges a delivery, and asserts what must hold of any.
    pub fn judge(&self, pages: &[Page]) -> Result<(u64, Validated), Refusal> {
        self.judge_amended(pages, &[])
    }

    /// The same with what returned workbooks mend.
    pub fn judge_amended(&self, pages: &[Page], amendments: &[Amendment]) -> Result<(u64, Validated), Refusal> {
        let contract: &Contract = &self.pipeline.contract;
        let context = Context {
            contract,
            source: self.source,
            office: self.office,
            received: received(),
            since: self.project.since,
            barred: &|_| Ok(Vec::new()),
            lookups: &std::collections::BTreeMap::new(),
        };
        let formats = Formats::of(self.source);
        let mut delivery = Delivery::new(&context, &formats);
        let (read, _) = read_amended(pages, amendments, self.source, contract, &mut |piece| delivery.push(piece))?;
        let validated = delivery.finish().expect("every row is accounted for");
        assert_conserved(read, &validated);
        Ok((read, validated))
    }

    /// The same of one file.
    pub fn judge_file(&self, bytes: impl Into<Bytes>) -> Result<(u64, Validated), Refusal> {
        self.judge(&[Page { name: "page-1.json".to_owned(), bytes: bytes.into() }])
    }
}

/// When every delivery was received.
pub fn received() -> DateTime<Utc> {
    DateTime::from_timestamp(1_688_169_600, 0).expect("1 July 2023")
}

/// Rows read are rows to load and rows set aside, each once, each with a reason that people know.
fn assert_conserved(read: u64, validated: &Validated) {
    assert_eq!(read, (validated.good.len() + validated.aside.len()) as u64 + validated.untold, "a row is lost");
    let reasons = validated.aside.iter().map(|row| &row.reasons);
    for reasons in reasons {
        assert!(!reasons.is_empty(), "a row is set aside without a reason");
        assert!(reasons.iter().all(|reason| RULES.contains(&(reason.error, &*reason.rule))), "a reason that nobody knows");
    }
}

/// Everything that is said of a delivery.
pub fn said(outcome: &Result<(u64, Validated), Refusal>) -> Vec<&str> {
    match outcome {
        Ok((_, validated)) => validated.aside.iter().flat_map(|row| &row.reasons).map(|reason| reason.message.as_str()).collect(),
        Err(refusal) => vec![&refusal.message],
    }
}
