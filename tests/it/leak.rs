//! No protected value of an extract stands in anything that a run wrote or said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use crate::support::{Folder, Ran, loaded_and_said, parquet_rows};

/// The real project loaded with the fullest log, and what was said meanwhile.
pub fn loaded_with_trace() -> &'static (Folder, Ran) {
    static LOADED: OnceLock<(Folder, Ran)> = OnceLock::new();
    LOADED.get_or_init(|| {
        let folder = Folder::real();
        let ran = folder.rihla_with(&["run", "--json"], &[("RIHLA_LOG", "trace")]);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert!(ran.stderr.contains("TRACE") || ran.stderr.contains("DEBUG"), "the log says nothing, so that it proves nothing");
        (folder, ran)
    })
}

/// What must not be found: every protected value; birth dates where no other date can be meant.
fn protected() -> Vec<String> {
    let values = rihla_fixtures::protected_values();
    assert!(values.len() > 10_000, "only {} protected values", values.len());
    values.into_iter().filter(|value| date(value).is_none_or(|(year, month_edge)| year < 2022 && !month_edge)).collect()
}

/// The year of a date, and whether `dim_period` rightly holds the day as a first or last one of a period.
fn date(text: &str) -> Option<(i32, bool)> {
    use chrono::{Datelike, Days, NaiveDate};
    let day = ["%Y-%m-%d", "%d/%m/%Y"].iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())?;
    let is_edge = day.day() == 1 || day.checked_add_days(Days::new(1)).is_some_and(|next| next.day() == 1);
    Some((day.year(), is_edge && day.year() >= 2005))
}

/// Every protected value in one automaton; it takes seconds to build, so that it is built once.
pub fn searcher_of_protected() -> &'static Regex {
    static SEARCHER: OnceLock<Regex> = OnceLock::new();
    SEARCHER.get_or_init(|| searcher(&protected()))
}

/// Words in one automaton.
pub fn searcher(words: &[String]) -> Regex {
    let words: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
    RegexBuilder::new(&words.join("|")).size_limit(1 << 30).dfa_size_limit(1 << 30).unicode(false).build().expect("an alternation")
}

/// Every place below a folder where a word stands, in the bytes as they are or in the rows of Parquet.
pub fn search(folder: &Path, searcher: &Regex) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in texts(folder) {
        found.extend(first(searcher, &bytes).map(|word| format!("{}: {word}", path.display())));
    }
    found
}

pub fn first(searcher: &Regex, bytes: &[u8]) -> Option<String> {
    searcher.find(bytes).map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned())
}

/// Files by path, and beside each Parquet file its rows as text.
fn texts(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut texts = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_symlink() {
                continue;
            } else if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_some_and(|extension| extension == "parquet") {
                let rows = parquet_rows(&path).iter().fold(String::new(), |text, row| text + &serde_json::to_string(row).expect("a row") + "\n");
                texts.insert(path.with_extension("rows"), rows.into_bytes());
            }
            texts.insert(path.clone(), std::fs::read(&path).expect("a file"));
        }
    }
    texts
}

#[test]
fn no_protected_value_is_written_or_said() {
    let (folder, ran) = loaded_with_trace();
    let searcher = searcher_of_protected();
    for written in ["warehouse", "target"] {
        let found = search(&folder.path(written), searcher);
        assert!(found.is_empty(), "{} files hold protected values:\n{}", found.len(), found.join("\n"));
    }
    for (what, text) in [("a run's output", loaded_and_said().1.said()), ("its JSON", ran.stdout.clone()), ("the log", ran.stderr.clone())] {
        assert_eq!(first(searcher, text.as_bytes()), None, "in {what}");
    }
    let key = std::fs::read(folder.key()).expect("the key");
    let key = searcher_of_key(&key);
    assert_eq!(search(&folder.path("warehouse"), &key), Vec::<String>::new(), "the key stands in the warehouse");
    assert_eq!(first(&key, ran.said().as_bytes()), None, "the key was said");
}

#[test]
fn no_command_shows_a_protected_value() {
    let searcher = searcher_of_protected();
    let folder = &loaded_and_said().0;
    let commands: [&[&str]; 6] =
        [&["quarantine"], &["quarantine", "--json"], &["status"], &["status", "--json"], &["tables", "--json"], &["reconcile", "2023-H1", "--json"]];
    for args in commands {
        let ran = folder.rihla_with(args, &[("RIHLA_LOG", "trace")]);
        assert!(ran.code < 2 && !ran.stdout.is_empty(), "{args:?}: {}", ran.text());
        assert_eq!(first(searcher, ran.said().as_bytes()), None, "rihla {}", args.join(" "));
    }
}

/// The first extract of each feed, office and kind of file.
fn samples(folder: &Folder) -> BTreeMap<[String; 3], String> {
    let mut samples = BTreeMap::new();
    for path in folder.files("fixtures/extracts").into_keys() {
        let (office, name) = path.split_once('/').and_then(|(office, rest)| Some((office, rest.rsplit('/').next()?))).expect("an office and a name");
        let (feed, extension) = (name.split('-').next().expect("a feed"), name.rsplit('.').next().expect("an extension"));
        samples.entry([feed, office, extension].map(str::to_owned)).or_insert_with(|| format!("fixtures/extracts/{path}"));
    }
    samples
}

#[test]
fn nothing_that_tries_a_sample_shows_a_protected_value() {
    let searcher = searcher_of_protected();
    let folder = &loaded_and_said().0;
    let (mut judged, mut drafted, mut inferred) = (0, 0, std::collections::BTreeSet::new());
    let samples = samples(folder);
    for ([feed, _, extension], path) in &samples {
        let file = folder.path(path);
        let file = file.to_str().expect("a path");
        let mut trials = vec![vec!["validate", file, "--feed", feed]];
        if inferred.insert([feed, extension]) {
            trials.push(vec!["infer", file, "--feed", "sample", "--dry-run"]);
        }
        for args in trials {
            let ran = folder.rihla_with(&args, &[("RIHLA_LOG", "trace")]);
            assert!(ran.code < 2, "{args:?}: {}", ran.text());
            assert_eq!(first(searcher, ran.said().as_bytes()), None, "rihla {} {path}", args[0]);
            *(if args[0] == "infer" { &mut drafted } else { &mut judged }) += usize::from(ran.stdout.len() > 100);
        }
    }
    assert!(samples.len() > 40 && judged > samples.len() / 2, "{judged} of {} extracts were judged", samples.len());
    assert!(drafted > inferred.len() / 2, "{drafted} of {} samples were drafted", inferred.len());
}

fn searcher_of_key(key: &[u8]) -> Regex {
    searcher(&[String::from_utf8(key.to_vec()).expect("hexadecimal digits")])
}

#[test]
fn a_planted_value_is_found_wherever_it_stands() {
    use arrow::array::{ArrayRef, Date32Array, StringArray};
    let protected = protected();
    let planted = protected.iter().find(|value| value.starts_with("MA-")).expect("a case number");
    let born = protected.iter().find(|value| date(value).is_some() && value.as_bytes()[4] == b'-').expect("a birth date");
    let days = born.parse::<chrono::NaiveDate>().expect("a day").signed_duration_since(chrono::NaiveDate::default()).num_days();
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("run.json"), format!("{{\"note\":\"{planted}\"}}")).expect("a file");
    let write = |name: &str, column: ArrayRef| {
        let batch = arrow::record_batch::RecordBatch::try_from_iter([("column", column)]).expect("a batch");
        let file = std::fs::File::create(folder.path().join(name)).expect("a file");
        let properties = parquet::file::properties::WriterProperties::builder().set_compression(parquet::basic::Compression::ZSTD(Default::default())).build();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
        writer.write(&batch).and_then(|()| writer.close()).expect("Parquet");
    };
    write("text.parquet", std::sync::Arc::new(StringArray::from(vec![format!("x {planted} x")])));
    write("days.parquet", std::sync::Arc::new(Date32Array::from(vec![i32::try_from(days).expect("a day")])));
    let found = search(folder.path(), searcher_of_protected()).join("\n");
    for place in ["run.json", "text.rows", "days.rows"] {
        assert!(found.contains(place), "not found in {place}: {found}");
    }
    assert!(search(folder.path(), &searcher(&["nobody's value".to_owned()])).is_empty());
}
