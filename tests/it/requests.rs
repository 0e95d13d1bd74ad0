//! What a run asks of stores grows with what changed, not with what there is: every request is counted, and the counts are
//! snapshots, so that one more is seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::{Folder, ROWS, comma_csv, snapshot, with};

/// How often something was asked of a kind of place, and how many bytes came or went.
#[derive(Default)]
struct Asked {
    times: u64,
    bytes: u64,
}

type Requests = BTreeMap<(String, String), Asked>;

/// Runs the program and gives the requests that it made, by place and verb.
fn requests(folder: &Folder) -> Requests {
    let list = folder.path("requests");
    let _ = std::fs::remove_file(&list);
    let (list, root) = (list.to_str().expect("a path"), folder.path("").to_str().expect("a path").trim_end_matches('/').to_owned());
    folder.rihla_with(&["run"], &[("RIHLA_TEST_REQUESTS", list), ("RIHLA_TEST_ROOT", &root)]).ok();
    let mut asked = Requests::new();
    for line in std::fs::read_to_string(list).expect("a list").lines() {
        let [verb, place, bytes] = line.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}"));
        let entry = asked.entry((kind(place), verb.to_owned())).or_default();
        entry.times += 1;
        entry.bytes += bytes.parse::<u64>().expect("a number");
    }
    asked
}

/// What a place is, whatever its number or name.
fn kind(place: &str) -> String {
    if let Some(extract) = place.strip_prefix("in/") {
        assert!(extract.ends_with(".csv"), "{place}");
        return "extracts".to_owned();
    }
    let numbered = regex::Regex::new(r"\d{6,}").expect("a pattern");
    numbered.replace_all(place.trim_start_matches("warehouse/"), "N").into_owned()
}

/// Bytes are told of extracts, which are always the same; those of tables hold moments and names that differ in length.
fn shown(asked: &Requests) -> String {
    asked.iter().fold(String::new(), |mut text, ((place, verb), asked)| {
        let bytes = if place == "extracts" && verb == "get" { format!(", {} bytes", asked.bytes) } else { String::new() };
        let _ = writeln!(text, "{:>3} {verb:<6} {place}{bytes}", asked.times);
        text
    })
}

fn times(asked: &Requests, place: &str, verb: &str) -> u64 {
    asked.get(&(place.to_owned(), verb.to_owned())).map_or(0, |asked| asked.times)
}

fn extract(month: usize) -> String {
    format!("in/RAB/2023-07-{:02}/registrations-2023-{month:02}.csv", month + 1)
}

fn with_months(count: usize) -> Folder {
    let folder = Folder::bare();
    (1..=count).for_each(|month| folder.write(&extract(month), comma_csv(&ROWS)));
    folder
}

#[test]
fn what_runs_ask_of_stores() {
    let folder = with_months(4);
    let first = shown(&requests(&folder));
    let (second, third) = (shown(&requests(&folder)), shown(&requests(&folder)));
    folder.write("in/RAB/2023-07-20/registrations-2023-02.csv", comma_csv(&[ROWS[0], with(ROWS[1], "Nationalité", "Congo"), ROWS[2], ROWS[3]]));
    let changed = shown(&requests(&folder));
    let text = format!("first run over four extracts\n{first}\nsecond run\n{second}\nthird run\n{third}\nwith one corrected\n{changed}");
    snapshot("requests", "runs", "requests by place; N is a version, a release or another number", &text);
}

#[test]
fn a_second_run_lists_once_and_reads_no_extract() {
    for months in [2, 6] {
        let folder = with_months(months);
        let first = requests(&folder);
        assert_eq!((times(&first, "extracts", "get"), times(&first, "in", "list")), (months as u64, 1));
        let second = requests(&folder);
        assert!(second.keys().all(|(place, _)| place != "extracts"), "an extract was looked at:\n{}", shown(&second));
        assert_eq!(times(&second, "in", "list"), 1);
    }
}

/// What was loaded before costs nothing: neither requests nor, of extracts, bytes.
#[test]
fn requests_do_not_grow_with_what_there_is() {
    let after = |months: usize| {
        let folder = with_months(months);
        folder.rihla(&["run"]).ok();
        let second = shown(&requests(&folder));
        folder.write(&extract(7), comma_csv(&ROWS));
        (second, shown(&requests(&folder)))
    };
    let (few, many) = (after(1), after(6));
    assert_eq!(few.0, many.0, "a second run");
    assert_eq!(few.1, many.1, "a run with one new extract");
}
