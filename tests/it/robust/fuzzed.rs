//! The targets of the fuzzers, called with every case that they found, with bytes of any make, and with fixtures that
//! were damaged.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use crate::support::repository;

#[path = "../../../fuzz/src/judge.rs"]
mod judge;
#[path = "../../../fuzz/src/pack.rs"]
mod pack;
#[path = "../../../fuzz/src/targets.rs"]
mod targets;

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repository(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() { folders.push(entry) } else { found.push(entry) }
        }
    }
    found.sort();
    found
}

#[test]
fn every_case_that_was_found_stays_mended() {
    for (name, target) in targets::ALL {
        let folder = format!("tests/data/found/{name}");
        if repository(&folder).is_dir() {
            files(&folder).iter().for_each(|case| target(&std::fs::read(case).expect("a case")));
        }
    }
    let known: Vec<&str> = targets::ALL.iter().map(|(name, _)| *name).collect();
    for case in files("tests/data/found") {
        let target = case.parent().and_then(|folder| folder.file_name()).and_then(|name| name.to_str()).expect("a folder");
        assert!(known.contains(&target), "there is no target `{target}`");
    }
}

#[test]
fn every_target_has_its_fuzzer() {
    let names = |files: Vec<PathBuf>| files.into_iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect::<Vec<_>>();
    let known: Vec<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(files("fuzz/fuzz_targets")), known);
}

/// The smallest fixture of each office and kind of file, with its way.
fn fixtures() -> Vec<(&'static judge::Way, Vec<u8>)> {
    let mut smallest: BTreeMap<(String, String, String), (u64, PathBuf)> = BTreeMap::new();
    for file in files("fixtures/extracts") {
        let part = |at: usize| file.components().rev().nth(at).and_then(|part| part.as_os_str().to_str()).unwrap_or_default().to_owned();
        let feed = part(0).split('-').next().unwrap_or_default().to_owned();
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_owned();
        let size = file.metadata().expect("a file").len();
        let best = smallest.entry((part(2), feed, kind)).or_insert((size, file.clone()));
        if size < best.0 && size > 0 {
            *best = (size, file);
        }
    }
    let way =
        |office: &str, feed: &str| judge::ways().iter().find(move |way| way.source.offices.contains(office) && way.pipeline.contract.feed.as_str() == feed);
    let found =
        smallest.into_iter().filter_map(|((office, feed, _), (size, file))| Some((way(&office, &feed).filter(|_| size < 60_000)?, std::fs::read(file).ok()?)));
    found.collect()
}

/// What happens to files on their way.
#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Double(prop::sample::Index, prop::sample::Index),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        match self {
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Flip(at, bits) => bytes[at.index(length)] ^= bits,
            Self::Insert(at, more) => {
                let at = at.index(length);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Double(from, to) => {
                let (from, to) = (from.index(length).min(to.index(length)), from.index(length).max(to.index(length)));
                let part = bytes[from..to].to_vec();
                bytes.splice(to..to, part);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        at().prop_map(Damage::Cut),
        (at(), 1_u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, more)| Damage::Insert(at, more)),
        (at(), at()).prop_map(|(from, to)| Damage::Double(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bytes to every reader and parser: what the targets assert holds.
    #[test]
    fn any_bytes_keep_every_promise(first in any::<u8>(), flag in 0_u8..3, bytes in prop::collection::vec(any::<u8>(), 0..300), index in 0..targets::ALL.len()) {
        targets::ALL[index].1(&[&[first, flag], &bytes[..]].concat());
    }

    /// Fixtures damaged on their way: refused, or every row that was read has an outcome. Twice the same is said.
    #[test]
    fn damaged_fixtures_are_refused_or_add_up(which in any::<prop::sample::Index>(), damages in prop::collection::vec(damage(), 1..4)) {
        static FIXTURES: std::sync::OnceLock<Vec<(&'static judge::Way, Vec<u8>)>> = std::sync::OnceLock::new();
        let fixtures = FIXTURES.get_or_init(fixtures);
        let (way, bytes) = which.get(fixtures);
        let mut bytes = bytes.clone();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        let (first, again) = (way.judge_file(bytes.clone()), way.judge_file(bytes));
        prop_assert_eq!(judge::said(&first), judge::said(&again));
        prop_assert_eq!(first.map(|(read, judged)| (read, judged.good.rows, judged.aside)).ok(), again.map(|(read, judged)| (read, judged.good.rows, judged.aside)).ok());
    }
}
